"""The council decides over what was declared and verified: with a quorum, on references, for a reason."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.events import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    InitiativeClaimed,
    Outcome,
    ReasonCategory,
    SpecialCaseClaimed,
    SpecialCaseDecided,
    VerificationWaived,
)
from domain.scoring import Flag, Stage
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.world import (
    QUORUM,
    closes_wave,
    decides,
    declares,
    given,
    notes,
    opening,
    registered,
    tallies,
)

JUDGED = ReasonCategory.COUNCIL_JUDGED
FIRST = (0,)
"""A reference to genesis: something that lies before any decision."""
CLAIMS = (
    declares("STC/A1.2", "1.5"),
    declares("STC/A1.3", done=8, planned=10),
    states("head-STC", SpecialCaseClaimed(), "STC/A1.3"),
    states("head-STC", InitiativeClaimed(level="CITY", points=Fraction(2)), "STC/B1"),
    notes("STC/A1.2", "1"),
)


def sitting(*acts: Act) -> Story:
    """The council sits over STC: A1.2 verified at 1, A1.3 declared and claimed special, B1 claimed."""
    return given(Phase.COUNCIL, *CLAIMS).given(*acts)


def adjusts(old: str, new: str, **changes: Any) -> CouncilAdjustmentMade:
    """An adjustment from old to new points by three votes to one."""
    plain: dict[str, Any] = {
        "category": ReasonCategory.FACTUAL_ERROR,
        "references": FIRST,
        "votes_for": 3,
        "votes_against": 1,
        "abstentions": 1,
    }
    return CouncilAdjustmentMade(old_points=Fraction(old), new_points=Fraction(new), **(plain | changes))


# --- who decides ----------------------------------------------------------------------------------------

DECISION = adjusts("1", "2")


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (QUORUM[:2], "council.too_few_signatures"),
        ((QUORUM[0],) * 3, "council.too_few_signatures"),
        (("member-2", *QUORUM), "council.home_agency"),
        (("authority", *QUORUM), "council.not_a_member"),
        (("secretariat",) * 3, "council.not_a_member"),
    ],
)
def test_quorum_of_members_from_elsewhere_decides(who: tuple[str, ...], rule: str) -> None:
    """Too few, the same one thrice, a member from the agency concerned, or a stranger: refused."""
    sitting().when(states(who, DECISION, "STC/A1.2")).then(refused(rule))


@pytest.mark.parametrize("who", [QUORUM, ("member-1", *QUORUM), ("member-1", *QUORUM[1:])])
def test_any_quorum_decides(who: tuple[str, ...]) -> None:
    """More than the quorum may sign, and members of other agencies may."""
    sitting().when(states(who, DECISION, "STC/A1.2")).then(admitted)


def test_without_a_council_nothing_is_decided() -> None:
    """A round that has no council takes no decision."""
    story = registered().given(opening()).reach(Phase.COUNCIL)
    story.when(decides(adjusts("0", "1"), "STC/A1.2")).then(refused("council.not_established", round="2016"))


# --- adjustments ----------------------------------------------------------------------------------------


def test_adjustment_stands_over_what_was_verified() -> None:
    """The decided points count, and the acts of the other stages stay beside them (R31)."""
    story = sitting().when(decides(DECISION, "STC/A1.2")).then(admitted)
    assert (story.score("STC/A1.2").points, story.score("STC/A1.2").stage) == (Fraction(2), Stage.DECIDED)
    cell = story.cell("STC/A1.2")
    assert [act.points for act in (cell.declared, cell.verified) if act] == [Fraction("1.5"), 1]
    story.when(decides(adjusts("2", "0.5"), "STC/A1.2")).then(admitted)
    assert story.score("STC/A1.2").points == Fraction("0.5")


@pytest.mark.parametrize(
    ("body", "about", "refusal"),
    [
        (adjusts("1.5", "2"), "STC/A1.2", refused("adjustment.wrong_old_points", stated="1.5", now="1")),
        (adjusts("1", "1"), "STC/A1.2", refused("adjustment.changes_nothing", points="1")),
        (adjusts("1", "2.5"), "STC/A1.2", refused("score.above_max", stated="2.5", maximum="2")),
        (adjusts("0", "1"), "STC/B1", refused("criterion.not_adjusted")),
        (adjusts("0", "1"), "STC/D3", refused("criterion.not_adjusted")),
        (adjusts("1", "2", references=()), "STC/A1.2", refused("decision.no_references")),
        (
            adjusts("1", "2", references=(0, 10**6)),
            "STC/A1.2",
            refused("decision.unknown_reference", position=10**6),
        ),
        (adjusts("1", "2", references=(-1,)), "STC/A1.2", refused("decision.unknown_reference")),
        (adjusts("1", "2", votes_for=2, votes_against=2), "STC/A1.2", refused("adjustment.no_majority")),
        (adjusts("1", "2", votes_for=0, votes_against=0), "STC/A1.2", refused("adjustment.no_majority")),
        (adjusts("1", "2", votes_against=-1), "STC/A1.2", refused("adjustment.no_majority")),
        (adjusts("1", "2", abstentions=-1), "STC/A1.2", refused("adjustment.no_majority")),
    ],
)
def test_adjustment_says_what_it_moves_and_why(body: CouncilAdjustmentMade, about: str, refusal: Any) -> None:
    """Wrong old points, points out of range, no references or no majority: refused."""
    sitting().when(decides(body, about)).then(refusal)


@pytest.mark.parametrize(
    "change", [{"abstentions": 0}, {"votes_against": 0}, {"votes_for": 2}, {"category": JUDGED}]
)
def test_adjustment_needs_no_more_than_a_majority(change: dict[str, Any]) -> None:
    """Nobody has to abstain or to be against it; one vote more is enough."""
    sitting().when(decides(adjusts("1", "2", **change), "STC/A1.2")).then(admitted)


def test_reference_lies_before_the_decision() -> None:
    """A decision cannot refer to itself."""
    story = sitting()
    here = len(story.events)
    story.when(decides(adjusts("1", "2", references=(here,)), "STC/A1.2")).then(
        refused("decision.unknown_reference", position=here)
    )
    story.when(decides(adjusts("1", "2", references=(here - 1,)), "STC/A1.2")).then(admitted)


def test_old_points_are_exact() -> None:
    """A survey's mean is named as a fraction, not as it is shown."""
    counted = (closes_wave("STAFF", 7), tallies("STC/A3.1", STAFF={"A": 4, "B": 1, "D": 2}))
    story = sitting(*counted)
    assert story.score("STC/A3.1").points == Fraction(57, 28)
    story.when(decides(adjusts("2.0357", "3"), "STC/A3.1")).then(
        refused("adjustment.wrong_old_points", now="57/28")
    )
    story.when(decides(adjusts("57/28", "3"), "STC/A3.1")).then(admitted)


