"""Read tables on their way: scores, ranks and states out of folds, each followed projection, up to a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, Table
from sqlalchemy.exc import InterfaceError, OperationalError

from domain.events import Event
from domain.refusals import UnknownEvent
from projections.fold import NEEDED, Fold
from projections.followed import Entry, Followed
from projections.follower import Stopped
from projections.source import Source
from projections.stood import Stood
from projections.tables import INLINE, cell_scores, ranks, states

BATCH = 4096
SCORES = "scores"
"""What stops where scores and ranks cannot be folded."""

Begin = Callable[[], AbstractContextManager[Connection]]
Progress = Callable[[int, int], None]


class Building:
    """Fills tables from the first entry on. It is in memory what the tables will say; nothing resumes it."""

    def __init__(
        self,
        source: Source,
        begin: Begin,
        followed: Sequence[Followed] = (),
        inline: Mapping[str, Table] | None = None,
    ) -> None:
        """Fill the tables of scores and ranks, that of states, or all three: by name, those to write into."""
        self._source = source
        self._begin = begin
        self._inline = {table.name: table for table in INLINE} if inline is None else inline
        self._followed = followed
        self._size = 0
        self._at = {one.name: 0 for one in followed}
        self._fold = Fold(self._needed_of_round) if cell_scores.name in self._inline else None
        self._stood = Stood(self._of_round) if states.name in self._inline else None

    def advance(self, size: int, ends: Mapping[str, int], progress: Progress | None = None) -> None:
        """Go on up to a size of the log, each followed projection up to where it ends. Raises Stopped.

        Every batch is read and written by itself: however long the log is, little of it lies in memory.
        """
        start = min((self._size, *self._at.values()))
        for first in range(start, size, BATCH):
            end = min(first + BATCH, size)
            with self._source.read() as connection:
                entries = self._source.entries(connection, first, end)
            self._fold_in([entry for entry in entries if entry.position >= self._size])
            self._size = max(self._size, end)
            with self._begin() as connection:
                self._write(connection)
                for one in self._followed:
                    its = range(self._at[one.name], ends[one.name])
                    self._apply(connection, one, [entry for entry in entries if entry.position in its])
            if progress is not None:
                progress(end, size)

    def finish(self) -> None:
        """Write down what still holds: the tables are whole then, and can still be gone on with."""
        if self._fold is not None:
            self._fold.flush()
        if self._stood is not None:
            self._stood.flush()
        with self._begin() as connection:
            self._write(connection)

    def _write(self, connection: Connection) -> None:
        if self._fold is not None:
            self._fold.write(connection, self._inline[cell_scores.name], self._inline[ranks.name])
        if self._stood is not None:
            self._stood.write(connection, self._inline[states.name])

    def _fold_in(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            try:
                if not entry.known:
                    raise UnknownEvent(entry.type)
                if self._stood is not None and (event := entry.event) is not None:
                    self._stood.take(event)
                if self._fold is not None and entry.type in NEEDED and (event := entry.event) is not None:
                    self._fold.take(event)
            except Exception as wrong:
                raise Stopped.at(SCORES, entry, wrong) from wrong

    def _apply(self, connection: Connection, one: Followed, entries: Sequence[Entry]) -> None:
        """Have a followed projection take entries in; where it does not, find the one that it cannot."""
        if not entries:
            return
        try:
            with connection.begin_nested():
                one.apply(connection, entries)
        except (OperationalError, InterfaceError):
            raise  # of the database, and of no entry
        except Exception as wrong:
            if len(entries) == 1:
                raise Stopped.at(one.name, entries[0], wrong) from wrong
            for entry in entries:
                self._apply(connection, one, [entry])
        self._at[one.name] = entries[-1].position + 1

    def _of_round(self, code: str, size: int) -> Iterator[Event]:
        with self._source.read() as connection:
            for entry in self._source.of_round(connection, code, size):
                if (event := entry.event) is not None:
                    yield event

    def _needed_of_round(self, code: str, size: int) -> Iterator[Event]:
        with self._source.read() as connection:
            for entry in self._source.of_round(connection, code, size):
                if entry.type in NEEDED and (event := entry.event) is not None:
                    yield event
