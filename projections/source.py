"""What the read side asks of a log: its entries, its head, and how far each follower has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection

from projections.followed import Entry


class Source(Protocol):
    """A log and the database that it lies in; the composition root makes one."""

    def begin(self) -> AbstractContextManager[Connection]:
        """Open a write transaction."""

    def read(self) -> AbstractContextManager[Connection]:
        """Open one snapshot for reading."""

    def select(self, start: int, limit: int) -> Sequence[Entry]:
        """Read entries from a position on, as a follower does: through the notification log."""

    def entries(self, connection: Connection, start: int, end: int) -> Sequence[Entry]:
        """Read the entries from one position up to another, as fast as they can be read."""

    def of_round(self, connection: Connection, round_code: str, size: int) -> Iterable[Entry]:
        """Read the entries about a round that lie before a position."""

    def detach(self, name: str) -> None:
        """Let go of another database of SQLite that a write transaction attached, after it has ended."""

    def size(self, connection: Connection) -> int:
        """Return how many entries there are."""

    def lock(self, connection: Connection) -> int:
        """Let nobody append until the transaction ends; return how many entries there are."""

    def reached(self, connection: Connection, name: str) -> int:
        """Return how many entries a follower has taken in."""

    def step(self, connection: Connection, name: str, before: int, after: int) -> bool:
        """Move a follower on from exactly one position to another; say whether it was there."""

    def place(self, connection: Connection, name: str, at: int) -> None:
        """Put a follower at a position, wherever it was."""
