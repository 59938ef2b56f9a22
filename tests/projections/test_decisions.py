"""What a vote came to: carried, lost, undecided for want of a quorum, or still open."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.stated.choices import Choice
from projections.decisions import Decision, Verdict, decisions
from tests.domain.sitting import adjourns, adjusts, carried, puts, votes
from tests.domain.specification import Story
from tests.domain.test_meetings import assembled
from tests.domain.world import QUORUM

CELL = "STC/A1.2"
DECISION = adjusts("1", "2")
FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


def voted(choices: Mapping[str, Choice]) -> Story:
    """An adjustment was moved, and members voted so."""
    return votes(puts(assembled(), DECISION, CELL), CELL, choices)


def decision(story: Story) -> Decision:
    """What is told of the one motion."""
    (found,) = decisions(story.events)
    return found


@pytest.mark.parametrize(
    ("choices", "verdict"),
    [
        ((FOR, FOR, AGAINST), Verdict.CARRIED),
        ((FOR, ABSTAIN, ABSTAIN), Verdict.CARRIED),
        ((FOR, AGAINST, ABSTAIN), Verdict.LOST),
        ((AGAINST, AGAINST, FOR), Verdict.LOST),
        ((ABSTAIN, ABSTAIN, ABSTAIN), Verdict.LOST),
        ((FOR, FOR), Verdict.NO_QUORUM),
        ((), Verdict.NO_QUORUM),
    ],
)
def test_vote_is_open_until_its_meeting_is_over(choices: tuple[Choice, ...], verdict: Verdict) -> None:
    """Then it was carried, lost, or came to nothing; a lost motion is not one that may still be voted on."""
    story = voted(dict(zip(QUORUM, choices, strict=False)))
    assert decision(story).verdict is Verdict.OPEN
    story.given(adjourns(story))
    assert decision(story).verdict is verdict
    assert decision(story).position is None


def test_decided_motion_was_carried() -> None:
    """Once the decision stands the vote has closed, whether or not the meeting goes on."""
    story = puts(assembled(), DECISION, CELL)
    story.given(carried(story, DECISION, CELL))
    assert (decision(story).verdict, decision(story).position) == (Verdict.CARRIED, story.last_position)
