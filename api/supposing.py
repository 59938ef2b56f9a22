"""How a supposition is written: positions that are left out, points that would be decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from api.errors import UnknownSubject
from domain.points import stated

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
            raise UnknownSubject(f"{part!r} is no position such as 8175, nor a range such as 6967-7306")
        found += range(int(first), int(last or first) + 1)
    return found


def points(given: Sequence[str]) -> dict[tuple[str, str], Fraction]:
    """Read `SNV/A1.2=1.5`; raises UnknownSubject, Malformed for what are no points."""
    found: dict[tuple[str, str], Fraction] = {}
    for part in given:
        if (told := _ADJUST.fullmatch(part)) is None:
            raise UnknownSubject(f"{part!r} is no adjustment such as SNV/A1.2=1.5")
        found[told[1], told[2]] = stated(told[3])
    return found
