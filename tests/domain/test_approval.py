"""A result is proposed, approved and published in three acts, by offices that keep apart."""

from __future__ import annotations

import pytest

from domain.deadlines import Phase
from domain.stated.assessment import SpecialCaseClaimed
from domain.stated.choices import Outcome, Role
from domain.stated.registry import RoleEnded
from domain.stated.rounds import ApprovalProposed, ResultApproved, ResultPublished
from tests.domain.contesting import (
    DISPUTE,
    accepts,
    ends,
    files,
    finds_again,
    names_reviewer,
    notifies,
    published,
    verified_again,
)
from tests.domain.sitting import decide, settles, waives
from tests.domain.specification import admitted, refused, states
from tests.domain.stating import declares, notes
from tests.domain.world import given, grants

PROPOSED = states("secretariat", ApprovalProposed(version=1))
APPROVED = states("authority", ResultApproved(version=1))
PUBLISHED = states("secretariat", ResultPublished(version=1))


def test_result_is_proposed_approved_and_published_by_different_offices() -> None:
    """Three acts of two offices, each on the one before (R04)."""
    story = given(Phase.APPROVAL)
    story.when(APPROVED).then(refused("result.not_proposed"))
    story.when(PUBLISHED).then(refused("result.not_approved"))
    story.when(PROPOSED).then(admitted)
    story.when(PUBLISHED).then(refused("result.not_approved"))
    story.when(APPROVED).then(admitted)
    assert story.round.published == 0
    story.when(PUBLISHED).then(admitted)
    assert (story.round.published, story.round.phase) == (1, Phase.PUBLISHED)
    story.when(PUBLISHED).then(refused("result.not_approved", version=1))


def test_each_office_keeps_to_its_act() -> None:
    """The authority neither proposes nor publishes, and the secretariat does not approve."""
    story = given(Phase.APPROVAL)
    story.when(states("authority", PROPOSED.body)).then(refused("role.missing", role="SECRETARIAT"))
    story.given(PROPOSED)
    story.when(states("secretariat", APPROVED.body)).then(refused("result.approved_by_secretariat"))
    story.when(states("nobody", APPROVED.body)).then(refused("role.missing", role="APPROVING_AUTHORITY"))
    story.given(APPROVED)
    story.when(states("authority", PUBLISHED.body)).then(refused("role.missing", role="SECRETARIAT"))


def test_one_person_in_both_offices_does_not_approve() -> None:
    """Who serves the secretariat may not approve, whatever other office they hold."""
    both = grants("secretariat", Role.APPROVING_AUTHORITY)
    story = given(Phase.APPROVAL, both, PROPOSED)
    story.when(states("secretariat", APPROVED.body)).then(refused("result.approved_by_secretariat"))


def test_proposer_does_not_approve_from_another_office() -> None:
    """Who proposed, left the secretariat and joined the authority does not approve it then (R04)."""
    leaves = states("registrar-1", RoleEnded(officer="secretariat", role=Role.SECRETARIAT))
    story = given(Phase.APPROVAL, PROPOSED, leaves, grants("secretariat", Role.APPROVING_AUTHORITY))
    own = states("secretariat", APPROVED.body)
    story.when(own).then(refused("result.approved_by_proposer", actor="secretariat"))
    story.when(APPROVED).then(admitted)


@pytest.mark.parametrize("version", [0, 2, -1])
def test_versions_follow_each_other(version: int) -> None:
    """The next version is proposed, the proposed one approved, the approved one published, each once."""
    story = given(Phase.APPROVAL)
    wrong = states("secretariat", ApprovalProposed(version=version))
    story.when(wrong).then(refused("result.wrong_version", expected=1))
    story.given(PROPOSED).when(PROPOSED).then(refused("result.wrong_version"))
    story.when(states("authority", ResultApproved(version=version))).then(refused("result.not_proposed"))
    story.given(APPROVED).when(APPROVED).then(refused("result.already_approved"))
    story.when(states("secretariat", ResultPublished(version=version))).then(refused("result.not_approved"))


def test_declared_cell_without_an_end_stops_approval() -> None:
    """A declared cell must be verified, decided, waived or taken out before the result is proposed."""
    cells = ("STC/A1.1", "STC/A1.2", "STC/A1.3", "STC/A2.2")
    story = given(
        Phase.SELF_ASSESSMENT,
        declares(cells[0], "1"),
        declares(cells[1], "1"),
        declares(cells[2], done=1, planned=1),
        declares(cells[3], reforms=1),
        *(states("head-STC", SpecialCaseClaimed(), cell) for cell in cells[1:3]),
        notes(cells[0], "1"),
    ).reach(Phase.COUNCIL)
    partly = settles(story.cell(cells[1]).special_claim, Outcome.PARTLY, "1")
    accepted = settles(story.cell(cells[2]).special_claim, Outcome.ACCEPTED)
    for cell, ending in ((cells[1], partly), (cells[2], accepted), (cells[3], waives())):
        trial = story.branch().reach(Phase.APPROVAL)
        trial.when(PROPOSED).then(
            refused("result.cell_not_verified", agency="STC", criterion=cell.partition("/")[2])
        )
        decide(story, ending, cell)
    story.reach(Phase.APPROVAL).when(PROPOSED).then(admitted)


# --- a corrected version --------------------------------------------------------------------------------

SECOND = states("secretariat", ApprovalProposed(version=2))


def test_correction_follows_an_upheld_dispute() -> None:
    """Without points that moved there is nothing to publish anew, not even after a rejected dispute."""
    published().when(SECOND).then(refused("result.nothing_corrected", version=1))
    story = verified_again()
    story.when(SECOND).then(refused("result.nothing_corrected"))
    rejected = decide(story.branch(), ends(Outcome.REJECTED), DISPUTE)
    rejected.when(SECOND).then(refused("result.nothing_corrected"))
    upheld = decide(story, ends(Outcome.ACCEPTED, "2"), DISPUTE)
    upheld.when(SECOND).then(admitted)


def test_corrected_version_is_a_new_one_beside_the_first() -> None:
    """It goes through the same three acts; the first version stays as it was published (R36)."""
    story = verified_again()
    first = story.round.versions
    decide(story, ends(Outcome.ACCEPTED, "2"), DISPUTE).publish()
    assert story.round.versions[:1] == first
    assert [version.number for version in story.round.versions] == [1, 2]
    newest = story.round.versions[1]
    assert (newest.position, newest.at) == (story.last_position, story.events[-1].arrived_at)
    assert (story.round.published, story.round.corrected) == (2, 0)
    assert story.round.opened[Phase.PUBLISHED] == first[0].at
    third = states("secretariat", ApprovalProposed(version=3))
    story.when(third).then(refused("result.nothing_corrected", version=2))
    story.when(SECOND).then(refused("result.wrong_version", expected=3))


def test_version_is_proposed_once() -> None:
    """While a correction waits for its approval it is not proposed again."""
    story = decide(verified_again(), ends(Outcome.ACCEPTED, "2"), DISPUTE).given(SECOND)
    story.when(SECOND).then(refused("result.wrong_version"))


def test_decided_cell_needs_no_verification() -> None:
    """What a dispute decided stands, though no team ever saw it."""
    story = given(Phase.PUBLISHED)
    about = "STC/A1.1/dispute-1"
    story.given(files("1", about), accepts(about))
    others = sorted(story.dispute("dispute-1").affected - {"STC"})
    story.given(notifies(*others, about=about), names_reviewer(about=about), finds_again("1", about=about))
    decide(story, ends(Outcome.ACCEPTED, "1"), about)
    story.when(SECOND).then(admitted)
