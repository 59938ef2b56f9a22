"""The byte store of evidence: files by their SHA-256, outside the log, behind one small interface."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from audit.ledger.errors import EvidenceError

SYNCS = 8
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


class EvidenceStore(Protocol):
    """Where evidence bytes lie."""

    def put(self, *contents: bytes) -> list[str]:
        """Keep files durably, all at once; return their digests."""
        ...

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a file has, or nothing when it is not there."""
        ...

    def read(self, sha256: str) -> bytes:
        """Return a file's bytes; raises EvidenceError when missing or altered."""
        ...


class DirectoryStore:
    """Evidence in a directory: `ab/abcd...`, written beside, synced, renamed, synced again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, *contents: bytes) -> list[str]:
        """Keep files durably, all at once; return their digests."""
        digests = [hashlib.sha256(content).hexdigest() for content in contents]
        missing = {d: c for d, c in zip(digests, contents, strict=True) if not self._is(d, c)}
        if missing:
            self._keep(missing)
        return digests

    def _is(self, digest: str, content: bytes) -> bool:
        """Whether a file is there as it should be; one that was altered since is written again."""
        try:
            return self._file(digest).read_bytes() == content
        except FileNotFoundError:
            return False

    def _keep(self, missing: dict[str, bytes]) -> None:
        """Write and sync; the waits for the disk overlap, since each of them is most of the time it takes."""
        files = {self._file(digest): content for digest, content in missing.items()}
        with ThreadPoolExecutor(SYNCS) as pool:
            list(pool.map(self._write, files.keys(), files.values()))
            list(pool.map(_sync, {path.parent for path in files} | {self._path}))

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a file has, or nothing when it is not there."""
        try:
            return self._file(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, sha256: str) -> bytes:
        """Return a file's bytes; raises EvidenceError when missing or altered."""
        try:
            content = self._file(sha256).read_bytes()
        except FileNotFoundError:
            raise EvidenceError("evidence.missing", sha256) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise EvidenceError("evidence.altered", sha256)
        return content

    def names(self) -> Iterable[str]:
        """Return the digests of all files."""
        return sorted(p.name for p in self._path.glob("??/*") if _NAME.fullmatch(p.name))

    def _file(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise EvidenceError("evidence.malformed_name", sha256)
        return self._path / sha256[:2] / sha256

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
