"""The log as the read side follows it, and the projections that do: where both are joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, create_engine, event, select, text

from api.beside import Words
from api.errors import RebuildRunning
from api.runtime import Log, log_over
from api.settings import Settings
from api.uncollected import uncollected
from audit.ledger import admitted
from audit.ledger.admitted import Admitted
from audit.ledger.database import open_database
from audit.ledger.errors import NoDatabase, WriterBusy
from audit.ledger.tables import head
from audit.ledger.tracking import place, reached, step
from projections.building import Begin
from projections.followed import Followed
from projections.follower import Follower, Stopped
from projections.mentions import Mentions
from projections.search_index import SearchIndex
from projections.source import Source
from projections.tables import create_tables

FOLLOWED: tuple[Followed, ...] = (SearchIndex(), Mentions())
"""The projections that are not written inline with the events."""
ALONE_UP_TO = 8000
"""A smaller log is folded before another process would have started."""


class LogSource:
    """A log and its followers' positions, as `projections.source` asks for them."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def begin(self) -> AbstractContextManager[Connection]:
        """Open a write transaction."""
        return self._log.database.begin()

    def read(self) -> AbstractContextManager[Connection]:
        """Open one snapshot for reading."""
        return self._log.database.read()

    def select(self, start: int, limit: int) -> Sequence[Admitted]:
        """Read entries from a position on, through the notification log."""
        found = self._log.notifications.select(start=start + 1, limit=limit)
        return self.with_words([Admitted(one.id - 1, one.topic, one.state) for one in found])

    def entries(self, connection: Connection, start: int, end: int) -> Sequence[Admitted]:
        """Read the entries from one position up to another."""
        return self.with_words(admitted.entries(connection, start, end))

    def with_words(self, entries: Sequence[Admitted]) -> Sequence[Admitted]:
        """Let entries find the words beside them, read for all of them when one is asked."""
        words = Words(self._log.database, entries)
        for entry in entries:
            entry.beside = words
        return entries

    def of_round(self, connection: Connection, round_code: str, size: int) -> Iterable[Admitted]:
        """Read the entries about a round that lie before a position."""
        return admitted.of_round(connection, round_code, size)

    def detach(self, name: str) -> None:
        """Let go of another database of SQLite that a write transaction attached, after it has ended."""
        self._log.database.detach(name)

    def size(self, connection: Connection) -> int:
        """Return how many entries there are."""
        return int(connection.execute(select(head.c.size)).scalar_one())

    def lock(self, connection: Connection) -> int:
        """Let nobody append until the transaction ends."""
        return self._log.recorder.lock_head(connection)

    def reached(self, connection: Connection, name: str) -> int:
        """Return how many entries a follower has taken in."""
        return reached(connection, name) or 0

    def step(self, connection: Connection, name: str, before: int, after: int) -> bool:
        """Move a follower on from exactly one position to another; say whether it was there."""
        return step(connection, name, before, after)

    def place(self, connection: Connection, name: str, at: int) -> None:
        """Put a follower at a position, wherever it was."""
        place(connection, name, at)


def create_followed(connection: Connection, projections: Sequence[Followed] = FOLLOWED) -> None:
    """Make the tables of followed projections that are not there yet."""
    for followed in projections:
        for table in followed.tables:
            table.create(connection, checkfirst=True)


def catch_up(log: Log, projections: Sequence[Followed] = FOLLOWED) -> tuple[Stopped, ...]:
    """Let followed projections take in what is there; return which ones stopped.

    One that stops keeps no other from going on.
    """
    source, stopped = LogSource(log), []
    with source.begin() as connection:
        create_followed(connection, projections)
    for followed in projections:
        try:
            Follower(source, followed).catch_up()
        except Stopped as wrong:
            stopped.append(wrong)
    return tuple(stopped)


def bring_up(settings: Settings, projections: Sequence[Followed] = FOLLOWED) -> tuple[Stopped, ...]:
    """Let followed projections take in what is there, if this process may write; return which ones stopped.

    Where another process writes, or nobody may, they stay where they are: whoever reads them says how far
    they have come. Of a SQLite log that is not there, none is made: raises NoDatabase.
    """
    if settings.database_url.startswith("sqlite") and not settings.database.exists():
        raise NoDatabase(str(settings.data))
    try:
        log = log_over(open_database(settings.database_url), create=False)
    except (WriterBusy, OSError):
        return ()
    try:
        return catch_up(log, projections) if _behind(log, projections) else ()
    finally:
        log.database.close()


def _behind(log: Log, projections: Sequence[Followed]) -> bool:
    """Say whether there is anything to take in; only then is anything written."""
    with log.database.read() as connection:
        size = LogSource(log).size(connection)
        return any((reached(connection, followed.name) or 0) < size for followed in projections)


@contextmanager
def rebuilding(settings: Settings, projections: Sequence[Followed] = FOLLOWED) -> Iterator[LogSource]:
    """Open an existing log to write its read tables and nothing else; raises RebuildRunning.

    On SQLite nobody else may write it meanwhile; on PostgreSQL others go on, but one rebuilds at a time.
    """
    if settings.database_url.startswith("sqlite") and not settings.database.exists():
        raise NoDatabase(str(settings.data))
    log = log_over(open_database(settings.database_url), create=False)
    try:
        with _alone(log):
            with log.database.begin() as connection:
                create_tables(connection)
                create_followed(connection, projections)
            yield LogSource(log)
        log.database.settle()
    finally:
        log.database.close()


@dataclass(frozen=True)
class AnotherFile:
    """Where another process folds half of the tables: a file for itself, beside a log on SQLite."""

    url: str
    file: Path

    @contextmanager
    def opened(self) -> Iterator[tuple[Source, Begin, Sequence[Followed]]]:
        """Open the log for reading, and the file for writing; with what follows the log."""
        with uncollected(), closing(open_database(self.url, writer=False)) as database:
            engine = create_engine(f"sqlite:///{self.file}")
            event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
            try:
                yield LogSource(log_over(database, create=False)), engine.begin, FOLLOWED
            finally:
                engine.dispose()


@contextmanager
def another_file(
    settings: Settings, source: Source, alone_up_to: int = ALONE_UP_TO
) -> Iterator[AnotherFile | None]:
    """Give a place where another process can fold; none on PostgreSQL, and none for a smaller log.

    The file goes when it is done with; what a rebuild that was killed left lies among temporary files.
    """
    with source.read() as connection:
        smaller = source.size(connection) <= alone_up_to
    if smaller or not settings.database_url.startswith("sqlite"):
        yield None
        return
    with TemporaryDirectory(prefix="minhchung-") as folder:
        yield AnotherFile(settings.database_url, Path(folder) / "folded.db")


@contextmanager
def _alone(log: Log) -> Iterator[None]:
    """Keep other processes from rebuilding the same tables; SQLite has one writer anyway."""
    if log.database.dialect == "sqlite":
        yield
        return
    with log.database.snapshot() as connection:  # the lock ends with it
        asked = text("SELECT pg_try_advisory_xact_lock(hashtext('rebuild ' || current_schema()))")
        if not connection.execute(asked).scalar():
            raise RebuildRunning
        yield
