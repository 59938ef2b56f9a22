"""Rules and small sets for tests of scoring: one criterion out of 4 points, by any rule."""

from __future__ import annotations

from fractions import Fraction

from domain.criteria import (
    Band,
    BandsRule,
    CountRule,
    CriteriaSet,
    Empty,
    LogRule,
    Measure,
    Part,
    PartsRule,
    RatioRule,
    Rule,
)
from domain.deadlines import Phase
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.specification import OPENS, Act, states

LATE = OPENS[Phase.SELF_ASSESSMENT].replace(month=2, day=11)
"""A day after the self-assessment is due, and before the inspection begins."""


def ratio(floor: str | None = None, target: str | None = None, empty: Empty = Empty.ZERO) -> RatioRule:
    """A share of `a` in `b`."""
    return RatioRule(
        of="a",
        to="b",
        floor=None if floor is None else Fraction(floor),
        target=None if target is None else Fraction(target),
        empty=empty,
    )


def bands(empty: Empty = Empty.ZERO) -> BandsRule:
    """4 points from 90 %, 1.5 from 50 %."""
    edges = (("0.9", "4"), ("0.5", "1.5"))
    return BandsRule(
        of="a",
        to="b",
        bands=tuple(Band(at_least=Fraction(e), points=Fraction(p)) for e, p in edges),
        empty=empty,
    )


def parts(*pairs: tuple[str, Rule]) -> PartsRule:
    """Parts of maxima and rules."""
    return PartsRule(parts=tuple(Part(max_points=Fraction(m), rule=rule) for m, rule in pairs))


COUNT = CountRule(of="n", each=Fraction("0.5"))
FOCAL = LogRule(of=Measure.FOCAL_OFFICER)


def out_of_four(rule: Rule, *others: tuple[str, str, Rule]) -> CriteriaSet:
    """A set of A1.1 out of 4 by this rule, and other criteria (code, maximum, rule)."""
    return criteria_set(criterion("A1.1", "4", rule), *(criterion(*other) for other in others))


def late(act: Act) -> Act:
    """The same act, a day after the self-assessment was due."""
    return states(act.who, act.body, act.about, arrived_at=LATE)


def reads_log(of: Measure, to: Measure | None = None, each: str | None = None) -> LogRule:
    """A rule that reads the log."""
    return LogRule(of=of, to=to, each=None if each is None else Fraction(each))
