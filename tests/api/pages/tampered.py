"""An entry changed below a service that runs: in the database, past everything that guards it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

UNREADABLE = '"payload":"e', '"payload":"f'
"""What to change for what, so that an entry says nothing any more."""


@contextmanager
def tampered(database: Path, position: int, was: str, now: str) -> Iterator[None]:
    """Change an entry as it is stored, under the running server; put it back afterwards."""
    where = "where position = ?"
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        (kept,) = connection.execute(f"select state from stored_events {where}", [position]).fetchone()
    changed = bytes(kept).replace(was.encode(), now.encode(), 1)
    assert changed != kept
    _put(database, position, changed)
    try:
        yield
    finally:
        _put(database, position, kept)


def _put(database: Path, position: int, state: bytes) -> None:
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute("update stored_events set state = ? where position = ?", [state, position])
