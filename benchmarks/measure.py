"""Measuring: sides take turns on the same input, and the median of each counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")
WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: ours beside the other side or the limit, and whether that is good enough."""

    what: str
    ours: str
    other: str
    ratio: str
    met: bool


def interleaved(
    prepare: Callable[[int], T], sides: Sequence[Callable[[T], object]], rounds: int, warm_up: int = WARM_UP
) -> list[float]:
    """Let the sides take turns, A B A B ..., on what each round prepares; return their median seconds."""
    seconds: list[list[float]] = [[] for _ in sides]
    for turn in range(warm_up + rounds):
        given = prepare(turn)
        for taken, side in zip(seconds, sides, strict=True):
            started = perf_counter()
            side(given)
            taken.append(perf_counter() - started)
    return [median(taken[warm_up:]) for taken in seconds]


def against(what: str, events: int, ours: float, name: str, theirs: float, least: float) -> Line:
    """Compare events a second with another side; `least` is the share of its speed that ours must reach."""
    ratio = theirs / ours
    return Line(
        what,
        f"{events / ours:,.0f} events/s",
        f"{name}: {events / theirs:,.0f} events/s",
        f"{ratio:.2f}, at least {least}",
        ratio >= least,
    )


def within(what: str, seconds: float, limit: float, *, milliseconds: bool = False) -> Line:
    """Compare a time with its limit, both in seconds; shown in seconds or milliseconds."""
    scale, unit = (1000, "ms") if milliseconds else (1, "s")
    return Line(
        what,
        f"{seconds * scale:.3g} {unit}",
        f"limit: {limit * scale:g} {unit}",
        f"{seconds / limit:.2f} of the limit",
        seconds <= limit,
    )


def unlimited(what: str, seconds: float, *, milliseconds: bool = False) -> Line:
    """Show a time that has no limit."""
    scale, unit = (1000, "ms") if milliseconds else (1, "s")
    return Line(what, f"{seconds * scale:.3g} {unit}", "no limit", "", met=True)
