"""A small log with witnesses of different operators, its forked copy, receipts and trust, for many tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from audit.proofs.cosignature import Cosigner, cosign, cosigner_vkey
from audit.proofs.entry import parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.mldsa import MlDsaSigningKey
from audit.proofs.note import unverified_text, vkey
from audit.proofs.policy import Group, Policy, Witness
from audit.proofs.receipt import Receipt, format_receipt
from audit.proofs.trust import Trust, TrustedLog
from tests.audit.proofs.logs import KEYS, Journal, cell, small_log

OPERATOR = "Sở Nội vụ"
TIME = 1_485_000_000
LOG_VKEY = vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key)
RECORD_KEY = MlDsaSigningKey.from_seed(hashlib.sha256(b"minhchung demo record key").digest())
RECORD_VKEY = cosigner_vkey(DEMO_ORIGIN, RECORD_KEY.public_key)
WITNESS_KEYS: dict[str, Cosigner] = {
    "thanh-tra": demo_signing_key(200),
    "kiem-toan": MlDsaSigningKey.from_seed(hashlib.sha256(b"minhchung demo witness key").digest()),
    "so-noi-vu": demo_signing_key(202),
}
OPERATORS = {"thanh-tra": "Thanh tra tỉnh", "kiem-toan": "Kiểm toán Nhà nước", "so-noi-vu": OPERATOR}


def note_name(name: str) -> str:
    """Return the name a witness signs under."""
    return f"witness.example/{name}"


WITNESSES = tuple(
    Witness(name, cosigner_vkey(note_name(name), key.public_key), OPERATORS[name])
    for name, key in WITNESS_KEYS.items()
)
POLICY = Policy(WITNESSES, (Group("hai-nơi", 2, tuple(WITNESS_KEYS)),), "hai-nơi")


@cache
def log() -> Journal:
    """Return the small log, to be read only."""
    return small_log()


@cache
def forked() -> Journal:
    """Return a copy whose operator took the last entry back and entered another number, and then went on."""
    copy = small_log()
    copy.rows.pop()
    copy.checkpoints.pop()
    copy.enter(copy.one("head-stc", "SelfScoreDeclared.v1", {"points": "2"}, **cell("STC", 2)))
    copy.commit()
    copy.enter(copy.one("head-stc", "SelfScoreDeclared.v1", {"points": "0"}, **cell("STC", 3)))
    copy.commit()
    return copy


def head_of(journal: Journal, size: int) -> Checkpoint:
    """Return the head that a log had at a size."""
    return Checkpoint(journal.origin, size, merkle.root(journal.leaves()[:size]))


def note_at(journal: Journal, size: int) -> bytes:
    """Return the head of a log at a size, signed by it."""
    return sign_checkpoint(head_of(journal, size), journal.keys[LOG_ACTOR])


def line(name: str, note: bytes, time: int = TIME) -> bytes:
    """Return the cosignature line of a witness for a note, whatever it remembers."""
    return cosign(unverified_text(note), note_name(name), WITNESS_KEYS[name], time)


def cosigned(note: bytes, *names: str) -> bytes:
    """Return a note with the lines of witnesses."""
    return note + b"".join(line(name, note, TIME + number) for number, name in enumerate(names))


def of_record(checkpoint: Checkpoint) -> bytes:
    """Return a note that the log signed with both of its keys."""
    text = format_checkpoint(checkpoint)
    return sign_checkpoint(checkpoint, KEYS[LOG_ACTOR]) + cosign(text, DEMO_ORIGIN, RECORD_KEY, TIME)


def proof(journal: Journal, old: int, new: int) -> tuple[bytes, ...]:
    """Return the consistency proof between two sizes of a log."""
    return tuple(merkle.consistency_proof(journal.leaves(), old, new))


def envelope_at(journal: Journal, index: int) -> bytes:
    """Return what its sender sent."""
    return parse_entry(journal.rows[index].entry).envelope.encode()


def receipt_of(journal: Journal, index: int, note: bytes | None = None, size: int | None = None) -> Receipt:
    """Return what the log gives the sender of an entry, to its whole tree unless a size is given."""
    size = size or len(journal.rows)
    entry = parse_entry(journal.rows[index].entry)
    path = merkle.inclusion_proof(journal.leaves()[:size], index)
    return Receipt(entry.arrived_at, entry.received_at, index, tuple(path), note or note_at(journal, size))


def receipt_at(journal: Journal, index: int, note: bytes | None = None) -> bytes:
    """Return the bytes of a receipt."""
    return format_receipt(receipt_of(journal, index, note))


def trusting(newest: bytes | None = None, policy: Policy = POLICY) -> Trust:
    """Return a trust in the small log."""
    return Trust((TrustedLog(DEMO_ORIGIN, OPERATOR, (LOG_VKEY, RECORD_VKEY), newest),), policy)


def rule_of(check: Callable[[], object]) -> str:
    """Return the rule by which something is refused; `accepted` where it is not."""
    try:
        check()
    except AuditError as wrong:
        return wrong.rule
    return "accepted"


def facts_of(check: Callable[[], object]) -> dict[str, object]:
    """Return the facts of a refusal."""
    try:
        check()
    except AuditError as wrong:
        return dict(wrong.facts)
    raise AssertionError("accepted")


def flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    """Return bytes with one of them changed."""
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def swapped(hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return hashes with the first two exchanged."""
    return (hashes[1], hashes[0], *hashes[2:])
