"""What lies beside the entries, against the entries: columns, indexes and tiles say nothing of their own.

The entries prove themselves. Everything else in the tables repeats something that was signed, so that it is
found quickly; here each repetition is compared with what it repeats, and whatever differs is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audit.ledger.submission import visibility_of
from audit.ledger.tables import (
    checkpoints,
    cosignatures,
    head,
    openings,
    refusals,
    statement_ids,
    tiles,
    tracking,
)
from audit.proofs import merkle
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.errors import AuditError
from audit.proofs.note import append_lines, open_note, unverified_text
from audit.proofs.statement import Statement
from audit.proofs.tiles import TILE_HEIGHT, TILE_WIDTH
from audit.proofs.verifier import Finding

HEAD = 1
"""The id of the one row that is the head."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A good statement, where it lies, and the digest of its signed bytes."""

    position: int
    statement: Statement
    payload_sha256: bytes


def check_beside(
    connection: Connection,
    filed: Sequence[Filed],
    leaves: Sequence[bytes],
    vkeys: Sequence[str],
    *,
    damaged: bool,
) -> Iterator[Finding]:
    """Compare what lies beside the entries with the entries.

    `filed` are the good statements, `leaves` the stored leaf hashes, `vkeys` the keys that the log has had;
    of a `damaged` log nobody can say what should lie beside the entries that cannot be read.

    1. The index of statements leads each id to its place and its bytes (`index`).
    2. The head is one row, and every checkpoint's root stands in its column (`tree`, `checkpoint`).
    3. Tiles above the leaves hold the hashes that the leaves make, and there are no others (`tree`).
    4. Words are shown to whom their kind says (`opening`).
    5. Every refusal is signed by a key of the log, and its columns are what its line says (`refusal`).
    6. Every cosignature verifies by the key it is kept under (`witness`).
    7. No follower is ahead of the log (`index`).
    """
    by_position = {one.position: one for one in filed}
    yield from _check_index(connection, by_position, len(leaves), damaged=damaged)  # 1
    yield from _check_heads(connection)  # 2
    yield from _check_tiles(connection, leaves)  # 3
    yield from _check_visibility(connection, {one.statement.id: one for one in filed})  # 4
    yield from _check_refusals(connection, vkeys)  # 5
    yield from _check_cosignatures(connection)  # 6
    for row in connection.execute(select(tracking).where(tracking.c.notification_id > len(leaves))):  # 7
        yield Finding("index", row.notification_id - 1, "index.ahead", {"follower": row.application_name})


def _check_index(
    connection: Connection, filed: Mapping[int, Filed], size: int, *, damaged: bool
) -> Iterator[Finding]:
    missing = dict(filed)
    for row in connection.execute(select(statement_ids).order_by(statement_ids.c.position)):
        found = filed.get(row.position)
        if found is None:
            if not damaged or row.position >= size:
                yield Finding("index", row.position, "index.unknown", {"id": row.id})
        elif (row.id, row.payload_sha256) != (found.statement.id, found.payload_sha256):
            yield Finding("index", row.position, "index.other", {"id": row.id})
        missing.pop(row.position, None)
    for position, found in missing.items():
        yield Finding("index", position, "index.missing", {"id": found.statement.id})


def _check_heads(connection: Connection) -> Iterator[Finding]:
    if connection.execute(select(head.c.id)).scalars().all() != [HEAD]:
        yield Finding("tree", None, "head.other_row")
    for row in connection.execute(select(checkpoints).order_by(checkpoints.c.size)):
        try:
            stated = parse_checkpoint(unverified_text(row.note)).root
        except AuditError:
            continue  # the checkpoint itself is found wrong
        if stated != row.root:
            yield Finding("checkpoint", row.size - 1, "checkpoint.other_column", {"size": row.size})


def _check_tiles(connection: Connection, leaves: Sequence[bytes]) -> Iterator[Finding]:
    expected = _tiles(leaves)
    stored = select(tiles.c.level, tiles.c["index"], tiles.c.hashes).order_by(tiles.c.level, tiles.c["index"])
    for level, index, hashes in connection.execute(stored):
        if expected.pop((level, index), None) != hashes:
            yield _tile(level, index)
    for level, index in expected:
        yield _tile(level, index)


def _tiles(leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Make all tiles of the leaves: each level has the roots of the full tiles below."""
    made: dict[tuple[int, int], bytes] = {}
    hashes, level = list(leaves), 0
    while hashes:
        rows = [b"".join(hashes[i : i + TILE_WIDTH]) for i in range(0, len(hashes), TILE_WIDTH)]
        made |= {(level, index): row for index, row in enumerate(rows)}
        full = len(hashes) // TILE_WIDTH
        hashes, level = [merkle.subtree_hash(row) for row in rows[:full]], level + 1
    return made


def _tile(level: int, index: int) -> Finding:
    """A tile is told by its level and index, and by the first entry under it."""
    first = index * TILE_WIDTH << TILE_HEIGHT * level
    return Finding("tree", first, "tile.other_hashes", {"level": level, "index": index})


def _check_visibility(connection: Connection, filed: Mapping[str, Filed]) -> Iterator[Finding]:
    its = openings.c
    for row in connection.execute(select(its.statement_id, its.field, its.visibility)):
        found = filed.get(row.statement_id)
        if found is None or row.field not in found.statement.commitments:
            continue  # what no statement committed to is found elsewhere
        if row.visibility != visibility_of(found.statement, row.field):
            yield Finding("opening", found.position, "opening.other_visibility", {"field": row.field})


def _check_refusals(connection: Connection, vkeys: Sequence[str]) -> Iterator[Finding]:
    counted = connection.dialect.name == "sqlite"  # elsewhere a batch that was rolled back leaves a gap
    for number, row in enumerate(connection.execute(select(refusals).order_by(refusals.c.number)), start=1):
        try:
            if vkeys:
                open_note(row.line, vkeys)
        except AuditError as wrong:
            yield Finding("refusal", None, wrong.rule, {**wrong.facts, "number": row.number})
        lines = row.line.decode("utf-8", "replace").split("\n")
        stated = dict(zip(("refused_at", "rule", "payload_sha256"), lines[2:5], strict=False))
        shown = {"refused_at": row.refused_at, "rule": row.rule, "payload_sha256": row.payload_sha256}
        if shown != stated or (counted and row.number != number):
            yield Finding("refusal", None, "refusal.other_column", {"number": row.number})


def _check_cosignatures(connection: Connection) -> Iterator[Finding]:
    notes = {row.size: row.note for row in connection.execute(select(checkpoints.c.size, checkpoints.c.note))}
    for row in connection.execute(select(cosignatures).order_by(cosignatures.c.size)):
        try:
            note = append_lines(notes.get(row.size, b""), row.line)
            signed = [one for one in open_note(note, [row.vkey]).signatures if one.line == row.line]
            wrong = None if signed else "note.malformed"
        except (AuditError, UnicodeDecodeError) as refused:
            wrong = getattr(refused, "rule", "note.malformed")
        if wrong is not None:
            yield Finding("witness", row.size - 1, "cosignature.bad", {"size": row.size, "why": wrong})
