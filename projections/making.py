"""Read tables made beside those that are served: filled from the log, and compared at one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, Table, func, inspect, select

from projections import beside
from projections.building import Begin, Building, Progress
from projections.differences import Difference, row_differences
from projections.digests import table_digest
from projections.followed import Followed
from projections.source import Source

NAMED = 1000
"""So many differences are named at most."""
OTHER_COLUMNS = "-"
"""Instead of the digest of a table that another version of the program made."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table: how many rows it has by the log, the digest of what was served and of what was folded."""

    table: str
    rows: int
    served: str
    folded: str


Found = tuple[tuple[Compared, ...], tuple[Difference, ...]]
"""What the comparison of some tables came to."""


class Making:
    """Some of the read tables, made anew by one process. They lie beside, wherever `begin` writes."""

    def __init__(
        self, source: Source, begin: Begin, inline: Sequence[Table], followed: Sequence[Followed]
    ) -> None:
        self.tables = (*inline, *tables_of(followed))
        self._source = source
        self._begin = begin
        self._followed = followed
        apart = [one.over(beside.beside(one.tables)) for one in followed]
        new = {table.name: its for table, its in zip(inline, beside.beside(inline), strict=True)}
        self._building = Building(source, begin, apart, new)

    def fill(self, progress: Progress | None = None) -> Found:
        """Fill the tables up to the head of the log, and compare them with those served. Raises Stopped."""
        with self._source.read() as connection:
            heads = self._heads(connection)
        self._building.advance(*heads, progress)
        with self._source.read() as served:
            self._building.advance(*self._heads(served))
            self._building.finish()
            with self._begin() as folded:  # which sees what was written since `served` began
                compared = compare(served, self.tables, folded, beside.beside(self.tables))
                return compared, tuple(islice(_named(served, folded, self.tables, compared), NAMED))

    def finish(self, size: int) -> None:
        """Take in what came meanwhile: the tables are whole then."""
        self._building.advance(size, {one.name: size for one in self._followed})
        self._building.finish()

    def _heads(self, connection: Connection) -> tuple[int, dict[str, int]]:
        """Return up to where the tables are served: followed ones go by themselves."""
        reached = {one.name: self._source.reached(connection, one.name) for one in self._followed}
        return self._source.size(connection), reached


def tables_of(followed: Sequence[Followed]) -> tuple[Table, ...]:
    """Return the tables of followed projections."""
    return tuple(table for one in followed for table in one.tables)


def compare(
    served: Connection, tables: Sequence[Table], folded: Connection, new: Sequence[Table]
) -> tuple[Compared, ...]:
    """Return the digests of tables and of those that were folded anew."""
    return tuple(
        Compared(
            table.name,
            folded.execute(select(func.count()).select_from(its)).scalar_one(),
            table_digest(served, table) if has_columns(served, table) else OTHER_COLUMNS,
            table_digest(folded, its),
        )
        for table, its in zip(tables, new, strict=True)
    )


def has_columns(connection: Connection, table: Table) -> bool:
    """Whether a table is there, with the columns that it should have."""
    found = inspect(connection)
    if not found.has_table(table.name):
        return False
    return [column["name"] for column in found.get_columns(table.name)] == table.columns.keys()


def _named(
    served: Connection, folded: Connection, tables: Sequence[Table], compared: Sequence[Compared]
) -> Iterator[Difference]:
    for table, new, its in zip(tables, beside.beside(tables), compared, strict=True):
        if its.served == OTHER_COLUMNS:
            yield Difference(table.name, "*", "row", "of other columns", "there")
        elif its.served != its.folded:
            yield from row_differences(served, table, folded, new)
