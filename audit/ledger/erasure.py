"""Erasure: the words that a tombstone names go from the database, and what they looked like from its file.

The statement and its salted digest stay. Whatever brings openings back (a backup, a spare) goes through here
before anybody reads it: a tombstone in the log holds for every copy of the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from eventsourcing.persistence import Tracking
from sqlalchemy import Connection, bindparam, or_, update

from audit.ledger.codec import Recorded
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.tables import openings
from domain.events import Event
from domain.stated.erasure import OpeningsErased

TOMBSTONE = "OpeningsErased.v1"
FOLLOWER = "erasure"
"""The name under which is kept up to where the database's file was written anew."""
Text = tuple[str, str]
"""The id of a statement, and the field of one of its texts."""

_ERASE = (
    update(openings)
    .where(
        openings.c.statement_id == bindparam("statement"),
        openings.c.field == bindparam("name"),
        or_(openings.c.value.is_not(None), openings.c.salt.is_not(None)),
    )
    .values(salt=None, value=None)
)


def erased_by(recorded: Iterable[Recorded]) -> Iterator[Text]:
    """Yield the texts that the tombstones among these entries name."""
    for one in recorded:
        body = one.event.body if one.event else None
        for texts in body.erased if isinstance(body, OpeningsErased) else ():
            yield from ((texts.statement, name) for name in texts.fields)


def erase(connection: Connection, recorded: Iterable[Recorded]) -> bool:
    """Empty the openings that these entries erase; return whether there were tombstones at all."""
    rows = [{"statement": statement, "name": name} for statement, name in erased_by(recorded)]
    if rows:
        connection.execute(_ERASE, rows)
    return bool(rows)


def reapply(
    recorder: LedgerRecorder,
    recorded: Iterable[Recorded],
    elsewhere: Callable[[Connection, Sequence[Event]], None] = lambda _connection, _events: None,
) -> None:
    """Hold a whole log to its tombstones: after a start, a restored backup, a crash half-way.

    The file is written anew unless that was done since the newest of them; before that, what they erase is
    taken away `elsewhere`, too, where words lie that only copy those beside the log.
    """
    tombstones = [one for one in recorded if one.statement.type == TOMBSTONE]
    if not tombstones:
        return
    with recorder.database.begin() as connection:
        erase(connection, tombstones)
        if not _forgotten(recorder, tombstones[-1].position):
            elsewhere(connection, [one.event for one in tombstones if one.event])
    forget(recorder, tombstones[-1].position)


def _forgotten(recorder: LedgerRecorder, position: int) -> bool:
    done = recorder.max_tracking_id(FOLLOWER)
    return done is not None and done > position


def forget(recorder: LedgerRecorder, position: int) -> None:
    """Write the database's file anew, unless that was done since the tombstone at this position."""
    if not _forgotten(recorder, position):
        recorder.database.scrub(openings.name)
        recorder.insert_tracking(Tracking(FOLLOWER, position + 1))
