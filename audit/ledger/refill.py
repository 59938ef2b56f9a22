"""Refilling: a log that lost its tail gets it back from spares, until its root is the anchored one.

One transaction, or nothing. What fits the anchored roots is what the log held, byte by byte: it was admitted
then, and is not asked again.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from sqlalchemy import Connection, func, insert, select

from audit.ledger import tree
from audit.ledger.anchor import Anchor, Anchored
from audit.ledger.codec import LedgerMapper, Recorded, read_entry
from audit.ledger.erasure import TOMBSTONE, Text, erase, erased_by
from audit.ledger.errors import RefillRefused
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.seams import Inline, nothing_inline
from audit.ledger.spares import Spares
from audit.ledger.submission import visibility_of
from audit.ledger.tables import checkpoints, openings, statement_ids, stored_events
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.commitment import Opening, verify_opening
from audit.proofs.errors import AuditError
from audit.proofs.keyring import Keyring
from audit.proofs.merkle import CompactRange, leaf_hash
from audit.proofs.note import open_note, unverified_text, vkey
from audit.proofs.statement import REGISTRY_STREAM, Statement

MAX_TRIES = 4096
"""How many ways of choosing among different spares are tried between two anchored checkpoints."""


@dataclass(frozen=True, slots=True)
class Refilled:
    """From which size to which; how many of the words committed to there came with it, and how many not."""

    before: int
    after: int
    words: int
    words_missing: int


@dataclass(slots=True)
class _Chosen:
    """Entries that make the anchored roots, in order, and the roots at all their sizes."""

    states: list[bytes]
    roots: dict[int, bytes]
    refused: RefillRefused | None = None


def refill(
    recorder: LedgerRecorder,
    anchor: Anchor,
    spares: Spares,
    *,
    inline: Inline = nothing_inline,
    as_far_as_possible: bool = False,
) -> Refilled:
    """Refill a log up to what is anchored; `as_far_as_possible` up to the last anchored size that can be had.

    Raises RefillRefused `refill.not_behind`, `refill.missing` (no spare for some positions),
    `refill.other_root` (no choice of the spares makes an anchored root), `refill.not_signed`.
    """
    with recorder.database.begin() as connection:
        size = recorder.lock_head(connection)
        lost = [held for held in anchor.records() if held.checkpoint.size > size]
        if not lost:
            raise RefillRefused("refill.not_behind", size=size)
        chosen = _choose(connection, size, lost, spares)
        if chosen.refused is not None and not as_far_as_possible:
            raise chosen.refused
        return _write(connection, recorder, size, chosen, [held.note for held in lost], spares, inline)


# --- choosing -------------------------------------------------------------------------------------------


def _choose(connection: Connection, size: int, lost: Sequence[Anchored], spares: Spares) -> _Chosen:
    """Go from one anchored checkpoint to the next, as far as spares make its root."""
    grown = CompactRange()
    for leaf in tree.leaf_hashes(connection):
        grown.append(leaf)
    chosen = _Chosen([], {})
    wanted = {held.checkpoint.size for held in lost} | set(map(_size_of, spares.notes))
    for held in lost:
        grown, refused = _segment(grown, held.checkpoint, spares, chosen, wanted)
        if refused is not None:
            chosen.refused = _missing(size, lost[-1].checkpoint.size, spares) or refused
            break
    return chosen


def _segment(
    grown: CompactRange, until: Checkpoint, spares: Spares, chosen: _Chosen, wanted: set[int]
) -> tuple[CompactRange, RefillRefused | None]:
    candidates = [spares.entries.get(position, []) for position in range(grown.size, until.size)]
    for states in islice(product(*candidates), MAX_TRIES):
        tried, roots = CompactRange(grown.size, grown.subtrees), {}
        for state in states:
            tried.append(leaf_hash(state))
            if tried.size in wanted:
                roots[tried.size] = tried.root()
        if tried.root() == until.root:
            chosen.states += states
            chosen.roots |= roots
            return tried, None
    return grown, RefillRefused("refill.other_root", size=until.size)


def _missing(size: int, anchored: int, spares: Spares) -> RefillRefused | None:
    missing = [position for position in range(size, anchored) if not spares.entries.get(position)]
    if not missing:
        return None
    return RefillRefused("refill.missing", first=missing[0], last=missing[-1], count=len(missing))


def _size_of(note: bytes) -> int:
    try:
        return parse_checkpoint(unverified_text(note)).size
    except AuditError:
        return 0


# --- writing --------------------------------------------------------------------------------------------


def _write(
    connection: Connection,
    recorder: LedgerRecorder,
    size: int,
    chosen: _Chosen,
    anchored: Sequence[bytes],
    spares: Spares,
    inline: Inline,
) -> Refilled:
    recorded = list(_recorded(connection, size, chosen.states))
    notes = _signed(recorder, recorded, chosen.roots, [*anchored, *spares.notes])
    mapper = LedgerMapper()
    appended = recorder.append(connection, [mapper.to_stored_event(one) for one in recorded])
    gone = [*_tombstones(recorder), *recorded]
    words, missing = _words(recorded, spares, set(erased_by(gone)))
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (statement_ids, [_id_row(one) for one in recorded]),
        (openings, words),
        (checkpoints, notes),
    ]
    for table, its in rows:
        if its:
            connection.execute(insert(table), its)
    erase(connection, gone)
    inline(connection, [one.event for one in recorded if one.event is not None])
    return Refilled(size, appended.size, len(words), missing)


def _recorded(connection: Connection, size: int, states: Sequence[bytes]) -> Iterator[Recorded]:
    """Read entries back into the rows they were."""
    newest = select(stored_events.c.originator_id, func.max(stored_events.c.originator_version).label("last"))
    rows = connection.execute(newest.group_by(stored_events.c.originator_id))
    versions: dict[str, int] = {row.originator_id: row.last for row in rows}
    for position, state in enumerate(states, start=size):
        entry, statement, event = read_entry(state, position)
        version = versions[statement.stream] = versions.get(statement.stream, 0) + 1
        yield Recorded(statement.stream, version, position, state, entry, statement, event)


def _id_row(one: Recorded) -> dict[str, Any]:
    digest = hashlib.sha256(one.entry.envelope.payload).digest()
    return {"id": one.statement.id, "position": one.position, "payload_sha256": digest}


def _signed(
    recorder: LedgerRecorder, recorded: Sequence[Recorded], roots: dict[int, bytes], notes: Sequence[bytes]
) -> list[dict[str, Any]]:
    """Return a row for each size that there is a note for, signed by the log's key over this very tree."""
    keyring, mapper = Keyring(), LedgerMapper()
    before = [mapper.to_domain_event(stored) for stored in recorder.select_events(REGISTRY_STREAM)]
    its = [*before, *recorded]
    for one in its:
        keyring.follow(one.statement, one.position)
    found: dict[int, dict[str, Any]] = {}
    for note in notes:
        size = _size_of(note)
        if size in roots and size not in found:
            head = Checkpoint(its[0].statement.log, size, roots[size])
            if _is_signed(note, head, keyring):
                found[size] = {"size": size, "root": head.root, "note": note}
    if recorded and recorded[-1].position + 1 not in found:
        raise RefillRefused("refill.not_signed", size=recorded[-1].position + 1)
    return list(found.values())


