"""Whether a SQLite file is what it is taken for, before a value in it is believed to be one.

Whoever can write the file can put a view where a table was, a number where bytes belong, or an index that
leads past a row: what reads from there would then hang, fail, or be shown less than is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from audit.proofs.errors import StoredError
from audit.proofs.finding import Finding

Shape = Mapping[str, Mapping[str, str]]
"""Table -> column -> what its values are: `integer`, `text` or `blob`, with `?` where they may be null."""

SHAPE: Shape = {
    "stored_events": {
        "position": "integer",
        "originator_id": "text",
        "originator_version": "integer",
        "topic": "text",
        "state": "blob",
    },
    "tiles": {"level": "integer", "index": "integer", "hashes": "blob"},
    "head": {"id": "integer", "size": "integer", "root": "blob"},
    "checkpoints": {"size": "integer", "root": "blob", "note": "blob"},
    "cosignatures": {"size": "integer", "vkey": "text", "line": "blob"},
    "timestamps": {"size": "integer", "authority": "text", "token": "blob", "sha256": "blob"},
    "openings": {"statement_id": "text", "field": "text", "salt": "blob?", "value": "text?"},
}
"""What is read of a log to verify it by its bytes alone."""

SHOWN = 20
"""Of one table, more rows are not told."""
LONGEST = 16_000_000
"""No value of a log is longer; where SQLite meets one it stops, instead of handing it out."""
_FIRST = {"checkpoints": "size", "cosignatures": "size", "timestamps": "size"}


def check_shape(database: sqlite3.Connection, shape: Shape = SHAPE) -> None:
    """Raise unless every value can be read as what it is taken for; from then on, long ones stop SQLite.

    1. Each table is an ordinary one (`stored.no_table`), with its columns, none of them computed
       (`stored.other_columns`); the head is one row (`stored.no_head`).
    2. Each value is of its kind (`stored.other_kind`): by table, column and row, an entry by its position.

    Raises StoredError, which holds the findings, and sqlite3.DatabaseError.
    """
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000_000)
    database.execute("PRAGMA trusted_schema = OFF")
    found = [*_tables(database, shape)]  # 1
    if not found:
        found = [finding for table in shape for finding in _values(database, table, shape[table])]  # 2
    if found:
        raise StoredError(found)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)


def check_storage(database: sqlite3.Connection) -> Iterator[Finding]:
    """Yield what is wrong with a file whose values can be read.

    1. Every index leads to every row, and to no other (`stored.damaged`), as SQLite itself checks it.
    2. Nothing in it acts by itself: no triggers, no views (`stored.acts`).
    """
    for (told,) in database.execute(f"PRAGMA integrity_check({SHOWN})"):  # 1
        if told != "ok":
            yield Finding("storage", None, "stored.damaged", {"reason": told})
    for kind, name in database.execute(_ACTING):  # 2
        yield Finding("storage", None, "stored.acts", {"kind": kind, "name": name})


_ACTING = "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index') ORDER BY name"
_PLAIN = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"


def _tables(database: sqlite3.Connection, shape: Shape) -> Iterator[Finding]:
    plain = {name for (name,) in database.execute(_PLAIN)}
    for table, columns in shape.items():
        if table not in plain:
            yield Finding("storage", None, "stored.no_table", {"table": table})
            continue
        there = {row[1] for row in database.execute(f'PRAGMA table_xinfo("{table}")') if row[6] == 0}
        if lacking := sorted(columns.keys() - there):
            facts = {"table": table, "columns": ", ".join(lacking)}
            yield Finding("storage", None, "stored.other_columns", facts)
    if "head" in plain and database.execute("SELECT count(*) FROM head").fetchone() == (0,):
        yield Finding("storage", None, "stored.no_head")


def _values(database: sqlite3.Connection, table: str, columns: Mapping[str, str]) -> Iterator[Finding]:
    """Ask SQLite for the kinds alone: it answers without reading what is long."""
    wrong = " OR ".join(f"typeof({_quoted(name)}) NOT IN ({_kinds(kind)})" for name, kind in columns.items())
    kinds = ", ".join(f"typeof({_quoted(name)})" for name in columns)
    place = _quoted("position" if table == "stored_events" else _FIRST.get(table, next(iter(columns))))
    asked = f"SELECT {place}, {kinds} FROM {_quoted(table)} WHERE {wrong} LIMIT {SHOWN}"  # noqa: S608 - our names
    for at, *found in database.execute(asked):
        for (name, kind), its in zip(columns.items(), found, strict=True):
            if its not in (kind.removesuffix("?"), "null" if kind.endswith("?") else None):
                position = at if table == "stored_events" and isinstance(at, int) else None
                facts = {"table": table, "row": str(at)[:80], "column": name, "kind": its, "expected": kind}
                yield Finding("storage", position, "stored.other_kind", facts)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _kinds(kind: str) -> str:
    return f"'{kind.removesuffix('?')}'" + (", 'null'" if kind.endswith("?") else "")
