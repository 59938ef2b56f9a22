"""A score's page: its stages side by side, and the story of the events that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import answers, disputing
from api.answers import Answer
from api.pages.reader import ROUND, AsOf, Record
from api.pages.refused import Choice, NotAmong
from api.register import entry_at
from api.runtime import Log
from api.service.answering import confidential, table
from api.service.rounds import shown as seen_by
from domain.standing import Round

_SCORE = "/agencies/{agency}/criteria/{criterion}"
_FILE = ("sha256", "size", "media_type")
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
            return {
                **its,
                "evidence": list(_files(log, its["events"], agency)),
                "disputes": disputing.disputes(connection, code, agency, criterion, size),
            }

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
        minutes = [event for event in its["events"] if event["type"].startswith("MinutesSigned.")]
        shows = {**its, "cell": its["cells"][0], "minutes": [one for one in minutes if "body" in one]}
        return record.show(request, "score.html", shows)

    return router


def _files(log: Log, events: Sequence[Answer], agency: str) -> Iterator[Answer]:
    """Yield every file that speaks for a score, those too that were sent for another one of the agency's."""
    for event in events:
        if "body" not in event or event["sealed"]:
            continue
        files, by = event["attachments"], event
        if event["type"].startswith("EvidenceReused."):
            sent = entry_at(log, int(event["body"].get("source", event["position"])))
            own = sent.statement.agency == agency
            files = [{name: getattr(a, name) for name in _FILE} for a in sent.statement.attachments if own]
            by = {"type": sent.statement.type, "texts": {}, "body": dict(sent.statement.body)}
        for file in files:
            yield {
                **{name: file[name] for name in _FILE},
                "position": event["position"],
                "type": by["type"],
                "title": by["texts"].get("title"),
                "serial": by["body"].get("serial"),
                "reused": by is not event,
            }


def _no_criterion(found: Round, agency: str, criterion: str) -> NotAmong:
    block, start = found.agencies[agency], f"/rounds/{found.code}/agencies/{agency}/criteria"
    there = [
        Choice(f"{start}/{one.code}", f"{one.code} · {one.name_vi}", one.code)
        for one in found.criteria.criteria
        if block in one.applies_to
    ]
    return NotAmong("criterion", criterion, there)
