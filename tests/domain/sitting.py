"""The council at work: it meets, moves and votes in one line of a test, and then decides what was moved.

story.when(moved(story, adjusts("1", "2"), "STC/A1.2")).then(admitted)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from domain.events import Body
from domain.stated.choices import Choice, Matter, Outcome, ReasonCategory
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    MeetingClosed,
    MeetingOpened,
    MotionPut,
    SpecialCaseDecided,
    VerificationWaived,
    VoteCast,
)
from domain.stated.disputes import DisputeDecided
from tests.domain.specification import ROUND, Act, Story, states
from tests.domain.world import MEMBERS, QUORUM

JUDGED = ReasonCategory.COUNCIL_JUDGED
FIRST = (0,)
"""A reference to genesis: something that lies before any decision."""
CHAIR = QUORUM[0]
MATTERS: Mapping[type[Any], Matter] = {
    CouncilAdjustmentMade: Matter.ADJUSTMENT,
    SpecialCaseDecided: Matter.SPECIAL_CASE,
    BonusDecided: Matter.BONUS,
    DeductionDecided: Matter.DEDUCTION,
    VerificationWaived: Matter.WAIVER,
    DisputeDecided: Matter.DISPUTE,
}
"""What each kind of decision has to be moved as."""


# --- meetings -------------------------------------------------------------------------------------------


def meets(story: Story, *present: str) -> Act:
    """The chair opens the next meeting, with these or with everybody."""
    return states(CHAIR, MeetingOpened(present=present or tuple(MEMBERS)), f"meeting-{_meetings(story) + 1}")


def adjourns(story: Story) -> Act:
    """The chair closes the meeting that is going on."""
    name = story.round.meeting or ""
    return states(CHAIR, MeetingClosed(motions=story.standing.meetings[ROUND, name].motions), name)


def in_session(story: Story) -> str:
    """See to it that a meeting is going on; return its name."""
    if story.round.meeting is None:
        story.given(meets(story))
    return story.round.meeting or ""


def _meetings(story: Story) -> int:
    return story.round.meetings


# --- motions --------------------------------------------------------------------------------------------


def motion(body: Body, meeting: str) -> MotionPut:
    """Return what has to be moved so that this can be decided."""
    points = body.new_points if isinstance(body, CouncilAdjustmentMade) else getattr(body, "points", None)
    return MotionPut(
        meeting=meeting,
        matter=MATTERS[type(body)],
        category=getattr(body, "category", JUDGED),
        outcome=getattr(body, "outcome", None),
        points=points,
    )


def puts(story: Story, body: Body, about: str, who: str = CHAIR) -> Story:
    """Move that this be decided, in a meeting in which no other motion about the cell is open."""
    cell, meeting = "/".join(about.split("/")[:2]), in_session(story)
    earlier = story.cell(cell).motion
    if earlier is not None and earlier.decided is None and earlier.meeting == meeting:
        story.given(adjourns(story))
    return story.given(states(who, motion(body, in_session(story)), cell))


def votes(story: Story, about: str, choices: Mapping[str, Choice]) -> Story:
    """Let members vote on the newest motion about a cell."""
    cell = "/".join(about.split("/")[:2])
    for member, choice in choices.items():
        story.given(states(member, VoteCast(motion=moved_at(story, cell), choice=choice), cell))
    return story


def moved_at(story: Story, about: str) -> int:
    """Return the position of the newest motion about a cell."""
    found = story.cell(about).motion
    assert found is not None
    return found.position


def moved(story: Story, body: Body, about: str, who: tuple[str, ...] = QUORUM) -> Act:
    """Let a decision be moved and carried by the votes of the quorum; return the act that decides so."""
    return carried(puts(story, body, about), body, about, who)


def carried(story: Story, body: Body, about: str, who: tuple[str, ...] = QUORUM) -> Act:
    """Let the quorum vote for what was moved; return the act that decides so."""
    votes(story, about, dict.fromkeys(QUORUM, Choice.FOR))
    return states(who, replace(body, motion=moved_at(story, about)), about)


def decide(story: Story, body: Body, about: str) -> Story:
    """Let something be moved, carried and decided."""
    return story.given(moved(story, body, about))


# --- what is decided; the motion is filled in when it was put --------------------------------------------


def adjusts(old: str, new: str, **changes: Any) -> CouncilAdjustmentMade:
    """An adjustment from old to new points."""
    plain: dict[str, Any] = {"category": ReasonCategory.FACTUAL_ERROR, "references": FIRST}
    return CouncilAdjustmentMade(
        motion=0, old_points=Fraction(old), new_points=Fraction(new), **(plain | changes)
    )


def settles(claim: int | None, outcome: Outcome, points: str | None = None) -> SpecialCaseDecided:
    """A decision about a claimed special case."""
    stated = None if points is None else Fraction(points)
    return SpecialCaseDecided(motion=0, claim=claim or 0, outcome=outcome, points=stated)


def rewards(claim: int | None, points: str) -> BonusDecided:
    """A decision about a claimed initiative."""
    return BonusDecided(motion=0, claim=claim or 0, points=Fraction(points))


def deducts(points: str, references: tuple[int, ...] = FIRST) -> DeductionDecided:
    """A deduction."""
    return DeductionDecided(motion=0, points=Fraction(points), category=JUDGED, references=references)


def waives() -> VerificationWaived:
    """A waiver."""
    return VerificationWaived(motion=0, category=JUDGED)
