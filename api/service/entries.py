"""Entries as they lie in the log, one by one or as a stream, for those who may see what they say."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import ColumnElement, Connection, false, or_, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.dossier_contents import Damaged, Stored, may_see, may_see_damaged, read_stored, still_sealed
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, cached, confidential
from api.service.caller import Reach
from api.service.errors import NotThere
from api.service.guard import Guard
from audit.ledger.receipts import receipt_at
from audit.ledger.tables import head, stored_events
from domain.visibility import Visibility

MOST = 1000
"""So many entries are told at once; the next ones are asked for after the last position."""
_LINES = "application/x-ndjson"
_ITS = stored_events.c


def entries(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes of entries, and of what was read."""
    router = APIRouter(prefix="/v1")

    def _seen(
        request: Request, which: ColumnElement[bool], connection: Connection
    ) -> Iterator[Stored | Damaged]:
        """Yield the entries that may be read among some of them: header and body, or nothing of it.

        What is damaged is handed out as it lies there, to whoever may see all that its kind can say.
        """
        limits, everything = _limits(request)
        damaged: list[Damaged] = []
        told = list(read_stored(connection, which & limits, damaged))
        yield from (one for one in damaged if _sees_damaged(request, one, connection))
        hidden = _sealed(connection, told)
        for stored in told:
            its = _classes(request, stored)
            whole = Visibility.PARTIES in its and may_see(stored.statement, its)
            if stored.position not in hidden and (everything or whole):
                yield stored

    def _limits(request: Request) -> tuple[ColumnElement[bool], bool]:
        """Return what may be read at all, as a condition, and whether it is everything."""
        everywhere = guard.reach(request, "")
        if everywhere.agencies is None:
            return _ITS.position >= 0, everywhere.classes(None) == frozenset(Visibility)
        conditions: list[ColumnElement[bool]] = []
        for code in list(runtime.intake.standing.rounds):
            agencies = guard.reach(request, code).agencies or frozenset()
            conditions += [*_records(code, agencies), *_disputes(code, agencies)]
        return or_(false(), *conditions), False

    def _disputes(code: str, agencies: Collection[str]) -> Iterator[ColumnElement[bool]]:
        for (its, name), dispute in list(runtime.intake.standing.disputes.items()):
            if its == code and dispute.agency in agencies:
                yield _ITS.originator_id == f"{code}/{name}"

    def _classes(request: Request, stored: Stored) -> frozenset[Visibility]:
        reach: Reach = guard.reach(request, stored.statement.round or "")
        return reach.classes(stored.statement.agency)

    def _sees_damaged(request: Request, one: Damaged, connection: Connection) -> bool:
        code, agency = (*one.stream.split("/"), None)[:2]
        its = guard.reach(request, str(code)).classes(agency)
        return Visibility.PARTIES in its and may_see_damaged(connection, one, its)

    async def ask(request: Request, which: ColumnElement[bool]) -> list[Stored | Damaged]:
        def question() -> list[Stored | Damaged]:
            with runtime.log.database.read() as connection:
                return list(_seen(request, which, connection))

        return await run_in_threadpool(question)

    async def one(request: Request, position: int) -> Stored | Damaged:
        """Return an entry; raises NotThere for one that may not be read as for one that is not there."""
        if not 0 <= position < 2**63 or not (found := await ask(request, _ITS.position == position)):
            raise NotThere("entry")
        return found[0]

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
            limits, _ = _limits(request)
            query = select(_ITS.position).where((_ITS.position > after) & limits)
            wanted = connection.execute(query.order_by(_ITS.position).limit(limit)).scalars().all()
            if not wanted:
                return [], None
            last = wanted[-1]
            between = (_ITS.position > after) & (_ITS.position <= last)
            found = sorted(_seen(request, between, connection), key=lambda one: one.position)
            return found, last if last + 1 < size else None

        def question() -> tuple[list[Stored | Damaged], int | None]:
            with runtime.log.database.read() as connection:
                return page(connection)

        found, follows = await run_in_threadpool(question)
        response = cached(request, Response(b"".join(map(_line, found)), media_type=_LINES), NOT_AT_ALL)
        if follows is not None:
            response.headers["Minhchung-Next"] = str(follows)
        return response

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


def _records(code: str, agencies: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Yield where the records of some agencies lie: the dossier's stream, and those of its cells."""
    for agency in agencies:
        yield _ITS.originator_id == f"{code}/{agency}"
        yield _ITS.originator_id.startswith(f"{code}/{agency}/", autoescape=True)


def _sealed(connection: Connection, told: Collection[Stored]) -> set[int]:
    """Return which of these are opinions that nobody may see yet, by all that was said of their cells."""
    opened = [s for s in told if s.statement.type == "OpinionOpened.v1"]
    cells = {(s.statement.round, s.statement.agency, s.statement.criterion) for s in opened}
    hidden: set[int] = set()
    for cell in cells:
        stream = "/".join(str(part) for part in cell)
        hidden |= still_sealed(read_stored(connection, _ITS.originator_id == stream, []))
    return hidden


def _line(stored: Stored | Damaged) -> bytes:
    """A line holds the entry itself; of a damaged one, which is no JSON to rely on, its bytes as a text."""
    entry = stored.data if isinstance(stored, Stored) else json.dumps(stored.data.decode("latin-1")).encode()
    return b'{"entry":%s,"position":%d}\n' % (entry, stored.position)
