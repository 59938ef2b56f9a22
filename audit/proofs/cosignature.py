"""C2SP tlog-cosignature: a cosigner says when it saw a checkpoint as the newest consistent head of a log.

Two algorithms: cosignature/v1 by Ed25519 for witnesses, and subtree/v1 by ML-DSA-44, which a quantum
computer does not forge, for witnesses and for the log's own checkpoints of record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.errors import BadSignature, CheckpointError
from audit.proofs.keys import PublicKey, load_public_key
from audit.proofs.lines import COSIGNATURE_V1, ED25519, SUBTREE_V1, key_id, signature_line, vkey_line
from audit.proofs.mldsa import MlDsaKey, load_ml_dsa_key

TIME_SIZE = 8
MAX_TIME = 2**63 - 1
LAST_MOMENT = 253_402_300_799
"""The last second of the year 9999: cosigners may claim later ones."""
SUBTREE_LABEL = b"subtree/v1\n\x00"


def moment_of(time: int) -> datetime:
    """Return a cosigner's time in UTC; what it claims beyond the year 9999, as the end of that."""
    return datetime.fromtimestamp(min(time, LAST_MOMENT), UTC)


def write_moment(time: int) -> str:
    """Write a cosigner's time as RFC 3339 has it, or in seconds where no year says it."""
    return f"{moment_of(time):%Y-%m-%dT%H:%M:%SZ}" if time <= LAST_MOMENT else str(time)


# --- what is signed -------------------------------------------------------------------------------------


def note_message(_name: str, _time: int, text: bytes) -> bytes:
    """A plain note signature is over the text as it is."""
    return text


def cosignature_message(_name: str, time: int, text: bytes) -> bytes:
    """Two lines before the text (tlog-cosignature, "Ed25519 signed message"); the cosigner is not named."""
    return b"cosignature/v1\ntime %d\n%s" % (time, text)


def subtree_message(name: str, time: int, text: bytes) -> bytes:
    """The structure `cosigned_message` of a whole tree (tlog-cosignature, "ML-DSA-44 signed message").

    Raises CheckpointError unless the text is a checkpoint in its one spelling, so that no second text has
    the same signature.
    """
    head = parse_checkpoint(text)
    start, end = (0).to_bytes(8, "big"), head.size.to_bytes(8, "big")
    stamp = time.to_bytes(TIME_SIZE, "big")
    return SUBTREE_LABEL + _opaque(name) + stamp + _opaque(head.origin) + start + end + head.root


def _opaque(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise CheckpointError("checkpoint.malformed", line="origin")
    return bytes([len(data)]) + data


class VerifyingKey(Protocol):
    """The public half of whatever signs notes."""

    @property
    def raw(self) -> bytes:
        """The bytes that stand in a verifier key."""
        ...

    @property
    def id(self) -> str:
        """Their SHA-256, in hex."""
        ...

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise BadSignature unless `signature` is over `data`."""
        ...


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How the signatures of one kind of verifier key are checked: key, signed bytes, with a time or not."""

    load: Callable[[bytes], VerifyingKey]
    message: Callable[[str, int, bytes], bytes]
    timed: bool

    def verify(self, name: str, key: VerifyingKey, signature: bytes, text: bytes) -> int | None:
        """Raise unless the signature is over the text; return its time, where the algorithm has one."""
        if not self.timed:
            key.verify(signature, self.message(name, 0, text))
            return None
        time = int.from_bytes(signature[:TIME_SIZE], "big")
        if time > MAX_TIME:
            raise BadSignature("signature.bad", key=key.id)
        key.verify(signature[TIME_SIZE:], self.message(name, time, text))
        return time


ALGORITHMS = {
    ED25519: Algorithm(load_public_key, note_message, timed=False),
    COSIGNATURE_V1: Algorithm(load_public_key, cosignature_message, timed=True),
    SUBTREE_V1: Algorithm(load_ml_dsa_key, subtree_message, timed=True),
}
"""Every kind of verifier key that opens a note, by its byte (signed-note, "Signature types")."""


# --- cosigning ------------------------------------------------------------------------------------------


class Cosigner(Protocol):
    """Whatever cosigns: an Ed25519 or ML-DSA-44 key in memory, a card, a module elsewhere."""

    @property
    def public_key(self) -> PublicKey | MlDsaKey:
        """The public half, whose kind decides the algorithm."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`."""
        ...


def cosigner_vkey(name: str, key: PublicKey | MlDsaKey) -> str:
    """Write the verifier key of a cosigner."""
    return vkey_line(name, _algorithm(key), key.raw)


def cosign(text: bytes, name: str, signer: Cosigner, time: int) -> bytes:
    """Return the signature line of a cosigner over a checkpoint's text, at a POSIX time in seconds.

    Raises CheckpointError unless the text is a checkpoint: nothing else is cosigned.
    """
    parse_checkpoint(text)
    if not 0 <= time <= MAX_TIME:
        raise ValueError(f"a cosignature has a time from 0 to 2^63 - 1, not {time}")
    algorithm = _algorithm(signer.public_key)
    signature = signer.sign(ALGORITHMS[algorithm].message(name, time, text))
    key = key_id(name, algorithm, signer.public_key.raw)
    return signature_line(name, key, time.to_bytes(TIME_SIZE, "big") + signature)


def _algorithm(key: PublicKey | MlDsaKey) -> int:
    return COSIGNATURE_V1 if isinstance(key, PublicKey) else SUBTREE_V1
