"""What the auditor's board can find, and by which thresholds: values with the events behind them.

A finding says what is there and how far chance alone goes; it never says why, and accuses nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from domain.refusals import Fact


class Kind(StrEnum):
    """The kinds of finding, in the order in which they are shown."""

    AFTER_CLOSING = "AFTER_CLOSING"
    LATE_BULK = "LATE_BULK"
    TEAM_SEVERITY = "TEAM_SEVERITY"
    RECIPROCAL = "RECIPROCAL"
    ONE_WAY = "ONE_WAY"
    SECRETARIAT = "SECRETARIAT"
    NOTHING_NEW = "NOTHING_NEW"
    CONTESTED_KEY = "CONTESTED_KEY"
    DIRECTION = "DIRECTION"


_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From where on something is shown. Each stands in docs/findings.md with its reason."""

    level: Fraction = Fraction(5, 100)
    """What a test may come to, after Holm, to be shown: no oftener does a fair round show any of a family."""
    bulk_changes: int = 20
    bulk_span: timedelta = timedelta(hours=1)
    bulk_before: timedelta = timedelta(hours=24)
    """So many changes by one key in such a span, that begins so shortly before a deadline."""
    least_cells: int = 10
    """A team that verified fewer cells which others verified, too, is not compared."""
    least_difference: Fraction = Fraction(1, 100)
    """A smaller part of the maximum is not shown, however certain it is."""
    longest_chain: int = 3
    """Agencies in a chain of favours."""
    least_cases: int = 6
    """The fewest cases that can come to the level at all if all go one way: 2 x (1/2)^6 = 0.031."""
    large: Fraction = Fraction(1, 4)
    """A change of points by at least this part of the maximum is a large one."""


THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One finding: of what kind and how it came, about whom or what, with the events behind it."""

    kind: Kind
    how: str
    """Which of the sentences of its kind tells it."""
    positions: tuple[int, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How much was looked at for one kind: how many were compared, and of how many there was too little."""

    kind: Kind
    compared: int
    too_few: int = 0
    found: tuple[Observation, ...] = ()


def in_order(findings: Iterable[Observation]) -> tuple[Observation, ...]:
    """Put findings into the one order that they are shown in: by kind, then by the events behind them."""
    return tuple(
        sorted(
            findings, key=lambda f: (_ORDER[f.kind], f.positions, f.how, sorted(map(str, f.facts.values())))
        )
    )


def decimals(value: Fraction, digits: int = 4) -> str:
    """Write a share or a chance with so many decimals, half away from nothing."""
    times = 10**digits
    whole, part = divmod(int(abs(value) * times * 2 + 1) // 2, times)
    sign = "-" if value < 0 and (whole or part) else ""
    return f"{sign}{whole}.{part:0{digits}d}"
