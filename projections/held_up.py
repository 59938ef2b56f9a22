"""Which agency's delay moves which deadline (R61): what is due, who holds it up, what hangs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.deadlines import Phase, end_of, resolve
from domain.frozen import replace
from domain.refusals import Malformed
from domain.standing import Round
from projections.pending import Marks, working_days
from projections.progress import Progress


@dataclass(frozen=True, slots=True)
class Moved:
    """A later deadline that is reckoned from this one; `then` is where it would fall, if it moved by now."""

    phase: Phase
    due: datetime
    then: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A phase with its deadline: `held_up_by` are the agencies whose delay keeps it open beyond its day."""

    phase: Phase
    due: datetime
    hard: bool
    basis: str
    extended: tuple[int, ...]
    over: bool
    working_days: int
    """How many are left, the last one included."""
    held_up_by: tuple[str, ...]
    moves: tuple[Moved, ...]


def deadlines(found: Round, rows: Collection[Progress], seen: Marks, now: datetime) -> tuple[Deadline, ...]:
    """Return the deadlines of a round in the order of its phases, as they stand at a moment."""
    return tuple(_deadline(found, rows, seen, now, phase) for phase in Phase if phase in found.deadlines)


def _deadline(found: Round, rows: Collection[Progress], seen: Marks, now: datetime, phase: Phase) -> Deadline:
    its, today = found.deadlines[phase], now.astimezone(found.zone).date()
    held_up = tuple(row.agency for row in rows if phase in row.delays)
    code, version = found.regulation
    return Deadline(
        phase=phase,
        due=found.due[phase],
        hard=its.hard,
        basis=f"{code} ({version})",
        extended=seen.extended.get(phase, ()),
        over=found.is_late(phase, now),
        working_days=working_days(today, its.due, found.holidays),
        held_up_by=held_up,
        moves=tuple(_moves(found, phase, now if held_up else None)),
    )


def _moves(found: Round, phase: Phase, until: datetime | None) -> Iterator[Moved]:
    """The deadlines that hang on one; and when they would fall if that one were extended to a day."""
    then = {} if until is None else _extended(found, phase, until)
    for later in _hanging(found, phase):
        yield Moved(later, found.due[later], then.get(later))


def _hanging(found: Round, phase: Phase) -> list[Phase]:
    """Rules stand in an order in which each one comes after what it is reckoned from."""
    hanging = [phase]
    for rule in found.rules:
        if rule.after in hanging:
            hanging.append(rule.phase)
    return hanging[1:]


def _extended(found: Round, phase: Phase, until: datetime) -> dict[Phase, datetime]:
    day = until.astimezone(found.zone).date()
    rules = (
        replace(rule, on=day, after=None, working_days=None) if rule.phase is phase else rule
        for rule in found.rules
    )
    try:
        resolved = resolve(tuple(rules), found.holidays)
    except Malformed:  # it would lie beyond the last day there is
        return {}
    return {its: end_of(deadline.due, found.zone) for its, deadline in resolved.items()}
