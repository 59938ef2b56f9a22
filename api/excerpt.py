"""The register as far as one answer speaks of it: a few entries of its streams, found by the index.

What all of a round stands on (genesis, agencies, criteria sets, its own phases) is read by its kinds, people
and keys by who and what they are. What has not been taken into the index yet is read besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection

from api.errors import UnknownSubject
from api.kept import entries_at, rows
from api.register import Register, chains_of, entry_at, names_of, no_round
from api.runtime import Log
from audit.ledger.admitted import Admitted
from audit.ledger.tables import stored_events
from audit.ledger.tracking import reached
from audit.proofs.entry import read_time
from audit.proofs.keyring import REAFFIRMED, REPUDIATED
from audit.proofs.statement import REGISTRY_STREAM
from domain.refusals import refuse
from domain.stated.council import CouncilEstablished
from domain.stated.registry import AgencyRenamed, OfficerRegistered
from domain.stated.rounds import ResultPublished
from projections import queries
from projections.mentions import Mentions, mentioned
from projections.scoreboard import MOVING_ALL
from projections.shares import REGISTRY, names

_LEADING = names((*MOVING_ALL, ResultPublished, CouncilEstablished))
"""What a round's own stream says of the round itself."""
_GROUNDS = names((*REGISTRY, AgencyRenamed))
"""What the registry says of all, not of single people."""


def excerpt(
    log: Log, connection: Connection, size: int, round_code: str, about: Collection[str] = ()
) -> Register:
    """Return a round at a size, and of people and keys those that an answer is about (and the council).

    What was read is kept until one of the two streams has grown; words are read anew each time, because they
    can be erased. Raises UnknownSubject where there is no log, or no such round.
    """
    kept = log.kept
    led = kept.stream(connection, round_code, size, _LEADING)
    grounds = kept.stream(connection, REGISTRY_STREAM, size, _GROUNDS)
    people = concerning(log, connection, {*about, *_council(led)}, size)
    told = {entry.position: entry for entry in (*led, *grounds, *people)}
    order = tuple(sorted(told))
    folded = kept.folded(order, lambda: [told[position] for position in order])
    standing = folded.standing.fork()
    if not standing.log:
        raise UnknownSubject(refuse("asked.log_empty"))
    if round_code not in standing.rounds:
        raise no_round(round_code, size, queries.rounds(connection, size))
    moment = read_time(entry_at(log, size - 1).entry.received_at)
    named, chains = names_of(connection, folded.officers), chains_of(connection, folded.bound)
    return Register(size, standing, folded.keyring, named, moment, chains)


def names_among(log: Log, connection: Connection, actors: Collection[str], size: int) -> dict[str, str]:
    """Return the names of people when the log had `size` entries, as far as they were not erased."""
    entered = (entry.event for entry in concerning(log, connection, actors, size))
    told = [e for e in entered if e is not None and isinstance(e.body, OfficerRegistered)]
    return names_of(connection, {event.id: event.body.officer for event in told})


def concerning(
    log: Log, connection: Connection, subjects: Collection[str], size: int | None = None
) -> list[Admitted]:
    """Return the entries of the registry before a size (all) about people, keys or statements.

    Of a key also what is about the keys that it followed on, or whose word was given on it.
    """
    end = log.size if size is None else size
    come = reached(connection, Mentions.name) or 0
    found = {entry.position: entry for entry in _not_indexed(log, connection, come, end)}
    wanted = {*subjects}.union(*map(_linked, found.values()))
    asked: set[str] = set()
    while come and (more := wanted - asked):
        asked |= more
        positions = {at for at in mentioned(connection, more) if at < end} - found.keys()
        taken = entries_at(connection, positions)
        found |= {entry.position: entry for entry in taken}
        wanted.update(*map(_linked, taken))
    return [found[position] for position in sorted(found)]


def _not_indexed(log: Log, connection: Connection, come: int, end: int) -> Sequence[Admitted]:
    """What of the registry the index does not know yet: as a rule very little."""
    if come == 0:
        return log.kept.stream(connection, REGISTRY_STREAM, end)
    c = stored_events.c
    here = (c.originator_id == REGISTRY_STREAM) & (c.position >= come) & (c.position < end)
    return rows(connection, here)


def _linked(entry: Admitted) -> Iterable[str]:
    """The keys that a key event cannot be followed without."""
    words = entry.type in (REAFFIRMED, REPUDIATED)
    return (*entry.keys, *entry.signers) if words else entry.keys


def _council(led: Iterable[Admitted]) -> Iterator[str]:
    for entry in led:
        if entry.event is not None and isinstance(entry.event.body, CouncilEstablished):
            yield from entry.event.body.members
