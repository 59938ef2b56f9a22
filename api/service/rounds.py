"""What may be read of a round by those signed in: places, cells, events, what awaits them, what if."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import answers, findings
from api.answers import Answer
from api.board import Board
from api.checking import proofs
from api.dossier import Reader, dossier_bytes, make_dossier
from api.dossier import Request as DossierRequest
from api.dossier_contents import Subject
from api.errors import CommandError, NotPossible
from api.following import LogSource
from api.history import History
from api.moments import moment_of
from api.publication import seen, unnamed
from api.register import as_followed
from api.review import Review
from api.runtime import Log, Runtime
from api.search import LONGEST_PAGE, PAGE, Question
from api.search import answer as answer_question
from api.service.answering import NOT_AT_ALL, Written, as_table, cached, confidential
from api.service.caller import Capacity, Reach
from api.service.deliberating import effects_hidden
from api.service.errors import NotThere, RequestRefused, Undecided
from api.service.guard import Guard
from api.service.kept import Kept
from api.supposing import points, positions
from audit.ledger.tables import head, stored_events
from domain.criteria import Block
from domain.refusals import Malformed
from domain.visibility import Visibility
from projections.findings import Kind
from projections.pending import Office
from projections.search import Reader as Searcher

AsOf = Annotated[
    str | None,
    Query(description="A size of the log, a time such as 2017-06-01T08:00, or a stage such as published-v1."),
]
Many = Annotated[list[str] | None, Query()]
Ask = Callable[[Connection], Any]
Told = TypeVar("Told")
SUPPOSED = 500
"""So many positions may be left out in one question."""
_PLACE = ("block", "rank", "shared", "agency", "name_vi", "name_en", "score", "total", "bonus", "deductions")
_PLACES = (*_PLACE, "class")
_CELLS = ("criterion", "name_vi", "name_en", "points", "maximum", "stage", "flags", "counts", "made_by")
_OUTSIDE = ("position", "id", "type", "made_the_number", "arrived_at", "received_at")


def answered(log: Log, question: Callable[[Connection], Told]) -> Told:
    """Ask within one transaction; raises RequestRefused for what leaves the question without an answer."""
    try:
        with log.database.read() as connection:
            return question(connection)
    except (NotPossible, Malformed) as wrong:
        refused = wrong.refused if isinstance(wrong, NotPossible) else wrong.refusal
        raise NoAnswer(refused.rule, **refused.facts) from None
    except CommandError:
        raise NotThere("record") from None


def rounds(runtime: Runtime, guard: Guard, kept: Kept) -> APIRouter:
    """Return the routes about a round; each is limited by what its row grants to whoever asks."""
    router, log = APIRouter(prefix="/v1/rounds/{code}"), runtime.log

    async def ask(question: Ask) -> Any:
        return await run_in_threadpool(answered, log, question)

    def reach_of(request: Request, code: str, agency: str | None = None) -> Reach:
        """Return what may be read; raises NotThere for an agency that is not in it, or nowhere."""
        reach = guard.reach(request, code)
        if agency is not None and not reach.covers(agency):
            raise NotThere("record")
        return reach

    def at(connection: Connection, code: str, as_of: str | None) -> int:
        return moment_of(log, connection, as_of, code)[0]

    # --- places and cells -------------------------------------------------------------------------------

    def _ranked(code: str, block: Block | None, as_of: str | None, reach: Reach) -> Ask:
        name = block and block.value
        return lambda connection: answers.ranking(
            log, connection, code, name, at(connection, code, as_of), reach.agencies
        )

    @router.get("/rankings")
    async def rankings(
        request: Request, code: str, block: Block | None = None, as_of: AsOf = None
    ) -> Response:
        """Answer with the places of a round: for an agency with its own, before it is published too."""
        reach = reach_of(request, code)
        return await kept.answer(request, reach, _ranked(code, block, as_of, reach))

    @router.get("/rankings.csv")
    async def rankings_table(
        request: Request, code: str, block: Block | None = None, as_of: AsOf = None
    ) -> Response:
        """Answer with the same as a table."""
        reach = reach_of(request, code)
        return await kept.answer(request, reach, _ranked(code, block, as_of, reach), _places_table)

    def _scored(code: str, agency: str, as_of: str | None) -> Ask:
        return lambda connection: answers.scores(log, connection, code, agency, at(connection, code, as_of))

    @router.get("/agencies/{agency}/scores")
    async def scores(request: Request, code: str, agency: str, as_of: AsOf = None) -> Response:
        """Answer with the cells of an agency: points, stage, flags, and the positions that made them."""
        return await kept.answer(request, reach_of(request, code, agency), _scored(code, agency, as_of))

    @router.get("/agencies/{agency}/scores.csv")
    async def scores_table(request: Request, code: str, agency: str, as_of: AsOf = None) -> Response:
        """Answer with the same as a table."""
        reach = reach_of(request, code, agency)
        return await kept.answer(request, reach, _scored(code, agency, as_of), _cells_table)

    # --- what was stated --------------------------------------------------------------------------------

    @router.get("/agencies/{agency}/trace")
    async def trace(
        request: Request, code: str, agency: str, criterion: str | None = None, as_of: AsOf = None
    ) -> Response:
        """Answer with every event that made an agency's number, or a cell's, oldest first."""
        reach = reach_of(request, code, agency)

        def question(connection: Connection) -> Answer:
            size = at(connection, code, as_of)
            told = answers.trace(log, connection, code, agency, criterion, size)
            return shown(connection, code, agency, told, reach)

        return await kept.answer(request, reach, question)

    @router.get("/agencies/{agency}/criteria/{criterion}/case")
    async def case(request: Request, code: str, agency: str, criterion: str, as_of: AsOf = None) -> Response:
        """Answer with a cell and the disputes over it as one story."""
        reach = reach_of(request, code, agency)

        def question(connection: Connection) -> Answer:
            told = Review(log, connection, code, at(connection, code, as_of)).case(agency, criterion)
            return shown(connection, code, agency, told, reach)

        return await kept.answer(request, reach, question)

    @router.get("/agencies/{agency}/dossier")
    async def dossier(
        request: Request, code: str, agency: str, criterion: str | None = None, dispute: str | None = None
    ) -> Response:
        """Answer with a case and its proof as one file that proves itself anywhere."""
        reach = reach_of(request, code, agency)
        wanted = DossierRequest(
            Subject(code, agency, criterion, dispute), reader_of(reach).value, whole=False
        )
        return await made(request, wanted)

    async def made(request: Request, wanted: DossierRequest) -> Response:
        def question(connection: Connection) -> bytes:
            size = connection.execute(select(head.c.size)).scalar_one()
            return dossier_bytes(make_dossier(log, connection, wanted, as_followed(runtime, size)))

        told = Response(await ask(question), media_type="application/json")
        return cached(request, told, NOT_AT_ALL)

    @router.get("/dossier")
    async def whole(request: Request, code: str) -> Response:
        """Answer with every entry of the log and all that proves the round, for whoever computes it again."""
        return await made(request, DossierRequest(Subject(code), Reader.AUDITOR.value, whole=True))

    @router.get("/proofs")
    async def proofs_of_ranks(request: Request, code: str, version: int | None = None) -> Response:
        """Answer with what proves the ranks of a published version; to an agency its own."""
        reach = reach_of(request, code)
        if (found := runtime.intake.standing.rounds.get(code)) is None:
            raise NotThere("record")
        told = await ask(lambda connection: proofs(runtime, connection, found, version, reach.agencies))
        return confidential(request, told)

    @router.get("/search")
    async def search(
        request: Request,
        code: str,
        q: str = "",
        agency: str | None = None,
        criterion: str | None = None,
        type: str | None = None,  # noqa: A002 - what it is called in the address
        stage: str | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = PAGE,
    ) -> Response:
        """Answer with the events of a round that hold all that is asked for; `next` is the cursor."""
        reader = searcher(runtime, reach_of(request, code))
        asked = Question(
            words=q,
            round=code,
            agency=agency,
            criterion=criterion,
            type=type,
            stage=stage,
            after=after,
            before=before,
            limit=limit,
        )

        def question(connection: Connection) -> Answer:
            reached = LogSource(log).reached(connection, "search")
            return answer_question(log, connection, asked, reached, reader)

        return confidential(request, await ask(question))

    # --- the process ------------------------------------------------------------------------------------

    @router.get("/inbox")
    async def inbox(
        request: Request,
        code: str,
        actor: str | None = None,
        agency: str | None = None,
        role: Office | None = None,
        as_of: AsOf = None,
    ) -> Response:
        """Answer with what awaits whom; those who read no other records, with what awaits themselves."""
        reach = reach_of(request, code)
        if reach.agencies is not None:
            actor, agency = request.state.caller.actor, None

        def question(connection: Connection) -> Answer:
            return Review(log, connection, code, at(connection, code, as_of)).inbox(actor, agency, role)

        return confidential(request, named(await ask(question), reach))

    @router.get("/progress")
    async def progress(request: Request, code: str, as_of: AsOf = None) -> Response:
        """Answer with where every agency of the round stands."""
        reach = reach_of(request, code)

        def question(connection: Connection) -> Answer:
            return Review(log, connection, code, at(connection, code, as_of)).progress()

        return confidential(request, named(await ask(question), reach))

    @router.get("/findings")
    async def found(request: Request, code: str, kind: Kind | None = None, as_of: AsOf = None) -> Response:
        """Answer with what an auditor may want to look at, with the events behind it."""

        def question(connection: Connection) -> Answer:
            return findings.findings(Board(log, connection, code, at(connection, code, as_of)), kind)

        return confidential(request, await ask(question))

    # --- other moments, other decisions -----------------------------------------------------------------

    @router.get("/diff")
    async def diff(request: Request, code: str, since: str, until: str | None = None) -> Response:
        """Answer with what changed between two moments, and the fewest events that explain each rank."""
        reach = reach_of(request, code)

        def question(connection: Connection) -> Answer:
            history = History(log, connection, code, at(connection, code, until))
            return history.since(history.moment(since))

        return confidential(request, named(await ask(question), reach))

    @router.get("/what-if")
    async def what_if(
        request: Request,
        code: str,
        without: Many = None,
        adjust: Many = None,
        uphold: Many = None,
        as_of: AsOf = None,
    ) -> Response:
        """Answer with every rank as it is, and as it would be with other decisions; nothing is written."""
        reach = reach_of(request, code)
        if effects_hidden(runtime.intake.standing, request.state.caller, code):
            raise Undecided(code)

        def question(connection: Connection) -> Answer:
            history = History(log, connection, code, at(connection, code, as_of))
            return history.supposed(positions(without or [], SUPPOSED), points(adjust or []), uphold or [])

        return confidential(request, named(await ask(question), reach))

    return router


def _places_table(told: Answer) -> Written:
    rows = [{**place, "block": one["block"]} for one in told["blocks"] for place in one["places"]]
    return as_table(_PLACES, rows)


def _cells_table(told: Answer) -> Written:
    return as_table(_CELLS, told["cells"])


class NoAnswer(RequestRefused):
    """A question that a rule leaves without an answer."""

    status = 422


def shown(connection: Connection, code: str, agency: str, told: Answer, reach: Reach) -> Answer:
    """Leave what the reader sees of an agency's events, and of those of others that one is there."""
    classes = reach.classes(agency)
    if classes == frozenset(Visibility):
        return told
    events = [e["position"] for e in told["events"]]
    theirs = _of_others(connection, code, events, reach)
    told = seen(told, classes, members=any(grant.agencies is None for grant in reach.grants))
    told["events"] = [
        {name: event[name] for name in _OUTSIDE} if event["position"] in theirs else event
        for event in told["events"]
    ]
    return told if Visibility.AUDITORS in classes else dict(unnamed(told))


