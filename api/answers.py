"""What is answered to a question, as plain JSON values: commands and pages show exactly these."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from api import disputing
from api.excerpt import excerpt
from api.kept import checked
from api.keys import certificates_of
from api.nearest import not_applicable, not_ranked
from api.register import Register, entry_at, stream
from api.runtime import Log
from api.shares import LogShares
from api.tracing import Tracing, areas, superseded
from api.words import Words, read_words
from audit.ledger.codec import Recorded
from audit.proofs.errors import AuditError
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.statement import verify_signatures
from domain.admission import rule_for
from domain.criteria import Block, Criterion
from domain.points import published, write
from domain.standing import Round
from domain.teams import outside_its_days
from projections import queries
from projections.acts import Act
from projections.queries import CellRow, RankRow

Answer = dict[str, Any]
NO_WORDS: Answer = {"texts": {}, "erased": {}}
LABEL = "Số liệu minh họa, không phải điểm thật · invented data, not real scores"


def ranking(
    log: Log,
    connection: Connection,
    round_code: str,
    block: str | None,
    size: int,
    agencies: Collection[str] | None = None,
) -> Answer:
    """Answer `rank`: the places of a round (of some agencies), block by block, at a size of the log."""
    register = excerpt(log, connection, size, round_code)
    found = register.round(round_code)
    rows = queries.ranking(connection, round_code, size, block, agencies)
    return {
        **subject(register, found),
        "blocks": [
            {"block": name.value, "places": [_place(register, row) for row in rows if row.block == name]}
            for name in Block
            if block in (None, name)
        ],
    }


def subject(register: Register, found: Round) -> Answer:
    """Say which log, round and size an answer is about."""
    genesis = register.keyring.genesis
    demo = {"label": LABEL} if genesis.origin == DEMO_ORIGIN else {}
    return {
        "log": genesis.origin,
        "clock": genesis.clock,
        "utc_offset": register.standing.log["genesis"].utc_offset,
        **demo,
        "size": register.size,
        "round": found.code,
        "evaluated_year": found.evaluated_year,
        "phase": found.phase.value,
        "published_version": found.published,
    }


def _place(register: Register, row: RankRow) -> Answer:
    agency = register.standing.agencies[row.agency]
    return {
        "rank": row.rank,
        "shared": row.shared,
        "agency": row.agency,
        "name_vi": agency.name_vi,
        "name_en": agency.name_en,
        **_result(row),
    }


def _result(row: RankRow) -> Answer:
    exact = {"total": row.total, "bonus": row.bonus, "deductions": row.deductions, "score": row.ranking_score}
    return {
        **{name: published(value) for name, value in exact.items()},
        "class": row.rating,
        "exact": {name: write(value) for name, value in exact.items()},
        "since": row.since,
    }


def scores(
    log: Log,
    connection: Connection,
    round_code: str,
    agency: str,
    size: int,
    register: Register | None = None,
) -> Answer:
    """Answer what each cell of an agency is worth; raises UnknownSubject.

    A register of that size serves, where one is at hand.
    """
    register = register or excerpt(log, connection, size, round_code)
    found = _ranked(register, round_code, agency)
    cells = {row.criterion: row for row in queries.scores(connection, round_code, agency, size)}
    return {
        **subject(register, found),
        **_agency(register, found, agency),
        "areas": areas(found, agency, cells),
        "cells": [_cell(found.criteria.by_code[code], cells[code]) for code in _in_order(found, cells)],
    }


def _ranked(register: Register, round_code: str, agency: str) -> Round:
    found = register.round(round_code)
    if agency not in found.agencies:
        raise not_ranked(agency, round_code, found.agencies)
    return found


def _agency(register: Register, found: Round, agency: str) -> Answer:
    known = register.standing.agencies[agency]
    return {
        "agency": agency,
        "name_vi": known.name_vi,
        "name_en": known.name_en,
        "block": found.agencies[agency].value,
    }


# --- trace ----------------------------------------------------------------------------------------------


def trace(
    log: Log, connection: Connection, round_code: str, agency: str, criterion: str | None, size: int
) -> Answer:
    """Answer `trace`: every event that made a cell's or an agency's number, oldest first."""
    cells = {row.criterion: row for row in queries.scores(connection, round_code, agency, size)}
    wanted = [code for code in cells if criterion in (None, code)]
    made = {position for code in wanted for position in cells[code].made_by}
    if criterion is None:
        told = _about_agency(log, made)
    else:
        told = about_cell(log, connection, round_code, agency, criterion, made)
    told = [r for r in told if r.position < size]
    register = excerpt(log, connection, size, round_code, _signing(told))
    found = _ranked(register, round_code, agency)
    if criterion is not None and criterion not in cells:
        raise not_applicable(criterion, agency, cells)
    hidden = still_sealed(told)
    tracing = Tracing(connection, register, found, agency, wanted)
    stated = [r.event for r in told if r.event is not None and r.event.agency == agency]
    if any(event.criterion not in (None, criterion) for event in stated):
        stated = [*LogShares(connection, round_code, size).about(agency)]
    set_points = superseded(stated)
    words = read_words(log, connection, {r.statement.id for r in told})
    (place,) = queries.ranking(connection, round_code, size, agencies=[agency]) or (None,)
    return {
        **subject(register, found),
        **_agency(register, found, agency),
        "result": {"rank": place.rank, **_result(place)} if place else None,
        "areas": areas(found, agency, cells),
        "cells": [
            _cell(found.criteria.by_code[code], cells[code]) | {"stages": tracing.stages(code)}
            for code in _in_order(found, wanted)
        ],
        "events": [
            trace_event(register, found, r, made, words, sealed=r.position in hidden)
            | _act(set_points.get(r.position))
            for r in told
        ],
        "waiting": [] if criterion is None else tracing.waiting(criterion),
    }


def _act(act: Act | None) -> Answer:
    """At which stage an event set points, and what superseded it since."""
    return {"stage": act.stage.value if act else None, "superseded_by": act.superseded_by if act else None}


def still_sealed(told: Iterable[Recorded]) -> set[int]:
    """Openings of opinions are shown to nobody until opening has closed."""
    hidden: set[int] = set()
    for recorded in told:
        if recorded.statement.type == "OpinionOpened.v1":
            hidden.add(recorded.position)
        elif recorded.statement.type == "OpinionsClosed.v1":
            hidden.clear()
    return hidden


def _in_order(found: Round, codes: Iterable[str]) -> list[str]:
    wanted = set(codes)
    return [c.code for c in found.criteria.criteria if c.code in wanted]


def _about_agency(log: Log, made: set[int]) -> list[Recorded]:
    return [entry_at(log, position) for position in sorted(made)]


def about_cell(
    log: Log, connection: Connection, round_code: str, agency: str, criterion: str, made: set[int]
) -> list[Recorded]:
    """The cell's own stream, the minutes that discuss it, and what its rule looked at elsewhere."""
    told = {r.position: r for r in stream(log, f"{round_code}/{agency}/{criterion}")}
    for position in disputing.minutes(connection, round_code, agency, criterion):
        told[position] = entry_at(log, position)
    for name in disputing.disputes(connection, round_code, agency, criterion):
        told |= {r.position: r for r in stream(log, f"{round_code}/{name}")}
    told |= {position: entry_at(log, position) for position in made - told.keys()}
    return [told[position] for position in sorted(told)]


