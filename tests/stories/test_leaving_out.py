"""What-if over the whole log: whatever is left out, the rest is followed and everything is told of it."""

from __future__ import annotations

import random

import pytest

from domain import admission, awards, ranking, scoring
from domain.agenda import agenda
from domain.criteria import Block
from domain.events import Event
from domain.standing import Standing
from projections.conflicts import conflicts
from projections.decisions import decisions
from projections.docket import docket
from projections.fairness import bonuses, directions, severities
from projections.participation import participation
from projections.progress import progress
from tests.stories.told import YEAR, Told

SAMPLES = 4
"""How many of the events are left out alone; those of each kind together are left out besides."""


def tell_without(told: Told, left_out: set[int]) -> Standing:
    """Follow the rest, rank it, and tell of the process what there is to tell."""
    rest: list[Event] = [event for event in told.events if event.position not in left_out]
    standing = Standing()
    for event in rest:
        admission.follow(standing, event)
    for code, found in standing.rounds.items():
        for block in Block:
            agencies = [agency for agency, its in found.agencies.items() if its is block]
            ranking.rank(found.criteria, [scoring.card(standing, code, agency) for agency in agencies])
        made = decisions(rest)
        directions(standing, code, made), bonuses(standing, code), severities(standing, code)
        progress(standing, code, told.events[-1].arrived_at)
        docket(standing, code, told.events[-1].arrived_at)
        agenda(standing, code), awards.flagged(standing, code), participation(rest, code)
    conflicts(rest, YEAR)
    return standing


@pytest.mark.parametrize("sample", range(SAMPLES))
def test_any_event_can_be_left_out(told: Told, sample: int) -> None:
    """One drawn from the whole log: the rounds that are not about it stand as they did."""
    drawn = random.Random(sample).choice(told.events)  # noqa: S311 - what was drawn can be drawn again
    assert tell_without(told, {drawn.position}).rounds.keys() <= told.now.rounds.keys()


@pytest.mark.parametrize(
    "kinds",
    [
        ("LogOpened.v1",),
        ("CriteriaSetIssued.v1", "AgencyMerged.v1"),
        ("OfficerRegistered.v1", "TeamFormed.v1", "GuidanceIssued.v1"),
        ("AgencyRegistered.v1",),
        ("MeetingOpened.v1", "OpinionRequested.v1", "SurveyWaveOpened.v1"),
        ("CouncilEstablished.v1", "DisputeFiled.v1", "ResultPublished.v1"),
    ],
    ids=" ".join,
)
def test_all_events_of_a_kind_can_be_left_out(told: Told, kinds: tuple[str, ...]) -> None:
    """Whatever builds on them is followed as far as it goes."""
    tell_without(told, {event.position for event in told.events if event.kind.name in kinds})


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_any_events_can_be_left_out_together(told: Told, share: float) -> None:
    """Few, half or most of the log, drawn at random; the rounds' own openings stay."""
    drawing = random.Random(f"{share}")  # noqa: S311 - what was drawn can be drawn again
    left_out = {e.position for e in told.events if drawing.random() < share}
    openings = {e.position for e in told.events if e.kind.name == "RoundOpened.v1"}
    tell_without(told, left_out - openings)
