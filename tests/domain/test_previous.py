"""Last round's results at hand: what this log published is remembered as it was published (R43)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.criteria import Block
from domain.deadlines import Phase
from domain.points import published as as_published
from domain.stated.choices import Outcome
from domain.stated.registry import AgencyClosed, AgencyRegistered
from tests.domain.contesting import DISPUTE, ends, published, verified_again
from tests.domain.sitting import decide
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.stating import remembers
from tests.domain.world import given, opening


def next_round(story: Story, **changes: object) -> Story:
    """The round after this one is opened beside it."""
    body = opening(evaluated_year=2017, execution_year=2018, **changes).body
    return story.given(states("authority", body, round="2017", expects=0))


def recalls(agency: str, total: str, year: int = 2016) -> Act:
    """In the next round the result of this one is recorded."""
    act = remembers(agency, total, year)
    return states(act.who, act.body, agency, round="2017", expects=0)


def test_total_is_recorded_as_it_was_published() -> None:
    """It is half up to two decimals, as everybody has read it; anything else differs from the log."""
    story = next_round(published())
    total = as_published(story.card("STC").total)
    for wrong in ("50", f"{total}1", "0"):
        story.when(recalls("STC", wrong)).then(refused("previous.differs_from_log", expected=total))
    story.when(recalls("STC", total.rstrip("0").rstrip("."))).then(admitted)
    assert story.standing.dossier("2017", "STC").previous_position == story.last_position


def test_corrected_total_is_the_one_that_counts() -> None:
    """After an upheld dispute the newest version is remembered."""
    story = verified_again()
    before = as_published(story.card("STC").total)
    decide(story, ends(Outcome.ACCEPTED, "2"), DISPUTE).publish()
    story = next_round(story)
    story.when(recalls("STC", before)).then(refused("previous.differs_from_log"))
    story.when(recalls("STC", as_published(story.card("STC").total))).then(admitted)


def test_decision_that_is_not_published_yet_moves_nothing() -> None:
    """What everybody has read counts until the corrected version is out."""
    story = verified_again()
    before = as_published(story.card("STC").total)
    decide(story, ends(Outcome.ACCEPTED, "2"), DISPUTE)
    after = as_published(story.card("STC").total)
    assert after != before
    story = next_round(story)
    story.when(recalls("STC", after)).then(refused("previous.differs_from_log", expected=before))
    story.when(recalls("STC", before)).then(admitted)


@pytest.mark.parametrize("phase", [Phase.COUNCIL, Phase.APPROVAL])
def test_result_that_is_not_published_binds_nobody(phase: Phase) -> None:
    """Until then another system's record is all there is."""
    next_round(given(phase)).when(recalls("STC", "77.7")).then(admitted)


def test_agency_that_was_not_ranked_brings_its_result_along() -> None:
    """A new agency has no result in this log."""
    story = published()
    new = AgencyRegistered(
        code="SDL", name_vi="x", name_en="x", block=Block.DEPARTMENT, since=date(2017, 1, 1)
    )
    gone = AgencyClosed(code="STP", until=date(2017, 6, 30))
    story = next_round(story.given(states("registrar-1", new), states("registrar-1", gone)))
    story.when(recalls("SDL", "77.7")).then(admitted)


def test_only_the_year_before_is_looked_up() -> None:
    """A round of another year says nothing about it: in the round of 2018 that is the year 2017."""
    story = published()
    body = opening(evaluated_year=2018, execution_year=2019).body
    story.given(states("authority", body, round="2018", expects=0))
    act = remembers("STC", "77.7", 2017)
    story.when(states(act.who, act.body, "STC", round="2018", expects=0)).then(admitted)
