"""Rebuild: the read tables made anew from the log beside the old ones, compared with them, and swapped.

The old ones are served until the swap, which is one transaction. Whenever it is interrupted, they are as they
were, and what lies half-made beside them is swept away by the next rebuild.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from projections import beside
from projections.beside import InUse
from projections.building import Progress
from projections.differences import Difference
from projections.elsewhere import THERE, Elsewhere, Other, started
from projections.followed import Followed
from projections.making import Compared, Making, tables_of
from projections.source import Source
from projections.tables import INLINE

TRIES = 30


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


def rebuild(
    source: Source,
    followed: Sequence[Followed] = (),
    progress: Progress | None = None,
    elsewhere: Elsewhere | None = None,
) -> Rebuilt:
    """Make all read tables anew and swap them in. Raises Stopped at an entry that cannot be applied.

    1. New tables are made beside the old ones, and filled up to the head of the log: some of them by another
       process, where there is a place for it `elsewhere`.
    2. Both are compared at one snapshot: at its head, a followed one up to where it had come by then.
    3. The log is held for a moment, what came meanwhile is taken in, and the new ones take their place.
    """
    tables = (*INLINE, *tables_of(followed))
    try:
        with source.begin() as connection:
            beside.make(connection, tables)
        with ExitStack() as stack:
            other = stack.enter_context(started(elsewhere)) if elsewhere is not None else None
            swap = _Swap(source, followed, other)
            compared, differences = swap.making.fill(progress)  # 1 and 2
            if other is not None:
                told, differing = other.found()
                compared, differences = (*compared, *told), (*differences, *differing)
            with source.begin() as connection:
                beside.index(connection, swap.making.tables)
            size = swap.once_free()  # 3
    except BaseException:
        with suppress(Exception), source.begin() as connection:
            beside.sweep(connection, tables)
        raise
    order = [table.name for table in tables]
    return Rebuilt(size, tuple(sorted(compared, key=lambda its: order.index(its.table))), differences)


class _Swap:
    """Puts what is whole in the place of what is served."""

    def __init__(self, source: Source, followed: Sequence[Followed], other: Other | None) -> None:
        self._source = source
        self._followed = followed
        self._other = other
        self._tables = (*INLINE, *tables_of(followed))
        self._theirs = (*THERE, *tables_of(followed)) if other is not None else ()
        self._writing = _Writing(source)
        inline: tuple[Table, ...] = tuple(table for table in INLINE if table not in self._theirs)
        self.making = Making(source, self._writing, inline, followed if other is None else ())

    def once_free(self) -> int:
        """Swap; where somebody reads on and on, try again later. Return the size of the log then."""
        for _ in range(TRIES - 1):
            with suppress(InUse):
                return self._once()
        return self._once()

    def _once(self) -> int:
        try:
            with self._source.begin() as connection:
                return self._within(connection)
        finally:
            if self._other is not None:
                self._other.release(self._source)

    def _within(self, connection: Connection) -> int:
        size = self._source.lock(connection)
        beside.hold(connection, self._tables)  # after this nothing but the database can fail
        self._writing.within = connection
        if self._other is not None:
            self._other.finish(size)
        self.making.finish(size)
        if self._other is not None:
            self._other.fetch(connection, self._theirs)
        for one in self._followed:
            self._source.place(connection, one.name, size)
        beside.swap(connection, self._tables)
        return size
