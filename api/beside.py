"""The words beside entries, for whoever follows the log; and how erased ones leave what is searched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from weakref import ref

from sqlalchemy import Connection, select

from audit.ledger.admitted import Admitted
from audit.ledger.database import Database
from audit.ledger.seams import Inline
from audit.ledger.tables import openings, statement_ids
from domain.events import Event
from domain.refusals import DomainError
from domain.stated.erasure import OpeningsErased
from projections.search_index import SearchIndex

AT_ONCE = 500
"""How many statements are asked about in one query."""


class Words:
    """The words beside some entries, as they are when the first of them is asked for."""

    def __init__(self, database: Database, entries: Sequence[Admitted]) -> None:
        self._database = database
        self._entries = [ref(entry) for entry in entries]
        """Entries have their words: if these had them, too, a batch would not go before it is collected."""

    def texts(self, statement: str) -> Mapping[str, str]:
        """Return the words of a statement that are still there: field -> words."""
        return self._texts.get(statement, {})

    def positions(self, statements: Sequence[str]) -> Mapping[str, int]:
        """Return where statements lie in the log."""
        with self._database.read() as connection:
            return positions(connection, statements)

    @cached_property
    def _texts(self) -> Mapping[str, Mapping[str, str]]:
        committing = [entry.id for its in self._entries if (entry := its()) is not None and _commits(entry)]
        found: dict[str, dict[str, str]] = defaultdict(dict)
        its = openings.c
        query = select(its.statement_id, its.field, its.value).where(its.value.is_not(None))
        with self._database.read() as connection:
            for ids in _chunks(committing):
                for statement, name, value in connection.execute(query.where(its.statement_id.in_(ids))):
                    found[statement][name] = value
        return found


def _commits(entry: Admitted) -> bool:
    """Whether there may be words beside an entry; of one that cannot be read, its follower will say so."""
    try:
        return entry.event is not None and bool(entry.event.texts)
    except DomainError:
        return False


def positions(connection: Connection, statements: Sequence[str]) -> Mapping[str, int]:
    """Return where statements lie in the log."""
    found: dict[str, int] = {}
    its = statement_ids.c
    for ids in _chunks(statements):
        rows = connection.execute(select(its.id, its.position).where(its.id.in_(ids)))
        found |= {row.id: row.position for row in rows}
    return found


# --- erasure --------------------------------------------------------------------------------------------


def forgetting(inline: Inline) -> Inline:
    """Write with the events what is written with them, and take the words that they erase out of the index.

    The index follows the log and would take them out by itself, later; what is erased is gone at once.
    """

    def both(connection: Connection, events: Sequence[Event]) -> Callable[[], None]:
        settle = inline(connection, events)
        forget(connection, events)
        return settle

    return both


def forget(connection: Connection, events: Iterable[Event]) -> None:
    """Take the words that these events erase out of the index."""
    for event in events:
        if isinstance(event.body, OpeningsErased):
            named = event.body.erased
            places = positions(connection, [one.statement for one in named])
            texts = ((places[one.statement], name) for one in named for name in one.fields)
            SearchIndex().erase(connection, texts)


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
