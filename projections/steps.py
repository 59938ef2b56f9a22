"""How each cell came to its points, step by step: read from the history rows, without a fold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from sqlalchemy import Connection, select

from domain.scoring import Stage
from projections.queries import CellRow, cells
from projections.tables import cell_scores


@dataclass(frozen=True, slots=True)
class Step:
    """An act that set the points of a cell, after the one before it, if there was one."""

    agency: str
    criterion: str
    position: int
    stage: Stage
    points: Fraction
    counts: bool
    before: Step | None

    @property
    def moved(self) -> Fraction:
        """By how much it moved the points; from nothing where there were none."""
        return self.points - (self.before.points if self.before else 0)


def steps(connection: Connection, round_code: str, size: int) -> list[Step]:
    """Return the acts that set points of a round up to a size, cell by cell, oldest first."""
    c = cell_scores.c
    history = select(cell_scores).where(c.round == round_code, c.valid_from < size)
    rows = cells(connection.execute(history.order_by(c.agency, c.criterion, c.valid_from)))
    told = groupby(rows, key=lambda row: (row.agency, row.criterion))
    return [step for _, its in told for step in _steps(its)]


def _steps(rows: Iterator[CellRow]) -> Iterator[Step]:
    """A row that only shows another flag, or what a rule looked at elsewhere, is no step."""
    before: Step | None = None
    for row in rows:
        if row.made_by[:1] == (row.since,):
            stage = Stage(row.stage)
            before = Step(row.agency, row.criterion, row.since, stage, row.points, row.counts, before)
            yield before


def newest(told: list[Step], stage: Stage) -> dict[tuple[str, str], Step]:
    """Return the newest step of a stage, by cell."""
    return {(step.agency, step.criterion): step for step in told if step.stage is stage}
