"""A SQLite file that is not what it is taken for: told by table, column and row, before it is believed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from audit.proofs.errors import StoredError
from audit.proofs.finding import Finding
from audit.proofs.stored import LONGEST, SHOWN, Shape, check_shape, check_storage

SHAPE: Shape = {
    "head": {"id": "integer", "size": "integer"},
    "stored_events": {"position": "integer", "state": "blob"},
    "openings": {"statement_id": "text", "value": "text?"},
}
MADE = """
    CREATE TABLE head (id INTEGER PRIMARY KEY, size);
    INSERT INTO head VALUES (1, 2);
    CREATE TABLE stored_events (position INTEGER PRIMARY KEY, state);
    INSERT INTO stored_events VALUES (0, x'00'), (1, x'01');
    CREATE TABLE openings (statement_id PRIMARY KEY, value);
    INSERT INTO openings VALUES ('a', 'words'), ('b', NULL);
"""


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """A small file that is as it should be."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(MADE)
        yield connection


def findings(database: sqlite3.Connection) -> tuple[Finding, ...]:
    """Return what is found of the shape."""
    with pytest.raises(StoredError) as wrong:
        check_shape(database, SHAPE)
    return tuple(wrong.value.findings)


def test_nothing_is_found_in_a_sound_file(database: sqlite3.Connection) -> None:
    """Every value is of its kind, nulls where they may be, and every index whole."""
    check_shape(database, SHAPE)
    assert list(check_storage(database)) == []


OTHER = {
    "a number for bytes": ("stored_events", "state", "5", 1, "integer"),
    "text for bytes": ("stored_events", "state", "'x'", 1, "text"),
    "nothing for bytes": ("stored_events", "state", "NULL", 1, "null"),
    "text for a number": ("head", "size", "'2'", None, "text"),
    "a broken number": ("head", "size", "2.5", None, "real"),
    "bytes for words": ("openings", "value", "x'00'", None, "blob"),
}


@pytest.mark.parametrize("case", OTHER)
def test_a_value_of_another_kind_is_told(database: sqlite3.Connection, case: str) -> None:
    """By table and column, its kind and what it should be; an entry by its position."""
    table, column, value, position, kind = OTHER[case]
    at = "position = 1" if table == "stored_events" else "rowid = 1"
    database.execute(f"UPDATE {table} SET {column} = {value} WHERE {at}")
    (found,) = findings(database)
    assert (found.rule, found.position) == ("stored.other_kind", position)
    assert (found.facts["table"], found.facts["column"], found.facts["kind"]) == (table, column, kind)


def test_only_so_many_rows_of_one_table_are_told(database: sqlite3.Connection) -> None:
    """Where all are wrong, the first of them are enough."""
    database.executemany("INSERT INTO stored_events VALUES (?, 5)", [(n,) for n in range(2, 100)])
    assert len(findings(database)) == SHOWN


GONE = {
    "a table": ("DROP TABLE openings", "stored.no_table"),
    "a view": (
        "ALTER TABLE openings RENAME TO o; CREATE VIEW openings AS SELECT * FROM o",
        "stored.no_table",
    ),
    "a column": ("ALTER TABLE openings DROP COLUMN value", "stored.other_columns"),
    "a computed column": (
        "ALTER TABLE openings DROP COLUMN value; ALTER TABLE openings ADD COLUMN value AS ('x')",
        "stored.other_columns",
    ),
    "the head": ("DELETE FROM head", "stored.no_head"),
}


@pytest.mark.parametrize("case", GONE)
def test_what_is_gone_is_told(database: sqlite3.Connection, case: str) -> None:
    """A view or a computed column is not what was written."""
    sql, rule = GONE[case]
    database.executescript(sql)
    assert [found.rule for found in findings(database)] == [rule]


def test_a_value_without_end_is_not_handed_out(database: sqlite3.Connection) -> None:
    """Once the shape was checked, SQLite stops at what is longer than anything of a log."""
    database.execute(f"UPDATE stored_events SET state = zeroblob({LONGEST + 1}) WHERE position = 1")
    check_shape(database, SHAPE)
    with pytest.raises(sqlite3.DataError):
        database.execute("SELECT state FROM stored_events").fetchall()


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("trigger", "CREATE TRIGGER t AFTER INSERT ON head BEGIN DELETE FROM openings; END"),
        ("view", "CREATE VIEW v AS SELECT * FROM head"),
    ],
)
def test_what_acts_by_itself_is_told(database: sqlite3.Connection, kind: str, sql: str) -> None:
    """Nothing is wrong yet; at the next statement it may be."""
    database.execute(sql)
    (found,) = check_storage(database)
    assert (found.rule, found.facts["kind"]) == ("stored.acts", kind)


def test_an_index_that_lacks_a_row_is_told(database: sqlite3.Connection) -> None:
    """The index is said to be another than it was built as."""
    database.execute("CREATE INDEX words ON openings (value) WHERE statement_id <> 'a'")
    database.execute("PRAGMA writable_schema = ON")
    changed = "UPDATE sqlite_master SET sql = 'CREATE INDEX words ON openings (value)' WHERE name = 'words'"
    database.execute(changed)
    database.execute("PRAGMA writable_schema = RESET")
    assert "stored.damaged" in {found.rule for found in check_storage(database)}
