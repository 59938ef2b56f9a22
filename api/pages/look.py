"""The one look: how a page is made of a template and goes out, strictly limited to what is ours."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from api.pages.modules import module_address
from api.pages.speech import Speech
from api.service.answering import BRIEFLY, FOR_EVER, cached
from api.service.problems import language_of
from api.wording import Language
from domain.deadlines import zone

FOLDER = Path(__file__).parent / "static"
COOKIE = "lang"
YEAR = 365 * 24 * 3600
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing runs, nothing is inline, nothing comes from elsewhere."""
CHECKING = f"{POLICY}; script-src 'self'; worker-src 'self'; connect-src 'self'"
"""As strict, where modules of ours check what the page was given."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept, Accept-Language, Cookie",
}
STATIC = {
    "look.css": "text/css; charset=utf-8",
    "mark.svg": "image/svg+xml",
    "as-of.js": "text/javascript; charset=utf-8",
}


@cache
def environment() -> Environment:
    """Return the templates: whatever is put into one is escaped, whatever is missing fails."""
    made = Environment(
        loader=PackageLoader("api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_address
    made.globals["module"] = module_address
    made.filters["time"] = _time
    return made


def spoken(request: Request) -> Language:
    """Return the language of a page: as the address says, else as chosen before, else as the browser asks."""
    for said in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if said in set(Language):
            return Language(said)
    return language_of(request.headers.get("accept-language"))


def page(request: Request, template: str, how: str = BRIEFLY, *, status: int = 200, **shown: Any) -> Response:
    """Answer with a page; `how` long it may be kept, `shown` is what its template speaks of."""
    language = spoken(request)
    made = environment().get_template(template)
    text = made.render(
        speech=Speech(language),
        language=language.value,
        here=request.url.path,
        turned={one.value: _in(request, one) for one in Language},
        **shown,
    )
    response = HTMLResponse(text, status, HEADERS | {"Content-Language": language.value})
    if request.query_params.get("lang") == language.value:
        response.set_cookie(COOKIE, language.value, max_age=YEAR, path="/", httponly=True, samesite="lax")
        how = "private, no-store"
    if status != 200:
        response.headers["Cache-Control"] = how
        return response
    answered = cached(request, response, how)
    answered.headers.setdefault("Vary", HEADERS["Vary"])
    return answered


def with_modules(response: Response) -> Response:
    """Let a page run modules that lie beside it, and nothing else: it works without them."""
    if "Content-Security-Policy" in response.headers:
        response.headers["Content-Security-Policy"] = f"{POLICY}; script-src 'self'"
    return response


def _time(text: str, utc_offset: str | None = None) -> datetime:
    """Read a time; in the zone of a log, where that is given."""
    read = datetime.fromisoformat(text)
    return read if utc_offset is None else read.astimezone(zone(utc_offset))


def _in(request: Request, language: Language) -> str:
    """Return the address of the same page in a language."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return f"?{urlencode([*kept, ('lang', language.value)])}"


@cache
def static(name: str) -> tuple[bytes, str]:
    """Return a file of the look, and its digest; raises KeyError for what is none."""
    if name not in STATIC:
        raise KeyError(name)
    content = (FOLDER / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def static_address(name: str) -> str:
    """Return where a file is: a changed one is at another address, so each may be kept for ever."""
    return f"/static/{static(name)[1]}/{name}"


def static_answer(request: Request, digest: str, name: str) -> Response:
    """Answer with a file of the look; raises KeyError for what is not there."""
    content, its = static(name)
    if digest != its:
        raise KeyError(name)
    headers = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
    return cached(request, Response(content, 200, headers, STATIC[name]), FOR_EVER)
