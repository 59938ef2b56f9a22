"""C2SP signed-note: a text with signature lines, opened against the verifier keys one trusts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from audit.proofs.errors import NoteError
from audit.proofs.keys import PublicKey, Signer, load_public_key

ED25519 = 0x01
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+]{1,255}")
_CONTROL = re.compile("[\u0000-\u0009\u000b-\u001f\u007f]")


@dataclass(frozen=True, slots=True)
class Note:
    """An opened note: its text (with the final newline) and whose signatures verified."""

    text: bytes
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Verifier:
    name: str
    hash: bytes
    key: PublicKey


def key_hash(name: str, key: PublicKey) -> bytes:
    """First four bytes of SHA-256(name || 0x0A || 0x01 || key) (signed-note, "Signatures")."""
    return hashlib.sha256(f"{name}\n".encode() + bytes([ED25519]) + key.raw).digest()[:4]


def vkey(name: str, key: PublicKey) -> str:
    """Write a verifier key: name+hash+base64(0x01 || key) (signed-note, "Verifier keys")."""
    encoded = base64.b64encode(bytes([ED25519]) + key.raw).decode()
    return f"{name}+{key_hash(name, key).hex()}+{encoded}"


def _parse_vkey(text: str) -> _Verifier:
    name, _, rest = text.partition("+")
    stated_hash, _, encoded = rest.partition("+")
    raw = _from_base64(encoded)
    if not _NAME.fullmatch(name) or not raw:
        raise NoteError("vkey.malformed", stated=text[:80])
    if raw[0] != ED25519:
        raise NoteError("vkey.unknown_algorithm", algorithm=raw[0])
    key = load_public_key(raw[1:])
    if stated_hash != key_hash(name, key).hex():
        raise NoteError("vkey.malformed", stated=text[:80])
    return _Verifier(name, key_hash(name, key), key)


def sign_note(text: bytes, name: str, *signers: Signer) -> bytes:
    """Return the note of a text that ends in a newline, signed under a name."""
    _check_text(text.decode())
    lines = []
    for signer in signers:
        signature = key_hash(name, signer.public_key) + signer.sign(text)
        lines.append(f"{_DASH}{name} {base64.b64encode(signature).decode()}\n")
    return text + b"\n" + "".join(lines).encode()


def open_note(text: bytes, vkeys: Iterable[str]) -> Note:
    """Open a note: at least one trusted signature verifies, and none of a trusted key is bad.

    Signatures of unknown keys are passed over, as the format demands. Raises NoteError `note.malformed`,
    `note.too_long`, `note.no_known_signature`, `vkey.*`; BadSignature `signature.bad`; UnsafeKey.
    """
    verifiers = [_parse_vkey(stated) for stated in vkeys]
    body, signatures = _split(text)
    verified: list[_Verifier] = []
    for name, raw in signatures:
        known = next((v for v in verifiers if v.name == name and v.hash == raw[:4]), None)
        if known is None:
            continue
        if known in verified:
            raise NoteError("note.signature_twice", name=name)
        known.key.verify(raw[4:], body)
        verified.append(known)
    if not verified:
        raise NoteError("note.no_known_signature", signatures=len(signatures))
    return Note(body, tuple(dict.fromkeys(verifier.name for verifier in verified)))


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
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _from_base64(encoded)
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(raw) < 5:
        raise NoteError("note.malformed", reason="signature line")
    return name, raw


def _from_base64(text: str) -> bytes:
    """Standard base64: read, written back, compared; empty where it is anything else."""
    try:
        raw = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
