"""A log that was lost: an old backup is refused, and refilled with what others kept, or not touched."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from api.runtime import open_runtime, reading
from api.settings import DATABASE_VARIABLE, Settings
from api.storage import Restored, backup, restore
from api.verification import examine
from audit.ledger.anchor import Anchor
from audit.ledger.codec import Recorded
from audit.ledger.database import open_database
from audit.ledger.errors import BackupRefused, LogBehind, RefillRefused, StartRefused
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.note import open_note, vkey
from audit.proofs.tiles import write_bundle
from tests.api.kept import WITH_WORDS, Kept, clock, keep
from tests.audit.ledger.callers import registering
from tests.traces import check_whole
from tests.worlds import KEYS, World, agency

TRIES = 20
LOG_KEY = vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The log, its backups, and what others kept of it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        return keep(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def lost(kept: Kept, tmp_path: Path) -> Settings:
    """A data directory whose log is lost."""
    return kept.lose(tmp_path / "data")


def cut_points(kept: Kept) -> list[tuple[int, str]]:
    """Choose old backups at random, five for each kind of source, no backup twice for the same kind."""
    chance = random.Random(2016)  # noqa: S311 - the same cuts every time
    sizes = [size for size in kept.backups if size < kept.size]
    each = TRIES // len(kept.sources)
    return [(size, kind) for kind in sorted(kept.sources) for size in chance.sample(sizes, each)]


def test_the_cases_are_twenty_and_differ(kept: Kept) -> None:
    """Replicas, bundles, entries and receipts, each after losses of five sizes."""
    cases = cut_points(kept)
    assert len(set(cases)) == TRIES == 20
    assert {kind for _, kind in cases} == {"replica", "bundles", "entries", "receipts"}
    assert len({size for size, _ in cases}) > 10


def rows(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    with closing(sqlite3.connect(data / "minhchung.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}
    return {name: sorted(its, key=repr) for name, its in found.items() if not name.startswith("sqlite_")}


# --- refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(TRIES))
def test_an_old_backup_is_refused_20_of_20(kept: Kept, lost: Settings, case: int) -> None:
    """Put back by the command it is not left in place; put back by hand it is neither run nor written."""
    size, _ = cut_points(kept)[case]
    with pytest.raises(LogBehind) as refused:
        restore(lost, kept.backups[size], [])
    assert refused.value.facts == {"size": size, "anchored": kept.size, "missing": kept.size - size}
    assert sorted(path.name for path in lost.data.iterdir()) == ["anchor", "log.key"]
    shutil.copy2(kept.backups[size] / "minhchung.db", lost.database)
    before = rows(lost.data)
    with pytest.raises(LogBehind):
        open_runtime(lost, clock=clock())
    assert rows(lost.data) == before


def test_the_newest_backup_goes_on(kept: Kept, lost: Settings) -> None:
    """A backup that holds all that was acknowledged is put in place, with its evidence, and written to."""
    assert restore(lost, kept.backups[kept.size], []) == Restored(kept.size, kept.size)
    assert not list(lost.data.glob("*.restoring*"))
    assert examine(lost.data).ok
    world = World(open_runtime(lost, clock=clock()), clock())
    world.submit(registering(world, "NEXT"))
    assert len(check_whole(world)) == kept.size + 1
    world.close()


# --- refilled -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(TRIES))
def test_an_old_backup_is_refilled_20_of_20(kept: Kept, lost: Settings, case: int) -> None:
    """From a replica, bundles, entries or receipts it becomes the log again, row by row."""
    whole = rows(kept.data)
    size, kind = cut_points(kept)[case]
    restored = restore(lost, kept.backups[size], [str(kept.sources[kind])])
    assert (restored.before, restored.size) == (size, kept.size)
    found = rows(lost.data)
    if kind in WITH_WORDS:
        assert restored.words_missing == 0
    else:
        assert restored.words_missing == len(whole["openings"]) - len(found.pop("openings"))
    assert found == {name: whole[name] for name in found}, (size, kind)


def test_a_refilled_log_verifies_and_goes_on(kept: Kept, lost: Settings) -> None:
    """Signatures, tree, rules, scores, evidence: all of it is whole, and the next statement is anchored."""
    size = min(kept.backups)
    restore(lost, kept.backups[size], [str(kept.sources["replica"])])
    assert examine(lost.data).ok
    world = World(open_runtime(lost, clock=clock()), clock())
    world.submit(registering(world, "NEXT"))
    assert len(check_whole(world)) == kept.size + 1
    world.close()


def test_a_log_that_is_there_is_refilled_in_its_place(kept: Kept, lost: Settings) -> None:
    """Somebody put an old database back by hand: it is refilled where it lies."""
    shutil.copy2(kept.backups[min(kept.backups)] / "minhchung.db", lost.database)
    restored = restore(lost, None, [str(kept.sources["receipts"])])
    assert (restored.before, restored.size) == (min(kept.backups), kept.size)


def test_sources_make_up_for_each_other(kept: Kept, lost: Settings, tmp_path: Path) -> None:
    """One lacks every second entry, another has wrong ones: together they are the log."""
    half, wrong = tmp_path / "half", tmp_path / "wrong"
    for folder in (half, wrong):
        shutil.copytree(kept.sources["entries"], folder)
    for number, path in enumerate(sorted(half.iterdir())):
        if number % 2:
            path.unlink()
        else:
            (wrong / path.name).write_bytes(_later((wrong / path.name).read_bytes()))
    restored = restore(lost, kept.backups[min(kept.backups)], [str(wrong), str(half)])
    assert restored.size == kept.size


def _later(state: bytes) -> bytes:
    """Return the entry with another time of admission: well-formed, and not what was logged."""
    entry = parse_entry(state)
    return encode_entry(replace(entry, received_at="2017-12-31T23:59:59.000000Z"))


def _without_one(folder: Path) -> None:
    _last(folder).unlink()


def _changed(folder: Path) -> None:
    path = _last(folder)
    path.write_bytes(_later(path.read_bytes()))


def _swapped(folder: Path) -> None:
    last = _last(folder)
    before = folder / f"{int(last.name.split('.')[0]) - 1}.entry.json"
    one, two = last.read_bytes(), before.read_bytes()
    last.write_bytes(two)
    before.write_bytes(one)


def _last(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda path: int(path.name.split(".")[0]))


INCOMPLETE: dict[str, tuple[Callable[[Path], None], str]] = {
    "one entry is nowhere": (_without_one, "refill.missing"),
    "one entry was changed": (_changed, "refill.other_root"),
    "two entries were swapped": (_swapped, "refill.other_root"),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_what_does_not_make_the_anchored_root_changes_nothing(
    kept: Kept, lost: Settings, tmp_path: Path, case: str
) -> None:
    """Refilling is whole or not at all: a log refilled half-way would be another one nobody acknowledged."""
    spoil, rule = INCOMPLETE[case]
    folder = shutil.copytree(kept.sources["entries"], tmp_path / "entries")
    spoil(folder)
    shutil.copy2(kept.backups[min(kept.backups)] / "minhchung.db", lost.database)
    before = rows(lost.data)
    with pytest.raises(RefillRefused) as refused:
        restore(lost, None, [str(folder)])
    assert refused.value.rule == rule
    assert rows(lost.data) == before


def test_words_that_were_not_committed_to_are_left_out(kept: Kept, lost: Settings, tmp_path: Path) -> None:
    """An opening that does not open its commitment is not taken in; the entry is, without its words."""
    folder = shutil.copytree(kept.sources["receipts"], tmp_path / "receipts")
    for path in folder.glob("*.openings.json"):
        path.write_text(path.read_text("utf-8").replace("Báo cáo", "Bài báo"), "utf-8")
    restored = restore(lost, kept.backups[min(kept.backups)], [str(folder)])
    committed = [entry.statement.commitments for entry in tail(lost, restored.before)]
    assert restored.words_missing == sum(map(len, committed)) > 0
    findings = examine(lost.data).findings
    assert {found.layer for found in findings} == {"opening", "evidence"}
    assert [f.rule for f in findings].count("opening.not_there") == restored.words_missing


def tail(settings: Settings, size: int) -> list[Recorded]:
    """Return the entries of a log from a size on."""
    with reading(settings) as log:
        return list(log.entries(size))


def test_files_that_nobody_kept_are_said_to_be_missing(kept: Kept, lost: Settings) -> None:
    """The log is refilled without them; the command names them, and the verdict finds them."""
    restored = restore(lost, kept.backups[min(kept.backups)], [str(kept.sources["entries"])])
    named = {a.sha256 for one in tail(lost, restored.before) for a in one.statement.attachments}
    assert set(restored.evidence_missing) == named != set()
    found = [one.facts["sha256"] for one in examine(lost.data).findings if one.layer == "evidence"]
    assert set(found) == named


def test_a_log_that_lacks_nothing_is_not_refilled(kept: Kept, lost: Settings) -> None:
    """There is nothing to add to what the anchor knows."""
    with pytest.raises(RefillRefused) as refused:
        restore(lost, kept.backups[kept.size], [str(kept.sources["replica"])])
    assert refused.value.rule == "refill.not_behind"


def test_a_bundle_that_is_cut_short_gives_what_was_whole(kept: Kept, lost: Settings, tmp_path: Path) -> None:
    """The entries before the cut are taken; the last one is said to be missing."""
    states = [path.read_bytes() for path in kept.sources["entries"].iterdir()]
    order = [int(path.name.split(".")[0]) for path in kept.sources["entries"].iterdir()]
    states = [state for _, state in sorted(zip(order, states, strict=True))]
    partial = tmp_path / "site" / "tile" / "entries" / "000.p"
    partial.mkdir(parents=True)
    (partial / str(len(states))).write_bytes(write_bundle(states)[:-1])
    with pytest.raises(RefillRefused) as refused:
        restore(lost, kept.backups[min(kept.backups)], [str(tmp_path / "site")])
    assert refused.value.rule == "refill.missing"
    assert refused.value.facts == {"first": kept.size - 1, "last": kept.size - 1, "count": 1}


# --- backups --------------------------------------------------------------------------------------------


def test_a_backup_has_neither_key_nor_anchor(kept: Kept) -> None:
    """A key has its own safe, and an anchor that came back with its log would vouch for anything."""
    names = {path.name for path in kept.backups[kept.size].iterdir()}
    assert names == {"minhchung.db", "evidence", "checkpoint.note"}


def test_backups_of_a_log_in_use_are_whole_every_time(kept: Kept, tmp_path: Path) -> None:
    """Twenty copies while somebody writes without pause: each is one moment of the log, and goes on."""
    data = shutil.copytree(kept.data, tmp_path / "data")
    world = World(open_runtime(Settings(data), clock=clock()), clock())
    done = Event()

    def write() -> int:
        written = 0
        while not done.is_set():
            world.state("AgencyRegistered", "dk-1", body=agency(f"W{written}"))
            written += 1
        return written

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        copies = [backup(Settings(data), tmp_path / f"copy-{number}") for number in range(TRIES)]
        done.set()
        assert writing.result() > 0
    world.close()
    assert len({copy.size for copy in copies}) > 1
    for number, copy in enumerate(copies):
        note = (tmp_path / f"copy-{number}" / "checkpoint.note").read_bytes()
        stated = parse_checkpoint(open_note(note, [LOG_KEY]).text)
        assert (stated.size, stated.root) == (copy.size, copy.root)
    lost = Settings(tmp_path / "lost")
    restore(lost, tmp_path / f"copy-{TRIES - 1}", [], adopt_anchor=True)
    assert examine(lost.data).ok


def test_a_backup_is_never_written_over(kept: Kept) -> None:
    """An earlier copy in the place that is named stays as it is."""
    with pytest.raises(BackupRefused) as refused:
        backup(Settings(kept.data), kept.backups[kept.size])
    assert refused.value.rule == "backup.there"


def test_a_copy_of_a_damaged_log_is_not_called_a_backup(kept: Kept, tmp_path: Path) -> None:
    """One bit of one entry is enough: the copy is hashed again before it gets its name."""
    damaged = shutil.copytree(kept.data, tmp_path / "damaged")
    with closing(sqlite3.connect(damaged / "minhchung.db", isolation_level=None)) as connection:
        (state,) = connection.execute("SELECT state FROM stored_events WHERE position = 3").fetchone()
        flipped = bytes([*state[:50], state[50] ^ 1, *state[51:]])
        connection.execute("UPDATE stored_events SET state = ? WHERE position = 3", (flipped,))
    with pytest.raises(BackupRefused) as refused:
        backup(Settings(damaged), tmp_path / "copy")
    assert refused.value.rule == "backup.other_root"
    assert not (tmp_path / "copy").exists()


def test_what_an_interrupted_attempt_left_is_not_played_back(kept: Kept, lost: Settings) -> None:
    """Killed half-way, the command is run again: the copy begins anew, without the journal of the first."""
    first = open_database(f"sqlite:///{lost.data}/minhchung.db.restoring")
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE left_over (id INTEGER)"))
        journal = (lost.data / "minhchung.db.restoring-wal").read_bytes()
    first.close()
    (lost.data / "minhchung.db.restoring-wal").write_bytes(journal)
    assert restore(lost, kept.backups[kept.size], []).size == kept.size
    assert "left_over" not in rows(lost.data)
    assert not list(lost.data.glob("*.restoring*"))


def test_a_log_in_postgresql_is_not_hidden_behind_a_file(
    kept: Kept, lost: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the log lies in PostgreSQL, a backup on SQLite is put nowhere."""
    monkeypatch.setenv(DATABASE_VARIABLE, "postgresql://localhost/minhchung")
    with pytest.raises(BackupRefused) as refused:
        restore(lost, kept.backups[kept.size], [])
    assert refused.value.rule == "backup.not_sqlite"
    assert not lost.database.exists()


