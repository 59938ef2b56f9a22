"""The rows of history tables out of a fold: each is written once, when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from projections.bulk import end_rows, insert_rows
from projections.tables import OPEN

Key = tuple[str, ...]
Values = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """What is to be written into one history table: whole rows, and the ends of some that are there."""

    new: list[Values] = field(default_factory=list)
    ends: list[Values] = field(default_factory=list)
    """The position at which each row ends, then its subject."""

    def write(self, connection: Connection, table: Table) -> None:
        """Write what there is, and forget it."""
        insert_rows(connection, table, self.new)
        end_rows(connection, table, self.ends)
        self.new, self.ends = [], []


class History:
    """The rows of one round that hold; when one ends, it goes to those that are written.

    What it holds may be the value itself: `written` makes the columns of it, once.
    """

    def __init__(self, rows: Rows, written: Callable[[Any], Values] = tuple) -> None:
        self._rows = rows
        self._written = written
        self._fresh: dict[Key, tuple[Any, int]] = {}
        """What holds and does not lie in the table yet, and since when."""
        self._there: dict[Key, Any] = {}
        """What holds and lies in the table."""

    def adopt(self, key: Key, its: Any) -> None:
        """Take a row for one that lies in the table."""
        self._there[key] = its

    def put(self, key: Key, position: int, its: Any) -> None:
        """From this position on, this holds."""
        before = self._fresh.get(key)
        if before is not None:
            self._rows.new.append((*key, *self._written(before[0]), before[1], position))
        elif key in self._there:
            del self._there[key]
            self._rows.ends.append((position, *key))
        self._fresh[key] = (its, position)

    def put_other(self, key: Key, position: int, its: Any) -> None:
        """From this position on, this holds; nothing where it did before."""
        before = self._fresh.get(key)
        if (before[0] if before is not None else self._there.get(key)) != its:
            self.put(key, position, its)

    def flush(self) -> None:
        """Write down what holds."""
        for key, (its, since) in self._fresh.items():
            self._rows.new.append((*key, *self._written(its), since, OPEN))
            self._there[key] = its
        self._fresh.clear()
