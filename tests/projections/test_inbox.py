"""The inbox: what is open to whom follows from what stands, and goes when it was stated."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain import admission
from domain.deadlines import Phase, is_working_day
from domain.events import Event
from domain.standing import Standing
from projections.inbox import chosen, inbox
from projections.pending import Office, Pending, marks, working_days
from tests.domain.specification import ROUND
from tests.domain.whole_round import whole_round

EVENTS = whole_round().events
OPENED = next(e.position for e in EVENTS if e.kind.name == "RoundOpened.v1")


def at_every_size() -> dict[int, tuple[Pending, ...]]:
    """Return the inbox before each event of a whole round."""
    standing, told, found = Standing(), list[Event](), dict[int, tuple[Pending, ...]]()
    for event in EVENTS:
        if event.position > OPENED:
            found[event.position] = inbox(standing, ROUND, marks(told, ROUND), event.arrived_at)
        admission.follow(standing, event)
        told.append(event)
    return found


BEFORE = at_every_size()
LISTED = {
    "GuidanceReceived",
    "QuestionAnswered",
    "FeedbackAnswered",
    "SelfAssessmentSubmitted",
    "ExplanationSubmitted",
    "MinutesSigned",
    "DossierCompiled",
    "OpinionSealed",
    "OpinionOpened",
    "OpinionsClosed",
    "VoteCast",
    "ApprovalProposed",
    "ResultApproved",
    "ResultPublished",
    "DisputeAccepted",
    "AffectedNotified",
    "PartyHeard",
    "ReviewerAssigned",
    "ReverificationRecorded",
    "DisputeDecided",
    "ImprovementReported",
    "AttestationConfirmed",
    "DisputeFiled",
}


def answers(event: Event, one: Pending) -> bool:
    """Whether an event is the act that was open, by one of those who may state it."""
    about = one.agency is None or event.agency in (None, one.agency)
    criteria = not one.criteria or event.criterion in (None, *one.criteria)
    return one.act == event.kind.name and about and criteria and event.signed_by[0] in one.actors


@pytest.mark.parametrize(
    "kind", sorted(LISTED & {e.kind.name.removesuffix(".v1") for e in EVENTS if e.position > OPENED})
)
def test_act_was_open_to_who_stated_it(kind: str) -> None:
    """Some event of each kind was in the inbox of its signer just before it was stated."""
    stated = [e for e in EVENTS if e.kind.name == f"{kind}.v1" and e.position > OPENED]
    assert any(answers(event, one) for event in stated for one in BEFORE[event.position])


def test_nothing_is_open_to_nobody() -> None:
    """Each act that is open has somebody who may state it, and a statement it is open since."""
    for size, found in BEFORE.items():
        for one in found:
            assert one.since < size
            assert one.actors or one.office in (Office.FOCAL_OFFICER, Office.AUDITOR), one


def test_what_was_stated_is_open_no_more() -> None:
    """A self-assessment that is in, a letter that was confirmed, leave the inbox of their agency."""
    for event in EVENTS:
        later = BEFORE.get(event.position + 1)
        if later is None or event.kind.name not in ("SelfAssessmentSubmitted.v1", "GuidanceReceived.v1"):
            continue
        since = getattr(event.body, "guidance", None)
        assert not [
            one
            for one in later
            if (one.act, one.agency) == (event.kind.name, event.agency) and since in (None, one.since)
        ]


def test_chosen_are_the_acts_of_one_office() -> None:
    """By office, and by agency together."""
    found = next(its for its in BEFORE.values() if {one.office for one in its} >= {Office.SECRETARIAT})
    assert {one.office for one in chosen(found, office=Office.SECRETARIAT)} == {Office.SECRETARIAT}
    assert chosen(found, agency="nobody") == ()


@drawn(
    first=st.dates(date(2017, 1, 1), date(2017, 3, 1)),
    days=st.integers(-3, 60),
    holidays=st.frozensets(st.dates(date(2016, 12, 20), date(2017, 5, 10)), max_size=9),
)
def test_working_days_are_counted_as_on_a_calendar(first: date, days: int, holidays: frozenset[date]) -> None:
    """Both days included, without weekends and holidays; none where the last one has passed."""
    one_by_one = (first + timedelta(days=day) for day in range(days + 1))
    counted = sum(is_working_day(day, holidays) for day in one_by_one)
    assert working_days(first, first + timedelta(days=days), holidays) == counted


def test_deadline_that_passed_is_overdue() -> None:
    """The moment after the last day an act is overdue, and no working day is left."""
    standing = Standing()
    for event in EVENTS:
        if event.kind.name == "SelfAssessmentSubmitted.v1":
            break
        admission.follow(standing, event)
    due = standing.rounds[ROUND].due[Phase.SELF_ASSESSMENT]

    def submit(now: datetime) -> Pending:
        found = inbox(standing, ROUND, marks(EVENTS, ROUND), now)
        return next(one for one in found if one.act == "SelfAssessmentSubmitted.v1")

    early, late = submit(due - timedelta(microseconds=1)), submit(due)
    assert (early.overdue, late.overdue) == (False, True)
    assert (early.working_days, late.working_days) == (1, 0)
