"""The tree grows at its right edge, whatever the batches; an edge that is kept is never taken on trust."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy import delete, select, update

from audit.ledger import tree
from audit.ledger.database import Database
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.tables import head, tiles
from audit.proofs import merkle
from audit.proofs.errors import MerkleError
from audit.proofs.merkle import leaf_hash

BATCHES = {
    "one by one": [1] * 5,
    "up to a tile": [100, 155, 1],
    "over a tile's end": [255, 2, 300],
    "several tiles at once": [10, 1000, 1],
    "whole tiles": [256, 512, 256],
}


def leaves(first: int, count: int) -> list[bytes]:
    return [leaf_hash(str(n).encode()) for n in range(first, first + count)]


def events(first: int, count: int) -> list[StoredEvent]:
    return [StoredEvent("stream", n + 1, "E.v1", str(n).encode()) for n in range(first, first + count)]


@pytest.mark.parametrize("sizes", BATCHES.values(), ids=BATCHES)
def test_every_batch_ends_at_the_root_of_all_leaves(sizes: Sequence[int], database: Database) -> None:
    """After each batch the root is the one of RFC 6962, by a kept edge, a read edge and the tiles alike."""
    LedgerRecorder(database)
    kept, size = tree.Edge(), 0
    for count in sizes:
        with database.begin() as connection:
            root = kept.append(connection, leaves(size, count))
        size += count
        with database.read() as connection:
            read = tree.Edge.read(connection, size)
            assert list(tree.leaf_hashes(connection)) == leaves(0, size)
            assert root == read.root == tree.root_at(connection, size) == merkle.root(leaves(0, size))
            assert read.size == kept.size == size


def test_the_third_level_of_tiles_is_reached(database: Database) -> None:
    """A tree of more than 65,536 leaves has tiles of three levels, and the right root."""
    LedgerRecorder(database)
    size = 256 * 256 + 3
    with database.begin() as connection:
        first = tree.append(connection, 0, leaves(0, size - 10))
        root = tree.append(connection, size - 10, leaves(size - 10, 10))
        assert tree.Edge.read(connection, size).root == root != first
        assert set(connection.execute(select(tiles.c.level)).scalars()) == {0, 1, 2}
    assert root == merkle.root(leaves(0, size))


def test_a_batch_that_was_rolled_back_is_not_in_the_next_root(database: Database) -> None:
    """The edge kept from a transaction that failed is dropped: the next root is over what is in the log."""
    recorder = LedgerRecorder(database)
    recorder.insert_events(events(0, 3))
    with database.begin() as connection:
        recorder.append(connection, events(3, 300))
        connection.rollback()
    recorder.insert_events(events(3, 2))
    with database.read() as connection:
        assert connection.execute(select(head.c.root)).scalar_one() == merkle.root(leaves(0, 5))


def test_two_recorders_that_take_turns_make_one_tree(database: Database) -> None:
    """A recorder whose kept edge is behind the head reads the edge again."""
    recorders = LedgerRecorder(database), LedgerRecorder(database)
    for turn in range(6):
        recorders[turn % 2].insert_events(events(100 * turn, 100))
    with database.read() as connection:
        assert connection.execute(select(head.c.root)).scalar_one() == merkle.root(leaves(0, 600))


@pytest.mark.parametrize("left", [None, 0, 31, 32, 64])
def test_a_tile_that_lacks_hashes_is_refused(left: int | None, database: Database) -> None:
    """No root is computed from a tile that is shorter than the tree, and nothing is appended to it."""
    LedgerRecorder(database)
    with database.begin() as connection:
        tree.append(connection, 0, leaves(0, 3))
        if left is None:
            connection.execute(delete(tiles))
        else:
            connection.execute(update(tiles).values(hashes=b"".join(leaves(0, 3))[:left]))
        with pytest.raises(MerkleError, match=r"tile\.missing"):
            tree.append(connection, 3, leaves(3, 1))
        with pytest.raises(MerkleError, match=r"tile\.missing"):
            tree.root_at(connection, 3)
