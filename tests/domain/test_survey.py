"""The survey: control totals that fit, tallies that never exceed them, too few ballots that do not count."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.scoring import Flag, Stage
from domain.stated.survey import BallotsRecorded, SurveyWaveClosed, SurveyWaveOpened
from domain.survey import POOLED
from tests.domain.specification import ROUND, Act, Story, admitted, refused, states
from tests.domain.stating import ROOT, holds_wave, root_of, tallies
from tests.domain.world import given


def answered(*acts: Act) -> Story:
    """Ten council deputies and twenty of the staff have answered."""
    return given(Phase.INSPECTION, *holds_wave("COUNCIL_DEPUTY", 10), *holds_wave("STAFF", 20)).given(*acts)


# --- waves and batches ----------------------------------------------------------------------------------


def opens_wave(group: str = "STAFF", issued: int = 700, tokens: str = ROOT, who: str = "secretariat") -> Act:
    """The secretariat opens a wave."""
    return states(who, SurveyWaveOpened(group=group, issued=issued, tokens=tokens, upward=True))


def records(ballots: int, group: str = "STAFF", root: str = ROOT, who: str = "secretariat") -> Act:
    """The secretariat records a batch."""
    return states(who, BallotsRecorded(group=group, ballots=ballots, root=root))


def closes_wave(returned: int, valid: int, group: str = "STAFF", who: str = "secretariat") -> Act:
    """The secretariat closes a wave."""
    return states(who, SurveyWaveClosed(group=group, returned=returned, valid=valid))


def asked(*acts: Act) -> Story:
    """The wave of the staff is open: 700 tokens are out."""
    return given(Phase.INSPECTION, opens_wave(), *acts)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (opens_wave(), "survey.wave_already_open"),
        (opens_wave(POOLED), "survey.wave_already_open"),
        (opens_wave("CITIZENS", tokens=""), "survey.malformed_root"),
        (opens_wave("CITIZENS", tokens=ROOT.upper()), "survey.malformed_root"),
        (opens_wave("CITIZENS", tokens=ROOT[:-1]), "survey.malformed_root"),
        (opens_wave("CITIZENS", tokens=ROOT + "\n"), "survey.malformed_root"),
        (opens_wave("CITIZENS", issued=0), "survey.malformed_root"),
        (opens_wave("CITIZENS", who="head-STC"), "role.missing"),
        (opens_wave("CITIZENS"), "survey.group_not_asked"),
    ],
)
def test_wave_is_opened_once_over_the_root_of_its_tokens(act: Act, rule: str) -> None:
    """A group is asked once, and what it may answer with is fixed before it does (R42, R49)."""
    asked().when(act).then(refused(rule))


def test_wave_says_whether_it_rates_superiors() -> None:
    """The rating of superiors by those below them is a wave of its own (R50)."""
    wave = asked().standing.waves[ROUND, "STAFF"]
    assert (wave.issued, wave.upward, wave.ballots, wave.valid) == (700, True, 0, None)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (records(4), "survey.batch_too_small"),
        (records(-5), "survey.batch_too_small"),
        (records(651, root=root_of("others")), "survey.more_than_issued"),
        (records(50, root="root"), "survey.malformed_root"),
        (records(50, "CITIZENS"), "survey.unknown_group"),
        (records(50, who="head-STC"), "role.missing"),
    ],
)
def test_batch_hides_its_ballots_and_is_no_more_than_was_issued(act: Act, rule: str) -> None:
    """A batch is big enough to hide in, of a group that was asked, with a root (R49)."""
    asked(records(50)).when(act).then(refused(rule))


def test_batches_add_up_to_what_was_issued() -> None:
    """The last token that is out makes the last ballot; then the wave is full."""
    story = asked(records(50)).when(records(650, root=root_of("the rest"))).then(admitted)
    assert story.standing.waves[ROUND, "STAFF"].ballots == 700
    more = records(5, root=root_of("more"))
    story.when(more).then(refused("survey.more_than_issued", stated=5, left=0))


def test_batch_is_recorded_once() -> None:
    """Ballots that were recorded do not count again, neither in their own wave nor in another one (R49)."""
    other = opens_wave("COUNCIL_DEPUTY", tokens=root_of("deputies"))
    story = asked(records(50), other)
    for again in (records(50), records(50, "COUNCIL_DEPUTY")):
        story.when(again).then(refused("survey.batch_recorded", group=again.body.group))
    story.when(records(50, "COUNCIL_DEPUTY", root_of("theirs"))).then(admitted)


def test_every_wave_has_tokens_of_its_own() -> None:
    """With the tokens of another group's wave somebody could answer twice; those are refused (R42)."""
    asked().when(opens_wave("COUNCIL_DEPUTY")).then(refused("survey.tokens_used", group="COUNCIL_DEPUTY"))
    asked().when(opens_wave("COUNCIL_DEPUTY", tokens=root_of("deputies"))).then(admitted)


