"""What is kept inline and what is folded anew are the same rows, at every prefix of the Da Nang log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, create_engine, text
from sqlalchemy.pool import StaticPool

from api.runtime import reading
from api.settings import Settings
from domain.events import REGISTRY_STREAM, Event
from projections.digests import digest
from projections.fold import NEEDED, Fold
from projections.scoreboard import Scoreboard
from projections.stood import Stood
from projections.tables import INLINE, create_tables

pytestmark = pytest.mark.slow


class Digested:
    """The digest of each table: a sum over its rows, kept up by what the database says it wrote.

    The sum of the digests of rows knows no order. So a row that is written, changed or deleted is put in or
    taken out, value by value and with its type, and no other row is read again.
    """

    def __init__(self, connection: Connection, tables: Sequence[Table] = INLINE) -> None:
        self._connection = connection
        self._sums = {table.name: 0 for table in tables}
        driver: Any = connection.connection.driver_connection
        driver.create_function("noted", -1, self._noted, deterministic=False)
        for table in tables:
            for act, sign, row in (
                ("INSERT", 1, "NEW"),
                ("UPDATE", -1, "OLD"),
                ("UPDATE", 1, "NEW"),
                ("DELETE", -1, "OLD"),
            ):
                values = ", ".join(f'{row}."{column.name}"' for column in table.columns)
                note = f"SELECT noted('{table.name}', {sign}, {values})"
                name = f"{table.name}_{act}_{row}"
                connection.execute(
                    text(f"CREATE TRIGGER {name} AFTER {act} ON {table.name} BEGIN {note}; END")
                )

    def _noted(self, table: str, sign: int, *row: Any) -> None:
        self._sums[table] += sign * _digest_of(row)

    def of(self, *tables: Table) -> tuple[int, ...]:
        """Return the digests of some tables as they are now."""
        return tuple(self._sums[table.name] for table in tables)

    def read_again(self) -> None:
        """Check that the sums are those of the rows that lie there."""
        for name, kept in self._sums.items():
            rows = self._connection.exec_driver_sql(f"SELECT * FROM {name}")
            assert sum(_digest_of(tuple(row)) for row in rows) == kept, name


def _digest_of(row: tuple[Any, ...]) -> int:
    return int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")


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
def test_folded_is_what_was_kept_inline_at_every_prefix(demo_data: Path) -> None:
    """After each event all have one digest, whether no round is laid aside meanwhile, or all but one."""
    events = events_of(demo_data)

    def of_round(code: str, size: int) -> list[Event]:
        stream = None if code == REGISTRY_STREAM else code
        return [e for e in events[:size] if e.round == stream and e.position < size]

    def needed(code: str, size: int) -> list[Event]:
        return [e for e in of_round(code, size) if e.kind.name in NEEDED]

    board, seen = Scoreboard(), set[tuple[int, ...]]()
    with empty_tables() as inline, empty_tables() as folded, empty_tables() as aside:
        live, rebuilt, one_round = Digested(inline), Digested(folded), Digested(aside)
        folds = (
            (Fold(needed), Stood(of_round), folded),
            (Fold(needed, cells=1), Stood(of_round, cells=1), aside),
        )
        for event in events:
            board.inline(inline, [event])()
            for fold, stood, connection in folds:
                stood.take(event)
                if event.kind.name in NEEDED:
                    fold.take(event)
                for its in (fold, stood):
                    its.flush()
                    its.write(connection)
            seen.add(now := live.of(*INLINE))
            assert rebuilt.of(*INLINE) == now, event.position
            assert one_round.of(*INLINE) == now, event.position
        for digested in (live, rebuilt, one_round):
            digested.read_again()
        assert digest(inline, INLINE) == digest(folded, INLINE) == digest(aside, INLINE)
    assert len(seen) > 2500
