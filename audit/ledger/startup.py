"""What must hold before a log is written again: head, tree, checkpoint, key, clock and anchor agree.

A log that is behind its anchor lost what was acknowledged; it is not written until it has been refilled or
continued as a new epoch. A missing anchor is never taken for a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from audit.ledger import tree
from audit.ledger.anchor import Anchor, Anchored, Prove
from audit.ledger.database import Database
from audit.ledger.errors import LogBehind, StartRefused
from audit.ledger.files import write_whole
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.tables import head
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.contradiction import Contradiction, convict, format_contradiction, from_refused
from audit.proofs.entry import write_time
from audit.proofs.errors import AuditError
from audit.proofs.keyring import Keyring
from audit.proofs.note import open_note, vkey


@dataclass(frozen=True, slots=True)
class Opened:
    """A log that was followed to its head: its keys then, when its last entry came, and who would sign."""

    origin: str
    keyring: Keyring
    last_received: datetime | None
    signers: Collection[str]
    """The ids of the keys at hand."""


def prover(database: Database) -> Prove:
    """Return what proves growth by the log's own tiles, each time over what is committed by then."""

    def prove(size1: int, size2: int) -> Sequence[bytes]:
        with database.read() as connection:
            return tree.consistency_proof(connection, size1, size2)

    return prove


def start(database: Database, path: Path, log: Opened, now: datetime, *, adopt: bool = False) -> Anchor:
    """Return the anchor, level with the log; raises StartRefused where the log must not be written.

    1. The clock is not before the last entry (`clock.behind`).
    2. The head is the root of the tree, and the newest checkpoint covers it (`head.other_root`,
       `tile.missing`, `checkpoint.does_not_cover`).
    3. The key at hand is the log's (`log_key.not_at_hand`).
    4. There is an anchor; of an empty log it is begun, of any other only when told to `adopt` one that is
       lost (`anchor.missing`).
    5. What is anchored was signed by this log (`anchor.other_log`, `anchor.not_signed`).
    6. Database = anchor: go on. Ahead and consistent: the anchor is advanced, by what a crash kept from it.
       Behind: LogBehind. Anything else is a contradiction, whose evidence is kept beside the anchor
       (`anchor.contradicted`).
    """
    _check_clock(log, now)  # 1
    with database.read() as connection:
        newest = _check_head(connection, log.origin)  # 2
    _check_key(log)  # 3
    anchor = _open_anchor(path, newest, adopt=adopt)  # 4
    if anchor.newest is not None:
        _check_signed(log, anchor.newest, newest)  # 5
        _check_level(database, anchor, anchor.newest, newest)  # 6
    if newest is not None:
        anchor.advance(newest.note, prover(database))
    return anchor


def _check_clock(log: Opened, now: datetime) -> None:
    if log.last_received is not None and now < log.last_received:
        raise StartRefused("clock.behind", now=write_time(now), last=write_time(log.last_received))


def _check_head(connection: Connection, origin: str) -> Anchored | None:
    """Return the newest checkpoint; of an empty log there is none."""
    size, root = connection.execute(select(head.c.size, head.c.root)).one()
    try:
        computed = tree.Edge.read(connection, size).root
    except AuditError as wrong:
        raise StartRefused(wrong.rule) from wrong
    if computed != root:
        raise StartRefused("head.other_root", head=root.hex(), computed=computed.hex())
    newest = latest_checkpoint(connection)
    if newest is None and size == 0:
        return None
    if newest is None or newest[:2] != (size, root):
        raise StartRefused("checkpoint.does_not_cover", last=newest[0] if newest else 0, entries=size)
    return Anchored(Checkpoint(origin, size, root), newest[2])


def _check_key(log: Opened) -> None:
    key = log.keyring.log_key
    if key is not None and key.id not in log.signers:
        raise StartRefused("log_key.not_at_hand", key=key.id)


def _open_anchor(path: Path, newest: Anchored | None, *, adopt: bool) -> Anchor:
    if path.exists() or (newest is not None and not adopt):
        return Anchor.open(path)
    return Anchor.create(path)


def _check_signed(log: Opened, anchored: Anchored, newest: Anchored | None) -> None:
    """The anchored note is this log's; where it is ahead, perhaps by a key that was lost with the tail."""
    origin, size = anchored.checkpoint.origin, anchored.checkpoint.size
    if origin != log.origin:
        raise StartRefused("anchor.other_log", stated=origin, expected=log.origin)
    if newest is None or size > newest.checkpoint.size:
        return
    key = log.keyring.log_key_at(size)
    try:
        open_note(anchored.note, [vkey(origin, key)])
    except AuditError as wrong:
        raise StartRefused("anchor.not_signed", size=size) from wrong


def _check_level(database: Database, anchor: Anchor, anchored: Anchored, newest: Anchored | None) -> None:
    if newest is None:
        raise LogBehind(0, anchored.checkpoint.size)
    size = newest.checkpoint.size
    if size < anchored.checkpoint.size:
        then = next((one for one in anchor.records() if one.checkpoint.size == size), None)
        if then is not None and then.checkpoint.root != newest.checkpoint.root:
            raise _contradicted(database, anchor, then, newest)
        raise LogBehind(size, anchored.checkpoint.size)
    with database.read() as connection:
        root = tree.root_at(connection, anchored.checkpoint.size)
    if root != anchored.checkpoint.root:
        raise _contradicted(database, anchor, anchored, newest)


# --- the evidence ---------------------------------------------------------------------------------------


def _contradicted(database: Database, anchor: Anchor, anchored: Anchored, newest: Anchored) -> StartRefused:
    """Keep what convicts, beside the anchor, and say so."""
    path, found = "-", _evidence(database, anchored, newest)
    if found is not None:
        data = format_contradiction(found)
        kept = anchor.path.with_name(f"contradiction-{hashlib.sha256(data).hexdigest()[:32]}.txt")
        if not kept.exists():
            write_whole(kept, data)
        path = str(kept)
    sizes = anchored.checkpoint.size, newest.checkpoint.size
    return StartRefused("anchor.contradicted", anchored=sizes[0], size=sizes[1], evidence=path)


def _evidence(database: Database, anchored: Anchored, newest: Anchored) -> Contradiction | None:
    if anchored.checkpoint.size == newest.checkpoint.size:
        return from_refused(anchored.note, newest.note, ())
    try:
        with database.read() as connection:
            return convict(anchored.note, newest.note, list(tree.leaf_hashes(connection)))
    except AuditError:
        return None  # the tiles do not make the log's own head, and convict nobody
