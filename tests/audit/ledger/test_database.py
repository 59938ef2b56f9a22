"""The database is durable or refused, has one writer on SQLite, and cannot be written by readers."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from audit.ledger.database import Database, open_database
from audit.ledger.errors import NoDatabase, NotDurable, ReadOnly, WriterBusy
from tests.conftest import ROOT


def _make(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE kept (n INTEGER)"))
    connection.execute(text("INSERT INTO kept VALUES (1)"))


def _write(database: Database, *statements: str) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _kept(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT n FROM kept ORDER BY n")).scalars())


def _reader_of(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    """The same database, opened for reading only."""
    if database.dialect == "sqlite":
        return open_database(f"sqlite:///{tmp_path}/log.db", writer=False)
    with database.read() as connection:
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    return open_database(request.getfixturevalue("postgres_server"), writer=False, schema=schema)


def _insist(reader: Database) -> None:
    """Take off what keeps a connection to SQLite from writing, as far as it can be taken off."""
    with reader.read() as connection:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        connection.execute(text("INSERT INTO kept VALUES (2)"))


def test_write_is_kept_whole_or_not_at_all(database: Database) -> None:
    """What a transaction wrote is there when it ended, and gone when it failed."""
    with database.begin() as connection:
        _make(connection)
    for failing in ("INSERT INTO kept VALUES ('x', 'y')", "INSERT INTO nowhere VALUES (2)"):
        with pytest.raises(DBAPIError):
            _write(database, "INSERT INTO kept VALUES (2)", failing)
    assert _kept(database) == [1]
    _write(database, "INSERT INTO kept VALUES (3)")
    assert _kept(database) == [1, 3]


def test_readers_see_one_snapshot(database: Database) -> None:
    """A reader sees what was committed when it began, however much is written meanwhile."""
    with database.begin() as connection:
        _make(connection)
    with database.read() as reading:
        first = reading.execute(text("SELECT count(*) FROM kept")).scalar_one()
        _write(database, "INSERT INTO kept VALUES (2)")
        assert reading.execute(text("SELECT count(*) FROM kept")).scalar_one() == first == 1
    assert _kept(database) == [1, 2]


def test_reading_connections_cannot_write(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Whoever opened the log for reading is refused: by us, and by the database itself."""
    with database.begin() as connection:
        _make(connection)
    reader = _reader_of(database, tmp_path, request)
    with pytest.raises(ReadOnly, match="reading"), reader.begin():
        pytest.fail("a transaction to write in was opened")
    for opened in (reader, database):
        for statement in ("INSERT INTO kept VALUES (2)", "DELETE FROM kept", "CREATE TABLE more (n INTEGER)"):
            with pytest.raises(DBAPIError), opened.read() as connection:
                connection.execute(text(statement))
    if database.dialect == "sqlite":
        with pytest.raises(DBAPIError):
            _insist(reader)
    assert _kept(reader) == [1]
    reader.close()


