"""The page that checks in the reader's own browser, and what that begins with: for anybody.

The page is given addresses, by what its reader may read; the checking is done by modules that the service
hands out unchanged, and what they fetch goes through the same doors as everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection, select
from starlette.responses import JSONResponse, Response

from api.answers import Answer
from api.checking import basis, proofs, public_agencies
from api.dossier_page import judging_words
from api.pages.asking import Asking
from api.pages.look import CHECKING, page
from api.pages.modules import START, module_answer, needed_first
from api.pages.refused import Choice, NotAmong
from api.pages.results import Results
from api.runtime import Runtime
from api.service.answering import BRIEFLY, NOT_AT_ALL, cached
from api.service.caller import Caller, Capacity
from api.service.errors import NotSignedIn, NotThere
from api.service.guard import Guard
from api.settings import Settings
from audit.ledger.tables import head, stored_events
from audit.proofs.keys import DEMO_ORIGIN

_EVERY = frozenset({Capacity.COUNCIL, Capacity.SECRETARIAT, Capacity.AUDITOR})
_PLACES = _EVERY | {Capacity.AUTHORITY, Capacity.AGENCY}
Number = Annotated[int | None, Query(ge=1)]
Position = Annotated[int | None, Query(ge=0, lt=2**63)]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be checked: an entry, a cell, an agency's record, a round; or the log alone."""

    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    version: int | None = None
    position: int | None = None


