"""Answers that say no: problem+json (RFC 9457), in the caller's language, with rule and next step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from api.wording import Language, word
from domain.refusals import Fact

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:minhchung:rule:"
"""A problem's type is this and its rule: stable, and nobody's address."""


def language_of(accepted: str | None) -> Language:
    """Return Vietnamese, unless English is asked for before it (RFC 9110, 12.5.4)."""
    ranges = [one.strip().partition(";q=") for one in (accepted or "").lower().split(",")]
    wanted = {lang.partition("-")[0]: _quality(q) for lang, _, q in reversed(ranges)}
    english, vietnamese = wanted.get("en", 0.0), wanted.get("vi", wanted.get("*", 0.0))
    return Language.EN if english > vietnamese else Language.VI


def problem(
    status: int, rule: str, facts: Mapping[str, Fact], language: Language, **more: object
) -> Response:
    """Say no. `more` are members of this problem, such as the signed refusal."""
    words = word(rule, facts, language)
    told = {
        "type": TYPE + rule,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": words.what,
        "todo": words.todo,
        "rule": rule,
        "facts": {name: str(fact) for name, fact in facts.items()},
        **more,
    }
    headers = {"Content-Language": language.value, "Cache-Control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # one is named always (RFC 9110, 11.6.1)
    return Response(json.dumps(told, ensure_ascii=False), status, headers, MEDIA_TYPE)


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
