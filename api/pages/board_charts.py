"""The charts of the auditor's board: how teams verify, and which way adjustments go. Each has a table beside.

What matters is told by place and shape: a filled diamond where chance hardly explains it, an empty circle
elsewhere; upwards to the right in full bars, downwards to the left in empty ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from api.answers import Answer
from api.pages.charts import FONT, INK, LINE, MARK, QUIET, drawn

WIDTH, ROW = 440, 24
"""Pixels: of the whole scale, and of one line."""
_AXIS = {"labelColor": QUIET, "titleColor": QUIET, "gridColor": LINE, "domain": False, "ticks": False}
_TEXT = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 400, "labelLimit": 220}


def teams(rows: Sequence[Answer], level: float, axis: str, title: str) -> bytes:
    """Draw each compared team: by how much of the maximum it gives more or less, with its interval."""
    values = [
        {
            "name": row["team"],
            "difference": float(row["compared"]["difference"]),
            "low": float(row["compared"]["low"]),
            "high": float(row["compared"]["high"]),
            "rare": row["adjusted"] is not None and float(row["adjusted"]) < level,
        }
        for row in rows
        if row["compared"] is not None
    ]
    values.sort(key=lambda one: one["difference"])
    names = [one["name"] for one in values]
    x = _x("difference", axis)
    point: dict[str, Any] = {"y": _y(names), "x": x, "color": {"value": MARK}}
    point["shape"] = {"condition": {"test": "datum.rare", "value": "diamond"}, "value": "circle"}
    point["size"] = {"condition": {"test": "datum.rare", "value": 150}, "value": 60}
    point["fillOpacity"] = {"condition": {"test": "datum.rare", "value": 1}, "value": 0}
    layers = [
        _zero(),
        {"mark": {"type": "rule", "color": QUIET}, "encoding": {"y": _y(names), "x": _x("low", axis)}
         | {"x2": {"field": "high"}}},
        {"mark": {"type": "point", "fill": MARK, "strokeWidth": 1.6, "opacity": 1}, "encoding": point},
    ]  # fmt: skip
    return _chart(values, layers, len(names), title)


def directions(rows: Sequence[Mapping[str, Any]], axis: str, title: str) -> bytes:
    """Draw how many decisions of each (`name`) went up and down."""
    names = [row["name"] for row in rows]
    values = [
        {"name": row["name"], "count": sign * row[way], "up": way == "up", "label": str(row[way])}
        for row in rows
        for way, sign in (("up", 1), ("down", -1))
        if row[way]
    ]
    bar = {"y": _y(names), "x": _x("count", axis), "color": {"value": MARK}}
    bar["fillOpacity"] = {"condition": {"test": "datum.up", "value": 1}, "value": 0}
    text = {"y": _y(names), "x": _x("count", axis), "text": {"field": "label"}, "color": {"value": INK}}
    layers = [
        {"mark": {"type": "bar", "stroke": MARK, "strokeWidth": 1.6, "height": 13}, "encoding": bar},
        *(
            {"mark": {"type": "text", "align": align, "dx": dx, "fontSize": 12}, "encoding": text}
            | {"transform": [{"filter": test}]}
            for test, align, dx in (("datum.up", "left", 5), ("!datum.up", "right", -5))
        ),
        _zero(),
    ]
    return _chart(values, layers, len(names), title)


def _x(name: str, axis: str) -> dict[str, Any]:
    its = {"title": axis, "tickCount": 6}
    return {"field": name, "type": "quantitative", "axis": its, "scale": {"padding": 26, "nice": False}}


def _y(names: Sequence[str]) -> dict[str, Any]:
    its = {"title": None, "labelColor": INK, "labelPadding": 8}
    return {"field": "name", "type": "nominal", "scale": {"domain": list(names)}, "sort": None, "axis": its}


def _zero() -> dict[str, Any]:
    return {"data": {"values": [{}]}, "mark": {"type": "rule", "color": INK}, "encoding": {"x": {"datum": 0}}}


def _chart(values: list[dict[str, Any]], layers: list[dict[str, Any]], rows: int, title: str) -> bytes:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "padding": 6,
        "width": WIDTH,
        "height": ROW * max(rows, 1),
        "config": {"font": FONT, "view": {"stroke": None}, "axis": _AXIS | _TEXT},
        "data": {"values": values},
        "layer": layers,
    }
    return drawn(json.dumps(spec, ensure_ascii=False, sort_keys=True), title)
