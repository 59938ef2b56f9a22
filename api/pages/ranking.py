"""The ranking of a round at any moment: what moved since another one, how firm it is, how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import answers
from api.answers import Answer
from api.moments import moments_of
from api.pages.charts import bump, chart
from api.pages.look import spoken
from api.pages.reader import ROUND, AsOf, Record
from api.pages.refused import Choice, NotAmong
from api.pages.speech import Speech
from api.service.answering import confidential, table
from api.service.caller import Reach
from api.service.errors import NotThere
from api.vietnamese import order
from domain.criteria import Block
from domain.standing import Round

_PLACE = ("block", "rank", "shared", "agency", "name_vi", "name_en", "score", "total", "bonus", "deductions")
_FIRM = ("best", "worst", "best_without", "worst_without")
_COLUMNS = (*_PLACE, "class", "since")
NOW = "now"
Since = Annotated[str | None, Query(description="Another moment, to compare with; only of all agencies.")]
Agency = Annotated[str | None, Query(description="Whose line is to stand out.")]
Intervals = Annotated[bool, Query(description="Whether to find out how firmly each agency stands.")]


def ranking_pages(record: Record) -> APIRouter:
    """Return the routes: as a page, as its data, as a table, and a chart for each block."""
    router, log = APIRouter(prefix=ROUND), record.runtime.log

    async def told(
        request: Request,
        code: str,
        moment: str | None,
        since: str | None = None,
        agency: str | None = None,
        *,
        intervals: bool = False,
    ) -> Answer:
        found, reach = record.reader(request, code)
        address, every = f"/rounds/{code}/ranking", reach.agencies is None
        if agency:
            record.agency(found, reach, agency)
        if (since or intervals) and not every:
            raise NotThere("page")

        def question(connection: Connection, size: int) -> Answer:
            places = answers.ranking(log, connection, code, None, size, reach.agencies)
            compared = _compared(record, connection, found, since, size, address) if since else None
            return {
                **places,
                "every": every,
                "agency": agency or None,
                "compared": compared,
                "firm": record.reckoned.firmness(connection, code, size) if intervals and every else None,
                **_movement(record, connection, found, size, reach),
            }

        return await record.at(found, moment, address, question)

    @router.get("/ranking.json")
    async def data(
        request: Request,
        code: str,
        moment: AsOf = None,
        since: Since = None,
        intervals: Intervals = False,
    ) -> Response:
        """Answer with all that the page shows."""
        return confidential(request, await told(request, code, moment, since, intervals=intervals))

    @router.get("/ranking.csv")
    async def places(
        request: Request,
        code: str,
        moment: AsOf = None,
        intervals: Intervals = False,
    ) -> Response:
        """Answer with the places as a table, and what each was at the moments before."""
        its = await told(request, code, moment, intervals=intervals)
        firm, stages = its["firm"] or {}, list(its["stages"])
        rows = [
            {**place, "block": block["block"], **firm.get(place["agency"], {})}
            | {f"rank_{name}": its["stages"][name].get(place["agency"]) for name in stages}
            for block in its["blocks"]
            for place in block["places"]
        ]
        columns = (*_COLUMNS, *(_FIRM if firm else ()), *(f"rank_{name}" for name in stages))
        return table(request, columns, rows)

    @router.get("/ranking/{block}.svg")
    async def drawn(
        request: Request, code: str, block: Block, moment: AsOf = None, agency: Agency = None
    ) -> Response:
        """Draw how the ranks of a block moved, from moment to moment."""
        its, speech = await told(request, code, moment, agency=agency), Speech(spoken(request))
        places = next(one["places"] for one in its["blocks"] if one["block"] == block.value)
        names = {place["agency"]: speech.name(place) for place in places}
        moved = {
            names[code]: [ranks.get(code) for ranks in its["stages"].values()]
            for code in sorted(names, key=lambda one: order(names[one]))
        }
        moments = [speech.stage(name) for name in its["stages"]]
        title = speech.say("bump_title", block=speech.term("block", block.value), round=code)
        return chart(bump(moments, moved, names.get(agency or ""), title))

    @router.get("/ranking")
    async def shown(
        request: Request,
        code: str,
        moment: AsOf = None,
        since: Since = None,
        agency: Agency = None,
        intervals: Intervals = False,
    ) -> Response:
        """Show the places of a round at a moment: to an agency its own."""
        its = await told(request, code, moment, since, agency, intervals=intervals)
        return record.show(request, "ranking.html", {**its, "named": _named(its, spoken(request))})

    return router


def _compared(
    record: Record, connection: Connection, found: Round, since: str, size: int, address: str
) -> Answer:
    """Return what moved from another moment to this one, whichever of them is the earlier one."""
    other = record.ask.size(connection, found.code, since, address)
    first, last = sorted((other, size))
    if first == last:
        there = moments_of(record.runtime.log, connection, found.code)
        near = [Choice(f"{address}?since={name}", name) for name, at in there.items() if at != size]
        raise NotAmong("moment", since, near)
    return {"since": first, "until": last} | record.reckoned.since(connection, found.code, first, last)


def _movement(record: Record, connection: Connection, found: Round, size: int, reach: Reach) -> Answer:
    """Return the ranks at the named moments up to a size, and at the size itself."""
    sizes = moments_until(record, connection, found.code, size)
    return {
        "stages": {
            name: {
                row.agency: row.rank
                for row in record.reckoned.places(connection, found.code, at).values()
                if reach.covers(row.agency)
            }
            for name, at in sizes.items()
        }
    }


def moments_until(record: Record, connection: Connection, code: str, size: int) -> Mapping[str, int]:
    """Return the named moments of a round up to a size, and the size itself, as sizes of the log."""
    named = moments_of(record.runtime.log, connection, code)
    sizes = {name: at for name, at in named.items() if at <= size}
    return sizes if size in sizes.values() else {**sizes, NOW: size}


def _named(its: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return the agencies that are shown, in the order of their names."""
    places = [place for block in its["blocks"] for place in block["places"]]
    names = [(place["agency"], place[f"name_{language}"] or place["name_vi"]) for place in places]
    return sorted(names, key=lambda one: order(one[1]))
