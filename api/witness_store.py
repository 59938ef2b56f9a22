"""What a witness remembers: the newest head it cosigned of each log, in a directory that survives any crash.

Comparing and replacing is one step under one lock, for threads and processes alike; a new head is on the
disk, under its name, before anybody hears of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.contradiction import Contradiction, format_contradiction
from audit.proofs.errors import AuditError
from audit.proofs.note import open_note, unverified_text

BEGUN = b"minhchung.witness/v1 begun\n"


class WitnessStopped(Exception):
    """A witness does not go on before somebody has looked at it."""


@dataclass(slots=True)
class Memory:
    """What is remembered of one log while the lock is held: a note, or nothing yet."""

    path: Path
    note: bytes | None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The head that was cosigned last."""
        return None if self.note is None else parse_checkpoint(unverified_text(self.note))

    def replace(self, note: bytes) -> None:
        """Remember a newer head; when this returns, nothing loses it."""
        write_whole(self.path, note)
        self.note = note


class WitnessStore:
    """The directory of a witness. `vkeys` are its own: what it remembers must bear its own cosignature."""

    def __init__(self, directory: Path, vkeys: tuple[str, ...]) -> None:
        self.directory = directory
        self._vkeys = vkeys

    def begin(self, origin: str) -> None:
        """Start to remember a log; one that is remembered already stays as it is."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._path(origin).exists():
                write_whole(self._path(origin), BEGUN)

    def check(self, origin: str) -> None:
        """Raise WitnessStopped unless what is remembered of a log is there and is this witness's own."""
        self._read(origin)

    @contextmanager
    def memory(self, origin: str) -> Iterator[Memory]:
        """Hold the lock over what is remembered of a log: nobody else compares or replaces meanwhile."""
        with self._locked():
            yield self._read(origin)

    def keep(self, found: Contradiction) -> Path:
        """Keep the evidence of a contradiction; the same one is kept once."""
        data = format_contradiction(found)
        path = self.directory / f"contradiction-{hashlib.sha256(data).hexdigest()[:32]}.txt"
        if not path.exists():
            write_whole(path, data)
        return path

    def _read(self, origin: str) -> Memory:
        path = self._path(origin)
        try:
            kept = path.read_bytes()
        except FileNotFoundError:
            raise WitnessStopped(
                f"nothing is remembered of {origin}, and a lost memory is not taken for a new log; "
                "restore it, or begin with this log"
            ) from None
        if kept == BEGUN:
            return Memory(path, None)
        try:
            stated = parse_checkpoint(open_note(kept, self._vkeys).text)
        except AuditError as wrong:
            raise WitnessStopped(f"{path} is not what this witness cosigned: {wrong}") from None
        if stated.origin != origin:
            raise WitnessStopped(f"{path} is about {stated.origin}, not {origin}")
        return Memory(path, kept)

    def _path(self, origin: str) -> Path:
        return self.directory / f"head-{hashlib.sha256(origin.encode()).hexdigest()[:32]}.note"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """A lock of the operating system: it ends with the process, however that ends."""
        handle = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place as a whole: written beside it, flushed, renamed, and the directory flushed."""
    beside = path.with_name(f"{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)  # from here on a crash loses nothing
    finally:
        os.close(folder)
