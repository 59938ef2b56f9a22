"""A log that was kept in many ways: a backup after each batch, and all that others have of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.clock import ScriptedClock
from api.runtime import Log, reading
from api.settings import Settings
from api.storage import backup
from audit.ledger import tree
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.tables import openings
from audit.proofs.receipt import Receipt, format_receipt
from audit.proofs.tiles import TILE_WIDTH, write_bundle
from tests.worlds import NOW, OPEN, World, a_file, found

CELLS = ("A1.3", "A1.5", "A1.7", "A2.3", "A3.3")


@dataclass(frozen=True, slots=True)
class Kept:
    """The data directory of the whole log, its backups by size, and what others kept, by kind."""

    data: Path
    backups: Mapping[int, Path]
    sources: Mapping[str, Path]
    size: int

    def lose(self, into: Path) -> Settings:
        """Return a data directory whose log is lost: its key and its anchor are what is left."""
        into.mkdir(parents=True)
        for name in ("log.key", "anchor"):
            shutil.copy2(self.data / name, into / name)
        return Settings(into)


def keep(folder: Path) -> Kept:
    """Write a log in many batches, back it up after each, and hand out what others keep."""
    data = folder / "data"
    world = found(data)
    backups: dict[int, Path] = {}
    for code in ("SNV", "STC", "NHS"):
        for number, criterion in enumerate(CELLS):
            _batch(world, code, criterion, number)
            into = folder / "backups" / str(world.size)
            backup(Settings(data), into)
            backups[world.size] = into
    world.close()
    with reading(Settings(data)) as log:
        sources = {kind: make(log, folder / kind) for kind, make in KINDS.items()}
        size = log.size
    return Kept(data, backups, {"replica": data, **sources}, size)


def _batch(world: World, code: str, criterion: str, number: int) -> None:
    """Evidence with a file and a title, and points of a cell; now and then something alone."""
    officer = f"{code.lower()}-2"
    cell: dict[str, Any] = {"round": OPEN, "agency": code, "criterion": criterion}
    evidence = world.draft(
        "EvidenceSubmitted",
        officer,
        **cell,
        body={"serial": f"{number}/BC-{code}", "version": 1},
        texts={"title": f"Báo cáo {number} của {code}"},
        files=[a_file(f"Báo cáo {number} {code}")],
    )
    score = world.draft("SelfScoreDeclared", officer, **cell, body={"points": "0.5"})
    world.tell(*([evidence, score] if number % 3 else [evidence]))


# --- what others keep -----------------------------------------------------------------------------------


def entries(log: Log, folder: Path) -> Path:
    """Keep every entry in a file that is called by its position."""
    folder.mkdir()
    for one in log.entries():
        (folder / f"{one.position}.entry.json").write_bytes(one.state)
    return folder


def bundles(log: Log, folder: Path) -> Path:
    """Keep entry bundles as a site of tiles has them; this log is smaller than one."""
    states = [one.state for one in log.entries()]
    assert len(states) < TILE_WIDTH
    partial = folder / "tile" / "entries" / "000.p"
    partial.mkdir(parents=True)
    (partial / str(len(states))).write_bytes(write_bundle(states))
    return folder


def receipts(log: Log, folder: Path) -> Path:
    """Keep what senders keep: envelope, receipt and the words they committed to."""
    folder.mkdir()
    with log.database.read() as connection:
        newest = latest_checkpoint(connection)
        assert newest is not None
        words = connection.execute(select(openings)).all()
        for one in log.entries():
            stem = folder / one.statement.id
            path = tree.inclusion_proof(connection, one.position, newest[0])
            receipt = Receipt(
                one.entry.arrived_at, one.entry.received_at, one.position, tuple(path), newest[2]
            )
            stem.with_suffix(".receipt").write_bytes(format_receipt(receipt))
            stem.with_suffix(".envelope.json").write_bytes(one.entry.envelope.encode())
            told = [
                {"field": row.field, "salt": row.salt.hex(), "value": row.value}
                for row in words
                if row.statement_id == one.statement.id
            ]
            if told:
                stem.with_suffix(".openings.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return folder


KINDS: Mapping[str, Callable[[Log, Path], Path]] = {
    "entries": entries,
    "bundles": bundles,
    "receipts": receipts,
}
WITH_WORDS = ("replica", "receipts")
"""The kinds that keep the words behind the commitments, too."""


def clock() -> ScriptedClock:
    """Return a clock that is not before any entry."""
    return ScriptedClock(NOW)
