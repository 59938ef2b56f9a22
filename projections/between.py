"""What is another between two sizes of the log: cells, row by row of the read tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from projections import queries
from projections.queries import CellRow


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell that holds something else; `before` is nothing where the round was not open yet."""

    agency: str
    criterion: str
    before: CellRow | None
    after: CellRow


def cell_differences(
    connection: Connection, round_code: str, size1: int, size2: int
) -> Iterator[CellDifference]:
    """Compare the cells of a round: points, stage, flags, whether they count, and the acts behind them."""
    before = {(r.agency, r.criterion): r for r in queries.all_scores(connection, round_code, size1)}
    after = queries.all_scores(connection, round_code, size2)
    for row in sorted(after, key=lambda row: (row.agency, row.criterion)):
        old = before.get((row.agency, row.criterion))
        if old is None or _value(old) != _value(row):
            yield CellDifference(row.agency, row.criterion, old, row)


def _value(row: CellRow) -> tuple[object, ...]:
    return row.points, row.stage, row.flags, row.counts, row.made_by
