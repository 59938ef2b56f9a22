"""Who looks, while the service runs, for what people have to be told, and sends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from api.errors import CommandError
from api.notices import Notice, notices
from api.review import Review
from api.runtime import Runtime
from api.service.notice_store import NoticeStore
from api.service.post import NotDelivered, Post
from audit.ledger.submission import Clock
from domain.deadlines import Phase
from domain.standing import Standing

EVERY = 60.0
"""Seconds between two looks."""
AT_LEAST = timedelta(hours=1)
"""Deadlines come near while nothing is stated: after so long one looks anyway."""
REST = 20
"""So many times as long as a look took one rests after it: statements have the machine first."""


class Notifying:
    """Looks for notices and delivers them; `clock` is the machine's, deadlines go by that of the log."""

    def __init__(
        self, runtime: Runtime, store: NoticeStore, out: Post, clock: Clock, every: float = EVERY
    ) -> None:
        self.store = store
        self._runtime = runtime
        self._out = out
        self._clock = clock
        self._every = every
        self._end = Event()
        self._looked: tuple[int, datetime] | None = None
        self._rest = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look and deliver while this is entered."""
        self._end.clear()
        thread = Thread(target=self._run, name="notices")
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._every):
            try:
                if self._is_time() and monotonic() >= self._rest:
                    begun = monotonic()
                    self.look()
                    self._rest = monotonic() + REST * (monotonic() - begun)
                self.deliver()
            except (SQLAlchemyError, CommandError) as wrong:  # with the next look
                sys.stderr.write(f"minhchung: notices: {type(wrong).__name__}: {wrong}\n")

    def _is_time(self) -> bool:
        if self._looked is None:
            return True
        size, at = self._looked
        return size != self._runtime.log.size or self._clock() - at >= AT_LEAST

    def look(self) -> int:
        """Keep what is new to be told, of all rounds that go on; return how many notices that were."""
        size, at = self._runtime.log.size, self._clock()
        found = self.store.keep(self._new(size), at)
        self._looked = size, at
        return found

    def _new(self, size: int) -> Iterator[Notice]:
        log = self._runtime.log
        for code in going_on(self._runtime.intake.standing):
            with log.database.read() as connection:
                told = Review(log, connection, code, size).inbox(None, None, None)
            yield from notices(code, told["pending"], datetime.fromisoformat(told["now"]))

    def deliver(self) -> int:
        """Send what is due; return how many deliveries arrived."""
        arrived = 0
        for delivery in self.store.due(int(self._clock().timestamp())):
            at = self._clock()
            try:
                self.store.delivered(delivery, at, self._out.send(delivery, at))
            except NotDelivered as wrong:
                self.store.failed(delivery, at, str(wrong))
            else:
                arrived += 1
            if self._end.is_set():
                break
        return arrived


def going_on(standing: Standing) -> list[str]:
    """Return the rounds in which something can await somebody: open, disputed, or the last one published."""
    rounds = list(standing.rounds.values())
    disputed = {code for (code, _), dispute in list(standing.disputes.items()) if dispute.open}
    ended = [one for one in rounds if one.phase is Phase.PUBLISHED]
    last = max(ended, key=lambda one: one.position, default=None)
    return [one.code for one in rounds if one not in ended or one is last or one.code in disputed]
