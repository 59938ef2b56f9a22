"""Charts, drawn on the server as SVG: said in the reader's language, and told apart by more than colour."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from textwrap import wrap
from threading import Lock
from typing import Any

from starlette.responses import Response

INK, QUIET, LINE, MARK = "#1b2331", "#556074", "#b3bcca", "#1c4f80"
_DARK = {INK: "#e7eaf1", QUIET: "#a5afc0", LINE: "#525d70", MARK: "#8fc1f2"}
_TURNED = "".join(
    f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}' for light, dark in _DARK.items()
)
_STYLE = f"@media (prefers-color-scheme:dark){{{_TURNED}}}"
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"
FONT = "Be Vietnam Pro, Segoe UI, system-ui, Noto Sans, DejaVu Sans, sans-serif"
ROW, COLUMNS, BESIDE = 25, 620, 330
"""Pixels: of one rank, of all moments, and for the names beside them."""
LETTERS = 15
"""So many fit between two moments."""
_turn = Lock()


def bump(
    moments: Sequence[str], places: Mapping[str, Sequence[int | None]], chosen: str | None, title: str
) -> bytes:
    """Draw how ranks moved from moment to moment: a line for each agency, its name at the end.

    `places` are by name, a rank (or none) for each moment. The line of the `chosen` one is thick and dark,
    its points are squares and its name is bold.
    """
    marks: list[dict[str, Any]] = [
        {"x": number, "moment": moments[number], "rank": rank, "name": name, "chosen": name == chosen}
        for name, ranks in places.items()
        for number, rank in enumerate(ranks)
        if rank is not None
    ]
    lowest = max((one["rank"] for one in marks), default=1)
    return drawn(json.dumps(_bump(moments, marks, lowest), ensure_ascii=False, sort_keys=True), title)


def _bump(moments: Sequence[str], marks: list[dict[str, Any]], lowest: int) -> Mapping[str, Any]:
    last = len(moments) - 1
    shared: dict[int, list[dict[str, Any]]] = {}
    for one in sorted(marks, key=lambda one: (not one["chosen"], one["name"])):
        if one["x"] == last:
            shared.setdefault(one["rank"], []).append(one)
    ends = [
        {
            "x": last,
            "rank": rank,
            "chosen": any(one["chosen"] for one in its),
            "label": f"{rank}  {', '.join(one['name'] for one in its)}",
        }
        for rank, its in shared.items()
    ]
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, max(last, 1)], "nice": False},
        "axis": {
            "orient": "top",
            "values": list(range(len(moments))),
            "labelExpr": f"{json.dumps([*map(_lines, moments)], ensure_ascii=False)}[datum.value]",
            "grid": True,
            "title": None,
            "labelFlush": False,
            "labelOverlap": False,
        },
    }
    y = {
        "field": "rank",
        "type": "quantitative",
        "scale": {"domain": [0.5, lowest + 0.5], "reverse": True, "nice": False, "zero": False},
        "axis": None,
    }
    color = {"condition": {"test": "datum.chosen", "value": MARK}, "value": LINE}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "padding": {"left": 60, "top": 54, "right": BESIDE, "bottom": 4},
        "autosize": {"type": "none"},
        "width": COLUMNS,
        "height": ROW * lowest,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelColor": QUIET, "labelFontSize": 11.5, "domain": False, "ticks": False}
            | {
                "gridColor": LINE,
                "gridDash": [1, 3],
                "labelPadding": 10,
                "labelLimit": 128,
                "labelAlign": "center",
            },
        },
        "layer": [
            {
                "data": {"values": marks},
                "mark": {"type": "line", "interpolate": "monotone"},
                "encoding": {"x": x, "y": y, "detail": {"field": "name"}, "color": color}
                | {"strokeWidth": {"condition": {"test": "datum.chosen", "value": 4}, "value": 1.6}},
            },
            {
                "data": {"values": marks},
                "mark": {"type": "point", "filled": True, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": color}
                | {"shape": {"condition": {"test": "datum.chosen", "value": "square"}, "value": "circle"}}
                | {"size": {"condition": {"test": "datum.chosen", "value": 110}, "value": 34}},
            },
            *(_names(ends, x, y, chosen=chosen) for chosen in (False, True)),
        ],
    }


def _names(ends: list[dict[str, Any]], x: object, y: object, *, chosen: bool) -> dict[str, Any]:
    """The names at the end of the lines; the chosen one is bold."""
    weight, colour = (700, MARK) if chosen else (400, INK)
    mark = {"type": "text", "align": "left", "dx": 14, "fontSize": 13, "limit": BESIDE - 24}
    return {
        "data": {"values": [one for one in ends if one["chosen"] is chosen]},
        "mark": {**mark, "fontWeight": weight, "color": colour},
        "encoding": {"x": x, "y": y, "text": {"field": "label"}},
    }


def _lines(text: str) -> list[str]:
    return wrap(text, LETTERS)


@lru_cache(maxsize=256)
def drawn(spec: str, title: str) -> bytes:
    """Draw a chart; the same one is drawn once."""
    import vl_convert  # the renderer, which takes seconds to come up and which no command needs

    with _turn:
        svg: str = vl_convert.vegalite_to_svg(spec)
    start = svg.index(">") + 1
    opening = svg[:start].replace('class="marks"', 'role="img"')
    return f"{opening}<title>{escape(title)}</title><style>{_STYLE}</style>{svg[start:]}".encode()


def chart(svg: bytes) -> Response:
    """Answer with a chart that nobody keeps."""
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(svg, 200, headers, "image/svg+xml")
