"""What an agency states: by its focal officer, over its head's signature, within the rules."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain.criteria import CountRule, Part, PartsRule, RatioRule, Section
from domain.deadlines import Phase
from domain.events import Body
from domain.scoring import Stage
from domain.stated.assessment import (
    EvidenceSubmitted,
    FocalOfficerAssigned,
    QuantitiesDeclared,
    SectorPolicyClaimed,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
    SpecialCaseClaimed,
)
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.specification import Act, admitted, refused, states
from tests.domain.stating import amounts, claims_bonus, declares, remembers
from tests.domain.world import given, names_focal

DECLARING = Phase.SELF_ASSESSMENT
INITIATIVE = claims_bonus("STC/B1", "2").body


# --- who speaks for an agency ---------------------------------------------------------------------------


def test_dossier_needs_a_focal_officer() -> None:
    """Without one nothing can be declared; once the head has named one, it can (R63)."""
    story = given(DECLARING)
    story.when(declares("STP/A1.2", "1")).then(refused("dossier.no_focal_officer", agency="STP"))
    story.when(names_focal("STP", deputy=False)).then(admitted)
    story.when(declares("STP/A1.2", "1")).then(admitted)


@pytest.mark.parametrize(
    ("officer", "deputy", "rule"),
    [
        ("unknown", None, "officer.unknown"),
        ("focal-SNV", None, "agency.other_agency"),
        ("focal-STP", "deputy-SNV", "agency.other_agency"),
        ("focal-STP", "unknown", "officer.unknown"),
        ("focal-STP", "focal-STP", "dossier.deputy_is_officer"),
        ("nobody", None, "agency.other_agency"),
        ("", None, "officer.unknown"),
        ("focal-STP", "", "officer.unknown"),
    ],
)
def test_focal_officer_and_deputy_are_two_officers_of_the_agency(
    officer: str, deputy: str | None, rule: str
) -> None:
    """The head names people of the own agency, and two different ones."""
    act = states("head-STP", FocalOfficerAssigned(officer=officer, deputy=deputy), "STP")
    given(DECLARING).when(act).then(refused(rule))


def test_dossier_counts_from_when_it_had_officer_and_deputy() -> None:
    """`focal_since` is the moment since when it has had both; a handover does not move it."""
    story = given(DECLARING, names_focal("STP", deputy=False))
    assert story.dossier("STP").focal_since is None
    story.given(names_focal("STP"))
    first = story.dossier("STP")
    assert first.focal_position == story.events[-1].position
    story.given(states("head-STP", FocalOfficerAssigned(officer="deputy-STP", deputy="focal-STP"), "STP"))
    after = story.dossier("STP")
    assert (after.focal, after.focal_since) == ("deputy-STP", first.focal_since)


@pytest.mark.parametrize(("phase", "kept"), [(Phase.PREPARATION, False), (DECLARING, True)])
def test_dossier_without_a_deputy_begins_anew_before_the_self_assessment(phase: Phase, kept: bool) -> None:
    """Until the self-assessment opens it takes both without a break; afterwards it is in force for good."""
    story = given(phase)
    before = story.dossier("STC").focal_since
    story.given(names_focal("STC", deputy=False))
    assert story.dossier("STC").focal_since == (before if kept else None)
    story.given(names_focal("STC"))
    assert story.dossier("STC").focal_since == (before if kept else story.events[-1].arrived_at)


def test_deputy_declares_too() -> None:
    """The deputy stands in for the focal officer."""
    given(DECLARING).when(states("deputy-STC", SelfScoreDeclared(points=Fraction(1)), "STC/A1.2")).then(
        admitted
    )


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        ("focal-SNV", "agency.other_agency"),
        ("head-HC", "agency.other_agency"),
        ("head-STC", "role.not_focal_officer"),
        ("inspector-STC", "role.not_focal_officer"),
        ("nobody", "role.not_focal_officer"),
        ("unknown", "role.not_focal_officer"),
    ],
)
@pytest.mark.parametrize(
    ("body", "cell"),
    [
        (SelfScoreDeclared(points=Fraction(1)), "STC/A1.2"),
        (QuantitiesDeclared(quantities=amounts(done=1, planned=1)), "STC/A1.3"),
        (EvidenceSubmitted(serial="1", version=1), "STC/A1.2"),
    ],
)
def test_only_the_own_focal_officer_declares(who: str, rule: str, body: Body, cell: str) -> None:
    """Another agency's officer, or somebody else of the agency, declares nothing."""
    given(DECLARING).when(states(who, body, cell)).then(refused(rule, actor=who, agency="STC"))


@pytest.mark.parametrize(
    ("who", "rule"),
    [("head-SNV", "agency.other_agency"), ("focal-STC", "role.missing"), ("nobody", "role.missing")],
)
@pytest.mark.parametrize(
    ("body", "about"),
    [
        (FocalOfficerAssigned(officer="focal-STC"), "STC"),
        (SelfAssessmentSubmitted(declared=0), "STC"),
        (SpecialCaseClaimed(), "STC/A1.1"),
        (SectorPolicyClaimed(), "STC/A1.1"),
        (INITIATIVE, "STC/B1"),
    ],
)
def test_only_the_own_head_answers_for_an_agency(who: str, rule: str, body: Body, about: str) -> None:
    """What the head signs is signed by this agency's head (R39)."""
    given(DECLARING).when(states(who, body, about)).then(refused(rule, actor=who, agency="STC"))


