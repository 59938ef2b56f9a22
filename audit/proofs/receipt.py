"""The receipt: a C2SP tlog-proof that a statement is in the log, with the two times the log gave it.

Whoever holds the envelope they sent and the receipt rebuilds the leaf themselves and needs nothing else:
no server, no other entry, no word of the operator but its signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import takewhile

from audit.proofs import canonical
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.entry import Entry, encode_entry, entry_leaf, read_time, write_time
from audit.proofs.errors import ReceiptError
from audit.proofs.head import open_head
from audit.proofs.lines import from_base64, read_hash, read_number, to_base64
from audit.proofs.merkle import verify_inclusion
from audit.proofs.note import MAX_NOTE, unverified_text
from audit.proofs.policy import NO_WITNESSES, Policy
from audit.proofs.statement import parse_envelope, parse_statement

HEADER = "c2sp.org/tlog-proof@v1"
ALONE = "consistent with itself"
"""What a verdict can say that rests on no trust file."""
MAX_HASHES = 63
MAX_EXTRA = 256
MAX_PROOF = MAX_NOTE + 8_192


@dataclass(frozen=True, slots=True)
class LogProof:
    """A tlog-proof: where a leaf lies in the tree of a checkpoint (a note, unopened), and extra bytes."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


def format_proof(proof: LogProof) -> bytes:
    """Write a tlog-proof."""
    lines = [HEADER, f"index {proof.index}", *map(to_base64, proof.hashes), "", ""]
    if proof.extra:
        lines.insert(1, f"extra {to_base64(proof.extra)}")
    return "\n".join(lines).encode() + proof.checkpoint


def parse_proof(data: bytes) -> LogProof:
    """Read a tlog-proof: read, written back, compared; the checkpoint in it is not opened.

    Raises ReceiptError `receipt.malformed` with the line that is wrong.
    """
    if len(data) > MAX_PROOF:
        raise ReceiptError("receipt.malformed", line="too long")
    top, _, checkpoint = data.partition(b"\n\n")
    header, *lines = top.decode("ascii", "replace").split("\n")
    if header != HEADER:
        raise ReceiptError("receipt.malformed", line="header")
    extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else b""
    index = read_number(lines[0].removeprefix("index ")) if lines else None
    if index is None:
        raise ReceiptError("receipt.malformed", line="index")
    found = LogProof(index, _hashes(lines[1:]), checkpoint, extra)
    if format_proof(found) != data:
        raise ReceiptError("receipt.malformed", line="another spelling")
    return found


def _extra(line: str) -> bytes:
    extra = from_base64(line.removeprefix("extra "))
    if not extra or len(extra) > MAX_EXTRA:
        raise ReceiptError("receipt.malformed", line="extra")
    return extra


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    hashes = tuple(takewhile(len, map(read_hash, lines[:MAX_HASHES])))
    if len(hashes) != len(lines):
        raise ReceiptError("receipt.malformed", line="hash")
    return hashes


@dataclass(frozen=True, slots=True)
class Receipt:
    """The log's answer to a statement it took in; `checkpoint` is the note that covers it."""

    arrived_at: str
    received_at: str
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


def format_receipt(receipt: Receipt) -> bytes:
    """Write a receipt."""
    times = f'{{"arrived_at":"{receipt.arrived_at}","received_at":"{receipt.received_at}"}}'
    return format_proof(LogProof(receipt.index, receipt.hashes, receipt.checkpoint, times.encode()))


def parse_receipt(data: bytes) -> Receipt:
    """Read a receipt; nothing in it is verified.

    Raises ReceiptError `receipt.malformed`, CanonicalError where the extra bytes are not canonical JSON.
    """
    proof = parse_proof(data)
    times = canonical.decode(proof.extra, limit=MAX_EXTRA)
    if not isinstance(times, dict) or times.keys() != {"arrived_at", "received_at"}:
        raise ReceiptError("receipt.malformed", line="extra")
    arrived, received = _time(times["arrived_at"]), _time(times["received_at"])
    if arrived > received:
        raise ReceiptError("receipt.malformed", line="times")
    return Receipt(arrived, received, proof.index, proof.hashes, proof.checkpoint)


def _time(stated: object) -> str:
    """A time as entries carry it: read, written back, compared."""
    try:
        moment = read_time(stated) if isinstance(stated, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not UTC or write_time(moment) != stated:
        raise ReceiptError("receipt.malformed", line="times")
    return write_time(moment)


def verify_receipt(
    receipt: bytes, *, envelope: bytes, vkeys: Iterable[str], policy: Policy = NO_WITNESSES
) -> None:
    """Raise unless the log with these verifier keys took in this envelope, as the receipt says.

    1. The receipt is a tlog-proof in its one spelling, whose extra bytes are two times in order.
    2. Its checkpoint is signed by the log and cosigned as the policy says (`open_head`).
    3. The envelope is canonical, and its statement is made for that log.
    4. Envelope and times make the entry, and the entry the leaf.
    5. The leaf is at that index of the checkpoint's tree.

    Who signed the statement is not asked here: the sender knows, and others ask the log's registry. Raises
    ReceiptError `receipt.malformed`, `receipt.other_log`, and what each step raises by itself.
    """
    read = parse_receipt(receipt)  # 1
    _verify_under(open_head(read.checkpoint, vkeys=vkeys, policy=policy).checkpoint, read, envelope)  # 2-5


def check_receipt_alone(receipt: bytes, *, envelope: bytes) -> str:
    """Return what a receipt is worth to whoever has no trust file: that it is consistent with itself.

    The steps of `verify_receipt`, but for the signatures of the second: anybody can write a receipt that
    passes, under a log of their own. Raises what those steps raise.
    """
    read = parse_receipt(receipt)
    _verify_under(parse_checkpoint(unverified_text(read.checkpoint)), read, envelope)
    return ALONE


def _verify_under(head: Checkpoint, read: Receipt, envelope: bytes) -> None:
    sent = parse_envelope(envelope)  # 3
    log = parse_statement(sent.payload).log
    if log != head.origin:
        raise ReceiptError("receipt.other_log", stated=log, expected=head.origin)
    leaf = entry_leaf(encode_entry(Entry(read.arrived_at, sent, read.received_at)))  # 4
    verify_inclusion(  # 5
        index=read.index, size=head.size, leaf_hash=leaf, proof=read.hashes, root=head.root
    )
