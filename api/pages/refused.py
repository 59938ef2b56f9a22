"""What a person sees where a program gets a problem: the same words, and where to go from there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from api.pages.look import page, spoken
from api.service.errors import NotThere, RequestRefused
from api.wording import word
from projections.search_words import fold

NEAREST = 5
"""So many choices are offered."""
_HTML, _JSON = "text/html", "json"


@dataclass(frozen=True, slots=True)
class Choice:
    """Somewhere to go instead."""

    address: str
    label: str
    code: str = ""
    """What it is looked for by, where that is not the label."""


class NotAmong(NotThere):
    """There is no such thing; these come nearest."""

    def __init__(self, what: str, wanted: str, there: Iterable[Choice]) -> None:
        super().__init__(what)
        self.nearest = nearest_choices(wanted, there)


def nearest_choices(wanted: str, there: Iterable[Choice]) -> tuple[Choice, ...]:
    """Return the choices that are most like what was wanted, the most like first."""
    folded: dict[str, Choice] = {}
    for choice in there:
        folded.setdefault(fold(choice.code or choice.label), choice)
    return tuple(folded[one] for one in get_close_matches(fold(wanted), folded, n=NEAREST, cutoff=0.0))


def wants_page(request: Request) -> bool:
    """Whether a person reads the answer: a browser asks for HTML before it asks for anything."""
    path = request.url.path
    if path.startswith("/v1/") or path.endswith((".json", ".csv")):
        return False
    accepted = [one.partition(";")[0].strip() for one in request.headers.get("accept", "").lower().split(",")]
    programs = next((place for place, one in enumerate(accepted) if _JSON in one), len(accepted))
    return _HTML in accepted[:programs]


def refused_page(request: Request, wrong: RequestRefused) -> Response:
    """Say no to a person."""
    status = HTTPStatus(wrong.status)
    title = f"wrong_{wrong.status}" if wrong.status in (401, 403, 404) else f"wrong_{wrong.status // 100}"
    response = page(
        request,
        "refused.html",
        "no-store",
        status=status,
        title=title,
        words=word(wrong.rule, wrong.facts, spoken(request)),
        rule=wrong.rule,
        nearest=wrong.nearest if isinstance(wrong, NotAmong) else (),
        personas=getattr(request.app.state, "personas", False),
        next=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    )
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "1"
    return response
