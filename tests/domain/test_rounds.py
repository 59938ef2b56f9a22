"""The round: opened with frozen rules on what the registry says, led through its phases and deadlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.deadlines import DeadlineRule, Phase
from domain.stated.choices import Path, Step
from domain.stated.registry import AgencyClosed
from domain.stated.rounds import AwardRule, DeadlineExtended, PhaseOpened, ReviewConferenceHeld, RoundOpened
from tests.domain.specification import ROUND, ZONE, Act, Story, admitted, refused, states
from tests.domain.stating import declares
from tests.domain.world import AGENCIES, AWARDS, DEADLINES, POLICY, TIMERS, given, opening, registered

PREPARED = Phase.PREPARATION


def opened() -> Story:
    """A round that is only just open: nobody lent, no team, no council."""
    return registered().given(opening())


# --- opening --------------------------------------------------------------------------------------------


def test_round_freezes_rules_agencies_and_deadlines() -> None:
    """A round has the set that it named, the agencies alive at the year's end, and resolved deadlines."""
    found = opened().round
    assert (found.evaluated_year, found.phase, found.criteria.version) == (2016, PREPARED, "1")
    assert found.agencies == AGENCIES
    assert {phase: d.due for phase, d in found.deadlines.items()} == {
        Phase.SELF_ASSESSMENT: date(2017, 2, 10),
        Phase.INSPECTION: date(2017, 3, 7),
        Phase.EXPLANATION: date(2017, 3, 14),
        Phase.COUNCIL: date(2017, 5, 3),
    }
    assert (found.regulation, found.publication, found.awards) == (("QĐ", "1"), POLICY, AWARDS)
    assert found.timers == {(timer.path, timer.step): timer for timer in TIMERS}


def test_agency_that_ended_within_the_year_is_not_ranked() -> None:
    """The blocks must match those who live on 31 December (R03, R17)."""
    ended = registered().given(states("registrar-1", AgencyClosed(code="STP", until=date(2016, 12, 30))))
    ended.when(opening()).then(refused("round.blocks_differ", block="DEPARTMENT", declared=3, registered=2))
    ended.when(opening(blocks={"DEPARTMENT": 2, "DISTRICT": 3, "CENTRAL": 2})).then(admitted)
    assert "STP" not in ended.round.agencies


NO_DATE = DeadlineRule(phase=Phase.INSPECTION, hard=False)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"execution_year": 2016}, "round.years_out_of_order"),
        ({"evaluated_year": 1989}, "round.years_out_of_order"),
        ({"evaluated_year": 9001, "execution_year": 9002}, "round.years_out_of_order"),
        ({"criteria_set": "OTHER"}, "criteria.unknown"),
        ({"criteria_version": "2"}, "criteria.unknown"),
        ({"blocks": {"DEPARTMENT": 4, "DISTRICT": 3, "CENTRAL": 2}}, "round.blocks_differ"),
        ({"blocks": {"DEPARTMENT": 3, "DISTRICT": 3}}, "round.blocks_differ"),
        ({"blocks": {"DEPARTMENT": 3, "DISTRICT": 3, "CENTRAL": 2, "WARD": 1}}, "round.blocks_differ"),
        ({"deadlines": (NO_DATE,)}, "deadline.malformed"),
        ({"deadlines": (*DEADLINES, DEADLINES[0])}, "deadline.malformed"),
        ({"regulation": "OTHER"}, "regulation.unknown"),
        ({"regulation_version": "2"}, "regulation.unknown"),
        ({"awards": AwardRule(up_to_rank=0, from_class="GOOD")}, "round.malformed_awards"),
        ({"awards": AwardRule(up_to_rank=1, from_class="BEST")}, "round.malformed_awards"),
        ({"publication": replace(POLICY, public_places=-1)}, "round.malformed_policy"),
        ({"timers": (*TIMERS, TIMERS[0])}, "timer.malformed"),
        ({"timers": (replace(TIMERS[0], days=0), *TIMERS[1:])}, "timer.malformed"),
        ({"timers": (replace(TIMERS[0], days=367), *TIMERS[1:])}, "timer.malformed"),
        ({"timers": (replace(TIMERS[0], basis=""), *TIMERS[1:])}, "timer.malformed"),
        ({"timers": TIMERS[1:]}, "timer.missing"),
        ({"timers": TIMERS[:1]}, "timer.missing"),
        ({"timers": (replace(TIMERS[0], step=Step.RESOLVE), *TIMERS[1:])}, "timer.missing"),
    ],
)
def test_round_opens_only_on_what_is_consistent(change: dict[str, Any], rule: str) -> None:
    """Years in order, known rules, the registry's blocks, deadlines and timers that say what they have to."""
    registered().when(opening(**change)).then(refused(rule))


