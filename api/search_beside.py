"""What the search index needs of what lies beside the log: words that were not erased, and places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from audit.ledger.tables import openings, statement_ids
from projections.followed import Entry
from projections.search_index import SearchIndex

AT_ONCE = 500
"""How many statements are asked about in one query."""


class LedgerBeside:
    """Reads openings and the index of statements."""

    def texts(self, connection: Connection, entries: Collection[Entry]) -> Mapping[str, Mapping[str, str]]:
        """Return the words of some statements that are still there: id -> field -> words."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        its = openings.c
        for ids in _chunks([entry.id for entry in entries]):
            query = select(its.statement_id, its.field, its.value)
            here = its.statement_id.in_(ids) & its.value.is_not(None)
            for statement, name, value in connection.execute(query.where(here)):
                found[statement][name] = value
        return found

    def positions(self, connection: Connection, ids: Collection[str]) -> Mapping[str, int]:
        """Return where statements lie in the log."""
        found: dict[str, int] = {}
        its = statement_ids.c
        for some in _chunks(list(ids)):
            query = select(its.id, its.position).where(its.id.in_(some))
            found |= {row.id: row.position for row in connection.execute(query)}
        return found


def search_index() -> SearchIndex:
    """Return the search index over this log."""
    return SearchIndex(LedgerBeside())


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
