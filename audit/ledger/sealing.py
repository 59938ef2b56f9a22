"""Evidence at rest: sealed in chunks with a key of each file's own, which a key kept apart wraps.

What it looks like on the disk is in docs/formats/evidence.md.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.ledger.errors import EvidenceError

MAGIC = b"minhchung.evidence/v1\n"
PIECES = b"minhchung.incoming/v1\n"
"""A file that is on its way in: as long as the other, so that a head is always as long."""
PLAIN = 64 * 1024
"""Bytes that a chunk seals; the last one of a file seals what is left, at least one unless it is empty."""
KEY = 32
TAG = 16
NONCE = 12
ID = 8
HEAD = len(MAGIC) + ID + NONCE + KEY + TAG
SEALED = PLAIN + TAG
_CHUNK = Struct(">I7x?")
"""The nonce of a chunk: its number, and whether it is the last (STREAM, Hoang et al. 2015)."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's own key, and the head that it is wrapped in."""

    head: bytes
    cipher: AESGCM

    def seal(self, piece: bytes, beside: bytes) -> bytes:
        """Return a random nonce and a sealed piece; what is `beside` it has to be there when it is opened."""
        nonce = os.urandom(NONCE)
        return nonce + self.cipher.encrypt(nonce, piece, beside)

    def unseal(self, sealed: bytes, beside: bytes, sha256: str) -> bytes:
        """Return a piece; raises EvidenceError `evidence.altered`."""
        return _opened(self.cipher, sealed[:NONCE], sealed[NONCE:], beside, sha256)


class Vault:
    """The keys kept apart, 32 bytes each: the first seals, all of them open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY for key in keys):
            raise ValueError(f"{len(keys)} keys; there is one at least, and each has {KEY} bytes")
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self._first = key_id(keys[0])

    def begin(self, sha256: str, magic: bytes = MAGIC) -> Opened:
        """Make a key for a file, and the head that it lies in; the head belongs to this digest alone."""
        key, nonce = os.urandom(KEY), os.urandom(NONCE)
        start = magic + self._first
        wrapped = self._keys[self._first].encrypt(nonce, key, start + bytes.fromhex(sha256))
        return Opened(start + nonce + wrapped, AESGCM(key))

    def open(self, sha256: str, head: bytes, magic: bytes = MAGIC) -> Opened:
        """Read a file's key; raises EvidenceError `evidence.altered`, `evidence.sealed` (by another key)."""
        start, nonce = head[: len(magic) + ID], head[len(magic) + ID : -KEY - TAG]
        if len(head) != HEAD or not head.startswith(magic):
            raise EvidenceError("evidence.altered", sha256)
        keeper = self._keys.get(start[len(magic) :])
        if keeper is None:
            raise EvidenceError("evidence.sealed", sha256)
        key = _opened(keeper, nonce, head[-KEY - TAG :], start + bytes.fromhex(sha256), sha256)
        return Opened(head, AESGCM(key))

    def seal(self, sha256: str, content: Iterable[bytes]) -> Iterator[bytes]:
        """Yield a file as it lies on the disk; one that is cut off has no last chunk."""
        its = self.begin(sha256)
        yield its.head
        for number, (chunk, last) in enumerate(_ahead(_cut(content, PLAIN))):
            yield its.cipher.encrypt(_CHUNK.pack(number, last), chunk, None)

    def unseal(self, sha256: str, stored: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what a sealed file holds, each chunk once it is known to be right; raises EvidenceError."""
        pieces = _cut(stored, SEALED, first=HEAD)
        its = self.open(sha256, next(pieces))
        for number, (chunk, last) in enumerate(_ahead(pieces)):
            yield _opened(its.cipher, _CHUNK.pack(number, last), chunk, None, sha256)


def key_id(key: bytes) -> bytes:
    """Return by what a head names the key that wraps it."""
    return hashlib.sha256(b"minhchung.evidence/v1 key\n" + key).digest()[:ID]


def is_sealed(beginning: bytes) -> bool:
    """Whether a stored file is sealed, by its first line."""
    return beginning.startswith(MAGIC)


def plain_size(stored: int) -> int:
    """Return how many bytes a sealed file of this size holds; less than none where it is cut short."""
    sealed = stored - HEAD
    chunks = max(1, -(-sealed // SEALED))
    return sealed - chunks * TAG


def _opened(cipher: AESGCM, nonce: bytes, sealed: bytes, beside: bytes | None, sha256: str) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, beside)
    except InvalidTag:
        raise EvidenceError("evidence.altered", sha256) from None


def _cut(content: Iterable[bytes], size: int, first: int | None = None) -> Iterator[bytes]:
    """Yield the same bytes in pieces of one size, the first of its own; at the end what is left."""
    waiting, wanted = bytearray(), size if first is None else first
    for part in content:
        waiting += part
        while len(waiting) > wanted:  # so that the last piece is never empty, but for an empty file
            yield bytes(waiting[:wanted])
            del waiting[:wanted]
            wanted = size
    if len(waiting) == wanted and wanted != size:
        yield bytes(waiting)
        waiting.clear()
    yield bytes(waiting)


def _ahead(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each piece, and whether it is the last."""
    held = next(pieces, b"")
    for piece in pieces:
        yield held, False
        held = piece
    yield held, True
