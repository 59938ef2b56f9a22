"""The words behind commitments; of what was erased, by which statement and for what reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from api.excerpt import concerning
from api.runtime import Log
from audit.ledger.tables import openings
from audit.proofs.openings import Erased, Text
from audit.proofs.statement import Statement
from domain.stated.erasure import OpeningsErased


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
    for entry in concerning(log, connection, ids):
        if entry.event is not None and isinstance(entry.event.body, OpeningsErased):
            by = Erased(entry.position, entry.event.body.category.value)
            told = ((one.statement, name) for one in entry.event.body.erased for name in one.fields)
            gone.update({text: by for text in told if text[0] in ids})
    return Words(there, gone)
