"""The tree over a log's entries as they are, beside the tree over the leaves that were stored of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from audit.proofs import merkle
from audit.proofs.errors import AuditError
from audit.proofs.finding import Finding, Report
from audit.proofs.log_copy import LogCopy
from audit.proofs.prefix import Prefix


class Trees:
    """Steps 2 and 9, and the roots at the sizes that others ask for. They are one tree until they differ."""

    def __init__(self, copy: LogCopy, noted: Collection[int], report: Report) -> None:
        self._copy = copy
        self._leaves = copy.leaf_hashes
        self._noted = noted
        self._report = report
        self._first = 0
        self._tree = self._stored = merkle.CompactRange()
        self.roots: dict[int, bytes] = {}
        self._stored_roots = self.roots

    @property
    def size(self) -> int:
        """How many leaves there are so far."""
        return self._tree.size

    def take_up(self, since: Prefix) -> None:
        """Go on from what is trusted; where the tree does not fit it, that is a finding."""
        self._first = since.size
        try:
            self._tree = self._stored = since.tree()
        except AuditError as wrong:
            self._report(Finding.caught("tree", None, wrong))
        self.roots[since.size] = since.root

    def extend(self, row_positions: Sequence[int], leaves: Sequence[bytes]) -> None:
        """Take in the hashes of the next entries (2): in one go, as long as all are what was stored."""
        at = self._tree.size - self._first
        if self._stored is self._tree and self._leaves[at : at + len(leaves)] == leaves:
            self._grow(leaves)
            return
        for row_position, leaf in zip(row_positions, leaves, strict=True):
            self._append(row_position, leaf)

    def _grow(self, leaves: Sequence[bytes]) -> None:
        """Take in leaves from one noted size to the next."""
        first, start = self._tree.size, 0
        for end in range(1, len(leaves) + 1):
            if first + end in self._noted:
                self._tree.extend(leaves[start:end])
                self._note()
                start = end
        self._tree.extend(leaves[start:])

    def _append(self, row_position: int, leaf: bytes) -> None:
        at = self._tree.size - self._first
        kept = self._leaves[at] if at < len(self._leaves) else None
        if kept is None:
            self._report(Finding.of("leaf", row_position, "leaf.not_stored"))
        elif kept != leaf:
            self._report(Finding.of("leaf", row_position, "leaf.other_bytes"))
            self._part()
        self._tree.append(leaf)
        if self._stored is not self._tree:
            self._stored.append(kept or leaf)
        if self._tree.size in self._noted:
            self._note()

    def _note(self) -> None:
        self.roots[self._tree.size] = self._tree.root()
        self._stored_roots[self._tree.size] = self._stored.root()

    def _part(self) -> None:
        """From the first difference on, the tree of the stored leaves is another one."""
        if self._stored is self._tree:
            self._stored = merkle.CompactRange(self._tree.size, self._tree.subtrees)
            self._stored_roots = dict(self.roots)

    def both_were(self, size: int, root: str) -> bool:
        """Whether both had this root at a noted size."""
        return all(roots.get(size, b"").hex() == root for roots in (self.roots, self._stored_roots))

    def check_head(self) -> bytes:
        """Step 9. Where the stored leaves still make the head's root, damage to an entry ends with it."""
        size, root = self._copy.head
        if self._tree.root() != root == self._stored.root():
            self._tree, self.roots = self._stored, self._stored_roots
        entries, computed = self._tree.size, self._tree.root()
        leaves = self._first + len(self._leaves)
        if size != entries or leaves != entries:
            self._report(
                Finding.of("tree", None, "head.other_size", head=size, entries=entries, leaves=leaves)
            )
        if root != computed:
            self._report(
                Finding.of("tree", None, "head.other_root", head=root.hex(), computed=computed.hex())
            )
        return computed
