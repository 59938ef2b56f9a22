"""What chance alone would do, against figures that can be counted by hand or looked up."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from projections.chance import fisher, holm, sign_test, upper_tail
from projections.comparison import Lots, Stratum, compare

ONE = Fraction(1)


@pytest.mark.parametrize(
    ("cases", "one_way", "chance"),
    [
        (6, 6, Fraction(1, 32)),
        (6, 0, Fraction(1, 32)),
        (5, 5, Fraction(1, 16)),
        (6, 3, ONE),
        (10, 9, Fraction(22, 1024)),
        (0, 0, ONE),
    ],
)
def test_cases_that_go_one_way(cases: int, one_way: int, chance: Fraction) -> None:
    """The sign test is two-sided, exact, and never above one."""
    assert sign_test(cases, one_way) == chance


def test_the_upper_tail_is_one_sided() -> None:
    """Six of six upwards come once in sixty-four times; none or more, always."""
    assert upper_tail(6, 6) == Fraction(1, 64)
    assert upper_tail(6, 0) == ONE


def test_a_lady_tasting_tea() -> None:
    """Fisher's own table: three of four cups right is no proof, and four of four comes twice in seventy."""
    assert fisher(3, 1, 1, 3) == Fraction(34, 70)
    assert fisher(4, 0, 0, 4) == Fraction(2, 70)


def test_a_group_without_others_differs_from_nobody() -> None:
    """With nothing beside it, every table is the only one."""
    assert fisher(5, 2, 0, 0) == ONE


def test_several_tests_are_read_together() -> None:
    """Holm: the smallest times their number, the next times one less, and none below the one before it."""
    tests = [Fraction(4, 100), Fraction(1, 100), Fraction(3, 100)]
    assert holm(tests) == (Fraction(6, 100), Fraction(3, 100), Fraction(6, 100))
    assert holm([]) == ()
    assert holm([Fraction(9, 10), Fraction(8, 10)]) == (ONE, ONE)


def test_all_choices_of_a_small_group_are_counted() -> None:
    """The permutation test of a small stratum agrees with counting every choice by hand."""
    own, others = (9, 8), (1, 2, 3, 4)
    told = compare([Stratum("s", own, others)], Lots("seed"))
    values = own + others
    means = [Fraction(sum(c), 2) - Fraction(sum(values) - sum(c), 4) for c in combinations(values, 2)]
    seen = Fraction(17, 2) - Fraction(10, 4)
    assert told is not None
    assert (told.counted, told.difference) == (True, seen)
    assert told.above == Fraction(sum(m >= seen for m in means), len(means)) == Fraction(1, 15)
    assert told.differs == Fraction(sum(abs(m) >= seen for m in means), len(means))


def test_groups_alike_do_not_differ() -> None:
    """Where all values are the same, every choice comes to the same: the chance is one."""
    told = compare([Stratum("s", (5, 5), (5, 5, 5))], Lots("seed"))
    assert told is not None
    assert (told.difference, told.differs, told.above) == (Fraction(0), ONE, ONE)


def test_strata_without_both_say_nothing() -> None:
    """A group alone in each of its strata is compared with nobody."""
    assert compare([Stratum("s", (1, 2), ()), Stratum("t", (), (3,))], Lots("seed")) is None


def test_drawn_lots_are_drawn_again_the_same() -> None:
    """Where choices are too many to be counted, the same seed answers the same, and never nought."""
    strata = [Stratum(f"s{n}", tuple(range(n, n + 9)), tuple(range(30, 45))) for n in range(5)]
    first, again = (compare(strata, Lots("seed")) for _ in range(2))
    assert first == again
    assert first is not None
    assert not first.counted
    assert 0 < first.differs < Fraction(1, 100)
