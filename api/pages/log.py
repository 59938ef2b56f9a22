"""The pages of the log itself: its entries, newest first, and one with its bytes, signers and proof."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select
from starlette.responses import Response

from api.answers import Answer
from api.dossier_contents import Damaged
from api.pages.asking import Asking
from api.pages.entry import SHOWN, damaged, entry
from api.pages.finding_aid import COLUMNS, FindingAid, Looked
from api.pages.look import page
from api.pages.refused import Choice, NotAmong
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, confidential, table
from api.service.errors import NotThere
from api.service.guard import Guard
from api.service.readable import END, Readable
from api.service.rounds import searcher
from audit.ledger.tables import stored_events

_ITS = stored_events.c


def log_pages(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes; each is limited by what its row grants to whoever asks."""
    router, ask = APIRouter(include_in_schema=False), Asking(runtime, guard)
    readable, aid = Readable(runtime, guard), FindingAid(runtime, guard)

    def show(request: Request, template: str, told: Answer) -> Response:
        return page(request, template, NOT_AT_ALL, caller=request.state.caller, **told)

    async def looked(request: Request, address: str) -> Answer:
        asked = {name: value.strip() for name, value in request.query_params.items()}
        known = ("round", "type", "agency", "criterion", "before", "after")
        wanted = Looked(
            address=address,
            words=asked.get("q", ""),
            **{name: asked.get(name) or None for name in known},
        )
        return await ask(lambda connection: aid.found(request, connection, wanted))

    def routes(address: str, template: str) -> None:
        """Add the three forms of what is looked for: a page, its data, and a table."""

        @router.get(f"{address}.json")
        async def data(request: Request) -> Response:
            """Answer with all that the page shows."""
            return confidential(request, await looked(request, address))

        @router.get(f"{address}.csv")
        async def rows(request: Request) -> Response:
            """Answer with its entries as a table."""
            told = await looked(request, address)
            return table(request, (*COLUMNS, "sentence_vi", "sentence_en"), told["events"])

        @router.get(address)
        async def found(request: Request) -> Response:
            """Show entries, newest first, with facets."""
            return show(request, template, {**await looked(request, address), "address": address})

    routes("/log", "log.html")
    routes("/search", "search.html")

    # --- one entry --------------------------------------------------------------------------------------

    async def one(request: Request, named: str) -> Answer:
        def question(connection: Connection) -> Answer:
            try:
                stored = readable.one(request, connection, _position(named))
            except NotThere:
                raise NotAmong("entry", named, _near(request, connection, named)) from None
            if isinstance(stored, Damaged):
                return damaged(runtime, connection, stored)
            reach = guard.reach(request, stored.statement.round or "")
            reader = searcher(runtime, reach)
            return entry(
                runtime, connection, reader, stored, lambda which: readable.seen(request, connection, which)
            )

        return await ask(question)

    def _near(request: Request, connection: Connection, named: str) -> list[Choice]:
        """The entries nearest to a place in the log, of those in which something may be read."""
        at, limits = min(max(_position(named), 0), END - 1), readable.limits(request)
        older = select(_ITS.position).where((_ITS.position < at) & limits).order_by(_ITS.position.desc())
        newer = select(_ITS.position).where((_ITS.position > at) & limits).order_by(_ITS.position)
        around = [p for query in (older, newer) for p in connection.execute(query.limit(3)).scalars()]
        there = {s.position for s in readable.seen(request, connection, _ITS.position.in_(around))}
        return [Choice(f"/log/{position}", str(position)) for position in around if position in there]

    @router.get("/log/{position}.json")
    async def entry_data(request: Request, position: str) -> Response:
        """Answer with all that the page of an entry shows."""
        return confidential(request, await one(request, position))

    @router.get("/log/{position}")
    async def entry_page(request: Request, position: str) -> Response:
        """Show one entry: what it says, its bytes, who signed it and whether that holds, where it lies."""
        told = await one(request, position)
        if told["damaged"]:
            return show(request, "damaged.html", {**told, "shown": SHOWN})
        written = json.dumps(told["statement"], ensure_ascii=False, indent=2)
        return show(request, "entry.html", {**told, "statement_text": written, "shown": SHOWN})

    return router


def _position(named: str) -> int:
    """Read a position; beyond any where it is none."""
    return int(named) if named.isascii() and named.isdigit() and len(named) < 19 else END
