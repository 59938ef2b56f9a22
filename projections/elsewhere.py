"""Half of a rebuild in another process, on a processor of its own.

Scores and ranks follow from one fold, states and what follows the log from another: neither needs the other.
The other process reads the log by itself, fills its tables in a file of its own, and compares them with those
that are served. At the end they are taken over from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from projections import beside
from projections.building import Begin
from projections.followed import Followed
from projections.follower import Stopped
from projections.making import Found, Making
from projections.source import Source
from projections.tables import states

_NAME = "elsewhere"
THERE = (states,)
"""What is written inline with the events and folded in the other process; the rest stays."""


class Elsewhere(Protocol):
    """Where the other process works, on SQLite: it is sent there as it is."""

    @property
    def file(self) -> Path:
        """A database that the other process fills, and that goes with it."""

    def opened(self) -> AbstractContextManager[tuple[Source, Begin, Sequence[Followed]]]:
        """Open the log for reading, and the file for writing; with what follows the log."""


class Failed(Exception):
    """The other process ended; what it said last."""


class Other:
    """The other process, as the first one speaks with it."""

    def __init__(self, pipe: Pipe, file: Path) -> None:
        self._pipe = pipe
        self._file = file
        self._attached = False

    def found(self) -> Found:
        """Wait until its tables are filled and compared. Raises Stopped."""
        return self._hear()  # type: ignore[no-any-return]

    def finish(self, size: int) -> None:
        """Let it take in what came meanwhile."""
        self._pipe.send(size)

    def fetch(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Wait until that is done; put its rows beside those that are served, with their indexes.

        Whatever comes of the transaction, its file is to be let go of afterwards (`release`).
        """
        self._hear()
        connection.exec_driver_sql(f"ATTACH ? AS {_NAME}", (str(self._file),))
        self._attached = True
        for table in beside.beside(tables):
            query = f'INSERT INTO main."{table.name}" SELECT * FROM {_NAME}."{table.name}"'  # noqa: S608
            connection.exec_driver_sql(query)
        beside.index(connection, tables)

    def release(self, source: Source) -> None:
        """Let go of its file."""
        if self._attached:
            source.detach(_NAME)
            self._attached = False

    def _hear(self) -> Any:
        try:
            told = self._pipe.recv()
        except EOFError:
            raise Failed("without a word") from None
        if isinstance(told, Exception):
            raise told
        return told


@contextmanager
def started(elsewhere: Elsewhere) -> Iterator[Other]:
    """Start the other process, and end it."""
    context = get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_work, args=(elsewhere, its), daemon=True)
    process.start()
    its.close()
    try:
        yield Other(ours, elsewhere.file)
    finally:
        ours.close()
        process.terminate()
        process.join()


def _work(elsewhere: Elsewhere, pipe: Pipe) -> None:
    """Fill tables, say how they compare, and go on to each size that is asked for, until nobody asks."""
    try:
        with elsewhere.opened() as (source, begin, followed):
            making = Making(source, begin, THERE, followed)
            with begin() as connection:
                beside.make(connection, making.tables)
            pipe.send(making.fill())
            while True:
                making.finish(pipe.recv())
                pipe.send(None)
    except EOFError:
        pass
    except Stopped as stopped:
        pipe.send(stopped)
    except Exception as wrong:  # noqa: BLE001 - whatever it is, the first process has to hear of it
        pipe.send(Failed(f"{type(wrong).__name__}: {wrong}"))
