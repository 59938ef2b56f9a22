"""News of the log for those who listen: woken when something was committed, by this process or another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

POLL = 2.0
"""Seconds after which a listener looks by itself: other processes commit without telling this one."""
BEAT = 15.0
"""Seconds after which a connection with nothing to say shows that it is there."""


class News:
    """Who waits for the next commit; told by the thread that commits."""

    def __init__(self) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def tell(self) -> None:
        """Say that there may be something new."""
        for loop, event in tuple(self._waiting):
            loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self) -> Iterator[Callable[[float], Awaitable[None]]]:
        """Give a function that waits for news, for so many seconds at most."""
        event = asyncio.Event()
        here = (asyncio.get_running_loop(), event)
        self._waiting.add(here)

        async def wait(seconds: float) -> None:
            with suppress(TimeoutError):  # what others committed is found all the same
                await asyncio.wait_for(event.wait(), seconds)
            event.clear()

        try:
            yield wait
        finally:
            self._waiting.discard(here)


async def server_sent(
    news: News,
    ask: Callable[[], Awaitable[Sequence[tuple[int, bytes]] | None]],
    lasts: float,
) -> AsyncIterator[bytes]:
    """Yield what `ask` finds, by positions, as server-sent events (HTML, 9.2), until that is nothing.

    `lasts` is in seconds: after that whoever listens asks anew, from the last id.
    """
    loop = asyncio.get_running_loop()
    begun = told_at = loop.time()
    yield b"retry: 1000\n\n"
    with news.listening() as wait:
        while (found := await ask()) is not None:
            now = loop.time()
            if found:
                yield b"".join(b"id: %d\nevent: entry\ndata: %s\n\n" % one for one in found)
                told_at = now
            elif now - told_at >= BEAT:
                yield b": \n\n"
                told_at = now
            if now - begun >= lasts:
                return
            await wait(min(POLL, max(0.0, lasts - (now - begun))))
