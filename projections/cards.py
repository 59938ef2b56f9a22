"""The cards of a round as the read tables hold them at a size: what ranks them, without a fold.

Totals are read of a whole block; cells, and the areas that they sum up to, of an agency that is asked for.
"""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import Connection

from domain import scoring
from domain.criteria import Block
from domain.points import hundredths
from domain.scoring import Card, Flag, Score, Stage
from domain.standing import Round
from projections import queries
from projections.later import Later
from projections.queries import CellRow, RankRow


def cards(connection: Connection, found: Round, size: int, block: Block) -> dict[str, Card]:
    """Return the cards of a block when the log had `size` entries, by agency."""
    rows = queries.ranking(connection, found.code, size, block.value)
    return {row.agency: _card(connection, found, size, row) for row in rows}


def _card(connection: Connection, found: Round, size: int, row: RankRow) -> Card:
    block = found.agencies[row.agency]

    def read() -> dict[str, Score]:
        cells = queries.scores(connection, found.code, row.agency, size)
        return {cell.criterion: _score(found, cell) for cell in cells}

    scores = Later[str, Score](read)
    return Card(
        agency=row.agency,
        block=block,
        scores=scores,
        areas=Later[str, Fraction](lambda: scoring.areas(found.criteria, block, scores)),
        total=row.total,
        bonus=row.bonus,
        deductions=row.deductions,
        ranking_score=row.ranking_score,
        published_score=hundredths(row.ranking_score),
        rating=row.rating,
        results=row.results,
    )


def _score(found: Round, row: CellRow) -> Score:
    return Score(
        row.points,
        found.criteria.by_code[row.criterion].max_points,
        Stage(row.stage),
        row.made_by,
        tuple(map(Flag, row.flags)),
        row.counts,
    )
