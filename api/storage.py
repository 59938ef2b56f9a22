"""Keeping a log: copied while it runs, put back in its place, refilled with what others kept of it.

What is put back must hold all that was acknowledged; a copy that does not is refused until it is refilled
(here) or continued as a new log (`api.epoch`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from api.runtime import Log, clock_of, keyring_of, last_received, log_over, reading
from api.settings import Settings
from audit.ledger.anchor import Anchor
from audit.ledger.backup import DATABASE, EVIDENCE, BackedUp, back_up, copy_database, copy_evidence
from audit.ledger.database import open_database
from audit.ledger.errors import BackupRefused, NoDatabase
from audit.ledger.evidence import DirectoryStore
from audit.ledger.files import sync_folder
from audit.ledger.refill import Refilled, refill
from audit.ledger.spares import gather
from audit.ledger.startup import Opened, start
from projections import tables as read_tables
from projections.scoreboard import Scoreboard


def backup(settings: Settings, into: Path) -> BackedUp:
    """Copy the log and its evidence into a new folder; others may go on reading and writing."""
    with reading(settings) as log:
        return back_up(log.database, DirectoryStore(settings.evidence), into, settings.continues)


def restore(
    settings: Settings, source: Path | None, spares: Sequence[str], *, adopt_anchor: bool = False
) -> tuple[int, Refilled | None]:
    """Put a backup in the place of the log (without one, look at the log that is there), and refill it.

    Returns its size, and what was refilled. It is put in place only if the log may be written as it is then:
    raises StartRefused where not, RefillRefused, BackupRefused `backup.in_the_way`, NoDatabase.
    """
    if source is None:
        with _opened(settings.database_url) as log:
            refilled = refill_log(log, settings, spares) if spares else None
            return _check(log, settings, adopt_anchor=adopt_anchor), refilled
    for path in (settings.database, *(_beside(settings.database, end) for end in ("-wal", "-journal"))):
        if path.exists():  # what a lost database left would be played back into the one put in its place
            raise BackupRefused("backup.in_the_way", path=str(path))
    settings.data.mkdir(parents=True, exist_ok=True)
    copy = settings.data / f"{DATABASE}.restoring"
    take_copy(source / DATABASE, copy)
    try:
        with _opened(f"sqlite:///{copy}") as log:
            refilled = refill_log(log, settings, spares) if spares else None
            size = _check(log, settings, adopt_anchor=adopt_anchor)
        copy_evidence(DirectoryStore(source / EVIDENCE), DirectoryStore(settings.evidence))
        if (before := source / settings.continues.name).is_dir():
            shutil.copytree(before, settings.continues, dirs_exist_ok=True)
        copy.replace(settings.database)
        sync_folder(settings.data)
    finally:
        for path in (copy, _beside(copy, ".lock")):
            path.unlink(missing_ok=True)
    return size, refilled


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")


def take_copy(source: Path, into: Path) -> None:
    """Copy a log's database file, in use or not; raises NoDatabase."""
    into.unlink(missing_ok=True)
    database = open_database(f"sqlite:///{source}", writer=False)
    try:
        copy_database(database, into)
    finally:
        database.close()


def refill_log(log: Log, settings: Settings, spares: Sequence[str], *, short: bool = False) -> Refilled:
    """Refill a log that is open for writing, its read tables and its evidence with it.

    `short`: as far as the spares go. Raises what `refill` raises.
    """
    recorded = list(log.entries())
    board = Scoreboard()
    board.replay(one.event for one in recorded if one.event is not None)
    refilled = refill(
        log.recorder,
        Anchor.open(settings.anchor),
        gather(spares, log.size),
        inline=board.inline,
        as_far_as_possible=short,
    )
    evidence = DirectoryStore(settings.evidence)
    named = {a.sha256 for one in log.entries(refilled.before) for a in one.statement.attachments}
    for folder in (Path(source) / EVIDENCE for source in spares):
        if folder.is_dir():
            copy_evidence(DirectoryStore(folder), evidence, sorted(named))
    return refilled


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


def _check(log: Log, settings: Settings, *, adopt_anchor: bool) -> int:
    """Ask what a start asks, but for the log's key, which may come to its place later."""
    recorded = list(log.entries())
    keyring = keyring_of(recorded)
    origin = recorded[0].statement.log if recorded else ""
    signers = {key.id for _, key in keyring.log_keys}
    opened = Opened(origin, keyring, last_received(recorded), signers)
    start(log.database, settings.anchor, opened, clock_of(recorded)(), adopt=adopt_anchor)
    return len(recorded)
