"""Copies of a log that can be verified with nothing but Python: a data directory on SQLite, or an export.

An export is a folder laid out as C2SP tlog-tiles has it: `checkpoint`, `tile/0/...` with the leaf hashes,
`tile/entries/...` with the entries; beside them `checkpoints/SIZE` with every note the log signed, and
`timestamps.json` with the time tokens, `openings.json` for those who may read the words.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.commitment import Opening
from audit.proofs.entry import MAX_ENTRY, parse_entry
from audit.proofs.errors import AuditError, CopyError
from audit.proofs.files import read_file, read_list
from audit.proofs.finding import Finding
from audit.proofs.lines import from_base64
from audit.proofs.log_copy import LogCopy, Row
from audit.proofs.merkle import HASH_SIZE
from audit.proofs.note import MAX_NOTE, append_lines, unverified_text
from audit.proofs.statement import Statement, parse_statement
from audit.proofs.stored import check_shape, check_storage
from audit.proofs.tiles import TILE_WIDTH, read_bundle, split_hashes, tiles
from audit.proofs.timestamp import Token

DATABASE = "minhchung.db"
MAX_BESIDE = 1 << 30
"""The largest file of words or time tokens that is read."""
_SIZE = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """A copy as it was found, and its checkpoints with the lines that others signed, newest first."""

    copy: LogCopy
    cosigned: tuple[tuple[int, bytes], ...]
    tokens: tuple[Token, ...] = ()
    """The time tokens that are kept with it."""
    storage: tuple[Finding, ...] = ()
    """What is wrong with the file that it lies in."""

    @property
    def stamped_sizes(self) -> frozenset[int]:
        """The sizes at which somebody else may have seen the log."""
        return frozenset({size for size, _ in self.cosigned} | {token.size for token in self.tokens})

    @property
    def texts(self) -> dict[int, bytes]:
        """The text of each checkpoint that has a time token; of a note that is none, nothing."""
        notes, found = dict(self.copy.checkpoints), {}
        for size in {token.size for token in self.tokens} & notes.keys():
            try:
                found[size] = unverified_text(notes[size])
            except AuditError:
                continue
        return found


def open_copy(path: Path, sizes: Collection[int] = ()) -> Found:
    """Open a data directory or an export.

    Raises CopyError `copy.unreadable` for what is neither, StoredError for a database that cannot be read as
    one of a log.
    """
    try:
        if (path / DATABASE).is_file():
            return _directory(path / DATABASE, sizes)
        if (path / "checkpoint").is_file():
            return _export(path, sizes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, sqlite3.DatabaseError) as wrong:
        raise CopyError("copy.unreadable", path=str(path), reason=str(wrong)) from None
    raise CopyError("copy.unreadable", path=str(path), reason="neither a data directory nor an export")


# --- a data directory -----------------------------------------------------------------------------------


def _directory(path: Path, sizes: Collection[int]) -> Found:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    check_shape(database)
    hashes = b"".join(row[0] for row in database.execute(_LEAVES))
    notes = [(int(size), bytes(note)) for size, note in database.execute(_NOTES)]
    size, root = database.execute("SELECT size, root FROM head").fetchone()
    words: dict[str, list[Opening]] = {}
    for statement, name, salt, value in database.execute(_WORDS):
        words.setdefault(statement, []).append(Opening(name, salt, value))
    copy = LogCopy(_rows(database), split_hashes(hashes), (size, root), notes, words, sizes=sizes)
    tokens = (
        Token(size, by, bytes(token), bytes(digest)) for size, by, token, digest in database.execute(_TOKENS)
    )
    return Found(
        copy, tuple(_with_lines(dict(notes), database)), tuple(tokens), tuple(check_storage(database))
    )


_ROWS = (
    "SELECT position, originator_id, originator_version, topic, state FROM stored_events ORDER BY position"
)
_LEAVES = 'SELECT hashes FROM tiles WHERE level = 0 ORDER BY "index"'
_NOTES = "SELECT size, note FROM checkpoints ORDER BY size"
_WORDS = "SELECT statement_id, field, salt, value FROM openings WHERE value IS NOT NULL"
_TOKENS = "SELECT size, authority, token, sha256 FROM timestamps ORDER BY size, authority"
_LINES = "SELECT size, line FROM cosignatures ORDER BY size DESC, vkey"


def _rows(database: sqlite3.Connection) -> Iterator[Row]:
    try:
        for position, stream, version, topic, state in database.execute(_ROWS):
            yield Row(position, stream, version, topic, bytes(state))
    except sqlite3.DatabaseError as wrong:
        raise CopyError("copy.unreadable", path=DATABASE, reason=str(wrong)) from None


def _with_lines(notes: dict[int, bytes], database: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    lines: dict[int, bytes] = {}
    for size, line in database.execute(_LINES):
        lines[size] = lines.get(size, b"") + bytes(line)
    for size, signed in lines.items():
        try:
            yield size, append_lines(notes.get(size, b""), signed)
        except AuditError:
            yield size, b""  # which of the two is none, is found where each is checked


# --- an export ------------------------------------------------------------------------------------------


def _export(folder: Path, sizes: Collection[int]) -> Found:
    newest = read_file(folder, "checkpoint", MAX_NOTE)
    head = parse_checkpoint(unverified_text(newest))
    notes = {
        int(path.name): read_file(folder, f"checkpoints/{path.name}", MAX_NOTE)
        for path in sorted((folder / "checkpoints").glob("*"))
        if _SIZE.fullmatch(path.name)
    }
    notes.setdefault(head.size, newest)
    hashes = bytearray()
    for name in tiles("tile/0", head.size):
        hashes += read_file(folder, name, TILE_WIDTH * HASH_SIZE)
    found = sorted(notes.items())
    ends = (head.size, head.root)
    copy = LogCopy(
        _entries(folder, head.size), split_hashes(bytes(hashes)), ends, found, _words(folder), sizes=sizes
    )
    return Found(copy, tuple(reversed(found)), tuple(_tokens(folder)))


def _entries(folder: Path, size: int) -> Iterator[Row]:
    """Read entries from their bundles; stream and version are what the statements make them."""
    versions: dict[str, int] = {}
    position = 0
    for number, name in enumerate(tiles("tile/entries", size)):
        for entry in read_bundle(_bundle(folder, name)):
            statement = _statement(entry)
            stream, kind = (statement.stream, statement.type) if statement else ("", "")
            versions[stream] = versions.get(stream, 0) + 1
            yield Row(position, stream, versions[stream], kind, entry)
            position += 1
            if position >= (number + 1) * TILE_WIDTH + TILE_WIDTH:
                raise CopyError("copy.unreadable", path=str(folder / name), reason="too many entries")


def _bundle(folder: Path, name: str) -> bytes:
    try:
        return read_file(folder, name, TILE_WIDTH * (MAX_ENTRY + 2))
    except OSError as wrong:
        raise CopyError("copy.unreadable", path=str(folder / name), reason=str(wrong)) from None


def _statement(entry: bytes) -> Statement | None:
    try:
        return parse_statement(parse_entry(entry).envelope.payload)
    except AuditError:
        return None


def _words(folder: Path) -> dict[str, list[Opening]]:
    stated = read_list(folder, "openings.json", MAX_BESIDE) or {}
    return {statement: [_opening(one) for one in its] for statement, its in stated.items()}


def _opening(stated: dict[str, object]) -> Opening:
    name, salt, value = stated["field"], stated["salt"], stated["value"]
    if not (isinstance(name, str) and isinstance(salt, str) and isinstance(value, str)):
        raise TypeError("an opening is made of texts")
    return Opening(name, bytes.fromhex(salt), value)


def _tokens(folder: Path) -> Iterator[Token]:
    for one in read_list(folder, "timestamps.json", MAX_BESIDE) or ():
        size, authority, digest = one["size"], one["authority"], bytes.fromhex(one["sha256"])
        response = from_base64(one["token"])
        if type(size) is not int or type(authority) is not str or not response:
            raise TypeError("a time token has a size, an authority, and bytes in base64")
        yield Token(size, authority, response, digest)
