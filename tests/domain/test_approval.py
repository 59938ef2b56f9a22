"""A result is proposed, approved and published in three acts, by offices that keep apart."""

from __future__ import annotations

from fractions import Fraction

import pytest

from domain.deadlines import Phase
from domain.events import (
    ApprovalProposed,
    Outcome,
    ReasonCategory,
    ResultApproved,
    ResultPublished,
    Role,
    SpecialCaseClaimed,
    SpecialCaseDecided,
    VerificationWaived,
)
from tests.domain.specification import admitted, refused, states
from tests.domain.world import (
    decides,
    declares,
    given,
    grants,
    notes,
)

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
    story.when(PUBLISHED).then(refused("phase.not_open", now="PUBLISHED"))


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
    claims = {e.criterion: e.position for e in story.events if type(e.body) is SpecialCaseClaimed}
    partly = SpecialCaseDecided(claim=claims["A1.2"], outcome=Outcome.PARTLY, points=Fraction(1))
    accepted = SpecialCaseDecided(claim=claims["A1.3"], outcome=Outcome.ACCEPTED)
    waived = VerificationWaived(category=ReasonCategory.COUNCIL_JUDGED)
    for cell, ending in ((cells[1], partly), (cells[2], accepted), (cells[3], waived)):
        trial = story.branch().reach(Phase.APPROVAL)
        trial.when(PROPOSED).then(
            refused("result.cell_not_verified", agency="STC", criterion=cell.partition("/")[2])
        )
        story.given(decides(ending, cell))
    story.reach(Phase.APPROVAL).when(PROPOSED).then(admitted)