def _signing(told: Iterable[Recorded]) -> set[str]:
    """Return who signed entries, and with which keys."""
    keys = {key for r in told for key in (*r.statement.named_keys, *_signed(r))}
    return keys | {actor for r in told for actor in r.statement.actors_of(_signed(r))}


def _signed(recorded: Recorded) -> list[str]:
    return [key for key, _ in recorded.entry.envelope.signatures]


def _cell(criterion: Criterion, row: CellRow) -> Answer:
    return {
        "criterion": criterion.code,
        "name_vi": criterion.name_vi,
        "name_en": criterion.name_en,
        "points": published(row.points),
        "exact": write(row.points),
        "maximum": write(criterion.max_points),
        "stage": row.stage,
        "flags": list(row.flags),
        "counts": row.counts,
        "made_by": list(row.made_by),
        "since": row.since,
    }


def trace_event(
    register: Register,
    found: Round,
    recorded: Recorded,
    made: set[int],
    words: Words,
    *,
    sealed: bool = False,
) -> Answer:
    """Tell one event: who signed it, when it came, what it states, and whether it made the number.

    Of what is `sealed` nothing is told but that it is there.
    """
    statement, entry = recorded.statement, recorded.entry
    return {
        "position": recorded.position,
        "id": statement.id,
        "type": statement.type,
        "criterion": statement.criterion,
        "made_the_number": recorded.position in made,
        "signers": _signers(register, recorded),
        "authorship": register.keyring.authorship(statement.named_keys, recorded.position).value,
        "signatures": _signature_status(register, recorded),
        "occurred_at": statement.occurred_at,
        "arrived_at": entry.arrived_at,
        "received_at": entry.received_at,
        "late": _late(found, recorded),
        "outside_days": recorded.event is not None and outside_its_days(register.standing, recorded.event),
        "sealed": sealed,
        "body": {} if sealed else dict(statement.body),
        **(NO_WORDS if sealed else words.told(statement)),
        "attachments": [
            {"sha256": a.sha256, "size": a.size, "media_type": a.media_type} for a in statement.attachments
        ],
    }


def _signers(register: Register, recorded: Recorded) -> list[Answer]:
    signed = _signed(recorded)
    told = []
    for actor, key in zip(recorded.statement.actors_of(signed), signed, strict=True):
        record = register.keyring.records.get(key)
        told.append(
            {
                "actor": actor,
                "name": register.names.get(actor),
                "home": register.standing.home_of(actor),
                "key": key,
                "custody": record.custody if record else None,
                "certificates": certificates_of(register, key),
            }
        )
    return told


def _signature_status(register: Register, recorded: Recorded) -> str:
    """Check the signatures of what lies in the log now: `verified`, or the rule that fails."""
    try:
        keys = register.keyring.keys_for(recorded.statement)
        verify_signatures(recorded.entry.envelope, recorded.statement, keys, checked)
    except AuditError as wrong:
        return wrong.rule
    return "verified"


def _late(found: Round, recorded: Recorded) -> bool:
    """Whether it arrived after its deadline, by the deadlines that hold at this size."""
    if recorded.event is None:
        return False
    until = rule_for(recorded.event).until
    return until is not None and found.is_late(until, recorded.event.arrived_at)
