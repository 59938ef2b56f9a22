"""What the council decided: each decision with its motion, votes and dissents; and its precedents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from domain.events import Event
from domain.stated.choices import Choice, Matter, Outcome, ReasonCategory
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    CouncilEstablished,
    DeductionDecided,
    DissentRecorded,
    MeetingClosed,
    MotionPut,
    RemarkMade,
    SpecialCaseDecided,
    VerificationWaived,
    VoteCast,
)
from domain.stated.disputes import DisputeDecided

DECISIONS = (
    SpecialCaseDecided,
    BonusDecided,
    DeductionDecided,
    CouncilAdjustmentMade,
    VerificationWaived,
    DisputeDecided,
)


class Verdict(StrEnum):
    """What the vote on a motion came to. It is open while its meeting goes on and nothing was decided."""

    OPEN = "OPEN"
    CARRIED = "CARRIED"
    LOST = "LOST"
    NO_QUORUM = "NO_QUORUM"
    """The meeting ended before a quorum had voted: undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision, or a motion that has not become one yet (`position` is nothing then)."""

    round: str
    agency: str
    criterion: str
    motion: int
    meeting: str
    matter: Matter
    category: ReasonCategory
    moved_by: str
    outcome: Outcome | None
    points: Fraction | None
    old_points: Fraction | None = None
    references: tuple[int, ...] = ()
    position: int | None = None
    statement_id: str | None = None
    signed_by: tuple[str, ...] = ()
    votes: dict[str, Choice] = field(default_factory=dict)
    dissents: dict[str, int] = field(default_factory=dict)
    remarks: tuple[int, ...] = ()
    verdict: Verdict = Verdict.OPEN

    def count(self, choice: Choice) -> int:
        """Return how many voted so."""
        return sum(vote is choice for vote in self.votes.values())


def decisions(events: Iterable[Event]) -> tuple[Decision, ...]:
    """Return every motion with what came of it, in the order they were put."""
    found: dict[int, Decision] = {}
    quorums: dict[str, int] = {}
    over: set[tuple[str, str]] = set()
    for event in events:
        body = event.body
        if isinstance(body, CouncilEstablished):
            quorums[event.round or ""] = body.quorum
        elif isinstance(body, MeetingClosed):
            over.add((event.round or "", event.matter or ""))
        elif isinstance(body, MotionPut):
            found[event.position] = _moved(event, body)
        elif isinstance(body, VoteCast | DissentRecorded | RemarkMade) and body.motion in found:
            found[body.motion] = _heard(found[body.motion], event, body)
        elif isinstance(body, DECISIONS) and body.motion in found:
            found[body.motion] = replace(
                found[body.motion],
                position=event.position,
                statement_id=event.id,
                signed_by=event.signed_by,
                old_points=body.old_points if isinstance(body, CouncilAdjustmentMade) else None,
                references=getattr(body, "references", ()),
            )
    return tuple(
        replace(one, verdict=_verdict(one, quorums.get(one.round, 0), over=(one.round, one.meeting) in over))
        for one in found.values()
    )


def _verdict(decision: Decision, quorum: int, *, over: bool) -> Verdict:
    """Say what the vote came to: a quorum voted, and more were for it than against."""
    if decision.position is not None:
        return Verdict.CARRIED
    if not over:
        return Verdict.OPEN
    if len(decision.votes) < quorum:
        return Verdict.NO_QUORUM
    carried = decision.count(Choice.FOR) > decision.count(Choice.AGAINST)
    return Verdict.CARRIED if carried else Verdict.LOST


def _moved(event: Event, body: MotionPut) -> Decision:
    return Decision(
        round=event.round or "",
        agency=event.agency or "",
        criterion=event.criterion or "",
        motion=event.position,
        meeting=body.meeting,
        matter=body.matter,
        category=body.category,
        moved_by=event.signed_by[0],
        outcome=body.outcome,
        points=body.points,
    )


def _heard(decision: Decision, event: Event, body: VoteCast | DissentRecorded | RemarkMade) -> Decision:
    actor = event.signed_by[0]
    if isinstance(body, VoteCast):
        return replace(decision, votes={**decision.votes, actor: body.choice})
    if isinstance(body, DissentRecorded):
        return replace(decision, dissents={**decision.dissents, actor: event.position})
    return replace(decision, remarks=(*decision.remarks, event.position))


def precedents(
    made: Iterable[Decision], criterion: str | None, matter: Matter | None = None
) -> tuple[Decision, ...]:
    """Return earlier decisions that a case resembles: same criterion first, then same area, newest first.

    Where there is no case at hand, these are all decisions.
    """
    area = criterion.partition(".")[0] if criterion else None
    alike = [
        decision
        for decision in made
        if decision.position is not None
        and area in (None, decision.criterion.partition(".")[0])
        and matter in (None, decision.matter)
    ]
    return tuple(sorted(alike, key=lambda d: (d.criterion != criterion, -(d.position or 0))))
