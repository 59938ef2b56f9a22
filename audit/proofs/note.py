"""C2SP signed-note: a text with signature lines, opened against the verifier keys one trusts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from audit.proofs.cosignature import ALGORITHMS, VerifyingKey
from audit.proofs.errors import NoteError
from audit.proofs.keys import PublicKey, Signer
from audit.proofs.lines import (
    ED25519,
    KEY_ID_SIZE,
    key_id,
    read_signature,
    read_vkey,
    signature_line,
    vkey_line,
)

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_CONTROL = re.compile("[\u0000-\u0009\u000b-\u001f\u007f]")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that verified: under which verifier key, at what time if it tells one, and its line."""

    vkey: str
    name: str
    algorithm: int
    time: int | None
    line: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """An opened note: its text (with the final newline) and whose signatures verified."""

    text: bytes
    signers: tuple[str, ...]
    signatures: tuple[Signed, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A verifier key that was read: `line` is its spelling, `number` the byte of its algorithm."""

    line: str
    name: str
    number: int
    id: bytes
    key: VerifyingKey

    def check(self, signature: bytes, text: bytes) -> Signed:
        """Raise unless the signature, without the key id, is this key's over a note's text."""
        time = ALGORITHMS[self.number].verify(self.name, self.key, signature, text)
        return Signed(self.line, self.name, self.number, time, signature_line(self.name, self.id, signature))


def key_hash(name: str, key: PublicKey) -> bytes:
    """First four bytes of SHA-256(name || 0x0A || 0x01 || key) (signed-note, "Signatures")."""
    return key_id(name, ED25519, key.raw)


def vkey(name: str, key: PublicKey) -> str:
    """Write the verifier key of an Ed25519 key: name+hash+base64(0x01 || key)."""
    return vkey_line(name, ED25519, key.raw)


@lru_cache(maxsize=1024)
def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key; raises NoteError `vkey.malformed`, `vkey.unknown_algorithm`, and UnsafeKey."""
    read = read_vkey(text)
    if read is None:
        raise NoteError("vkey.malformed", stated=text[:80])
    name, number, raw = read
    if number not in ALGORITHMS:
        raise NoteError("vkey.unknown_algorithm", algorithm=number)
    key = ALGORITHMS[number].load(raw)
    if text != vkey_line(name, number, raw):
        raise NoteError("vkey.malformed", stated=text[:80])
    return VerifierKey(text, name, number, key_id(name, number, raw), key)


def sign_note(text: bytes, name: str, *signers: Signer) -> bytes:
    """Return the note of a text that ends in a newline, signed under a name."""
    _check_text(text.decode())
    lines = (signature_line(name, key_hash(name, s.public_key), s.sign(text)) for s in signers)
    return text + b"\n" + b"".join(lines)


def open_note(text: bytes, vkeys: Iterable[str]) -> Note:
    """Open a note: at least one trusted signature verifies, and none of a trusted key is bad.

    Verifier keys of Ed25519, cosignature/v1 and ML-DSA-44 (`ALGORITHMS`) are trusted alike: what it takes
    more than one signature, a policy says. Signatures of unknown keys are passed over, as the format demands.
    Raises NoteError `note.malformed`, `note.too_long`, `note.no_known_signature`, `note.signature_twice`,
    `vkey.*`; BadSignature `signature.bad`; UnsafeKey; CheckpointError, where ML-DSA signed another text.
    """
    verifiers = [parse_vkey(stated) for stated in vkeys]
    body, signatures = _split(text)
    verified: dict[str, Signed] = {}
    for name, raw in signatures:
        known = next((v for v in verifiers if v.name == name and v.id == raw[:KEY_ID_SIZE]), None)
        if known is None:
            continue
        if known.line in verified:
            raise NoteError("note.signature_twice", name=name)
        verified[known.line] = known.check(raw[KEY_ID_SIZE:], body)
    if not verified:
        raise NoteError("note.no_known_signature", signatures=len(signatures))
    signed = tuple(verified.values())
    return Note(body, tuple(dict.fromkeys(found.name for found in signed)), signed)


def unverified_text(note: bytes) -> bytes:
    """Return the text of a note nobody has checked: to see which keys it must be opened with."""
    return _split(note)[0]


def append_lines(note: bytes, lines: bytes) -> bytes:
    """Return a note with more signature lines; raises NoteError unless that is a note again."""
    _split(note)
    _split(note + lines)
    return note + lines


def _split(text: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    if len(text) > MAX_NOTE:
        raise NoteError("note.too_long", size=len(text), limit=MAX_NOTE)
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        raise NoteError("note.malformed", reason="not UTF-8") from None
    body, blank, tail = decoded.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("note.malformed", reason="no signature block")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("note.malformed", reason="too many signatures")
    _check_text(decoded)
    return (body + "\n").encode(), [_signature(line) for line in lines]


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("note.malformed", reason="text")


def _signature(line: str) -> tuple[str, bytes]:
    read = read_signature(line)
    if read is None:
        raise NoteError("note.malformed", reason="signature line")
    return read
