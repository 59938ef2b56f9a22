"""Acts that set points, what supersedes them, and whose answers a cell still waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.events import Event
from domain.scoring import Stage
from domain.stated.assessment import EvidenceReturned, ExplanationRequested, ExplanationSubmitted
from domain.stated.choices import Choice, Outcome, Quality
from domain.stated.council import OpinionRequested, OpinionsClosed, OpinionSealed
from projections.acts import acts
from projections.waiting import Owed, waiting
from tests.domain.sitting import adjourns, adjusts, carried, puts, votes
from tests.domain.specification import ROUND, Story, fold, states
from tests.domain.stating import declares, inspector_of, notes, submits
from tests.domain.whole_round import whole_round
from tests.domain.world import given

EVENTS = whole_round().events


def of_cell(agency: str, criterion: str, events: list[Event] = EVENTS) -> list[Event]:
    """Return the events about a cell."""
    return [e for e in events if (e.round, e.agency, e.criterion) == (ROUND, agency, criterion)]


@pytest.mark.parametrize("cell", sorted({(e.agency, e.criterion) for e in EVENTS if e.criterion}))
@pytest.mark.parametrize("share", [1, 0.7, 0.4])
def test_the_newest_act_of_the_highest_stage_stands(cell: tuple[str, str], share: float) -> None:
    """At any moment exactly one act is not superseded: the one that the cell holds."""
    events = EVENTS[: int(len(EVENTS) * share)]
    held = fold(events).cell(ROUND, *cell)
    told = acts(of_cell(*cell, events))
    newest: Any = held.decided or held.tally or held.verified or held.declared
    standing = [act.position for act in told if act.superseded_by is None]
    if held.excluded is None:
        assert standing == ([newest.position] if newest else [])


def test_an_act_is_superseded_by_the_next_of_its_stage_or_a_higher_one() -> None:
    """A second declaration takes the place of the first, a note that of the second."""
    story = given(Phase.SELF_ASSESSMENT, declares("STC/A1.1", "1"), declares("STC/A1.1", "0.5"))
    story.given(notes("STC/A1.1", "0.5"))
    first, second, note = acts(of_cell("STC", "A1.1", story.events))
    assert (first.superseded_by, second.superseded_by, note.superseded_by) == (
        second.position,
        note.position,
        None,
    )
    assert (first.stage, note.stage) == (Stage.DECLARED, Stage.VERIFIED)


def test_rejected_special_case_sets_no_points() -> None:
    """Nothing is superseded by a decision that moves nothing."""
    (decided,) = [e for e in EVENTS if e.kind.name == "SpecialCaseDecided.v1"]
    rejected = replace(decided, body=replace(decided.body, outcome=Outcome.REJECTED, points=None))
    assert acts([rejected]) == ()
    assert len(acts([decided])) == 1


# --- who is waited for ----------------------------------------------------------------------------------


def owed(story: Story, agency: str = "STC", criterion: str = "A1.1") -> list[tuple[Owed, str]]:
    """Return what a cell waits for, and of whom."""
    return [(one.owed, one.by) for one in waiting(story.standing, ROUND, agency, criterion)]


def test_declared_cell_waits_for_its_team() -> None:
    """Until it is verified."""
    story = given(Phase.SELF_ASSESSMENT, declares("STC/A1.1", "1"))
    team = story.dossier("STC").team
    assert owed(story) == [(Owed.VERIFICATION, team)]
    assert owed(story.given(notes("STC/A1.1", "1"))) == []


def test_agency_is_waited_for_until_it_explains() -> None:
    """A question waits for the agency; its explanation ends that."""
    story = given(Phase.SELF_ASSESSMENT, declares("STC/A1.1", "1")).given(notes("STC/A1.1", "0.5"))
    about = story.cell("STC/A1.1").notes[-1]
    story.given(states(inspector_of("STC"), ExplanationRequested(about=about), "STC/A1.1"))
    assert owed(story) == [(Owed.EXPLANATION, "STC")]
    story.given(states("head-STC", ExplanationSubmitted(about=about), "STC/A1.1"))
    assert owed(story) == []


def test_agency_is_waited_for_until_it_gives_what_was_handed_back() -> None:
    """Evidence that was returned is given again, as a next version."""
    story = given(Phase.SELF_ASSESSMENT, declares("STC/A1.1", "1"), submits("STC/A1.1", "1"))
    story.given(notes("STC/A1.1", "0.5", quality=Quality.INCOMPLETE))
    story.given(states(inspector_of("STC"), EvidenceReturned(quality=Quality.INCOMPLETE), "STC/A1.1"))
    assert owed(story) == [(Owed.EVIDENCE, "STC")]
    assert owed(story.given(submits("STC/A1.1", "1", 2))) == []


def test_members_are_waited_for_until_opinions_are_closed() -> None:
    """Each who is able and has not sealed one; the one who has is not waited for."""
    asked = next(n for n, e in enumerate(EVENTS) if isinstance(e.body, OpinionRequested))
    waited = _waited(asked)
    assert waited
    for n, event in enumerate(EVENTS[asked + 1 :], start=asked + 1):
        if isinstance(event.body, OpinionSealed):
            waited -= {event.actor}
        if isinstance(event.body, OpinionsClosed):
            assert not _waited(n)
            return
        assert _waited(n) == waited


def _waited(n: int) -> set[str]:
    """Return the members whose opinion the cell waits for once the n-th event was followed."""
    standing = fold(EVENTS[: n + 1])
    return {one.by for one in waiting(standing, ROUND, "STC", "A1.2") if one.owed is Owed.OPINION}


def test_members_are_waited_for_until_they_vote() -> None:
    """While the meeting goes on, those present who are able."""
    story = given(Phase.SELF_ASSESSMENT, declares("STC/A1.1", "1")).given(notes("STC/A1.1", "1"))
    puts(story, adjusts("1", "0.5"), "STC/A1.1")
    before = owed(story)
    assert {what for what, _ in before} == {Owed.VOTE}
    votes(story, "STC/A1.1", {"member-1": Choice.AGAINST})
    voted = story.cell("STC/A1.1").motion.votes  # type: ignore[union-attr]
    assert voted
    assert owed(story) == [one for one in before if one[1] not in voted]
    story.given(carried(story, adjusts("1", "0.5"), "STC/A1.1"), adjourns(story))
    assert owed(story) == []


def test_dispute_waits_for_one_office_after_the_other() -> None:
    """To be taken up, then for the parties that were told, and for the council."""
    story = whole_round()
    filed = next(n for n, e in enumerate(story.events) if e.matter == "dispute-2")
    stages = {}
    for size in range(filed + 1, len(story.events)):
        standing = fold(story.events[:size])
        stages[story.events[size - 1].kind.name] = {
            (one.owed, one.by) for one in waiting(standing, ROUND, "LC", "A1.2")
        }
    assert stages["DisputeFiled.v1"] == {(Owed.ACCEPTANCE, "SECRETARIAT")}
    assert stages["DisputeAccepted.v1"] == {(Owed.DECISION, "COUNCIL")}
    notified = stages["AffectedNotified.v1"]
    assert (Owed.HEARING, "HC") in notified
    assert (Owed.HEARING, "HC") not in stages["PartyHeard.v1"]
    assert not stages["DisputeDecided.v1"]
