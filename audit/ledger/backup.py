"""Backup: one consistent copy of a log on SQLite and of its evidence, that appears whole or not at all.

The database is copied by SQLite's online backup, never as a file in use; the evidence after it, so that it
holds at least what the entries name. The log's key and the anchor are not in it: a key has its own safe, and
an anchor that came back with its log would vouch for whatever was lost.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from audit.ledger.database import Database, open_database
from audit.ledger.errors import BackupRefused, EvidenceError
from audit.ledger.evidence import Evidence
from audit.ledger.files import sync_folder, write_whole
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.tables import head, stored_events
from audit.proofs.merkle import CompactRange, leaf_hash

DATABASE = "minhchung.db"
EVIDENCE = "evidence"
CHECKPOINT = "checkpoint.note"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """The size and root of the log in a backup, its evidence files, and which of them could not be had."""

    size: int
    root: bytes
    evidence: int
    evidence_missing: tuple[str, ...]


def back_up(database: Database, evidence: Evidence, into: Path, continues: Path | None = None) -> BackedUp:
    """Copy a log and its evidence into a new folder, and check the copy.

    `continues` is what is left of the log that this one continues, if it does: it never changes any more.
    Raises BackupRefused `backup.there`, `backup.not_sqlite`, `backup.other_root`.
    """
    if database.dialect != "sqlite":
        raise BackupRefused("backup.not_sqlite")
    if into.exists():
        raise BackupRefused("backup.there", path=str(into))
    partial = into.with_name(f"{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    copy_database(database, partial / DATABASE)
    size, root, note = check_copy(partial / DATABASE)
    copied, missing = copy_evidence(evidence, Evidence.at(partial / EVIDENCE))
    if continues is not None and continues.is_dir():
        shutil.copytree(continues, partial / continues.name)
    if note:
        write_whole(partial / CHECKPOINT, note)
    sync_folder(partial)
    partial.replace(into)
    sync_folder(into.parent)
    return BackedUp(size, root, copied, missing)


def copy_database(database: Database, into: Path) -> None:
    """Copy a SQLite database as it is at one moment, while others may read and write it."""
    target = sqlite3.connect(into)
    try:
        with database.read() as connection:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise BackupRefused("backup.not_sqlite")
            source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    finally:
        target.close()
    handle = os.open(into, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_copy(path: Path) -> tuple[int, bytes, bytes]:
    """Return size, root and newest checkpoint of a copy; raises BackupRefused `backup.other_root`.

    Its entries are hashed again: a database that reads well may yet hold other bytes.
    """
    database = open_database(f"sqlite:///{path}", writer=False)
    try:
        with database.read() as connection:
            size, root = connection.execute(select(head.c.size, head.c.root)).one()
            grown = CompactRange()
            query = select(stored_events.c.state).order_by(stored_events.c.position)
            for state in connection.execute(query.execution_options(yield_per=1000)).scalars():
                grown.append(leaf_hash(state))
            newest = latest_checkpoint(connection)
    finally:
        database.close()
    if (grown.size, grown.root()) != (size, root):
        raise BackupRefused("backup.other_root", size=size, entries=grown.size)
    return size, root, newest[2] if newest else b""


def copy_evidence(
    source: Evidence, target: Evidence, names: Iterable[str] | None = None
) -> tuple[int, tuple[str, ...]]:
    """Copy the files (all, where no names are given) that the target lacks; return which could not be had.

    What is sealed stays so: whoever holds the copy needs the key to read it.
    """
    lacking = [n for n in (source.names() if names is None else names) if target.size(n) is None]
    missing = []
    for name in lacking:
        try:
            source.copy_to(target, name)
        except EvidenceError:
            missing.append(name)
    return len(lacking) - len(missing), tuple(missing)
