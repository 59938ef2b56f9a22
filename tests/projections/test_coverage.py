"""How fully a group answered, beside the round before: shares of what was issued (R50)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from domain.deadlines import Phase
from domain.events import Event
from domain.stated.rounds import RoundOpened
from domain.stated.survey import SurveyWaveClosed, SurveyWaveOpened
from projections.coverage import coverage, returned_before
from tests.domain.specification import ROUND, Story, states
from tests.domain.stating import holds_wave, root_of
from tests.domain.world import given


def surveyed() -> Story:
    """Twenty of the staff have answered; of ten deputies nobody has, and their wave is still open."""
    deputies = SurveyWaveOpened(group="COUNCIL_DEPUTY", issued=10, tokens=root_of("deputies"), upward=False)
    return given(Phase.INSPECTION, *holds_wave("STAFF", 20), states("secretariat", deputies))


def of_year(story: Story, year: int, issued: int) -> list[Event]:
    """The round of a story as if another year were evaluated, and so many ballots issued to the staff."""
    told = []
    for event in story.events:
        body = event.body
        if isinstance(body, RoundOpened):
            body = replace(body, evaluated_year=year)
        elif isinstance(body, SurveyWaveOpened):
            body = replace(body, issued=issued)
        told.append(replace(event, body=body))
    return told


def test_share_is_of_what_was_issued() -> None:
    """An open wave has nothing back yet; without an earlier round there is nothing to compare with."""
    story = surveyed()
    rows = coverage([w for (code, _), w in story.standing.waves.items() if code == ROUND], {})
    assert [(row.group, row.coverage, row.coverage_before) for row in rows] == [
        ("STAFF", Fraction(1), None),
        ("COUNCIL_DEPUTY", Fraction(0), None),
    ]


def test_round_before_is_the_newest_of_an_earlier_year() -> None:
    """Of three rounds the year before counts, for every group whose wave was closed there."""
    story = surveyed()
    rounds = [of_year(story, year, issued) for year, issued in ((2014, 25), (2015, 40), (2016, 20))]
    assert returned_before(2016, rounds) == {"STAFF": Fraction(1, 2)}
    assert returned_before(2015, rounds) == {"STAFF": Fraction(4, 5)}
    assert returned_before(2014, rounds) == {}
    (staff,) = coverage([story.standing.waves[ROUND, "STAFF"]], returned_before(2016, rounds))
    assert (staff.coverage, staff.coverage_before) == (Fraction(1), Fraction(1, 2))


def test_stream_without_an_opening_is_of_no_earlier_year() -> None:
    """What was cut off before the round opened has no year, and is compared with nothing."""
    events = [e for e in surveyed().events if isinstance(e.body, SurveyWaveOpened | SurveyWaveClosed)]
    assert returned_before(2017, [events]) == {}
