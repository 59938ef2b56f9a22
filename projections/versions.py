"""What changed between two versions of a result: cells and ranks, with the events that did it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import Connection

from projections import queries


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell whose points are others now; `made_by` are the acts that made the new ones."""

    agency: str
    criterion: str
    before: Fraction
    after: Fraction
    made_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RankChange:
    """An agency whose place or score is another now."""

    agency: str
    block: str
    rank_before: int
    rank_after: int
    score_before: Fraction
    score_after: Fraction


def cell_changes(connection: Connection, round_code: str, size1: int, size2: int) -> Iterator[CellChange]:
    """Compare the cells of a round at two sizes of the log."""
    before = {(r.agency, r.criterion): r for r in queries.all_scores(connection, round_code, size1)}
    for row in queries.all_scores(connection, round_code, size2):
        old = before.get((row.agency, row.criterion))
        if old is not None and (old.points, old.counts) != (row.points, row.counts):
            yield CellChange(row.agency, row.criterion, old.points, row.points, row.made_by)


def rank_changes(connection: Connection, round_code: str, size1: int, size2: int) -> Iterator[RankChange]:
    """Compare the places of a round at two sizes of the log."""
    before = {row.agency: row for row in queries.ranking(connection, round_code, size1)}
    for row in queries.ranking(connection, round_code, size2):
        old = before[row.agency]
        if (old.rank, old.ranking_score) != (row.rank, row.ranking_score):
            yield RankChange(row.agency, row.block, old.rank, row.rank, old.ranking_score, row.ranking_score)
