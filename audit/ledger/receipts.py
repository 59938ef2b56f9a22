"""Receipts: each statement's proof from the tiles, under the checkpoint of the batch that took it in.

A receipt is made of what never changes any more, so that whoever asks again gets the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, func, select

from audit.ledger import tree
from audit.ledger.tables import checkpoints, stored_events
from audit.proofs.entry import Entry, parse_entry
from audit.proofs.errors import MerkleError
from audit.proofs.receipt import Receipt, format_receipt


def receipt_at(connection: Connection, position: int) -> bytes:
    """Return the receipt of the statement at a position; raises MerkleError `proof.index_outside_tree`."""
    return write_receipts(connection, {position: None})[position]


def write_receipts(connection: Connection, entries: Mapping[int, Entry | None]) -> dict[int, bytes]:
    """Return a receipt for each position; an entry that is not at hand is read.

    Raises MerkleError `proof.index_outside_tree` where there is no such entry, `tile.missing`.
    """
    read = dict(_read(connection, {position for position, entry in entries.items() if entry is None}))
    covering, tiles = _Covering(connection), tree.TileReader(connection)
    written = {}
    for position, entry in entries.items():
        size, note = covering.checkpoint(position)
        hashes = tree.path(tiles, position, size)
        at_hand = entry or read[position]
        receipt = Receipt(at_hand.arrived_at, at_hand.received_at, position, tuple(hashes), note)
        written[position] = format_receipt(receipt)
    return written


def _read(connection: Connection, positions: Collection[int]) -> Iterator[tuple[int, Entry]]:
    if positions:
        its = stored_events.c
        for row in connection.execute(select(its.position, its.state).where(its.position.in_(positions))):
            yield row.position, parse_entry(row.state)


class _Covering:
    """The first checkpoint that covers a position; those of one batch share it, and ask once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: list[tuple[int, int, bytes]] = []

    def checkpoint(self, position: int) -> tuple[int, bytes]:
        """Return its size and its note."""
        for since, size, note in self._known:
            if since <= position < size:
                return size, note
        its = checkpoints.c
        first = select(its.size, its.note).where(its.size > position).order_by(its.size).limit(1)
        row = self._connection.execute(first).first()
        if row is None:
            raise MerkleError("proof.index_outside_tree", index=position, size=0)
        before = select(func.max(its.size)).where(its.size <= position)
        self._known.append((self._connection.execute(before).scalar() or 0, row.size, row.note))
        return row.size, row.note
