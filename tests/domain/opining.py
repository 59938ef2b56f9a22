"""Opinions of council members before the meeting: asked for, sealed, opened and closed."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from domain.council import seal
from domain.stated.choices import ReasonCategory
from domain.stated.council import (
    OpinionOpened,
    OpinionRequested,
    OpinionsClosed,
    OpinionSealed,
    ScoringMethodAgreed,
    TouchedCell,
)
from tests.domain.sitting import JUDGED
from tests.domain.specification import ROUND, ZONE, Act, states
from tests.domain.world import QUORUM, serves

SALT = "5a" * 32
ASKED = "STC/A1.2"
DUE = date(2017, 4, 12)
"""The day until which opinions may be sealed: nine days after the council phase has opened."""


def agrees(version: int = 1, *touches: str, who: tuple[str, ...] = QUORUM) -> Act:
    """A quorum agrees on the scoring method; a later version names the cells it touches."""
    cells = tuple(TouchedCell(agency=a, criterion=c) for a, _, c in (t.partition("/") for t in touches))
    return states(who, ScoringMethodAgreed(version=version, touches=cells))


OPEN_UNTIL = date(2017, 4, 14)
"""The day until which opinions may be opened."""
CLOSABLE = datetime(2017, 4, 15, tzinfo=ZONE)
"""The first moment after it."""


def asks(about: str = ASKED, due: date = DUE, open_until: date | None = OPEN_UNTIL) -> Act:
    """The secretariat asks the members for their opinions on a cell."""
    return states(serves(about), OpinionRequested(due=due, open_until=open_until), about)


def seals(
    member: str,
    points: str = "1.5",
    about: str = ASKED,
    *,
    salt: str = SALT,
    category: ReasonCategory = JUDGED,
) -> Act:
    """A member seals an opinion."""
    agency, _, criterion = about.partition("/")
    sealed = seal(
        salt=salt,
        log=(ROUND, agency, criterion),
        member=member,
        points=Fraction(points),
        category=category,
    )
    return states(member, OpinionSealed(seal=sealed), about)


def opens(
    member: str,
    points: str = "1.5",
    about: str = ASKED,
    *,
    salt: str = SALT,
    category: ReasonCategory = JUDGED,
) -> Act:
    """A member opens an opinion."""
    return states(member, OpinionOpened(salt=salt, points=Fraction(points), category=category), about)


def closes(about: str = ASKED) -> Act:
    """The secretariat closes the opening."""
    return states(serves(about), OpinionsClosed(), about)


def closes_when_over(about: str = ASKED) -> Act:
    """The secretariat closes the opening once the day for it has passed, whoever has not opened."""
    return states(serves(about), OpinionsClosed(), about, arrived_at=CLOSABLE)
