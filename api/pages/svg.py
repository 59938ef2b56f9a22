"""Charts as SVG, drawn on this server: with a title to be read aloud, and colours that follow the dark."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from html import escape
from threading import Lock

from starlette.responses import Response

from api.service.answering import NOT_AT_ALL

INK, QUIET, LINE, MARK = "#1b2331", "#556074", "#b3bcca", "#1c4f80"
_DARK = {INK: "#e7eaf1", QUIET: "#a5afc0", LINE: "#525d70", MARK: "#8fc1f2"}
_TURNED = "".join(
    f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}' for light, dark in _DARK.items()
)
_STYLE = f"@media (prefers-color-scheme:dark){{{_TURNED}}}"
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'",
    "Cache-Control": NOT_AT_ALL,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FONT = "Be Vietnam Pro, Segoe UI, system-ui, Noto Sans, DejaVu Sans, sans-serif"
_turn = Lock()


@lru_cache(maxsize=256)
def drawn(spec: str, title: str) -> bytes:
    """Draw what a Vega-Lite specification says; the same one is drawn once."""
    import vl_convert  # the renderer takes a second to come up, and most of the program never draws

    with _turn:
        svg: str = vl_convert.vegalite_to_svg(spec)
    start = svg.index(">") + 1
    opening = svg[:start].replace('class="marks"', 'role="img"')
    return f"{opening}<title>{escape(title)}</title><style>{_STYLE}</style>{svg[start:]}".encode()


def svg_answer(svg: bytes) -> Response:
    """Answer with a chart that nobody keeps, and that runs nothing."""
    return Response(svg, 200, _HEADERS, "image/svg+xml")
