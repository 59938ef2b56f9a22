"""The rules of a witness (C2SP tlog-witness), without any input or output: cosign, or refuse and say why.

A witness remembers one head for each log. It cosigns a head that the log signed and that provably holds all
of the one it remembers; a caller that stores the new head before it answers never cosigns a rollback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import AuditError, MerkleError, WitnessRefusal
from audit.proofs.head import Head, open_head, verify_growth
from audit.proofs.lines import read_hash, read_number, to_base64
from audit.proofs.note import MAX_NOTE, unverified_text

MAX_HASHES = 63
MAX_REQUEST = MAX_NOTE + 4_096
STATUS = {
    "witness.malformed": 400,
    "witness.old_above_new": 400,
    "witness.untrusted_key": 403,
    "witness.unknown_log": 404,
    "witness.other_size": 409,
    "witness.other_root": 409,
    "witness.bad_proof": 422,
}
"""The HTTP status that answers each refusal (tlog-witness, "add-checkpoint")."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign: the size the witness is thought to remember, a proof from there, a note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says; nobody has checked its signature yet."""
        return parse_checkpoint(unverified_text(self.note))


def format_request(request: AddCheckpoint) -> bytes:
    """Write the body of an add-checkpoint request."""
    lines = [f"old {request.old}", *map(to_base64, request.proof), "", ""]
    return "\n".join(lines).encode() + request.note


def parse_request(data: bytes) -> AddCheckpoint:
    """Read the body of a request: read, written back, compared; its note is a checkpoint, not yet verified.

    Raises WitnessRefusal `witness.malformed` with the line that is wrong.
    """
    if len(data) > MAX_REQUEST:
        raise WitnessRefusal("witness.malformed", line="too long")
    top, _, note = data.partition(b"\n\n")
    old, *lines = top.decode("ascii", "replace").split("\n")
    size = read_number(old.removeprefix("old "))
    if size is None:
        raise WitnessRefusal("witness.malformed", line="old size")
    hashes = tuple(takewhile(len, map(read_hash, lines[:MAX_HASHES])))
    if len(hashes) != len(lines):
        raise WitnessRefusal("witness.malformed", line="hash")
    request = AddCheckpoint(size, hashes, note)
    if format_request(request) != data:
        raise WitnessRefusal("witness.malformed", line="another spelling")
    _check_note(request)
    return request


def _check_note(request: AddCheckpoint) -> None:
    try:
        _ = request.checkpoint
    except AuditError:
        raise WitnessRefusal("witness.malformed", line="checkpoint") from None


def open_request(request: AddCheckpoint, vkeys: Sequence[str]) -> Head:
    """Return the head that a log with these verifier keys signed; without keys it is a log nobody knows.

    Raises WitnessRefusal `witness.unknown_log`, `witness.untrusted_key`.
    """
    if not vkeys:
        raise WitnessRefusal("witness.unknown_log", origin=request.checkpoint.origin)
    try:
        return open_head(request.note, vkeys=vkeys)
    except AuditError as wrong:
        raise WitnessRefusal("witness.untrusted_key", cause=wrong.rule) from None


def check_growth(request: AddCheckpoint, head: Head, known: Checkpoint | None) -> None:
    """Raise unless the head may be cosigned by a witness that remembers `known` (nothing, at first).

    1. The old size is not above the new one.
    2. The old size is the one that is remembered, or 0.
    3. Of the same size, it is the same root.
    4. The consistency proof connects both; from size 0 on there is none.

    Raises WitnessRefusal `witness.old_above_new`, `witness.other_size`, `witness.other_root` (both with the
    size that is remembered, for the answer), `witness.bad_proof`.
    """
    new = head.checkpoint
    before = known or Checkpoint(new.origin, 0, b"")
    if request.old > new.size:  # 1
        raise WitnessRefusal("witness.old_above_new", old=request.old, size=new.size)
    if request.old != before.size:  # 2
        raise WitnessRefusal("witness.other_size", old=request.old, size=before.size)
    if 0 < new.size == before.size and new.root != before.root:  # 3
        raise WitnessRefusal("witness.other_root", size=before.size)
    try:
        verify_growth(before, new, request.proof)  # 4
    except MerkleError as wrong:
        raise WitnessRefusal("witness.bad_proof", size=before.size, cause=wrong.rule) from None
