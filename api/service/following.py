"""The followers of a log that is served: each in a thread of its own, woken when something was taken in."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event, Thread
from time import monotonic

from sqlalchemy.exc import InterfaceError, OperationalError

from api.following import FOLLOWED, LogSource, create_followed
from api.runtime import Log
from projections.followed import Followed
from projections.follower import Follower, Stopped

AT_ONCE = 100
"""So many entries a follower takes in within one transaction: whoever submits waits for no more than that."""
QUIET = 0.1
LAG = 5.0
"""Followers go on once nothing was taken in for `QUIET` seconds, and at the latest after `LAG`: at the
deadline hour statements come first, and a follower takes in at once what came for all of them."""


class Following:
    """Lets followed projections take in what is committed, until it is left."""

    def __init__(self, log: Log, projections: Sequence[Followed] = FOLLOWED) -> None:
        self._log = log
        self._followers = [Follower(LogSource(log), one, AT_ONCE) for one in projections]
        self._projections = projections
        self._news = Condition()
        self._told = 0
        self._reached = dict.fromkeys((one.name for one in projections), 0)
        self._end = Event()
        self.stopped: dict[str, Stopped] = {}
        """Those that cannot go on, by name, with the entry that they stopped before."""

    @contextmanager
    def running(self) -> Iterator[Following]:
        """Follow while this is entered."""
        with self._log.database.begin() as connection:
            create_followed(connection, self._projections)
        threads = [Thread(target=self._follow, args=(one,), name=one.name) for one in self._followers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._end.set()
            self.wake()
            for thread in threads:
                thread.join()

    def wake(self) -> None:
        """Say that there may be news."""
        with self._news:
            self._told += 1
            self._news.notify_all()

    def wait_for(self, name: str, size: int, timeout: float) -> bool:
        """Wait until a projection has taken in so many entries, or stopped; say whether it has them.

        `timeout` is in seconds.
        """
        with self._news:
            self._news.wait_for(lambda: self._reached[name] >= size or name in self.stopped, timeout)
            return self._reached[name] >= size

    def _follow(self, follower: Follower) -> None:
        told = 0

        def wait() -> None:
            nonlocal told
            with self._news:
                self._news.wait_for(lambda: self._told != told)
            told = self._calm()

        def rest() -> None:
            self._arrived(follower)
            wait()

        while not self._end.is_set():
            try:
                follower.run(self._end, rest)
            except (OperationalError, InterfaceError):  # of the database, and of no entry: with the next news
                wait()
            except Stopped as wrong:
                sys.stderr.write(f"minhchung: {wrong}\n")
                with self._news:
                    self.stopped[follower.name] = wrong
                    self._news.notify_all()
                return

    def _calm(self) -> int:
        """Let statements go first; return the news that was heard of."""
        until, told = monotonic() + LAG, self._told
        while monotonic() < until and not self._end.wait(QUIET) and told != self._told:
            told = self._told
        return told

    def _arrived(self, follower: Follower) -> None:
        at = follower.reached()
        with self._news:
            self._reached[follower.name] = at
            self._news.notify_all()
