"""The register as far as one answer speaks of it: a few entries of its streams, found by the index.

What all of a round stands on (genesis, agencies, criteria sets, its own phases) is read by its kinds, people
and keys by who and what they are. What has not been taken into the index yet is read besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from api.errors import UnknownSubject
from api.register import Register, chains_of, entry_at, names_of, no_round
from api.runtime import Log
from audit.ledger.admitted import Admitted
from audit.ledger.codec import read_entry
from audit.ledger.tables import stored_events
from audit.ledger.tracking import reached
from audit.proofs.entry import read_time
from audit.proofs.keyring import BOUND, GENESIS, KEY_EVENTS, REAFFIRMED, REPUDIATED, Keyring
from audit.proofs.statement import REGISTRY_STREAM
from domain import admission
from domain.refusals import refuse
from domain.standing import Standing
from domain.stated.council import CouncilEstablished
from domain.stated.registry import AgencyRenamed, OfficerRegistered
from domain.stated.rounds import ResultPublished
from projections import queries
from projections.mentions import Mentions, mentioned
from projections.scoreboard import MOVING_ALL
from projections.shares import REGISTRY, names

_C = stored_events.c
_LEADING = names((*MOVING_ALL, ResultPublished, CouncilEstablished))
"""What a round's own stream says of the round itself."""
_GROUNDS = names((*REGISTRY, AgencyRenamed))
"""What the registry says of all, not of single people."""
AT_ONCE = 500
END = 2**62
"""Later than any position."""


def excerpt(
    log: Log, connection: Connection, size: int, round_code: str, about: Collection[str] = ()
) -> Register:
    """Return a round at a size, and of people and keys those that an answer is about (and the council).

    Raises UnknownSubject where there is no log, or no such round.
    """
    led = _rows(connection, (_C.originator_id == round_code) & _C.topic.in_(sorted(_LEADING)), size)
    grounds = _rows(connection, (_C.originator_id == REGISTRY_STREAM) & _C.topic.in_(sorted(_GROUNDS)), size)
    people = concerning(connection, {*about, *_council(led)}, size)
    told = {entry.position: entry for entry in (*led, *grounds, *people)}
    standing, keyring, officers, bound = Standing(), Keyring(), {}, {}
    for entry in (told[position] for position in sorted(told)):
        if entry.type in KEY_EVENTS or entry.type == GENESIS:
            _, statement, _ = read_entry(entry.state, entry.position)
            keyring.follow(statement, entry.position)
            if entry.type == BOUND:
                bound[statement.id] = entry.position
        if (event := entry.event) is not None:
            admission.lead(standing, event)
            if isinstance(event.body, OfficerRegistered):
                officers[event.id] = event.body.officer
    if not standing.log:
        raise UnknownSubject(refuse("asked.log_empty"))
    if round_code not in standing.rounds:
        raise no_round(round_code, size, queries.rounds(connection, size))
    moment = read_time(entry_at(log, size - 1).entry.received_at)
    named, chains = names_of(connection, officers), chains_of(connection, bound)
    return Register(size, standing, keyring, named, moment, chains)


def names_among(connection: Connection, actors: Collection[str], size: int) -> dict[str, str]:
    """Return the names of people when the log had `size` entries, as far as they were not erased."""
    entered = (entry.event for entry in concerning(connection, actors, size))
    told = [e for e in entered if e is not None and isinstance(e.body, OfficerRegistered)]
    return names_of(connection, {event.id: event.body.officer for event in told})


def concerning(connection: Connection, subjects: Collection[str], size: int = END) -> list[Admitted]:
    """Return the entries of the registry before a size about people, keys or statements.

    Of a key also what is about the keys that it followed on, or whose word was given on it.
    """
    come = reached(connection, Mentions.name) or 0
    here = (_C.originator_id == REGISTRY_STREAM) & (_C.position >= come)
    found = {entry.position: entry for entry in _rows(connection, here, size)}
    wanted = {*subjects}.union(*map(_linked, found.values()))
    asked: set[str] = set()
    while come and (more := wanted - asked):
        asked |= more
        positions = {at for at in mentioned(connection, more) if at < size} - found.keys()
        taken = _at(connection, positions, size)
        found |= {entry.position: entry for entry in taken}
        wanted.update(*map(_linked, taken))
    return [found[position] for position in sorted(found)]


def _linked(entry: Admitted) -> Iterable[str]:
    """The keys that a key event cannot be followed without."""
    words = entry.type in (REAFFIRMED, REPUDIATED)
    return (*entry.keys, *entry.signers) if words else entry.keys


def _council(led: Iterable[Admitted]) -> Iterator[str]:
    for entry in led:
        if entry.event is not None and isinstance(entry.event.body, CouncilEstablished):
            yield from entry.event.body.members


def _at(connection: Connection, positions: Collection[int], size: int) -> list[Admitted]:
    wanted = sorted(positions)
    chunks = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return [entry for its in chunks for entry in _rows(connection, _C.position.in_(its), size)]


def _rows(connection: Connection, which: ColumnElement[bool], size: int) -> list[Admitted]:
    query = select(_C.position, _C.topic, _C.state).where(which, _C.position < size)
    rows: Iterable[Any] = connection.execute(query)
    return [Admitted(*row) for row in rows]
