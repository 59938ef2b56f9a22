"""One proof for many leaves: the roots of all subtrees that hold none of them, left to right.

A path for each leaf would repeat most of its hashes; together they need few. Sizes at which older roots are
to be computed keep the subtrees apart that such a root is made of (docs/formats/dossier.md, "Tree").
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from audit.proofs.errors import MerkleError
from audit.proofs.merkle import node_hash, root, subtree_hash

Range = tuple[int, int]


def untold(size: int, positions: Sequence[int], sizes: Sequence[int]) -> Iterator[Range]:
    """Yield the ranges of positions whose roots the proof has to tell, in its order."""
    rest: list[Range] = [(0, size)]
    while rest:
        lo, hi = rest.pop()
        if not _holds(positions, lo, hi) and not _cuts(sizes, lo, hi):
            yield lo, hi
        elif hi - lo > 1:
            middle = lo + _half(hi - lo)
            rest += [(middle, hi), (lo, middle)]


def prune(leaves: Sequence[bytes], positions: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
    """Make the proof of ascending positions and sizes under the root over all leaves."""
    return [_root_over(leaves, lo, hi) for lo, hi in untold(len(leaves), positions, sizes)]


class PrunedTree:
    """The tree put together again from the leaves at hand and the proof."""

    def __init__(
        self, size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes], sizes: Sequence[int]
    ) -> None:
        """Raise MerkleError `proof.too_short`, `proof.too_long` unless all hashes are taken, and no more."""
        self.size = size
        self._sizes = frozenset(sizes)
        self._leaves = leaves
        self._positions = list(leaves)
        self._cut = sizes
        self._hashes = hashes
        self._taken = 0
        self._nodes: dict[Range, bytes] = {}
        self._older_roots: dict[int, bytes] = {}
        self._root = self._tree(0, size)
        if self._taken != len(hashes):
            raise MerkleError("proof.too_long", size=size, length=len(hashes))

    def root(self, size: int) -> bytes | None:
        """Return the root at a size, or nothing where it cannot be computed from what is here."""
        if size == self.size:
            return self._root
        if size not in self._sizes and not (len(self._leaves) == self.size and 0 < size < self.size):
            return None
        if size not in self._older_roots:
            self._older_roots[size] = self._older(size)
        return self._older_roots[size]

    def _tree(self, lo: int, hi: int) -> bytes:
        if not _holds(self._positions, lo, hi) and not _cuts(self._cut, lo, hi):
            found = self._next()
        elif hi - lo == 1:
            found = self._leaves[lo]
        else:
            middle = lo + _half(hi - lo)
            left = self._tree(lo, middle)
            found = node_hash(left, self._tree(middle, hi))
        self._nodes[lo, hi] = found
        return found

    def _next(self) -> bytes:
        if self._taken == len(self._hashes):
            raise MerkleError("proof.too_short", size=self.size, length=len(self._hashes))
        self._taken += 1
        return self._hashes[self._taken - 1]

    def _older(self, size: int) -> bytes:
        """Hash the complete subtrees below a size together, the last two first."""
        subtrees, lo = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                subtrees.append(self._nodes[lo, lo + (1 << level)])
                lo += 1 << level
        found = subtrees.pop()
        for left in reversed(subtrees):
            found = node_hash(left, found)
        return found


def _holds(positions: Sequence[int], lo: int, hi: int) -> bool:
    place = bisect_left(positions, lo)
    return place < len(positions) and positions[place] < hi


def _cuts(sizes: Sequence[int], lo: int, hi: int) -> bool:
    place = bisect_right(sizes, lo)
    return place < len(sizes) and sizes[place] < hi


def _half(width: int) -> int:
    """Return the largest power of two below a width of two or more."""
    return 1 << ((width - 1).bit_length() - 1)


def _root_over(leaves: Sequence[bytes], lo: int, hi: int) -> bytes:
    row = leaves[lo:hi]
    return subtree_hash(b"".join(row)) if len(row).bit_count() == 1 else root(row)
