"""The follower: takes the log into a followed projection, in order, in batches, each entry exactly once.

A batch is one transaction: first the position moves on, by compare-and-set, then the rows are written. So a
follower that is killed goes on where its last commit was, and of two at the same time one waits for the other
and then finds that it came too late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event as Flag
from typing import Self

from sqlalchemy.exc import InterfaceError, OperationalError

from projections.followed import Entry, Followed
from projections.source import Source

BATCH = 1000


class Stopped(Exception):
    """A projection cannot take in an entry: it stays before it until that is mended."""

    def __init__(self, name: str, position: int, type_: str, reason: str) -> None:
        self.name, self.position, self.type, self.reason = name, position, type_, reason
        super().__init__(
            f"the projection {name!r} stopped at entry {position} ({type_}), which it cannot "
            f"apply: {self.reason}. It holds what came before, and nothing of this or later entries. See by "
            "`minhchung verify` whether the log is sound; if so, update the program to a version that knows "
            "this entry, and start it again"
        )

    @classmethod
    def at(cls, name: str, entry: Entry, wrong: Exception) -> Self:
        """Stop at an entry, for what went wrong there."""
        return cls(name, entry.position, entry.type, f"{type(wrong).__name__}: {wrong}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, int, str, str]]:
        """Another process may tell of it."""
        return type(self), (self.name, self.position, self.type, self.reason)


class _Overtaken(Exception):
    """Somebody else has taken these entries in meanwhile."""


class Follower:
    """Follows the log for one projection. Any number may run at the same time, in any processes."""

    def __init__(self, source: Source, followed: Followed, batch: int = BATCH) -> None:
        self._source = source
        self._followed = followed
        self._batch = batch

    @property
    def name(self) -> str:
        """The name of the projection."""
        return self._followed.name

    def reached(self) -> int:
        """Return how many entries were taken in."""
        with self._source.read() as connection:
            return self._source.reached(connection, self.name)

    def catch_up(self) -> int:
        """Take in all that is there; return up to where. Raises Stopped."""
        while entries := self._source.select(start := self.reached(), self._batch):
            self._take(start, entries)
        return start

    def run(self, stop: Flag, wait: Callable[[], None]) -> None:
        """Follow until told to stop; `wait` returns when there may be news. Raises Stopped."""
        while not stop.is_set():
            self.catch_up()
            wait()

    def _take(self, start: int, entries: Sequence[Entry]) -> None:
        """Take a batch in; where that fails, entry by entry, up to the one at which it does."""
        try:
            self._commit(start, entries)
        except _Overtaken:
            return
        except (OperationalError, InterfaceError):
            raise  # of the database, and of no entry
        except Exception as wrong:
            if len(entries) == 1:
                raise Stopped.at(self.name, entries[0], wrong) from wrong
            for number, entry in enumerate(entries):
                self._take(start + number, [entry])

    def _commit(self, start: int, entries: Sequence[Entry]) -> None:
        with self._source.begin() as connection:
            if not self._source.step(connection, self.name, start, start + len(entries)):
                raise _Overtaken
            self._followed.apply(connection, entries)
