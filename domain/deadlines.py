"""Deadlines as data: a date, or so many working days after another; soft or hard; moved only for everyone.

A deadline falls at the end of its day in the log's time zone. A soft one lets late acts in and flags
them; a hard one turns them away. Lateness is computed from the arrival of the first byte, never typed (R60).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from domain.refusals import Malformed

LAST_DAY = date(9000, 12, 31)
"""No deadline lies beyond: there is always a moment after its day."""

_OFFSET = re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


class Phase(StrEnum):
    """The phases of a round, in their order."""

    PREPARATION = "PREPARATION"
    SELF_ASSESSMENT = "SELF_ASSESSMENT"
    INSPECTION = "INSPECTION"
    EXPLANATION = "EXPLANATION"
    COUNCIL = "COUNCIL"
    APPROVAL = "APPROVAL"
    PUBLISHED = "PUBLISHED"

    @property
    def place(self) -> int:
        """Place in the order of phases, from 0."""
        return _ORDER[self]


_ORDER = {phase: place for place, phase in enumerate(Phase)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """When a phase is due: `on` a date, or `working_days` after the deadline of phase `after`."""

    phase: Phase
    hard: bool
    on: date | None = None
    after: Phase | None = None
    working_days: int | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A resolved deadline: the last day, and whether it is hard."""

    due: date
    hard: bool


def is_working_day(day: date, holidays: frozenset[date]) -> bool:
    """Monday to Friday, unless a public holiday."""
    return day.weekday() < 5 and day not in holidays


def add_working_days(start: date, count: int, holidays: frozenset[date]) -> date:
    """Return the `count`-th working day after `start`."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, holidays)
    return day


def resolve(rules: Sequence[DeadlineRule], holidays: frozenset[date]) -> dict[Phase, Deadline]:
    """Resolve the rules in their order; a rule may build on those before it.

    Raises Malformed `deadline.malformed` where a rule gives neither or both kinds of date, refers to
    a deadline that does not stand before it, or falls after `LAST_DAY`.
    """
    found: dict[Phase, Deadline] = {}
    for rule in rules:
        due = _due(rule, found, holidays)
        if rule.phase in found or due > LAST_DAY:
            raise Malformed("deadline.malformed", phase=rule.phase)
        found[rule.phase] = Deadline(due, rule.hard)
    return found


def _due(rule: DeadlineRule, found: Mapping[Phase, Deadline], holidays: frozenset[date]) -> date:
    if rule.on is not None and rule.after is None and rule.working_days is None:
        return rule.on
    known = rule.on is None and rule.after is not None and rule.after in found
    if known and rule.after and rule.working_days and 0 < rule.working_days <= 366:
        return add_working_days(found[rule.after].due, rule.working_days, holidays)
    raise Malformed("deadline.malformed", phase=rule.phase)


def zone(utc_offset: str) -> timezone:
    """Read a genesis offset such as `+07:00`; raises Malformed for any other spelling."""
    if not _OFFSET.fullmatch(utc_offset):
        raise Malformed("genesis.malformed", field="utc_offset")
    sign = -1 if utc_offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(utc_offset[1:3]), minutes=int(utc_offset[4:])))


def end_of(day: date, where: timezone) -> datetime:
    """Return the first moment after a day."""
    return datetime.combine(day + timedelta(days=1), time(), where)
