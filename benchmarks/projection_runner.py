"""A rebuild beside eventsourcing's own way to make read tables: its ProjectionRunner, on the same PostgreSQL.

Both read the same entries and write the same rows into the same tables. Theirs writes each event with its
tracking in a transaction of its own, as the library's documentation has it; both sides decode entries alike,
and fold by the same rules.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Notification, StoredEvent, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from api.following import FOLLOWED, LogSource, create_followed, rebuilding
from api.runtime import log_over
from api.settings import DATABASE_VARIABLE, Settings
from api.synth import build_synth
from api.synth_script import OFFICES, STAFF, Shape
from api.uncollected import uncollected
from audit.ledger.admitted import Admitted
from audit.ledger.database import open_database
from audit.ledger.tables import ledger
from benchmarks.measure import Line, against
from projections.digests import digest
from projections.making import tables_of
from projections.rebuild import rebuild
from projections.scoreboard import Scoreboard
from projections.tables import INLINE, create_tables

LEAST = 10.0
"""Times as fast as theirs."""
READ = (*INLINE, *tables_of(FOLLOWED))
PATIENCE = 3600.0


class _AsStored(Mapper[str]):
    """Rows of the log as a rebuild reads them."""

    def __init__(self) -> None:
        """Take no transcoder: the state is the signed bytes."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        assert isinstance(stored_event, Notification)
        return Admitted(stored_event.id - 1, stored_event.topic, stored_event.state)


class TheirLog(Application[str]):
    """The log as an application of eventsourcing."""

    def construct_mapper(self) -> Mapper[str]:
        """Read entries as they are."""
        return _AsStored()


class TheirTables(PostgresTrackingRecorder):
    """The read tables, which are written with the tracking of the event in one transaction."""

    engine: Engine
    source: LogSource

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.board = Scoreboard()

    def follow(self, entry: Admitted, tracking: Tracking) -> None:
        """Write what an entry makes."""
        entry.beside = next(iter(self.source.with_words([entry]))).beside
        with self.engine.begin() as connection:
            self._track(connection, tracking)
            events = [] if entry.event is None else [entry.event]
            settle = self.board.inline(connection, events)
            for one in FOLLOWED:
                one.apply(connection, [entry])
        settle()

    def _track(self, connection: Connection, tracking: Tracking) -> None:
        query = (
            f'INSERT INTO "{self.tracking_table_name}" VALUES (%s, %s) ON CONFLICT (application_name) '  # noqa: S608
            "DO UPDATE SET notification_id = excluded.notification_id"
        )
        connection.exec_driver_sql(query, (tracking.application_name, tracking.notification_id))


class TheirProjection(Projection[TheirTables]):
    """What ProjectionRunner calls for each event."""

    name = "theirs"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Write what it makes."""
        self.view.follow(domain_event, tracking)


def beside_theirs(url: str, folder: Path, events: int) -> Iterator[Line]:
    """Rebuild, run theirs, rebuild again: over a log of so many events, on one server."""
    with _schema(url, "ours") as ours, _schema(url, "theirs") as theirs:
        data = folder / "synth-runner"
        build_synth(
            Settings(data, beside_data=True), Shape(10, 20, OFFICES + STAFF * 10, events=events, seed=1)
        )
        _copy(Settings(data, beside_data=True).database_url, ours)
        with _environment({DATABASE_VARIABLE: ours}), rebuilding(Settings(data)) as source:
            rebuild(source, FOLLOWED)
            first = _ours(source)
            their_seconds, their_digest = _theirs(source, ours, theirs)
            second = _ours(source)
            with source.read() as connection:
                assert digest(connection, READ) == their_digest
                size = source.size(connection)
    yield against(
        f"rebuild of {size:,} events on PostgreSQL",
        size,
        (first + second) / 2,
        f"ProjectionRunner of eventsourcing {version('eventsourcing')}",
        their_seconds,
        LEAST,
    )


def _ours(source: LogSource) -> float:
    with uncollected():
        started = perf_counter()
        assert rebuild(source, FOLLOWED).same
        return perf_counter() - started


def _theirs(source: LogSource, ours: str, theirs: str) -> tuple[float, str]:
    """Return the seconds that theirs takes for the whole log, and the digest of what it wrote."""
    engine = create_engine(make_url(theirs).set(drivername="postgresql+psycopg"))
    TheirTables.engine, TheirTables.source = engine, source
    env = {"PERSISTENCE_MODULE": "eventsourcing.postgres", **_env(theirs)}
    app = TheirLog(env)
    app.recorder.insert_events(_stored(ours))
    app.close()
    try:
        with engine.begin() as connection:
            create_tables(connection)
            create_followed(connection)
        with source.read() as connection:
            newest = source.size(connection)
        with uncollected():
            started = perf_counter()
            with ProjectionRunner(
                application_class=TheirLog, projection_class=TheirProjection, view_class=TheirTables, env=env
            ) as runner:
                runner.wait(newest, timeout=PATIENCE)
            seconds = perf_counter() - started
        with engine.begin() as connection:
            return seconds, digest(connection, READ)
    finally:
        engine.dispose()


def _copy(log: str, url: str) -> None:
    """Put a log that lies on SQLite into PostgreSQL, all that there is of it."""
    with closing(open_database(url)) as there, closing(open_database(log, writer=False)) as here:
        log_over(there, create=True)
        with here.read() as rows, there.begin() as connection:
            for table in ledger.sorted_tables:
                connection.execute(table.delete())
                if found := [dict(row) for row in rows.execute(table.select()).mappings()]:
                    connection.execute(table.insert(), found)


def _stored(url: str) -> list[StoredEvent]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    asked = text(
        "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY position"
    )
    try:
        with engine.connect() as connection:
            return [StoredEvent(*row) for row in connection.execute(asked)]
    finally:
        engine.dispose()


def _env(url: str) -> dict[str, str]:
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {
        "POSTGRES_DBNAME": given["dbname"],
        "POSTGRES_HOST": given["host"],
        "POSTGRES_PORT": given.get("port", "5432"),
        "POSTGRES_USER": given["user"],
        "POSTGRES_PASSWORD": given.get("password", ""),
        "POSTGRES_SCHEMA": given["options"].removeprefix("-csearch_path="),
        "ORIGINATOR_ID_TYPE": "text",
        "SINGLE_ROW_TRACKING": "true",
    }


@contextmanager
def _schema(url: str, name: str) -> Iterator[str]:
    """Give a URL whose tables lie in a schema of their own."""
    schema = f"bench{os.getpid()}_{name}"
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    try:
        its = make_url(url).update_query_dict({"options": f"-csearch_path={schema}"})
        yield its.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
        engine.dispose()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
