"""The ES modules that check in the browser: served as they lie here, at an address that names all of them.

They find each other by relative paths, so that their folders are kept in the address; a change in any of
them is another address, and each may be kept for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fastapi import Request
from starlette.responses import Response

from api.service.answering import FOR_EVER, cached

HOUSE = Path(__file__).parent.parent.parent
FOLDERS = ("audit/browser", "api/static/dossier", "api/static/check")
START = "api/static/check/page.js"
_OF_THE_PAGE = (
    *(f"api/static/dossier/{name}.js" for name in ("words", "make", "verdict")),
    "api/static/check/pin.js",
    START,
)
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
"""What a worker may do stands with the worker: modules and data of this origin."""
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TYPE = "text/javascript; charset=utf-8"


@cache
def modules() -> dict[str, bytes]:
    """Return every module by its path in the tree."""
    return dict(sorted(_read()))


def _read() -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for path in (HOUSE / folder).rglob("*.js"):
            yield path.relative_to(HOUSE).as_posix(), path.read_bytes()


@cache
def digest() -> str:
    """Name all modules together."""
    whole = hashlib.sha256()
    for name, source in modules().items():
        whole.update(f"{name} {len(source)}\n".encode() + source)
    return whole.hexdigest()[:16]


def module_address(name: str) -> str:
    """Return where a module is."""
    return f"/static/code/{digest()}/{name}"


def needed_first() -> list[str]:
    """Return the addresses of the modules that the page itself begins with; the worker loads its own."""
    return [module_address(name) for name in _OF_THE_PAGE]


def module_answer(request: Request, its: str, name: str) -> Response:
    """Answer with a module; raises KeyError for what is not there."""
    source = modules()[name]
    if its != digest():
        raise KeyError(name)
    return cached(request, Response(source, 200, _HEADERS, _TYPE), FOR_EVER)
