"""Who is who at a size of the log: agencies, officers, keys and rounds, read from their streams."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventsourcing.application import AggregateNotFoundError
from sqlalchemy import Connection, select

from api.errors import UnknownSubject
from api.nearest import choices
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
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


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
            raise _no_round(code, self.size, self.standing.rounds) from None

    def local(self, time: str) -> datetime:
        """Return a time of an entry in the zone of the log."""
        return read_time(time).astimezone(zone(self.standing.log["genesis"].utc_offset))


def read_register(
    log: Log,
    connection: Connection,
    size: int,
    round_code: str,
    observe: Callable[[Event], None] = lambda _event: None,
) -> Register:
    """Fold the streams of the registry and of a round up to a size, handing each event on.

    Raises UnknownSubject where there is none.
    """
    standing, keyring = Standing(), Keyring()
    both = [*stream(log, REGISTRY_STREAM), *stream(log, round_code)]
    told = sorted((r for r in both if r.position < size), key=lambda r: r.position)
    for recorded in told:
        follow(standing, keyring, recorded.statement, recorded.event, recorded.position)
        if recorded.event is not None:
            observe(recorded.event)
    if not standing.log:
        raise UnknownSubject("the log is empty")
    if round_code not in standing.rounds:
        raise _no_round(round_code, size, queries.rounds(connection, size))
    moment = read_time(told[-1].entry.received_at)
    return Register(size, standing, keyring, _names(connection, told), moment, _chains(connection, told))


def _no_round(code: str, size: int, there: Iterable[str]) -> UnknownSubject:
    return UnknownSubject(f"no round {code} had been opened at size {size}; {choices(code, there)}")


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


def size_at(log: Log, moment: str | None, *, whole_day: bool = False) -> int:
    """Return the size that a moment stands for: nothing (now), a size, or a time with or without a zone.

    A day without a time is its beginning, or all of it. Raises UnknownSubject for what is none of these, or
    a size that the log does not have.
    """
    newest = log.size
    if moment is None:
        return newest
    if moment.isascii() and moment.isdigit():
        return _size(newest, int(moment))
    at, received = _time(log, moment), _Received(log, newest)
    if whole_day and DAY.fullmatch(moment):
        size = bisect_left(received, at + timedelta(days=1))
    else:
        size = bisect_right(received, at)
    if size == 0 < newest:
        raise _before(moment, at, received)
    return size


def first_since(log: Log, moment: str) -> int:
    """Return the position of the first entry that came at a time or later, on the log's first day or later.

    Raises UnknownSubject.
    """
    at, received = _time(log, moment), _Received(log, log.size)
    first = bisect_left(received, at)
    if first == 0 < len(received) and at.date() < received[0].astimezone(at.tzinfo).date():
        raise _before(moment, at, received)
    return first


def _size(newest: int, size: int) -> int:
    if size > newest:
        raise UnknownSubject(f"the log has {newest} entries, not {size}; the nearest size is {newest}")
    if size == 0 < newest:
        raise UnknownSubject("at size 0 nothing had been stated; the nearest size is 1")
    return size


def _time(log: Log, moment: str) -> datetime:
    """Read a time, in the log's zone where it names none; raises UnknownSubject."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise UnknownSubject(f"{moment!r} is neither a size nor a time such as 2017-08-01T15:00") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone(entry_at(log, 0).statement.body["utc_offset"]))
    return at


def _before(moment: str, at: datetime, received: _Received) -> UnknownSubject:
    first = received[0].astimezone(at.tzinfo).isoformat()
    return UnknownSubject(f"{moment} lies before the log, which begins at {first}; the nearest size is 1")


class _Received:
    """The times of admission as a sequence, which never runs back, so that it can be bisected."""

    def __init__(self, log: Log, size: int) -> None:
        self._log = log
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> datetime:
        return read_time(entry_at(self._log, position).entry.received_at)
