"""What a criteria set has to be, as its format page lists it: the second model's reading."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import Any


def flaws(the_set: Any) -> set[str]:
    """Return the rules of the format that a set breaks."""
    areas = {area.code for area in the_set.areas}
    checks = {
        "criteria.duplicate_code": _twice(c.code for c in the_set.criteria),
        "criteria.duplicate_area": _twice(area.code for area in the_set.areas),
        "criteria.malformed_code": any(_malformed(c.code) for c in the_set.criteria),
        "criteria.wrong_area": any(
            c.area not in areas if c.section == "main" else c.area for c in the_set.criteria
        ),
        "criteria.wrong_area_maximum": any(
            area.max_points != _sum(c for c in the_set.criteria if c.area == area.code)
            for area in the_set.areas
        ),
        "criteria.misplaced_rule": any(
            _is(c.rule, "ImprovementRule") and c.section != "main" for c in the_set.criteria
        ),
        "criteria.classes_out_of_order": not the_set.classes or _rises(c.at_least for c in the_set.classes),
        "criteria.wrong_survey_levels": not the_set.levels
        or any(level.weight > 1 for level in the_set.levels)
        or the_set.min_ballots < 1,
        "criteria.duplicate_result": _twice(result.code for result in the_set.results),
        "criteria.malformed_result": any(_malformed(result.code) for result in the_set.results),
        "criteria.wrong_result": any(_result(the_set, result) for result in the_set.results),
        "criteria.unknown_tie_key": any(
            key not in ("total", "fewer_deductions") and key.partition("area:")[2] not in areas
            for key in the_set.tie_break
        ),
    }
    rules = {name for c in the_set.criteria for name in _rule(c.rule, c.max_points)}
    return rules | {name for name, wrong in checks.items() if wrong}


def _malformed(code: str) -> bool:
    return not 1 <= len(code) <= 16 or bool(set(code) - set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ."))


def _rule(rule: Any, most: Fraction) -> set[str]:
    """A rule gives no more than the maximum and divides by nothing; parts are computed."""
    values = [*getattr(rule, "choices", ()), *(band.points for band in getattr(rule, "bands", ()))]
    found = {"criteria.rule_above_maximum"} if any(value > most for value in values) else set()
    if _is(rule, "SurveyRule"):
        known = {"COUNCIL_DEPUTY", "LOWER_LEVEL_PC", "STAFF"}
        if not rule.groups or _twice(rule.groups) or set(rule.groups) - known:
            found.add("criteria.wrong_groups")
    if _is(rule, "LogRule") and rule.to is not None and rule.each is not None:
        found.add("criteria.ambiguous_log_rule")
    if _is(rule, "BandsRule"):
        edges = [band.at_least for band in rule.bands]
        if not edges or any(low >= high for high, low in pairwise(edges)):
            found.add("criteria.bands_out_of_order")
    if getattr(rule, "target", None) == 0 or getattr(rule, "span", None) == 0:
        found.add("criteria.division_by_zero")
    if _is(rule, "PartsRule"):
        if _sum(rule.parts) != most:
            found.add("criteria.parts_do_not_sum")
        for part in rule.parts:
            if _is(part.rule, "StatedRule", "SurveyRule", "ImprovementRule"):
                found.add("criteria.misplaced_rule")
            found |= _rule(part.rule, part.max_points)
    return found


def _result(the_set: Any, result: Any) -> bool:
    main = {c.code for c in the_set.criteria if c.section == "main"}
    return not result.weights or bool(set(result.weights) - main)


def _is(rule: Any, *names: str) -> bool:
    return type(rule).__name__ in names


def _twice(codes: Any) -> bool:
    return any(n > 1 for n in Counter(codes).values())


def _sum(things: Any) -> Fraction:
    return sum((thing.max_points for thing in things), Fraction(0))


def _rises(values: Any) -> bool:
    found = list(values)
    return any(low > high for high, low in pairwise(found))
