"""What many ask at once is done once for all of them: while one round of work runs, the next ones gather."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

One = TypeVar("One")
Found = TypeVar("Found")


class Gathering(Generic[One, Found]):
    """Hands what was asked meanwhile to `work`, in a thread; of one event loop.

    `work` returns, in the same order, what was found, or the error to raise to whoever asked.
    """

    def __init__(self, work: Callable[[Sequence[One]], Sequence[Found | Exception]]) -> None:
        self._work = work
        self._waiting: list[tuple[One, asyncio.Future[Found]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, one: One) -> Found:
        """Wait for the next round, and for what it finds."""
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, found))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await found

    async def _run(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                told = await run_in_threadpool(self._work, [one for one, _ in taken])
            except Exception as wrong:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                told = [wrong] * len(taken)
            for (_, waits), its in zip(taken, told, strict=True):
                if waits.cancelled():  # whoever asked has gone
                    continue
                if isinstance(its, Exception):
                    waits.set_exception(its)
                else:
                    waits.set_result(its)
        self._running = None
