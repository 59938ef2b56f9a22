"""Who is who at a size of the log: agencies, officers, keys and rounds, read from their streams."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventsourcing.application import AggregateNotFoundError
from sqlalchemy import Connection, select

from api.runtime import Log
from audit.ledger.codec import Recorded
from audit.ledger.intake import follow
from audit.ledger.tables import openings
from audit.proofs.entry import read_time
from audit.proofs.keyring import Keyring
from audit.proofs.statement import REGISTRY_STREAM
from domain.deadlines import zone
from domain.standing import Round, Standing
from projections import queries

PUBLISHED = "ResultPublished.v1"


class UnknownSubject(Exception):
    """What was asked for is not in the log; says what there is instead."""


@dataclass(frozen=True, slots=True)
class Register:
    """The registry and one round as they stood when the log had `size` entries."""

    size: int
    standing: Standing
    keyring: Keyring
    names: Mapping[str, str]
    """Actor -> name, as far as it was not erased."""

    def round(self, code: str) -> Round:
        """Return a round; raises UnknownSubject naming those there are."""
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
    told = [r for name in (REGISTRY_STREAM, round_code) for r in stream(log, name) if r.position < size]
    for recorded in sorted(told, key=lambda r: r.position):
        follow(standing, keyring, recorded.statement, recorded.event, recorded.position)
    if not standing.log:
        raise UnknownSubject("the log is empty")
    registered = {
        r.statement.id: r.statement.body["officer"]
        for r in told
        if r.statement.type == "OfficerRegistered.v1"
    }
    words = select(openings.c.statement_id, openings.c.value).where(openings.c.field == "name")
    names = {
        registered[row.statement_id]: row.value
        for row in connection.execute(words)
        if row.statement_id in registered and row.value
    }
    return Register(size, standing, keyring, names)


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
            raise UnknownSubject(f"the log has {newest} entries, not {moment}")
        return int(moment)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise UnknownSubject(f"{moment!r} is neither a size nor a time such as 2017-08-01T15:00") from None
    if at.tzinfo is None:
        genesis = entry_at(log, 0)
        at = at.replace(tzinfo=zone(genesis.statement.body["utc_offset"]))
    received = _Received(log, newest)
    return bisect_right(received, at)


class _Received:
    """The times of admission as a sequence, which never runs back, so that it can be bisected."""

    def __init__(self, log: Log, size: int) -> None:
        self._log = log
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> datetime:
        return read_time(entry_at(self._log, position).entry.received_at)
