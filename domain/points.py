"""Points and quantities: exact numbers in, one rounding out, at publication.

Stated numbers are decimal strings with at most four decimals; computed ones stay exact fractions and
are written `n/d` where no decimal of that length says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from domain.refusals import Malformed

STATED_DECIMALS = 4

_STATED = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*[1-9])?", re.ASCII)
_RATIO = re.compile(r"(0|[1-9][0-9]{0,999})/([1-9][0-9]{0,999})", re.ASCII)


def stated(text: object) -> Fraction:
    """Read a stated number: a decimal string, not negative, at most four decimals, no needless zeros.

    Raises Malformed: `points.not_text` (a JSON number could be rounded on the way), `points.negative`,
    `points.too_precise` or `points.malformed`.
    """
    if not isinstance(text, str):
        raise Malformed("points.not_text", stated=str(text)[:40])
    if text.startswith("-"):
        raise Malformed("points.negative", stated=text[:40])
    if not _STATED.fullmatch(text):
        raise Malformed("points.malformed", stated=text[:40])
    if len(text.partition(".")[2]) > STATED_DECIMALS:
        raise Malformed("points.too_precise", stated=text[:40], decimals=STATED_DECIMALS)
    whole, _, part = text.partition(".")
    return Fraction(int(whole + part), 10 ** len(part))


def exact(text: object) -> Fraction:
    """Read an exact number as `write` makes it: a stated number or a reduced fraction `n/d`."""
    ratio = _RATIO.fullmatch(text) if isinstance(text, str) else None
    if ratio is None:
        return stated(text)
    value = Fraction(int(ratio[1]), int(ratio[2]))
    if write(value) != text:
        raise Malformed("points.malformed", stated=str(text)[:40])
    return value


def write(value: Fraction) -> str:
    """Write an exact number so that `exact` reads the same one back."""
    number, its = value.as_integer_ratio()
    if its == 1:
        return str(number)
    times, rest = divmod(10**STATED_DECIMALS, its)
    if rest:
        return f"{number}/{its}"
    sign = "-" if number < 0 else ""
    whole, part = divmod(abs(number) * times, 10**STATED_DECIMALS)
    return sign + f"{whole}.{part:0{STATED_DECIMALS}d}".rstrip("0").rstrip(".")


def add(values: Iterable[Fraction]) -> Fraction:
    """Add exact numbers as `sum` does, in a fraction of its time."""
    return _over_one_denominator([value.as_integer_ratio() for value in values])


def weigh(counted: Iterable[tuple[Fraction, int | Fraction]]) -> Fraction:
    """Add exact numbers, each so many times."""
    return _over_one_denominator([_times(value, times) for value, times in counted])


def exchange(whole: Fraction, part: Fraction, other: Fraction) -> Fraction:
    """Return a sum with one of its parts exchanged for another number."""
    (number, below), (minus, its), (plus, others) = (v.as_integer_ratio() for v in (whole, part, other))
    if below == its == others:
        return Fraction(number - minus + plus, below)
    return _over_one_denominator(((number, below), (-minus, its), (plus, others)))


def percentage(parts: Iterable[Fraction], whole: Fraction) -> Fraction:
    """Return 100 x the sum of some parts / a whole that is not 0."""
    total, below = _sum(value.as_integer_ratio() for value in parts)
    number, its = whole.as_integer_ratio()
    return Fraction(100 * total * its, below * number)


def _times(value: Fraction, times: int | Fraction) -> tuple[int, int]:
    """Multiply without reducing."""
    number, its = value.as_integer_ratio()
    by, below = times.as_integer_ratio()
    return number * by, its * below


def _over_one_denominator(ratios: Iterable[tuple[int, int]]) -> Fraction:
    """Add fractions over one denominator that is reduced once, at the end."""
    return Fraction(*_sum(ratios))


def _sum(ratios: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Add fractions over one denominator, and do not reduce."""
    total, below = 0, 1
    for number, its in ratios:
        if below % its:
            wider = lcm(below, its)
            total, below = total * (wider // below), wider
        total += number * (below // its)
    return total, below


def hundredths(value: Fraction) -> int:
    """Round once, half up, to hundredths of a point: the only rounding there is."""
    number, below = value.as_integer_ratio()
    return (200 * number + below) // (2 * below)


def published(value: Fraction) -> str:
    """Write a number as it is published: half up to two decimals, both shown."""
    rounded = hundredths(value)
    sign = "-" if rounded < 0 else ""
    whole, part = divmod(abs(rounded), 100)
    return f"{sign}{whole}.{part:02d}"
