"""A score's page: its stages side by side, and the story of the events that made it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import answers, disputing
from api.answers import Answer
from api.pages.reader import ROUND, AsOf, Record
from api.pages.refused import Choice, NotAmong
from api.service.answering import confidential, table
from api.service.rounds import shown as seen_by
from domain.standing import Round

_SCORE = "/agencies/{agency}/criteria/{criterion}"
_EVENTS = (
    "position",
    "type",
    "arrived_at",
    "stage",
    "made_the_number",
    "superseded_by",
    "late",
    "signatures",
)


def score_pages(record: Record) -> APIRouter:
    """Return the routes."""
    router, log = APIRouter(prefix=ROUND), record.runtime.log

    async def told(request: Request, code: str, agency: str, criterion: str, moment: str | None) -> Answer:
        found, reach = record.reader(request, code)
        record.agency(found, reach, agency)
        if found.criterion_for(agency, criterion) is None:
            raise _no_criterion(found, agency, criterion)

        def question(connection: Connection, size: int) -> Answer:
            its = answers.trace(log, connection, code, agency, criterion, size)
            its = seen_by(connection, code, agency, its, reach)
            return {**its, "disputes": disputing.disputes(connection, code, agency, criterion, size)}

        address = f"/rounds/{code}/agencies/{agency}/criteria/{criterion}"
        return await record.at(found, moment, address, question)

    @router.get(f"{_SCORE}.json")
    async def data(request: Request, code: str, agency: str, criterion: str, moment: AsOf = None) -> Response:
        """Answer with all that the page shows."""
        return confidential(request, await told(request, code, agency, criterion, moment))

    @router.get(f"{_SCORE}.csv")
    async def events(
        request: Request, code: str, agency: str, criterion: str, moment: AsOf = None
    ) -> Response:
        """Answer with the events of the story as a table, without their words."""
        its = await told(request, code, agency, criterion, moment)
        return table(request, _EVENTS, ({name: one.get(name) for name in _EVENTS} for one in its["events"]))

    @router.get(_SCORE)
    async def shown(
        request: Request, code: str, agency: str, criterion: str, moment: AsOf = None
    ) -> Response:
        """Show a score: its stages side by side, and the story of the events that made it."""
        its: dict[str, Any] = await told(request, code, agency, criterion, moment)
        whole = [event for event in its["events"] if "body" in event]
        evidence = [event for event in whole if event["attachments"] and not event["sealed"]]
        minutes = [event for event in whole if event["type"].startswith("MinutesSigned.")]
        cell = its["cells"][0]
        return record.show(
            request, "score.html", {**its, "cell": cell, "evidence": evidence, "minutes": minutes}
        )

    return router


def _no_criterion(found: Round, agency: str, criterion: str) -> NotAmong:
    block, start = found.agencies[agency], f"/rounds/{found.code}/agencies/{agency}/criteria"
    there = [
        Choice(f"{start}/{one.code}", f"{one.code} · {one.name_vi}", one.code)
        for one in found.criteria.criteria
        if block in one.applies_to
    ]
    return NotAmong("criterion", criterion, there)
