"""The byte store of evidence: files by their SHA-256, outside the log, sealed wherever there is a key.

A file that was altered, and comes in once more, is kept beside the good one: it is evidence itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol

from audit.ledger.errors import EvidenceError
from audit.ledger.sealing import MAGIC, Vault, is_sealed, plain_size
from audit.ledger.shelves import DirectoryShelf, Shelf

_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
Keys = Callable[[], Vault | None]
"""Where the keys that seal are asked for when they are needed; nothing where there are none."""


class EvidenceStore(Protocol):
    """What the intake asks of evidence."""

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a file has, or nothing when it is not there."""
        ...


class Evidence:
    """Evidence files on a shelf. What is there from before there was a key stays readable as it lies."""

    def __init__(self, shelf: Shelf, keys: Keys = lambda: None) -> None:
        self._shelf = shelf
        self._keys = keys

    @classmethod
    def at(cls, path: Path, keys: Keys = lambda: None) -> Evidence:
        """Return what lies in a directory."""
        return cls(DirectoryShelf(path), keys)

    # --- in ---------------------------------------------------------------------------------------------

    def put(self, *contents: bytes) -> list[str]:
        """Keep files durably, all at once; return their digests."""
        digests = [hashlib.sha256(content).hexdigest() for content in contents]
        missing = {d: c for d, c in zip(digests, contents, strict=True) if not self._is(d, len(c))}
        if missing:
            self._shelf.keep({d: self._stored(d, [c]) for d, c in missing.items()})
        return digests

    def take(self, sha256: str, size: int, content: Iterable[bytes]) -> None:
        """Keep one file, which may be large; raises EvidenceError `evidence.altered` if it is another."""
        if not self._is(sha256, size):
            self._shelf.keep({sha256: self._stored(sha256, _checked(sha256, size, content))})

    def copy_to(self, target: Evidence, sha256: str) -> None:
        """Copy a file as it lies; raises EvidenceError where it is missing, or found to be altered.

        What is sealed by a key that is not at hand cannot be looked into, and is copied all the same.
        """
        try:
            for _ in self.content(sha256):
                pass
        except EvidenceError as wrong:
            if wrong.rule != "evidence.sealed":
                raise
        target._shelf.keep({sha256: self._shelf.chunks(sha256)})

    def seal(self) -> int:
        """Seal what lies there from before there was a key; return how many files that were."""
        plain = [name for name in self.names() if not is_sealed(self._beginning(name))]
        for name in plain:
            self._shelf.keep({name: self._stored(name, _checked(name, None, self._shelf.chunks(name)))})
        return len(plain)

    def _is(self, sha256: str, size: int) -> bool:
        """Whether a file is there as it should be; one that was altered since is set aside."""
        try:
            self.check(sha256, size)
        except EvidenceError as wrong:
            if wrong.rule == "evidence.altered":
                self._shelf.set_aside(sha256)
            return False
        return True

    def _stored(self, sha256: str, content: Iterable[bytes]) -> Iterable[bytes]:
        vault = self._keys()
        return content if vault is None else vault.seal(sha256, content)

    # --- out --------------------------------------------------------------------------------------------

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a file has, or nothing when it is not there."""
        stored = self._shelf.size(_name(sha256))
        if stored is None or not is_sealed(self._beginning(sha256)):
            return stored
        return plain_size(stored)

    def read(self, sha256: str) -> bytes:
        """Return a file's bytes; raises EvidenceError."""
        return b"".join(self.content(sha256))

    def check(self, sha256: str, size: int) -> None:
        """Raise EvidenceError unless a file of this size is there as it should be; it may be large."""
        for _ in _checked(sha256, size, self._plain(_name(sha256))):
            pass

    def content(self, sha256: str) -> Iterator[bytes]:
        """Yield a file's bytes; raises EvidenceError, at the end too.

        `evidence.missing`, `evidence.altered`, or `evidence.sealed` where it is sealed by a key that is not
        at hand.
        """
        return _checked(sha256, None, self._plain(_name(sha256)))

    def _plain(self, sha256: str) -> Iterator[bytes]:
        chunks = self._shelf.chunks(sha256)
        first = next(chunks, b"")
        whole = chain([first], chunks)
        if not is_sealed(first):
            return whole
        vault = self._keys()
        if vault is None:
            raise EvidenceError("evidence.sealed", sha256)
        return vault.unseal(sha256, whole)

    def _beginning(self, sha256: str) -> bytes:
        try:
            return next(self._shelf.chunks(sha256, len(MAGIC)), b"")
        except EvidenceError:
            return b""

    # --- what is there ----------------------------------------------------------------------------------

    def is_closed(self, sha256: str) -> bool:
        """Whether a file is sealed by a key that is not at hand."""
        try:
            next(self._plain(sha256), b"")
        except EvidenceError as wrong:
            return wrong.rule == "evidence.sealed"
        return False

    def any_sealed(self) -> bool:
        """Whether something is there that no new key opens."""
        return any(is_sealed(self._beginning(name)) for name in self.names())

    def set_aside(self) -> Iterable[str]:
        """Return the digests of files that had been altered when they came in once more."""
        return sorted(name for name in self._shelf.aside() if _NAME.fullmatch(name[:64]))

    def names(self) -> Iterable[str]:
        """Return the digests of all files."""
        return sorted(name for name in self._shelf.names() if _NAME.fullmatch(name))


def _checked(sha256: str, size: int | None, content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes; at the end raise EvidenceError if they were not those that the digest names."""
    hashed, found = hashlib.sha256(), 0
    for chunk in content:
        hashed.update(chunk)
        found += len(chunk)
        if size is not None and found > size:
            break
        yield chunk
    if size not in (None, found) or hashed.hexdigest() != sha256:
        raise EvidenceError("evidence.altered", sha256)


def _name(sha256: str) -> str:
    if not _NAME.fullmatch(sha256):
        raise EvidenceError("evidence.malformed_name", sha256)
    return sha256
