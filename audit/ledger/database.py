"""The database under the log: SQLite with one writing process, or PostgreSQL; durable or refused.

SQLite: one writer connection that also does every WAL checkpoint (versions before 3.51.3 corrupt a log
that two connections write or checkpoint), `synchronous=FULL` set and asserted, `BEGIN IMMEDIATE`,
readers `mode=ro`. PostgreSQL: ordinary pool, `synchronous_commit` asserted. What went wrong is told without
the values that a query was asked with: they may be confidential.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock, local
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool, StaticPool

from audit.ledger.errors import NoDatabase, NotDurable, ReadOnly, WriterBusy

READERS = 15
PATIENCE = 30


class Database:
    """Where the log lies. `begin` writes, `read` reads one consistent snapshot.

    A thread has one connection at a time: what reads within a snapshot reads that snapshot, and what reads
    within a write transaction reads what that one sees. So nobody who holds a connection waits for another,
    and whoever has the turn to write waits for no reader.
    """

    def __init__(self, dialect: str, writer: Engine | None, reader: Engine, lock: _WriterLock | None) -> None:
        self.dialect = dialect
        self._writer = writer
        self._reader = reader
        self._lock = lock
        self._turn = RLock()
        self._of_thread = local()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a write transaction; it is committed at the end, rolled back on any error."""
        if self._writer is None:
            raise ReadOnly
        turn = self._turn if self.dialect == "sqlite" else nullcontext()
        with turn, self._writer.begin() as connection, self._within(connection):
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one snapshot: the one that this thread is in, else a new one."""
        within: Connection | None = getattr(self._of_thread, "connection", None)
        if within is not None and not within.closed:
            yield within
            return
        with self.snapshot() as connection, self._within(connection):
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only transaction of its own, whatever this thread is in."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _within(self, connection: Connection) -> Iterator[None]:
        before = getattr(self._of_thread, "connection", None)
        self._of_thread.connection = connection
        try:
            yield
        finally:
            if self._of_thread.connection is connection:
                self._of_thread.connection = before

    def settle(self) -> None:
        """Move what is committed into the SQLite file and cut off its write-ahead log; elsewhere, nothing.

        A reader in the middle of a snapshot is waited for as long as for any lock; after that, it is left to
        the next time.
        """
        if self._writer is None:
            raise ReadOnly
        if self.dialect == "sqlite":
            with self._turn:
                raw = self._writer.raw_connection()
                try:
                    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                finally:
                    raw.close()

    def detach(self, name: str) -> None:
        """Let go of another SQLite file that a transaction attached under a name; it must have ended."""
        if self._writer is None:
            raise ReadOnly
        with self._turn:
            raw = self._writer.raw_connection()
            try:
                raw.cursor().execute(f"DETACH {name}")
            finally:
                raw.close()

    def scrub(self, table: str) -> None:
        """Write the file (on PostgreSQL the table) anew, so that nothing erased is left in unused space."""
        if self._writer is None:
            raise ReadOnly
        if self.dialect == "sqlite":
            with self._turn:
                raw = self._writer.raw_connection()
                try:
                    raw.cursor().execute("VACUUM")
                finally:
                    raw.close()
            self.settle()
            return
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM (FULL) {table}"))

    def close(self) -> None:
        """Give back connections and the writer's lock; closing again does nothing."""
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()
        if self._lock is not None:
            self._lock.release()
            self._lock = None  # its number may be another file's by now


def open_database(
    url: str, *, writer: bool = True, schema: str | None = None, readers: int | None = None
) -> Database:
    """Open `sqlite:///PATH` or `postgresql://...`; `schema` keeps several logs apart on PostgreSQL.

    Whoever reads while `readers` others do waits for one of them, `PATIENCE` seconds at most. Raises
    WriterBusy, NoDatabase (reading a SQLite file that is not there) and NotDurable.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(Path(parsed.database or ""), readers, writer=writer)
    return _open_postgres(parsed.set(drivername="postgresql+psycopg"), schema, readers, writer=writer)


def _pooled(readers: int | None) -> dict[str, Any]:
    return {"pool_size": readers or READERS, "max_overflow": 0, "pool_timeout": PATIENCE}


# --- SQLite ---------------------------------------------------------------------------------------------


class _WriterLock:
    """A lock file beside the database; the operating system drops it with the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.read(self._file, 20).decode()
            os.close(self._file)
            raise WriterBusy(str(path), pid) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another process write."""
        os.close(self._file)


def _open_sqlite(path: Path, readers: int | None, *, writer: bool) -> Database:
    if not writer and not path.is_file():  # a pipe would be waited for
        raise NoDatabase(str(path))
    lock = _WriterLock(path) if writer else None
    try:
        write_engine = _sqlite_writer(path) if writer else None
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    reader = create_engine(
        "sqlite://",
        hide_parameters=True,
        creator=lambda: sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        ),
        poolclass=QueuePool,
        **_pooled(readers),
    )
    event.listen(reader, "connect", _prepare_reader)
    event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return Database("sqlite", write_engine, reader, lock)


def _sqlite_writer(path: Path) -> Engine:
    engine = create_engine(
        "sqlite://",
        hide_parameters=True,
        creator=lambda: sqlite3.connect(path, check_same_thread=False, isolation_level=None),
        poolclass=StaticPool,
    )
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin():
        pass  # makes the file, so that readers find it
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
    (found,) = connection.execute("PRAGMA synchronous").fetchone()
    if found != 2:
        raise NotDurable("PRAGMA synchronous", found)


def _prepare_reader(connection: Any, _record: object) -> None:
    for pragma in ("query_only=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


# --- PostgreSQL -----------------------------------------------------------------------------------------


def _open_postgres(url: URL, schema: str | None, readers: int | None, *, writer: bool) -> Database:
    options = {"options": f"-csearch_path={schema}"} if schema else {}
    reader = create_engine(
        url,
        hide_parameters=True,
        connect_args=options,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        **_pooled(readers),
    )
    if not writer:
        return Database("postgresql", None, reader, None)
    engine = create_engine(url, connect_args=options, hide_parameters=True)
    try:
        with engine.begin() as connection:
            _prepare_postgres(connection, schema)
    except BaseException:
        engine.dispose()
        raise
    return Database("postgresql", engine, reader, None)


def _prepare_postgres(connection: Connection, schema: str | None) -> None:
    found = connection.execute(text("SHOW synchronous_commit")).scalar_one()
    if found == "off":
        raise NotDurable("synchronous_commit", found)
    if schema:
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
