"""The tree in tiles: appended at its right edge, read for roots and proofs in O(log n) tiles.

A tile holds up to 256 hashes of tree level 8L (C2SP tlog-tiles); everything between is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

from sqlalchemy import Connection, bindparam, insert, select, update

from audit.ledger.tables import tiles
from audit.proofs.errors import MerkleError
from audit.proofs.merkle import EMPTY_ROOT, HASH_SIZE, node_hash, subtree_hash
from audit.proofs.tiles import TILE_HEIGHT, TILE_WIDTH, split_hashes

_TILES = 'SELECT level, "index", hashes FROM tiles WHERE {}'
_ONE = 'level = {0} AND "index" = {0}'
_MARKS = {"sqlite": "?", "postgresql": "%s"}
# Built once: every batch runs these, and building a statement costs as much as running it.
_HERE = (tiles.c.level == bindparam("at_level")) & (tiles.c["index"] == bindparam("at_index"))
_ADD = insert(tiles)
_EXTEND = update(tiles).where(_HERE).values(hashes=bindparam("longer"))


class Edge:
    """The right edge of the tree: O(log n) hashes, all that is needed to append.

    It may be kept from batch to batch, as long as `size` and `root` are still those of the head.
    """

    def __init__(self) -> None:
        self.size = 0
        self.root = EMPTY_ROOT
        self._levels: list[_Level] = []

    @classmethod
    def read(cls, connection: Connection, size: int) -> Edge:
        """Read the edge of a tree of `size` from its last tiles; raises MerkleError `tile.missing`."""
        edge, reader = cls(), TileReader(connection)
        while count := size >> TILE_HEIGHT * len(edge._levels):
            index, filled = divmod(count, TILE_WIDTH)
            level = _Level(index)
            level.take(split_hashes(reader.hashes(len(edge._levels), index, 0, filled)) if filled else [])
            edge._levels.append(level)
        edge._move(size)
        return edge

    def append(self, connection: Connection, leaf_hashes: Sequence[bytes]) -> bytes:
        """Append leaves, writing only the tiles that change; return the new root."""
        hashes, number = list(leaf_hashes), 0
        while hashes:
            if number == len(self._levels):
                self._levels.append(_Level(0))
            level = self._levels[number]
            level.write(connection, number, hashes)
            hashes, number = level.take(hashes), number + 1
        self._move(self.size + len(leaf_hashes))
        return self.root

    def _move(self, size: int) -> None:
        peaks = [peak for level in reversed(self._levels) for row in reversed(level.odd) for peak in row]
        self.size, self.root = size, _fold(peaks) if peaks else EMPTY_ROOT


class _Level:
    """One level of tiles: the tile that is not full, and at each height inside it the node without a pair."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._tile: list[bytes] = []
        self.odd: list[list[bytes]] = [[] for _ in range(TILE_HEIGHT)]

    def write(self, connection: Connection, number: int, hashes: Sequence[bytes]) -> None:
        """Write hashes behind those that the tile has already, and the tiles after it."""
        whole = [*self._tile, *hashes]
        for start in range(0, len(whole), TILE_WIDTH):
            index, data = self._index + start // TILE_WIDTH, b"".join(whole[start : start + TILE_WIDTH])
            if start == 0 and self._tile:
                connection.execute(_EXTEND, {"at_level": number, "at_index": index, "longer": data})
            else:
                connection.execute(_ADD, {"level": number, "index": index, "hashes": data})

    def take(self, hashes: Sequence[bytes]) -> list[bytes]:
        """Take hashes in; return the roots of the tiles that are full by them."""
        full = (len(self._tile) + len(hashes)) // TILE_WIDTH
        self._index += full
        self._tile = [*self._tile, *hashes][full * TILE_WIDTH :]
        row = list(hashes)
        for height in range(TILE_HEIGHT):
            row = self.odd[height] + row
            pairs = len(row) // 2
            self.odd[height] = row[2 * pairs :]
            row = [node_hash(row[i], row[i + 1]) for i in range(0, 2 * pairs, 2)]
        return row


def append(connection: Connection, size: int, leaf_hashes: Sequence[bytes]) -> bytes:
    """Append leaves to a tree of `size`, writing only the tiles that change; return the new root."""
    return Edge.read(connection, size).append(connection, leaf_hashes)


