"""One round yields several results from the same cells, by the weights of its criteria set (R40)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from domain.criteria import StatedRule, SurveyRule
from domain.deadlines import Phase
from domain.stated.assessment import SpecialCaseClaimed
from domain.stated.choices import Outcome
from tests.domain.criteria_sets import criteria_set, criterion, result
from tests.domain.sitting import decide, settles
from tests.domain.specification import Act, Story, states
from tests.domain.stating import declares, holds_wave, tallies
from tests.domain.world import given

DECLARING = Phase.SELF_ASSESSMENT


def declared(*acts: Act) -> Story:
    """STC and HC have declared what counts for records and archives, and for IT."""
    both = [
        act
        for agency in ("STC", "HC")
        for act in (
            declares(f"{agency}/A1.3", done=8, planned=10),
            declares(f"{agency}/A1.4", online=4, all=10),
            declares(f"{agency}/A2.1", on_time=1, files=2),
        )
    ]
    return given(DECLARING, *both, *acts)


def test_result_is_weighed_points_over_weighed_maxima() -> None:
    """Records: (1.6 + 1.5) of (2 + 4). IT: (0.5 x 1.6 + 1) of (0.5 x 2 + 2)."""
    results = declared().card("STC").results
    assert results == {
        "RECORDS": 100 * Fraction("3.1") / 6,
        "IT": 100 * Fraction("1.8") / 3,
    }


def test_result_is_over_what_applies_to_the_block() -> None:
    """HC has a criterion more, with a weight of 2: missing, it counts as nothing."""
    story = declared()
    assert story.card("HC").results["IT"] == 100 * Fraction("1.8") / (3 + 2 * 2)
    story.given(declares("HC/A3.3", "1.5"))
    assert story.card("HC").results["IT"] == 100 * (Fraction("1.8") + 3) / 7


def test_result_leaves_out_what_does_not_count() -> None:
    """A special case is out of every denominator."""
    story = declared(states("head-STC", SpecialCaseClaimed(), "STC/A1.3"))
    claim = story.cell("STC/A1.3").special_claim
    decide(story, settles(claim, Outcome.ACCEPTED), "STC/A1.3")
    assert story.card("STC").results == {"RECORDS": Fraction("37.5"), "IT": Fraction(50)}


def test_result_of_nothing_is_nothing() -> None:
    """Where no cell counts the result is 0, not an error."""
    survey = criterion("A1.2", "2", SurveyRule(groups=("STAFF",)))
    plain = criteria_set(
        criterion("A1.1", "98", StatedRule()), survey, results=(result("SURVEY", **{"A1.2": "1"}),)
    )
    story = given(DECLARING, *holds_wave("STAFF", 10), tallies("STC/A1.2", 3), criteria=plain)
    assert story.card("STC").results == {"SURVEY": 0}


@pytest.mark.parametrize("weight", ["0.001", "1", "7"])
def test_weights_are_relative(weight: str) -> None:
    """Only their proportion matters."""
    criteria = criteria_set(
        criterion("A1.1", "60", StatedRule()),
        criterion("A1.2", "40", StatedRule()),
        results=(result("ALL", **{"A1.1": weight, "A1.2": weight}),),
    )
    acts = (declares("STC/A1.1", "30"), declares("STC/A1.2", "25"))
    card = given(DECLARING, *acts, criteria=criteria).card("STC")
    assert card.results == {"ALL": card.total}
    assert replace(card, results={}).total == 55
