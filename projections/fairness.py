"""The fairness report (R56): how points moved by block, how bonus is spread, how strict teams are.

Figures are counts over the log; each can be followed to its events, and none accuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from domain.criteria import Block
from domain.scoring import Stage, card, stages
from domain.standing import Standing
from domain.stated.choices import Matter
from projections.decisions import Decision


@dataclass(frozen=True, slots=True)
class Direction:
    """The adjustments of one block: how many up and down, by how much, and which."""

    block: Block
    up: int
    down: int
    points_up: Fraction
    points_down: Fraction
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bonus:
    """The bonus points of one block: how many agencies have some, the median and the most."""

    block: Block
    agencies: int
    ranked: int
    median: Fraction
    most: Fraction


@dataclass(frozen=True, slots=True)
class Severity:
    """One team: in how many cells its note gave less (or more) than was declared, of how many."""

    team: str
    cells: int
    lower: int
    higher: int


def directions(standing: Standing, round_code: str, made: Iterable[Decision]) -> tuple[Direction, ...]:
    """Return the council's adjustments by block."""
    found = standing.rounds[round_code]
    moved = [d for d in made if d.round == round_code and d.matter is Matter.ADJUSTMENT and d.position]
    return tuple(
        _direction(block, [d for d in moved if found.agencies.get(d.agency) is block]) for block in Block
    )


def _direction(block: Block, made: list[Decision]) -> Direction:
    steps = [(d.points or Fraction(0)) - (d.old_points or Fraction(0)) for d in made]
    up, down = [step for step in steps if step > 0], [step for step in steps if step < 0]
    positions = tuple(d.position for d in made if d.position is not None)
    return Direction(block, len(up), len(down), sum(up, Fraction(0)), sum(down, Fraction(0)), positions)


def bonuses(standing: Standing, round_code: str) -> tuple[Bonus, ...]:
    """Return how bonus points are spread in each block."""
    agencies = standing.rounds[round_code].agencies
    return spread((block, card(standing, round_code, agency).bonus) for agency, block in agencies.items())


def spread(told: Iterable[tuple[Block, Fraction]]) -> tuple[Bonus, ...]:
    """Return how points are spread in each block, given those of each agency."""
    by_block: dict[Block, list[Fraction]] = {block: [] for block in Block}
    for block, points in told:
        by_block[block].append(points)
    return tuple(
        Bonus(block, sum(value > 0 for value in its), len(its), Fraction(median(its)), max(its))
        for block, its in by_block.items()
        if its
    )


def severities(standing: Standing, round_code: str) -> tuple[Severity, ...]:
    """Return how often each team's notes went below or above what was declared."""
    found = standing.rounds[round_code]
    rows = []
    for (code, name), team in standing.teams.items():
        if code == round_code:
            pairs = [
                pair for agency in sorted(team.inspects) for pair in _pairs(standing, found.code, agency)
            ]
            lower, higher = sum(v < d for d, v in pairs), sum(v > d for d, v in pairs)
            rows.append(Severity(name, len(pairs), lower, higher))
    return tuple(rows)


def _pairs(standing: Standing, round_code: str, agency: str) -> list[tuple[Fraction, Fraction]]:
    """(declared, verified) points of each cell that has both."""
    pairs = []
    for code in sorted(standing.dossier(round_code, agency).declared):
        reached = stages(standing, round_code, agency, code)
        if Stage.DECLARED in reached and Stage.VERIFIED in reached:
            pairs.append((reached[Stage.DECLARED].points, reached[Stage.VERIFIED].points))
    return pairs
