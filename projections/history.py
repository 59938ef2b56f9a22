"""Every row that ever held, folded again beside the tables: what was shown of any moment must be so, too.

`projections.differences` asks for what holds now. A reader of a moment that has passed is shown older rows,
which nothing else vouches for; here the log is followed once more, in tables of its own in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, create_engine, func, select
from sqlalchemy.pool import StaticPool

from domain import admission
from domain.events import Event
from projections.differences import Difference
from projections.scoreboard import Scoreboard
from projections.tables import OPEN, create_tables, read_side

AT_ONCE = 500
Row = RowMapping


def begins(connection: Connection) -> int | None:
    """Return from which position on the tables tell how it was; nothing where they are empty.

    Tables that were written without their history begin where they were written.
    """
    firsts = [
        connection.execute(select(func.min(table.c.valid_from))).scalar()
        for table in read_side.tables.values()
    ]
    return min((first for first in firsts if first is not None), default=None)


class History:
    """Follows a log, and keeps the rows that held from a position on."""

    def __init__(self, since: int | None) -> None:
        self._since = since
        self._board = Scoreboard()
        self._waiting: list[Event] = []
        self._engine = create_engine("sqlite://", poolclass=StaticPool)
        self._begun = False
        with self._engine.begin() as connection:
            create_tables(connection)

    def take(self, event: Event) -> None:
        """Follow the next event that was admitted."""
        if self._begun:
            self._waiting.append(event)
            if len(self._waiting) >= AT_ONCE:
                self._write()
            return
        admission.follow(self._board.standing, event)
        if self._since is not None and event.position >= self._since:
            self._begun = True
            self._board.adopt(self._board.standing)
            with self._engine.begin() as connection:
                self._board.write(connection, event.position)

    def _write(self) -> None:
        with self._engine.begin() as connection:
            settle = self._board.inline(connection, self._waiting)
        settle()
        self._waiting = []

    def differences(self, connection: Connection) -> Iterator[Difference]:
        """Compare all rows, but for the values of those that hold now, which `differences` compares."""
        if self._waiting:
            self._write()
        with self._engine.begin() as folded:
            for table in read_side.tables.values():
                yield from _compare(table, _rows(connection, table), _rows(folded, table))
        self._engine.dispose()


def _rows(connection: Connection, table: Table) -> dict[tuple[Any, ...], Row]:
    key = [column.name for column in table.primary_key]
    found = connection.execute(select(table)).mappings()
    return {tuple(row[name] for name in key): row for row in found}


def _compare(
    table: Table, shown: Mapping[tuple[Any, ...], Row], folded: Mapping[tuple[Any, ...], Row]
) -> Iterator[Difference]:
    for key in sorted(shown.keys() | folded.keys()):
        name, since = "/".join(key[:-1]), key[-1]
        if key not in shown or key not in folded:
            told, made = ("there" if key in rows else "missing" for rows in (shown, folded))
            yield Difference(table.name, name, "row", told, made, since)
            continue
        row, other = shown[key], folded[key]
        if row["valid_until"] == other["valid_until"] == OPEN:
            continue
        for column, value in row.items():
            if value != other[column]:
                yield Difference(table.name, name, column, str(value), str(other[column]), since)
