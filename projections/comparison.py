"""A group against the others, stratum by stratum: the difference, and what drawing lots would make of it.

In each stratum the group has so many values among those of all. Were it like the others, any of them could
as well have been its own: the permutation test counts all such choices where they can be counted, else draws
some of them, from a seed, so that whoever asks again is answered the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb, lcm
from random import Random

DRAWS = 1999
"""How often lots are drawn where there are too many choices to count them all."""
COUNTED = 5_000
"""So many choices, or different sums of them, are counted at most."""
OUTSIDE = Fraction(25, 1000)
"""The part of all choices that lies outside an interval on either side."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """What is alike but for the group: its own values, and those of the others. All are whole numbers."""

    name: str
    own: tuple[int, ...]
    others: tuple[int, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """All values, in an order that does not tell whose they are."""
        return tuple(sorted((*self.own, *self.others)))

    def against(self, own: int) -> int:
        """Return (a sum of own values - so many times the mean of the others) x the number of the others."""
        return own * len(self.others) - len(self.own) * (sum(self.own) + sum(self.others) - own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The mean difference of a group's values to the mean of the others in their strata.

    `low` and `high` are the differences that drawing lots would leave unremarkable (95 %); `differs` is the
    share of choices at least as far from nothing, `above` of those at least as high. `counted` where all
    choices were counted and none drawn.
    """

    values: int
    difference: Fraction
    low: Fraction
    high: Fraction
    differs: Fraction
    above: Fraction
    counted: bool


class Lots:
    """Draws by a seed; those of a stratum are drawn once for all groups that have as many values in it."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn: dict[tuple[str, int], list[int]] = {}

    def draw(self, stratum: Stratum) -> list[int]:
        """Draw what a choice from a stratum comes to, `DRAWS` times."""
        key = stratum.name, len(stratum.own)
        if key not in self._drawn:
            chance = Random(f"{self._seed}/{stratum.name}/{len(stratum.own)}")  # noqa: S311 - lots, not secrets
            self._drawn[key] = _draw(stratum, chance)
        return self._drawn[key]


def compare(strata: Sequence[Stratum], lots: Lots) -> Comparison | None:
    """Compare a group with the others; nothing where no stratum has both."""
    usable = [stratum for stratum in strata if stratum.own and stratum.others]
    values = sum(len(stratum.own) for stratum in usable)
    if not values:
        return None
    below = lcm(*(len(stratum.others) for stratum in usable))
    seen = sum(s.against(sum(s.own)) * (below // len(s.others)) for s in usable)
    moving = [stratum for stratum in usable if len(set(stratum.values)) > 1]
    counted = _count(moving, below)
    chosen = _sum(moving, below, lots) if counted is None else counted
    return _told(seen, chosen, values, below, counted=counted is not None)


def _told(seen: int, chosen: Counter[int], values: int, below: int, *, counted: bool) -> Comparison:
    """Read the difference that was seen among those counted, or drawn; the one seen is one more draw."""
    more, unit = 0 if counted else 1, values * below
    whole = chosen.total() + more
    far = sum(times for value, times in chosen.items() if abs(value) >= abs(seen)) + more
    high = sum(times for value, times in chosen.items() if value >= seen) + more
    outside = int(chosen.total() * OUTSIDE)
    lowest = _after(sorted(chosen), chosen, outside)
    highest = _after(sorted(chosen, reverse=True), chosen, outside)
    return Comparison(
        values=values,
        difference=Fraction(seen, unit),
        low=Fraction(seen - highest, unit),
        high=Fraction(seen - lowest, unit),
        differs=Fraction(far, whole),
        above=Fraction(high, whole),
        counted=counted,
    )


def _after(values: Sequence[int], chosen: Counter[int], outside: int) -> int:
    """Return the first value that is not among the outermost."""
    for value in values:
        outside -= chosen[value]
        if outside < 0:
            return value
    raise ValueError("nothing was chosen")


# --- counting all choices, or drawing some --------------------------------------------------------------


def _count(strata: Sequence[Stratum], below: int) -> Counter[int] | None:
    """Count every choice by what it comes to; nothing where there are too many."""
    told = Counter({0: 1})
    for stratum in strata:
        possible, times = _possible(stratum), below // len(stratum.others)
        if possible is None or len(told) * len(possible) > COUNTED:
            return None
        more: Counter[int] = Counter()
        for value, many in told.items():
            for step, ways in possible.items():
                more[value + step * times] += many * ways
        told = more
    return told


def _possible(stratum: Stratum) -> Counter[int] | None:
    """Count the choices within a stratum; nothing where there are too many."""
    values, own = stratum.values, len(stratum.own)
    if comb(len(values), own) > COUNTED:
        return None
    return Counter(stratum.against(sum(choice)) for choice in combinations(values, own))


def _draw(stratum: Stratum, chance: Random) -> list[int]:
    possible, values, own = _possible(stratum), stratum.values, len(stratum.own)
    if possible is None:
        return [stratum.against(sum(chance.sample(values, own))) for _ in range(DRAWS)]
    among = sorted(possible.elements())
    return [among[int(chance.random() * len(among))] for _ in range(DRAWS)]


def _sum(strata: Sequence[Stratum], below: int, lots: Lots) -> Counter[int]:
    """Add up the draws of all strata, over one denominator."""
    alike: dict[int, list[list[int]]] = {}
    for stratum in strata:
        alike.setdefault(below // len(stratum.others), []).append(lots.draw(stratum))
    sums = [[times * total for total in map(sum, zip(*drawn, strict=True))] for times, drawn in alike.items()]
    return Counter(map(sum, zip(*sums, strict=True)))
