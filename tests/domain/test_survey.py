"""The survey: control totals that fit, tallies that never exceed them, too few ballots that do not count."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.events import SurveyWaveClosed
from domain.scoring import Flag, Stage
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.world import closes_wave, given, tallies


def answered(*acts: Act) -> Story:
    """Ten council deputies and twenty of the staff have answered."""
    return given(Phase.INSPECTION, closes_wave("COUNCIL_DEPUTY", 10), closes_wave("STAFF", 20)).given(*acts)


@pytest.mark.parametrize(("issued", "returned", "valid"), [(654, 654, 654), (700, 660, 654), (0, 0, 0)])
def test_control_totals_fall(issued: int, returned: int, valid: int) -> None:
    """No more ballots come back than went out, and no more are valid than came back (R08)."""
    body = SurveyWaveClosed(group="STAFF", issued=issued, returned=returned, valid=valid)
    given(Phase.INSPECTION).when(states("secretariat", body)).then(admitted)


@pytest.mark.parametrize(
    ("issued", "returned", "valid"), [(9, 10, 10), (10, 9, 10), (9, 9, -1), (-1, -1, -1)]
)
def test_impossible_control_totals_are_refused(issued: int, returned: int, valid: int) -> None:
    """Totals that rise or lie below nothing are a mistake."""
    body = SurveyWaveClosed(group="STAFF", issued=issued, returned=returned, valid=valid)
    given(Phase.INSPECTION).when(states("secretariat", body)).then(refused("survey.totals_impossible"))


def test_wave_is_closed_once_by_the_secretariat() -> None:
    """Control totals are not written twice, nor by an agency."""
    answered().when(closes_wave("STAFF", 30)).then(refused("survey.wave_closed", group="STAFF"))
    act = closes_wave("LOWER_LEVEL_PC", 30)
    answered().when(states("head-STC", act.body)).then(refused("role.missing", role="SECRETARIAT"))


def test_ballots_of_all_groups_make_the_points() -> None:
    """The mean weight over all valid ballots of the groups, times the maximum, exactly."""
    act = tallies("STC/A3.1", COUNCIL_DEPUTY={"A": 2, "C": 1}, STAFF={"A": 1, "B": 2, "C": 0, "D": 1})
    story = answered().when(act).then(admitted)
    score = story.score("STC/A3.1")
    assert (score.points, score.stage) == (3 * Fraction(5, 7), Stage.TALLIED)
    assert score.positions == (story.events[-1].position,)
    assert story.cell("STC/A3.1").tally is not None


@pytest.mark.parametrize(
    ("ballots", "flags"), [(5, ()), (4, (Flag.TOO_FEW_BALLOTS,)), (0, (Flag.TOO_FEW_BALLOTS,))]
)
def test_too_few_ballots_do_not_count(ballots: int, flags: tuple[Flag, ...]) -> None:
    """Below the smallest group the cell is out of the denominator, and says so."""
    story = answered(tallies("STC/A3.1", STAFF={"A": ballots}))
    score = story.score("STC/A3.1")
    assert (score.flags, score.counts, score.points) == (flags, not flags, Fraction(0 if flags else 3))


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (tallies("STC/A1.1", STAFF={"A": 1}), refused("score.wrong_kind", criterion="A1.1")),
        (tallies("STC/A3.1", CITIZENS={"A": 1}), refused("survey.unknown_group", group="CITIZENS")),
        (tallies("STC/A3.1", STAFF={"E": 1}), refused("survey.unknown_answer", group="STAFF")),
        (tallies("STC/A3.1", STAFF={"A": 6, "B": -1}), refused("survey.unknown_answer", group="STAFF")),
        (
            tallies("STC/A3.1", STAFF={"A": 20, "B": 1}),
            refused("survey.more_than_valid", stated=21, valid=20),
        ),
        (
            tallies("STC/A3.1", STAFF={"A": 20}, COUNCIL_DEPUTY={"A": 11}),
            refused("survey.more_than_valid", group="COUNCIL_DEPUTY"),
        ),
        (states("head-STC", tallies("STC/A3.1").body, "STC/A3.1"), refused("role.missing")),
    ],
)
def test_tally_stays_within_groups_answers_and_totals(act: Act, refusal: Any) -> None:
    """A cell without ballots, another group or answer, a negative count, more than were valid: refused."""
    answered().when(act).then(refusal)


def test_tally_needs_a_closed_wave() -> None:
    """A group that is still answering is not counted."""
    act = tallies("STC/A3.1", STAFF={"A": 1})
    given(Phase.INSPECTION).when(act).then(refused("survey.unknown_group", group="STAFF"))


def test_cell_is_tallied_once() -> None:
    """A second tally of the same cell is refused; another agency has its own."""
    story = answered(tallies("STC/A3.1", STAFF={"A": 20}))
    story.when(tallies("STC/A3.1", STAFF={"A": 19})).then(refused("survey.already_tallied"))
    story.when(tallies("SNV/A3.1", STAFF={"A": 19, "B": 1})).then(admitted)
