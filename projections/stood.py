"""The history of states folded anew: what each event put about a subject, as a board notes it inline."""

from __future__ import annotations

from sqlalchemy import Connection, Table

from domain import admission
from domain.events import Event
from domain.standing import Standing
from projections.scoreboard import STATE, HistoryRows
from projections.states import Changes
from projections.tables import states


class Stood:
    """Follows every event, batch by batch, and writes the rows that it makes."""

    def __init__(self) -> None:
        self._standing = Standing()
        self._fork = self._standing.fork()
        self._changes = Changes(self._fork)

    def take(self, event: Event) -> None:
        """Follow one event."""
        admission.move(self._fork, event)
        admission.count(self._fork, event)
        self._changes.take(event.position)

    def write(self, connection: Connection, table: Table = states) -> None:
        """Write the rows of the events since the last time, and end those that they follow on."""
        rows = HistoryRows(table, STATE)
        for changed in self._changes.rows():
            rows.put(changed.subject, changed.position, changed.row, first=changed.first)
        rows.write(connection)
        self._fork.settle()
        self._fork = self._standing.fork()
        self._changes = Changes(self._fork)
