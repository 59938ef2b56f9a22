"""A log with its search index, and questions to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from api.answers import Answer
from api.following import LogSource
from api.runtime import Log
from api.search import Question, answer
from audit.ledger.codec import Recorded
from projections.search import EVERYTHING, Reader
from projections.search_index import SearchIndex
from projections.search_tables import SEARCH_TABLES, create_tables, search_side


def index(log: Log, *, batch: int = 1000) -> None:
    """Make the index of a whole log, in batches of this size."""
    source = LogSource(log)
    with log.database.begin() as connection:
        search_side.drop_all(connection)
        create_tables(connection)
    for start in range(0, log.size, batch):
        with log.database.begin() as connection:
            SearchIndex().apply(connection, source.select(start, batch))


def rows(log: Log) -> list[list[tuple[Any, ...]]]:
    """Return the rows of the index, table by table."""
    with log.database.read() as connection:
        return [sorted(map(tuple, connection.execute(select(table)))) for table in SEARCH_TABLES]


@dataclass(frozen=True)
class Searched:
    """A log whose index holds all of it."""

    log: Log
    entries: tuple[Recorded, ...]

    def ask(self, words: str = "", reader: Reader = EVERYTHING, **filters: Any) -> Answer:
        """Ask it one question."""
        with self.log.database.read() as connection:
            question = Question(words=words, **{"limit": 1000, **filters})
            return answer(self.log, connection, question, self.log.size, reader)

    def found(self, words: str = "", reader: Reader = EVERYTHING, **filters: Any) -> list[int]:
        """Return the positions that answer a question."""
        return [event["position"] for event in self.ask(words, reader, **filters)["events"]]

    def of(self, *types: str, **header: str) -> list[int]:
        """Return the positions of entries of some types, about something."""
        return [
            one.position
            for one in self.entries
            if (not types or one.statement.type.partition(".")[0] in types)
            and all(getattr(one.statement, name) == value for name, value in header.items())
        ]
