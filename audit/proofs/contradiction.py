"""A contradiction: two signed heads of one log that no honest log can have, in a file that proves it alone.

Both are signed by the log, and the newer one's own tree has, at the size of the older one, another root. So
either head may be true, but not both: the log showed two histories, or changed the one it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import ContradictionError, MerkleError
from audit.proofs.head import open_head
from audit.proofs.lines import read_hash, to_base64
from audit.proofs.note import MAX_NOTE, unverified_text

HEADER = "minhchung.contradiction/v1"
MAX_HASHES = 64
MAX_FILE = 2 * MAX_NOTE + 8_192


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An older and a newer head, and the root that the newer tree has at the older size, with the proof."""

    older: bytes
    newer: bytes
    root: bytes
    proof: tuple[bytes, ...] = ()


def format_contradiction(found: Contradiction) -> bytes:
    """Write the evidence: header, root, proof, a blank line, the older note, a blank line, the newer note."""
    lines = [HEADER, f"root {to_base64(found.root)}", *map(to_base64, found.proof), "", ""]
    return "\n".join(lines).encode() + found.older + b"\n" + found.newer


def parse_contradiction(data: bytes) -> Contradiction:
    """Read the evidence: read, written back, compared. Nothing in it is verified.

    Raises ContradictionError `contradiction.malformed` with the line that is wrong.
    """
    if len(data) > MAX_FILE:
        raise ContradictionError("contradiction.malformed", line="too long")
    parts = data.split(b"\n\n")
    if len(parts) != 5:  # a checkpoint's text has no blank line
        raise ContradictionError("contradiction.malformed", line="two notes")
    top, *notes = parts
    header, *lines = top.decode("ascii", "replace").split("\n")
    if header != HEADER:
        raise ContradictionError("contradiction.malformed", line="header")
    hashes = [read_hash(line.removeprefix("root ")) for line in lines[:MAX_HASHES]]
    if not hashes:
        raise ContradictionError("contradiction.malformed", line="root")
    older, newer = b"\n\n".join(notes[:2]) + b"\n", b"\n\n".join(notes[2:])
    found = Contradiction(older, newer, hashes[0], tuple(hashes[1:]))
    if format_contradiction(found) != data:
        raise ContradictionError("contradiction.malformed", line="another spelling")
    return found


def verify_contradiction(data: bytes, *, vkeys: Iterable[str]) -> None:
    """Raise unless the log that has these verifier keys contradicted itself.

    1. The file has its one spelling.
    2. Both notes are heads of the log, signed by it.
    3. The newer one is not the smaller one.
    4. At the older size the newer tree has the root that the file names: the consistency proof connects them;
        where both sizes are the same, it is the newer root itself.
    5. That root is not the older one.

    Raises ContradictionError `contradiction.malformed`, `contradiction.sizes`, `contradiction.none`, and for
    notes and proof what `open_head` and `verify_consistency` raise.
    """
    found = parse_contradiction(data)  # 1
    keys = tuple(vkeys)
    older, newer = (open_head(note, vkeys=keys).checkpoint for note in (found.older, found.newer))  # 2
    if older.origin != newer.origin or older.size > newer.size:  # 3
        raise ContradictionError("contradiction.sizes", older=older.size, newer=newer.size)
    merkle.verify_consistency(  # 4
        size1=older.size, size2=newer.size, root1=found.root, root2=newer.root, proof=found.proof
    )
    if found.root == older.root:  # 5
        raise ContradictionError("contradiction.none", older=older.size, newer=newer.size)


# --- finding one ----------------------------------------------------------------------------------------


def convict(first: bytes, second: bytes, leaf_hashes: Sequence[bytes]) -> Contradiction:
    """Make the evidence from two notes and the leaf hashes behind the one with the larger size.

    Leaf hashes are public, in tiles. Raises ContradictionError `contradiction.none` where the heads agree,
    `contradiction.sizes` where there are too few leaf hashes, `contradiction.other_leaves` where they make
    another root.
    """
    older, newer = sorted((first, second), key=lambda note: _unverified(note).size)
    small, large = _unverified(older), _unverified(newer)
    if not 0 < small.size <= large.size <= len(leaf_hashes):
        raise ContradictionError("contradiction.sizes", older=small.size, newer=large.size)
    if merkle.root(leaf_hashes[: large.size]) != large.root:
        raise ContradictionError("contradiction.other_leaves", size=large.size)
    root = merkle.root(leaf_hashes[: small.size])
    if root == small.root:
        raise ContradictionError("contradiction.none", older=small.size, newer=large.size)
    proof = merkle.consistency_proof(leaf_hashes, small.size, large.size)
    return Contradiction(older, newer, root, tuple(proof))


def _unverified(note: bytes) -> Checkpoint:
    return parse_checkpoint(unverified_text(note))


def from_refused(older: bytes, newer: bytes, proof: Sequence[bytes]) -> Contradiction | None:
    """Return the evidence that a refused request brought with it, if it did.

    Of the same size, two roots are enough. A log that was changed still proves its growth by its own tree:
    its proof leads to the newer root, and from another older one. Only where the older size is a power of two
    does the proof leave that root out; then `convict` needs the leaf hashes.
    """
    small, large = _unverified(older), _unverified(newer)
    if small.size == large.size and small.root != large.root:
        return Contradiction(older, newer, large.root)
    if not 0 < small.size < large.size:
        return None
    try:
        root, end = merkle.implied_roots(small.size, large.size, small.root, proof)
    except MerkleError:
        return None
    if root == small.root or end != large.root:
        return None
    return Contradiction(older, newer, root, tuple(proof))
