"""What the read tables show against what a fold of the log says: they must be the same, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from projections.digests import Key, Row, subjects
from projections.scoreboard import STATE, Scoreboard, cell_row, place_row
from projections.states import state_rows
from projections.tables import OPEN, cell_scores, ranks, states


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the fold says; `column` is `row` where one side has none.

    `position` is that from which the row held, where whole histories are compared.
    """

    table: str
    subject: str
    column: str
    shown: str
    folded: str
    position: int | None = None


def differences(connection: Connection, board: Scoreboard) -> Iterator[Difference]:
    """Compare the rows that hold now with the cards, places and standing of a board."""
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
    yield from _compare(connection, states, STATE, state_rows(board.standing))


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


# --- whole histories ------------------------------------------------------------------------------------


def row_differences(
    ours: Connection, shown: Table, theirs: Connection, folded: Table
) -> Iterator[Difference]:
    """Compare two tables of the same columns, every row and every value; only one subject lies in memory."""
    left, right = subjects(ours, shown), subjects(theirs, folded)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        key = min((its[0] for its in (one, other) if its is not None), key=_order)
        mine = one[1] if one is not None and one[0] == key else []
        yours = other[1] if other is not None and other[0] == key else []
        if mine != yours or _kinds(mine) != _kinds(yours):
            yield from _of_subject(shown, mine, yours)
        one = next(left, None) if mine else one
        other = next(right, None) if yours else other


def _of_subject(table: Table, shown: list[Row], folded: list[Row]) -> Iterator[Difference]:
    names = table.columns.keys()
    places = [names.index(column.name) for column in table.primary_key]
    ours, theirs = ({tuple(row[p] for p in places): row for row in rows} for rows in (shown, folded))
    for key in sorted(ours.keys() | theirs.keys(), key=_order):
        (name, since), mine, yours = _named(table, key), ours.get(key), theirs.get(key)
        if mine is None or yours is None:
            yield Difference(table.name, name, "row", _is(mine is not None), _is(yours is not None), since)
            continue
        for column, value, other in zip(names, mine, yours, strict=True):
            if (type(value), value) != (type(other), other):
                yield Difference(table.name, name, column, str(value), str(other), since)


def _named(table: Table, key: Key) -> tuple[str, int | None]:
    """Name a row by its subject and, in a history, by the position from which it held."""
    parts = [str(value) for value in key]
    if [column.name for column in table.primary_key][-1] == "valid_from" and len(parts) > 1:
        return f"{'/'.join(parts[:-1])} #{parts[-1]}", key[-1] if isinstance(key[-1], int) else None
    return "/".join(parts), None


def _kinds(rows: list[Row]) -> list[list[type]]:
    return [[type(value) for value in row] for row in rows]


def _order(key: Key) -> list[tuple[int, Any]]:
    """Order keys as databases do, even those that somebody wrote by hand."""
    return [(next(n for n, kind in enumerate(_KINDS) if isinstance(value, kind)), value) for value in key]


_KINDS = (int | float, str, bytes, object)
