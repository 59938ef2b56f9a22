"""How a supposition is written: positions that are left out, points that would be decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from api.errors import UnknownSubject
from api.nearest import NOTHING
from domain.points import stated
from domain.refusals import refuse

_POSITIONS = re.compile(r"[0-9]{1,15}(?:-[0-9]{1,15})?", re.ASCII)
MANY = 1_000_000
"""No range of positions is longer."""
_ADJUST = re.compile(r"([^/=]+)/([^/=]+)=(.+)")


def positions(given: Sequence[str], many: int = MANY) -> list[int]:
    """Read `8175`, `8175,8262` or `6967-7306`; raises UnknownSubject."""
    found: list[int] = []
    for part in ",".join(given).split(",") if given else ():
        first, _, last = part.partition("-")
        if not _POSITIONS.fullmatch(part) or int(last or first) - int(first) not in range(many):
            raise UnknownSubject(refuse("asked.no_positions", stated=part[:40], nearest=_nearest_range(part)))
        found += range(int(first), int(last or first) + 1)
    return found


def points(given: Sequence[str]) -> dict[tuple[str, str], Fraction]:
    """Read `SNV/A1.2=1.5`; raises UnknownSubject, Malformed for what are no points."""
    found: dict[tuple[str, str], Fraction] = {}
    for part in given:
        if (told := _ADJUST.fullmatch(part)) is None:
            near = _nearest_adjustment(part)
            raise UnknownSubject(refuse("asked.no_adjustment", stated=part[:40], nearest=near))
        found[told[1], told[2]] = stated(told[3])
    return found


def _nearest_range(part: str) -> str:
    """Return a position or a range of the numbers that are there."""
    numbers = [int(number) for number in re.findall(r"[0-9]{1,15}", part)[:2]]
    if not numbers:
        return NOTHING
    first, last = min(numbers), max(numbers)
    return str(first) if first == last else f"{first}-{min(last, first + MANY - 1)}"


def _nearest_adjustment(part: str) -> str:
    """Return an adjustment of the words that are there."""
    words = re.findall(r"[^\s/=:,;]+", part)[:3]
    return "{}/{}={}".format(*words) if len(words) == 3 else NOTHING
