"""When things were stated: the stamps on a log's checkpoints, and the interval that they leave each event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from api.register import entry_at
from api.runtime import Log
from audit.ledger.cosignatures import cosigned_notes
from audit.ledger.stamping import kept_tokens
from audit.ledger.tables import checkpoints, cosignatures, timestamps
from audit.proofs.entry import read_time, write_time
from audit.proofs.errors import AuditError
from audit.proofs.interval import Bound, interval
from audit.proofs.note import unverified_text
from audit.proofs.receptions import stamps_of
from audit.proofs.timestamp import Stamp, Stamped
from audit.proofs.trust import Trust

Answer = dict[str, Any]


def read_stamps(connection: Connection, trust: Trust | None) -> Stamped:
    """Read what witnesses and time authorities that are trusted say of a log's checkpoints.

    Without trust nobody's word counts, and every token is left unchecked.
    """
    notes = select(checkpoints.c.size, checkpoints.c.note).join(
        timestamps, timestamps.c.size == checkpoints.c.size
    )
    texts = {row.size: text for row in connection.execute(notes) if (text := _text(row.note)) is not None}
    return stamps_of(list(kept_tokens(connection)), texts, cosigned_notes(connection), trust)


def _text(note: bytes) -> bytes | None:
    """Return the text of a note; nothing where it is none, which is found elsewhere."""
    try:
        return unverified_text(note)
    except AuditError:
        return None


# --- verify ---------------------------------------------------------------------------------------------


def stamped_sizes(connection: Connection) -> frozenset[int]:
    """Return the sizes of the checkpoints that somebody else has seen."""
    queries = (select(table.c.size).distinct() for table in (timestamps, cosignatures))
    return frozenset(size for query in queries for size in connection.execute(query).scalars())


# --- trace ----------------------------------------------------------------------------------------------


def add_times(log: Log, answer: Answer, stamps: Iterable[Stamp]) -> Answer:
    """Add to each event of a trace the interval in which it was stated."""
    given = tuple(stamps)
    return answer | {"events": [event | {"time": _time(log, event, given)} for event in answer["events"]]}


def _time(log: Log, event: Answer, stamps: tuple[Stamp, ...]) -> Answer:
    statement = entry_at(log, event["position"]).statement
    found = interval(
        event["position"],
        statement.seen,
        lambda position: read_time(entry_at(log, position).entry.received_at),
        stamps,
        log=statement.log,
    )
    return {
        "not_before": _bound(found.not_before),
        "not_after": _bound(found.not_after),
        "contradicts": found.contradicts,
    }


def _bound(bound: Bound | None) -> Answer | None:
    if bound is None:
        return None
    return {"at": write_time(bound.at), "source": bound.source.value, "by": bound.by, "size": bound.size}
