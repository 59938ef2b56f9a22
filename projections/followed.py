"""What a followed projection is: a name, its tables, and how it takes entries of the log into them.

What is not written inline with the events is followed: in the order of the log, in batches, exactly once.
The follower keeps how far it has come, in the same transaction as the rows; the projection itself keeps
nothing in memory that its tables do not say, so that another process can go on at any entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Table

from domain.events import Event


class Entry(Protocol):
    """One entry of the log, in whatever form it is read; what it says is read when it is asked for."""

    @property
    def position(self) -> int:
        """Its place in the log."""

    @property
    def type(self) -> str:
        """The stored name of what is stated, of key events too."""

    @property
    def known(self) -> bool:
        """Whether this version of the program knows what is stated under that name."""

    @property
    def id(self) -> str:
        """The id of the statement."""

    @property
    def actors(self) -> tuple[str, ...]:
        """Whose signatures are on it, by pseudonym."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Of a key event, the ids of the keys that it is about."""

    @property
    def received_at(self) -> datetime:
        """When it was admitted."""

    @property
    def event(self) -> Event | None:
        """What the domain sees of it; key events are not its business and have none.

        Raises UnknownEvent and Malformed for what no version of this program can read.
        """

    @property
    def texts(self) -> Mapping[str, str]:
        """The words beside it that were not erased by now: field -> words."""

    @property
    def erases(self) -> tuple[tuple[int, str], ...]:
        """Which words it erases: the position of their statement, and their field."""


class Followed(Protocol):
    """A projection that follows the log.

    `name` is the one under which its position is kept: another name begins at the first entry again. Of
    `tables`, every one has a primary key, and its rows depend on the entries alone (and the words beside them
    that were not erased): on no clock, no chance, no order but the log's, and not on how entries fall into
    batches.
    """

    @property
    def name(self) -> str:
        """The name of its position."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Where its rows lie."""

    def over(self, tables: tuple[Table, ...]) -> Followed:
        """Return the same projection, kept in other tables of the same columns, in the same order."""

    def apply(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Take the next entries in, on the caller's transaction; raise at what cannot be applied.

        Whatever it raises, nothing of the batch is kept, and nothing after it is applied.
        """
