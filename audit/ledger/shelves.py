"""Where stored files lie, by name: a directory, or whatever else keeps bytes; it knows no more of them."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from audit.ledger.errors import EvidenceError
from audit.ledger.files import sync_folder

SYNCS = 8
CHUNK = 1 << 20
ALTERED = ".altered"


class Shelf(Protocol):
    """Files by name; names are digests, which whoever asks has made sure of."""

    def size(self, name: str) -> int | None:
        """Return how many bytes are stored, or nothing when there is no such file."""
        ...

    def chunks(self, sha256: str, most: int = CHUNK) -> Iterator[bytes]:
        """Yield a file's bytes; raises EvidenceError `evidence.missing`, or `.altered` (no plain file)."""
        ...

    def keep(self, files: Mapping[str, Iterable[bytes]]) -> None:
        """Keep files, durably and each whole or not at all; what making their bytes raises is raised."""
        ...

    def set_aside(self, name: str) -> None:
        """Keep a file that was altered under another name."""
        ...

    def aside(self) -> Iterable[str]:
        """Return the names of files that were set aside."""
        ...

    def names(self) -> Iterable[str]:
        """Return all names, whatever lies there."""
        ...


class DirectoryShelf:
    """Files in a directory: `ab/abcd...`, written beside, synced, renamed, synced again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self, name: str) -> int | None:
        """Return how many bytes are stored, or nothing when there is no such file."""
        try:
            return self._file(name).stat().st_size
        except FileNotFoundError:
            return None

    def chunks(self, sha256: str, most: int = CHUNK) -> Iterator[bytes]:
        """Read a plain file: a pipe in its place would be waited for, a device has no end."""
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self._file(sha256), flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise EvidenceError("evidence.altered", sha256)
                while chunk := file.read(most):
                    yield chunk
        except (FileNotFoundError, NotADirectoryError):
            raise EvidenceError("evidence.missing", sha256) from None
        except OSError:
            raise EvidenceError("evidence.altered", sha256) from None

    def keep(self, files: Mapping[str, Iterable[bytes]]) -> None:
        """Write and sync; the waits for the disk overlap, since each of them is most of the time it takes."""
        paths = {self._file(name): content for name, content in files.items()}
        if len(paths) == 1:
            for path, content in paths.items():
                self._write(path, content)
                sync_folder(path.parent)
                sync_folder(self._path)
            return
        with ThreadPoolExecutor(SYNCS) as pool:
            list(pool.map(self._write, paths.keys(), paths.values()))
            list(pool.map(sync_folder, {path.parent for path in paths} | {self._path}))

    def set_aside(self, name: str) -> None:
        """Keep a file that was altered under another name."""
        path = self._file(name)
        path.replace(path.with_name(f"{name}{ALTERED}"))

    def aside(self) -> Iterable[str]:
        """Return the names of files that were set aside."""
        return (path.name.removesuffix(ALTERED) for path in self._path.glob(f"??/*{ALTERED}"))

    def names(self) -> Iterable[str]:
        """Return all names, whatever lies there."""
        return (path.name for path in self._path.glob("??/*"))

    def _file(self, name: str) -> Path:
        return self._path / name[:2] / name

    @staticmethod
    def _write(path: Path, content: Iterable[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