# --- the dossier ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "act", "rule"),
    [
        ([remembers("STC", "80")], remembers("STC", "81"), "previous.already_recorded"),
        ([], remembers("STC", "100.01"), "score.above_max"),
        ([], states("head-STC", remembers("STC", "80").body, "STC"), "role.missing"),
        (
            [],
            remembers("STC", "80", 2014),
            "previous.wrong_year",
        ),
    ],
)
def test_year_before_is_recorded_once(before: list[Act], act: Act, rule: str) -> None:
    """The secretariat records last year's total, out of 100, once."""
    given(DECLARING, *before).when(act).then(refused(rule))


@pytest.mark.parametrize("total", ["0", "100"])
def test_year_before_was_out_of_a_hundred(total: str) -> None:
    """Nothing and everything are totals too."""
    story = given(DECLARING).when(remembers("STC", total)).then(admitted)
    assert story.dossier("STC").previous_total == Fraction(total)


def test_head_submits_as_many_cells_as_are_declared() -> None:
    """A cell counts once, however often it was declared; a wrong count is refused (R39)."""
    story = given(DECLARING, *(declares("STC/A1.2", points) for points in ("1", "1.5")))
    story.given(declares("STC/A2.2", reforms=1))
    wrong = states("head-STC", SelfAssessmentSubmitted(declared=3), "STC")
    story.when(wrong).then(refused("self_assessment.wrong_count", stated=3, expected=2))
    story.when(states("head-STC", SelfAssessmentSubmitted(declared=2), "STC")).then(admitted)
    assert story.dossier("STC").submitted == story.events[-1].position


# --- what may be declared -------------------------------------------------------------------------------

NESTED = criterion(
    "A1.1",
    "2",
    PartsRule(
        parts=(
            Part(max_points=Fraction(1), rule=CountRule(of="n", each=Fraction(1))),
            Part(max_points=Fraction(1), rule=RatioRule(of="part", to="whole")),
        )
    ),
)
BONUS_COUNT = criterion("B1", "2", CountRule(of="n", each=Fraction(1)), section=Section.BONUS)


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (declares("STC/A1.2", "2"), None),
        (declares("STC/A1.2", "2.0001"), refused("score.above_max", stated="2.0001", maximum="2")),
        (declares("STC/A1.1", "0.5"), None),
        (declares("STC/A1.1", "0.75"), refused("score.not_a_choice", choices="0, 0.5, 1")),
        (declares("STC/A1.1", "2"), refused("score.above_max")),
        (declares("STC/A1.3", "1"), refused("score.wrong_kind")),
        (declares("STC/A3.1", "1"), refused("score.wrong_kind")),
        (declares("STC/A2.3", "1"), refused("score.wrong_kind")),
        (declares("STC/B1", "1"), refused("criterion.not_declared")),
        (declares("STC/D3", "1"), refused("criterion.not_declared")),
        (declares("STC/A1.1", done=1), refused("score.wrong_kind")),
        (declares("STC/A3.2", done=1), refused("score.wrong_kind")),
        (declares("STC/A1.3", done=1), refused("quantities.wrong_names", needed="done, planned")),
        (declares("STC/A1.3", done=1, planned=2, more=3), refused("quantities.wrong_names")),
        (declares("STC/A1.3"), refused("quantities.wrong_names")),
        (declares("STC/A1.3", done=0, planned=0), None),
        (declares("STC/A1.3", done=3, planned=2), refused("quantities.share_above_whole", part="done")),
        (declares("STC/A2.1", on_time=3, files=2), refused("quantities.share_above_whole", whole="files")),
        (declares("STC/A1.4", online=3, all=2), None),
        (declares("STC/A2.2", reforms=99), None),
        (declares("STC/A2.5", remedied=1, found=1, checks=2), None),
        (declares("STC/A2.5", remedied=2, found=1, checks=2), refused("quantities.share_above_whole")),
        (declares("STC/A3.3", "1"), refused("criterion.not_applicable")),
        (declares("HC/A3.3", "1"), None),
    ],
)
def test_declaration_fits_the_rule(act: Act, refusal: Any) -> None:
    """Points or quantities, as the rule asks, within what is possible, and for a criterion of the 100."""
    given(DECLARING).when(act).then(refusal)


@pytest.mark.parametrize("whole", ["2", "3"])
def test_every_part_is_looked_at(whole: str) -> None:
    """A share within a sum of parts may not be above its whole either."""
    act = declares("STC/A1.1", n=1, part=3, whole=whole)
    expected = admitted if whole == "3" else refused("quantities.share_above_whole")
    given(DECLARING, criteria=criteria_set(NESTED)).when(act).then(expected)


def test_quantities_are_declared_for_the_hundred_only() -> None:
    """A bonus that is counted is claimed, not declared."""
    story = given(DECLARING, criteria=criteria_set(NESTED, BONUS_COUNT))
    story.when(declares("STC/B1", n=1)).then(refused("criterion.not_declared", criterion="B1"))


def test_newest_declaration_counts() -> None:
    """Declaring again is a new act; the old one stays in the log."""
    story = given(DECLARING, declares("STC/A1.2", "1"), declares("STC/A1.2", "0.5"))
    score = story.score("STC/A1.2")
    assert (score.points, score.stage) == (Fraction("0.5"), Stage.DECLARED)
    assert score.positions == (story.events[-1].position,)
