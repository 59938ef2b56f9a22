"""Scores and ranks kept inline and folded anew are the same rows, at every prefix of the Da Nang log."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from api.runtime import reading
from api.settings import Settings
from domain.events import Event
from projections.digests import digest
from projections.fold import NEEDED, Fold
from projections.scoreboard import Scoreboard
from projections.stood import Stood
from projections.tables import INLINE, create_tables

WHOLE = 1 << 256


class Digested:
    """What all rows of the read tables sum up to, kept up by what the database itself says was written.

    The digests of all rows are added as numbers, so that one of them can be exchanged for its next.
    """

    def __init__(self, connection: Connection) -> None:
        self._raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        self._known: dict[tuple[Any, ...], int] = {}
        self._sum = 0
        self._row: dict[str, str] = {}
        self._raw.execute("CREATE TABLE written (name, a, b, c, d, UNIQUE (name, a, b, c, d))")
        for table in INLINE:
            names = [column.name for column in table.primary_key]
            here = " AND ".join(f"{name} = ?" for name in names)
            self._row[table.name] = f"SELECT * FROM {table.name} WHERE {here}"
            for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
                key = ", ".join([*(f"{row}.{name}" for name in names), "NULL"][:4])
                told = f"INSERT OR IGNORE INTO written VALUES ('{table.name}', {key})"
                name = f"{table.name}_{act}_{row}"
                self._raw.execute(f"CREATE TRIGGER {name} AFTER {act} ON {table.name} BEGIN {told}; END")

    def now(self) -> int:
        """Return the sum over all rows, of which those that nobody wrote to are not read again."""
        written = self._raw.execute("SELECT * FROM written").fetchall()
        for key in written:
            name, *parts = (part for part in key if part is not None)
            row = self._raw.execute(self._row[name], parts).fetchone()
            self._sum -= self._known.pop(key, 0)
            if row is not None:
                self._known[key] = int.from_bytes(hashlib.sha256(repr((name, row)).encode()).digest())
                self._sum += self._known[key]
        if written:
            self._raw.execute("DELETE FROM written")
        return self._sum % WHOLE


@contextmanager
def empty_tables() -> Iterator[Connection]:
    """Give a database in memory with empty read tables."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        create_tables(connection)
        yield connection
    engine.dispose()


def events_of(data: Path) -> list[Event]:
    """Return all events of a log."""
    with reading(Settings(data)) as log:
        return [recorded.event for recorded in log.entries() if recorded.event is not None]


@pytest.mark.slow
@pytest.mark.parametrize("cells", [50_000, 1])
def test_folded_is_what_was_kept_inline_at_every_prefix(demo_data: Path, cells: int) -> None:
    """After each event both have one digest, however many rounds are laid aside meanwhile."""
    events = events_of(demo_data)

    def of_round(code: str, size: int) -> list[Event]:
        return [e for e in events if e.round == code and e.position < size and e.kind.name in NEEDED]

    board, fold, stood, seen = Scoreboard(), Fold(of_round, cells), Stood(), set[int]()
    with empty_tables() as inline, empty_tables() as folded:
        live, rebuilt = Digested(inline), Digested(folded)
        for event in events:
            board.inline(inline, [event])()
            if event.kind.name in NEEDED:
                fold.take(event)
                fold.flush()
                fold.write(folded)
            stood.take(event)
            stood.write(folded)
            seen.add(both := live.now())
            assert rebuilt.now() == both, event.position
        assert digest(inline, INLINE) == digest(folded, INLINE)
    assert len(seen) > 2500
