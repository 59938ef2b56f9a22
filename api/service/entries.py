"""Entries as they lie in the log, one by one or as a stream, for those who may see what they say."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.dossier_contents import Damaged, Stored
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, cached, confidential
from api.service.errors import NotThere
from api.service.guard import Guard
from api.service.live import News, server_sent
from api.service.readable import Readable
from audit.ledger.receipts import receipt_at
from audit.ledger.tables import head, stored_events
from audit.proofs.statement import Attachment

MOST = 1000
"""So many entries are told at once; the next ones are asked for after the last position."""
LONGEST = 300
"""Seconds that news are told over one connection."""
_LINES = "application/x-ndjson"
_ITS = stored_events.c


def entries(runtime: Runtime, guard: Guard, news: News) -> APIRouter:
    """Return the routes of entries, and of what was read."""
    router, readable = APIRouter(prefix="/v1"), Readable(runtime, guard)

    async def one(request: Request, position: int) -> Stored | Damaged:
        """Return an entry that may be read; raises NotThere."""

        def question() -> Stored | Damaged:
            with runtime.log.database.read() as connection:
                return readable.one(request, connection, position)

        return await run_in_threadpool(question)

    @router.get("/entries")
    async def stream(
        request: Request,
        after: Annotated[int, Query(ge=-1, lt=2**63)] = -1,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> Response:
        """Answer with the entries after a position that may be read, a line of JSON each (NDJSON).

        `Minhchung-Next` is the position to go on after; where it is missing, nothing comes after.
        """

        def page(connection: Connection) -> tuple[list[Stored | Damaged], int | None]:
            size = connection.execute(select(head.c.size)).scalar_one()
            query = select(_ITS.position).where((_ITS.position > after) & readable.limits(request))
            wanted = connection.execute(query.order_by(_ITS.position).limit(limit)).scalars().all()
            if not wanted:
                return [], None
            last = wanted[-1]
            between = (_ITS.position > after) & (_ITS.position <= last)
            found = sorted(readable.seen(request, connection, between), key=lambda one: one.position)
            return found, last if last + 1 < size else None

        def question() -> tuple[list[Stored | Damaged], int | None]:
            with runtime.log.database.read() as connection:
                return page(connection)

        found, follows = await run_in_threadpool(question)
        response = cached(request, Response(b"".join(map(_line, found)), media_type=_LINES), NOT_AT_ALL)
        if follows is not None:
            response.headers["Minhchung-Next"] = str(follows)
        return response

    @router.get("/entries/live")
    async def live(
        request: Request,
        after: Annotated[int | None, Query(ge=-1, lt=2**63)] = None,
        lasts: Annotated[int, Query(ge=0, le=LONGEST)] = LONGEST,
        last_event_id: Annotated[int | None, Header(ge=-1, lt=2**63)] = None,
    ) -> Response:
        """Answer with entries as they come (server-sent events); each id is a position.

        It goes on after `Last-Event-ID`, else after `after`, else with the next one that comes. After `lasts`
        seconds it ends, and a browser asks anew by itself.
        """
        begun = after if last_event_id is None else last_event_id
        reached = runtime.intake.size - 1 if begun is None else begun

        def question() -> list[tuple[int, bytes]] | None:
            nonlocal reached
            if not guard.still(request):  # a key that was revoked meanwhile hears no more
                return None
            with runtime.log.database.read() as connection:
                size = connection.execute(select(head.c.size)).scalar_one()
                until = min(size, reached + 1 + MOST)
                between = (_ITS.position > reached) & (_ITS.position < until)
                found = list(readable.seen(request, connection, between)) if until > reached + 1 else []
                reached = max(reached, until - 1)
            return [(stored.position, _line(stored).rstrip()) for stored in found]

        async def ask() -> list[tuple[int, bytes]] | None:
            return await run_in_threadpool(question)

        headers = {"Cache-Control": NOT_AT_ALL, "X-Accel-Buffering": "no"}
        told = server_sent(news, ask, lasts)
        return StreamingResponse(told, headers=headers, media_type="text/event-stream")

    @router.get("/entries/{position}/files/{sha256}")
    async def file(request: Request, position: int, sha256: str) -> Response:
        """Answer with an evidence file that an entry names: to be kept, never shown in the page."""
        stored = await one(request, position)
        named = _named(stored, sha256)
        if named is None or runtime.evidence.size(sha256) is None:
            raise NotThere("blob")
        headers = {
            "Cache-Control": NOT_AT_ALL,
            "Content-Disposition": f'attachment; filename="{sha256}"',
            "Content-Length": str(named.size),
            "X-Content-Type-Options": "nosniff",
        }
        content = runtime.evidence.content(sha256)
        return StreamingResponse(content, headers=headers, media_type="application/octet-stream")

    @router.get("/entries/{position}")
    async def entry(request: Request, position: int) -> Response:
        """Answer with the exact bytes of an entry: what its leaf hash is over."""
        found = await one(request, position)
        return cached(request, Response(found.data, media_type="application/json"), NOT_AT_ALL)

    @router.get("/entries/{position}/receipt")
    async def receipt(request: Request, position: int) -> Response:
        """Answer with the receipt of an entry, as it was given to whoever submitted it."""
        await one(request, position)

        def question() -> bytes:
            with runtime.log.database.read() as connection:
                return receipt_at(connection, position)

        told = await run_in_threadpool(question)
        return cached(request, Response(told, media_type="text/plain; charset=utf-8"), NOT_AT_ALL)

    @router.get("/reads")
    async def reads(
        request: Request,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    ) -> Response:
        """Answer with who asked for what that is confidential, after a number, oldest first."""
        rows: Any = await run_in_threadpool(guard.access.noted, after, limit)
        told = [dict(row._mapping) for row in rows]
        return confidential(request, {"reads": told, "next": told[-1]["number"] if told else None})

    return router


def _named(stored: Stored | Damaged, sha256: str) -> Attachment | None:
    """Return how an entry names a file; what is damaged names none."""
    files = stored.statement.attachments if isinstance(stored, Stored) else ()
    return next((its for its in files if its.sha256 == sha256), None)


def _line(stored: Stored | Damaged) -> bytes:
    """A line holds the entry itself; of a damaged one, which is no JSON to rely on, its bytes as a text."""
    entry = stored.data if isinstance(stored, Stored) else json.dumps(stored.data.decode("latin-1")).encode()
    return b'{"entry":%s,"position":%d}\n' % (entry, stored.position)
