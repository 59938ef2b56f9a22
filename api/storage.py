"""Keeping a log: copied while it runs, put back in its place, refilled with what others kept of it.

What is put back must hold all that was acknowledged; a copy that does not is refused until it is refilled
(here) or continued as a new log (`api.epoch`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.evidence import evidence_of
from api.runtime import Log, clock_of, keyring_of, last_received, log_over, reading
from api.settings import Settings
from audit.ledger.anchor import Anchor
from audit.ledger.backup import (
    DATABASE,
    EVIDENCE,
    BackedUp,
    back_up,
    check_copy,
    copy_database,
    copy_evidence,
)
from audit.ledger.database import open_database
from audit.ledger.erasure import reapply
from audit.ledger.errors import BackupRefused, NoDatabase
from audit.ledger.evidence import Evidence
from audit.ledger.files import sync_folder
from audit.ledger.refill import Refilled, refill
from audit.ledger.spares import gather
from audit.ledger.startup import Opened, start
from projections import tables as read_tables
from projections.scoreboard import Scoreboard


@dataclass(frozen=True, slots=True)
class Restored:
    """A log that may be written: its size, from which size on it was refilled, and what it still lacks."""

    size: int
    before: int
    words_missing: int = 0
    evidence_missing: tuple[str, ...] = ()


def backup(settings: Settings, into: Path) -> BackedUp:
    """Copy the log and its evidence into a new folder; others may go on reading and writing."""
    with reading(settings) as log:
        return back_up(log.database, evidence_of(settings), into, settings.continues)


def restore(
    settings: Settings, source: Path | None, spares: Sequence[str], *, adopt_anchor: bool = False
) -> Restored:
    """Put a backup in the place of the log (without one, look at the log that is there), and refill it.

    It is put in place only if the log may be written as it is then: raises StartRefused where not,
    RefillRefused, BackupRefused `backup.in_the_way`, `backup.not_sqlite`, `backup.other_root`, NoDatabase.
    """
    if source is None:
        return _mend(settings.database_url, settings, None, spares, adopt_anchor=adopt_anchor)
    if not settings.database_url.startswith("sqlite"):
        raise BackupRefused("backup.not_sqlite")
    for path in (settings.database, *(_beside(settings.database, end) for end in ("-wal", "-journal"))):
        if path.exists():  # what a lost database left would be played back into the one put in its place
            raise BackupRefused("backup.in_the_way", path=str(path))
    settings.data.mkdir(parents=True, exist_ok=True)
    copy = settings.data / f"{DATABASE}.restoring"
    take_copy(source / DATABASE, copy)
    try:
        check_copy(copy)
        restored = _mend(f"sqlite:///{copy}", settings, source, spares, adopt_anchor=adopt_anchor)
        if (before := source / settings.continues.name).is_dir():
            shutil.copytree(before, settings.continues, dirs_exist_ok=True)
        copy.replace(settings.database)
        sync_folder(settings.data)
    finally:
        for path in (copy, _beside(copy, ".lock")):
            path.unlink(missing_ok=True)
    return restored


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")


def take_copy(source: Path, into: Path) -> None:
    """Copy a log's database file, in use or not; raises NoDatabase."""
    for end in ("", "-wal", "-shm", "-journal"):  # of an attempt that was interrupted
        _beside(into, end).unlink(missing_ok=True)
    database = open_database(f"sqlite:///{source}", writer=False)
    try:
        copy_database(database, into)
    finally:
        database.close()


def _mend(
    url: str, settings: Settings, source: Path | None, spares: Sequence[str], *, adopt_anchor: bool
) -> Restored:
    with _opened(url) as log:
        refilled = refill_log(log, settings.anchor, spares) if spares else None
        _check(log, settings, adopt_anchor=adopt_anchor)
        reapply(log.recorder, log.entries())
        missing = bring_evidence(log, evidence_of(settings), [*([source] if source else []), *spares])
        if refilled is None:
            return Restored(log.size, log.size, 0, missing)
        return Restored(log.size, refilled.before, refilled.words_missing, missing)


def refill_log(log: Log, anchor: Path, spares: Sequence[str], *, short: bool = False) -> Refilled:
    """Refill a log that is open for writing, and its read tables; `short`: as far as the spares go.

    Raises what `refill` raises.
    """
    board = Scoreboard()
    board.replay(one.event for one in log.entries() if one.event is not None)
    return refill(
        log.recorder,
        Anchor.open(anchor),
        gather(spares, log.size),
        inline=board.inline,
        as_far_as_possible=short,
    )


def bring_evidence(log: Log, store: Evidence, sources: Sequence[str | Path]) -> tuple[str, ...]:
    """Copy the files that entries name and the store lacks from where they are; return which are nowhere."""
    wanted = sorted({a.sha256 for one in log.entries() for a in one.statement.attachments})
    for folder in (Path(source) / EVIDENCE for source in sources):
        if folder.is_dir():
            copy_evidence(Evidence.at(folder), store, wanted)
    return tuple(name for name in wanted if store.size(name) is None)


@contextmanager
def _opened(url: str) -> Iterator[Log]:
    """Open a log for writing without asking whether it may be written: to mend it, and for nothing else."""
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise NoDatabase(url.removeprefix("sqlite:///"))
    log = log_over(open_database(url), create=True)
    try:
        with log.database.begin() as connection:
            read_tables.create_tables(connection)
        yield log
    finally:
        log.database.close()


def _check(log: Log, settings: Settings, *, adopt_anchor: bool) -> None:
    """Ask what a start asks, but for the log's key, which may come to its place later."""
    recorded = list(log.entries())
    keyring = keyring_of(recorded)
    origin = recorded[0].statement.log if recorded else ""
    signers = {key.id for _, key in keyring.log_keys}
    opened = Opened(origin, keyring, last_received(recorded), signers)
    start(log.database, settings.anchor, opened, clock_of(recorded)(), adopt=adopt_anchor)
