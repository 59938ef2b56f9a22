"""Evidence on its way in: pieces of files, each sender's apart, until they are whole and the right ones.

Pieces lie in a folder of the store, under the sender's key and the digest that the file is to have, and
nothing that a sender says becomes a path unless it is sixty-four hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import CHUNK, DirectoryStore

DAY = 24 * 60 * 60
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Incoming:
    """Where the pieces lie that are not whole yet, and notes of what each sender brought today."""

    def __init__(self, path: Path, store: DirectoryStore) -> None:
        self._path = path
        self._store = store

    def offset(self, sender: str, sha256: str) -> int:
        """Return how many bytes of a file are there: all, where the store has it already."""
        if (size := self._store.size(sha256)) is not None:
            return size
        try:
            return self._piece(sender, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def taken(self, sender: str) -> int:
        """Return how many bytes a sender has under way, or brought within a day."""
        folder = self._folder(sender)
        found = 0
        for path in folder.iterdir() if folder.is_dir() else ():
            _, _, brought = path.name.partition(".")
            if brought and path.stat().st_mtime < time.time() - DAY:
                path.unlink(missing_ok=True)
            else:
                found += int(brought) if brought else path.stat().st_size
        return found

    def write(self, sender: str, sha256: str, offset: int, piece: bytes) -> None:
        """Write a piece where it belongs; the digest of the whole is asked for at the end."""
        path = self._piece(sender, sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.seek(offset)
            file.write(piece)

    def beginning(self, sender: str, sha256: str, count: int) -> bytes:
        """Return the first bytes of a file that is under way."""
        with self._piece(sender, sha256).open("rb") as file:
            return file.read(count)

    def keep(self, sender: str, sha256: str) -> None:
        """Put a whole file into the store, durably; raises EvidenceError `evidence.altered` if it is another.

        Of another one nothing stays: it can be sent anew.
        """
        path, hashed, size = self._piece(sender, sha256), hashlib.sha256(), 0
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                hashed.update(chunk)
                size += len(chunk)
            os.fsync(file.fileno())
        if hashed.hexdigest() != sha256:
            path.unlink()
            raise EvidenceError("evidence.altered", sha256)
        self._store.adopt(path, sha256, size)
        path.with_name(f"{sha256}.{size}").touch()

    def drop(self, sender: str, sha256: str) -> None:
        """Forget what was sent of a file."""
        self._piece(sender, sha256).unlink(missing_ok=True)

    def _folder(self, sender: str) -> Path:
        return self._path / _name(sender)

    def _piece(self, sender: str, sha256: str) -> Path:
        return self._folder(sender) / _name(sha256)


def _name(sha256: str) -> str:
    if not _NAME.fullmatch(sha256):
        raise EvidenceError("evidence.malformed_name", sha256)
    return sha256
