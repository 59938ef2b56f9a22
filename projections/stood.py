"""The history of states folded anew: what each event put about a subject, as a board notes it inline."""

from __future__ import annotations

from sqlalchemy import Connection, Table

from domain import admission
from domain.events import Event
from domain.standing import Standing
from projections.apart import CELLS, Apart, OfRound
from projections.history_rows import History, Rows
from projections.states import KINDS, Noting, state_of, subject_of
from projections.tables import states


class _Round:
    """One round in memory: its standing, and the rows that hold."""

    def __init__(self, rows: Rows) -> None:
        self.standing = Standing()
        self._noting = Noting(self.standing)
        self._rows = History(rows, state_of)

    @property
    def size(self) -> int:
        """How many cells somebody has spoken of."""
        return len(self.standing.cells)

    def take(self, event: Event) -> None:
        """Follow one event of the round, and note the rows that it makes."""
        self._follow(event)
        for kind, key, value in self._noting.put():
            self._rows.put(subject_of(kind, key), event.position, (kind, value))

    def remember(self, event: Event) -> None:
        """Follow an event whose rows were written before."""
        self._follow(event)
        self._noting.forget()

    def resume(self) -> None:
        """Take what holds for rows that lie in the table."""
        for kind, its in KINDS.items():
            for key in getattr(self.standing, its.table):
                self._rows.adopt(subject_of(kind, key), None)

    def flush(self) -> None:
        """Write down what holds."""
        self._rows.flush()

    def _follow(self, event: Event) -> None:
        admission.move(self.standing, event)
        admission.count(self.standing, event)


class Stood:
    """Follows every event in the order of the log, and writes the rows that they make."""

    def __init__(self, of_round: OfRound, cells: int = CELLS) -> None:
        self._states = Rows()
        self._rounds = Apart(lambda _: _Round(self._states), of_round, cells)

    def take(self, event: Event) -> None:
        """Follow one event."""
        self._rounds.take(event)

    def write(self, connection: Connection, table: Table = states) -> None:
        """Write the rows that ended since the last time; those that hold are kept back."""
        self._states.write(connection, table)

    def flush(self) -> None:
        """Let the rows that hold be written, too; the table is whole then."""
        for its in self._rounds:
            its.flush()
