"""Spares: what others kept of a log, gathered from replicas, entry bundles, receipts and files.

Nothing in them is believed here: refilling takes what makes the anchored roots, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from audit.ledger.database import Database, open_database
from audit.ledger.errors import RefillRefused
from audit.ledger.tables import checkpoints, openings, statement_ids, stored_events
from audit.proofs.commitment import Opening
from audit.proofs.entry import Entry, encode_entry
from audit.proofs.errors import AuditError
from audit.proofs.handwritten import check_list, check_object, read_json
from audit.proofs.receipt import parse_receipt
from audit.proofs.statement import parse_envelope, parse_statement
from audit.proofs.tiles import TILE_WIDTH, read_bundle

MAX_OPENINGS = 1_000_000
_BUNDLE = re.compile(r"tile/entries/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/[0-9]{1,3})?")
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_ENTRY = re.compile(r"([0-9]{1,19})\.entry\.json", re.ASCII)


@dataclass(slots=True)
class Spares:
    """Entries by position, perhaps several for one; openings by statement; checkpoints as notes."""

    entries: dict[int, list[bytes]] = field(default_factory=dict)
    openings: dict[str, list[Opening]] = field(default_factory=dict)
    notes: list[bytes] = field(default_factory=list)

    def add(self, position: int, entry: bytes) -> None:
        """Offer an entry for a position, once."""
        known = self.entries.setdefault(position, [])
        if entry not in known:
            known.append(entry)


def gather(sources: Iterable[str], start: int) -> Spares:
    """Read all sources for entries from a position on: `postgresql://...`, a database file, or a folder.

    Raises RefillRefused `refill.no_source` for what is none of these, NoDatabase.
    """
    spares = Spares()
    for source in sources:
        path = Path(source)
        if source.startswith("postgresql://"):
            _replica(spares, source, start)
        elif path.is_file():
            _replica(spares, f"sqlite:///{path}", start)
        elif path.is_dir():
            _folder(spares, path, start)
        else:
            raise RefillRefused("refill.no_source", path=source)
    return spares


# --- a replica ------------------------------------------------------------------------------------------


def _replica(spares: Spares, url: str, start: int) -> None:
    database = open_database(url, writer=False)
    try:
        from_database(spares, database, start)
    finally:
        database.close()


def from_database(spares: Spares, database: Database, start: int) -> None:
    """Take what another database holds of the log from a position on."""
    entries = select(stored_events.c.position, stored_events.c.state).where(stored_events.c.position >= start)
    words = select(openings).join(statement_ids, statement_ids.c.id == openings.c.statement_id)
    words = words.where(statement_ids.c.position >= start, openings.c.value.is_not(None))
    notes = select(checkpoints.c.note).where(checkpoints.c.size > start).order_by(checkpoints.c.size)
    with database.read() as connection:
        for row in connection.execute(entries.order_by(stored_events.c.position)):
            spares.add(row.position, row.state)
        for row in connection.execute(words):
            spares.openings.setdefault(row.statement_id, []).append(Opening(row.field, row.salt, row.value))
        spares.notes += connection.execute(notes).scalars()


# --- a folder -------------------------------------------------------------------------------------------


def _folder(spares: Spares, folder: Path, start: int) -> None:
    """Read what lies in a folder: a data directory, entry bundles, entries by position, receipts."""
    if (database := folder / "minhchung.db").is_file():
        _replica(spares, f"sqlite:///{database}", start)
    for path in sorted(folder.glob("tile/entries/**/*")):
        named = _BUNDLE.fullmatch(path.relative_to(folder).as_posix())
        if named and path.is_file():
            _bundle(spares, path.read_bytes(), int(re.sub(r"[x/]", "", named[1])) * TILE_WIDTH, start)
    for path in sorted(folder.iterdir()):
        if named := _ENTRY.fullmatch(path.name):
            spares.add(int(named[1]), path.read_bytes())
        elif path.suffix == ".receipt":
            _receipt(spares, path)


def _bundle(spares: Spares, data: bytes, first: int, start: int) -> None:
    """Of a bundle that is cut short, what is whole may still be good."""
    with suppress(ValueError):
        for position, entry in enumerate(read_bundle(data), start=first):
            if position >= start:
                spares.add(position, entry)


def _receipt(spares: Spares, path: Path) -> None:
    """A receipt with the envelope it is for (`.envelope.json`), and perhaps the words (`.openings.json`).

    Envelope and the two times make the entry again. What cannot be read is passed over: others may have it.
    """
    try:
        receipt = parse_receipt(path.read_bytes())
        envelope = parse_envelope(path.with_suffix(".envelope.json").read_bytes())
        entry = encode_entry(Entry(receipt.arrived_at, envelope, receipt.received_at))
        statement = parse_statement(envelope.payload)
    except (OSError, AuditError):
        return
    spares.add(receipt.index, entry)
    spares.notes.append(receipt.checkpoint)
    spares.openings.setdefault(statement.id, []).extend(_words(path.with_suffix(".openings.json")))


def _words(path: Path) -> list[Opening]:
    try:
        stated = read_json(path.read_bytes(), MAX_OPENINGS)
        return [_opening(one) for one in check_list(stated if isinstance(stated, list) else [], "file", dict)]
    except (OSError, AuditError):
        return []


def _opening(stated: object) -> Opening:
    read = check_object(stated, "opening", {"field": str, "salt": str, "value": str})
    salt = bytes.fromhex(read["salt"]) if _HEX.fullmatch(read["salt"]) else b""
    return Opening(read["field"], salt, read["value"])
