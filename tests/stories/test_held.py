"""The demo as it stood at any size: what is read by rows says what a fold of the whole log says."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest

from api.errors import UnknownSubject
from api.held import held
from api.register import fold
from api.review import Review
from domain.events import Event
from domain.standing import Standing
from projections.states import KINDS
from tests.stories.told import YEAR, Told

SIZES = (700, 2900, 5000, 6600, 7050, 7450, 7900, 8300)
"""In every phase of the round; and its end."""


def kept(standing: Standing, kind: str) -> dict[Any, Any]:
    """Return what is kept of a kind in the round 2016."""
    its = KINDS[kind]
    values = {k: v for k, v in getattr(standing, its.table).items() if YEAR in (k, k[0])}
    return values if its.kept is None else {k: attrgetter(*its.kept)(v) for k, v in values.items()}


@pytest.mark.parametrize("size", [*SIZES, None])
def test_answers_by_rows_are_those_of_a_fold(told: Told, size: int | None) -> None:
    """Progress, agenda, decisions, docket and inbox, and every value that they look at."""
    at, events = size or told.log.size, list[Event]()
    folded = fold(told.log, told.connection, at, events.append)
    read = held(told.log, told.connection, at, YEAR)
    assert read.moment == folded.moment
    for kind in KINDS:
        assert kept(read.standing, kind) == kept(folded.standing, kind)
    by_rows = told.review(at)
    by_fold = Review(told.log, told.connection, YEAR, at, folded)
    by_fold.__dict__["_council"] = events
    for ask in (Review.progress, Review.agenda, Review.decisions, Review.disputes):
        assert ask(by_rows) == ask(by_fold)
    assert by_rows.inbox(None, None, None) == by_fold.inbox(None, None, None)


def test_rounds_of_the_demo_are_kept_apart(told: Told) -> None:
    """The rows of one round are not read for the other."""
    later = held(told.log, told.connection, told.log.size, "2017").standing
    assert {code for code, *_ in later.cells} <= {"2017"}
    with pytest.raises(UnknownSubject, match="no round 2015"):
        held(told.log, told.connection, told.log.size, "2015")


def test_what_is_due_first_comes_first(told: Told) -> None:
    """Before the self-assessment is due, every agency has it before it, with days that count down."""
    size = told.size_at("2017-02-06T08:00")
    answer = told.review(size).inbox(None, None, None)
    due = [one["due"] for one in answer["pending"] if one["due"]]
    assert due == sorted(due)
    submit = [one for one in answer["pending"] if one["act"] == "SelfAssessmentSubmitted.v1"]
    assert {one["party"] for one in submit} <= {*told.round.agencies}
    assert submit
    for one in submit:
        assert not one["overdue"]
        assert one["working_days"] == 4, "the 3rd, 6th, 7th and 8th"
        assert one["office"] == "AGENCY_HEAD"
        assert one["basis"]
        assert [person["home"] for person in one["actors"]] == [one["party"]]
    extended = told.review(told.size_at("2017-02-07T12:00")).inbox(None, None, None)["pending"]
    submit = [one for one in extended if one["act"] == "SelfAssessmentSubmitted.v1"]
    assert {one["due"] for one in submit} == {"2017-02-11T00:00:00+07:00"}
    assert {len(one["extended"]) for one in submit} == {1}


def test_inbox_is_one_persons_or_one_agencys(told: Told) -> None:
    """A part of the whole, by who may state it or for whom; unknown names are refused with the nearest."""
    review = told.review(5000)
    whole = review.inbox(None, None, None)["pending"]
    actor = next(person["actor"] for one in whole for person in one["actors"])
    own = review.inbox(actor, None, None)["pending"]
    assert own == [one for one in whole if actor in {person["actor"] for person in one["actors"]}]
    agency = next(one["party"] for one in whole if one["party"])
    assert review.inbox(None, agency, None)["pending"] == [one for one in whole if one["party"] == agency]
    with pytest.raises(UnknownSubject, match="the nearest is SNV;"):
        review.inbox(None, "SNVV", None)
    with pytest.raises(UnknownSubject, match=r"the nearest .* snv-1"):
        review.inbox("snv-11", None, None)


def test_pending_act_names_the_event_that_made_it_pending(told: Told) -> None:
    """Everywhere in the round the position is there already, and is about the same agency or everybody."""
    events = {event.position: event for event in told.events}
    for size in SIZES:
        for one in told.review(size).inbox(None, None, None)["pending"]:
            event = events[one["since"]]
            assert event.position < size
            assert event.agency in (None, one["agency"])


def test_deadlines_name_who_holds_them_up_and_what_they_move(told: Told) -> None:
    """The day after the self-assessment was due, the agency that is late moves what hangs on that day."""
    answer = told.review(told.size_at("2017-02-13")).progress()
    late = [row["agency"] for row in answer["agencies"] if "SELF_ASSESSMENT" in row["delays"]]
    found = {deadline["phase"]: deadline for deadline in answer["deadlines"]}
    assert late
    assert found["SELF_ASSESSMENT"]["held_up_by"] == late
    assert found["SELF_ASSESSMENT"]["over"]
    assert found["SELF_ASSESSMENT"]["extended"]
    assert found["INSPECTION"]["working_days"] > 0
    assert not found["INSPECTION"]["held_up_by"]
