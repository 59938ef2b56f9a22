"""The tree of RFC 6962 section 2.1: hashes, proofs and their checks, on bytes and integers only.

The checks follow RFC 9162 sections 2.1.3.2 and 2.1.4.2, and are strict where it leaves room: every hash
is 32 bytes, a path is neither longer nor shorter than the sizes demand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from audit.proofs.errors import MerkleError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_SIZE = 2**63 - 1
BLOCK = 8
"""The height of the largest subtree that is hashed in one go."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree_hash(row: bytes) -> bytes:
    """Return the root of a complete subtree: its leaf hashes in one piece, a power of two of them."""
    while len(row) > HASH_SIZE:
        pairs = range(0, len(row), 2 * HASH_SIZE)
        row = b"".join([hashlib.sha256(b"\x01" + row[i : i + 2 * HASH_SIZE]).digest() for i in pairs])
    return row


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; over none, SHA-256 of nothing."""
    tree = CompactRange()
    tree.extend(leaf_hashes)
    return tree.root()


class CompactRange:
    """The complete subtrees of a growing tree, largest first: all that is needed to go on, O(log n)."""

    __slots__ = ("size", "subtrees")

    def __init__(self, size: int = 0, subtrees: Sequence[bytes] = ()) -> None:
        self.size = size
        self.subtrees = list(subtrees)

    def append(self, leaf: bytes) -> None:
        """Take in the next leaf hash."""
        self._grow(leaf, 0)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Take in the next leaf hashes, subtree by subtree."""
        start = 0
        while start < len(leaves):
            room = len(leaves) - start
            level = min(BLOCK, room.bit_length() - 1, (self.size & -self.size or 1 << BLOCK).bit_length() - 1)
            self._grow(subtree_hash(b"".join(leaves[start : start + (1 << level)])), level)
            start += 1 << level

    def _grow(self, subtree: bytes, level: int) -> None:
        """Take in the next complete subtree, at a size that is a multiple of its width."""
        found, place = subtree, self.size >> level
        while place & 1:
            found = node_hash(self.subtrees.pop(), found)
            place >>= 1
        self.subtrees.append(found)
        self.size += 1 << level

    def root(self) -> bytes:
        """Return the root of what was taken in so far."""
        if not self.subtrees:
            return EMPTY_ROOT
        found = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            found = node_hash(left, found)
        return found


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1; raises MerkleError when the index is not in the tree."""
    if not 0 <= index < len(leaf_hashes):
        raise MerkleError("proof.index_outside_tree", index=index, size=len(leaf_hashes))
    if len(leaf_hashes) == 1:
        return []
    split = _split(len(leaf_hashes))
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    if index < split:
        return [*inclusion_proof(left, index), root(right)]
    return [*inclusion_proof(right, index - split), root(left)]


def consistency_proof(leaf_hashes: Sequence[bytes], size1: int, size2: int) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962 section 2.1.2, from the tree of `size1` to that of `size2` leaves."""
    if not 0 < size1 <= size2 <= len(leaf_hashes):
        raise MerkleError("proof.sizes_out_of_order", size1=size1, size2=size2)
    return _subproof(leaf_hashes[:size2], size1, complete=True)


def _subproof(leaves: Sequence[bytes], size: int, *, complete: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if complete else [root(leaves)]
    split = _split(len(leaves))
    if size <= split:
        return [*_subproof(leaves[:split], size, complete=complete), root(leaves[split:])]
    return [*_subproof(leaves[split:], size - split, complete=False), root(leaves[:split])]


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise MerkleError unless the leaf is at `index` of the tree of `size` leaves (RFC 9162 2.1.3.2)."""
    _check_sizes(index, size)
    _check_hashes(leaf_hash, root, *proof)
    if index >= size:
        raise MerkleError("proof.index_outside_tree", index=index, size=size)
    node, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise MerkleError("proof.too_long", size=size, length=len(proof))
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise MerkleError("proof.too_short", size=size, length=len(proof))
    if found != root:
        raise MerkleError("proof.other_root", size=size)


def verify_consistency(*, size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Raise MerkleError unless the smaller tree is a prefix of the larger one (RFC 9162 2.1.4.2).

    Trees of the same size have the same root and an empty proof. From an empty tree nothing can be
    proved, so size 0 is refused.
    """
    _check_sizes(size1, size2)
    if not 0 < size1 <= size2:
        raise MerkleError("proof.sizes_out_of_order", size1=size1, size2=size2)
    if size1 == size2:
        if proof:
            raise MerkleError("proof.too_long", size=size2, length=len(proof))
        if root1 != root2:
            raise MerkleError("proof.other_root", size=size2)
        return
    _check_hashes(root1, root2, *proof)
    older, newer = implied_roots(size1, size2, root1, proof)
    if older != root1 or newer != root2:
        raise MerkleError("proof.other_root", size=size1 if older != root1 else size2)


def implied_roots(size1: int, size2: int, root1: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees, older and newer, that a proof leads to; for 0 < size1 < size2.

    Where size1 is a power of two the proof leaves the older root out, and `root1` stands for it.
    """
    path = list(proof)
    if size1 & (size1 - 1) == 0:
        path.insert(0, root1)
    if not path:
        raise MerkleError("proof.too_short", size=size2, length=0)
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise MerkleError("proof.too_long", size=size2, length=len(path))
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise MerkleError("proof.too_short", size=size2, length=len(path))
    return older, newer


def _check_sizes(*sizes: object) -> None:
    for size in sizes:
        if type(size) is not int or not 0 <= size <= MAX_SIZE:
            raise MerkleError("proof.malformed_size", stated=str(size)[:40])


def _check_hashes(*hashes: object) -> None:
    for found in hashes:
        if not isinstance(found, bytes) or len(found) != HASH_SIZE:
            raise MerkleError("proof.malformed_hash", stated=repr(found)[:80])
