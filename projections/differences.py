"""What the read tables show against what a fold of the log says: they must be the same, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from projections.scoreboard import Scoreboard, cell_row, place_row
from projections.tables import OPEN, cell_scores, ranks


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the fold says; `column` is `row` where one side has none."""

    table: str
    subject: str
    column: str
    shown: str
    folded: str


def differences(connection: Connection, board: Scoreboard) -> Iterator[Difference]:
    """Compare the rows that hold now with the cards and places of a board."""
    cells: dict[tuple[str, ...], dict[str, Any]] = {
        (*key, code): cell_row(score)
        for key, card in board.cards.items()
        for code, score in card.scores.items()
    }
    places: dict[tuple[str, ...], dict[str, Any]] = {
        key: place_row(place) for key, place in board.places.items()
    }
    yield from _compare(connection, cell_scores, ("round", "agency", "criterion"), cells)
    yield from _compare(connection, ranks, ("round", "agency"), places)


def _compare(
    connection: Connection,
    table: Table,
    subject: tuple[str, ...],
    folded: Mapping[tuple[str, ...], Mapping[str, Any]],
) -> Iterator[Difference]:
    rows = connection.execute(select(table).where(table.c.valid_until == OPEN)).mappings()
    shown = {tuple(row[name] for name in subject): row for row in rows}
    for key in sorted(shown.keys() | folded.keys()):
        name = "/".join(key)
        if key not in shown or key not in folded:
            yield Difference(table.name, name, "row", _is(key in shown), _is(key in folded))
            continue
        for column, value in folded[key].items():
            if shown[key][column] != value:
                yield Difference(table.name, name, column, str(shown[key][column]), str(value))


def _is(there: bool) -> str:
    return "there" if there else "missing"
