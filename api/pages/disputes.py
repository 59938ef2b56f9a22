"""The pages of disputes: a round's docket, and one dispute as a story with clocks, parties and its effect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select
from starlette.responses import Response

from api.answers import Answer
from api.history import History
from api.pages.asking import Asking
from api.pages.deliberation import Deliberation, moved
from api.pages.lines import in_place, signatures
from api.pages.look import page
from api.pages.present import about, copied, named, now
from api.pages.refused import Choice, NotAmong
from api.review import plain
from api.runtime import Runtime
from api.search_told import Telling, telling
from api.service.answering import NOT_AT_ALL, confidential, table
from api.service.caller import Reach
from api.service.deliberating import effects_hidden
from api.service.guard import Guard
from api.service.rounds import searcher
from audit.ledger.codec import Recorded
from audit.ledger.tables import stored_events
from domain.dossiers import Dispute
from domain.standing import Round, Standing
from domain.stated.choices import Choice as Vote
from domain.stated.disputes import PartyHeard
from projections.docket import Entry, Kept, docket

_TABLE = ("name", "agency", "name_vi", "name_en", "criterion", "path", "ground", "filed_at", "state")
_COLUMNS = (*_TABLE, "step", "due", "kept")
_ITS = stored_events.c
KEPT = 64
"""So many suppositions are kept, each good for one size of the log."""


def dispute_pages(runtime: Runtime, guard: Guard, deliberation: Deliberation) -> APIRouter:
    """Return the routes; each is limited by what its row grants to whoever asks."""
    router, ask = APIRouter(prefix="/rounds/{code}", include_in_schema=False), Asking(runtime, guard)
    told_by = Disputes(runtime, deliberation)

    def show(request: Request, template: str, told: Answer) -> Response:
        return page(request, template, NOT_AT_ALL, caller=request.state.caller, **told)

    async def listed(request: Request, code: str) -> Answer:
        found, reach = ask.round(code), guard.reach(request, code)
        return await ask(lambda connection: told_by.docket(connection, found, reach))

    async def one(request: Request, code: str, name: str) -> Answer:
        found, reach = ask.round(code), guard.reach(request, code)

        def question(connection: Connection) -> Answer:
            hidden = effects_hidden(runtime.intake.standing, request.state.caller, code)
            return told_by.dispute(connection, found, reach, name, hidden=hidden)

        return await ask(question)

    @router.get("/disputes.json")
    async def docket_data(request: Request, code: str) -> Response:
        """Answer with all that the docket shows."""
        return confidential(request, await listed(request, code))

    @router.get("/disputes.csv")
    async def docket_table(request: Request, code: str) -> Response:
        """Answer with the docket as a table, each dispute with the clock that counts now."""
        told = await listed(request, code)
        clocks = [one["clock"] or {"step": None, "due": None, "kept": None} for one in told["disputes"]]
        rows = [{**one, **clock} for one, clock in zip(told["disputes"], clocks, strict=True)]
        return table(request, _COLUMNS, rows)

    @router.get("/disputes")
    async def docket_page(request: Request, code: str) -> Response:
        """Show every dispute of a round that may be read, with where it stands."""
        return show(request, "docket.html", {**await listed(request, code), "now": now(runtime)})

    @router.get("/disputes/{name}.json")
    async def dispute_data(request: Request, code: str, name: str) -> Response:
        """Answer with all that the page of a dispute shows."""
        return confidential(request, await one(request, code, name))

    @router.get("/disputes/{name}")
    async def dispute_page(request: Request, code: str, name: str) -> Response:
        """Show one dispute: what is claimed, its clocks, who was heard, what came of it."""
        return show(request, "dispute.html", {**await one(request, code, name), "now": now(runtime)})

    return router


class Disputes:
    """Answers about disputes, by what holds now."""

    def __init__(self, runtime: Runtime, deliberation: Deliberation) -> None:
        self._runtime = runtime
        self._deliberation = deliberation
        self._supposed: dict[tuple[str, str, int], list[Answer]] = {}

    def docket(self, connection: Connection, found: Round, reach: Reach) -> Answer:
        """Answer with the disputes of a round, oldest first."""
        standing = copied(self._runtime.intake.standing, "disputes")
        entries = docket(standing, found.code, now(self._runtime))
        return {
            **about(self._runtime, connection, found),
            "disputes": [_told(standing, found, e) for e in entries if reach.covers(e.dispute.agency)],
        }

    def dispute(
        self, connection: Connection, found: Round, reach: Reach, name: str, *, hidden: bool
    ) -> Answer:
        """Answer with one dispute; raises NotAmong, which names only those that may be read.

        What it would do to ranks is told where that is not `hidden` from whoever asks.
        """
        standing = copied(self._runtime.intake.standing, "disputes")
        entries = docket(standing, found.code, now(self._runtime))
        theirs = {e.dispute.name: e for e in entries if reach.covers(e.dispute.agency)}
        if name not in theirs:
            start = f"/rounds/{found.code}/disputes"
            raise NotAmong("dispute", name, [Choice(f"{start}/{one}", one) for one in theirs])
        entry, dispute = theirs[name], theirs[name].dispute
        tells = telling(self._runtime.log, connection, searcher(self._runtime, reach))
        positions = _positions(connection, found.code, dispute)
        story = tells.read_and_tell(positions)
        after = [
            version for version in found.versions if version.position > (dispute.decided or dispute.filed)
        ]
        return {
            **about(self._runtime, connection, found),
            **named(standing, dispute.agency),
            "dispute": _told(standing, found, entry),
            "criterion": dispute.criterion,
            **_names(found, dispute),
            "by": _person(standing, tells, dispute.by),
            "reviewer": dispute.reviewer and _person(standing, tells, dispute.reviewer),
            "parties": list(_parties(standing, dispute, story)),
            "decision": self._decision(connection, found, dispute, reach, tells),
            "materiality": self._materiality(connection, found, dispute, reach, hidden=hidden),
            "version": after[0].number if dispute.decided is not None and after else None,
            "events": in_place(
                positions, (line | signatures(self._runtime, recorded) for recorded, line in story)
            ),
        }

    # --- what came of it --------------------------------------------------------------------------------

    def _decision(
        self, connection: Connection, found: Round, dispute: Dispute, reach: Reach, tells: Telling
    ) -> Answer | None:
        """The council's decision: with how each member voted, to those who read the council's record."""
        made = self._deliberation.decisions(connection) if dispute.decided is not None else ()
        one = next((d for d in made if d.position == dispute.decided), None)
        if one is None or one.position is None:
            return None
        shown = reach.agencies is None
        people = tells.people(one.votes) if shown else {}
        (line,) = tells.tell([one.position])
        return {
            **plain(
                {
                    "position": one.position,
                    "motion": one.motion,
                    "meeting": one.meeting,
                    "outcome": one.outcome,
                    "category": one.category,
                    "points": one.points,
                    "dissents": list(one.dissents.values()),
                    "references": one.references,
                },
                found.zone,
            ),
            "reason": line["texts"].get("reason"),
            "for": one.count(Vote.FOR),
            "against": one.count(Vote.AGAINST),
            "abstain": one.count(Vote.ABSTAIN),
            "votes": [
                {
                    "actor": actor,
                    "name": people.get(actor),
                    "vote": vote.value,
                    "dissent": actor in one.dissents,
                }
                for actor, vote in (one.votes.items() if shown else ())
            ],
        }

    def _materiality(
        self, connection: Connection, found: Round, dispute: Dispute, reach: Reach, *, hidden: bool
    ) -> Answer:
        """What it did to ranks, or would do if it were upheld; of agencies whose record may be read."""
        concerned = sorted({dispute.agency, *dispute.affected})
        read = [agency for agency in concerned if reach.covers(agency)]
        told: Answer = {"kind": "NONE", "places": [], "withheld": len(concerned) - len(read)}
        standing = self._runtime.intake.standing
        if dispute.decided is not None:
            both = moved(connection, found.code, read, dispute.decided)
            places = [_place(standing, agency, *both[agency]) for agency in read if agency in both]
            return {**told, "kind": "DECIDED", "places": places}
        if not dispute.open:
            return told
        if hidden:
            return {**told, "kind": "HIDDEN"}
        places = [one for one in self._upheld(connection, found.code, dispute) if one["agency"] in read]
        return {**told, "kind": "SUPPOSED", "places": places}

    def _upheld(self, connection: Connection, code: str, dispute: Dispute) -> list[Answer]:
        """Every place that upholding a dispute would move; the same at one size of the log."""
        subject = code, dispute.name, about(self._runtime, connection)["size"]
        if subject not in self._supposed:
            history = History(self._runtime.log, connection, code, subject[2])
            places = [
                p for block in history.supposed(uphold=[dispute.name])["blocks"] for p in block["places"]
            ]
            if len(self._supposed) >= KEPT:
                self._supposed.clear()
            concerned = {dispute.agency, *dispute.affected}
            self._supposed[subject] = [p for p in places if p["moved"] or p["agency"] in concerned]
        return self._supposed[subject]


def _positions(connection: Connection, code: str, dispute: Dispute) -> list[int]:
    query = select(_ITS.position).where(_ITS.originator_id == f"{code}/{dispute.name}")
    stated = set(connection.execute(query).scalars())
    return sorted(stated | ({dispute.decided} if dispute.decided is not None else set()))


def _told(standing: Standing, found: Round, entry: Entry) -> Answer:
    told: Answer = plain(entry.dispute, found.zone)
    clocks: list[Answer] = [
        {**plain(one, found.zone), "last_day": _last_day(one.due.astimezone(found.zone))}
        for one in entry.clocks
    ]
    running = [clock for clock in clocks if clock["kept"] == Kept.RUNNING]
    return {
        **told,
        **named(standing, entry.dispute.agency),
        "state": entry.state.value,
        "clocks": clocks,
        "clock": min(running, key=lambda clock: str(clock["due"])) if running else None,
    }


def _last_day(due: datetime) -> str:
    """Return the last day that is in time: a clock's end is the first moment that is too late."""
    return (due - timedelta.resolution).date().isoformat()


def _names(found: Round, dispute: Dispute) -> Answer:
    its = found.criteria.by_code[dispute.criterion]
    return {"criterion_vi": its.name_vi, "criterion_en": its.name_en}


def _person(standing: Standing, tells: Telling, actor: str) -> Answer:
    return {"actor": actor, "name": tells.people({actor}).get(actor), "home": standing.home_of(actor)}


def _parties(
    standing: Standing, dispute: Dispute, story: Sequence[tuple[Recorded, Answer]]
) -> Iterable[Answer]:
    """Yield the agencies whose rank could move, with whether each was told of it and had its word."""
    heard: dict[str, Any] = {
        recorded.event.body.heard: recorded.position
        for recorded, _ in story
        if recorded.event is not None and isinstance(recorded.event.body, PartyHeard)
    }
    for agency in sorted({dispute.agency, *dispute.affected, *dispute.notified}):
        yield {
            **named(standing, agency),
            "filed": agency == dispute.agency,
            "notified": agency in dispute.notified,
            "heard": heard.get(agency),
        }


def _place(standing: Standing, agency: str, before: Answer, after: Answer) -> Answer:
    return {**named(standing, agency), "before": before, "after": after, "moved": before != after}