# --- special cases --------------------------------------------------------------------------------------


def rules_on(outcome: Outcome, points: str | None = None, claim: int | None = None) -> SpecialCaseDecided:
    """A decision about the claim on A1.3."""
    stated = None if points is None else Fraction(points)
    newest = sitting().last(SpecialCaseClaimed) if claim is None else claim
    return SpecialCaseDecided(claim=newest, outcome=outcome, points=stated)


@pytest.mark.parametrize(
    ("outcome", "points", "expected", "stage", "counts"),
    [
        (Outcome.ACCEPTED, None, 0, Stage.DECIDED, False),
        (Outcome.PARTLY, "2", Fraction(2), Stage.DECIDED, True),
        (Outcome.REJECTED, None, Fraction("1.6"), Stage.DECLARED, True),
    ],
)
def test_special_case_is_accepted_partly_or_not_at_all(
    outcome: Outcome, points: str | None, expected: Fraction, stage: Stage, counts: bool
) -> None:
    """Accepted takes the cell out of the denominator, partly gives points, rejected changes nothing (R26)."""
    story = sitting().when(decides(rules_on(outcome, points), "STC/A1.3")).then(admitted)
    score = story.score("STC/A1.3")
    assert (score.points, score.stage, score.counts) == (expected, stage, counts)
    assert (Flag.SPECIAL_CASE in score.flags) is not counts
    story.when(decides(rules_on(outcome, points), "STC/A1.3")).then(refused("claim.already_decided"))


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (rules_on(Outcome.PARTLY), "claim.points_mismatch"),
        (rules_on(Outcome.ACCEPTED, "1"), "claim.points_mismatch"),
        (rules_on(Outcome.REJECTED, "1"), "claim.points_mismatch"),
        (rules_on(Outcome.PARTLY, "2.5"), "score.above_max"),
        (rules_on(Outcome.ACCEPTED, claim=0), "claim.unknown"),
    ],
)
def test_special_case_decision_fits_its_claim(body: SpecialCaseDecided, rule: str) -> None:
    """Points come with PARTLY and only with it, within the maximum, and about a claim that was made."""
    sitting().when(decides(body, "STC/A1.3")).then(refused(rule))


