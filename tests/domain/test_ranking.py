"""Within a block what is published ranks; ties go by the set's keys, exactly; then a rank is shared."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.criteria import Block, CriteriaSet, StatedRule
from domain.points import hundredths
from domain.ranking import Ladder, rank
from domain.scoring import Card
from tests.domain.criteria_sets import criteria_set, criterion

AREAS = (criterion("A1.1", "50", StatedRule()), criterion("A2.1", "50", StatedRule()))


def ties(*keys: str) -> CriteriaSet:
    """A set that breaks ties by these keys."""
    return criteria_set(*AREAS, tie_break=keys)


def card(agency: str, score: str, *, total: str = "0", a1: str = "0", deductions: str = "0") -> Card:
    """A card with a ranking score and what ties are broken by."""
    return Card(
        agency=agency,
        block=Block.DISTRICT,
        scores={},
        areas={"A1": Fraction(a1), "A2": Fraction(0)},
        total=Fraction(total),
        bonus=Fraction(0),
        deductions=Fraction(deductions),
        ranking_score=Fraction(score),
        published_score=hundredths(Fraction(score)),
        rating="GOOD",
        results={},
    )


def places(criteria: CriteriaSet, *cards: Card) -> list[tuple[str, int, bool]]:
    """Agency, rank, and whether it is shared, in the order of the table; the same for any order of cards."""
    found = {
        tuple((p.card.agency, p.rank, p.shared) for p in rank(criteria, order))
        for order in permutations(cards)
    }
    (only,) = found
    return list(only)


def test_nobody_is_ranked_in_an_empty_block() -> None:
    """A block without agencies has no places."""
    assert rank(ties(), ()) == ()


def test_better_scores_stand_first() -> None:
    """The highest published score is first."""
    cards = (card("HC", "80"), card("LC", "90.5"), card("HV", "90"))
    assert places(ties(), *cards) == [("LC", 1, False), ("HV", 2, False), ("HC", 3, False)]


@pytest.mark.parametrize(
    ("one", "other", "ranks"),
    [
        ("84.445", "84.454", [1, 1]),  # both are shown as 84.45
        ("84.445", "84.4549", [1, 1]),
        ("84.4449", "84.445", [1, 2]),  # 84.44 and 84.45
    ],
)
def test_what_is_published_is_what_ranks(one: str, other: str, ranks: list[int]) -> None:
    """A difference that nobody can see decides nothing."""
    assert [place[1] for place in places(ties(), card("HC", one), card("LC", other))] == ranks


def test_shared_rank_skips_the_next() -> None:
    """Two firsts, then a third; a shared rank stands by the agencies' codes."""
    cards = (card("LC", "90"), card("HC", "90"), card("HV", "80"))
    assert places(ties(), *cards) == [("HC", 1, True), ("LC", 1, True), ("HV", 3, False)]


def test_several_shared_ranks() -> None:
    """1, 2, 2, 2, 5: each place knows whether another one has the same."""
    cards = (card("A", "90"), card("B", "80"), card("C", "80"), card("D", "80"), card("E", "70"))
    found = places(ties(), *cards)
    assert [place[1:] for place in found] == [(1, False), (2, True), (2, True), (2, True), (5, False)]


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        (("total", "area:A1", "fewer_deductions"), "T"),
        (("area:A1", "total", "fewer_deductions"), "A"),
        (("fewer_deductions", "total", "area:A1"), "D"),
    ],
)
def test_ties_go_by_the_keys_in_their_order(keys: tuple[str, ...], first: str) -> None:
    """Greater is better for totals and areas, less for deductions; an earlier key decides first."""
    cards = (
        card("T", "90", total="80", a1="20", deductions="2"),
        card("A", "90", total="79", a1="30", deductions="2"),
        card("D", "90", total="78", a1="10", deductions="1"),
    )
    assert places(ties(*keys), *cards)[0] == (first, 1, False)


def test_later_key_decides_what_the_earlier_leaves_open() -> None:
    """Equal totals are told apart by the area; equal areas share the rank."""
    cards = (
        card("A", "90", total="80", a1="20"),
        card("B", "90", total="80", a1="30"),
        card("C", "90", total="80", a1="20"),
    )
    assert places(ties("total", "area:A1"), *cards) == [("B", 1, False), ("A", 2, True), ("C", 2, True)]


def test_tie_keys_are_compared_exactly() -> None:
    """The smallest difference in a tie key decides, though nobody could see it in the score."""
    third = Fraction(1, 3)
    less, more = str(80 + third), str(80 + third + Fraction(1, 10**9))
    cards = (card("HC", "90", total=less), card("LC", "90", total=more))
    assert places(ties("total"), *cards) == [("LC", 1, False), ("HC", 2, False)]


SCORES = st.sampled_from(["80", "80.004", "80.005", "80.01", "81"])


@given(st.lists(st.tuples(SCORES, st.sampled_from(["1", "2"])), max_size=6))
def test_rank_is_one_more_than_how_many_are_better(stated: list[tuple[str, str]]) -> None:
    """Everybody's rank counts those who are better; equals share it and say so."""
    cards = [card(f"X{n}", score, total=total) for n, (score, total) in enumerate(stated)]
    for place in rank(ties("total"), cards):
        own = (place.card.published_score, place.card.total)
        keys = [(c.published_score, c.total) for c in cards]
        assert place.rank == 1 + sum(key > own for key in keys)
        assert place.shared == (keys.count(own) > 1)


MOVES = st.lists(st.tuples(st.integers(0, 5), SCORES, st.sampled_from(["1", "2"])), max_size=20)


@given(MOVES)
def test_ladder_kept_up_is_the_block_ranked_anew(moves: list[tuple[int, str, str]]) -> None:
    """Card after card, the places are those of a whole ranking, and the ones that changed are told."""
    criteria, cards = ties("total"), {f"X{n}": card(f"X{n}", "80", total="1") for n in range(6)}
    ladder = Ladder(criteria, cards.values())
    for number, score, total in moves:
        before, moved = dict(ladder.places), card(f"X{number}", score, total=total)
        cards[moved.agency] = moved
        earlier, ladder = ladder, ladder.fork()
        told = {place.card.agency: place for place in ladder.put(moved)}
        assert earlier.places == before
        assert ladder.places == {place.card.agency: place for place in rank(criteria, cards.values())}
        assert ladder.places == before | told
        others = told.keys() - {moved.agency}
        assert all(before[agency] != told[agency] for agency in others)
