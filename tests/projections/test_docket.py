"""The docket: what became of the clocks of a dispute is computed, and that one lapsed is stated by nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.deadlines import Phase
from domain.stated.choices import Outcome, Path, Step
from domain.stated.rounds import Timer
from projections.docket import Clock, Kept, State, docket
from tests.domain.contesting import (
    DISPUTE,
    accepts,
    ends,
    files,
    finds_again,
    is_heard,
    names_reviewer,
    notifies,
    published,
    withdraws,
)
from tests.domain.sitting import decide
from tests.domain.specification import OPENS, ROUND, ZONE, Story

PUBLISHED = OPENS[Phase.PUBLISHED]
DAYS = {Step.FILE: 10, Step.ACCEPT: 3, Step.HEAR: 4, Step.RESOLVE: 6}
"""The calendar days of each step, so that each runs out on a day of its own."""
FILED = datetime(2017, 8, 2, tzinfo=ZONE)


def contested() -> Story:
    """A dispute was filed the day after publication, where every step has a clock."""
    story = published()
    timers = (
        Timer(path=Path.REVIEW_REQUEST, step=step, days=days, working=False, basis="Quy định")
        for step, days in DAYS.items()
    )
    clocks = {(timer.path, timer.step): timer for timer in timers}
    story.standing.rounds[ROUND] = replace(story.round, timers=clocks)
    return at(story, FILED).given(files())


def at(story: Story, moment: datetime) -> Story:
    """The story goes on at another moment."""
    story.now = moment
    return story


def clocks(story: Story, now: datetime) -> dict[Step, Clock]:
    """The clocks of the one dispute, at a moment."""
    (entry,) = docket(story.standing, ROUND, now)
    return {clock.step: clock for clock in entry.clocks}


def kept(story: Story, now: datetime) -> dict[Step, Kept]:
    """What became of each clock that has begun."""
    return {step: clock.kept for step, clock in clocks(story, now).items()}


@pytest.mark.parametrize(
    ("now", "became"),
    [
        (datetime(2017, 8, 6, tzinfo=ZONE) - timedelta(microseconds=1), Kept.RUNNING),
        (datetime(2017, 8, 6, tzinfo=ZONE), Kept.LAPSED),
    ],
)
def test_clock_lapses_with_its_last_day(now: datetime, became: Kept) -> None:
    """Filed on 2 August, to be taken up within three days: in the first moment of the 6th it has lapsed."""
    assert kept(contested(), now) == {Step.FILE: Kept.MET, Step.ACCEPT: became}


def test_each_step_runs_from_what_it_waits_for() -> None:
    """Acceptance from filing, hearing from the notice, resolution from acceptance."""
    story = at(contested(), FILED + timedelta(days=1)).given(accepts())
    at(story, FILED + timedelta(days=2)).given(notifies("SNV"))
    found = clocks(story, story.now)
    assert {step: (clock.since - FILED).days for step, clock in found.items() if step is not Step.FILE} == {
        Step.ACCEPT: 0,
        Step.HEAR: 2,
        Step.RESOLVE: 1,
    }
    assert found[Step.FILE].since == story.round.versions[0].at
    assert all(clock.due.date() - clock.since.date() == timedelta(DAYS[s] + 1) for s, clock in found.items())


def test_step_taken_too_late_is_late() -> None:
    """What was done after its last day is done, and late; what is still to be done lapses."""
    story = at(contested(), FILED + timedelta(days=4)).given(accepts(), notifies("SNV"), names_reviewer())
    late = FILED + timedelta(days=20)
    assert kept(story, late) == {
        Step.FILE: Kept.MET,
        Step.ACCEPT: Kept.LATE,
        Step.HEAR: Kept.LAPSED,
        Step.RESOLVE: Kept.LAPSED,
    }
    at(story, late).given(is_heard("SNV"), finds_again("1"))
    decide(story, ends(Outcome.REJECTED), DISPUTE)
    assert kept(story, story.now)[Step.HEAR] is Kept.LATE
    assert kept(story, story.now)[Step.RESOLVE] is Kept.LATE
    assert clocks(story, story.now)[Step.RESOLVE].done == story.dispute("dispute-1").ended_at


def test_clocks_of_a_dispute_that_has_ended_stand_still() -> None:
    """Withdrawn in time nothing lapses any more; what had lapsed before stays so."""
    story = contested()
    early = at(story.branch(), FILED + timedelta(days=1)).given(withdraws())
    assert kept(early, FILED + timedelta(days=90))[Step.ACCEPT] is Kept.STOPPED
    idle = at(story.branch(), FILED + timedelta(days=9)).given(withdraws())
    assert kept(idle, idle.now)[Step.ACCEPT] is Kept.LAPSED


def test_late_filing_stops_the_other_clocks() -> None:
    """Out of time is shown as such, and nobody has to take it up."""
    story = at(published(), PUBLISHED + timedelta(days=60)).given(files())
    (entry,) = docket(story.standing, ROUND, story.now + timedelta(days=90))
    assert entry.state is State.OUT_OF_TIME
    assert {clock.step: clock.kept for clock in entry.clocks} == {Step.FILE: Kept.LATE}
