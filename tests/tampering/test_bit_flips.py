"""Five hundred single bits, over every column of every table of the log: each is found, and named exactly."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audit.ledger.tables import ledger
from audit.proofs.verifier import Finding
from tests.cli_page import run
from tests.tampering.forging import Sound, build, copied, judged

pytestmark = pytest.mark.slow

FLIPS = 500
COLUMNS = {
    "stored_events": ("position", "originator_id", "originator_version", "topic", "state"),
    "tiles": ("level", "index", "hashes"),
    "head": ("id", "size", "root"),
    "checkpoints": ("size", "root", "note"),
    "cosignatures": ("size", "vkey", "line"),
    "timestamps": ("size", "authority", "token", "sha256"),
    "statement_ids": ("id", "position", "payload_sha256"),
    "openings": ("statement_id", "field", "salt", "value", "visibility"),
    "refusals": ("number", "refused_at", "rule", "payload_sha256", "line"),
}
"""Every column that repeats or proves something that was signed."""
ELSEWHERE = {"tracking", "ballot_waves", "ballot_tokens", "ballot_spent"}
ELSEWHERE |= {"ballots_waiting", "ballot_batches", "ballots"}
"""Tables that a log without survey and followers leaves empty; test_recount.py damages the ballot box."""

PLACES = [(table, column) for table, columns in COLUMNS.items() for column in columns]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A sound log, built once."""
    return build(tmp_path_factory.mktemp("flipping"))


def test_every_column_of_the_ledger_is_listed() -> None:
    """A new table or column fails here until it is known how damage to it is found."""
    known = {table: set(columns) for table, columns in COLUMNS.items()}
    there = {name: set(table.c.keys()) for name, table in ledger.tables.items() if name not in ELSEWHERE}
    assert there == known


@dataclass(frozen=True, slots=True)
class Flip:
    """One bit of one value of one row, as the row was before."""

    table: str
    column: str
    row: Mapping[str, Any]
    value: Any


def flip(data: Path, table: str, column: str, chance: random.Random) -> Flip:
    """Flip a bit that the table's own constraints let through."""
    with sqlite3.connect(data / "minhchung.db") as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute(f'SELECT rowid AS at, * FROM "{table}" ORDER BY rowid').fetchall()
        while True:
            row = chance.choice(rows)
            value = _flipped(row[column], chance)
            try:
                connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, row["at"]))
            except sqlite3.IntegrityError:
                continue
            break
    connection.close()
    return Flip(table, column, dict(row), value)


def _flipped(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value ^ 1 << chance.randrange(16)
    data = bytearray(value.encode() if isinstance(value, str) else value)
    while True:
        at, bit = chance.randrange(len(data)), chance.randrange(8)
        data[at] ^= 1 << bit
        if not isinstance(value, str):
            return bytes(data)
        try:
            return data.decode()
        except UnicodeDecodeError:
            data[at] ^= 1 << bit  # no text any more: a test of its own


Names = Callable[[Flip, Finding], bool]


def by_position(flip: Flip, found: Finding) -> bool:
    """The position of the row is named, or the one that it was turned into."""
    return found.position in {flip.row["position"], flip.value}


def by_size(flip: Flip, found: Finding) -> bool:
    """The size of the checkpoint is named, or the one that it was turned into."""
    return found.facts.get("size") in {flip.row["size"], flip.value}


def by_tile(flip: Flip, found: Finding) -> bool:
    """The tile is named by level and index, as it was or as it is."""
    now = {**flip.row, flip.column: flip.value}
    place = found.facts.get("level"), found.facts.get("index")
    return place in {(row["level"], row["index"]) for row in (flip.row, now)}


def by_leaf(flip: Flip, found: Finding) -> bool:
    """Of the leaf hashes the very entry is named, above them the tile."""
    if flip.column != "hashes" or flip.row["level"]:
        return by_tile(flip, found)
    changed = next(i for i, (a, b) in enumerate(zip(flip.row["hashes"], flip.value, strict=True)) if a != b)
    return found.layer == "leaf" and found.position == changed // 32


def by_number(flip: Flip, found: Finding) -> bool:
    """The refusal is named by its number, or the one that it was turned into."""
    return found.layer == "refusal" and found.facts.get("number") in {flip.row["number"], flip.value}


NAMED: dict[str, Names] = {
    "stored_events": by_position,
    "tiles": by_leaf,
    "head": lambda _, found: found.layer == "tree" and found.rule.startswith("head."),
    "checkpoints": by_size,
    "cosignatures": lambda flip, found: found.layer == "witness" and by_size(flip, found),
    "timestamps": lambda flip, found: found.layer == "time" and by_size(flip, found),
    "statement_ids": lambda flip, found: found.layer == "index" and by_position(flip, found),
    "openings": lambda _, found: found.layer == "opening",
    "refusals": by_number,
}


@pytest.mark.parametrize("number", range(FLIPS))
def test_a_flipped_bit_is_found_and_named(sound: Sound, tmp_path: Path, number: int) -> None:
    """Whatever bit it was, verifying without any trust file finds it and names its row."""
    table, column = PLACES[number % len(PLACES)]
    copy = copied(sound, tmp_path / "copy")
    flipped = flip(copy, table, column, random.Random(f"flip {number}"))  # noqa: S311 - repeatable
    findings = judged(copy, None).findings
    assert any(NAMED[table](flipped, found) for found in findings), (flipped, findings)


def test_text_that_is_none_any_more_is_said_to_be(sound: Sound, tmp_path: Path) -> None:
    """What is no UTF-8 in a text column cannot be read at all: the verdict names the column."""
    copy = copied(sound, tmp_path / "copy")
    with sqlite3.connect(copy / "minhchung.db") as connection:
        connection.execute("UPDATE stored_events SET topic = CAST(x'c3' AS TEXT) WHERE position = 7")
    connection.close()
    ended = run(copy, "verify", "--json")
    assert ended.returncode == 1
    (found,) = json.loads(ended.stdout)["findings"]
    assert (found["layer"], found["rule"]) == ("storage", "database.unreadable")
    assert "topic" in found["facts"]["reason"]
