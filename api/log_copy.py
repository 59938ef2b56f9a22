"""A log as the verifier takes it: read from one snapshot as it is needed, and small in memory at any size."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import overload

from sqlalchemy import Connection, select

from audit.ledger import tree
from audit.ledger.tables import checkpoints, head, stored_events
from audit.proofs.commitment import Opening
from audit.proofs.keyring import KEY_EVENTS
from audit.proofs.merkle import HASH_SIZE
from audit.proofs.prefix import Included, Prefix
from audit.proofs.statement import REGISTRY_STREAM
from audit.proofs.verifier import LogCopy, Row

AT_ONCE = 512
_ROWS = select(
    stored_events.c.position,
    stored_events.c.originator_id,
    stored_events.c.originator_version,
    stored_events.c.topic,
    stored_events.c.state,
).order_by(stored_events.c.position)
_PLAIN_ROWS = (
    "SELECT position, originator_id, originator_version, topic, state FROM stored_events"
    " WHERE position >= ? ORDER BY position"
)
_WORDS = "SELECT statement_id, field, salt, value FROM openings WHERE value IS NOT NULL AND statement_id {}"
_WORDS_OF = {
    "sqlite": _WORDS.format("IN (SELECT value FROM json_each(?))"),
    "postgresql": _WORDS.format("= ANY(%s)"),
}
"""Many ids as one parameter: SQLAlchemy would write out a parameter for each, every time."""


def copy_of(connection: Connection, start: int = 0, *, sizes: Collection[int] = ()) -> LogCopy:
    """Return what lies in a database, for one pass; it must be verified before the connection ends.

    Of a log whose first entries were verified before, what lies there from `start` on (`prefix_of`); the
    roots at `sizes` are noted, too.
    """
    row = connection.execute(select(head.c.size, head.c.root)).one()
    return LogCopy(
        rows(connection, start),
        Hashes(tree.leaf_hashes(connection, start)),
        (row.size, row.root),
        notes(connection, start),
        openings_of=lambda ids: words(connection, ids),
        sizes=sizes,
    )


def prefix_of(connection: Connection, size: int, root: bytes) -> Prefix:
    """Return what goes with a head that is trusted: the keys under it, with their proofs out of the tiles."""
    position = stored_events.c.position
    of_keys = (stored_events.c.originator_id == REGISTRY_STREAM) & stored_events.c.topic.in_(KEY_EVENTS)
    wanted = (position == 0) | (position == size - 1) | (of_keys & (position < size))
    found = connection.execute(select(position, stored_events.c.state).where(wanted).order_by(position)).all()
    proofs = tree.inclusion_proofs(connection, [row.position for row in found], size)
    return Prefix(
        size,
        root,
        tree.subtrees(connection, size),
        [Included(row.position, row.state, proof) for row, proof in zip(found, proofs, strict=True)],
        lambda older, newer: tree.consistency_proof(connection, older, newer),
    )


def rows(connection: Connection, start: int = 0) -> Iterator[Row]:
    """Read every row from a position on, undecoded: damaged ones too must be seen."""
    if connection.dialect.name == "sqlite":  # its driver's own tuples: a third of the time
        cursor = connection.exec_driver_sql(_PLAIN_ROWS, (start,)).cursor
        while taken := cursor.fetchmany(AT_ONCE):
            yield from map(Row._make, taken)
        return
    query = _ROWS.where(stored_events.c.position >= start) if start else _ROWS
    for batch in connection.execute(query.execution_options(yield_per=AT_ONCE)).partitions():
        yield from map(Row._make, batch)


def notes(connection: Connection, start: int = 0) -> list[tuple[int, bytes]]:
    """Read every checkpoint from a size on."""
    query = select(checkpoints.c.size, checkpoints.c.note).where(checkpoints.c.size >= start)
    return [(row.size, row.note) for row in connection.execute(query.order_by(checkpoints.c.size))]


def words(connection: Connection, ids: Sequence[str]) -> dict[str, list[Opening]]:
    """Read the openings of some statements that were not erased."""
    found: dict[str, list[Opening]] = {}
    dialect = connection.dialect.name
    asked = (json.dumps(ids) if dialect == "sqlite" else list(ids),)
    for statement_id, name, salt, value in connection.exec_driver_sql(_WORDS_OF[dialect], asked).all():
        found.setdefault(statement_id, []).append(Opening(name, salt, value))
    return found


class Hashes(Sequence[bytes]):
    """The stored leaf hashes in their order, 32 bytes each in one piece; damaged ones are kept beside it."""

    def __init__(self, hashes: Iterable[bytes]) -> None:
        self._packed = bytearray()
        self._odd: dict[int, bytes] = {}
        for number, found in enumerate(hashes):
            if len(found) != HASH_SIZE:
                self._odd[number] = found
                found = bytes(HASH_SIZE)
            self._packed += found

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._packed) // HASH_SIZE

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        """Return one hash, or a list of some."""
        if isinstance(index, slice):
            return self._some(range(*index.indices(len(self))))
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index in self._odd:
            return self._odd[index]
        return bytes(self._packed[index * HASH_SIZE : (index + 1) * HASH_SIZE])

    def _some(self, indexes: range) -> list[bytes]:
        if self._odd or indexes.step != 1:
            return [self[index] for index in indexes]
        start = indexes.start * HASH_SIZE
        packed = bytes(self._packed[start : start + len(indexes) * HASH_SIZE])
        return [packed[at : at + HASH_SIZE] for at in range(0, len(packed), HASH_SIZE)]