def test_a_backup_that_was_damaged_is_not_put_in_place(kept: Kept, lost: Settings, tmp_path: Path) -> None:
    """Its entries are hashed again before it becomes the log, whatever its tables say of themselves."""
    copy = shutil.copytree(kept.backups[kept.size], tmp_path / "copy")
    with closing(sqlite3.connect(copy / "minhchung.db", isolation_level=None)) as connection:
        connection.execute("UPDATE stored_events SET state = x'00' WHERE position = 3")
    with pytest.raises(BackupRefused) as refused:
        restore(lost, copy, [])
    assert refused.value.rule == "backup.other_root"
    assert not lost.database.exists()


def test_evidence_that_is_altered_is_said_to_be_missing(kept: Kept, tmp_path: Path) -> None:
    """The log is copied all the same, and whoever made the backup hears which files are not in it."""
    data = shutil.copytree(kept.data, tmp_path / "data")
    file = next((data / "evidence").glob("??/*"))
    file.write_bytes(b"something else")
    made = backup(Settings(data), tmp_path / "copy")
    assert made.evidence_missing == (file.name,)


@pytest.mark.parametrize("end", ["", "-wal", "-journal"])
def test_nothing_is_put_over_what_is_left_of_a_log(kept: Kept, lost: Settings, end: str) -> None:
    """A database, or a journal that would be played back into another, is moved away by a person first."""
    left = lost.database.with_name(f"minhchung.db{end}")
    left.write_bytes(b"what is left")
    with pytest.raises(BackupRefused) as refused:
        restore(lost, kept.backups[kept.size], [])
    assert refused.value.rule == "backup.in_the_way"
    assert left.read_bytes() == b"what is left"


def test_without_its_anchor_a_backup_is_put_in_place_only_when_told(kept: Kept, lost: Settings) -> None:
    """Nobody knows then what was acknowledged; a person takes that on, and a new anchor begins."""
    lost.anchor.unlink()
    with pytest.raises(StartRefused) as refused:
        restore(lost, kept.backups[kept.size], [])
    assert refused.value.rule == "anchor.missing"
    assert not lost.database.exists()
    restore(lost, kept.backups[kept.size], [], adopt_anchor=True)
    newest = Anchor.open(lost.anchor).newest
    assert newest is not None
    assert newest.checkpoint.size == kept.size
