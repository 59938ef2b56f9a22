"""How far a follower has come: one row each, moved by compare-and-set in the follower's own transaction."""

from __future__ import annotations

from eventsourcing.persistence import IntegrityError, Tracking
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from audit.ledger.tables import tracking


def advance(connection: Connection, position: Tracking) -> None:
    """Move an application's row forward to a notification; raises IntegrityError if it is there already."""
    here = tracking.c.application_name == position.application_name
    behind = tracking.c.notification_id < position.notification_id
    moved = connection.execute(
        update(tracking).where(here & behind).values(notification_id=position.notification_id)
    )
    if moved.rowcount == 1:
        return
    if connection.execute(select(tracking.c.notification_id).where(here)).first() is not None:
        raise IntegrityError(f"{position.application_name} is past notification {position.notification_id}")
    # Two first followers meet at the primary key, and one of them is refused.
    connection.execute(
        insert(tracking).values(
            application_name=position.application_name, notification_id=position.notification_id
        )
    )


def reached(connection: Connection, application_name: str) -> int | None:
    """Return the last notification an application has worked through."""
    here = tracking.c.application_name == application_name
    return connection.execute(select(tracking.c.notification_id).where(here)).scalar()


def step(connection: Connection, application_name: str, before: int, after: int) -> bool:
    """Move an application's row from exactly one notification to another; say whether it was there.

    Two that follow under one name take turns at this row: the second one finds that it was moved.
    """
    here = tracking.c.application_name == application_name
    if before == 0 and _begin(connection, application_name, after):
        return True
    at = tracking.c.notification_id == before
    moved = connection.execute(update(tracking).where(here & at).values(notification_id=after))
    return moved.rowcount == 1


def place(connection: Connection, application_name: str, at: int) -> None:
    """Put an application's row at a notification, wherever it was."""
    here = tracking.c.application_name == application_name
    if not _begin(connection, application_name, at):
        connection.execute(update(tracking).where(here).values(notification_id=at))


def _begin(connection: Connection, application_name: str, at: int) -> bool:
    """Make an application's row, unless there is one."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(tracking).values(application_name=application_name, notification_id=at)
    # What was made is asked for: how many rows an insert made is not known everywhere once it is done.
    told = made.on_conflict_do_nothing().returning(tracking.c.application_name)
    return connection.execute(told).first() is not None
