"""The pages of the council: its agenda, its decisions, one motion with its precedents, draft minutes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.answers import Answer
from api.pages.asking import Asking
from api.pages.council_told import CouncilTold
from api.pages.deliberation import Deliberation
from api.pages.look import page
from api.pages.present import now
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, confidential, table
from api.service.guard import Guard
from api.service.rounds import searcher

_AGENDA = ("agency", "name_vi", "name_en", "criterion", "spread", "lowest", "highest", "given", "void")
_MOVED = ("motion", "position", "meeting", "agency", "name_vi", "name_en", "criterion", "matter", "category")
_VOTED = ("outcome", "old_points", "points", "verdict", "votes_for", "votes_against", "votes_abstain")
_DECISIONS = (*_MOVED, *_VOTED, "dissented", "rank_before", "rank_after", "reason")


def council_pages(runtime: Runtime, guard: Guard, deliberation: Deliberation) -> APIRouter:
    """Return the routes; those who read the council's record read all of it."""
    router = APIRouter(prefix="/rounds/{code}/council", include_in_schema=False)
    ask = Asking(runtime, guard)

    def show(request: Request, template: str, told: Answer) -> Response:
        shown = {**told, "now": now(runtime)}
        return page(request, template, NOT_AT_ALL, caller=request.state.caller, **shown)

    def told_to(request: Request, code: str, connection: Connection) -> CouncilTold:
        reader = searcher(runtime, guard.reach(request, code))
        return CouncilTold(runtime, connection, ask.round(code), deliberation, reader)

    async def agenda(request: Request, code: str) -> Answer:
        return await ask(lambda connection: told_to(request, code, connection).agenda())

    async def decisions(request: Request, code: str) -> Answer:
        return await ask(lambda connection: told_to(request, code, connection).decisions())

    async def motion(request: Request, code: str, position: str) -> Answer:
        return await ask(lambda connection: told_to(request, code, connection).motion(position))

    async def minutes(request: Request, code: str, name: str) -> Answer:
        return await ask(lambda connection: told_to(request, code, connection).minutes(name))

    # --- agenda -----------------------------------------------------------------------------------------

    @router.get(".json")
    async def agenda_data(request: Request, code: str) -> Response:
        """Answer with all that the page of the council shows."""
        return confidential(request, await agenda(request, code))

    @router.get(".csv")
    async def agenda_table(request: Request, code: str) -> Response:
        """Answer with the agenda as a table, what members disagree on most first."""
        return table(request, _AGENDA, (await agenda(request, code))["agenda"])

    @router.get("")
    async def agenda_page(request: Request, code: str) -> Response:
        """Show what is ready for a meeting, the meetings, and how members took part; no effect on ranks."""
        return show(request, "council.html", await agenda(request, code))

    # --- decisions --------------------------------------------------------------------------------------

    @router.get("/decisions.json")
    async def decisions_data(request: Request, code: str) -> Response:
        """Answer with every motion, and what each decision did once its vote had closed."""
        return confidential(request, await decisions(request, code))

    @router.get("/decisions.csv")
    async def decisions_table(request: Request, code: str) -> Response:
        """Answer with the same as a table."""
        told = await decisions(request, code)
        return table(request, _DECISIONS, [{**one, **_ranks(one)} for one in told["decisions"]])

    @router.get("/decisions")
    async def decisions_page(request: Request, code: str) -> Response:
        """Show every motion with its votes, reason and dissents, and what it did."""
        return show(request, "decisions.html", await decisions(request, code))

    @router.get("/motions/{position}.json")
    async def motion_data(request: Request, code: str, position: str) -> Response:
        """Answer with one motion: who said and voted what, and earlier decisions that it resembles."""
        return confidential(request, await motion(request, code, position))

    @router.get("/motions/{position}")
    async def motion_page(request: Request, code: str, position: str) -> Response:
        """Show the same."""
        return show(request, "motion.html", await motion(request, code, position))

    # --- minutes ----------------------------------------------------------------------------------------

    @router.get("/meetings/{name}.json")
    async def minutes_data(request: Request, code: str, name: str) -> Response:
        """Answer with all that the draft minutes of a meeting are made of."""
        return confidential(request, await minutes(request, code, name))

    @router.get("/meetings/{name}")
    async def minutes_page(request: Request, code: str, name: str) -> Response:
        """Show draft minutes, to be printed: everything in them is an entry of the log."""
        return show(request, "minutes.html", await minutes(request, code, name))

    return router


def _ranks(one: Answer) -> Answer:
    effect = one["effect"]
    return {f"rank_{side}": effect and effect[side]["rank"] for side in ("before", "after")}
