"""The byte store of evidence: files by their SHA-256, outside the log, behind one small interface.

A file that was altered, and comes in once more, is kept beside the good one: it is evidence itself.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from audit.ledger.errors import EvidenceError

SYNCS = 8
CHUNK = 1 << 20
ALTERED = ".altered"
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
        """Whether a file is there as it should be; one that was altered since is set aside."""
        try:
            self.check(digest, len(content))
        except EvidenceError as wrong:
            if wrong.rule == "evidence.altered":
                path = self._file(digest)
                path.replace(path.with_name(f"{digest}{ALTERED}"))
            return False
        return True

    def _keep(self, missing: dict[str, bytes]) -> None:
        """Write and sync; the waits for the disk overlap, since each of them is most of the time it takes."""
        files = {self._file(digest): content for digest, content in missing.items()}
        with ThreadPoolExecutor(SYNCS) as pool:
            list(pool.map(self._write, files.keys(), files.values()))
            list(pool.map(_sync, {path.parent for path in files} | {self._path}))

    def adopt(self, path: Path, sha256: str, size: int) -> None:
        """Take over a file on the same disk whose bytes are synced and have this digest; durably."""
        target = self._file(sha256)
        try:
            self.check(sha256, size)
        except EvidenceError as wrong:
            if wrong.rule == "evidence.altered":
                target.replace(target.with_name(f"{sha256}{ALTERED}"))
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            _sync(target.parent)
            _sync(self._path)
        else:
            path.unlink()

    def size(self, sha256: str) -> int | None:
        """Return how many bytes a file has, or nothing when it is not there."""
        try:
            return os.stat(f"{self._path}/{sha256[:2]}/{sha256}").st_size
        except FileNotFoundError:
            return None

    def read(self, sha256: str) -> bytes:
        """Return a file's bytes; raises EvidenceError when missing or altered."""
        content = b"".join(self._chunks(sha256))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise EvidenceError("evidence.altered", sha256)
        return content

    def check(self, sha256: str, size: int) -> None:
        """Raise EvidenceError unless a file of this size is there as it should be; it may be large."""
        hashed, left = hashlib.sha256(), size
        for chunk in self._chunks(sha256):
            hashed.update(chunk)
            left -= len(chunk)
            if left < 0:
                break
        if left != 0 or hashed.hexdigest() != sha256:
            raise EvidenceError("evidence.altered", sha256)

    def _chunks(self, sha256: str) -> Iterator[bytes]:
        """Read a plain file: a pipe in its place would be waited for, a device has no end."""
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self._file(sha256), flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise EvidenceError("evidence.altered", sha256)
                while chunk := file.read(CHUNK):
                    yield chunk
        except (FileNotFoundError, NotADirectoryError):
            raise EvidenceError("evidence.missing", sha256) from None
        except OSError:
            raise EvidenceError("evidence.altered", sha256) from None

    def set_aside(self) -> Iterable[str]:
        """Return the digests of files that had been altered when they came in once more."""
        found = self._path.glob(f"??/*{ALTERED}")
        return sorted(p.name.removesuffix(ALTERED) for p in found if _NAME.fullmatch(p.name[:64]))

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
