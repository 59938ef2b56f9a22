"""The pages that everybody may read: the rounds, a round's published result, and the files of the look."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from api.answers import Answer
from api.pages.asking import Asking
from api.pages.look import page, static_answer
from api.pages.proof import proof_of
from api.pages.refused import Choice, NotAmong
from api.pages.results import Results, table_rows
from api.runtime import Runtime
from api.service.answering import BRIEFLY, cached, table
from api.service.errors import NotThere
from api.service.guard import Guard

_ROUNDS = ("round", "evaluated_year", "phase", "agencies", "published_version", "published_at")
Number = Annotated[
    int | None, Query(ge=1, description="A published version; the newest where none is named.")
]


def public_pages(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes; `guard` follows what other processes committed."""
    router, results, ask = APIRouter(include_in_schema=False), Results(runtime), Asking(runtime, guard)

    async def about(code: str, version: int | None) -> Answer:
        def question(connection: Connection) -> Answer:
            its = ask.round(code)
            told = results.about(connection, its, version)
            if version is not None and told["version"] is None:
                there = [Choice(f"/rounds/{code}?version={v.number}", str(v.number)) for v in its.versions]
                raise NotAmong("version", str(version), there)
            proof = told["version"] and proof_of(runtime, connection, told["version"]["position"])
            return {**told, "proof": proof}

        return await ask(question)

    @router.get("/static/{digest}/{name}")
    async def look(request: Request, digest: str, name: str) -> Response:
        """Answer with the stylesheet, or the mark."""
        try:
            return static_answer(request, digest, name)
        except KeyError:
            raise NotThere("file") from None

    @router.get("/")
    async def home(request: Request) -> Response:
        """Show the rounds."""
        told = await ask(lambda _: results.rounds())
        return page(request, "rounds.html", **told, now=_now(runtime))

    @router.get("/rounds.json")
    async def rounds(request: Request) -> Response:
        """Answer with the rounds."""
        return cached(request, JSONResponse(await ask(lambda _: results.rounds())), BRIEFLY)

    @router.get("/rounds.csv")
    async def rounds_table(request: Request) -> Response:
        """Answer with the rounds as a table."""
        told = await ask(lambda _: results.rounds())
        return table(request, _ROUNDS, told["rounds"], BRIEFLY)

    @router.get("/rounds/{code}.json")
    async def round_data(request: Request, code: str, version: Number = None) -> Response:
        """Answer with all that the page of a round shows."""
        return cached(request, JSONResponse(await about(code, version)), BRIEFLY)

    @router.get("/rounds/{code}.csv")
    async def round_table(request: Request, code: str, version: Number = None) -> Response:
        """Answer with the published places as a table."""
        columns, rows = table_rows(await about(code, version))
        return table(request, columns, rows, BRIEFLY)

    @router.get("/rounds/{code}")
    async def round_page(request: Request, code: str, version: Number = None) -> Response:
        """Show a round: its result by block, its versions, how it was computed, what proves it."""
        told = await about(code, version)
        return page(request, "round.html", **told, now=_now(runtime), site=guard.site)

    return router


def _now(runtime: Runtime) -> datetime:
    """Return the present by the log's clock, which a demo's script runs on from."""
    return runtime.clock()
