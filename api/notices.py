"""Notices: of what awaits somebody, what they are told now, and in which words.

Nothing here is stated by anybody: a notice follows from what is pending and from the time that is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from api.terms import event_name, term
from api.wording import Language
from domain.stated.assessment import ExplanationSubmitted


class Level(StrEnum):
    """Why somebody is told: something new is asked of them, or a deadline comes near."""

    ASKED = "ASKED"
    SEVEN = "7"
    THREE = "3"
    ONE = "1"
    OVERDUE = "OVERDUE"


_NEAR = ((1, Level.ONE), (3, Level.THREE), (7, Level.SEVEN))
"""Days before a deadline, the nearest first."""
_EXPLANATION = f"{ExplanationSubmitted.__name__}.v1"
_TOLD = ("act", "agency", "criteria", "matter", "due", "since")


@dataclass(frozen=True, slots=True)
class Notice:
    """One person is told one thing; `key` is the same whenever it would be told again."""

    key: str
    actor: str
    round: str
    level: Level
    told: Mapping[str, Any]
    """What is pending, as the inbox tells it: act, agency, criteria, matter, due, since."""


def notices(round_code: str, pending: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[Notice]:
    """Yield what is to be told of an inbox (as `Review.inbox` answers it) at a moment.

    Whoever is told for the first time shortly before a deadline is told once, not for every day that is over.
    """
    for one in pending:
        told = {name: one[name] for name in _TOLD}
        for level in _levels(one, now):
            for person in one["actors"]:
                actor = str(person["actor"])
                yield Notice(_key(round_code, actor, level, told), actor, round_code, level, told)


def _levels(one: Mapping[str, Any], now: datetime) -> Iterator[Level]:
    if one["matter"] is not None or one["act"] == _EXPLANATION:
        yield Level.ASKED
    if one["due"] is not None and one["owed"] and (near := near_of(datetime.fromisoformat(one["due"]), now)):
        yield near


def near_of(due: datetime, now: datetime) -> Level | None:
    """Return how near a deadline is, if it is near at all."""
    if now >= due:
        return Level.OVERDUE
    return next((level for days, level in _NEAR if due - now <= timedelta(days=days)), None)


def _key(round_code: str, actor: str, level: Level, told: Mapping[str, Any]) -> str:
    """Once it is asked for anew, or due at another moment, it is another notice."""
    parts = (round_code, actor, level, *(str(told[name]) for name in _TOLD))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


# --- words ----------------------------------------------------------------------------------------------


def sentence(level: Level, told: Mapping[str, Any], language: Language) -> str:
    """Tell a notice in one line: what, about what, until when."""
    about = (told["agency"], ", ".join(told["criteria"]), told["matter"])
    due = told["due"] and datetime.fromisoformat(told["due"])
    facts = {
        "act": event_name(str(told["act"]), language),
        "about": "".join(f" · {part}" for part in about if part),
        "due": f"{due:%H:%M %d/%m/%Y}" if due else "—",
    }
    return term("notice", level.value.lower(), language).format(**facts)


def letter(round_code: str, lines: Iterable[str], site: str, language: Language) -> tuple[str, str]:
    """Return the subject and the text of a mail."""
    told = list(lines)
    subject = term("notice", "subject", language).format(count=len(told), round=round_code)
    head, end = (term("notice", name, language).format(site=site) for name in ("head", "end"))
    return subject, "\n".join((head, "", *(f"- {line}" for line in told), "", end, ""))
