"""A log whose tail nobody kept goes on as a new one, which proves what is missing."""

from __future__ import annotations

import base64
import random
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from api.epoch import begin_epoch
from api.runtime import open_runtime
from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE, Settings
from api.storage import backup, restore
from api.verdict import verdict_on_log
from api.verification import examine
from audit.ledger.anchor import Anchor
from audit.ledger.errors import EpochRefused, LogBehind
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.continuation import Continuation, read_continuation, verify_continuation
from audit.proofs.errors import AuditError
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import SigningKey
from audit.proofs.note import vkey
from tests.api.kept import Kept, clock
from tests.worlds import REGISTRARS, World, agency, begin

TRIES = 20
OLD, NEW = "minhchung.example/old-epoch", "minhchung.example/new-epoch"
ACTORS = (LOG_ACTOR, *REGISTRARS)
KEYS: Mapping[str, SigningKey] = {
    actor: SigningKey.from_seed(bytes([number + 1] * 32)) for number, actor in enumerate(ACTORS)
}
SIGNERS = [KEYS[actor] for actor in REGISTRARS]
ENTRIES = 24


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A log with keys of its own, with a backup after each entry; nobody kept anything else."""
    folder = tmp_path_factory.mktemp("epoch")
    with pytest.MonkeyPatch.context() as environment:
        for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
            environment.delenv(variable, raising=False)
        world = begin(folder / "data", OLD, KEYS)
        backups = {}
        for number in range(1, ENTRIES):
            world.state("AgencyRegistered", "dk-1", body=agency(f"A{number}"))
            backups[world.size] = folder / str(world.size)
            backup(Settings(folder / "data"), backups[world.size])
        world.close()
    return Kept(folder / "data", backups, {}, ENTRIES)


@pytest.fixture
def lost(kept: Kept, tmp_path: Path) -> Settings:
    """A data directory whose log is lost."""
    return kept.lose(tmp_path / "data")


def continued(settings: Settings) -> World:
    """Open the new log."""
    runtime = open_runtime(settings, clock=clock())
    return World(runtime, clock(), NEW, KEYS)


def losses(kept: Kept) -> list[int]:
    """Choose twenty old backups, each of another size."""
    chance = random.Random(2017)  # noqa: S311 - the same cuts every time
    return chance.sample([size for size in kept.backups if size < kept.size], TRIES)


@pytest.mark.parametrize("case", range(TRIES))
def test_the_new_epoch_proves_what_is_missing_20_of_20(kept: Kept, lost: Settings, case: int) -> None:
    """Nothing can be refilled: the new log names the positions from the backup's end to the anchor's."""
    size = losses(kept)[case]
    anchored = Anchor.open(lost.anchor).newest
    with pytest.raises(LogBehind):
        restore(lost, kept.backups[size], [])
    cited = begin_epoch(lost, NEW, SIGNERS, source=kept.backups[size])
    assert anchored is not None
    assert cited == Continuation(
        OLD, kept.size, anchored.checkpoint.root.hex(), anchored.note, size, kept.size
    )
    examined = examine(lost.data)
    assert examined.ok, examined.findings
    assert examined.verdict.continues == cited
    assert examined.left is not None
    assert (examined.left.origin, examined.left.size) == (OLD, size)
    assert cited.missing_to - cited.missing_from == anchored.checkpoint.size - examined.left.size
    told = verdict_on_log(examined)["continues"]
    assert told == {
        "log": OLD,
        "size": kept.size,
        "root": cited.root,
        "missing_from": size,
        "missing_to": kept.size,
        "proved": True,
    }


def test_the_new_log_goes_on(kept: Kept, lost: Settings) -> None:
    """It has a key and an anchor of its own, the registrars of the old one, and nothing of its entries."""
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    world = continued(lost)
    assert world.size == 1
    assert world.intake.keyring.genesis.registrars == frozenset(REGISTRARS)
    assert world.intake.keyring.log_key != KEYS[LOG_ACTOR].public_key
    assert world.state("AgencyRegistered", "dk-1", body=agency("A1")) == 1
    world.close()
    assert [held.checkpoint.size for held in Anchor.open(lost.anchor).records()] == [1, 2]


def test_what_was_there_is_kept(kept: Kept, lost: Settings) -> None:
    """The data directory as it was lies beside the new one; a second time it would be in the way."""
    before = {path.name: path.read_bytes() for path in lost.data.iterdir()}
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    previous = lost.data.with_name(f"{lost.data.name}.previous")
    assert {path.name: path.read_bytes() for path in previous.iterdir()} == before
    with pytest.raises(EpochRefused) as refused:
        begin_epoch(lost, "minhchung.example/third", SIGNERS)
    assert refused.value.rule == "epoch.in_the_way"


def test_a_log_in_place_is_continued_as_well(kept: Kept, lost: Settings) -> None:
    """Somebody put an old database back by hand: what is left is taken from there."""
    shutil.copy2(kept.backups[9] / "minhchung.db", lost.database)
    cited = begin_epoch(lost, NEW, SIGNERS)
    assert (cited.missing_from, cited.missing_to) == (9, kept.size)
    assert examine(lost.data).ok


def test_what_can_be_refilled_is_not_given_up(kept: Kept, lost: Settings) -> None:
    """A newer copy fills part of the gap: only what nobody has is named as missing."""
    cited = begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9], spares=[str(kept.backups[15])])
    assert (cited.missing_from, cited.missing_to) == (15, kept.size)
    assert examine(lost.data).ok


def test_an_anchor_on_another_disk_is_followed_by_the_new_logs(
    kept: Kept, lost: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old anchor is set aside there, and the new log's takes its place."""
    disk = tmp_path / "disk"
    disk.mkdir()
    lost.anchor.rename(disk / "anchor")
    monkeypatch.setenv(ANCHOR_VARIABLE, str(disk / "anchor"))
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    assert sorted(path.name for path in disk.iterdir()) == ["anchor", "anchor.previous"]
    continued(lost).close()
    assert examine(lost.data).ok


