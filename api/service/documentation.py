"""For whoever integrates: the document of the API, and a page that shows it without any network."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.pages.look import HEADERS, static_address
from api.service.answering import BRIEFLY, cached
from api.service.document import document
from api.service.errors import NotThere

ADDRESS = "/v1/openapi.json"
_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def documentation(cookie: str) -> APIRouter:
    """Return the routes; sessions come in a cookie of this name."""
    router = APIRouter(prefix="/v1", include_in_schema=False)
    made: dict[str, Any] = {}

    @router.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        """Answer with the document."""
        if not made:
            made.update(document(request.app, cookie))
        return cached(request, JSONResponse(made), BRIEFLY)

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        """Show it, with a policy of its own: the one script that is inline is known by its digest."""
        text = _page()
        digests = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE.findall(text))
        policy = (
            f"default-src 'none'; script-src 'self' {digests}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        headers = HEADERS | {"Content-Security-Policy": policy}
        return cached(request, HTMLResponse(text, headers=headers), BRIEFLY)

    @router.get("/docs/{name}")
    async def file(request: Request, name: str) -> Response:
        """Answer with a file of the page that shows it."""
        if name not in _FILES:
            raise NotThere("file")
        headers = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
        content = (_folder() / name).read_bytes()
        return cached(request, Response(content, 200, headers, _FILES[name]), BRIEFLY)

    return router


@cache
def _page() -> str:
    made = get_swagger_ui_html(
        openapi_url=ADDRESS,
        title="Minh Chứng · API",
        swagger_js_url="/v1/docs/swagger-ui-bundle.js",
        swagger_css_url="/v1/docs/swagger-ui.css",
        swagger_favicon_url=static_address("mark.svg"),
    )
    return bytes(made.body).decode()


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _folder() -> Path:
    """Return where the files lie that the page is made of: a package brings them along."""
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise NotThere("file")
    return Path(found.origin).parent / "static"
