"""The tree in tiles: appended at its right edge, read for roots and proofs in O(log n) tiles.

A tile holds up to 256 hashes of tree level 8L (C2SP tlog-tiles); everything between is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, insert, select, update

from audit.ledger.tables import tiles
from audit.proofs.errors import MerkleError
from audit.proofs.merkle import EMPTY_ROOT, HASH_SIZE, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVELS = 8


def append(connection: Connection, size: int, leaf_hashes: Sequence[bytes]) -> bytes:
    """Append leaves to a tree of `size`, writing only the tiles that change; return the new root."""
    hashes = list(leaf_hashes)
    start = size
    for level in range(MAX_LEVELS):
        if not hashes:
            break
        completed = _append_level(connection, level, start, hashes)
        start, hashes = start // TILE_WIDTH, completed
    return root_at(connection, size + len(leaf_hashes))


def _append_level(connection: Connection, level: int, start: int, hashes: list[bytes]) -> list[bytes]:
    """Write hashes from index `start` of a tile level; return the roots of the tiles now full."""
    completed, place = [], 0
    while place < len(hashes):
        index, filled = divmod(start + place, TILE_WIDTH)
        taken = hashes[place : place + TILE_WIDTH - filled]
        data = b"".join(taken)
        if filled:
            data = _tile(connection, level, index)[: filled * HASH_SIZE] + data
            here = (tiles.c.level == level) & (tiles.c["index"] == index)
            connection.execute(update(tiles).where(here).values(hashes=data))
        else:
            connection.execute(insert(tiles).values(level=level, index=index, hashes=data))
        if filled + len(taken) == TILE_WIDTH:
            completed.append(_subtree(_split(data)))
        place += len(taken)
    return completed


def root_at(connection: Connection, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _fold(list(_peaks(TileReader(connection), size))) if size else EMPTY_ROOT


def inclusion_proof(connection: Connection, index: int, size: int) -> list[bytes]:
    """Return the path of a leaf in the tree of `size` (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise MerkleError("proof.index_outside_tree", index=index, size=size)
    return _path(TileReader(connection), index, 0, size)


def consistency_proof(connection: Connection, size1: int, size2: int) -> list[bytes]:
    """Return the proof from one size to another (RFC 6962 section 2.1.2)."""
    if not 0 < size1 <= size2:
        raise MerkleError("proof.sizes_out_of_order", size1=size1, size2=size2)
    return _subproof(TileReader(connection), size1, 0, size2, complete=True)


def leaf_hashes(connection: Connection) -> Iterator[bytes]:
    """Read all stored leaf hashes in order."""
    rows = connection.execute(
        select(tiles.c.hashes)
        .where(tiles.c.level == 0)
        .order_by(tiles.c["index"])
        .execution_options(yield_per=64)
    )
    for row in rows:
        yield from _split(row.hashes)


class TileReader:
    """Reads each tile once, and computes the nodes inside it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tiles: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `index` of tree level `level` (0 = leaves)."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        tile, offset = divmod(first, TILE_WIDTH)
        key = (tile_level, tile)
        if key not in self._tiles:
            self._tiles[key] = _tile(self._connection, *key)
        width = 1 << height
        return _subtree(_split(self._tiles[key][offset * HASH_SIZE : (offset + width) * HASH_SIZE]))


def _tile(connection: Connection, level: int, index: int) -> bytes:
    found = connection.execute(
        select(tiles.c.hashes).where((tiles.c.level == level) & (tiles.c["index"] == index))
    ).scalar()
    return found or b""


def _split(data: bytes) -> list[bytes]:
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def _subtree(hashes: list[bytes]) -> bytes:
    """Hash a complete subtree whose width is a power of two."""
    if not hashes:
        raise MerkleError("tile.missing")
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def _peaks(reader: TileReader, size: int, start: int = 0) -> Iterator[bytes]:
    """The complete subtrees over leaves [start, start + size), largest first; `start` is aligned."""
    while size:
        level = size.bit_length() - 1
        yield reader.node(level, start >> level)
        start, size = start + (1 << level), size - (1 << level)


def _fold(peaks: list[bytes]) -> bytes:
    found = peaks[-1]
    for left in reversed(peaks[:-1]):
        found = node_hash(left, found)
    return found


def _range(reader: TileReader, start: int, size: int) -> bytes:
    return _fold(list(_peaks(reader, size, start)))


def _path(reader: TileReader, index: int, start: int, size: int) -> list[bytes]:
    if size == 1:
        return []
    split = 1 << ((size - 1).bit_length() - 1)
    if index < split:
        return [*_path(reader, index, start, split), _range(reader, start + split, size - split)]
    return [*_path(reader, index - split, start + split, size - split), _range(reader, start, split)]


def _subproof(reader: TileReader, size1: int, start: int, size: int, *, complete: bool) -> list[bytes]:
    if size1 == size:
        return [] if complete else [_range(reader, start, size)]
    split = 1 << ((size - 1).bit_length() - 1)
    if size1 <= split:
        rest = _range(reader, start + split, size - split)
        return [*_subproof(reader, size1, start, split, complete=complete), rest]
    left = _range(reader, start, split)
    return [*_subproof(reader, size1 - split, start + split, size - split, complete=False), left]