def _of_others(connection: Connection, code: str, events: list[int], reach: Reach) -> set[int]:
    """Return which events lie in the record of an agency that the reader does not reach."""
    if reach.agencies is None:
        return set()
    its = stored_events.c
    rows = connection.execute(select(its.position, its.originator_id).where(its.position.in_(events)))
    owners = {row.position: row.originator_id.split("/")[1:2] for row in rows if "/" in row.originator_id}
    ranked = _ranked_in(connection, code)
    return {
        position for position, owner in owners.items() if owner[0] in ranked and not reach.covers(owner[0])
    }


def _ranked_in(connection: Connection, code: str) -> frozenset[str]:
    from projections.tables import ranks

    query = select(ranks.c.agency).where(ranks.c.round == code).distinct()
    return frozenset(connection.execute(query).scalars())


def named(told: Answer, reach: Reach) -> Any:
    """Leave people's names to those for whom they are no secret."""
    auditor = any(grant.capacity is Capacity.AUDITOR for grant in reach.grants)
    return told if auditor else unnamed(told)


def reader_of(reach: Reach) -> Reader:
    """For whom a dossier is made: for the widest that the reader is."""
    held = {grant.capacity for grant in reach.grants}
    if Capacity.AUDITOR in held:
        return Reader.AUDITOR
    return Reader.COUNCIL if held & {Capacity.COUNCIL, Capacity.SECRETARIAT} else Reader.AGENCY


def searcher(runtime: Runtime, reach: Reach) -> Searcher:
    """Return how far a search sees: everywhere, or in their own records beside what is published."""
    wide = [grant.classes for grant in reach.grants if grant.agencies is None]
    if wide:
        return Searcher(frozenset().union(*wide))
    own = reach.agencies or frozenset()
    narrow = [grant.classes for grant in reach.grants if grant.agencies]
    classes = frozenset(Visibility).intersection(*narrow) if narrow else frozenset({Visibility.PUBLIC})
    opened: Mapping[str, Any] = runtime.intake.standing.rounds
    published = frozenset(code for code, found in list(opened.items()) if found.versions)
    return Searcher(classes, own, published)
