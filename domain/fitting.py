"""What fits a rule: the points or quantities that may be stated for a criterion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from domain.criteria import BandsRule, Criterion, PartsRule, RatioRule, Rule, StatedRule, quantities_of
from domain.points import write
from domain.refusals import Refusal, refuse


def points_fit(criterion: Criterion, points: Fraction) -> Iterator[Refusal]:
    """Yield a refusal unless these points may be stated for a criterion."""
    if not isinstance(criterion.rule, StatedRule):
        yield refuse("score.wrong_kind", criterion=criterion.code)
    elif points > criterion.max_points:
        yield refuse("score.above_max", stated=write(points), maximum=write(criterion.max_points))
    elif criterion.rule.choices and points not in criterion.rule.choices:
        allowed = ", ".join(map(write, criterion.rule.choices))
        yield refuse("score.not_a_choice", stated=write(points), choices=allowed)


def quantities_fit(criterion: Criterion, quantities: Mapping[str, Fraction]) -> Iterator[Refusal]:
    """Yield a refusal unless these are the quantities of the rule, and possible."""
    needed = quantities_of(criterion.rule)
    if not needed:
        yield refuse("score.wrong_kind", criterion=criterion.code)
    elif quantities.keys() != needed:
        yield refuse("quantities.wrong_names", needed=", ".join(sorted(needed)))
    else:
        yield from _possible(criterion.rule, quantities)


def _possible(rule: Rule, quantities: Mapping[str, Fraction]) -> Iterator[Refusal]:
    if isinstance(rule, PartsRule):
        for part in rule.parts:
            yield from _possible(part.rule, quantities)
    share = isinstance(rule, BandsRule) or (isinstance(rule, RatioRule) and rule.target is None)
    if share and isinstance(rule, RatioRule | BandsRule) and quantities[rule.of] > quantities[rule.to]:
        yield refuse("quantities.share_above_whole", part=rule.of, whole=rule.to)
