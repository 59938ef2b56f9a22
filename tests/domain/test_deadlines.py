"""Deadlines are data: dates, or working days after one another, resolved in their order."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadlines import (
    LAST_DAY,
    Deadline,
    DeadlineRule,
    Phase,
    add_working_days,
    end_of,
    is_working_day,
    resolve,
    zone,
)
from domain.refusals import Malformed

FRIDAY = date(2017, 4, 28)
REUNIFICATION = frozenset({date(2017, 5, 1), date(2017, 5, 2)})
DAYS = st.dates(date(2000, 1, 1), date(2030, 1, 1))


def on(phase: Phase, day: date, *, hard: bool = False) -> DeadlineRule:
    """A deadline on a date."""
    return DeadlineRule(phase=phase, hard=hard, on=day)


def after(phase: Phase, before: Phase, days: int | None, *, hard: bool = False) -> DeadlineRule:
    """A deadline some working days after another."""
    return DeadlineRule(phase=phase, hard=hard, after=before, working_days=days)


def test_phases_have_an_order() -> None:
    """The phases stand in the order in which a round goes through them."""
    assert [phase.place for phase in Phase] == list(range(7))
    assert (Phase.PREPARATION.place, Phase.PUBLISHED.place) == (0, 6)


@pytest.mark.parametrize(
    ("count", "holidays", "day"),
    [
        (0, frozenset(), FRIDAY),
        (1, frozenset(), date(2017, 5, 1)),
        (1, REUNIFICATION, date(2017, 5, 3)),
        (4, REUNIFICATION, date(2017, 5, 8)),
        (5, frozenset(), date(2017, 5, 5)),
    ],
)
def test_working_days_skip_weekends_and_holidays(count: int, holidays: frozenset[date], day: date) -> None:
    """Counting begins on the day after, from Monday to Friday, without public holidays."""
    assert add_working_days(FRIDAY, count, holidays) == day


@given(DAYS, st.integers(1, 60), st.frozensets(DAYS, max_size=5))
def test_working_days_are_counted_one_by_one(start: date, count: int, holidays: frozenset[date]) -> None:
    """Between a day and its n-th working day lie exactly n working days, the last one included."""
    end = add_working_days(start, count, holidays)
    days = [start + timedelta(n) for n in range(1, (end - start).days + 1)]
    assert sum(is_working_day(day, holidays) for day in days) == count
    assert is_working_day(end, holidays)


def test_deadlines_build_on_those_before_them() -> None:
    """A chain is resolved link by link, and each link keeps its own hardness."""
    rules = (
        on(Phase.INSPECTION, FRIDAY, hard=True),
        after(Phase.EXPLANATION, Phase.INSPECTION, 1),
        after(Phase.COUNCIL, Phase.EXPLANATION, 2, hard=True),
    )
    assert resolve(rules, REUNIFICATION) == {
        Phase.INSPECTION: Deadline(FRIDAY, hard=True),
        Phase.EXPLANATION: Deadline(date(2017, 5, 3), hard=False),
        Phase.COUNCIL: Deadline(date(2017, 5, 5), hard=True),
    }


def test_deadline_may_be_as_far_as_a_year_of_working_days() -> None:
    """The longest count is 366 working days, and the last day of all is a deadline too."""
    found = resolve((on(Phase.INSPECTION, FRIDAY), after(Phase.COUNCIL, Phase.INSPECTION, 366)), frozenset())
    assert found[Phase.COUNCIL].due == date(2018, 9, 24)
    assert resolve((on(Phase.COUNCIL, LAST_DAY),), frozenset())[Phase.COUNCIL].due == LAST_DAY


@pytest.mark.parametrize(
    "rules",
    [
        (DeadlineRule(phase=Phase.COUNCIL, hard=False),),
        (DeadlineRule(phase=Phase.COUNCIL, hard=False, on=FRIDAY, working_days=3),),
        (
            on(Phase.INSPECTION, FRIDAY),
            DeadlineRule(phase=Phase.COUNCIL, hard=False, on=FRIDAY, after=Phase.INSPECTION, working_days=3),
        ),
        (on(Phase.INSPECTION, FRIDAY), on(Phase.INSPECTION, FRIDAY)),
        (after(Phase.EXPLANATION, Phase.INSPECTION, 3), on(Phase.INSPECTION, FRIDAY)),
        (after(Phase.INSPECTION, Phase.INSPECTION, 3),),
        *(
            (on(Phase.INSPECTION, FRIDAY), after(Phase.COUNCIL, Phase.INSPECTION, n))
            for n in (None, 0, -1, 367)
        ),
        (on(Phase.INSPECTION, LAST_DAY + timedelta(1)),),
        (on(Phase.INSPECTION, LAST_DAY), after(Phase.COUNCIL, Phase.INSPECTION, 1)),
        (on(Phase.INSPECTION, date.max),),
    ],
)
def test_deadline_that_cannot_be_resolved_is_malformed(rules: tuple[DeadlineRule, ...]) -> None:
    """Neither or both kinds of date, a second deadline, a loop, a wrong count, or a day too far away."""
    with pytest.raises(Malformed) as refused:
        resolve(rules, frozenset())
    assert refused.value.refusal.rule == "deadline.malformed"


@pytest.mark.parametrize(
    ("offset", "hours"), [("+07:00", 7), ("+00:00", 0), ("-03:30", -3.5), ("+23:59", 23 + 59 / 60)]
)
def test_zone_is_an_offset(offset: str, hours: float) -> None:
    """The zone of a log is hours and minutes from UTC."""
    assert zone(offset) == timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    "offset", ["", "Z", "7", "+7:00", "+0700", "+07", "+07:60", "+24:00", "+07:00:30", ".5+07:00", "+07:00\n"]
)
def test_zone_has_one_spelling(offset: str) -> None:
    """An offset in any other spelling is refused."""
    with pytest.raises(Malformed) as refused:
        zone(offset)
    assert refused.value.refusal.facts == {"field": "utc_offset"}


def test_day_ends_where_the_log_is() -> None:
    """A deadline's day ends at midnight in the log's zone: 17:00 UTC in Da Nang."""
    end = end_of(date(2017, 2, 10), zone("+07:00"))
    assert end == datetime(2017, 2, 10, 17, tzinfo=timezone.utc)  # noqa: UP017 - the zone class is what is tested
    assert end_of(LAST_DAY, zone("-12:00")).tzinfo is not None
