"""What happens between two acts lets nothing slip through: transfers, late decisions, open meetings."""

from __future__ import annotations

from datetime import date

import pytest

from domain.deadlines import Phase
from domain.events import CATALOGUE
from domain.stated.assessment import DelegationGranted, QuantitiesDeclared
from domain.stated.choices import Outcome
from domain.stated.registry import OfficerTransferred
from domain.stated.rounds import (
    ApprovalProposed,
    DeadlineExtended,
    PhaseOpened,
    ResultApproved,
    ResultPublished,
)
from tests.domain.contesting import contested, ends, finds_again, names_reviewer, notifies, verified_again
from tests.domain.opining import agrees, asks, opens, seals
from tests.domain.sitting import decide, meets
from tests.domain.specification import Act, admitted, refused, states
from tests.domain.stating import declares
from tests.domain.world import QUORUM, given


def _moves(officer: str, home: str) -> Act:
    return states("registrar-1", OfficerTransferred(officer=officer, home=home))


def test_nothing_is_sealed_once_an_opinion_is_open() -> None:
    """A member who becomes able to take part later neither seals nor keeps the others from opening."""
    story = given(Phase.COUNCIL, agrees(), asks(), *(seals(m) for m in ("member-1", *QUORUM)))
    story.given(opens("member-3"), _moves("member-2", "SNV"))
    story.when(seals("member-2")).then(refused("opinion.sealing_over"))
    story.when(opens("member-4")).then(admitted)


def test_decision_after_approval_asks_for_another_approval() -> None:
    """What a dispute moves after a version was approved is not published unapproved."""
    story = verified_again()
    decide(story, ends(Outcome.ACCEPTED, "2"), "STC/A1.2/dispute-1")
    story.given(states("secretariat", ApprovalProposed(version=2)))
    story.given(states("authority", ResultApproved(version=2)))
    found = story.round
    assert (found.proposed, found.approved, found.corrected) == (2, 2, 1)
    story.when(states("secretariat", ResultPublished(version=2))).then(admitted)


def test_deadlines_do_not_move_once_approval_has_begun() -> None:
    """An extension could move what was approved; from the approval phase on there is none."""
    later = states(
        "authority",
        DeadlineExtended(phase=Phase.SELF_ASSESSMENT, due=date(2017, 7, 1)),
        texts=frozenset({"reason"}),
    )
    given(Phase.APPROVAL).when(later).then(refused("phase.not_open"))


def test_phase_does_not_change_in_the_middle_of_a_meeting() -> None:
    """The council adjourns before the round goes on to approval."""
    story = given(Phase.COUNCIL)
    story.given(meets(story))
    story.when(states("secretariat", PhaseOpened(phase=Phase.APPROVAL))).then(
        refused("meeting.another_open", meeting="meeting-1")
    )


def test_delegate_who_left_the_agency_acts_for_it_no_more() -> None:
    """A delegation covers an officer of the agency, for as long as they are one."""
    kind = next(k.name for k in CATALOGUE.values() if k.body is QuantitiesDeclared)
    assert CATALOGUE[kind].delegable
    grant = states(
        "focal-STC",
        DelegationGranted(
            to="inspector-STC",
            acts=("SelfScoreDeclared.v1",),
            since=date(2017, 1, 1),
            until=date(2017, 12, 31),
        ),
        "STC",
    )
    story = given(Phase.SELF_ASSESSMENT, grant)
    granted = next(iter(story.standing.delegations))
    act = declares("STC/A1.2", "1")
    on_behalf = states("inspector-STC", act.body, "STC/A1.2", on_behalf_of="focal-STC", delegation=granted)
    story.branch().when(on_behalf).then(admitted)
    story.given(_moves("inspector-STC", "HC"))
    story.when(on_behalf).then(refused("delegation.does_not_cover"))


def test_reviewer_who_joined_a_party_records_nothing() -> None:
    """Whoever belongs to a party when the finding is recorded is no second reviewer."""
    story = contested()
    others = story.dispute("dispute-1").affected - {"STC"}
    story.given(notifies(*sorted(others)), names_reviewer(), _moves("inspector-CT", "STC"))
    story.when(finds_again("2")).then(refused("reviewer.of_a_party"))


@pytest.mark.parametrize("published", [1, 2])
def test_dispute_that_moves_points_takes_back_what_was_approved(published: int) -> None:
    """Proposal and approval of the next version start again from the last published one."""
    story = verified_again()
    decide(story, ends(Outcome.ACCEPTED, "2"), "STC/A1.2/dispute-1")
    if published == 2:
        story.given(states("secretariat", ApprovalProposed(version=2)))
        story.given(states("authority", ResultApproved(version=2)))
        story.given(states("secretariat", ResultPublished(version=2)))
    assert story.round.published == published