def check_pages(runtime: Runtime, settings: Settings, guard: Guard) -> APIRouter:
    """Return the routes."""
    router, results, ask = APIRouter(include_in_schema=False), Results(runtime), Asking(runtime, guard)
    standing = runtime.intake.standing

    @router.get("/static/code/{digest}/{path:path}")
    async def code(request: Request, digest: str, path: str) -> Response:
        """Answer with a module that checks."""
        try:
            return module_answer(request, digest, path)
        except KeyError:
            raise NotThere("file") from None

    @router.get("/check.json")
    async def start(request: Request) -> Response:
        """Answer with what a check begins with: keys, witnesses, checkpoints."""
        told = await ask(lambda connection: basis(runtime, settings, connection))
        return cached(request, JSONResponse(told), NOT_AT_ALL)

    @router.get("/rounds/{code}/proof.json")
    async def proof(request: Request, code: str, version: Number = None) -> Response:
        """Answer with what proves a published version to everybody."""

        def question(connection: Connection) -> Answer:
            found = ask.round(code)
            shown = results.about(connection, found, version)
            return proofs(runtime, connection, found, version, public_agencies(found, shown))

        return cached(request, JSONResponse(await ask(question)), BRIEFLY)

    @router.get("/check")
    async def check(
        request: Request,
        round_code: Annotated[str | None, Query(alias="round")] = None,
        agency: str | None = None,
        criterion: str | None = None,
        version: Number = None,
        position: Position = None,
    ) -> Response:
        """Show the check of a subject, which begins by itself."""
        wanted = Subject(round_code, agency, criterion, version, position)

        def question(connection: Connection) -> Answer:
            caller = guard.visitor(request)
            return {"caller": caller, **plan_of(connection, wanted, caller)}

        told = await ask(question)
        told["plan"]["log"] = runtime.origin
        told["plan"]["utc_offset"] = standing.log["genesis"].utc_offset
        response = page(
            request,
            "check.html",
            NOT_AT_ALL,
            demo=runtime.origin == DEMO_ORIGIN,
            start=START,
            modules=needed_first(),
            words=judging_words(),
            **told,
        )
        response.headers["Content-Security-Policy"] = CHECKING
        return response

    # --- what is fetched, by what the reader may read -----------------------------------------------------

    def plan_of(connection: Connection, its: Subject, caller: Caller | None) -> Answer:
        everywhere = caller is not None and not caller.capacities.isdisjoint(_EVERY)
        plan: dict[str, Any] = dict.fromkeys(("dossier", "entry", "proofs", "result", "position"))
        plan |= {"basis": "/check.json", "reads": everywhere}
        if its.position is not None:
            return of_entry(connection, its.position, caller, plan)
        if its.round is None:
            return {"title": "check_of_log", "about": {}, "back": "/", "plan": plan}
        if its.agency is not None:
            return of_case(its, caller, plan)
        return of_round(its, caller, plan)

    def of_entry(connection: Connection, position: int, caller: Caller | None, plan: Answer) -> Answer:
        if position >= connection.execute(select(head.c.size)).scalar_one():
            raise NotThere("entry")
        where = stored_events.c.position == position
        stream = connection.execute(select(stored_events.c.originator_id).where(where)).scalar_one()
        code, agency, criterion = (*stream.split("/"), None, None)[:3]
        if (dispute := standing.disputes.get((code, str(agency)))) is not None:
            agency, criterion = dispute.agency, dispute.criterion
        if caller is not None and (plan["reads"] or _theirs(caller, code, agency)):
            plan["entry"] = f"/v1/entries/{position}"
            if code in standing.rounds and agency is not None and _has_dossier(caller, agency):
                plan["dossier"] = _dossier(code, agency, criterion)
            elif Capacity.AUDITOR in caller.capacities and standing.rounds:
                plan["dossier"] = _whole(code if code in standing.rounds else max(standing.rounds))
        plan["position"] = position
        return {"title": "check_of_entry", "about": {"position": position}, "back": "/", "plan": plan}

    def of_case(its: Subject, caller: Caller | None, plan: Answer) -> Answer:
        if caller is None:
            raise NotSignedIn
        found = ask.round(str(its.round))
        agency = str(its.agency)
        if agency not in found.agencies or not _has_dossier(caller, agency):
            raise NotThere("agency")
        if its.criterion is not None and found.criterion_for(agency, its.criterion) is None:
            raise NotThere("criterion")
        plan["dossier"] = _dossier(found.code, agency, its.criterion)
        back = f"/rounds/{quote(found.code)}/agencies/{quote(agency)}"
        back += f"/criteria/{quote(its.criterion)}" if its.criterion else ""
        title = "check_of_score" if its.criterion else "check_of_agency"
        about = {"round": found.code, "agency": agency, "criterion": its.criterion}
        return {"title": title, "about": about, "back": back, "plan": plan}

    def of_round(its: Subject, caller: Caller | None, plan: Answer) -> Answer:
        found = ask.round(str(its.round))
        if its.version is not None and all(v.number != its.version for v in found.versions):
            there = [
                Choice(f"/check?round={quote(found.code)}&version={v.number}", str(v.number))
                for v in found.versions
            ]
            raise NotAmong("version", str(its.version), there)
        held = caller.capacities if caller is not None else frozenset()
        asked = "" if its.version is None else f"?version={its.version}"
        address = f"/rounds/{quote(found.code)}"
        plan["result"] = f"{address}.json{asked}"
        plan["proofs"] = (f"/v1{address}/proofs" if held & _PLACES else f"{address}/proof.json") + asked
        whole = Capacity.AUDITOR in held
        plan["dossier"] = _whole(found.code) if whole else None
        title = "check_of_whole" if whole else "check_of_round"
        return {"title": title, "about": {"round": found.code}, "back": address + asked, "plan": plan}

    return router


def _theirs(caller: Caller, code: str, agency: str | None) -> bool:
    return agency is not None and (agency in caller.own or agency in caller.inspects.get(code, frozenset()))


def _has_dossier(caller: Caller, agency: str) -> bool:
    """Whether a dossier of the agency's is theirs to read."""
    return not caller.capacities.isdisjoint(_EVERY) or agency in caller.own


def _dossier(code: str, agency: str, criterion: str | None) -> str:
    asked = f"?{urlencode({'criterion': criterion})}" if criterion else ""
    return f"/v1/rounds/{quote(code)}/agencies/{quote(agency)}/dossier{asked}"


def _whole(code: str) -> str:
    return f"/v1/rounds/{quote(code)}/dossier"
