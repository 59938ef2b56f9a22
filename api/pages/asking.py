"""How pages ask the log: off the event loop, in one transaction, with every failure told as a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.errors import UnknownSubject
from api.moments import moment_of, moments_of
from api.pages.refused import Choice, NotAmong
from api.runtime import Runtime
from api.service.guard import Guard
from api.service.rounds import answered
from domain.standing import Round

Told = TypeVar("Told")


class Asking:
    """Asks one log; `guard` follows what other processes committed."""

    def __init__(self, runtime: Runtime, guard: Guard) -> None:
        self.runtime = runtime
        self._guard = guard

    async def __call__(self, question: Callable[[Connection], Told]) -> Told:
        """Return the answer; raises RequestRefused."""
        return await run_in_threadpool(self._ask, question)

    def _ask(self, question: Callable[[Connection], Told]) -> Told:
        self._guard.catch_up()
        return answered(self.runtime.log, question)

    def round(self, code: str) -> Round:
        """Return a round; raises NotAmong, with those that come nearest."""
        there = self.runtime.intake.standing.rounds
        if (its := there.get(code)) is None:
            raise NotAmong("round", code, [Choice(f"/rounds/{one}", one) for one in list(there)])
        return its

    def size(self, connection: Connection, code: str, as_of: str | None, address: str) -> int:
        """Return the size that a page is about; raises NotAmong where the round was not open then."""
        try:
            size = moment_of(self.runtime.log, connection, as_of or None, code)[0]
        except UnknownSubject:
            size = 0
        if size > self.round(code).position:
            return size
        named = moments_of(self.runtime.log, connection, code)
        there = [Choice(f"{address}?as_of={name}", name) for name in named]
        raise NotAmong("moment", as_of or "", there)
