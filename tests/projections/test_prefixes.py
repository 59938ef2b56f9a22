"""Scores and ranks kept inline and folded anew are the same rows, at every prefix of the Da Nang log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import StaticPool

from api.runtime import reading
from api.settings import Settings
from domain.events import Event
from projections.digests import digest, digest_of, leading, subject_digest, subjects
from projections.fold import NEEDED, Fold
from projections.scoreboard import Scoreboard
from projections.stood import Stood
from projections.tables import INLINE, create_tables


class Digested:
    """The digest of the read tables, kept up by what the database itself says was written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, dict[Any, bytes]] = {table.name: {} for table in INLINE}
        self._last = ""
        connection.execute(text("CREATE TABLE written (name, one, two, UNIQUE (name, one, two))"))
        for table in INLINE:
            one, two = (column.name for column in leading(table))
            for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
                told = f"INSERT OR IGNORE INTO written VALUES ('{table.name}', {row}.{one}, {row}.{two})"
                name = f"{table.name}_{act}_{row}"
                connection.execute(
                    text(f"CREATE TRIGGER {name} AFTER {act} ON {table.name} BEGIN {told}; END")
                )

    def now(self) -> str:
        """Return the digest of all rows, of which those that nobody wrote to are not read again."""
        written = self._connection.execute(text("SELECT * FROM written")).all()
        for name, *key in written:
            (table,) = (table for table in INLINE if table.name == name)
            found = subjects(self._connection, table, tuple(key))
            self._known[name] |= {its: subject_digest(its, rows) for its, rows in found}
        self._connection.execute(text("DELETE FROM written"))
        if not written:
            return self._last
        whole = hashlib.sha256()
        for known in self._known.values():
            whole.update(bytes.fromhex(digest_of(known[key] for key in sorted(known))))
        self._last = whole.hexdigest()
        return self._last


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

    board, fold, stood, seen = Scoreboard(), Fold(of_round, cells), Stood(), set[str]()
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
        assert digest(inline, INLINE) == digest(folded, INLINE) == both
    assert len(seen) > 2500