@pytest.mark.parametrize("valid", [654, 600, 0])
def test_control_totals_fall(valid: int) -> None:
    """As many ballots come back as were recorded, and no more are valid than came back (R08)."""
    story = asked(records(654)).when(closes_wave(654, valid)).then(admitted)
    wave = story.standing.waves[ROUND, "STAFF"]
    assert (wave.issued, wave.returned, wave.valid) == (700, 654, valid)


@pytest.mark.parametrize(("returned", "valid"), [(653, 653), (655, 654), (654, 655), (654, -1), (0, 0)])
def test_impossible_control_totals_are_refused(returned: int, valid: int) -> None:
    """Totals that rise, lie below nothing, or are not those of the batches are a mistake."""
    asked(records(654)).when(closes_wave(returned, valid)).then(
        refused("survey.totals_impossible", recorded=654, returned=returned, valid=valid)
    )


def test_wave_without_an_answer_can_be_closed() -> None:
    """Nobody has to answer."""
    asked().when(closes_wave(0, 0)).then(admitted)


def test_closed_wave_stays_closed() -> None:
    """Control totals are not written twice nor by an agency, and no ballot comes after them."""
    story = answered()
    story.when(closes_wave(20, 20)).then(refused("survey.wave_closed", group="STAFF"))
    story.when(records(5)).then(refused("survey.wave_closed", group="STAFF"))
    story.when(closes_wave(0, 0, "CITIZENS")).then(refused("survey.unknown_group", group="CITIZENS"))
    asked().when(closes_wave(0, 0, who="head-STC")).then(refused("role.missing", role="SECRETARIAT"))


# --- tallies --------------------------------------------------------------------------------------------


def test_ballots_of_all_groups_make_the_points() -> None:
    """The mean weight over all valid ballots of the groups, times the maximum, exactly."""
    act = tallies("STC/A3.1", COUNCIL_DEPUTY={"A": 4, "C": 2}, STAFF={"A": 2, "B": 4, "C": 0, "D": 2})
    story = answered().when(act).then(admitted)
    score = story.score("STC/A3.1")
    assert (score.points, score.stage) == (3 * Fraction(5, 7), Stage.TALLIED)
    assert score.positions == (story.events[-1].position,)
    assert story.cell("STC/A3.1").tally is not None


@pytest.mark.parametrize(
    ("act", "flags"),
    [
        (tallies("STC/A3.1", STAFF={"A": 5}), ()),
        (tallies("STC/A3.1", POOLED={"A": 5}), ()),
        (tallies("STC/A3.1", 4), (Flag.TOO_FEW_BALLOTS,)),
        (tallies("STC/A3.1"), (Flag.TOO_FEW_BALLOTS,)),
    ],
)
def test_too_few_ballots_do_not_count(act: Act, flags: tuple[Flag, ...]) -> None:
    """Below the smallest group the cell is out of the denominator, and says so."""
    story = answered(act)
    score = story.score("STC/A3.1")
    assert (score.flags, score.counts, score.points) == (flags, not flags, Fraction(0 if flags else 3))


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (tallies("STC/A1.1", STAFF={"A": 1}), refused("score.wrong_kind", criterion="A1.1")),
        (tallies("STC/A3.1", CITIZENS={"A": 5}), refused("survey.unknown_group", group="CITIZENS")),
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
    act = tallies("STC/A3.1", STAFF={"A": 5})
    given(Phase.INSPECTION).when(act).then(refused("survey.unknown_group", group="STAFF"))
    open_still = given(Phase.INSPECTION, *holds_wave("STAFF", 20), opens_wave("COUNCIL_DEPUTY"))
    open_still.when(act).then(refused("survey.wave_still_open", group="COUNCIL_DEPUTY"))


def test_cell_is_tallied_once() -> None:
    """A second tally of the same cell is refused; another agency has its own."""
    story = answered(tallies("STC/A3.1", STAFF={"A": 20}))
    story.when(tallies("STC/A3.1", STAFF={"A": 19})).then(refused("survey.already_tallied"))
    story.when(tallies("SNV/A3.1", STAFF={"A": 19, "B": 1})).then(admitted)
