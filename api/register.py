"""Who is who at a size of the log: agencies, officers, keys and rounds, read from their streams."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from eventsourcing.application import AggregateNotFoundError
from sqlalchemy import Connection, select

from api.errors import UnknownSubject
from api.runtime import Log
from audit.ledger.codec import Recorded
from audit.ledger.deciding import follow
from audit.ledger.tables import openings
from audit.proofs.entry import read_time
from audit.proofs.keyring import BOUND, KEY_TEXTS, Keyring
from audit.proofs.statement import REGISTRY_STREAM
from domain.deadlines import zone
from domain.events import Event
from domain.standing import Round, Standing
from projections import queries

PUBLISHED = "ResultPublished.v1"


@dataclass(frozen=True, slots=True)
class Register:
    """The registry and one round as they stood when the log had `size` entries."""

    size: int
    standing: Standing
    keyring: Keyring
    names: Mapping[str, str]
    """Actor -> name, as far as it was not erased."""
    moment: datetime
    """When the newest entry that was read had been received."""
    chains: Mapping[int, str]
    """Position of a binding -> the chain of certificates behind it, as far as it was not erased."""

    def round(self, code: str) -> Round:
        """Return a round; raises UnknownSubject."""
        try:
            return self.standing.rounds[code]
        except KeyError:
            raise UnknownSubject(f"no round {code} had been opened at size {self.size}") from None

    def local(self, time: str) -> datetime:
        """Return a time of an entry in the zone of the log."""
        return read_time(time).astimezone(zone(self.standing.log["genesis"].utc_offset))


def read_register(log: Log, connection: Connection, size: int, round_code: str) -> Register:
    """Fold the streams of the registry and of a round up to a size; raises UnknownSubject."""
    standing, keyring = Standing(), Keyring()
    both = [*stream(log, REGISTRY_STREAM), *stream(log, round_code)]
    told = sorted((r for r in both if r.position < size), key=lambda r: r.position)
    for recorded in told:
        follow(standing, keyring, recorded.statement, recorded.event, recorded.position)
    if not standing.log:
        raise UnknownSubject("the log is empty")
    moment = read_time(told[-1].entry.received_at)
    return Register(size, standing, keyring, _names(connection, told), moment, _chains(connection, told))


def fold(log: Log, connection: Connection, size: int, observe: Callable[[Event], None]) -> Register:
    """Fold the whole log up to a size, handing each event on; raises UnknownSubject for an empty log."""
    standing, keyring, told = Standing(), Keyring(), []
    for recorded in log.entries():
        if recorded.position >= size:
            break
        follow(standing, keyring, recorded.statement, recorded.event, recorded.position)
        told.append(recorded)
        if recorded.event is not None:
            observe(recorded.event)
    if not standing.log:
        raise UnknownSubject("the log is empty")
    moment = read_time(told[-1].entry.received_at)
    return Register(size, standing, keyring, _names(connection, told), moment, _chains(connection, told))


def _names(connection: Connection, told: Iterable[Recorded]) -> dict[str, str]:
    """Return the names of officers, as far as they were not erased."""
    registered = {
        r.statement.id: r.statement.body["officer"]
        for r in told
        if r.statement.type == "OfficerRegistered.v1"
    }
    words = select(openings.c.statement_id, openings.c.value).where(openings.c.field == "name")
    return {
        registered[row.statement_id]: row.value
        for row in connection.execute(words)
        if row.statement_id in registered and row.value
    }


def _chains(connection: Connection, told: Iterable[Recorded]) -> dict[int, str]:
    """Return the certificates behind bindings, as far as they were not erased."""
    bound = {r.statement.id: r.position for r in told if r.statement.type == BOUND}
    words = select(openings).where(openings.c.field == KEY_TEXTS[BOUND]) if bound else None
    rows = connection.execute(words) if words is not None else ()
    return {bound[r.statement_id]: r.value for r in rows if r.statement_id in bound and r.value}


def stream(log: Log, name: str) -> tuple[Recorded, ...]:
    """Read a stream through the repository; nothing where nothing was stated."""
    try:
        return log.stream(name)
    except AggregateNotFoundError:
        return ()


def entry_at(log: Log, position: int) -> Recorded:
    """Read one entry."""
    (notification,) = log.notifications.select(start=position + 1, limit=1)
    return log.mapper.to_domain_event(notification)


def chosen_round(log: Log, connection: Connection, size: int) -> str:
    """Return the newest round published by then, else the newest open one; raises UnknownSubject."""
    codes = queries.rounds(connection, size)
    if not codes:
        raise UnknownSubject(f"no round had been opened at size {size}")
    return next((code for code in codes if _published(log, code, size)), codes[0])


def _published(log: Log, code: str, size: int) -> bool:
    return any(r.statement.type == PUBLISHED and r.position < size for r in stream(log, code))


def size_at(log: Log, moment: str | None) -> int:
    """Return the size that a moment stands for: nothing (now), a size, or a time with or without a zone.

    Raises UnknownSubject for what is none of these, or a size that the log does not have.
    """
    newest = log.size
    if moment is None:
        return newest
    if moment.isascii() and moment.isdigit():
        if int(moment) > newest:
            raise UnknownSubject(f"the log has {newest} entries, not {moment}; the nearest size is {newest}")
        if int(moment) == 0 < newest:
            raise UnknownSubject("at size 0 nothing had been stated; the nearest size is 1")
        return int(moment)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise UnknownSubject(f"{moment!r} is neither a size nor a time such as 2017-08-01T15:00") from None
    if at.tzinfo is None:
        genesis = entry_at(log, 0)
        at = at.replace(tzinfo=zone(genesis.statement.body["utc_offset"]))
    received = _Received(log, newest)
    size = bisect_right(received, at)
    if size == 0 < newest:
        first = received[0].astimezone(at.tzinfo).isoformat()
        raise UnknownSubject(f"{moment} lies before the log, which begins at {first}; the nearest size is 1")
    return size


class _Received:
    """The times of admission as a sequence, which never runs back, so that it can be bisected."""

    def __init__(self, log: Log, size: int) -> None:
        self._log = log
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> datetime:
        return read_time(entry_at(self._log, position).entry.received_at)