def test_an_epoch_can_be_continued_again(kept: Kept, lost: Settings, tmp_path: Path) -> None:
    """A log that continues another is lost itself: the third one's verifier checks both before it."""
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    copy = tmp_path / "copy"
    backup(lost, copy)
    world = continued(lost)
    world.state("AgencyRegistered", "dk-1", body=agency("A1"))
    world.close()
    shutil.rmtree(lost.data.with_name(f"{lost.data.name}.previous"))
    begin_epoch(lost, "minhchung.example/third", SIGNERS, source=copy)
    examined = examine(lost.data)
    assert examined.ok, examined.findings
    assert (lost.continues / "continues" / "minhchung.db").exists()


# --- not begun ------------------------------------------------------------------------------------------

NOT_BEGUN: dict[str, tuple[int, str, list[SigningKey], str]] = {
    "nothing is missing": (ENTRIES, NEW, SIGNERS, "epoch.nothing_missing"),
    "under the old origin": (9, OLD, SIGNERS, "epoch.not_provable"),
    "without a registrar": (9, NEW, SIGNERS[:1], "epoch.registrar_needed"),
    "with a stranger instead": (9, NEW, [SIGNERS[0], SigningKey.generate()], "epoch.registrar_needed"),
}


@pytest.mark.parametrize("case", NOT_BEGUN)
def test_an_epoch_that_has_no_ground_is_not_begun(kept: Kept, lost: Settings, case: str) -> None:
    """The data directory stays as it is."""
    size, origin, signers, rule = NOT_BEGUN[case]
    before = {path.name: path.read_bytes() for path in lost.data.iterdir()}
    with pytest.raises(EpochRefused) as refused:
        begin_epoch(lost, origin, signers, source=kept.backups[size])
    assert refused.value.rule == rule
    assert {path.name: path.read_bytes() for path in lost.data.iterdir()} == before


# --- what is left is not what was cited -----------------------------------------------------------------


def _another_backup(kept: Kept, settings: Settings) -> None:
    shutil.copy2(kept.backups[12] / "minhchung.db", settings.continues / "minhchung.db")


def _rewound(kept: Kept, settings: Settings) -> None:
    shutil.copy2(kept.backups[5] / "minhchung.db", settings.continues / "minhchung.db")


FALSE: dict[str, tuple[Callable[[Kept, Settings], None], str]] = {
    "more is left than was said": (_another_backup, "continuation.other_size"),
    "less is left than was said": (_rewound, "continuation.other_size"),
}


@pytest.mark.parametrize("case", FALSE)
def test_a_citation_that_is_not_so_is_found(kept: Kept, lost: Settings, case: str) -> None:
    """Whoever verifies counts what is left: nobody hides entries behind a loss, or a loss behind entries."""
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    tamper, rule = FALSE[case]
    tamper(kept, lost)
    found = [(one.layer, one.position, one.rule) for one in examine(lost.data).findings]
    assert found == [("continuation", 0, rule)]


def test_damage_to_what_is_left_is_found(kept: Kept, lost: Settings) -> None:
    """The old part is verified like any log, and its findings spoil the new one's verdict."""
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    path = lost.continues / "minhchung.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE stored_events SET topic = 'AgencyClosed.v1' WHERE position = 4")
    found = [(one.layer, one.rule) for one in examine(lost.data).findings]
    assert found == [("continuation", "continuation.damaged")]


