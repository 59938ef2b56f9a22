"""Answers that follow from the log alone, kept until it has grown: asked again, nothing is read anew.

An answer is found by its address and by all that whoever asks may read. Nobody is answered from before what
was acknowledged when they asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, Written, as_json, sent
from api.service.caller import Reach
from audit.ledger.tables import head

ROOM = 32 * 1024 * 1024
"""Bytes of answers that are kept; the oldest goes first."""
ADDRESSES = 10_000
"""So many addresses are remembered with their routes."""
Question = Callable[[Connection], Any]
Writing = Callable[[Any], Written]
_Key = tuple[str, str, Reach]
_Place = tuple[Any, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was told, and how long the log was then."""

    size: int
    told: Written


class Kept:
    """The answers of one application; `ask` puts a question within one snapshot. Of one event loop."""

    def __init__(self, runtime: Runtime, ask: Callable[[Question], Any], room: int = ROOM) -> None:
        self._runtime = runtime
        self._ask = ask
        self._room = room
        self._found: dict[_Key, _Answer] = {}
        self._bytes = 0
        self._making: dict[_Key, asyncio.Event] = {}
        self._addresses: dict[tuple[str, str], _Place] = {}

    def place(self, path: str, query: str) -> _Place | None:
        """Return the route and the parameters of an address that was answered before."""
        return self._addresses.get((path, query))

    def at_once(self, request: Request, reach: Reach) -> Response | None:
        """Answer with what is kept, if the log has not grown since."""
        found = self._found.get(_key(request, reach))
        fresh = found is not None and found.size >= self._runtime.intake.size
        return sent(request, found.told, NOT_AT_ALL) if found is not None and fresh else None

    async def answer(
        self, request: Request, reach: Reach, question: Question, write: Writing = as_json
    ) -> Response:
        """Answer with what is kept, else with what `question` finds, put down by `write`."""
        key = _key(request, reach)
        wanted = self._runtime.intake.size
        while (found := self._found.get(key)) is None or found.size < wanted:
            if (making := self._making.get(key)) is None:
                found = await self._made(key, partial(_read, question, write))
                self._remember(request)
                break
            await making.wait()  # for whoever asks the same
        return sent(request, found.told, NOT_AT_ALL)

    async def _made(self, key: _Key, question: Callable[[Connection], _Answer]) -> _Answer:
        done = self._making[key] = asyncio.Event()
        try:
            found: _Answer = await run_in_threadpool(self._ask, question)
        finally:
            del self._making[key]
            done.set()
        self._forget(key)
        self._found[key] = found
        self._bytes += len(found.told.body)
        while self._bytes > self._room:
            self._forget(next(iter(self._found)))
        return found

    def _remember(self, request: Request) -> None:
        if len(self._addresses) >= ADDRESSES:
            self._addresses.clear()
        where = (request.scope["path"], request.scope["query_string"].decode("latin-1"))
        self._addresses[where] = (request.scope["route"], dict(request.path_params))

    def _forget(self, key: _Key) -> None:
        before = self._found.pop(key, None)
        self._bytes -= len(before.told.body) if before else 0


def _key(request: Request, reach: Reach) -> _Key:
    return request.scope["path"], request.scope["query_string"].decode("latin-1"), reach


def _read(question: Question, write: Writing, connection: Connection) -> _Answer:
    size = connection.execute(select(head.c.size)).scalar_one()
    return _Answer(size, write(question(connection)))
