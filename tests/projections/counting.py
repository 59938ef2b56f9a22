"""A followed projection for tests: it counts, so that whatever is applied twice, or not, shows for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, insert, select, update

from domain.refusals import UnknownEvent
from projections.followed import Entry

of_tests = MetaData()
COUNTS = Table(
    "counts",
    of_tests,
    Column("type", Text, primary_key=True),
    Column("entries", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
)
HEARD = Table(
    "heard",
    of_tests,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)


def undisturbed(_entry: Entry) -> None:
    """Let every entry pass."""


@dataclass(frozen=True)
class Counting:
    """How many entries of each type there were, and the place of each in the order in which they came."""

    tables: tuple[Table, ...] = (COUNTS, HEARD)
    name: str = "counting"
    disturb: Callable[[Entry], None] = field(default=undisturbed)
    """Is shown each entry after its rows are written, before they are committed."""

    def over(self, tables: tuple[Table, ...]) -> Counting:
        """Count in other tables."""
        return Counting(tables, self.name, self.disturb)

    def apply(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Count entries; an unknown one is not counted."""
        counts, heard = self.tables
        number = len(connection.execute(select(heard.c.number)).all())
        for entry in entries:
            if not entry.known:
                raise UnknownEvent(entry.type)
            here = counts.c.type == entry.type
            more = update(counts).where(here).values(entries=counts.c.entries + 1, last=entry.position)
            if connection.execute(more).rowcount == 0:
                connection.execute(insert(counts).values(type=entry.type, entries=1, last=entry.position))
            connection.execute(insert(heard).values(number=number, position=entry.position))
            number += 1
            self.disturb(entry)
