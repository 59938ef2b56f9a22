"""How each member of the council took part (R54): opinions given and opened, meetings, remarks, votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.events import Event
from domain.stated.choices import Choice
from domain.stated.council import (
    CouncilEstablished,
    DissentRecorded,
    MeetingOpened,
    OpinionOpened,
    OpinionSealed,
    RecusalDeclared,
    RemarkMade,
    VoteCast,
)

_COUNTED = {
    OpinionSealed: "given",
    OpinionOpened: "opened",
    RemarkMade: "remarks",
    VoteCast: "votes",
    DissentRecorded: "dissents",
    RecusalDeclared: "recusals",
}


@dataclass(frozen=True, slots=True)
class Participation:
    """One member: how often of each."""

    member: str
    given: int
    opened: int
    meetings: int
    remarks: int
    votes: int
    abstentions: int
    dissents: int
    recusals: int


def participation(events: Iterable[Event], round_code: str) -> tuple[Participation, ...]:
    """Return how the members of a round's council took part, in the order of their names."""
    counts: Counter[tuple[str, str]] = Counter()
    members: tuple[str, ...] = ()
    for event in events:
        body = event.body
        if event.round != round_code:
            continue
        if isinstance(body, CouncilEstablished):
            members = body.members
        elif isinstance(body, MeetingOpened):
            counts.update((member, "meetings") for member in body.present)
        elif type(body) in _COUNTED:
            counts[event.signed_by[0], _COUNTED[type(body)]] += 1
            if isinstance(body, VoteCast) and body.choice is Choice.ABSTAIN:
                counts[event.signed_by[0], "abstentions"] += 1
    return tuple(_row(counts, member) for member in sorted(members))


def _row(counts: Counter[tuple[str, str]], member: str) -> Participation:
    names = [name for name in Participation.__dataclass_fields__ if name != "member"]
    return Participation(member, *(counts[member, name] for name in names))
