"""A cell with the disputes over it as one story: chapter by chapter, what happened and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from api.answers import Answer, about_cell, still_sealed, subject, trace_event
from api.nearest import no_dispute, not_applicable, not_ranked
from api.register import Register, stream
from api.runtime import Log
from api.words import read_words
from audit.ledger.codec import Recorded
from domain.points import published, write
from domain.standing import Round
from domain.stated.rounds import ResultPublished
from projections.casefile import Happened, Held, casefile
from projections.docket import Entry


def cell_of(register: Register, found: Round, agency: str, criterion: str | None) -> tuple[str, str]:
    """Return the cell that is named, or the one that a named dispute is about; raises UnknownSubject."""
    if criterion is None:
        disputes = {name: d for (code, name), d in register.standing.disputes.items() if code == found.code}
        if agency not in disputes:
            raise no_dispute(agency, found.code, sorted(disputes))
        return disputes[agency].agency, disputes[agency].criterion
    if agency not in found.agencies:
        raise not_ranked(agency, found.code, found.agencies)
    if found.criterion_for(agency, criterion) is None:
        block = found.agencies[agency]
        codes = [c.code for c in found.criteria.criteria if block in c.applies_to]
        raise not_applicable(criterion, agency, codes)
    return agency, criterion


def case(
    log: Log,
    connection: Connection,
    register: Register,
    cell: tuple[str, str],
    round_code: str,
    entries: Sequence[Entry],
) -> Answer:
    """Answer `case`: every event about a cell and its disputes, in order, with what each one changed."""
    found, (agency, criterion) = register.round(round_code), cell
    told = _told(log, connection, found, cell, register.size)
    hidden = still_sealed(told)
    words = read_words(log, connection, {r.statement.id for r in told})
    happened = casefile(connection, round_code, *cell, [r.event for r in told if r.event is not None])
    by_position = {r.position: r for r in told}
    events = [
        trace_event(
            register,
            found,
            by_position[one.event.position],
            set(),
            words,
            sealed=one.event.position in hidden,
        )
        | _did(one)
        for one in happened
    ]
    its = found.criteria.by_code[criterion]
    known = register.standing.agencies[agency]
    disputes = [e for e in entries if (e.dispute.agency, e.dispute.criterion) == cell]
    return {
        **subject(register, found),
        "agency": agency,
        "name_vi": known.name_vi,
        "name_en": known.name_en,
        "criterion": criterion,
        "criterion_vi": its.name_vi,
        "criterion_en": its.name_en,
        "maximum": write(its.max_points),
        "disputes": [{"name": e.dispute.name, "state": e.state.value} for e in disputes],
        "now": _held(happened[-1].after) if happened else None,
        "events": events,
    }


def _told(log: Log, connection: Connection, found: Round, cell: tuple[str, str], size: int) -> list[Recorded]:
    """What was stated about the cell and its disputes, and the publications of the round."""
    told = {r.position: r for r in about_cell(log, connection, found.code, *cell, set())}
    for recorded in stream(log, found.code):
        if recorded.event is not None and isinstance(recorded.event.body, ResultPublished):
            told[recorded.position] = recorded
    return [told[position] for position in sorted(told) if position < size]


def _did(one: Happened) -> dict[str, Any]:
    return {
        "chapter": one.chapter.value,
        "superseded_by": one.superseded_by,
        "moved": one.moved,
        "before": _held(one.before),
        "after": _held(one.after),
    }


def _held(held: Held) -> Answer:
    """What the cell and the rank were; nothing where the round was not open."""
    points = None if held.points is None else published(held.points)
    exact = None if held.points is None else write(held.points)
    return {"points": points, "exact": exact, "stage": held.stage, "rank": held.rank}
