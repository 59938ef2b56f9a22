"""The recorder: events, leaves and tree in one transaction, behind eventsourcing's interfaces.

`append` is the one mechanism; eventsourcing's `insert_events` and the intake both go through it. Positions
come from the locked head row, contiguous, never from a sequence; notification id = position + 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Any
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)
from sqlalchemy import Connection, Select, bindparam, exc, func, select, update

from audit.ledger import tree
from audit.ledger.database import Database
from audit.ledger.tables import create_tables, head, stored_events
from audit.ledger.tracking import advance, reached
from audit.proofs.merkle import leaf_hash

_COLUMNS = (
    stored_events.c.position,
    stored_events.c.originator_id,
    stored_events.c.originator_version,
    stored_events.c.topic,
    stored_events.c.state,
)
# For the driver itself: a batch is one call of it, without a look at every value of every row before.
_ADD = (
    "INSERT INTO stored_events (position, originator_id, originator_version, topic, state)"
    " VALUES ({0}, {0}, {0}, {0}, {0})"
)
_INSERT = {"sqlite": _ADD.format("?"), "postgresql": _ADD.format("%s")}
_LOCK_HEAD = select(head.c.size, head.c.root).with_for_update()
_MOVE_HEAD = update(head).values(size=bindparam("new_size"), root=bindparam("new_root"))
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append came to: the position of the first event, and the log's head after the last."""

    first: int
    size: int
    root: bytes


class LedgerRecorder(ProcessRecorder):
    """Stored events in streams and in one log, on SQLite or PostgreSQL."""

    def __init__(self, database: Database, *, create: bool = True) -> None:
        self.database = database
        self._news = Condition()
        self._edge: tree.Edge | None = None
        if create:
            with database.begin() as connection:
                create_tables(connection)

    # --- writing ----------------------------------------------------------------------------------------

    def append(self, connection: Connection, events: Sequence[StoredEvent]) -> Appended:
        """Append events at the head, on the caller's transaction: entries, leaves, tree, head."""
        first, root = self._lock(connection)
        if not events:
            return Appended(first, first, root)
        rows = [
            (position, str(event.originator_id), event.originator_version, event.topic, event.state)
            for position, event in enumerate(events, start=first)
        ]
        connection.exec_driver_sql(_INSERT[self.database.dialect], rows)
        edge = self._edge_at(connection, first, root)
        self._edge = None  # not kept if this fails half-way
        root = edge.append(connection, [leaf_hash(event.state) for event in events])
        connection.execute(_MOVE_HEAD, {"new_size": edge.size, "new_root": root})
        self._edge = edge
        return Appended(first, edge.size, root)

    def lock_head(self, connection: Connection) -> int:
        """Take the turn to write, until the transaction ends; return the size of the log."""
        return self._lock(connection)[0]

    @staticmethod
    def _lock(connection: Connection) -> tuple[int, bytes]:
        row = connection.execute(_LOCK_HEAD).one()
        return row.size, row.root

    def _edge_at(self, connection: Connection, size: int, root: bytes) -> tree.Edge:
        """Return the tree's edge: the one kept, unless others wrote since or a batch was rolled back."""
        kept = self._edge
        if kept is not None and (kept.size, kept.root) == (size, root):
            return kept
        return tree.Edge.read(connection, size)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append in a transaction of its own, with a follower's position where one is given."""
        position: Tracking | None = kwargs.get("tracking")
        with _translated(), self.database.begin() as connection:
            if position is not None:
                advance(connection, position)
            appended = self.append(connection, stored_events)
        self.announce()
        return range_of(appended)

    def announce(self) -> None:
        """Wake the subscriptions of this process; call it after a commit."""
        with self._news:
            self._news.notify_all()

    # --- reading ----------------------------------------------------------------------------------------

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Read a stream; the events are notifications, so that they tell their position."""
        version = stored_events.c.originator_version
        query = select(*_COLUMNS).where(stored_events.c.originator_id == str(originator_id))
        query = query.where(version > gt) if gt is not None else query
        query = query.where(version <= lte) if lte is not None else query
        query = query.order_by(version.desc() if desc else version)
        return self._notifications(query.limit(limit))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Read the log from a notification id on."""
        position = stored_events.c.position
        query = select(*_COLUMNS).order_by(position).limit(limit)
        if start is not None:
            query = query.where(position >= start - inclusive_of_start)
        if stop is not None:
            query = query.where(position <= stop - 1)
        if topics:
            query = query.where(stored_events.c.topic.in_(topics))
        return self._notifications(query)

    def _notifications(self, query: Select[Any]) -> list[Notification]:
        with _translated(), self.database.read() as connection:
            rows = connection.execute(query).all()
        return [
            Notification(
                originator_id=stream, originator_version=version, topic=topic, state=state, id=position + 1
            )
            for position, stream, version, topic, state in rows
        ]

    def max_notification_id(self) -> int | None:
        """Return the newest notification id, or nothing in an empty log."""
        with _translated(), self.database.read() as connection:
            newest = connection.execute(select(func.max(stored_events.c.position))).scalar()
        return None if newest is None else newest + 1

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Iterate over what is and what will be in the log."""
        return _LedgerSubscription(self, gt, topics)

    def wait_for_news(self) -> None:
        """Block until something was committed here, or long enough for another process to have."""
        with self._news:
            self._news.wait(_POLL_SECONDS)

    # --- followers --------------------------------------------------------------------------------------

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record how far a follower has come, in a transaction of its own."""
        with _translated(), self.database.begin() as connection:
            advance(connection, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return how far a follower has come."""
        with _translated(), self.database.read() as connection:
            return reached(connection, application_name)


def range_of(appended: Appended) -> list[int]:
    """Return the notification ids of what was appended."""
    return list(range(appended.first + 1, appended.size + 1))


class _LedgerSubscription(Subscription[ApplicationRecorder]):
    """Reads batches until it is stopped; waits for news where there are none."""

    _recorder: LedgerRecorder

    def __init__(self, recorder: LedgerRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._batch: list[Notification] = []

    def __next__(self) -> Notification:
        if not self._has_been_entered:
            raise persistence.ProgrammingError("enter the subscription before reading from it")
        while not self._batch and not self._has_been_stopped:
            start = self._last_notification_id
            found = self._recorder.select_notifications(
                start, 1000, topics=self._topics, inclusive_of_start=False
            )
            self._batch = list(reversed(found))
            if not self._batch:
                self._recorder.wait_for_news()
        if self._has_been_stopped:
            raise StopIteration
        notification = self._batch.pop()
        self._last_notification_id = notification.id
        return notification

    def stop(self) -> None:
        super().stop()
        self._recorder.announce()


@contextmanager
def _translated() -> Iterator[None]:
    """Raise eventsourcing's errors for those of the database."""
    try:
        yield
    except exc.DBAPIError as wrong:
        kind = next((name for name in _KINDS if isinstance(wrong, getattr(exc, name))), "PersistenceError")
        raise getattr(persistence, kind)(str(wrong)) from wrong


_KINDS = (
    "IntegrityError",
    "OperationalError",
    "DataError",
    "InternalError",
    "ProgrammingError",
    "NotSupportedError",
    "InterfaceError",
    "DatabaseError",
)
