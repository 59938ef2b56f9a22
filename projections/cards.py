"""The cards of a round as the read tables hold them at a size: what ranks them, without a fold."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from domain import scoring
from domain.criteria import Block
from domain.points import hundredths
from domain.scoring import Card, Flag, Score, Stage
from domain.standing import Round
from projections import queries
from projections.queries import CellRow, RankRow
from projections.tables import cell_scores, ranks


def cards(connection: Connection, found: Round, size: int, block: Block) -> dict[str, Card]:
    """Return the cards of a block when the log had `size` entries, by agency."""
    rows = queries.ranking(connection, found.code, size, block.value)
    scores: dict[str, dict[str, Score]] = {row.agency: {} for row in rows}
    for cell in block_scores(connection, found.code, size, block):
        scores[cell.agency][cell.criterion] = _score(found, cell)
    return {row.agency: _card(found, row, scores[row.agency]) for row in rows}


def block_scores(connection: Connection, round_code: str, size: int, block: Block) -> list[CellRow]:
    """Return the cells of every agency of a block when the log had `size` entries."""
    c, r = cell_scores.c, ranks.c
    ranked = select(r.agency).where(
        (r.round == round_code) & (r.block == block.value) & queries.holds(ranks, size)
    )
    wanted = (c.round == round_code) & c.agency.in_(ranked) & queries.holds(cell_scores, size)
    return queries.cells(connection.execute(select(cell_scores).where(wanted)))


def _score(found: Round, row: CellRow) -> Score:
    return Score(
        row.points,
        found.criteria.by_code[row.criterion].max_points,
        Stage(row.stage),
        row.made_by,
        tuple(map(Flag, row.flags)),
        row.counts,
    )


def _card(found: Round, row: RankRow, scores: Mapping[str, Score]) -> Card:
    block = found.agencies[row.agency]
    return Card(
        agency=row.agency,
        block=block,
        scores=scores,
        areas=scoring.areas(found.criteria, block, scores),
        total=row.total,
        bonus=row.bonus,
        deductions=row.deductions,
        ranking_score=row.ranking_score,
        published_score=hundredths(row.ranking_score),
        rating=row.rating,
        results=row.results,
    )
