"""Evidence on its way in: pieces of files, each sender's apart, until they are whole and the right ones.

Pieces lie in a folder of the store, under the sender's key and the digest that the file is to have, and
nothing that a sender says becomes a path unless it is sixty-four hexadecimal digits. Each piece is sealed as
it comes; what a power cut leaves of the last one is written over.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import Evidence
from audit.ledger.sealing import HEAD, NONCE, PIECES, TAG, Vault

DAY = 24 * 60 * 60
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LENGTH = Struct(">I")
_OFFSET = Struct(">Q")
_OVERHEAD = _LENGTH.size + NONCE + TAG


@dataclass(frozen=True, slots=True)
class _Place:
    """A piece in its file: where it lies, and which bytes of the evidence it holds."""

    at: int
    offset: int
    length: int


class Incoming:
    """Where the pieces lie that are not whole yet, and notes of what each sender brought today."""

    def __init__(self, path: Path, store: Evidence, vault: Vault) -> None:
        self._path = path
        self._store = store
        self._vault = vault

    def offset(self, sender: str, sha256: str) -> int:
        """Return how many bytes of a file are there: all, where the store has it already."""
        if (size := self._store.size(sha256)) is not None:
            return size
        return _end(self._piece(sender, sha256))[1]

    def taken(self, sender: str) -> int:
        """Return how many bytes a sender has under way, or brought within a day."""
        folder = self._folder(sender)
        found = 0
        for path in folder.iterdir() if folder.is_dir() else ():
            _, _, brought = path.name.partition(".")
            if brought and path.stat().st_mtime < time.time() - DAY:
                path.unlink(missing_ok=True)
            else:
                found += int(brought) if brought else _end(path)[1]
        return found

    def write(self, sender: str, sha256: str, offset: int, piece: bytes) -> None:
        """Write the next piece; the digest of the whole is asked for at the end."""
        path = self._piece(sender, sha256)
        end, there = _end(path)
        if there != offset:
            raise ValueError(f"byte {there} comes next, not {offset}")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            if end:
                its = self._vault.open(sha256, file.read(HEAD), PIECES)
                file.truncate(end)
                file.seek(end)
            else:
                its = self._vault.begin(sha256, PIECES)
                file.truncate(0)
                file.write(its.head)
            if piece:
                file.write(_LENGTH.pack(len(piece)) + its.seal(piece, _OFFSET.pack(offset)))

    def beginning(self, sender: str, sha256: str, count: int) -> bytes:
        """Return the first bytes of a file that is under way."""
        found = b""
        for piece in self._content(sender, sha256):
            found += piece
            if len(found) >= count:
                break
        return found[:count]

    def keep(self, sender: str, sha256: str) -> None:
        """Put a whole file into the store, durably; raises EvidenceError `evidence.altered` if it is another.

        Of another one nothing stays: it can be sent anew.
        """
        path = self._piece(sender, sha256)
        size = _end(path)[1]
        try:
            self._store.take(sha256, size, self._content(sender, sha256))
        except EvidenceError:
            path.unlink()
            raise
        path.unlink()
        path.with_name(f"{sha256}.{size}").touch()

    def drop(self, sender: str, sha256: str) -> None:
        """Forget what was sent of a file."""
        self._piece(sender, sha256).unlink(missing_ok=True)

    def _content(self, sender: str, sha256: str) -> Iterator[bytes]:
        path = self._piece(sender, sha256)
        with path.open("rb") as file:
            its = self._vault.open(sha256, file.read(HEAD), PIECES)
            for place in _places(path):
                file.seek(place.at + _LENGTH.size)
                sealed = file.read(NONCE + place.length + TAG)
                yield its.unseal(sealed, _OFFSET.pack(place.offset), sha256)

    def _folder(self, sender: str) -> Path:
        return self._path / _name(sender)

    def _piece(self, sender: str, sha256: str) -> Path:
        return self._folder(sender) / _name(sha256)


def _places(path: Path) -> Iterator[_Place]:
    """Yield the whole pieces in a file; of one that was cut off while it was written, nothing."""
    try:
        with path.open("rb") as file:
            size, at, offset = os.fstat(file.fileno()).st_size, HEAD, 0
            while at + _OVERHEAD <= size:
                file.seek(at)
                (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
                if at + _OVERHEAD + length > size:
                    return
                yield _Place(at, offset, length)
                at, offset = at + _OVERHEAD + length, offset + length
    except FileNotFoundError:
        return


def _end(path: Path) -> tuple[int, int]:
    """Return where the next piece is written (0: nothing is there), and at which byte of the evidence."""
    try:
        end = HEAD if path.stat().st_size >= HEAD else 0
    except FileNotFoundError:
        return 0, 0
    offset = 0
    for place in _places(path):
        end, offset = place.at + _OVERHEAD + place.length, place.offset + place.length
    return end, offset


def _name(sha256: str) -> str:
    if not _NAME.fullmatch(sha256):
        raise EvidenceError("evidence.malformed_name", sha256)
    return sha256
