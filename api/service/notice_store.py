"""Notices as they are kept: who was told what, where to, and what came of each delivery; beside the log."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from api.notices import Notice
from audit.ledger.database import Database

metadata = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_noticed = Table(
    "notices",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("actor", Text, nullable=False, index=True),
    Column("round", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("at", Text, nullable=False),
    UniqueConstraint("key"),
)
_destinations = Table(
    "notice_destinations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("secret", Text),
)
_deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("destination", Text, nullable=False, index=True),
    Column("notices", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("next", _NUMBER, nullable=False),
    Column("last", Text),
    Column("at", Text),
)
RETRY = (60, 300, 1800, 7200, 43200)
"""Seconds after which a delivery that failed is tried again; after the last it is given up."""
LEASE = 120
"""Seconds that one process has for a delivery before another may take it."""
AT_ONCE = 50


class Channel(StrEnum):
    """How somebody is told beside the inbox."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


class State(StrEnum):
    """What became of a delivery."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where somebody wants to be told."""

    id: str
    actor: str
    kind: Channel
    target: str
    language: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Some notices on their way to one destination."""

    number: int
    destination: Destination
    notices: Sequence[Any]
    tries: int


class NoticeStore:
    """The tables, in the database of the log. Moments to come are seconds since 1970."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as connection:
            metadata.create_all(connection)

    # --- what was noticed -------------------------------------------------------------------------------

    def keep(self, found: Iterable[Notice], at: datetime) -> int:
        """Keep what was not told before, and what has to go where for it; return how many notices are new."""
        wanted = {one.key: one for one in found}
        if not wanted:
            return 0
        with self._database.read() as connection:
            known = set(connection.execute(select(_noticed.c.key)).scalars())
        new = [one for key, one in wanted.items() if key not in known]
        if not new:
            return 0
        with self._database.begin() as connection:
            kept: dict[str, list[int]] = {}
            for one in new:
                row = {
                    "key": one.key,
                    "actor": one.actor,
                    "round": one.round,
                    "level": one.level.value,
                    "told": json.dumps(dict(one.told), ensure_ascii=False),
                    "at": at.isoformat(timespec="seconds"),
                }
                number = connection.execute(insert(_noticed).values(row)).inserted_primary_key
                kept.setdefault(one.actor, []).append(int(number[0]) if number else 0)
            places = connection.execute(select(_destinations).where(_destinations.c.actor.in_(kept))).all()
            for place in places:
                delivery: dict[str, object] = {
                    "destination": place.id,
                    "notices": json.dumps(kept[place.actor]),
                    "state": State.WAITING.value,
                    "tries": 0,
                    "next": int(at.timestamp()),
                }
                connection.execute(insert(_deliveries).values(delivery))
        return len(new)

    def of(self, actor: str, after: int, limit: int) -> Sequence[Any]:
        """Return somebody's notices after a number, oldest first."""
        its = _noticed.c
        query = select(_noticed).where((its.actor == actor) & (its.number > after))
        with self._database.read() as connection:
            return connection.execute(query.order_by(its.number).limit(limit)).all()

    # --- where to ---------------------------------------------------------------------------------------

    def add(self, actor: str, kind: Channel, target: str, language: str, secret: str | None) -> str:
        """Keep where somebody wants to be told; return its id."""
        name = secrets.token_hex(8)
        row = {
            "id": name,
            "actor": actor,
            "kind": kind.value,
            "target": target,
            "language": language,
            "secret": secret,
        }
        with self._database.begin() as connection:
            connection.execute(insert(_destinations).values(row))
        return name

    def destinations(self, actor: str) -> Sequence[Destination]:
        """Return where somebody wants to be told."""
        query = select(_destinations).where(_destinations.c.actor == actor).order_by(_destinations.c.id)
        with self._database.read() as connection:
            return [_destination(row) for row in connection.execute(query).all()]

    def remove(self, actor: str, name: str) -> bool:
        """Forget a destination of somebody's, with what was on its way there; whether there was one."""
        its = _destinations.c
        with self._database.begin() as connection:
            gone = connection.execute(delete(_destinations).where((its.id == name) & (its.actor == actor)))
            if gone.rowcount:
                connection.execute(delete(_deliveries).where(_deliveries.c.destination == name))
        return bool(gone.rowcount)

    # --- deliveries -------------------------------------------------------------------------------------

    def due(self, now: int) -> list[Delivery]:
        """Take what is to be delivered now; nobody else takes it for a while."""
        its = _deliveries.c
        waiting = (its.state == State.WAITING.value) & (its.next <= now)
        with self._database.read() as connection:
            to = its.destination == _destinations.c.id
            query = select(_deliveries, _destinations).join(_destinations, to)
            rows = connection.execute(query.where(waiting).order_by(its.number).limit(AT_ONCE)).all()
        taken = []
        for row in rows:
            with self._database.begin() as connection:
                mine = (its.number == row.number) & waiting
                done = connection.execute(update(_deliveries).where(mine).values(next=now + LEASE))
            if done.rowcount:
                numbers = json.loads(row.notices)
                with self._database.read() as connection:
                    its_own = _noticed.c.number.in_(numbers)
                    told = select(_noticed).where(its_own).order_by(_noticed.c.number)
                    found = connection.execute(told).all()
                taken.append(Delivery(row.number, _destination(row), found, row.tries))
        return taken

    def delivered(self, delivery: Delivery, at: datetime, answer: str) -> None:
        """Write down that it arrived."""
        self._note(delivery, State.DELIVERED, at, answer, 0)

    def failed(self, delivery: Delivery, at: datetime, reason: str) -> None:
        """Write down why not, and when it is tried again; after the last time it is given up."""
        if delivery.tries < len(RETRY):
            again = int(at.timestamp()) + RETRY[delivery.tries]
            self._note(delivery, State.WAITING, at, reason, again)
        else:
            self._note(delivery, State.FAILED, at, reason, 0)

    def _note(self, delivery: Delivery, state: State, at: datetime, last: str, again: int) -> None:
        values = {
            "state": state.value,
            "tries": delivery.tries + 1,
            "next": again,
            "last": last[:500],
            "at": at.isoformat(timespec="seconds"),
        }
        with self._database.begin() as connection:
            its = _deliveries.c.number == delivery.number
            connection.execute(update(_deliveries).where(its).values(values))

    def log(self, actor: str) -> Sequence[Any]:
        """Return what became of everything that was on its way to somebody, newest first."""
        its = _deliveries.c
        query = (
            select(_deliveries, _destinations.c.kind, _destinations.c.target)
            .join(_destinations, its.destination == _destinations.c.id)
            .where(_destinations.c.actor == actor)
        )
        with self._database.read() as connection:
            return connection.execute(query.order_by(its.number.desc()).limit(1000)).all()


def _destination(row: Any) -> Destination:
    return Destination(row.id, row.actor, Channel(row.kind), row.target, row.language, row.secret)
