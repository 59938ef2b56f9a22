"""What chance alone would do: exact tests of counts, and how several of them are read together.

Pure and exact: the same figures give the same answer on any machine. docs/findings.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

ONE = Fraction(1)


def sign_test(cases: int, one_way: int) -> Fraction:
    """Return how often cases that are as likely up as down would lean at least as far, either way.

    Two-sided and exact: twice the upper tail of the binomial distribution with one half.
    """
    return min(2 * upper_tail(cases, max(one_way, cases - one_way)), ONE)


def upper_tail(cases: int, up: int) -> Fraction:
    """Return how often at least so many of these cases would go up, each as likely up as down."""
    return Fraction(sum(comb(cases, k) for k in range(up, cases + 1)), 2**cases)


def fisher(up: int, down: int, others_up: int, others_down: int) -> Fraction:
    """Return how often two groups of these sizes would differ so much, were up and down dealt out at random.

    Two-sided and exact: the sum over all tables with these margins that are no more likely than this one.
    """
    size, ups, whole = up + down, up + others_up, up + down + others_up + others_down

    def ways(of_these: int) -> int:
        return comb(ups, of_these) * comb(whole - ups, size - of_these)

    possible = range(max(0, size - (whole - ups)), min(size, ups) + 1)
    return Fraction(sum(w for k in possible if (w := ways(k)) <= ways(up)), comb(whole, size))


def holm(tests: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Adjust the results of several tests, by Holm's step-down.

    Whatever depends on what, the chance that any of them falls to a level by chance alone is at most that
    level.
    """
    adjusted, worst = [ONE] * len(tests), Fraction(0)
    for place, n in enumerate(sorted(range(len(tests)), key=lambda n: (tests[n], n))):
        worst = max(worst, min(tests[n] * (len(tests) - place), ONE))
        adjusted[n] = worst
    return tuple(adjusted)
