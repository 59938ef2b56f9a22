"""The anchor: the checkpoints that were acknowledged, in an append-only file, at best on another disk.

A database that comes back from a backup, or from somebody's hands, knows nothing of what it lost; the anchor
does. It grows by compare-and-swap under a lock of the file, for threads and processes alike, and only by a
head that is proved to hold what it held before (docs/formats/anchor.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from audit.ledger.errors import StartRefused
from audit.ledger.files import create_whole
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import AuditError, MerkleError
from audit.proofs.head import verify_growth
from audit.proofs.note import unverified_text

HEADER = b"minhchung.anchor/v1\n"
_MARK = re.compile(rb"# [0-9a-f]{64}\n")
_TORN_NOTE = re.compile(
    rb"[^\s+]*(?:\n[0-9]*(?:\n[A-Za-z0-9+/=]{0,44}(?:\n(?:\n"
    rb"(?:\xe2\x80\x94 [^\s+]+ [A-Za-z0-9+/=]+\n)*"
    rb"(?:\xe2?|\xe2\x80|\xe2\x80\x94(?: (?:[^\s+]*(?: [A-Za-z0-9+/=]*)?)?)?)"
    rb")?)?)?)?"
)
"""Any beginning of a note: what a write leaves behind that was cut short."""

Prove = Callable[[int, int], Sequence[bytes]]
"""Two sizes of the log -> the consistency proof from the smaller to the larger tree."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A checkpoint that was acknowledged, and its note; nobody has checked the note's signatures yet."""

    checkpoint: Checkpoint
    note: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the file was read: to the end of which record, its number and mark."""

    end: int = len(HEADER)
    number: int = 0
    mark: bytes = hashlib.sha256(HEADER).digest()
    newest: Anchored | None = None

    def after(self, note: bytes) -> bytes:
        """Return the mark of a record that follows here: each covers all before it."""
        return hashlib.sha256(self.mark + note).digest()


class Anchor:
    """The file, shared by all that write the log. `newest` is what it held when this process last looked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place = _Place()

    @classmethod
    def create(cls, path: Path) -> Anchor:
        """Begin an anchor that holds nothing yet; raises StartRefused `anchor.no_folder`, `anchor.there`."""
        if not path.parent.is_dir():
            raise StartRefused("anchor.no_folder", path=str(path.parent))
        try:
            create_whole(path, HEADER)
        except FileExistsError:
            raise StartRefused("anchor.there", path=str(path)) from None
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Anchor:
        """Read an anchor from its beginning to its end, and cut off a record that was not written whole.

        Raises StartRefused `anchor.missing`, `anchor.damaged`.
        """
        if not path.exists():
            raise StartRefused("anchor.missing", path=str(path))
        anchor = cls(path)
        with anchor._locked() as file:
            anchor._follow(file)
        return anchor

    @property
    def newest(self) -> Anchored | None:
        """The largest checkpoint that was acknowledged."""
        return self._place.newest

    def records(self) -> Iterator[Anchored]:
        """Read what is held, oldest first; raises StartRefused `anchor.damaged`."""
        with self.path.open("rb") as file:
            self._check_header(file)
            for place in self._places(file, _Place(), []):
                if place.newest is not None:
                    yield place.newest

    def advance(self, note: bytes, prove: Prove) -> None:
        """Take in the log's new head; when this returns, it is on the disk.

        An anchor that is ahead, and whose head holds this one, is another process's success. Raises
        StartRefused `anchor.other_log`, `anchor.contradicted`, `anchor.damaged`, and OSError.
        """
        head = parse_checkpoint(unverified_text(note))
        with self._locked() as file:
            self._follow(file)
            held = self.newest.checkpoint if self.newest else None
            if held is not None:
                _check_growth(held, head, prove)
            if held is None or held.size < head.size:
                self._append(file, Anchored(head, note))

    # --- reading ----------------------------------------------------------------------------------------

    def _follow(self, file: BinaryIO) -> None:
        """Read what was appended since, by whomever; cut a torn record off (the lock is held)."""
        if os.fstat(file.fileno()).st_size < self._place.end:
            raise self._damaged(self._place.number)
        self._check_header(file)
        file.seek(self._place.end)
        rest: list[bytes] = []
        for place in self._places(file, self._place, rest):
            self._place = place
        if rest:
            self._check_torn(b"".join(rest))
            os.ftruncate(file.fileno(), self._place.end)
            os.fsync(file.fileno())

    def _check_header(self, file: BinaryIO) -> None:
        if file.read(len(HEADER)) != HEADER:
            raise self._damaged(0)

    def _places(self, file: BinaryIO, place: _Place, rest: list[bytes]) -> Iterator[_Place]:
        """Read whole records from a place on; leave in `rest` the lines after the last one."""
        for line in file:
            rest.append(line)
            if _MARK.fullmatch(line):
                place = self._record(place, b"".join(rest[:-1]), line)
                rest.clear()
                yield place

    def _record(self, before: _Place, note: bytes, line: bytes) -> _Place:
        mark = before.after(note)
        number = before.number + 1
        if line != _mark_line(mark):
            raise self._damaged(number)
        try:
            head = parse_checkpoint(unverified_text(note))
        except AuditError:
            raise self._damaged(number) from None
        held = before.newest.checkpoint if before.newest else None
        if held is not None and (held.origin != head.origin or held.size >= head.size):
            raise self._damaged(number)
        return _Place(before.end + len(note) + len(line), number, mark, Anchored(head, note))

    def _check_torn(self, rest: bytes) -> None:
        """Raise unless this is the beginning of a record: whole ones are never given up."""
        rest = rest.rstrip(b"\0")  # a file may have grown before its bytes reached the disk
        note, hash_sign, begun = rest.partition(b"\n#")
        expected = _mark_line(self._place.after(note + b"\n"))
        if not _TORN_NOTE.fullmatch(note) or (hash_sign and not expected.startswith(b"#" + begun)):
            raise self._damaged(self._place.number + 1)

    def _damaged(self, number: int) -> StartRefused:
        return StartRefused("anchor.damaged", path=str(self.path), number=number)

    # --- writing ----------------------------------------------------------------------------------------

    def _append(self, file: BinaryIO, anchored: Anchored) -> None:
        mark = self._place.after(anchored.note)
        record = memoryview(anchored.note + _mark_line(mark))
        end = self._place.end + len(record)
        while record:
            record = record[os.write(file.fileno(), record) :]
        os.fsync(file.fileno())
        self._place = _Place(end, self._place.number + 1, mark, anchored)

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """Open the file under its name, each time anew: one that was moved away is not written to."""
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        with os.fdopen(handle, "rb", buffering=1 << 16) as file:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield file


def _mark_line(mark: bytes) -> bytes:
    return b"# " + mark.hex().encode() + b"\n"


def _check_growth(held: Checkpoint, head: Checkpoint, prove: Prove) -> None:
    """Raise unless the larger of two heads is proved to hold the smaller one."""
    if held.origin != head.origin:
        raise StartRefused("anchor.other_log", stated=held.origin, expected=head.origin)
    older, newer = sorted((held, head), key=lambda one: one.size)
    try:
        proof = prove(older.size, newer.size) if older.size < newer.size else ()
        verify_growth(older, newer, proof)
    except MerkleError as wrong:
        raise StartRefused("anchor.contradicted", anchored=held.size, size=head.size) from wrong