def root_at(connection: Connection, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _fold(list(_peaks(TileReader(connection), size))) if size else EMPTY_ROOT


def inclusion_proof(connection: Connection, index: int, size: int) -> list[bytes]:
    """Return the path of a leaf in the tree of `size` (RFC 6962 section 2.1.1)."""
    reader = TileReader(connection)
    reader.fetch(_tiles_on(index, size))
    return path(reader, index, size)


def path(reader: TileReader, index: int, size: int) -> list[bytes]:
    """Return the path of a leaf, by a reader that others of the same tiles may share."""
    if not 0 <= index < size:
        raise MerkleError("proof.index_outside_tree", index=index, size=size)
    return _path(reader, index, size)


def consistency_proof(connection: Connection, size1: int, size2: int) -> list[bytes]:
    """Return the proof from one size to another (RFC 6962 section 2.1.2)."""
    if not 0 < size1 <= size2:
        raise MerkleError("proof.sizes_out_of_order", size1=size1, size2=size2)
    reader = TileReader(connection)
    reader.fetch(_tiles_on(size1 - 1, size2))
    return _subproof(reader, size1, 0, size2, complete=True)


def inclusion_proofs(connection: Connection, indexes: Iterable[int], size: int) -> Iterator[list[bytes]]:
    """Return the paths of some leaves, reading what they share once."""
    reader = TileReader(connection)
    for index in indexes:
        yield _path(reader, index, size)


def subtrees(connection: Connection, size: int) -> list[bytes]:
    """Return the complete subtrees under the first `size` leaves, largest first."""
    return list(_peaks(TileReader(connection), size))


def leaf_hashes(connection: Connection, start: int = 0) -> Iterator[bytes]:
    """Read the stored leaf hashes in order, all of them or from one on."""
    tile, offset = divmod(start, TILE_WIDTH)
    rows = connection.execute(
        select(tiles.c.hashes)
        .where(tiles.c.level == 0, tiles.c["index"] >= tile)
        .order_by(tiles.c["index"])
        .execution_options(yield_per=64)
    )
    for row in rows:
        yield from split_hashes(row.hashes)[offset:]
        offset = 0


class TileReader:
    """Reads each tile once, and computes each node inside it once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._spans: dict[tuple[int, int], bytes] = {}

    def span(self, start: int, size: int) -> bytes:
        """Return the root of the subtree over leaves [start, start + size), as the tree is cut."""
        if not size & (size - 1):
            level = size.bit_length() - 1
            return self.node(level, start >> level)
        found = self._spans.get((start, size))
        if found is None:
            found = self._spans[start, size] = _fold(list(_peaks(self, size, start)))
        return found

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree `index` of tree level `level` (0 = leaves)."""
        found = self._nodes.get((level, index))
        if found is None:
            found = self._nodes[level, index] = self._computed(level, index)
        return found

    def _computed(self, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, offset = divmod(index << height, TILE_WIDTH)
        row = self.hashes(tile_level, tile, offset, 1 << height)
        return _known(row) if tile_level and height else subtree_hash(row)

    def fetch(self, keys: Iterable[tuple[int, int]]) -> None:
        """Read tiles, each by level and index, in one go; those that are not there are empty."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._tiles]
        if not wanted:
            return
        self._tiles |= dict.fromkeys(wanted, b"")
        query = _query(self._connection.dialect.name, len(wanted))
        for level, index, hashes in self._connection.exec_driver_sql(query, tuple(chain(*wanted))):
            self._tiles[level, index] = hashes

    def hashes(self, level: int, index: int, start: int, count: int) -> bytes:
        """Return so many hashes of a tile; raises MerkleError `tile.missing` where they are not there."""
        key = (level, index)
        if key not in self._tiles:
            self.fetch([key])
        found = self._tiles[key][start * HASH_SIZE : (start + count) * HASH_SIZE]
        if len(found) != count * HASH_SIZE:
            raise MerkleError("tile.missing")
        return found


_known = lru_cache(1 << 13)(subtree_hash)
"""Over nodes above the leaves: few, asked for by every proof, and told by what they are over."""


@lru_cache
def _query(dialect: str, count: int) -> str:
    return _TILES.format(" OR ".join([_ONE.format(_MARKS[dialect])] * count))


def _tiles_on(index: int, size: int) -> Iterator[tuple[int, int]]:
    """Name the tiles on the way from a leaf to the root, and those at the right edge of the tree."""
    level = 0
    while count := size >> TILE_HEIGHT * level:
        yield level, index >> TILE_HEIGHT * (level + 1)
        yield level, (count - 1) >> TILE_HEIGHT
        level += 1


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


def _path(reader: TileReader, index: int, size: int) -> list[bytes]:
    """From the root down to the leaf: at each fork the half that the leaf is not in."""
    start, found = 0, []
    while size > 1:
        split = 1 << ((size - 1).bit_length() - 1)
        if index < start + split:
            found.append(reader.span(start + split, size - split))
            size = split
        else:
            found.append(reader.span(start, split))
            start, size = start + split, size - split
    return found[::-1]


def _subproof(reader: TileReader, size1: int, start: int, size: int, *, complete: bool) -> list[bytes]:
    if size1 == size:
        return [] if complete else [reader.span(start, size)]
    split = 1 << ((size - 1).bit_length() - 1)
    if size1 <= split:
        rest = reader.span(start + split, size - split)
        return [*_subproof(reader, size1, start, split, complete=complete), rest]
    left = reader.span(start, split)
    return [*_subproof(reader, size1 - split, start + split, size - split, complete=False), left]
