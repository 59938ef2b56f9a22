"""Members speak and vote by name; the majority decides and binds all, and dissent is kept (R30, R53)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.stated.choices import Choice, Role
from domain.stated.council import DissentRecorded, RecusalDeclared, RemarkMade, VoteCast
from domain.stated.registry import OfficerTransferred, RoleEnded
from tests.domain.sitting import adjourns, carried, moved_at, votes
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.test_meetings import CELL, DECISION, assembled, tabled
from tests.domain.world import QUORUM

# --- discussion and votes -------------------------------------------------------------------------------


def says(story: Story, who: str, motion: int | None = None) -> Act:
    """A member speaks to the motion on A1.2."""
    number = moved_at(story, CELL) if motion is None else motion
    return states(who, RemarkMade(motion=number), CELL)


def vote(story: Story, who: str, choice: Choice = Choice.FOR, motion: int | None = None) -> Act:
    """A member votes on the motion on A1.2."""
    number = moved_at(story, CELL) if motion is None else motion
    return states(who, VoteCast(motion=number, choice=choice), CELL)


@pytest.mark.parametrize("act", [says, vote])
@pytest.mark.parametrize(
    ("who", "present", "rule"),
    [
        ("member-1", (), None),
        ("member-2", (), "council.home_agency"),
        ("member-1", QUORUM, "meeting.not_present"),
        ("secretariat", (), "council.not_a_member"),
        ("head-STC", (), "council.not_a_member"),
    ],
)
def test_members_who_are_present_speak_and_vote(
    act: Any, who: str, present: tuple[str, ...], rule: str | None
) -> None:
    """Under their own names; the absent, those in conflict and strangers do not (R30, R53)."""
    story = tabled(*present)
    story.when(act(story, who)).then(refused(rule) if rule else admitted)


@pytest.mark.parametrize("act", [says, vote])
def test_word_and_vote_are_on_an_open_motion(act: Any) -> None:
    """Not on one that was never put, not once it is decided, not when the meeting is over."""
    assembled().when(act(assembled(), "member-1", motion=0)).then(refused("motion.unknown", motion=0))
    story = tabled()
    number = moved_at(story, CELL)
    story.when(act(story, "member-1", motion=number - 1)).then(refused("motion.unknown", motion=number - 1))
    over = story.branch()
    over.given(adjourns(over)).when(act(over, "member-1")).then(refused("meeting.not_open"))
    story.given(carried(story, DECISION, CELL))
    story.when(act(story, "member-1")).then(
        refused("motion.decided", motion=number, decision=story.last_position)
    )


def test_member_votes_once() -> None:
    """A second vote is refused, the same or another one (R53)."""
    story = tabled()
    story.given(vote(story, "member-1", Choice.AGAINST))
    for choice in Choice:
        story.when(vote(story, "member-1", choice)).then(
            refused("vote.already_cast", actor="member-1", motion=moved_at(story, CELL))
        )
    found = story.cell(CELL).motion
    assert found is not None
    assert found.votes == {"member-1": Choice.AGAINST}


def test_recused_member_does_not_vote() -> None:
    """Who declared a conflict takes no part, though present."""
    story = tabled()
    story.given(states("member-4", RecusalDeclared(member="member-4"), "STC"))
    story.when(vote(story, "member-4")).then(refused("council.recused", actor="member-4"))


# --- majorities -----------------------------------------------------------------------------------------

FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


@pytest.mark.parametrize(
    ("cast", "refusal"),
    [
        ((FOR, FOR, FOR, FOR), None),
        ((FOR, FOR, FOR), None),
        ((FOR, FOR, ABSTAIN), None),
        ((FOR, FOR, AGAINST, ABSTAIN), None),
        ((FOR, FOR, AGAINST), refused("motion.votes_outstanding", votes_for=2, votes_against=1, waiting=1)),
        ((FOR, ABSTAIN, ABSTAIN), refused("motion.votes_outstanding", votes_for=1, waiting=1)),
        ((FOR, FOR), refused("motion.too_few_votes", votes=2, quorum=3)),
        ((), refused("motion.too_few_votes", votes=0)),
        ((FOR, FOR, AGAINST, AGAINST), refused("motion.not_carried", votes_for=2, votes_against=2)),
        ((FOR, AGAINST, AGAINST), refused("motion.not_carried", votes_for=1, votes_against=2)),
        ((ABSTAIN, ABSTAIN, ABSTAIN), refused("motion.not_carried", votes_for=0, votes_against=0)),
        ((FOR, AGAINST, ABSTAIN), refused("motion.not_carried", votes_for=1, votes_against=1)),
    ],
)
def test_motion_is_carried_by_more_votes_for_it_than_against(cast: tuple[Choice, ...], refusal: Any) -> None:
    """A quorum voted, those who abstained among them, and the majority of the others was for it (R53)."""
    story = tabled()
    able = ("member-1", *QUORUM)
    votes(story, CELL, dict(zip(able, cast, strict=False)))
    decision = replace(DECISION, motion=moved_at(story, CELL))
    story.when(states(QUORUM, decision, CELL)).then(refusal or admitted)


def test_nobody_is_cut_off_from_voting() -> None:
    """While those who are present could turn the vote nothing is decided; once the meeting is over it is."""
    story = tabled()
    votes(story, CELL, {"member-1": FOR, "member-3": FOR, "member-4": AGAINST})
    decision = states(QUORUM, replace(DECISION, motion=moved_at(story, CELL)), CELL)
    story.when(decision).then(refused("motion.votes_outstanding", waiting=1))
    against = story.branch()
    against.given(vote(against, "member-5", AGAINST)).when(decision).then(refused("motion.not_carried"))
    story.given(adjourns(story)).when(decision).then(admitted)


def test_absent_members_are_not_waited_for() -> None:
    """Only who is present can still vote."""
    story = tabled("member-1", "member-3", "member-4")
    votes(story, CELL, {"member-1": FOR, "member-3": FOR, "member-4": AGAINST})
    decision = states(QUORUM, replace(DECISION, motion=moved_at(story, CELL)), CELL)
    story.when(decision).then(admitted)


@pytest.mark.parametrize(
    "leaves",
    [
        states("member-1", RecusalDeclared(member="member-1"), "STC"),
        states("registrar-1", OfficerTransferred(officer="member-1", home="STC")),
        states("registrar-1", RoleEnded(officer="member-1", role=Role.COUNCIL_MEMBER)),
    ],
)
def test_vote_counts_of_who_takes_part_to_the_end(leaves: Act) -> None:
    """Who recuses, moves to the agency or leaves office after voting takes the vote along."""
    story = tabled()
    votes(story, CELL, {"member-1": FOR, "member-3": FOR, "member-4": ABSTAIN, "member-5": AGAINST})
    decision = states(QUORUM, replace(DECISION, motion=moved_at(story, CELL)), CELL)
    story.branch().when(decision).then(admitted)
    story.given(leaves).when(decision).then(refused("motion.not_carried", votes_for=1, votes_against=1))


def test_recused_members_make_no_quorum_of_votes() -> None:
    """Three votes are a quorum; without the one that went with its member they are none."""
    story = tabled("member-1", "member-3", "member-4")
    votes(story, CELL, dict.fromkeys(("member-1", "member-3", "member-4"), FOR))
    decision = states(QUORUM, replace(DECISION, motion=moved_at(story, CELL)), CELL)
    story.given(states("member-1", RecusalDeclared(member="member-1"), "STC"))
    story.when(decision).then(refused("motion.too_few_votes", votes=2, quorum=3))


def test_carried_motion_can_be_signed_after_the_meeting() -> None:
    """The vote binds: the signatures may come when the meeting is over."""
    story = tabled()
    decision = carried(story, DECISION, CELL)
    story.given(adjourns(story)).when(decision).then(admitted)


@pytest.mark.parametrize("offset", [-1, 1])
def test_decision_names_the_newest_motion(offset: int) -> None:
    """A decision on another number than that of the open motion is refused, and so is one without any."""
    story = tabled()
    decision = carried(story, DECISION, CELL)
    other = replace(decision.body, motion=decision.body.motion + offset)
    story.when(states(QUORUM, other, CELL)).then(refused("motion.unknown", motion=other.motion))
    story.when(states(QUORUM, decision.body, "STC/A1.1")).then(refused("motion.unknown"))


def test_motion_is_decided_once() -> None:
    """Signed a second time, the same decision is refused."""
    story = tabled()
    decision = carried(story, DECISION, CELL)
    story.given(decision).when(decision).then(refused("motion.decided", decision=story.last_position))


# --- dissent --------------------------------------------------------------------------------------------


def dissents(story: Story, who: str, motion: int | None = None) -> Act:
    """A member has an opinion kept beside the decision."""
    number = moved_at(story, CELL) if motion is None else motion
    return states(who, DissentRecorded(motion=number), CELL)


def test_who_voted_against_has_a_dissent_kept() -> None:
    """The decision binds all, and the minority's opinion stands beside it, once each (R53)."""
    story = tabled()
    votes(story, CELL, {"member-1": AGAINST})
    decision = carried(story, DECISION, CELL)
    story.when(dissents(story, "member-1")).then(refused("motion.unknown"))  # nothing is decided yet
    story.given(decision)
    story.when(dissents(story, "member-3")).then(refused("dissent.not_against", actor="member-3"))
    story.when(dissents(story, "member-2")).then(refused("council.home_agency"))
    story.when(dissents(story, "member-1", 0)).then(refused("motion.unknown", motion=0))
    story.when(dissents(story, "member-1")).then(admitted)
    story.when(dissents(story, "member-1")).then(refused("dissent.not_against"))
    found = story.cell(CELL).motion
    assert found is not None
    assert found.dissents == {"member-1"}
    assert story.score(CELL).points == 2


def test_who_abstained_or_was_silent_has_no_dissent() -> None:
    """Only a vote against is a minority opinion."""
    story = tabled()
    votes(story, CELL, {"member-1": ABSTAIN})
    story.given(carried(story, DECISION, CELL))
    story.when(dissents(story, "member-1")).then(refused("dissent.not_against"))
    assembled().when(dissents(story, "member-1")).then(refused("motion.unknown"))


def test_dissent_can_be_recorded_after_the_result() -> None:
    """There is no hurry about it."""
    story = tabled()
    votes(story, CELL, {"member-1": AGAINST})
    story.given(carried(story, DECISION, CELL)).given(adjourns(story)).reach(Phase.PUBLISHED)
    story.when(dissents(story, "member-1")).then(admitted)
