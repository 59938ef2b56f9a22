"""The queue before the log: one thread hands on all that waits, so that what came meanwhile is one batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Condition, Thread
from time import perf_counter

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from api.runtime import Runtime
from api.service.errors import Busy, Stopped
from audit.ledger.errors import LogStopped
from audit.ledger.intake import MAX_BATCH
from audit.ledger.submission import Outcome, Submission
from audit.ledger.tables import statement_ids
from audit.proofs.errors import AuditError
from audit.proofs.statement import parse_envelope, parse_statement

Found = list[Outcome] | BaseException


@dataclass(frozen=True, slots=True)
class _Call:
    """What one request submits, and where its answer is waited for."""

    submissions: Sequence[Submission]
    together: bool
    answer: asyncio.Future[list[Outcome]]


class Queue:
    """How much may wait for the log at once; what comes on top is sent away before anything is lost."""

    def __init__(
        self,
        runtime: Runtime,
        room: int,
        taken: Callable[[], None],
        measured: Callable[[Sequence[Found], float], None],
    ) -> None:
        self._runtime = runtime
        self._room = room
        self._taken = taken
        self._measured = measured
        self._inside = 0
        """Calls that were let in and not answered yet; only the event loop counts."""
        self._waiting: deque[_Call] = deque()
        self._news = Condition()
        self._ended = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hand on what comes while this is entered; at its end, what was let in is answered first."""
        self._ended = False
        thread = Thread(target=self._hand_on, name="intake")
        thread.start()
        try:
            yield
        finally:
            with self._news:
                self._ended = True
                self._news.notify()
            thread.join()

    @property
    def length(self) -> int:
        """How many calls were let in and not answered yet."""
        return self._inside

    async def submit(self, submissions: Sequence[Submission], *, together: bool) -> list[Outcome]:
        """Wait for the log's answer; raises Busy before the queue is full, Stopped where the log has.

        What the log knows already is never sent away: whoever sends it again waits for a receipt.
        """
        if self._inside >= self._room and not await run_in_threadpool(self._known, submissions):
            raise Busy
        call = _Call(submissions, together, asyncio.get_running_loop().create_future())
        self._inside += 1
        try:
            with self._news:
                self._waiting.append(call)
                self._news.notify()
            return await call.answer
        except LogStopped:
            raise Stopped from None
        finally:
            self._inside -= 1

    def _known(self, submissions: Sequence[Submission]) -> bool:
        """Say whether statements of these ids are all in the log."""
        ids = set()
        with suppress(AuditError):
            for one in submissions:
                ids.add(parse_statement(parse_envelope(one.envelope).payload).id)
        with self._runtime.log.database.read() as connection:
            its = statement_ids.c.id
            there = connection.execute(select(its).where(its.in_(ids))).scalars()
            return len(ids) == len(submissions) == len(set(there))

    # --- the thread -------------------------------------------------------------------------------------

    def _hand_on(self) -> None:
        while calls := self._next():
            began = perf_counter()
            found = self._submit(calls)
            self._measured(found, perf_counter() - began)
            calls[0].answer.get_loop().call_soon_threadsafe(_tell, calls, found)
            self._taken()

    def _next(self) -> list[_Call]:
        """Wait for what comes next, as much as the log takes as one batch; nothing at the end."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._ended)
            count = min(len(self._waiting), MAX_BATCH)
            return [self._waiting.popleft() for _ in range(count)]

    def _submit(self, calls: Sequence[_Call]) -> Sequence[Found]:
        try:
            return self._runtime.intake.submit_each((call.submissions, call.together) for call in calls)
        except BaseException as wrong:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            return [wrong] * len(calls)


def _tell(calls: Sequence[_Call], found: Sequence[Found]) -> None:
    for call, its in zip(calls, found, strict=True):
        if call.answer.cancelled():  # whoever asked has gone
            continue
        if isinstance(its, BaseException):
            call.answer.set_exception(its)
        else:
            call.answer.set_result(its)
