"""Completeness: whether the entries at hand are all that the log has about an item, no more and no fewer.

The leaf of a cell names the positions of every statement about it, whether or not it moved a point; so
whoever holds its state proof sees what was left out, without reading the rest of the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.proofs.errors import StateError
from audit.proofs.state import StateItem
from audit.proofs.statement import Statement


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the leaf names and nobody showed (`missing`); what was shown and it does not name (`foreign`)."""

    missing: tuple[int, ...]
    foreign: tuple[int, ...]

    @property
    def ok(self) -> bool:
        """Whether both are the same events."""
        return not self.missing and not self.foreign


def completeness(item: StateItem, size: int, entries: Iterable[tuple[int, Statement]]) -> Completeness:
    """Compare an item of the state at a size with the statements at hand, by their positions.

    Statements about something else, and those from that size on, are not looked at: the whole log may be
    handed in. Of a rank nothing is named: it follows from the totals of its block.
    """
    shown = {position for position, statement in entries if position < size and is_about(statement, item.key)}
    named = set(item.events)
    return Completeness(tuple(sorted(named - shown)), tuple(sorted(shown - named)))


def verify_completeness(item: StateItem, size: int, entries: Iterable[tuple[int, Statement]]) -> None:
    """Raise StateError `state.events_missing` or `state.events_foreign` unless all of them are there."""
    found = completeness(item, size, entries)
    if found.missing:
        raise StateError("state.events_missing", key=item.key, positions=_told(found.missing))
    if found.foreign:
        raise StateError("state.events_foreign", key=item.key, positions=_told(found.foreign))


def is_about(statement: Statement, key: str) -> bool:
    """Whether a statement is about an item: about the cell, or for a total about the agency as a whole."""
    round_code, agency, of = key.split("/")
    if (statement.round, statement.agency) != (round_code, agency):
        return False
    return statement.criterion is None if of == "total" else statement.criterion == of


def _told(positions: tuple[int, ...]) -> str:
    return ", ".join(map(str, positions))
