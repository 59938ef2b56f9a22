"""Who is who at a size of the log: agencies, officers, keys and rounds, read from their streams."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge

from eventsourcing.application import AggregateNotFoundError
from sqlalchemy import Connection, select

from api.errors import UnknownSubject
from api.nearest import listed, nearest_of
from api.runtime import Log, Runtime
from audit.ledger.admitted import Admitted
from audit.ledger.codec import Recorded
from audit.ledger.deciding import follow
from audit.ledger.tables import openings, stored_events
from audit.proofs.entry import read_time
from audit.proofs.keyring import BOUND, KEY_TEXTS, Keyring
from audit.proofs.statement import REGISTRY_STREAM
from domain.deadlines import zone
from domain.events import Event
from domain.refusals import refuse
from domain.standing import Round, Standing
from projections import queries
from projections.later import Later

PUBLISHED = "ResultPublished.v1"
AT_ONCE = 500
"""So many statements are asked about in one query."""
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
            raise no_round(code, self.size, self.standing.rounds) from None

    def local(self, time: str) -> datetime:
        """Return a time of an entry in the zone of the log."""
        return read_time(time).astimezone(zone(self.standing.log["genesis"].utc_offset))


def read_register(
    log: Log,
    connection: Connection,
    size: int,
    round_code: str,
    observe: Callable[[Event], None] | None = None,
) -> Register:
    """Fold the streams of the registry and of a round up to a size, handing each event on.

    Raises UnknownSubject where there is none.
    """
    both = [log.kept.stream(connection, name, size) for name in (REGISTRY_STREAM, round_code)]

    def told() -> Iterable[Admitted]:
        return merge(*both, key=lambda entry: entry.position)

    folded = log.kept.folded((round_code, *map(len, both)), told)
    if observe is not None:
        for event in (entry.event for entry in told() if entry.event is not None):
            observe(event)
    standing = folded.standing.fork()
    if not standing.log:
        raise UnknownSubject(refuse("asked.log_empty"))
    if round_code not in standing.rounds:
        raise no_round(round_code, size, queries.rounds(connection, size))
    names = Later(lambda: names_of(connection, folded.officers))
    chains = Later(lambda: chains_of(connection, folded.bound))
    newest = max((its[-1] for its in both if its), key=lambda entry: entry.position)
    return Register(size, standing, folded.keyring, names, newest.received_at, chains)


def no_round(code: str, size: int, there: Iterable[str]) -> UnknownSubject:
    """Say that a round had not been opened, and which ones had been."""
    codes = list(there)
    near, all_of_them = nearest_of(code, codes), listed(codes)
    return UnknownSubject(refuse("asked.no_round", round=code, size=size, nearest=near, there=all_of_them))


def as_followed(runtime: Runtime, size: int) -> Register | None:
    """Return what a running service holds of the log in memory, where that is its state at a size.

    It goes on while it is read; whoever reads it leaves out what came after. Names are not among it.
    """
    intake = runtime.intake
    if intake.size != size:
        return None
    return Register(size, intake.standing, intake.keyring, {}, runtime.clock(), {})


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
        raise UnknownSubject(refuse("asked.log_empty"))
    moment = read_time(told[-1].entry.received_at)
    return Register(
        size,
        standing,
        keyring,
        names_of(connection, _officers(told)),
        moment,
        chains_of(connection, _bound(told)),
    )


def _officers(told: Iterable[Recorded]) -> dict[str, str]:
    registered = (r.statement for r in told if r.statement.type == "OfficerRegistered.v1")
    return {statement.id: statement.body["officer"] for statement in registered}


def _bound(told: Iterable[Recorded]) -> dict[str, int]:
    return {r.statement.id: r.position for r in told if r.statement.type == BOUND}


def names_of(connection: Connection, officers: Mapping[str, str]) -> dict[str, str]:
    """Return the names of officers, as far as they were not erased; each by the statement that gave it."""
    return {officers[its]: name for its, name in _opened(connection, officers, "name")}


def chains_of(connection: Connection, bound: Mapping[str, int]) -> dict[int, str]:
    """Return the certificates behind bindings (statement -> position), as far as they were not erased."""
    return {bound[its]: chain for its, chain in _opened(connection, bound, KEY_TEXTS[BOUND])}


def _opened(connection: Connection, statements: Collection[str], name: str) -> Iterator[tuple[str, str]]:
    """Read one text of each of some statements, by their ids: there are openings of a whole log besides."""
    wanted, c = sorted(statements), openings.c
    for start in range(0, len(wanted), AT_ONCE):
        its = c.statement_id.in_(wanted[start : start + AT_ONCE]) & (c.field == name)
        for row in connection.execute(select(c.statement_id, c.value).where(its)):
            if row.value:
                yield row.statement_id, row.value


def stream(log: Log, name: str) -> tuple[Recorded, ...]:
    """Read a stream through the repository; nothing where nothing was stated."""
    try:
        return log.stream(name)
    except AggregateNotFoundError:
        return ()


def entry_at(log: Log, position: int) -> Recorded:
    """Read one entry."""
    (notification,) = log.notifications.select(start=position + 1, limit=1)
    return log.remembering.to_domain_event(notification)


def chosen_round(log: Log, connection: Connection, size: int) -> str:
    """Return the newest round published by then, else the newest open one; raises UnknownSubject."""
    codes = queries.rounds(connection, size)
    if not codes:
        raise UnknownSubject(refuse("asked.none_opened", size=size))
    return next((code for code in codes if _published(connection, code, size)), codes[0])


def _published(connection: Connection, code: str, size: int) -> bool:
    c = stored_events.c
    its = (c.originator_id == code) & (c.topic == PUBLISHED) & (c.position < size)
    return connection.execute(select(c.position).where(its).limit(1)).first() is not None


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
        raise UnknownSubject(refuse("asked.beyond_head", size=size, nearest=newest))
    if size == 0 < newest:
        raise UnknownSubject(refuse("asked.before_first", nearest=1))
    return size


def _time(log: Log, moment: str) -> datetime:
    """Read a time, in the log's zone where it names none; raises UnknownSubject."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise UnknownSubject(refuse("asked.no_time", stated=moment)) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone(entry_at(log, 0).statement.body["utc_offset"]))
    return at


def _before(moment: str, at: datetime, received: _Received) -> UnknownSubject:
    first = received[0].astimezone(at.tzinfo).isoformat()
    return UnknownSubject(refuse("asked.before_log", stated=moment, first=first, nearest=1))


class _Received:
    """The times of admission as a sequence, which never runs back, so that it can be bisected."""

    def __init__(self, log: Log, size: int) -> None:
        self._log = log
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> datetime:
        return read_time(entry_at(self._log, position).entry.received_at)
