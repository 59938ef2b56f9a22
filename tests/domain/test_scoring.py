"""Each closed kind of rule makes exact points, worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from domain import scoring
from domain.criteria import (
    Empty,
    ImprovementRule,
    Rule,
    StatedRule,
    SurveyRule,
)
from domain.deadlines import Phase
from domain.dossiers import Act as ScoreAct
from domain.dossiers import Cell
from domain.scoring import Flag, Score, Stage
from domain.stated.assessment import SpecialCaseClaimed
from domain.stated.choices import Outcome, Quality
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.rules import COUNT, bands, late, out_of_four, parts, ratio
from tests.domain.sitting import adjusts, decide, settles
from tests.domain.specification import ROUND, states
from tests.domain.stating import declares, notes, remembers
from tests.domain.world import given

DECLARING = Phase.SELF_ASSESSMENT


# --- from quantities ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "quantities", "points"),
    [
        (ratio(), {"a": "3", "b": "4"}, "3"),
        (ratio(), {"a": "1", "b": "3"}, "4/3"),
        (ratio(), {"a": "0", "b": "3"}, "0"),
        (ratio(), {"a": "0", "b": "0"}, "0"),
        (ratio(empty=Empty.FULL), {"a": "0", "b": "0"}, "4"),
        (ratio(empty=Empty.FULL), {"a": "0", "b": "1"}, "0"),
        (ratio(floor="0.7"), {"a": "7", "b": "10"}, "2.8"),
        (ratio(floor="0.7"), {"a": "6.9999", "b": "10"}, "0"),
        (ratio(target="0.8"), {"a": "4", "b": "10"}, "2"),
        (ratio(target="0.8"), {"a": "8", "b": "10"}, "4"),
        (ratio(target="0.8"), {"a": "30", "b": "10"}, "4"),
        (ratio(target="2"), {"a": "10", "b": "10"}, "2"),
        (ratio(target="0.3", empty=Empty.FULL), {"a": "5", "b": "0"}, "4"),
        (ratio("0.5", "0.8"), {"a": "6", "b": "10"}, "3"),
        (ratio("0.5", "0.8"), {"a": "4", "b": "10"}, "0"),
        (bands(), {"a": "9", "b": "10"}, "4"),
        (bands(), {"a": "8.9999", "b": "10"}, "1.5"),
        (bands(), {"a": "5", "b": "10"}, "1.5"),
        (bands(), {"a": "4", "b": "10"}, "0"),
        (bands(), {"a": "0", "b": "0"}, "0"),
        (bands(Empty.FULL), {"a": "0", "b": "0"}, "4"),
        (COUNT, {"n": "3"}, "1.5"),
        (COUNT, {"n": "0"}, "0"),
        (COUNT, {"n": "8"}, "4"),
        (COUNT, {"n": "9"}, "4"),
        (COUNT, {"n": "0.5"}, "0.25"),
        (parts(("1", ratio()), ("3", COUNT)), {"a": "1", "b": "3", "n": "9"}, "10/3"),
        (parts(("1", COUNT), ("3", COUNT)), {"n": "4"}, "3"),
        (parts(("1", COUNT), ("3", parts(("2", COUNT), ("1", ratio())))), {"a": 1, "b": 2, "n": 2}, "2.5"),
    ],
)
def test_quantities_make_points(rule: Rule, quantities: dict[str, str], points: str) -> None:
    """Ratios with floor and target, bands, counts with a cap, and sums of parts, out of 4."""
    story = given(DECLARING, declares("STC/A1.1", **quantities), criteria=out_of_four(rule))
    score = story.score("STC/A1.1")
    assert (score.points, score.maximum, score.stage) == (Fraction(points), Fraction(4), Stage.DECLARED)
    assert score.positions == (story.events[-1].position,)


@pytest.mark.parametrize("rule", [StatedRule(), SurveyRule(groups=("STAFF",))])
def test_rule_without_quantities_makes_no_points_from_them(rule: Rule) -> None:
    """Asking a stated or surveyed rule to compute is a mistake of the program, not zero points."""
    story = given(DECLARING, criteria=out_of_four(rule))
    act = ScoreAct(position=1, arrived_at=story.now, quantities={"n": Fraction(1)})
    story.standing.cells[ROUND, "STC", "A1.1"] = Cell(decided=act)
    with pytest.raises(TypeError):
        story.card("STC")


# --- stages ---------------------------------------------------------------------------------------------


def test_verified_quantities_make_the_points_anew() -> None:
    """The rule makes points from what the team found; the declaration stays beside it."""
    declared = given(DECLARING, declares("STC/A1.1", a=4, b=4), criteria=out_of_four(ratio()))
    story = declared.given(notes("STC/A1.1", a=3, b=4))
    score = story.score("STC/A1.1")
    assert (score.points, score.stage) == (Fraction(3), Stage.VERIFIED)


def test_nothing_stated_is_nothing_earned() -> None:
    """A missing cell is 0, says so, and counts in the denominator."""
    score = given(DECLARING).score("STC/A1.1")
    assert score == Score(Fraction(0), Fraction(1), Stage.MISSING)


@pytest.mark.parametrize(
    ("quality", "flags"),
    [
        (Quality.SOUND, ()),
        (Quality.INCORRECT, (Flag.INCORRECT,)),
        (Quality.INCOMPLETE, (Flag.INCOMPLETE,)),
    ],
)
def test_quality_of_evidence_is_flagged(quality: Quality, flags: tuple[Flag, ...]) -> None:
    """What a team found wrong stands beside the points (R60)."""
    story = given(DECLARING, declares("STC/A1.2", "1"), notes("STC/A1.2", "1", quality=quality))
    assert story.score("STC/A1.2").flags == flags


def test_late_declaration_is_flagged_for_good() -> None:
    """Lateness stays with the score when the team has verified it."""
    story = given(
        DECLARING, late(declares("STC/A1.2", "1")), notes("STC/A1.2", "1", quality=Quality.INCORRECT)
    )
    assert story.score("STC/A1.2").flags == (Flag.LATE, Flag.INCORRECT)


# --- improvement ----------------------------------------------------------------------------------------

IMPROVING = criteria_set(
    criterion("A1.1", "8", ratio()),
    criterion("A1.2", "2", ImprovementRule(offset=Fraction(5), span=Fraction(10))),
)


@pytest.mark.parametrize(
    ("before", "points"),
    [("70", "2"), ("60", "2"), ("75", "1"), ("78", "0.4"), ("80", "0"), ("100", "0"), ("74.9999", "1.00002")],
)
def test_improvement_compares_totals_without_itself(before: str, points: str) -> None:
    """6 of 8 is 75 %: against last year's total, plus 5, over 10, between none and all of 2 points."""
    acts = (remembers("STC", before), declares("STC/A1.1", a=6, b=8))
    story = given(DECLARING, *acts, criteria=IMPROVING)
    score = story.score("STC/A1.2")
    assert score == Score(Fraction(points), Fraction(2), Stage.COMPUTED, (story.last(type(acts[0].body)),))
    assert story.card("STC").total == 10 * (6 + Fraction(points))