def test_special_case_needs_a_claim() -> None:
    """A cell for which nothing was claimed is no special case."""
    sitting().when(decides(rules_on(Outcome.ACCEPTED), "STC/A1.2")).then(refused("claim.unknown"))


def test_cell_out_of_the_denominator_is_not_adjusted() -> None:
    """After an accepted special case there are no points to move."""
    story = sitting(decides(rules_on(Outcome.ACCEPTED), "STC/A1.3"))
    story.when(decides(adjusts("0", "1"), "STC/A1.3")).then(refused("criterion.not_adjusted"))


def test_accepted_special_case_stands_over_an_adjustment() -> None:
    """Accepting after adjusting takes the cell out all the same."""
    story = sitting(decides(adjusts("1.6", "2"), "STC/A1.3"), decides(rules_on(Outcome.ACCEPTED), "STC/A1.3"))
    assert story.score("STC/A1.3").counts is False


# --- bonus, deductions, waivers -------------------------------------------------------------------------


def test_bonus_is_decided_once_for_a_claim() -> None:
    """A claimed initiative gets points within the maximum, once; a new claim can be decided anew."""
    story = sitting()
    claim = story.last(InitiativeClaimed)
    bonus = BonusDecided(claim=claim, points=Fraction(3))
    story.when(decides(BonusDecided(claim=claim, points=Fraction("3.5")), "STC/B1")).then(
        refused("score.above_max")
    )
    story.when(decides(bonus, "STC/B2")).then(refused("claim.unknown"))
    story.when(decides(BonusDecided(claim=claim - 1, points=Fraction(1)), "STC/B1")).then(
        refused("claim.unknown")
    )
    assert story.card("STC").bonus == 0
    story.when(decides(bonus, "STC/B1")).then(admitted)
    assert story.card("STC").bonus == 3
    story.when(decides(bonus, "STC/B1")).then(refused("claim.already_decided"))


@pytest.mark.parametrize(
    ("points", "about", "references", "rule"),
    [
        ("3.5", "STC/D3", FIRST, "score.above_max"),
        ("1", "STC/D1", FIRST, "criterion.no_deduction"),
        ("1", "STC/A1.2", FIRST, "criterion.no_deduction"),
        ("1", "STC/B1", FIRST, "criterion.no_deduction"),
        ("1", "STC/D3", (), "decision.no_references"),
        ("1", "STC/D3", (10**6,), "decision.unknown_reference"),
    ],
)
def test_deduction_is_where_the_set_leaves_it_to_the_council(
    points: str, about: str, references: tuple[int, ...], rule: str
) -> None:
    """Not where the log makes it, not above the maximum, not without references."""
    body = DeductionDecided(points=Fraction(points), category=JUDGED, references=references)
    sitting().when(decides(body, about)).then(refused(rule))


def test_deduction_counts() -> None:
    """What the council takes off is off the total."""
    body = DeductionDecided(points=Fraction(3), category=JUDGED, references=FIRST)
    story = sitting()
    before = story.card("STC").total
    story.when(decides(body, "STC/D3")).then(admitted)
    assert story.card("STC").deductions == before - story.card("STC").total == 3


def test_declared_cell_that_nobody_verified_is_waived_once() -> None:
    """The declared score may stand, and says so; a verified or empty cell needs no waiver."""
    waived = VerificationWaived(category=JUDGED)
    story = sitting()
    for about in ("STC/A1.2", "STC/A1.1"):
        story.when(decides(waived, about)).then(refused("waiver.nothing_to_waive"))
    story.when(decides(waived, "STC/A1.3")).then(admitted)
    assert story.score("STC/A1.3").flags == (Flag.WAIVED,)
    story.when(decides(waived, "STC/A1.3")).then(refused("waiver.nothing_to_waive"))
