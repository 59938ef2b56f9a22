"""The register as far as one answer speaks of it: a few entries of its streams, found by the index.

What all of a round stands on (genesis, agencies, criteria sets, its own phases) is read by its kinds, people
and keys by who and what they are. What has not been taken into the index yet is read besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, select

from api.errors import UnknownSubject
from api.register import Register, chains_of, entry_at, names_of, no_round
from api.runtime import Log
from audit.ledger.admitted import Admitted
from audit.ledger.codec import read_entry
from audit.ledger.database import Database
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
KEPT = 16
"""So many excerpts of a log are kept."""
_Key = tuple[str, frozenset[str], int, int]
_Read = tuple[Standing, Keyring, Mapping[str, str], Mapping[str, int]]
"""Standing and keys, who was registered by which statement, which of them bound a certificate and where."""


def excerpt(
    log: Log, connection: Connection, size: int, round_code: str, about: Collection[str] = ()
) -> Register:
    """Return a round at a size, and of people and keys those that an answer is about (and the council).

    What was read is kept until one of the two streams has grown; words are read anew each time, because they
    can be erased. Raises UnknownSubject where there is no log, or no such round.
    """
    versions = (_version(connection, REGISTRY_STREAM, size), _version(connection, round_code, size))
    found = _KEPT.find(log.database, (round_code, frozenset(about), *versions))
    if found is None:
        found = _read(connection, size, round_code, about)
        _KEPT.keep(log.database, (round_code, frozenset(about), *versions), found)
    standing, keyring, officers, bound = found
    named, chains = names_of(connection, officers), chains_of(connection, bound)
    moment = read_time(entry_at(log, size - 1).entry.received_at)
    return Register(size, standing, keyring, named, moment, chains)


def _read(connection: Connection, size: int, round_code: str, about: Collection[str]) -> _Read:
    led = _rows(connection, (_C.originator_id == round_code) & _C.topic.in_(sorted(_LEADING)), size)
    grounds = _rows(connection, (_C.originator_id == REGISTRY_STREAM) & _C.topic.in_(sorted(_GROUNDS)), size)
    people = concerning(connection, {*about, *_council(led)}, size)
    told = {entry.position: entry for entry in (*led, *grounds, *people)}
    standing, keyring = Standing(), Keyring()
    officers: dict[str, str] = {}
    bound: dict[str, int] = {}
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
    return standing, keyring, officers, bound


def _version(connection: Connection, stream: str, size: int) -> int:
    """Return how many entries of a stream lie before a size."""
    query = select(_C.originator_version).where(_C.originator_id == stream, _C.position < size)
    return connection.execute(query.order_by(_C.originator_version.desc()).limit(1)).scalar() or 0


class _Kept:
    """What was read of each log, the newest few; nobody changes what was read."""

    def __init__(self) -> None:
        self._found: WeakKeyDictionary[Database, dict[_Key, _Read]] = WeakKeyDictionary()
        self._turn = Lock()

    def find(self, database: Database, key: _Key) -> _Read | None:
        with self._turn:
            return self._found.get(database, {}).get(key)

    def keep(self, database: Database, key: _Key, found: _Read) -> None:
        with self._turn:
            its = self._found.setdefault(database, {})
            its[key] = found
            while len(its) > KEPT:
                del its[next(iter(its))]


_KEPT = _Kept()


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
