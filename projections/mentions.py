"""Who and what each entry of the registry is about: how a few of them are found without reading the stream.

Officers by pseudonym, keys by id, statements whose words are erased by id. It follows the log; whoever asks
reads the entries that are not in it yet besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, select

from domain.refusals import UnknownEvent
from domain.stated.erasure import OpeningsErased
from domain.stated.registry import OfficerRegistered, OfficerTransferred, RoleEnded, RoleGranted
from projections.bulk import insert_rows
from projections.followed import Entry
from projections.shares import names

OF_OFFICERS = (OfficerRegistered, OfficerTransferred, RoleGranted, RoleEnded)
_TOLD = names((*OF_OFFICERS, OpeningsErased))
"""Nothing else is read: most entries are passed over by their type."""
AT_ONCE = 500
"""How many subjects are asked about in one query."""

registry_mentions = Table(
    "registry_mentions",
    MetaData(),
    Column("subject", Text, primary_key=True),
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    sqlite_with_rowid=False,
)
"""A person, a key or a statement, and the position of an entry of the registry that is about it."""


class Mentions:
    """The projection `mentions`."""

    name = "mentions"

    def __init__(self, tables: tuple[Table, ...] = (registry_mentions,)) -> None:
        self.tables = tables

    def over(self, tables: tuple[Table, ...]) -> Mentions:
        """Return the same projection, kept in another table."""
        return Mentions(tables)

    def apply(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Take the next entries in."""
        rows = [(subject, one.position) for one in entries for subject in sorted({*_subjects(one)})]
        insert_rows(connection, self.tables[0], rows)


def _subjects(entry: Entry) -> Iterator[str]:
    yield from entry.keys
    if not entry.known:
        raise UnknownEvent(entry.type)
    body = entry.event.body if entry.type in _TOLD and entry.event is not None else None
    if isinstance(body, OF_OFFICERS):
        yield body.officer
    elif isinstance(body, OpeningsErased):
        yield from (one.statement for one in body.erased)


def mentioned(connection: Connection, subjects: Collection[str]) -> set[int]:
    """Return the positions of the entries that are about any of these, as far as the index has come."""
    c, wanted = registry_mentions.c, sorted(subjects)
    found: set[int] = set()
    for start in range(0, len(wanted), AT_ONCE):
        its = select(c.position).where(c.subject.in_(wanted[start : start + AT_ONCE]))
        found.update(connection.execute(its).scalars())
    return found