@pytest.mark.parametrize(
    "change",
    [
        {"awards": AwardRule(up_to_rank=1, from_class="VERY_GOOD")},
        {"publication": replace(POLICY, public_places=0)},
        {
            "timers": tuple(
                replace(timer, days=days) for timer, days in zip(TIMERS, (1, 366, 1, 1), strict=True)
            )
        },
        {"timers": TIMERS[:2]},
    ],
)
def test_policies_are_data(change: dict[str, Any]) -> None:
    """Whom an award may go to, what is shown and how long a step takes is said when the round opens."""
    registered().when(opening(**change)).then(admitted)


def test_round_stands_beside_another_one() -> None:
    """Several rounds go on side by side, each with its own phase, teams, survey and council."""
    story = given(Phase.INSPECTION)
    second = opening(evaluated_year=2017, execution_year=2018).body
    story.given(states("authority", second, round="2017", expects=0))
    other = story.standing.rounds["2017"]
    assert (other.phase, other.council, story.round.phase) == (PREPARED, None, Phase.INSPECTION)
    seats = story.standing.seats.keys()
    assert seats
    assert {code for code, _ in seats} == {ROUND}
    story.given(states("secretariat", PhaseOpened(phase=Phase.SELF_ASSESSMENT), round="2017", expects=1))
    assert story.standing.rounds["2017"].phase is Phase.SELF_ASSESSMENT
    assert story.round.phase is Phase.INSPECTION
    mixed = declares("STC/A1.2", "1")
    story.when(states(mixed.who, mixed.body, mixed.about, round="2017", expects=0)).then(
        refused("dossier.no_focal_officer")
    )


def test_conference_is_recorded_once_the_result_is_public() -> None:
    """The conference that reviews the round is a milestone (R65): it moves nothing."""
    held = states("secretariat", ReviewConferenceHeld(on=date(2017, 8, 1)))
    given(Phase.APPROVAL).when(held).then(refused("phase.not_open", allowed="PUBLISHED"))
    story = given(Phase.PUBLISHED)
    story.when(states("authority", held.body)).then(refused("role.missing", role="SECRETARIAT"))
    before = story.round
    story.when(held).then(admitted)
    assert story.round == before


@pytest.mark.parametrize("year", [1990, 9000])
def test_evaluated_year_is_one_of_the_calendar(year: int) -> None:
    """The first and the last year that can be evaluated; the agencies are those of that year."""
    story = registered()
    blocks = {"DEPARTMENT": 3, "DISTRICT": 3, "CENTRAL": 2} if year > 2010 else {}
    story.when(opening(evaluated_year=year, execution_year=year + 1, blocks=blocks)).then(admitted)


def test_round_is_opened_once_by_the_authority() -> None:
    """The secretariat opens no round, and nobody opens it twice; each round has its own code."""
    plain = opening().body
    assert isinstance(plain, RoundOpened)
    registered().when(states("secretariat", plain)).then(refused("role.missing", role="APPROVING_AUTHORITY"))
    opened().when(opening()).then(refused("round.already_open"))
    named = states("authority", plain, round="registry", expects=len(registered().events))
    registered().when(named).then(refused("round.malformed_code", round="registry"))
    second = states("authority", plain, round="2017", expects=0)
    opened().when(second).then(admitted)


# --- phases and deadlines -------------------------------------------------------------------------------


def test_phases_open_in_order() -> None:
    """The secretariat opens the next phase, never skips one, and publication alone ends the round."""
    story = given(PREPARED)
    skip = states("secretariat", PhaseOpened(phase=Phase.INSPECTION))
    story.when(skip).then(refused("phase.not_next", now="PREPARATION"))
    again = states("secretariat", PhaseOpened(phase=PREPARED))
    story.when(again).then(refused("phase.not_next"))
    step = PhaseOpened(phase=Phase.SELF_ASSESSMENT)
    story.when(states("authority", step)).then(refused("role.missing", role="SECRETARIAT"))
    story.when(states("secretariat", step)).then(admitted)
    assert story.round.opened.keys() == {PREPARED, Phase.SELF_ASSESSMENT}
    last = states("secretariat", PhaseOpened(phase=Phase.PUBLISHED))
    given(Phase.APPROVAL).when(last).then(refused("phase.not_next"))


def extends(phase: Phase, due: date) -> Act:
    """The authority extends a deadline."""
    return states("authority", DeadlineExtended(phase=phase, due=due))


def test_extension_moves_what_hangs_on_it_for_everybody() -> None:
    """A later deadline counts for all agencies, and carries those that are counted from it (R61)."""
    story = given(PREPARED).when(extends(Phase.INSPECTION, date(2017, 4, 4))).then(admitted)
    assert story.round.deadlines[Phase.INSPECTION].due == date(2017, 4, 4)
    assert story.round.deadlines[Phase.EXPLANATION].due == date(2017, 4, 12)  # 6 April is a holiday
    assert story.round.deadlines[Phase.INSPECTION].hard
    story.when(extends(Phase.EXPLANATION, date(2017, 4, 20))).then(admitted)
    story.when(extends(Phase.INSPECTION, date(2017, 4, 5))).then(admitted)
    assert story.round.deadlines[Phase.EXPLANATION].due == date(2017, 4, 20)


