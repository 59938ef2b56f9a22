"""What else may be read of a round: its disputes, the council's record, and how firmly ranks stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import Answer
from api.dossier import Request as DossierRequest
from api.dossier import dossier_bytes, make_dossier
from api.dossier_contents import Subject
from api.dossier_page import dossier_page
from api.history import History
from api.moments import moment_of
from api.review import Review
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, cached, confidential, table
from api.service.caller import Reach
from api.service.errors import NotThere
from api.service.guard import Guard
from api.service.rounds import AsOf, answered, named, reader_of, shown
from domain.stated.choices import Matter


def reviews(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes; each is limited by what its row grants to whoever asks."""
    router, log = APIRouter(prefix="/v1/rounds/{code}"), runtime.log

    async def review(code: str, as_of: str | None, ask: Callable[[Review, Connection], Answer]) -> Answer:
        def question(connection: Connection) -> Answer:
            size = moment_of(log, connection, as_of, code)[0]
            return ask(Review(log, connection, code, size), connection)

        return await run_in_threadpool(answered, log, question)

    async def history(code: str, as_of: str | None, ask: Callable[[History], Answer]) -> Answer:
        def question(connection: Connection) -> Answer:
            return ask(History(log, connection, code, moment_of(log, connection, as_of, code)[0]))

        return await run_in_threadpool(answered, log, question)

    def told(request: Request, code: str, answer: Answer) -> Response:
        return confidential(request, named(answer, guard.reach(request, code)))

    # --- how firmly ranks stand -------------------------------------------------------------------------

    @router.get("/pivotal")
    async def pivotal(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with the decisions whose absence alone changes a rank."""
        return told(request, code, await history(code, as_of, History.pivotal))

    @router.get("/robustness")
    async def robustness(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with between which ranks every agency stands without any one decision."""
        return told(request, code, await history(code, as_of, History.robustness))

    # --- the council and the process --------------------------------------------------------------------

    @router.get("/council/agenda")
    async def agenda(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with what is ready for a meeting, what members disagree on most first."""
        return told(request, code, await review(code, as_of, lambda its, _: its.agenda()))

    @router.get("/council/decisions")
    async def decisions(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with the council's record: every motion with votes, reason and effect; who took part."""
        return told(request, code, await review(code, as_of, lambda its, _: its.decisions()))

    @router.get("/council/precedents")
    async def precedents(
        request: Request,
        code: str,
        criterion: str | None = None,
        matter: Matter | None = None,
        as_of: AsOf = None,
    ) -> Response:
        """Answer with earlier decisions, of every round, that a case resembles."""
        answer = await review(code, as_of, lambda its, _: its.precedents(criterion, matter))
        return told(request, code, answer)

    @router.get("/conflicts")
    async def conflicts(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with every act and seat where an office and a home agency meet."""
        return told(request, code, await review(code, as_of, lambda its, _: its.conflicts()))

    @router.get("/changes")
    async def changes(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with what changed between the published versions, and the acts behind it."""
        return told(request, code, await review(code, as_of, lambda its, _: its.changes()))

    @router.get("/progress.csv")
    async def progress_table(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with where every agency stands, as a table."""
        answer = await review(code, as_of, lambda its, _: its.progress())
        rows = answer["agencies"]
        columns = (
            [name for name, value in rows[0].items() if not isinstance(value, dict)] if rows else ["agency"]
        )
        return table(request, columns, rows)

    # --- disputes ---------------------------------------------------------------------------------------

    @router.get("/disputes")
    async def disputes(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with the docket; an agency, with its own disputes."""
        answer = await review(code, as_of, lambda its, _: its.disputes())
        reach = guard.reach(request, code)
        if reach.agencies is not None:
            answer["disputes"] = [one for one in answer["disputes"] if reach.covers(one["agency"])]
            del answer["awards_flagged"]
        return told(request, code, answer)

    @router.get("/disputes/{name}")
    async def dispute(request: Request, code: str, name: str, as_of: AsOf = None) -> Response:
        """Answer with one dispute: its course, its clocks, its events, what was decided and corrected."""
        reach = guard.reach(request, code)

        def question(its: Review, connection: Connection) -> Answer:
            answer = its.dispute(name)
            agency = answer["dispute"]["agency"]
            if not reach.covers(agency):
                raise NotThere("record")
            if reach.agencies is not None:
                del answer["decision"]  # who voted how is the council's to say
            return shown(connection, code, agency, answer, reach)

        return confidential(request, await review(code, as_of, question))

    # --- dossiers ---------------------------------------------------------------------------------------

    @router.get("/agencies/{agency}/dossier.html")
    async def dossier(
        request: Request, code: str, agency: str, criterion: str | None = None, dispute: str | None = None
    ) -> Response:
        """Answer with a dossier as the one page that verifies itself offline; to be kept, not shown."""
        reach: Reach = guard.reach(request, code)
        if not reach.covers(agency):
            raise NotThere("record")
        wanted = DossierRequest(
            Subject(code, agency, criterion, dispute), reader_of(reach).value, whole=False
        )

        def question(connection: Connection) -> bytes:
            return dossier_page(dossier_bytes(make_dossier(log, connection, wanted)))

        made: Any = await run_in_threadpool(answered, log, question)
        response = cached(request, Response(made, media_type="text/html; charset=utf-8"), NOT_AT_ALL)
        parts = [code, agency, *(part for part in (criterion, dispute) if part)]
        response.headers["Content-Disposition"] = f'attachment; filename="dossier-{"-".join(parts)}.html"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return router
