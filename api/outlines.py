"""A round read by the outside of its statements, and in full only where that is needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from eventsourcing.persistence import Notification
from sqlalchemy import ColumnElement, Connection, LargeBinary, func, select

from api.runtime import Log
from audit.ledger.codec import Recorded
from audit.ledger.tables import stored_events
from audit.proofs.entry import read_time
from domain.events import CATALOGUE, Event, Scope
from projections.outlines import Outline
from projections.shares import names

_STREAM = stored_events.c.originator_id
_POSITION = stored_events.c.position
_BEGINNING = func.substr(stored_events.c.state, 1, 64, type_=LargeBinary)
_ARRIVED = re.compile(rb'\{"arrived_at":"([^"]+)"')
"""An entry is canonical: when it arrived is what it begins with (docs/formats/entry.md)."""
_OF_CELLS = {name for name, kind in CATALOGUE.items() if kind.scope in (Scope.DOSSIER, Scope.CELL)}
SOME = 500
"""So many positions are asked for at a time."""


class RoundReader:
    """Reads of one round's streams about agencies, up to a size."""

    def __init__(self, log: Log, connection: Connection, round_code: str, size: int) -> None:
        self._log = log
        self._connection = connection
        self._round = round_code
        self._size = size

    def outlines(self) -> list[Outline]:
        """Return the outline of every statement about an agency or a cell, oldest first."""
        columns = _POSITION, _STREAM, stored_events.c.topic, _BEGINNING
        query = select(*columns).where(self._of_the_round(), self._size > _POSITION)
        rows = self._connection.execute(query).all()
        told = (_outline(*row) for row in rows if row.topic in _OF_CELLS)
        return sorted(told, key=lambda outline: outline.position)

    def events(self, kinds: Collection[type[Any]]) -> list[Event]:
        """Return the events of some kinds about agencies and cells in full, oldest first."""
        return self._events(stored_events.c.topic.in_(sorted(names(kinds))))

    def about(self, agencies: Collection[str]) -> list[Event]:
        """Return all events that are about some agencies in full, oldest first; disputes have own streams."""
        wanted = self._between(f"{self._round}/dispute-", f"{self._round}/dispute.")
        for agency in agencies:
            own = f"{self._round}/{agency}"
            wanted |= _STREAM.in_((own,)) | self._between(f"{own}/", f"{own}0")
        return [event for event in self._events(wanted) if event.agency in agencies]

    def _events(self, wanted: ColumnElement[bool]) -> list[Event]:
        read = self._read(self._of_the_round() & wanted)
        return [recorded.event for recorded in read if recorded.event is not None]

    def recorded(self, positions: Collection[int]) -> Iterator[Recorded]:
        """Read some entries."""
        ordered = sorted(positions)
        for start in range(0, len(ordered), SOME):
            yield from self._read(_POSITION.in_(ordered[start : start + SOME]))

    def between(self, first: int, end: int) -> Iterator[Recorded]:
        """Read the entries from a position up to, not including, another; of the whole log."""
        yield from self._read((first <= _POSITION) & (end > _POSITION))

    def _of_the_round(self) -> ColumnElement[bool]:
        """The streams `R/...`: a range of the index; `0` follows upon `/`."""
        return self._between(f"{self._round}/", f"{self._round}0")

    def _between(self, first: str, end: str) -> ColumnElement[bool]:
        """A range of streams in the order of bytes, which is not that of every database."""
        name = _STREAM if self._connection.dialect.name == "sqlite" else _STREAM.collate("C")
        return (name >= first) & (name < end)

    def _read(self, wanted: ColumnElement[bool]) -> list[Recorded]:
        query = select(*stored_events.c).where(wanted, self._size > _POSITION).order_by(_POSITION)
        return [
            self._log.mapper.to_domain_event(
                Notification(
                    originator_id=row.originator_id,
                    originator_version=row.originator_version,
                    topic=row.topic,
                    state=row.state,
                    id=row.position + 1,
                )
            )
            for row in self._connection.execute(query)
        ]


def _outline(position: int, stream: str, topic: str, beginning: bytes) -> Outline:
    _, agency, *criterion = stream.split("/")
    arrived = _ARRIVED.match(beginning)
    if arrived is None:
        raise ValueError(f"the entry at position {position} does not begin as entries do")
    return Outline(
        position, topic, agency, criterion[0] if criterion else None, read_time(arrived[1].decode("ascii"))
    )
