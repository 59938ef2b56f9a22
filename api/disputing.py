"""What else was stated about a cell than in its own stream: minutes that discuss it, disputes over it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, true

from api.kept import rows
from audit.ledger.tables import stored_events
from domain.stated.assessment import MinutesSigned

_C = stored_events.c


def dispute_streams(connection: Connection, round_code: str) -> ColumnElement[bool]:
    """The streams `R/dispute-...`: a range of the index, in the order of bytes."""
    name = _C.originator_id if connection.dialect.name == "sqlite" else _C.originator_id.collate("C")
    return (name >= f"{round_code}/dispute-") & (name < f"{round_code}/dispute.")


def disputes(
    connection: Connection, round_code: str, agency: str, criterion: str, size: int | None = None
) -> list[str]:
    """Return the names of the disputes over a cell, in the order of filing: each has a stream.

    Of a size, those that had been filed by then.
    """
    first = dispute_streams(connection, round_code) & (_C.originator_version == 1)
    first &= _C.position < size if size is not None else true()
    filed = (entry.event for entry in rows(connection, first))
    about = [e for e in filed if e is not None and (e.agency, e.criterion) == (agency, criterion)]
    return [event.matter for event in about if event.matter]


def minutes(connection: Connection, round_code: str, agency: str, criterion: str) -> list[int]:
    """Return the positions of the minutes that discuss a cell: they lie in the agency's stream."""
    signed = (_C.originator_id == f"{round_code}/{agency}") & (_C.topic == "MinutesSigned.v1")
    return [
        entry.position
        for entry in rows(connection, signed)
        if entry.event is not None
        and isinstance(entry.event.body, MinutesSigned)
        and any(item.criterion == criterion for item in entry.event.body.items)
    ]
