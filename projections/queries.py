"""Reads of the read side, now or as of any position: indexed rows, never a replay."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from domain.points import exact
from projections.tables import cell_scores, ranks

_points = lru_cache(maxsize=65_536)(exact)
"""Reads the points of cells: of thousands of cells few texts are not among those of others."""


@dataclass(frozen=True, slots=True)
class RankRow:
    """One agency's result as it held; `since` is the position that made it."""

    agency: str
    block: str
    rank: int
    shared: bool
    total: Fraction
    bonus: Fraction
    deductions: Fraction
    ranking_score: Fraction
    rating: str
    results: dict[str, Fraction]
    """The further results that the same cells yield, each out of 100."""
    since: int


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell as it held, with the positions of the acts that made it."""

    agency: str
    criterion: str
    points: Fraction
    stage: str
    made_by: tuple[int, ...]
    flags: tuple[str, ...]
    counts: bool
    since: int


def holds(table: Table, size: int) -> ColumnElement[bool]:
    """Say which rows held when the log had `size` entries."""
    return (table.c.valid_from < size) & (table.c.valid_until >= size)


def rounds(connection: Connection, size: int) -> list[str]:
    """Return the rounds that were open when the log had `size` entries, newest first."""
    query = select(ranks.c.round).where(holds(ranks, size)).distinct().order_by(ranks.c.round.desc())
    return list(connection.execute(query).scalars())


def ranking(
    connection: Connection,
    round_code: str,
    size: int,
    block: str | None = None,
    agencies: Collection[str] | None = None,
) -> list[RankRow]:
    """Return the places of a round (of one block, of some agencies), best first, at a size of the log."""
    query = select(ranks).where((ranks.c.round == round_code) & holds(ranks, size))
    if block is not None:
        query = query.where(ranks.c.block == block)
    if agencies is not None:
        query = query.where(ranks.c.agency.in_(agencies))
    rows = connection.execute(query.order_by(ranks.c.block, ranks.c.rank, ranks.c.agency))
    return [
        RankRow(
            row.agency,
            row.block,
            row.rank,
            row.shared,
            exact(row.total),
            exact(row.bonus),
            exact(row.deductions),
            exact(row.ranking_score),
            row.rating,
            {code: exact(total) for code, total in (part.split("=") for part in row.results.split())},
            row.valid_from,
        )
        for row in rows
    ]


def moved_ranks(connection: Connection, codes: Collection[str], first: int, last: int) -> set[int]:
    """Return the positions, from one to another, after which a rank in these rounds was another."""
    before, after = ranks.alias(), ranks.alias()
    same = (before.c.round == after.c.round) & (before.c.agency == after.c.agency)
    joined = before.join(after, same & (before.c.valid_until == after.c.valid_from))
    here = before.c.round.in_(codes) & before.c.valid_until.between(first, last)
    query = select(after.c.valid_from).select_from(joined).where(here, before.c.rank != after.c.rank)
    return set(connection.execute(query.distinct()).scalars())


def all_scores(connection: Connection, round_code: str, size: int) -> list[CellRow]:
    """Return the cells of every agency of a round when the log had `size` entries."""
    rows = connection.execute(
        select(cell_scores).where((cell_scores.c.round == round_code) & holds(cell_scores, size))
    )
    return cells(rows)


def scores(connection: Connection, round_code: str, agency: str, size: int) -> list[CellRow]:
    """Return the cells of an agency when the log had `size` entries."""
    c = cell_scores.c
    subject = (c.round == round_code) & (c.agency == agency)
    return cells(connection.execute(select(cell_scores).where(subject & holds(cell_scores, size))))


def cells(rows: Iterable[Any]) -> list[CellRow]:
    """Read rows of `cell_scores`."""
    return [_cell(row) for row in rows]


def _cell(row: Any) -> CellRow:
    return CellRow(
        row.agency,
        row.criterion,
        _points(row.points),
        row.stage,
        tuple(map(int, row.made_by.split())),
        tuple(row.flags.split()),
        row.counts,
        row.valid_from,
    )
