"""An agency's page: its scorecard beside its block, its rank over time, what is open, and what if it won."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import answers
from api.answers import Answer
from api.clock import real_clock
from api.history import History
from api.inbox import marks_of
from api.pages.ranking import moments_until
from api.pages.reader import ROUND, AsOf, Record
from api.pages.winning import claimed, claims, won
from api.register import Register, read_register
from api.review import plain
from api.service.answering import confidential, table
from api.service.caller import Capacity, Reach
from api.service.deliberating import effects_hidden
from api.service.errors import Undecided
from domain.points import published
from domain.standing import Round
from domain.visibility import Visibility
from projections.pending import Desk, Pending
from projections.pending_agencies import of_agency
from projections.pending_council import of_disputes
from projections.progress import progress_of
from projections.states import lay, lay_named

_CELLS = ("criterion", "name_vi", "name_en", "points", "maximum", "stage", "flags", "counts", "made_by")
_OPEN = ("act", "office", "due", "overdue", "since", "criteria", "basis", "owed")
_TOLD = ("due", "declared", "verified", "missing", "late", "flagged", "returned", "unexplained", "alerts")
Win = Annotated[str | None, Query(description="A criterion: what if the points that were claimed counted?")]
Points = Annotated[str | None, Query(description="Other points than those; for readers of every agency.")]


def agency_pages(record: Record) -> APIRouter:
    """Return the routes."""
    router, log = APIRouter(prefix=ROUND), record.runtime.log

    async def told(
        request: Request,
        code: str,
        agency: str,
        moment: str | None,
        win: str | None = None,
        points: str | None = None,
    ) -> Answer:
        found, reach = record.reader(request, code)
        record.agency(found, reach, agency)
        address = f"/rounds/{code}/agencies/{agency}"
        hidden = effects_hidden(record.runtime.intake.standing, request.state.caller, code)
        if win and hidden:
            raise Undecided(code)

        def question(connection: Connection, size: int) -> Answer:
            register = _laid(record, connection, found, agency, size)
            cells = answers.scores(log, connection, code, agency, size, register)
            ranked = ranks_are_theirs(reach, agency)
            its: Answer = {
                **cells,
                "every": reach.agencies is None,
                "ranked": ranked,
                "affairs": None,
                "places": [],
                "won": None,
                "claims": claims(register, found, agency, cells["cells"]) if ranked and not hidden else [],
            }
            if Visibility.PARTIES in reach.classes(agency):
                its["affairs"] = _affairs(connection, register, found, agency, now_of(record, register))
            if ranked:
                medians = record.reckoned.medians(connection, found, found.agencies[agency], size)
                for area in its["areas"]:
                    area["median"] = published(medians[area["area"]]) if medians else None
                its["places"] = _places(record, connection, found, agency, size)
                if win:
                    wanted = claimed(its, win, points if its["every"] else None)
                    its["won"] = won(History(log, connection, code, size), its, win, wanted)
            return its

        return await record.at(found, moment, address, question)

    @router.get("/agencies/{agency}.json")
    async def data(
        request: Request,
        code: str,
        agency: str,
        moment: AsOf = None,
        win: Win = None,
        points: Points = None,
    ) -> Response:
        """Answer with all that the page shows."""
        return confidential(request, await told(request, code, agency, moment, win, points))

    @router.get("/agencies/{agency}.csv")
    async def cells(request: Request, code: str, agency: str, moment: AsOf = None) -> Response:
        """Answer with the cells as a table."""
        return table(request, _CELLS, (await told(request, code, agency, moment))["cells"])

    @router.get("/agencies/{agency}")
    async def shown(
        request: Request,
        code: str,
        agency: str,
        moment: AsOf = None,
        win: Win = None,
        points: Points = None,
    ) -> Response:
        """Show an agency: its cells area by area, its rank over time, what is open."""
        its = await told(request, code, agency, moment, win, points)
        by_code = {cell["criterion"]: cell for cell in its["cells"]}
        given = points if its["won"] and its["every"] else None
        return record.show(request, "agency.html", {**its, "by_code": by_code, "given": given})

    return router


def ranks_are_theirs(reach: Reach, agency: str) -> bool:
    """Whether somebody may read an agency's rank: who only inspects it may not."""
    its = (grant for grant in reach.grants if grant.agencies is None or agency in grant.agencies)
    return any(grant.capacity is not Capacity.INSPECTOR for grant in its)


def now_of(record: Record, register: Register) -> datetime:
    """Return the present; of a scripted log, or of the past, the moment of the newest entry."""
    live = register.keyring.genesis.clock == "real" and register.size == record.runtime.intake.size
    return real_clock() if live else register.moment


def _laid(record: Record, connection: Connection, found: Round, agency: str, size: int) -> Register:
    """Return the register of a moment, and over it what stood about one agency."""
    register = read_register(record.runtime.log, connection, size, found.code)
    cells = [f"{agency}/{criterion}" for criterion in found.criteria.by_code]
    its = {"dossier": [agency], "activity": [agency], "cell": cells}
    lay_named(register.standing, connection, found.code, size, its)
    lay(register.standing, connection, found.code, size, ("letter", "dispute"))
    dossier = register.standing.dossier(found.code, agency)
    declared = {
        code for code in found.criteria.by_code if register.standing.cell(found.code, agency, code).declared
    }
    register.standing.dossiers[found.code, agency] = replace(dossier, declared=frozenset(declared))
    return register


def _affairs(connection: Connection, register: Register, found: Round, agency: str, now: datetime) -> Answer:
    """Return what is missing or late, and what is waited for, first what is due first."""
    standing, zone = register.standing, found.zone
    its = register.round(found.code)
    marks = marks_of(connection, standing, found.code, register.size)
    desk = Desk(standing, found.code, marks, now)
    pending = [*of_agency(desk, agency), *(one for one in of_disputes(desk) if one.party == agency)]
    stands = plain(progress_of(standing, its, agency, now), zone)
    return {
        **{name: stands[name] for name in _TOLD},
        "now": now.astimezone(zone).isoformat(),
        "open": [_open(one, zone) for one in sorted(pending, key=_urgency)],
    }


def _urgency(one: Pending) -> tuple[bool, float, int]:
    return one.due is None, one.due.timestamp() if one.due else 0.0, one.since


def _open(one: Pending, zone: Any) -> Answer:
    told: Answer = plain(one, zone)
    return {name: told[name] for name in _OPEN}


def _places(record: Record, connection: Connection, found: Round, agency: str, size: int) -> list[Answer]:
    """Return an agency's rank and score at the named moments, and at a size."""
    held = {
        name: (at, record.reckoned.places(connection, found.code, at).get(agency))
        for name, at in moments_until(record, connection, found.code, size).items()
    }
    return [
        {
            "moment": name,
            "size": at,
            "rank": row.rank,
            "shared": row.shared,
            "score": published(row.ranking_score),
            "since": row.since,
        }
        for name, (at, row) in held.items()
        if row is not None
    ]