def test_without_what_is_left_nothing_is_proved(kept: Kept, lost: Settings) -> None:
    """The verdict says that the new log says so, and no more."""
    begin_epoch(lost, NEW, SIGNERS, source=kept.backups[9])
    shutil.rmtree(lost.continues)
    examined = examine(lost.data)
    assert examined.ok
    assert verdict_on_log(examined)["continues"]["proved"] is False


# --- the citation itself --------------------------------------------------------------------------------

ROOT, OTHER_ROOT = bytes(range(32)), bytes(32)
NOTE = sign_checkpoint(Checkpoint(OLD, 20, ROOT), KEYS[LOG_ACTOR])
GOOD = {
    "origin": OLD,
    "size": 20,
    "root": ROOT.hex(),
    "checkpoint": base64.b64encode(NOTE).decode(),
    "missing_from": 9,
    "missing_to": 20,
}
MALFORMED: dict[str, tuple[object, str]] = {
    "nothing": (None, "continues"),
    "a field less": ({k: v for k, v in GOOD.items() if k != "root"}, "continues"),
    "a field more": (GOOD | {"why": "fire"}, "continues"),
    "a size that is text": (GOOD | {"size": "20"}, "size"),
    "a size that is true": (GOOD | {"missing_from": True}, "missing_from"),
    "another size than its note": (GOOD | {"size": 21, "missing_to": 21}, "checkpoint"),
    "another root than its note": (GOOD | {"root": OTHER_ROOT.hex()}, "checkpoint"),
    "another log than its note": (GOOD | {"origin": "minhchung.example/x"}, "checkpoint"),
    "a note that is none": (GOOD | {"checkpoint": "AAAA"}, "checkpoint"),
    "a note that is not base64": (GOOD | {"checkpoint": "-"}, "checkpoint"),
    "nothing missing": (GOOD | {"missing_from": 20}, "missing_to"),
    "missing from before the beginning": (GOOD | {"missing_from": -1}, "missing_to"),
    "missing up to the middle": (GOOD | {"missing_to": 15}, "missing_to"),
    "missing beyond its size": (GOOD | {"missing_to": 25}, "missing_to"),
}


def test_a_good_citation_is_read_and_proved() -> None:
    """It is what the old log signed, and what is left ends where the missing positions begin."""
    cited = read_continuation(GOOD, NEW)
    assert cited == Continuation(OLD, 20, ROOT.hex(), NOTE, 9, 20)
    verify_continuation(cited, left=Checkpoint(OLD, 9, OTHER_ROOT), vkeys=[_vkey(KEYS[LOG_ACTOR])])


def _vkey(key: SigningKey, origin: str = OLD) -> str:
    return vkey(origin, key.public_key)


@pytest.mark.parametrize("case", MALFORMED)
def test_a_citation_that_contradicts_itself_is_refused(case: str) -> None:
    """Each field is of its kind, and says what the note says."""
    stated, field = MALFORMED[case]
    with pytest.raises(AuditError) as refused:
        read_continuation(stated, NEW)
    assert (refused.value.rule, refused.value.facts["field"]) == ("continuation.malformed", field)


def test_a_log_does_not_continue_itself() -> None:
    """A new epoch has a new origin, or what was signed for the old log would be good in it."""
    with pytest.raises(AuditError) as refused:
        read_continuation(GOOD, OLD)
    assert refused.value.facts["field"] == "origin"


NOT_PROVED: dict[str, tuple[Continuation, Checkpoint, str]] = {
    "signed by another key": (
        replace(
            read_continuation(GOOD, NEW),
            checkpoint=sign_checkpoint(Checkpoint(OLD, 20, ROOT), KEYS["dk-1"]),
        ),
        Checkpoint(OLD, 9, ROOT),
        "note.no_known_signature",
    ),
    "of another log": (
        read_continuation(GOOD, NEW),
        Checkpoint("minhchung.example/x", 9, ROOT),
        "continuation.other_log",
    ),
    "less is left": (read_continuation(GOOD, NEW), Checkpoint(OLD, 8, ROOT), "continuation.other_size"),
    "more is left": (read_continuation(GOOD, NEW), Checkpoint(OLD, 10, ROOT), "continuation.other_size"),
}


@pytest.mark.parametrize("case", NOT_PROVED)
def test_a_citation_that_is_not_proved_is_refused(case: str) -> None:
    """The old log's signature, its name, and the count of what is left: each one is needed."""
    cited, left, rule = NOT_PROVED[case]
    with pytest.raises(AuditError) as refused:
        verify_continuation(cited, left=left, vkeys=[_vkey(KEYS[LOG_ACTOR])])
    assert refused.value.rule == rule
