"""The words behind commitments; of what was erased, by which statement and for what reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from api.runtime import Log
from audit.ledger.tables import openings
from audit.proofs.openings import TOMBSTONE, Erased, Text, erased_in
from audit.proofs.statement import Statement


@dataclass(frozen=True, slots=True)
class Words:
    """Some openings of a log, and what of them was erased; the log has the last word on that."""

    there: Mapping[Text, str] = field(default_factory=dict)
    gone: Mapping[Text, Erased] = field(default_factory=dict)

    def get(self, statement: str, name: str) -> str | None:
        """Return the words of one text; nothing where they were erased, even if they are there yet."""
        return None if (statement, name) in self.gone else self.there.get((statement, name))

    def told(self, statement: Statement) -> dict[str, Any]:
        """Tell the texts of a statement, and of each erased one by which statement and for what reason."""
        erased = {
            name: {"position": its.position, "category": its.category}
            for name in statement.commitments
            if (its := self.gone.get((statement.id, name))) is not None
        }
        return {
            "texts": {name: self.get(statement.id, name) for name in statement.commitments},
            "erased": erased,
        }


def read_words(log: Log, connection: Connection, ids: Collection[str]) -> Words:
    """Read the openings of some statements, and which of them the log says are erased by now."""
    rows = connection.execute(select(openings).where(openings.c.statement_id.in_(ids)))
    there = {(row.statement_id, row.field): row.value for row in rows if row.value is not None}
    gone: dict[Text, Erased] = {}
    for notification in log.recorder.select_notifications(1, log.size, topics=[TOMBSTONE]):
        recorded = log.mapper.to_domain_event(notification)
        by = Erased(recorded.position, str(recorded.statement.body["category"]))
        gone.update({text: by for text in erased_in(recorded.statement) if text[0] in ids})
    return Words(there, gone)
