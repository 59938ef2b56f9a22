"""A head that counts: a checkpoint that its log signed and enough witnesses cosigned; how heads follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import MerkleError, TrustError
from audit.proofs.lines import SUBTREE_V1
from audit.proofs.note import Note, Signed, open_note
from audit.proofs.policy import NO_WITNESSES, Policy, Witness


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness that cosigned, and when it says it did (POSIX seconds)."""

    witness: Witness
    time: int


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint with the signatures that count; `of_record` where the log's ML-DSA key signed as well."""

    checkpoint: Checkpoint
    note: Note
    cosigned: tuple[Cosigned, ...]
    of_record: bool

    def run_by(self, operator: str) -> tuple[Cosigned, ...]:
        """Return those of the log's own operator: what they say is the operator's word once more."""
        return tuple(found for found in self.cosigned if found.witness.operator == operator)

    def independent_of(self, operator: str) -> tuple[Cosigned, ...]:
        """Return those that somebody else runs."""
        return tuple(found for found in self.cosigned if found.witness.operator != operator)

    @property
    def seen_by(self) -> int | None:
        """The earliest time at which a witness had seen it."""
        return min((found.time for found in self.cosigned), default=None)


def open_head(
    note: bytes, *, vkeys: Iterable[str], policy: Policy = NO_WITNESSES, of_record: bool = False
) -> Head:
    """Open a note as a head of the log that has these verifier keys, cosigned as the policy says.

    1. No signature of a trusted key is bad, and one at least is there.
    2. The text is a checkpoint, whose origin is the name of the log's keys.
    3. The log signed it; one of record with its ML-DSA key, whether with others or not.
    4. The witnesses that cosigned are a quorum.

    Raises what `open_note` and `parse_checkpoint` raise, and TrustError `head.other_log`, `head.not_signed`,
    `head.not_of_record`, `head.no_quorum`.
    """
    log_keys = tuple(vkeys)
    opened = open_note(note, (*log_keys, *policy.vkeys))  # 1
    checkpoint = parse_checkpoint(opened.text)  # 2
    own = [signed for signed in opened.signatures if signed.vkey in log_keys]
    _check_log(checkpoint, own, of_record)  # 3
    found = _cosigned(opened, policy)
    if not policy.is_met_by({cosigned.witness.vkey for cosigned in found}):  # 4
        raise TrustError("head.no_quorum", size=checkpoint.size, quorum=policy.quorum, cosigned=len(found))
    return Head(checkpoint, opened, found, any(signed.algorithm == SUBTREE_V1 for signed in own))


def _check_log(checkpoint: Checkpoint, own: Sequence[Signed], of_record: bool) -> None:
    for signed in own:
        if signed.name != checkpoint.origin:
            raise TrustError("head.other_log", stated=checkpoint.origin, expected=signed.name)
    if not own:
        raise TrustError("head.not_signed", size=checkpoint.size)
    if of_record and all(signed.algorithm != SUBTREE_V1 for signed in own):
        raise TrustError("head.not_of_record", size=checkpoint.size)


def _cosigned(note: Note, policy: Policy) -> tuple[Cosigned, ...]:
    times = {signed.vkey: signed.time for signed in note.signatures}
    found = ((witness, times.get(witness.vkey)) for witness in policy.witnesses)
    return tuple(Cosigned(witness, time) for witness, time in found if time is not None)


def verify_growth(older: Checkpoint, newer: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raise MerkleError unless the newer head holds all that the older one held.

    An empty log holds nothing: whatever follows it needs no proof, and gets none.
    """
    if older.size == 0:
        if proof:
            raise MerkleError("proof.too_long", size=newer.size, length=len(proof))
        if newer.size == 0 and newer.root != merkle.EMPTY_ROOT:
            raise MerkleError("proof.other_root", size=0)
        return
    merkle.verify_consistency(
        size1=older.size, size2=newer.size, root1=older.root, root2=newer.root, proof=proof
    )