def test_without_a_year_before_there_is_no_improvement() -> None:
    """The criterion is out of the denominator, and flagged."""
    story = given(DECLARING, declares("STC/A1.1", a=6, b=8), criteria=IMPROVING)
    score = story.score("STC/A1.2")
    assert score.points == 0
    assert (score.counts, score.flags) == (False, (Flag.NO_PREVIOUS_RESULT,))
    assert story.card("STC").total == 75


def test_special_case_takes_improvement_out() -> None:
    """An accepted special case of the improvement leaves the total as it is without it."""
    claim = states("head-STC", SpecialCaseClaimed(), "STC/A1.2")
    acts = (remembers("STC", "75"), declares("STC/A1.1", a=6, b=8), claim)
    story = given(Phase.COUNCIL, *acts, criteria=IMPROVING)
    claimed = story.last(SpecialCaseClaimed)
    accepted, partly = settles(claimed, Outcome.ACCEPTED), settles(claimed, Outcome.PARTLY, "2")
    assert decide(story.branch(), accepted, "STC/A1.2").card("STC").total == 75
    assert decide(story, partly, "STC/A1.2").card("STC").total == 80


# --- side by side ---------------------------------------------------------------------------------------


def test_stages_stand_side_by_side() -> None:
    """What was declared, verified and decided is each worth something, by the rule, whatever counts."""
    acts = (declares("STC/A1.1", a=4, b=4), notes("STC/A1.1", a=2, b=4, quality=Quality.INCOMPLETE))
    story = given(DECLARING, *acts, criteria=out_of_four(ratio()))
    found = scoring.stages(story.standing, ROUND, "STC", "A1.1")
    assert {stage: score.points for stage, score in found.items()} == {Stage.DECLARED: 4, Stage.VERIFIED: 2}
    assert found[Stage.VERIFIED] == story.score("STC/A1.1")
    decide(story, adjusts("2", "3"), "STC/A1.1")
    found = scoring.stages(story.standing, ROUND, "STC", "A1.1")
    assert [score.points for score in found.values()] == [4, 2, 3]
    assert list(found) == [Stage.DECLARED, Stage.VERIFIED, Stage.DECIDED]


def test_cell_without_an_act_has_reached_no_stage() -> None:
    """Where nothing was stated there is nothing to show."""
    story = given(DECLARING, criteria=out_of_four(ratio()))
    assert scoring.stages(story.standing, ROUND, "STC", "A1.1") == {}