def test_extension_takes_lateness_away() -> None:
    """What came late is on time by the new deadline."""
    story = given(Phase.SELF_ASSESSMENT)
    late = declares("STC/A1.2", "1")
    story.given(states(late.who, late.body, late.about, arrived_at=story.now.replace(month=2, day=11)))
    assert story.score("STC/A1.2").flags == ("LATE",)
    story.given(extends(Phase.SELF_ASSESSMENT, date(2017, 2, 11)))
    assert story.score("STC/A1.2").flags == ()


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (extends(Phase.INSPECTION, date(2017, 3, 7)), "deadline.not_later"),
        (extends(Phase.INSPECTION, date(2017, 3, 6)), "deadline.not_later"),
        (extends(Phase.APPROVAL, date(2017, 6, 1)), "deadline.unknown"),
        (extends(Phase.INSPECTION, date(9000, 12, 30)), "deadline.malformed"),
        (extends(Phase.EXPLANATION, date.max), "deadline.malformed"),
        (
            states("secretariat", DeadlineExtended(phase=Phase.INSPECTION, due=date(2017, 4, 1))),
            "role.missing",
        ),
    ],
)
def test_deadline_only_moves_later_and_by_the_authority(act: Act, rule: str) -> None:
    """Nobody shortens a deadline or moves it out of the calendar, and the secretariat moves none."""
    given(PREPARED).when(act).then(refused(rule))


def test_extension_reaches_a_day_still_to_come() -> None:
    """A new day that is over too would only pardon those who were late; the last one that is not is fine."""
    story = given(Phase.SELF_ASSESSMENT)
    story.now = datetime(2017, 2, 20, 8, tzinfo=ZONE)
    over = extends(Phase.SELF_ASSESSMENT, date(2017, 2, 19))
    story.when(over).then(refused("deadline.already_past", phase="SELF_ASSESSMENT", due="2017-02-19"))
    midnight = datetime(2017, 2, 20, tzinfo=ZONE)
    story.when(replace(over, unusual={"arrived_at": midnight})).then(refused("deadline.already_past"))
    last = replace(over, unusual={"arrived_at": midnight - timedelta(microseconds=1)})
    story.branch().when(last).then(admitted)
    story.when(extends(Phase.SELF_ASSESSMENT, date(2017, 2, 20))).then(admitted)


@pytest.mark.parametrize(
    ("phase", "last"),
    [
        (Phase.SELF_ASSESSMENT, Phase.SELF_ASSESSMENT),
        (Phase.INSPECTION, Phase.EXPLANATION),
        (Phase.EXPLANATION, Phase.EXPLANATION),
        (Phase.COUNCIL, Phase.COUNCIL),
    ],
)
def test_extension_comes_while_something_can_come_under_it(phase: Phase, last: Phase) -> None:
    """When the phase is over nobody has more time: it would be for those alone whose lateness is known."""
    extension = extends(phase, date(2017, 12, 29))
    given(last).when(extension).then(admitted)
    story = given(last)
    story.open_next_phase()
    story.when(extension).then(refused("phase.not_open" if last is Phase.COUNCIL else "deadline.phase_over"))


def test_extension_for_one_agency_only_is_refused() -> None:
    """A deadline moves for everyone alike: it is not about one agency, however that is tried (R61)."""
    body = DeadlineExtended(phase=Phase.INSPECTION, due=date(2017, 4, 4))
    for subject in ({"agency": "STC"}, {"agency": "STC", "criterion": "A1.1"}):
        story = given(PREPARED).when(states("authority", body, **subject))
        story.then(refused("scope.for_everyone", type="DeadlineExtended.v1", agency="STC"))
    given(PREPARED).when(states("authority", body)).then(admitted)


# --- the clocks of a dispute ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "step", "due"),
    [
        (Path.REVIEW_REQUEST, Step.FILE, datetime(2017, 8, 16, tzinfo=ZONE)),
        (Path.STATUTORY_COMPLAINT, Step.FILE, datetime(2017, 10, 31, tzinfo=ZONE)),
        (Path.STATUTORY_COMPLAINT, Step.ACCEPT, datetime(2017, 8, 16, tzinfo=ZONE)),
        (Path.REVIEW_REQUEST, Step.ACCEPT, None),
        (Path.STATUTORY_COMPLAINT, Step.RESOLVE, None),
    ],
)
def test_timer_runs_in_working_or_calendar_days(path: Path, step: Step, due: datetime | None) -> None:
    """From 1 August ten working days end with the 15th, ninety calendar days with 30 October."""
    start = datetime(2017, 7, 31, 17, tzinfo=UTC)  # it is the first of August in Da Nang
    assert given(PREPARED).round.due_after(path, step, start) == due


def test_timer_skips_public_holidays() -> None:
    """A working day is none that the round names as a holiday."""
    found = given(PREPARED).round
    start = datetime(2017, 4, 3, 8, tzinfo=ZONE)
    assert found.due_after(Path.REVIEW_REQUEST, Step.FILE, start) == datetime(2017, 4, 19, tzinfo=ZONE)