def test_writers_take_turns(database: Database) -> None:
    """Threads that read and then write lose no update: each sees what the one before it wrote."""
    with database.begin() as connection:
        _make(connection)

    def add_one(_: int) -> None:
        with database.begin() as connection:
            # PostgreSQL's writers queue at a row, as ours do at the head; SQLite's at BEGIN IMMEDIATE.
            lock = "" if database.dialect == "sqlite" else " FOR UPDATE"
            n = connection.execute(text(f"SELECT n FROM kept{lock}")).scalar_one()
            connection.execute(text("UPDATE kept SET n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add_one, range(60)))
    assert _kept(database) == [61]


def test_closing_twice_closes_nothing_else(tmp_path: Path) -> None:
    """The writer's lock is given back once; its file number may be another file's by then."""
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    database.close()
    with (tmp_path / "other").open("wb") as other:
        database.close()
        other.write(b"still open")
        other.flush()


# --- durability -----------------------------------------------------------------------------------------

_CONNECT = sqlite3.connect


def _hasty(*arguments: Any, **options: Any) -> sqlite3.Connection:
    """Connect as a build of SQLite would whose default is not to wait for the disk."""
    connection: sqlite3.Connection = _CONNECT(*arguments, **options)
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _stubborn(*arguments: Any, **options: Any) -> sqlite3.Connection:
    """Connect as one that cannot be told to, either."""

    def authorise(_action: int, name: str | None, value: str | None, *_: object) -> int:
        told = name == "synchronous" and value is not None
        return sqlite3.SQLITE_IGNORE if told else sqlite3.SQLITE_OK

    connection = _hasty(*arguments, **options)
    connection.set_authorizer(authorise)
    return connection


def test_sqlite_writes_through_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writing connection keeps a write-ahead log and waits for the disk, whatever the default is."""
    monkeypatch.setattr(sqlite3, "connect", _hasty)
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    with database.begin() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_sqlite_that_would_not_wait_for_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting is not only made but asked for again; and the lock is given back."""
    with monkeypatch.context() as stubborn:
        stubborn.setattr(sqlite3, "connect", _stubborn)
        with pytest.raises(NotDurable, match="synchronous is 1"):
            open_database(f"sqlite:///{tmp_path}/log.db")
    open_database(f"sqlite:///{tmp_path}/log.db").close()


@pytest.mark.postgres
def test_postgres_that_would_not_wait_for_the_disk_is_refused(postgres_server: str) -> None:
    """A server that acknowledges before it has written is not written to."""
    hasty = make_url(postgres_server).update_query_dict({"options": "-csynchronous_commit=off"})
    url = hasty.render_as_string(hide_password=False)
    with pytest.raises(NotDurable, match="synchronous_commit is off"):
        open_database(url)
    open_database(url, writer=False).close()


# --- who may open it ------------------------------------------------------------------------------------


def test_file_that_is_no_database_is_refused_and_given_back(tmp_path: Path) -> None:
    """A damaged file raises, is left as it is, and can be opened once it is mended."""
    path = tmp_path / "log.db"
    path.write_bytes(b"not a database, but long enough to be looked at " * 30)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(DatabaseError):
            open_database(f"sqlite:///{path}")
    assert path.read_bytes() == before
    path.unlink()
    open_database(f"sqlite:///{path}").close()


def test_writer_in_another_process_keeps_others_out_until_it_dies(tmp_path: Path) -> None:
    """One process writes a SQLite log; the lock goes with the process, however it ends."""
    script = (
        "import sys\nfrom audit.ledger.database import open_database\n"
        f"database = open_database('sqlite:///{tmp_path}/log.db')\n"
        "print('open', flush=True)\nsys.stdin.read()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "open\n"
    with pytest.raises(WriterBusy, match=str(writer.pid)):
        open_database(f"sqlite:///{tmp_path}/log.db")
    open_database(f"sqlite:///{tmp_path}/log.db", writer=False).close()
    writer.kill()
    writer.communicate()
    open_database(f"sqlite:///{tmp_path}/log.db").close()


def test_lock_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The lock file names the writing process, and nobody else can take it away."""
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    lock = tmp_path / "log.db.lock"
    assert (lock.read_text(), lock.stat().st_mode & 0o077) == (str(os.getpid()), 0)
    database.close()


def test_missing_log_is_not_made_by_reading(tmp_path: Path) -> None:
    """A reader never makes a log, and says how one is made."""
    with pytest.raises(NoDatabase, match="minhchung demo"):
        open_database(f"sqlite:///{tmp_path}/log.db", writer=False)
    assert list(tmp_path.iterdir()) == []


def test_logs_in_schemas_of_one_server_are_apart(database: Database, request: pytest.FixtureRequest) -> None:
    """On PostgreSQL each log has a schema of its own; on SQLite a file."""
    with database.begin() as connection:
        _make(connection)
    if database.dialect == "sqlite":
        other = open_database(f"sqlite:///{request.getfixturevalue('tmp_path')}/other.db")
    else:
        other = open_database(request.getfixturevalue("postgres_server"), schema=f"t{uuid4().hex}")
    with pytest.raises(DBAPIError):
        _kept(other)
    other.close()


def _narrow(database: Database, tmp_path: Path, request: pytest.FixtureRequest, readers: int) -> Database:
    """The same database, opened by one process that has few connections to read with."""
    if database.dialect == "sqlite":
        database.close()
        return open_database(f"sqlite:///{tmp_path}/log.db", readers=readers)
    with database.read() as connection:
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    return open_database(request.getfixturevalue("postgres_server"), schema=schema, readers=readers)


def test_whoever_reads_waits_for_no_second_connection(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """With one connection, a question within a question is answered, and from the same snapshot."""
    with database.begin() as connection:
        _make(connection)
    narrow = _narrow(database, tmp_path, request, 1)
    with narrow.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 1
        with ThreadPoolExecutor(1) as other:
            other.submit(_write, narrow, "INSERT INTO kept VALUES (2)").result(60)
        assert _kept(narrow) == [1]
    assert _kept(narrow) == [1, 2]
    narrow.close()


def test_whoever_writes_waits_for_no_reader(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """While every connection to read with is taken, a writer writes, and reads what it needs."""
    with database.begin() as connection:
        _make(connection)
    narrow = _narrow(database, tmp_path, request, 1)

    def write() -> list[int]:
        with narrow.begin() as connection:
            connection.execute(text("INSERT INTO kept VALUES (2)"))
            return _kept(narrow)

    with narrow.read(), ThreadPoolExecutor(1) as other:
        assert other.submit(write).result(60) == [1, 2]
    narrow.close()
