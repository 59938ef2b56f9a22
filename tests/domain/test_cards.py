"""A card: cells into areas, areas into a total out of 100, bonus beside it, deductions off it, a class."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from domain import scoring
from domain.criteria import CriteriaSet, Section, StatedRule
from domain.deadlines import Phase
from domain.scoring import Stage, areas
from tests.domain.criteria_sets import EVERY_RULE, criteria_set, criterion, numbers
from tests.domain.sitting import decide, deducts, rewards
from tests.domain.specification import ROUND, Act, Story
from tests.domain.stating import claims_bonus, declares, holds_wave, tallies
from tests.domain.whole_round import whole_round
from tests.domain.world import given

DECLARING = Phase.SELF_ASSESSMENT
HUNDRED = criteria_set(
    criterion("A1.1", "100", StatedRule()),
    criterion("B1", "3", StatedRule(), section=Section.BONUS),
    criterion("B2", "3", StatedRule(), section=Section.BONUS),
    criterion("D3", "3", StatedRule(), section=Section.DEDUCTION),
    criterion("D4", "3", StatedRule(), section=Section.DEDUCTION),
)
"""One criterion of 100 points; bonus up to 4 and deductions up to 3 in all."""


def out_of_hundred(points: str, *acts: Act, criteria: CriteriaSet = HUNDRED) -> Story:
    """STC has declared so many points, and these things were decided."""
    return given(DECLARING, declares("STC/A1.1", points), criteria=criteria).given(*acts)


def bonus(story: Story, *points: str) -> Story:
    """The council decides bonus points for one claim after the other."""
    cells = [f"STC/B{n + 1}" for n in range(len(points))]
    story.given(*(claims_bonus(cell, "1") for cell in cells)).reach(Phase.COUNCIL)
    for cell, stated in zip(cells, points, strict=True):
        decide(story, rewards(story.cell(cell).bonus_claim, stated), cell)
    return story


def test_total_is_a_percentage_of_what_applies() -> None:
    """Points over the maxima of the criteria that apply to the block: departments 23, districts 25."""
    acts = [declares(f"{agency}/A1.2", "2") for agency in ("STC", "HC")]
    story = given(DECLARING, *acts, declares("HC/A3.3", "2"))
    # Both have A2.4 (1 point) for their focal officer and one of 7 or two of 8 entries on time (A2.3, of 2);
    # A3.2 (2 points) is out while there is no year before.
    assert story.card("STC").total == 100 * (2 + 1 + Fraction(2, 7)) / 21
    assert story.card("HC").total == 100 * (2 + 2 + 1 + Fraction(2 * 2, 8)) / 23


def test_areas_sum_up_their_criteria() -> None:
    """Each area shows the points of its own cells, those without any included."""
    card = given(DECLARING, declares("STC/A1.1", "0.5"), declares("STC/A1.2", "1.5")).card("STC")
    assert card.areas == {"A1": Fraction(2), "A2": 1 + Fraction(4, 7), "A3": Fraction(0)}


def test_too_few_ballots_leave_the_denominator() -> None:
    """A survey cell that does not count leaves the total as if the criterion did not apply."""
    story = given(Phase.INSPECTION, declares("STC/A1.2", "2"), *holds_wave("STAFF", 20))
    before = story.card("STC").total
    few = story.branch().given(tallies("STC/A3.1", 4)).card("STC").total
    none = story.given(tallies("STC/A3.1", STAFF={"D": 5})).card("STC").total
    assert before == none
    assert few == before * 21 / 18


def test_nothing_that_counts_is_nothing() -> None:
    """Without any criterion in the denominator the total is 0, not an error."""
    nothing = criteria_set(criterion("A1.1", "0", StatedRule()))
    assert given(DECLARING, criteria=nothing).card("STC").total == 0


def test_bonus_stands_beside_the_hundred_up_to_its_cap() -> None:
    """3 and 2.5 points of bonus are 4, added to what ranks and not to the total."""
    card = bonus(out_of_hundred("80"), "3", "2.5").card("STC")
    assert (card.total, card.bonus, card.ranking_score) == numbers("80", "4", "84")
    assert card.published_score == 8400


def test_bonus_ranks_only_where_the_set_says_so() -> None:
    """A set may show the bonus without ranking by it."""
    aside = replace(HUNDRED, bonus_ranks=False)
    card = bonus(out_of_hundred("80", criteria=aside), "3").card("STC")
    assert (card.bonus, card.ranking_score) == numbers("3", "80")


def test_bonus_lifts_no_class() -> None:
    """The class comes from the total alone."""
    card = bonus(out_of_hundred("89"), "3").card("STC")
    assert card.ranking_score == 92
    assert card.rating == "GOOD"


def test_claimed_bonus_counts_when_it_is_decided() -> None:
    """Before the council has decided a bonus is missing."""
    story = out_of_hundred("80", claims_bonus("STC/B1", "2"))
    assert story.score("STC/B1").stage is Stage.MISSING
    assert story.card("STC").bonus == 0


def test_deductions_come_off_up_to_their_cap() -> None:
    """2 and 2.5 points of deduction are 3, off the total and so off the class."""
    story = decide(out_of_hundred("82"), deducts("2"), "STC/D3")
    card = decide(story, deducts("2.5"), "STC/D4").card("STC")
    assert (card.deductions, card.total) == numbers("3", "79")
    assert card.rating == "FAIR"


def test_total_is_never_below_nothing() -> None:
    """Deductions beyond the points leave 0."""
    card = decide(out_of_hundred("1"), deducts("2"), "STC/D3").card("STC")
    assert (card.total, card.deductions) == numbers("0", "2")
    assert card.published_score == 0


@pytest.mark.parametrize(
    ("total", "rating"),
    [
        ("100", "VERY_GOOD"),
        ("90", "VERY_GOOD"),
        ("89.995", "VERY_GOOD"),
        ("89.9949", "GOOD"),
        ("80", "GOOD"),
        ("79.99", "FAIR"),
        ("60", "AVERAGE"),
        ("59.99", "WEAK"),
        ("0", "WEAK"),
    ],
)
def test_class_comes_from_the_total_as_published(total: str, rating: str) -> None:
    """What is shown as 90.00 is in the class from 90 on."""
    assert out_of_hundred(total).card("STC").rating == rating


def test_lowest_class_takes_whatever_is_below() -> None:
    """A set whose classes begin above 0 still gives everybody one."""
    higher = replace(HUNDRED, classes=HUNDRED.classes[:2])
    assert out_of_hundred("10", criteria=higher).card("STC").rating == "GOOD"


@pytest.mark.parametrize(("total", "published"), [("84.445", 8445), ("84.4449", 8444), ("84.4444", 8444)])
def test_ranking_score_is_rounded_once(total: str, published: int) -> None:
    """The exact total is kept, and only the published score is rounded."""
    card = out_of_hundred(total).card("STC")
    assert (card.total, card.published_score) == (Fraction(total), published)


def test_whole_round_comes_out_as_by_hand() -> None:
    """STC's card of the round in which everything happens, worked out on paper."""
    card = whole_round().card("STC")
    points = {code: score.points for code, score in card.scores.items() if score.points}
    main = {
        "A1.1": Fraction("0.5"),  # verified
        "A1.2": Fraction(2),  # adjusted by the council
        "A1.3": Fraction("1.25"),  # a special case in part
        "A1.4": Fraction(2),  # 8 of 10, as many as are aimed at
        "A2.1": Fraction(4),  # declared, 19 of 20, waived
        "A2.2": Fraction(2),  # four reforms
        "A2.3": Fraction(2),  # all 7 entries on time
        "A2.5": Fraction(2),  # everything remedied, four checks
        "A2.4": Fraction(1),  # focal officer and deputy in time
        "A3.1": Fraction(33, 16),  # (8 + 4 x 0.75) of 16 ballots, of 3
    }
    before = 100 * sum(main.values(), Fraction(0)) / 21
    main["A3.2"] = 2 * min((before - 60 + 5) / 10, Fraction(1))
    beside = {"B1": Fraction(1), "D2": Fraction("0.25"), "D3": Fraction("0.5")}
    assert points == {code: value for code, value in (main | beside).items() if value}
    assert card.total == 100 * sum(main.values(), Fraction(0)) / 23 - Fraction("0.75")
    assert (card.ranking_score, card.deductions) == (card.total + 1, Fraction("0.75"))
    assert EVERY_RULE.maximum(card.block) == 23
    assert card.rating == "GOOD"


@pytest.mark.parametrize("agency", ["STC", "HC", "LC"])
def test_areas_follow_from_scores_that_were_computed_before(agency: str) -> None:
    """Whoever has the scores of a card has its areas, without the cells that are out of the denominator."""
    story = whole_round()
    card = story.card(agency)
    assert areas(story.round.criteria, card.block, card.scores) == card.areas


def test_act_that_moves_nothing_leaves_the_very_card() -> None:
    """Where no cell moved and none improves on last year, the next card is the last one itself."""
    story = out_of_hundred("40")
    last = story.card("STC")
    assert scoring.again(story.standing, ROUND, last, ("A1.1",)) is last
