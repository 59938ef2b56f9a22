"""Trust moved on by a copy of its log: to the newest checkpoint that counts and holds all that was known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.contradiction import Contradiction, convict
from audit.proofs.copies import Found
from audit.proofs.errors import AuditError, CopyError, TrustError
from audit.proofs.key_events import LOG_KEY_ROTATED
from audit.proofs.log_copy import LogCopy
from audit.proofs.note import unverified_text
from audit.proofs.prefix import Included
from audit.proofs.trust import Trust, TrustedLog, advance


@dataclass(frozen=True, slots=True)
class Advanced:
    """The trust after it moved on, from which checkpoint to which, and the keys that came in on the way."""

    trust: Trust
    before: Checkpoint | None
    head: Checkpoint
    keys: tuple[str, ...]


def advance_by(trust: Trust, found: Found) -> Advanced:
    """Move trust on to the newest checkpoint of a copy that its policy accepts.

    The copy is believed in nothing: what comes out of it is signed, cosigned and proved (`advance`). Raises
    what that raises; where no checkpoint has a quorum, TrustError `head.no_quorum` of the newest one.
    """
    notes = dict(found.copy.checkpoints) | dict(found.cosigned)
    if not notes:
        raise CopyError("copy.unreadable", path="checkpoints", reason="no checkpoint")
    newest = notes[max(notes)]
    log = trust.log(_read(newest).origin)
    known = log.newest_checkpoint
    lacking: TrustError | None = None
    for size in sorted((size for size in notes if known is None or size > known.size), reverse=True):
        try:
            return _to(trust, log, notes[size], found.copy)
        except TrustError as wrong:
            if wrong.rule != "head.no_quorum":
                raise
            lacking = lacking or wrong
    if lacking is not None:
        raise lacking
    return _to(trust, log, newest, found.copy)  # the same, an older one, or another of its size


def contradiction(trust: Trust, found: Found) -> Contradiction | None:
    """Return the evidence that a copy's newest checkpoint and the known one cannot both be."""
    newest = max(found.copy.checkpoints, default=(0, b""))[1]
    try:
        known = trust.log(_read(newest).origin).newest
        return None if known is None else convict(known, newest, found.copy.leaf_hashes)
    except AuditError:
        return None


def _to(trust: Trust, log: TrustedLog, note: bytes, copy: LogCopy) -> Advanced:
    head, known, leaves = _read(note), log.newest_checkpoint, copy.leaf_hashes
    proof: Sequence[bytes] = ()
    if known is not None and 0 < known.size < head.size <= len(leaves):
        proof = merkle.consistency_proof(leaves[: head.size], known.size, head.size)
    moved = advance(trust, note, proof, tuple(_rotations(copy, head.size)))
    keys = moved.log(head.origin).vkeys
    return Advanced(moved, known, head, tuple(key for key in keys if key not in log.vkeys))


def _rotations(copy: LogCopy, size: int) -> Iterator[Included]:
    """Find the rotations of the log's key; what the rows call something else is simply not followed."""
    leaves = copy.leaf_hashes[:size]
    for row in copy.rows:
        if row.topic == LOG_KEY_ROTATED and row.position < len(leaves):
            yield Included(row.position, row.entry, merkle.inclusion_proof(leaves, row.position))


def _read(note: bytes) -> Checkpoint:
    return parse_checkpoint(unverified_text(note))
