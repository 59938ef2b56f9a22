"""What is trusted of a log before its new entries: a head that was verified once, and by proof its keys.

A delta costs by its new entries. What it takes on trust, because only the whole log could say (all of it
was verified when the head was): that no key event before the head is left out, the first counter of each
key and the first version of each stream that come after it, and that no id after it was used before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from audit.proofs import merkle
from audit.proofs.entry import parse_entry
from audit.proofs.errors import AuditError, MerkleError
from audit.proofs.keyring import GENESIS, KEY_EVENTS, Keyring
from audit.proofs.statement import parse_statement

Prove = Callable[[int, int], Sequence[bytes]]
"""Two sizes -> the consistency proof between their trees."""


@dataclass(frozen=True, slots=True)
class Included:
    """An entry before the head, with the proof that it is the one at its position."""

    position: int
    entry: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Prefix:
    """`size` and `root` are trusted; all else comes with the copy, and is proved against them.

    `subtrees` are the complete subtrees under the root, largest first; `included` genesis, the key events and
    the last entry before the head; `prove` connects older heads, which signers had seen, to this one.
    """

    size: int
    root: bytes
    subtrees: Sequence[bytes]
    included: Iterable[Included]
    prove: Prove

    def tree(self) -> merkle.CompactRange:
        """Return the tree to go on from; raises MerkleError `proof.other_root`."""
        tree = merkle.CompactRange(self.size, self.subtrees)
        if len(tree.subtrees) != self.size.bit_count() or tree.root() != self.root:
            raise MerkleError("proof.other_root", size=self.size)
        return tree

    def follow(self, keyring: Keyring, one: Included) -> tuple[str, str]:
        """Let a keyring follow a proved entry; return the log that it names, and when it was received.

        Raises MerkleError where it is not the entry at its position, KeyringError where a key event before it
        is missing, and what reading it raises.
        """
        merkle.verify_inclusion(
            index=one.position,
            size=self.size,
            leaf_hash=merkle.leaf_hash(one.entry),
            proof=one.proof,
            root=self.root,
        )
        entry = parse_entry(one.entry)
        statement = parse_statement(entry.envelope.payload)
        if statement.type == GENESIS or statement.type in KEY_EVENTS:
            keyring.check(statement, one.position)
            keyring.follow(statement, one.position)
        return statement.log, entry.received_at

    def was(self, size: int, root: str) -> bool:
        """Whether the log had this root at a size before the head."""
        try:
            proof = self.prove(size, self.size) if size < self.size else ()
            merkle.verify_consistency(
                size1=size, size2=self.size, root1=bytes.fromhex(root), root2=self.root, proof=proof
            )
        except AuditError:
            return False
        return True
