"""Rebuild: the read tables made anew from the log beside the old ones, compared with them, and swapped.

The old ones are served until the swap, which is one transaction. Whenever it is interrupted, they are as they
were, and what lies half-made beside them is swept away by the next rebuild.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, Table, func, inspect, select

from projections import beside
from projections.beside import InUse
from projections.building import Building, Progress
from projections.differences import Difference, row_differences
from projections.digests import table_digest
from projections.followed import Followed
from projections.source import Source
from projections.tables import INLINE

NAMED = 1000
"""So many differences are named at most."""
TRIES = 30
OTHER_COLUMNS = "-"
"""Instead of the digest of a table that another version of the program made."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One table: how many rows it has by the log, the digest of what was served and of what was folded."""

    table: str
    rows: int
    served: str
    folded: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to: up to which size, and what was compared; the differences are healed."""

    size: int
    tables: tuple[Compared, ...]
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether the tables that were served said what the log says."""
        return all(table.served == table.folded for table in self.tables)


class _Writing:
    """Opens a transaction for each batch, or takes part in one that is open."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.within: Connection | None = None

    def __call__(self) -> AbstractContextManager[Connection]:
        return self._source.begin() if self.within is None else nullcontext(self.within)


def rebuild(source: Source, followed: Sequence[Followed] = (), progress: Progress | None = None) -> Rebuilt:
    """Make all read tables anew and swap them in. Raises Stopped at an entry that cannot be applied.

    1. New tables are made beside the old ones, and filled up to the head of the log.
    2. Both are compared at one snapshot: at its head, a followed one up to where it had come by then.
    3. The log is held for a moment, what came meanwhile is taken in, and the new ones take their place.
    """
    tables = (*INLINE, *(table for one in followed for table in one.tables))
    writing = _Writing(source)
    try:
        with source.begin() as connection:  # 1
            beside.make(connection, tables)
        new_cells, new_ranks, new_states = beside.beside(INLINE)
        apart = [one.over(beside.beside(one.tables)) for one in followed]
        building = Building(source, writing, apart, (new_cells, new_ranks, new_states))
        with source.read() as connection:
            heads = _heads(source, connection, followed)
        building.advance(*heads, progress)
        with source.read() as served:  # 2
            building.advance(*_heads(source, served, followed))
            building.finish()
            with source.begin() as folded:  # which sees what was written since `served` began
                compared = compare(served, tables, folded, beside.beside(tables))
                differences = tuple(islice(_named(served, folded, tables, compared), NAMED))
        with source.begin() as connection:
            beside.index(connection, tables)
        size = _swap(source, building, writing, followed, tables)  # 3
    except BaseException:
        with suppress(Exception), source.begin() as connection:
            beside.sweep(connection, tables)
        raise
    return Rebuilt(size, compared, differences)


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


def _heads(
    source: Source, connection: Connection, followed: Sequence[Followed]
) -> tuple[int, dict[str, int]]:
    return source.size(connection), {one.name: source.reached(connection, one.name) for one in followed}


def _named(
    served: Connection, folded: Connection, tables: Sequence[Table], compared: Sequence[Compared]
) -> Iterator[Difference]:
    for table, new, its in zip(tables, beside.beside(tables), compared, strict=True):
        if its.served == OTHER_COLUMNS:
            yield Difference(table.name, "*", "row", "of other columns", "there")
        elif its.served != its.folded:
            yield from row_differences(served, table, folded, new)


def _swap(
    source: Source,
    building: Building,
    writing: _Writing,
    followed: Sequence[Followed],
    tables: Sequence[Table],
) -> int:
    """Put what is whole in the place of what is served; where somebody reads on and on, try again later."""
    for _ in range(TRIES - 1):
        with suppress(InUse):
            return _swap_once(source, building, writing, followed, tables)
    return _swap_once(source, building, writing, followed, tables)


def _swap_once(
    source: Source,
    building: Building,
    writing: _Writing,
    followed: Sequence[Followed],
    tables: Sequence[Table],
) -> int:
    with source.begin() as connection:
        size = source.lock(connection)
        beside.hold(connection, tables)  # after this nothing but the database can fail
        writing.within = connection
        building.advance(size, {one.name: size for one in followed})
        building.finish()
        for one in followed:
            source.place(connection, one.name, size)
        beside.swap(connection, tables)
    return size
