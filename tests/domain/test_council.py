"""The council decides over what was declared and verified: with a quorum, as was moved, for a reason."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.events import Body
from domain.scoring import Flag, Stage
from domain.stated.assessment import SpecialCaseClaimed
from domain.stated.choices import Choice, Matter, Outcome
from domain.stated.council import CouncilAdjustmentMade, MotionPut, SpecialCaseDecided
from tests.domain.sitting import (
    CHAIR,
    FIRST,
    JUDGED,
    adjusts,
    decide,
    deducts,
    in_session,
    moved,
    moved_at,
    rewards,
    settles,
    votes,
    waives,
)
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.stating import claims_bonus, declares, holds_wave, notes, tallies
from tests.domain.world import QUORUM, given, opening, registered

CLAIMS = (
    declares("STC/A1.2", "1.5"),
    declares("STC/A1.3", done=8, planned=10),
    states("head-STC", SpecialCaseClaimed(), "STC/A1.3"),
    claims_bonus("STC/B1", "2"),
    claims_bonus("STC/B2", "1", "0.5"),
    notes("STC/A1.2", "1"),
)


def sitting(*acts: Act) -> Story:
    """The council sits over STC: A1.2 verified at 1, A1.3 declared and claimed special, B1 and B2 claimed."""
    return given(Phase.COUNCIL, *CLAIMS).given(*acts)


# --- who decides ----------------------------------------------------------------------------------------

DECISION = adjusts("1", "2")


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (QUORUM[:2], "council.too_few_signatures"),
        ((QUORUM[0],) * 3, "signature.twice"),
        ((*QUORUM[:2], QUORUM[0]), "signature.twice"),
        (("member-2", *QUORUM), "council.home_agency"),
        (("authority", *QUORUM), "council.not_a_member"),
        (("secretariat", "authority", "registrar-1"), "council.not_a_member"),
    ],
)
def test_quorum_of_members_from_elsewhere_decides(who: tuple[str, ...], rule: str) -> None:
    """Too few, one of them twice, a member from the agency concerned, or a stranger: refused."""
    story = sitting()
    story.when(moved(story, DECISION, "STC/A1.2", who)).then(refused(rule))


@pytest.mark.parametrize("who", [QUORUM, ("member-1", *QUORUM), ("member-1", *QUORUM[1:])])
def test_any_quorum_decides(who: tuple[str, ...]) -> None:
    """More than the quorum may sign, and members of other agencies may."""
    story = sitting()
    story.when(moved(story, DECISION, "STC/A1.2", who)).then(admitted)


def test_without_a_council_nothing_is_decided() -> None:
    """A round that has no council takes no decision."""
    story = registered().given(opening()).reach(Phase.COUNCIL)
    decision = states(QUORUM, adjusts("0", "1"), "STC/A1.2")
    story.when(decision).then(refused("council.not_established", round="2016"))


# --- as was moved ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "about", "moved_instead"),
    [
        (adjusts("1", "2"), "STC/A1.2", adjusts("1", "1.5")),
        (settles(None, Outcome.REJECTED), "STC/A1.3", settles(None, Outcome.ACCEPTED)),
        (settles(None, Outcome.PARTLY, "1"), "STC/A1.3", settles(None, Outcome.PARTLY, "0.5")),
        (rewards(None, "2"), "STC/B1", rewards(None, "1")),
        (deducts("2"), "STC/D3", deducts("1")),
    ],
)
def test_decision_says_what_was_moved(said: Body, about: str, moved_instead: Body) -> None:
    """Whatever the council voted for is what it signs, not a little more or less (R53)."""
    story = sitting()
    act = moved(story, moved_instead, about)
    story.when(states(act.who, replace(said, motion=act.body.motion), about)).then(
        refused("decision.not_as_moved", motion=act.body.motion)
    )


def test_waiver_moves_no_points() -> None:
    """A motion to waive that named points is not what a waiver says."""
    story = sitting()
    named = MotionPut(meeting=in_session(story), matter=Matter.WAIVER, category=JUDGED, points=Fraction(1))
    story.given(states(CHAIR, named, "STC/A1.3"))
    votes(story, "STC/A1.3", dict.fromkeys(QUORUM, Choice.FOR))
    waived = replace(waives(), motion=moved_at(story, "STC/A1.3"))
    story.when(states(QUORUM, waived, "STC/A1.3")).then(refused("decision.not_as_moved"))


@pytest.mark.parametrize("body", [adjusts("1.6", "2"), rewards(None, "1"), deducts("1"), waives()])
def test_decision_is_of_the_kind_that_was_moved(body: Any) -> None:
    """A motion about one matter decides no other."""
    story = sitting()
    about = "STC/A1.3"
    other = moved(story, settles(story.cell(about).special_claim, Outcome.PARTLY, "1"), about)
    decision = replace(body, motion=other.body.motion)
    story.when(states(QUORUM, decision, about)).then(refused("motion.unknown", motion=other.body.motion))


# --- adjustments ----------------------------------------------------------------------------------------


def test_adjustment_stands_over_what_was_verified() -> None:
    """The decided points count, and the acts of the other stages stay beside them (R31)."""
    story = sitting()
    story.when(moved(story, DECISION, "STC/A1.2")).then(admitted)
    assert (story.score("STC/A1.2").points, story.score("STC/A1.2").stage) == (Fraction(2), Stage.DECIDED)
    cell = story.cell("STC/A1.2")
    assert [act.points for act in (cell.declared, cell.verified) if act] == [Fraction("1.5"), 1]
    story.when(moved(story, adjusts("2", "0.5"), "STC/A1.2")).then(admitted)
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
    ],
)
def test_adjustment_says_what_it_moves_and_why(body: CouncilAdjustmentMade, about: str, refusal: Any) -> None:
    """Wrong old points, points out of range, or no references: refused."""
    story = sitting()
    story.when(moved(story, body, about)).then(refusal)


def test_reference_lies_before_the_decision() -> None:
    """A decision cannot refer to itself."""
    story = sitting()
    decision = moved(story, adjusts("1", "2"), "STC/A1.2")
    here = len(story.events)
    for position, answer in (
        (here, refused("decision.unknown_reference", position=here)),
        (here - 1, admitted),
    ):
        story.when(states(QUORUM, replace(decision.body, references=(position,)), "STC/A1.2")).then(answer)


def test_old_points_are_exact() -> None:
    """A survey's mean is named as a fraction, not as it is shown."""
    story = sitting(*holds_wave("STAFF", 7), tallies("STC/A3.1", STAFF={"A": 4, "B": 1, "D": 2}))
    assert story.score("STC/A3.1").points == Fraction(57, 28)
    rounded = moved(story, adjusts("2.0357", "3"), "STC/A3.1")
    story.when(rounded).then(refused("adjustment.wrong_old_points", now="57/28"))
    story.when(moved(story, adjusts("57/28", "3"), "STC/A3.1")).then(admitted)


