"""The pages of those signed in: a round's ranking at any moment, an agency's scores, one score's story."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import answers
from api.answers import Answer
from api.moments import moments_of
from api.pages.asking import Asking
from api.pages.look import page
from api.pages.refused import Choice, NotAmong
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, confidential
from api.service.caller import Reach
from api.service.guard import Guard
from api.service.rounds import shown
from audit.proofs.keys import DEMO_ORIGIN
from domain.standing import Round

AsOf = Annotated[
    str | None,
    Query(alias="as_of", description="A size of the log, a time, or a stage such as published-v1."),
]
_SCORE = "/agencies/{agency}/criteria/{criterion}"


def record_pages(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes; each is limited by what its row grants to whoever asks."""
    router, ask = APIRouter(prefix="/rounds/{code}", include_in_schema=False), Asking(runtime, guard)
    names = runtime.intake.standing.agencies

    def show(request: Request, template: str, told: Answer) -> Response:
        demo = runtime.origin == DEMO_ORIGIN
        return page(request, template, NOT_AT_ALL, caller=request.state.caller, demo=demo, **told)

    def agency_of(found: Round, reach: Reach, agency: str) -> str:
        """Return an agency that may be read; raises NotAmong, which names only those that may be."""
        theirs = [one for one in found.agencies if reach.covers(one)]
        if agency not in theirs:
            there = [
                Choice(f"/rounds/{found.code}/agencies/{one}", f"{one} · {names[one].name_vi}", one)
                for one in theirs
            ]
            raise NotAmong("agency", agency, there)
        return agency

    def as_of(connection: Connection, told: Answer, found: Round, size: int, address: str) -> Answer:
        """Add what the as-of bar shows."""
        return {
            **told,
            "address": address,
            "moments": moments_of(runtime.log, connection, found.code),
            "newest": runtime.intake.size,
            "chosen": size,
        }

    # --- ranking ----------------------------------------------------------------------------------------

    @router.get("/ranking")
    async def ranking(request: Request, code: str, moment: AsOf = None) -> Response:
        """Show the places of a round at a moment: to an agency its own."""
        found, reach = ask.round(code), guard.reach(request, code)
        address = f"/rounds/{code}/ranking"

        def question(connection: Connection) -> Answer:
            size = ask.size(connection, code, moment, address)
            told = answers.ranking(runtime.log, connection, code, None, size, reach.agencies)
            return as_of(connection, told, found, size, address)

        return show(request, "ranking.html", await ask(question))

    # --- scores -----------------------------------------------------------------------------------------

    @router.get("/agencies/{agency}")
    async def agency_page(request: Request, code: str, agency: str, moment: AsOf = None) -> Response:
        """Show the scores of an agency, area by area."""
        found, reach = ask.round(code), guard.reach(request, code)
        agency_of(found, reach, agency)
        address = f"/rounds/{code}/agencies/{agency}"

        def question(connection: Connection) -> Answer:
            size = ask.size(connection, code, moment, address)
            told = answers.scores(runtime.log, connection, code, agency, size)
            by_code = {cell["criterion"]: cell for cell in told["cells"]}
            return as_of(connection, {**told, "by_code": by_code}, found, size, address)

        return show(request, "agency.html", await ask(question))

    async def score(request: Request, code: str, agency: str, criterion: str, moment: str | None) -> Answer:
        found, reach = ask.round(code), guard.reach(request, code)
        agency_of(found, reach, agency)
        if found.criterion_for(agency, criterion) is None:
            block = found.agencies[agency]
            start = f"/rounds/{code}/agencies/{agency}/criteria"
            there = [
                Choice(f"{start}/{one.code}", f"{one.code} · {one.name_vi}", one.code)
                for one in found.criteria.criteria
                if block in one.applies_to
            ]
            raise NotAmong("criterion", criterion, there)
        address = f"/rounds/{code}/agencies/{agency}/criteria/{criterion}"

        def question(connection: Connection) -> Answer:
            size = ask.size(connection, code, moment, address)
            told = answers.trace(runtime.log, connection, code, agency, criterion, size)
            return as_of(connection, shown(connection, code, agency, told, reach), found, size, address)

        return await ask(question)

    @router.get(f"{_SCORE}.json")
    async def score_data(
        request: Request,
        code: str,
        agency: str,
        criterion: str,
        moment: AsOf = None,
    ) -> Response:
        """Answer with all that the page of a score shows."""
        return confidential(request, await score(request, code, agency, criterion, moment))

    @router.get(_SCORE)
    async def score_page(
        request: Request,
        code: str,
        agency: str,
        criterion: str,
        moment: AsOf = None,
    ) -> Response:
        """Show a score: its stages side by side, and the story of the events that made it."""
        told: dict[str, Any] = await score(request, code, agency, criterion, moment)
        return show(request, "score.html", {**told, "cell": told["cells"][0]})

    return router