def _is_signed(note: bytes, head: Checkpoint, keyring: Keyring) -> bool:
    try:
        trusted = [vkey(head.origin, keyring.log_key_at(head.size))]
        return parse_checkpoint(open_note(note, trusted).text) == head
    except AuditError:
        return False


def _tombstones(recorder: LedgerRecorder) -> list[Recorded]:
    """Return the erasures that the log knew before it was refilled."""
    mapper = LedgerMapper()
    found = recorder.select_notifications(1, sys.maxsize, topics=[TOMBSTONE])
    return [mapper.to_domain_event(one) for one in found]


def _words(
    recorded: Sequence[Recorded], spares: Spares, gone: Collection[Text]
) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of openings that are what was committed to, and how many are still missing.

    What was erased comes back from nowhere, and is not missing.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    missing = 0
    for one in recorded:
        for found in spares.openings.get(one.statement.id, ()):
            if (one.statement.id, found.field) not in gone and _opens(one.statement, found):
                rows[one.statement.id, found.field] = {
                    "statement_id": one.statement.id,
                    "field": found.field,
                    "salt": found.salt,
                    "value": found.value,
                    "visibility": visibility_of(one.statement, found.field),
                }
        missing += sum(
            (text := (one.statement.id, name)) not in rows and text not in gone
            for name in one.statement.commitments
        )
    return list(rows.values()), missing


def _opens(statement: Statement, opening: Opening) -> bool:
    try:
        verify_opening(statement, opening)
    except AuditError:
        return False
    return True
