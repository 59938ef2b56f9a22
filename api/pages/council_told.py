"""What the pages of the council tell: by what holds in memory, and what the council stated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from api.answers import Answer
from api.pages.deliberation import Deliberation
from api.pages.present import about, copied, meetings, named
from api.pages.refused import Choice, NotAmong
from api.review import plain
from api.runtime import Runtime
from api.search_told import Telling, telling
from domain.agenda import agenda
from domain.points import published
from domain.standing import Meeting, Round
from domain.stated.choices import Choice as Vote
from projections.decisions import Decision, Verdict, precedents
from projections.participation import participation
from projections.search import Reader

PRECEDENTS = 10
"""So many earlier decisions stand beside a motion, those on the same criterion first."""
_STATED = ("motion", "position", "meeting", "criterion", "matter", "category", "outcome", "points")
_RULED = ("old_points", "references", "verdict")


class CouncilTold:
    """Answers about one round's council to one reader."""

    def __init__(
        self,
        runtime: Runtime,
        connection: Connection,
        found: Round,
        deliberation: Deliberation,
        reader: Reader,
    ) -> None:
        self._runtime = runtime
        self._connection = connection
        self._round = found
        self._deliberation = deliberation
        self._reader = reader
        self._standing = copied(runtime.intake.standing, "cells", "meetings")

    def agenda(self) -> Answer:
        """Answer with what is ready, most disagreement first, votes that are open, and who took part."""
        standing, code = self._standing, self._round.code
        open_votes = [one for one in self._made if one.verdict is Verdict.OPEN]
        took_part = participation(self._deliberation.events(self._connection, code), code)
        people = self._tells.people([one.member for one in took_part])
        return {
            **self._about,
            "sits": self._round.council is not None,
            "quorum": self._round.council and self._round.council.quorum,
            "chair": self._round.council and self._person(self._round.council.chair, people),
            "agenda": [
                {
                    **named(standing, item.agency),
                    **self._plain(item),
                    "spread": f"{published(item.spread * 100)}",
                    "maximum": self._plain(self._round.criteria.by_code[item.criterion].max_points),
                }
                for item in agenda(standing, code)
            ],
            "open": [self._summary(one) for one in open_votes],
            "meetings": [self._meeting(one) for one in meetings(standing, code)],
            "participation": [self._plain(one) | self._person(one.member, people) for one in took_part],
            "decided": sum(one.position is not None for one in self._made),
        }

    def decisions(self) -> Answer:
        """Answer with every motion, each with its reason, and with its effect once it was decided."""
        return {**self._about, "decisions": self._with_reasons(self._made)}

    def motion(self, position: str) -> Answer:
        """Answer with one motion; raises NotAmong, naming those of the round."""
        one = next((d for d in self._made if str(d.motion) == position), None)
        if one is None:
            raise NotAmong("motion", position, [self._motion_choice(d) for d in self._made])
        earlier = [
            d
            for d in self._deliberation.decisions(self._connection)
            if d.position is not None and d.position < (one.position or one.motion)
        ]
        alike = precedents(earlier, one.criterion)[:PRECEDENTS]
        (summary,) = self._with_reasons([one])
        return {
            **self._about,
            **summary,
            "heard": self._heard([one])[one.motion],
            "precedents": [
                {**told, "round": its.round, "same": its.criterion == one.criterion}
                for told, its in zip(self._with_reasons(alike), alike, strict=True)
            ],
        }

    def minutes(self, name: str) -> Answer:
        """Answer with a meeting, motion by motion; raises NotAmong, naming those of the round."""
        there = {one.name: one for one in meetings(self._standing, self._round.code)}
        if name not in there:
            start = f"/rounds/{self._round.code}/council/meetings"
            raise NotAmong("meeting", name, [Choice(f"{start}/{one}", one) for one in there])
        its = there[name]
        moved = [one for one in self._made if one.meeting == name]
        ends = [its.position] if its.closed is None else [its.position, its.closed]
        times = [event.arrived_at for event in self._deliberation.at(self._connection, ends)]
        people = self._tells.people(its.present)
        heard = self._heard(moved)
        return {
            **self._about,
            "meeting": self._meeting(its),
            "opened_at": self._plain(times[0]),
            "closed_at": self._plain(times[1]) if len(times) > 1 else None,
            "present": [self._person(actor, people) for actor in sorted(its.present)],
            "absent": self._absent(its),
            "motions": [{**told, "heard": heard[told["motion"]]} for told in self._with_reasons(moved)],
        }

    # --- parts ------------------------------------------------------------------------------------------

    @cached_property
    def _about(self) -> Answer:
        return about(self._runtime, self._connection, self._round)

    @cached_property
    def _tells(self) -> Telling:
        return telling(self._runtime.log, self._connection, self._reader)

    @cached_property
    def _made(self) -> list[Decision]:
        every = self._deliberation.decisions(self._connection)
        return [one for one in every if one.round == self._round.code]

    def _plain(self, value: Any) -> Any:
        return plain(value, self._round.zone)

    def _person(self, actor: str, people: dict[str, str] | Any) -> Answer:
        return {"actor": actor, "name": people.get(actor), "home": self._standing.home_of(actor)}

    def _meeting(self, its: Meeting) -> Answer:
        return {
            "name": its.name,
            "position": its.position,
            "closed": its.closed,
            "present": len(its.present),
            "motions": its.motions,
        }

    def _absent(self, its: Meeting) -> list[Answer]:
        members = self._round.council.members if self._round.council else frozenset[str]()
        absent = sorted(members - its.present)
        people = self._tells.people(absent)
        return [self._person(actor, people) for actor in absent]

    def _motion_choice(self, one: Decision) -> Choice:
        address = f"/rounds/{self._round.code}/council/motions/{one.motion}"
        return Choice(address, f"{one.motion} · {one.agency} {one.criterion}", str(one.motion))

    def _summary(self, one: Decision) -> Answer:
        counts = {f"votes_{choice.value.lower()}": one.count(choice) for choice in Vote}
        stated = {name: self._plain(getattr(one, name)) for name in (*_STATED, *_RULED)}
        return {**stated, **named(self._standing, one.agency), **counts, "dissented": len(one.dissents)}

    def _with_reasons(self, made: Sequence[Decision]) -> list[Answer]:
        """Tell motions, each with its decision's reason, and what it did to the rank of its agency."""
        texts = self._tells.texts([one.statement_id for one in made if one.statement_id is not None])
        effects = self._deliberation.effects(self._connection, made)
        return [
            {
                **self._summary(one),
                "reason": texts.get(one.statement_id or "", {}).get("reason"),
                "effect": effects.get(one.position or -1),
            }
            for one in made
        ]

    def _heard(self, made: Collection[Decision]) -> dict[int, Answer]:
        """Tell by motion who put it, what was said of it, how each member voted, and who dissents."""
        told = [p for one in made for p in (one.motion, *one.remarks, *one.dissents.values())]
        stated = {event.position: event for event in self._deliberation.at(self._connection, told)}
        texts = self._tells.texts([event.id for event in stated.values()])
        actors = {a for one in made for a in (one.moved_by, *one.votes, *one.signed_by)}
        people = self._tells.people({*actors, *(a for event in stated.values() for a in event.signed_by)})

        def line(position: int) -> Answer:
            event = stated[position]
            signers = [{"actor": actor, "name": people.get(actor)} for actor in event.signed_by]
            shown = {"texts": texts.get(event.id, {}), "sealed": False}
            return {"position": position, "type": event.kind.name, "signers": signers, **shown}

        return {
            one.motion: {
                "moved_by": self._person(one.moved_by, people),
                "motion": line(one.motion),
                "remarks": [line(position) for position in one.remarks],
                "votes": [
                    {**self._person(actor, people), "vote": vote.value, "dissent": one.dissents.get(actor)}
                    for actor, vote in sorted(one.votes.items())
                ],
                "dissents": [line(position) for position in one.dissents.values()],
                "signed_by": [self._person(actor, people) for actor in one.signed_by],
            }
            for one in made
        }