# --- special cases --------------------------------------------------------------------------------------


def rules_on(outcome: Outcome, points: str | None = None, claim: int | None = None) -> SpecialCaseDecided:
    """A decision about the claim on A1.3."""
    newest = sitting().last(SpecialCaseClaimed) if claim is None else claim
    return settles(newest, outcome, points)


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
    story, body = sitting(), rules_on(outcome, points)
    story.when(moved(story, body, "STC/A1.3")).then(admitted)
    score = story.score("STC/A1.3")
    assert (score.points, score.stage, score.counts) == (expected, stage, counts)
    assert (Flag.SPECIAL_CASE in score.flags) is not counts
    story.when(moved(story, body, "STC/A1.3")).then(refused("claim.already_decided"))


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
    story = sitting()
    story.when(moved(story, body, "STC/A1.3")).then(refused(rule))


def test_special_case_needs_a_claim() -> None:
    """A cell for which nothing was claimed is no special case."""
    story = sitting()
    story.when(moved(story, rules_on(Outcome.ACCEPTED), "STC/A1.2")).then(refused("claim.unknown"))


def test_cell_out_of_the_denominator_is_not_adjusted() -> None:
    """After an accepted special case there are no points to move."""
    story = decide(sitting(), rules_on(Outcome.ACCEPTED), "STC/A1.3")
    story.when(moved(story, adjusts("0", "1"), "STC/A1.3")).then(refused("criterion.not_adjusted"))


def test_accepted_special_case_stands_over_an_adjustment() -> None:
    """Accepting after adjusting takes the cell out all the same."""
    story = decide(sitting(), adjusts("1.6", "2"), "STC/A1.3")
    assert decide(story, rules_on(Outcome.ACCEPTED), "STC/A1.3").score("STC/A1.3").counts is False


# --- bonus, deductions, waivers -------------------------------------------------------------------------


def test_bonus_is_decided_once_for_a_claim() -> None:
    """A claimed initiative gets points within the maximum, once."""
    story = sitting()
    claim = story.cell("STC/B1").bonus_claim or 0
    for body, about, rule in (
        (rewards(claim, "3.5"), "STC/B1", "score.above_max"),
        (rewards(claim, "1"), "STC/B2", "claim.unknown"),
        (rewards(claim - 1, "1"), "STC/B1", "claim.unknown"),
    ):
        story.when(moved(story, body, about)).then(refused(rule))
    assert story.card("STC").bonus == 0
    story.when(moved(story, rewards(claim, "3"), "STC/B1")).then(admitted)
    assert story.card("STC").bonus == 3
    story.when(moved(story, rewards(claim, "3"), "STC/B1")).then(refused("claim.already_decided"))


def test_bonus_is_up_to_the_share() -> None:
    """Half of an initiative is worth half of the criterion's maximum at most (R27)."""
    story = sitting()
    claim = story.cell("STC/B2").bonus_claim
    story.when(moved(story, rewards(claim, "1.6"), "STC/B2")).then(refused("score.above_max", maximum="1.5"))
    story.when(moved(story, rewards(claim, "1.5"), "STC/B2")).then(admitted)


def test_bonus_needs_a_claim() -> None:
    """Nobody is rewarded for what nobody claimed."""
    story = sitting()
    story.when(moved(story, rewards(None, "1"), "HC/B1")).then(refused("claim.unknown"))


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
    story = sitting()
    story.when(moved(story, deducts(points, references), about)).then(refused(rule))


def test_deduction_counts() -> None:
    """What the council takes off is off the total."""
    story = sitting()
    before = story.card("STC").total
    story.when(moved(story, deducts("3"), "STC/D3")).then(admitted)
    assert story.card("STC").deductions == before - story.card("STC").total == 3


def test_declared_cell_that_nobody_verified_is_waived_once() -> None:
    """The declared score may stand, and says so; a verified or empty cell needs no waiver."""
    story = sitting()
    for about in ("STC/A1.2", "STC/A1.1"):
        story.when(moved(story, waives(), about)).then(refused("waiver.nothing_to_waive"))
    story.when(moved(story, waives(), "STC/A1.3")).then(admitted)
    assert story.score("STC/A1.3").flags == (Flag.WAIVED,)
    story.when(moved(story, waives(), "STC/A1.3")).then(refused("waiver.nothing_to_waive"))
