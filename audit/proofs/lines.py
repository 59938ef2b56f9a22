"""The lines that the C2SP text formats are made of: numbers, hashes, signatures, verifier keys.

Each is read strictly: it counts only if writing what was read gives the same text again. What is not a
line of its kind reads as nothing (None, or no bytes), and its format says what is wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from audit.proofs.merkle import HASH_SIZE, MAX_SIZE

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
SUBTREE_V1 = 0x06
KEY_ID_SIZE = 4
DASH = "\u2014 "
NAME = re.compile(r"[^\s+]{1,255}")


def to_base64(data: bytes) -> str:
    """Write standard base64."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Read standard base64 with padding; no bytes where it is anything else."""
    try:
        raw = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
    return raw if to_base64(raw) == text else b""


def read_hash(text: str) -> bytes:
    """Read a hash of 32 bytes."""
    raw = from_base64(text)
    return raw if len(raw) == HASH_SIZE else b""


def read_number(text: str) -> int | None:
    """Read a size or an index: plain digits, no leading zeros, at most 2^63 - 1."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > MAX_SIZE:
        return None
    return int(text) if str(int(text)) == text else None


def key_id(name: str, algorithm: int, raw: bytes) -> bytes:
    """First four bytes of SHA-256(name || 0x0A || algorithm || key) (signed-note, "Signatures")."""
    return hashlib.sha256(f"{name}\n".encode() + bytes([algorithm]) + raw).digest()[:KEY_ID_SIZE]


def signature_line(name: str, key: bytes, signature: bytes) -> bytes:
    """Write a signature line: dash, name, base64(key id || signature)."""
    return f"{DASH}{name} {to_base64(key + signature)}\n".encode()


def read_signature(line: str) -> tuple[str, bytes] | None:
    """Read a signature line without its line feed as (name, key id || signature)."""
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    raw = from_base64(encoded)
    if not line.startswith(DASH) or not NAME.fullmatch(name) or len(raw) <= KEY_ID_SIZE:
        return None
    return name, raw


def vkey_line(name: str, algorithm: int, raw: bytes) -> str:
    """Write a verifier key: name+hash+base64(algorithm || key) (signed-note, "Verifier keys")."""
    return f"{name}+{key_id(name, algorithm, raw).hex()}+{to_base64(bytes([algorithm]) + raw)}"


def read_vkey(text: str) -> tuple[str, int, bytes] | None:
    """Read a verifier key as (name, algorithm, key); its hash is not looked at yet."""
    name, _, rest = text.partition("+")
    raw = from_base64(rest.partition("+")[2])
    if not NAME.fullmatch(name) or not raw:
        return None
    return name, raw[0], raw[1:]
