"""Our recorder (events, leaves, tree) beside plain eventsourcing's own: same bytes, same durability."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from audit.ledger import tree
from audit.ledger.database import Database, open_database
from audit.ledger.recorder import LedgerRecorder
from audit.proofs.merkle import leaf_hash, root
from benchmarks.measure import WARM_UP, Line, against, interleaved

BATCH = 100
BYTES = 1240
"""What an entry of the example has on average."""
STREAMS = 2000
LEAST = 0.6
FULL = 2


def on_sqlite(folder: Path, rounds: int) -> Line:
    """Insert into two files, each with `synchronous=FULL` in WAL mode."""
    database = open_database(f"sqlite:///{folder}/ours.db")
    datastore = SQLiteDatastore(
        str(folder / "theirs.db"), pool_size=1, max_overflow=0, originator_id_type="text"
    )
    with datastore.get_connection(commit=True) as connection:
        connection.cursor().execute(f"PRAGMA synchronous={FULL}")
    try:
        line = _compare("SQLite", database, SQLiteApplicationRecorder(datastore), rounds)
        with datastore.get_connection(commit=True) as connection, database.begin() as ours:
            cursor = connection.cursor()
            for pragma, wanted in (("journal_mode", "wal"), ("synchronous", FULL)):
                cursor.execute(f"PRAGMA {pragma}")
                assert cursor.fetchone()[0] == wanted
                assert ours.exec_driver_sql(f"PRAGMA {pragma}").scalar() == wanted
    finally:
        datastore.close()
        database.close()
    return line


def on_postgres(url: str, rounds: int) -> Line:
    """Insert into two schemas of one server, each with `synchronous_commit` on."""
    schema = f"bench{os.getpid()}"
    database = open_database(url, schema=f"{schema}_ours")
    with database.begin() as connection:
        connection.execute(text(f'CREATE SCHEMA "{schema}_theirs"'))
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    datastore = PostgresDatastore(
        dbname=given["dbname"],
        host=given["host"],
        port=given.get("port", "5432"),
        user=given["user"],
        password=given.get("password", ""),
        schema=f"{schema}_theirs",
        originator_id_type="text",
    )
    try:
        line = _compare("PostgreSQL", database, PostgresApplicationRecorder(datastore), rounds)
        with datastore.get_connection() as theirs, database.begin() as ours:
            for setting in ("fsync", "synchronous_commit"):
                assert theirs.execute(f"SHOW {setting}").fetchone() == {setting: "on"}
                assert ours.execute(text(f"SHOW {setting}")).scalar() == "on"
        return line
    finally:
        datastore.close()
        with database.begin() as connection:
            connection.execute(text(f'DROP SCHEMA "{schema}_theirs", "{schema}_ours" CASCADE'))
        database.close()


def _compare(
    where: str,
    database: Database,
    theirs: SQLiteApplicationRecorder | PostgresApplicationRecorder,
    rounds: int,
) -> Line:
    ours = LedgerRecorder(database)
    theirs.create_table()
    batches = _batches()
    sides = (ours.insert_events, theirs.insert_events)
    seconds = interleaved(lambda _: next(batches), sides, rounds)
    _assert_the_same(ours, theirs, BATCH * (WARM_UP + rounds))
    return against(
        f"recorder on {where}, in batches of {BATCH}",
        BATCH,
        seconds[0],
        f"eventsourcing {version('eventsourcing')}",
        seconds[1],
        LEAST,
    )


def _batches() -> Iterator[Sequence[StoredEvent]]:
    """Make events over many streams, in the order of their versions."""
    number = 0
    while True:
        numbers = range(number, number + BATCH)
        yield [
            StoredEvent(
                f"2016/{n % STREAMS}/A1.1", n // STREAMS + 1, "SelfScoreDeclared.v1", os.urandom(BYTES)
            )
            for n in numbers
        ]
        number += BATCH


def _assert_the_same(ours: LedgerRecorder, theirs: ApplicationRecorder, events: int) -> None:
    """Both sides hold all events, and ours holds the tree over them."""
    found = ours.select_notifications(1, events + 1)
    assert [n.state for n in found] == [n.state for n in theirs.select_notifications(1, events + 1)]
    assert len(found) == events
    with ours.database.read() as connection:
        assert tree.root_at(connection, events) == root([leaf_hash(n.state) for n in found])
