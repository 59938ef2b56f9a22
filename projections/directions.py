"""Which way points were moved: adjustments by block, motions by member, each beside all the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from domain.refusals import Fact
from projections.chance import fisher, holm
from projections.fairness import Direction
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals
from projections.leanings import Moved


class Of(StrEnum):
    """Whose direction it is."""

    BLOCK = "BLOCK"
    MEMBER = "MEMBER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """How many went up and down, of one and of all others; `adjusted` is over all that were compared."""

    of: Of
    name: str
    up: int
    down: int
    others_up: int
    others_down: int
    positions: tuple[int, ...]
    chance: Fraction
    adjusted: Fraction


def beside_others(blocks: Sequence[Direction], moved: Iterable[Moved]) -> tuple[Beside, ...]:
    """Set each block's adjustments, and each member's motions, beside those of the others (Fisher's test)."""
    rows = [(Of.BLOCK, d.block.value, d.up, d.down, d.positions) for d in blocks if d.up + d.down]
    rows += _by_member(moved)
    told = [_beside(row, rows) for row in rows]
    adjusted = holm([one.chance for one in told])
    return tuple(replace(one, adjusted=its) for one, its in zip(told, adjusted, strict=True))


_Row = tuple[Of, str, int, int, tuple[int, ...]]


def _by_member(moved: Iterable[Moved]) -> list[_Row]:
    by_member: dict[str, list[Moved]] = defaultdict(list)
    for motion in moved:
        if motion.direction:
            by_member[motion.member].append(motion)
    return [
        (
            Of.MEMBER,
            member,
            sum(m.direction > 0 for m in its),
            sum(m.direction < 0 for m in its),
            tuple(sorted(m.position for m in its)),
        )
        for member, its in sorted(by_member.items())
    ]


def _beside(row: _Row, rows: Iterable[_Row]) -> Beside:
    of, name, up, down, positions = row
    alike = [one for one in rows if one[0] is of and one is not row]
    others_up, others_down = sum(one[2] for one in alike), sum(one[3] for one in alike)
    chance = fisher(up, down, others_up, others_down)
    return Beside(
        of=of,
        name=name,
        up=up,
        down=down,
        others_up=others_up,
        others_down=others_down,
        positions=positions,
        chance=chance,
        adjusted=chance,
    )


def direction_findings(rows: Sequence[Beside]) -> Looked:
    """Find the blocks and members whose points went another way than those of the others."""
    found = tuple(_finding(row, len(rows)) for row in rows if row.adjusted <= THRESHOLDS.level)
    return Looked(kind=Kind.DIRECTION, compared=len(rows), found=found)


def _finding(row: Beside, tests: int) -> Observation:
    facts: dict[str, Fact] = {
        "block" if row.of is Of.BLOCK else "actor": row.name,
        "up": row.up,
        "down": row.down,
        "others_up": row.others_up,
        "others_down": row.others_down,
        "chance": decimals(row.chance),
        "adjusted": decimals(row.adjusted),
        "tests": tests,
    }
    return Observation(kind=Kind.DIRECTION, how=row.of.value, positions=row.positions, facts=facts)
