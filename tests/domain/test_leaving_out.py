"""A fold never refuses: whatever a what-if leaves out, the rest can be followed, scored and ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain import ranking, scoring
from domain.admission import follow
from domain.agenda import agenda
from domain.awards import flagged
from domain.consistency import inconsistencies
from domain.criteria import Block
from domain.deadlines import LAST_DAY, Phase
from domain.events import Event
from domain.standing import Standing
from domain.stated.choices import Outcome, Role
from domain.stated.disputes import DisputeFiled
from domain.stated.registry import (
    AgencyRegistered,
    CriteriaSetIssued,
    LogOpened,
    OfficerRegistered,
    OfficerTransferred,
    RoleEnded,
)
from domain.stated.rounds import DeadlineExtended, ResultPublished, RoundOpened
from tests.domain.contesting import DISPUTE, ends, is_heard, verified_again
from tests.domain.sitting import decide
from tests.domain.specification import ROUND, Story, fold, states
from tests.domain.whole_round import whole_round
from tests.domain.world import DEADLINES, given

EVENTS = whole_round().events
OPENED = next(event.position for event in EVENTS if isinstance(event.body, RoundOpened))


def without(events: Iterable[Event], left_out: set[int]) -> Standing:
    """Fold the rest, and compute everything that is computed of it."""
    standing = Standing()
    for event in events:
        if event.position not in left_out:
            follow(standing, event)
    for found in standing.rounds.values():
        for block in Block:
            agencies = [agency for agency, its in found.agencies.items() if its is block]
            ranking.rank(found.criteria, [scoring.card(standing, found.code, a) for a in agencies])
        for agency in found.agencies:
            inconsistencies(standing, found.code, agency)
        agenda(standing, found.code)
        flagged(standing, found.code)
    return standing


@pytest.mark.parametrize("part", range(8))
def test_any_one_event_can_be_left_out(part: int) -> None:
    """Be it genesis, a registration, the opening of a meeting or the filing of a dispute."""
    for event in EVENTS[part::8]:
        without(EVENTS, {event.position})


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@drawn(st.sets(st.integers(0, len(EVENTS) - 1)))
def test_any_events_can_be_left_out_together(left_out: set[int]) -> None:
    """Few or many, whatever they have to do with each other; the round's own opening stays."""
    without(EVENTS, left_out - {OPENED})


@pytest.mark.parametrize("kind", sorted({event.kind.name for event in EVENTS}))
def test_all_events_of_a_kind_can_be_left_out(kind: str) -> None:
    """What builds on them has nothing to build on, and says so to nobody."""
    without(EVENTS, {event.position for event in EVENTS if event.kind.name == kind})


@pytest.mark.parametrize("kind", [LogOpened, CriteriaSetIssued, RoundOpened])
def test_without_what_a_round_is_opened_on_there_is_none(kind: type[object]) -> None:
    """No zone, no criteria, no opening: what was stated in the round has nowhere to go."""
    (position,) = (e.position for e in _world().events if isinstance(e.body, kind))
    standing = without(_world().events, {position})
    assert not standing.rounds
    assert not standing.cells
    assert not standing.dossiers


def _world() -> Story:
    return given(Phase.SELF_ASSESSMENT)


def test_agency_that_is_left_out_is_not_ranked() -> None:
    """Nothing that was stated about it is kept; the others are as they were, but for their places."""
    position = next(e.position for e in EVENTS if e.body == _registered("STC"))
    standing = without(EVENTS, {position})
    assert "STC" not in standing.rounds[ROUND].agencies
    assert not [key for key in standing.cells if key[1] == "STC"]
    whole = fold(EVENTS)
    assert scoring.card(standing, ROUND, "HC") == scoring.card(whole, ROUND, "HC")


def _registered(code: str) -> object:
    bodies = (event.body for event in EVENTS)
    return next(b for b in bodies if isinstance(b, AgencyRegistered) and b.code == code)


def test_person_who_is_left_out_holds_no_office() -> None:
    """The office that was granted, moved or ended is nobody's."""
    story = given(Phase.PREPARATION)
    story.given(
        states("registrar-1", OfficerTransferred(officer="member-1", home="HC")),
        states("registrar-1", RoleEnded(officer="member-1", role=Role.COUNCIL_MEMBER)),
    )
    entered = [e for e in story.events if isinstance(e.body, OfficerRegistered)]
    position = next(e.position for e in entered if e.body.officer == "member-1")
    assert "member-1" not in without(story.events, {position}).officers


def test_decision_stands_without_the_dispute_that_led_to_it() -> None:
    """What is left out is the filing; the council's points are an act of their own."""
    story = verified_again().given(is_heard("SNV"))
    decide(story, ends(Outcome.ACCEPTED, "2"), DISPUTE)
    standing = without(story.events, {story.last(DisputeFiled)})
    assert not standing.disputes
    assert scoring.card(standing, ROUND, "STC") == story.card("STC")


def test_extension_that_cannot_be_reckoned_without_another_moves_nothing() -> None:
    """A day that follows from the last of the calendar lies beyond it: the deadlines stay as they were."""
    last = tuple(
        replace(rule, on=LAST_DAY, after=None, working_days=None) if rule.phase is Phase.INSPECTION else rule
        for rule in DEADLINES
    )
    story = given(Phase.PREPARATION)
    later = states("authority", DeadlineExtended(phase=Phase.COUNCIL, due=date(2017, 6, 1)))
    story.given(later)
    standing = fold(story.events[:-1])
    standing.rounds[ROUND] = replace(standing.rounds[ROUND], rules=last)
    before = standing.rounds[ROUND]
    follow(standing, story.events[-1])
    assert standing.rounds[ROUND] == before


def test_dispute_without_a_publication_is_not_late() -> None:
    """There is no day to reckon from, and no version that it could be about."""
    story = verified_again()
    standing = without(story.events, {story.last(ResultPublished)})
    assert standing.disputes[ROUND, "dispute-1"].since is None
    assert not standing.disputes[ROUND, "dispute-1"].late
