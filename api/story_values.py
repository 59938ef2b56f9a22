"""Invented numbers of the example: the same on every machine, scattered around each agency's level."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction

from api.example import Profile
from domain.criteria import (
    BandsRule,
    CountRule,
    Criterion,
    PartsRule,
    RatioRule,
    Rule,
    StatedRule,
    SurveyRule,
)
from domain.deadlines import is_working_day
from domain.points import write

ZONE = timezone(timedelta(hours=7))
SCATTER = 60
STEP = Fraction(1, 20)


def chance(*parts: object, below: int) -> int:
    """Return a number from 0 up to `below` that follows from the parts."""
    digest = hashlib.sha256(" ".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def level(profile: Profile, criterion: str, what: str = "truth") -> int:
    """Return how much of a cell's points an agency earns, in thousandths."""
    if profile.exceptions and criterion in profile.exceptions:
        return profile.exceptions[criterion]
    scattered = profile.level + chance(profile.seed, criterion, what, below=2 * SCATTER + 1) - SCATTER
    return max(0, min(1000, scattered))


def finding(criterion: Criterion, at: int, seed: str) -> dict[str, object]:
    """Return points or quantities that come to about this level, as a body states them."""
    if isinstance(criterion.rule, StatedRule):
        return {"points": write(_stated(criterion, criterion.rule, at))}
    return {"quantities": {name: str(n) for name, n in _quantities(criterion.rule, at, seed).items()}}


def _stated(criterion: Criterion, rule: StatedRule, at: int) -> Fraction:
    wanted = criterion.max_points * at / 1000
    if rule.choices:
        return min(rule.choices, key=lambda choice: (abs(choice - wanted), -choice))
    return Fraction(round(wanted / STEP)) * STEP


def _quantities(rule: Rule, at: int, seed: str) -> dict[str, int]:
    if isinstance(rule, PartsRule):
        found: dict[str, int] = {}
        for part in rule.parts:
            found |= _quantities(part.rule, at, seed)
        return found
    if isinstance(rule, RatioRule):
        whole = 40 + chance(seed, rule.to, below=160)
        target = rule.target or Fraction(1)
        return {rule.to: whole, rule.of: round(whole * target * at / 1000)}
    if isinstance(rule, BandsRule):
        whole = 400 + chance(seed, rule.to, below=1600)
        return {rule.to: whole, rule.of: round(whole * (900 + at / 10) / 1000)}
    if isinstance(rule, CountRule):
        return {rule.of: 1 if at > 500 else 0}
    return {}


def ballots(rule: SurveyRule, valid: Mapping[str, int], at: int, seed: str) -> dict[str, dict[str, int]]:
    """Return answers of each group whose mean weight comes to about this level."""
    counts = {}
    for group in rule.groups:
        n = valid[group] // 4 + chance(seed, group, below=valid[group] // 4)
        worse = n * (1000 - at) // 1000
        bad, plain = worse // 4, worse // 2
        good = min(4 * worse - 4 * bad - 2 * plain, n - bad - plain)
        counts[group] = {"A": n - good - bad - plain, "B": good, "C": plain, "D": bad}
    return counts


class Calendar:
    """Office hours between two days, as one line from 0 to 1."""

    def __init__(self, first: date, last: date, holidays: frozenset[date]) -> None:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self._days = [day for day in days if is_working_day(day, holidays)]

    def at(self, share: Fraction | float) -> datetime:
        """Return the moment at a share of the office hours, 08:00 to 16:40."""
        minutes = int(min(max(float(share), 0.0), 0.9999) * len(self._days) * 520)
        day, minute = divmod(minutes, 520)
        return datetime.combine(self._days[day], time(8), ZONE) + timedelta(minutes=minute)
