"""Words that are erased: gone from tables, file and whatever brings a log back; nothing else moves."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from api.clock import ScriptedClock
from api.runtime import Log, open_runtime, reading
from api.settings import DATABASE_VARIABLE, Settings
from api.storage import backup, restore
from api.verification import examine
from audit.ledger import erasure
from audit.ledger.codec import Recorded
from audit.ledger.submission import Accepted, Refused
from audit.ledger.tables import openings
from audit.proofs.statement import parse_envelope, parse_statement
from tests.audit.ledger.rewinding import rewind
from tests.traces import check_whole, tables
from tests.worlds import NOW, OPEN, World, a_file, begin, reopen

PERSON = "xoa-1"
NAME = "Nguyễn Thị Người-Cần-Xóa " + "x" * 40
TITLE = "Báo cáo có dữ liệu cá nhân của Người-Cần-Xóa\n" + "y" * 30_000
"""A text that does not fit a page of the database."""
CELL = {"round": OPEN, "agency": "STC", "criterion": "A1.5"}


@pytest.fixture
def world(small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A copy of the small log in which somebody was entered and a title says too much."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    shutil.copytree(small_log, tmp_path / "data")
    opened = reopen(tmp_path / "data")
    opened.state("OfficerRegistered", "dk-1", body={"officer": PERSON}, texts={"name": NAME})
    opened.state(
        "EvidenceSubmitted",
        "stc-2",
        **CELL,
        body={"serial": "22/BC-STC", "version": 1},
        texts={"title": TITLE},
        files=[a_file("minh chứng")],
    )
    yield opened
    opened.close()


def doomed(world: World) -> list[dict[str, object]]:
    """The two texts that are to go, as a tombstone names them."""
    *_, entered, submitted = world.runtime.log.entries()
    return [
        {"statement": entered.statement.id, "fields": ["name"]},
        {"statement": submitted.statement.id, "fields": ["title"]},
    ]


def erases(world: World, category: str = "ENTERED_IN_ERROR") -> int:
    """Let the registrars erase both; return the position of the tombstone."""
    body = {"category": category, "erased": doomed(world)}
    return world.state(
        "OpeningsErased", "dk-1", "dk-2", body=body, texts={"authority": "QĐ 12/QĐ-SNV (minh họa)"}
    )


def words(log: Log) -> dict[tuple[str, str], tuple[bytes | None, str | None]]:
    """The openings of a log."""
    with log.database.read() as connection:
        rows = connection.execute(select(openings)).all()
    return {(row.statement_id, row.field): (row.salt, row.value) for row in rows}


def salts(world: World) -> list[bytes]:
    """The salts of the two texts."""
    held = words(world.runtime.log)
    return [held[str(its["statement"]), name][0] or b"" for its in doomed(world) for name in its["fields"]]  # type: ignore[attr-defined]


def found_in(data: Path, *needles: bytes) -> list[str]:
    """The files of a data directory in which any of these bytes stand."""
    files = [path for path in data.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(needle in path.read_bytes() for needle in needles))


def test_words_go_and_nothing_else_moves(world: World) -> None:
    """Both openings are empty; each entry, tile, checkpoint, score and rank before is what it was."""
    before = tables(world)
    gone_before = {key for key, its in words(world.runtime.log).items() if its == (None, None)}
    keys = [(str(its["statement"]), name) for its in doomed(world) for name in its["fields"]]  # type: ignore[attr-defined]
    position = erases(world)
    after = tables(world)
    assert check_whole(world)[-1].position == position
    for name in ("stored_events", "checkpoints", "statement_ids", "cell_scores", "ranks", "refusals"):
        assert set(before.get(name, ())) <= set(after.get(name, ())), name
    assert {name: after[name] for name in ("cell_scores", "ranks")} == {
        name: before[name] for name in ("cell_scores", "ranks")
    }
    held = words(world.runtime.log)
    assert {key for key, its in held.items() if its == (None, None)} == {*keys, *gone_before}


def test_words_leave_the_file(world: World, tmp_path: Path) -> None:
    """No byte of the words or their salts is left in the database or its write-ahead log."""
    needles = [NAME.encode(), b"y" * 300, *salts(world)]
    world.runtime.log.database.settle()
    assert found_in(tmp_path / "data", *needles) == ["minhchung.db"]
    erases(world)
    assert found_in(tmp_path / "data", *needles) == []
    assert found_in(tmp_path / "data", b"stored_events") == ["minhchung.db"]


def test_verdict_says_what_was_erased(world: World, tmp_path: Path) -> None:
    """The log is whole, and of each erasure it is told where it was stated and how many openings went."""
    position = erases(world)
    world.close()
    examined = examine(tmp_path / "data")
    assert examined.ok, examined.findings
    _, (by, count) = examined.erased
    assert (by.position, by.category, count) == (position, "ENTERED_IN_ERROR", 2)


def test_refused_erasure_erases_nothing(world: World) -> None:
    """Where one registrar alone asks, the words stay, also those of a neighbour in the same batch."""
    before = words(world.runtime.log)
    body = {"category": "ORDERED", "erased": doomed(world)}
    draft = world.draft("OpeningsErased", "dk-1", body=body, texts={"authority": "QĐ"}, together=True)
    (outcome,) = world.submit(world.desk().sign(draft))
    assert isinstance(outcome, Refused)
    assert outcome.refusal.rule == "erasure.registrars_needed"
    assert words(world.runtime.log) == before


def test_words_of_the_same_batch_go_as_well(world: World) -> None:
    """What is submitted and erased in one batch is never seen by anybody."""
    desk = world.desk()
    entered = desk.sign(
        world.draft("OfficerRegistered", "dk-1", body={"officer": "xoa-2"}, texts={"name": "Người Thứ Hai"})
    )
    statement = entered.openings[0]
    ids = [{"statement": _id(entered.envelope), "fields": [statement.field]}]
    body = {"category": "ENTERED_IN_ERROR", "erased": ids}
    gone = desk.sign(world.draft("OpeningsErased", "dk-1", "dk-2", body=body, texts={"authority": "QĐ"}))
    assert all(isinstance(one, Accepted) for one in world.submit(entered, gone))
    assert words(world.runtime.log)[str(ids[0]["statement"]), "name"] == (None, None)


def _id(envelope: bytes) -> str:
    return parse_statement(parse_envelope(envelope).payload).id


# --- what brings a log back -----------------------------------------------------------------------------


def test_old_backup_does_not_bring_them_back(world: World, tmp_path: Path) -> None:
    """A backup with the words, refilled from a copy that has them too: they are gone all the same."""
    backup(Settings(tmp_path / "data"), tmp_path / "backup")
    shutil.copytree(tmp_path / "backup", tmp_path / "other")
    needles = [NAME.encode(), b"y" * 300, *salts(world)]
    erases(world)
    backup(Settings(tmp_path / "data"), tmp_path / "replica")
    world.close()
    assert found_in(tmp_path / "backup", *needles) == ["minhchung.db"]
    lost = Settings(tmp_path / "lost")
    lost.data.mkdir()
    for name in ("log.key", "anchor"):
        shutil.copy2(tmp_path / "data" / name, lost.data / name)
    restored = restore(lost, tmp_path / "backup", [str(tmp_path / "other"), str(tmp_path / "replica")])
    assert (restored.size - restored.before, restored.words_missing) == (1, 0)
    assert found_in(lost.data, *needles) == []
    assert examine(lost.data).ok


def test_spares_do_not_bring_them_back(world: World, tmp_path: Path) -> None:
    """A log that lost words and erasure is refilled with both: the words stay out."""
    position = erases(world)
    size = position - 2
    whole = tmp_path / "data"
    world.close()
    with_words = shutil.copytree(whole, tmp_path / "with-words")
    _put_back(with_words)
    old = reopen(whole)
    rewind(old, size)
    old.close()
    restored = restore(Settings(whole), None, [str(with_words)])
    assert (restored.before, restored.words_missing) == (size, 0)
    assert found_in(whole, NAME.encode()) == []
    assert examine(whole).ok


def _put_back(data: Path, value: str = NAME) -> None:
    """Put some words in the place of erased ones, behind the log's back."""
    with closing(sqlite3.connect(data / "minhchung.db")) as connection, connection:
        gone = connection.execute("SELECT statement_id, field FROM openings WHERE value IS NULL").fetchall()
        assert gone
        connection.execute("UPDATE openings SET value = ?, salt = ? WHERE value IS NULL", (value, bytes(32)))


def test_start_holds_the_log_to_its_tombstones(world: World, tmp_path: Path) -> None:
    """Words that came back behind the log's back are found by the verdict, and gone after a start."""
    erases(world)
    world.close()
    data = tmp_path / "data"
    _put_back(data)
    rules = [found.rule for found in examine(data).findings]
    assert rules.count("opening.not_erased") == 3
    reopen(data).close()
    assert examine(data).ok


def test_start_finishes_what_a_crash_left(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between the commit and writing the file anew leaves that to the next start."""
    monkeypatch.setattr(erasure, "forget", lambda *_: None)
    monkeypatch.setattr("audit.ledger.intake.forget", lambda *_: None)
    position = erases(world)
    log = world.runtime.log
    assert log.recorder.max_tracking_id(erasure.FOLLOWER) != position + 1
    monkeypatch.undo()
    world.close()
    reopened = reopen(tmp_path / "data")
    assert reopened.runtime.log.recorder.max_tracking_id(erasure.FOLLOWER) == position + 1
    assert found_in(tmp_path / "data", NAME.encode()) == []
    reopened.close()


def test_file_is_not_written_anew_at_every_start(world: World, tmp_path: Path) -> None:
    """What was done once is not done again."""
    erases(world)
    world.close()
    before = (tmp_path / "data" / "minhchung.db").read_bytes()
    reopen(tmp_path / "data").close()
    assert (tmp_path / "data" / "minhchung.db").read_bytes() == before


# --- what the verdict finds -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (delete(openings).where(openings.c.field == "title"), "opening.not_there"),
        (
            update(openings).where(openings.c.field == "title").values(value=None, salt=None),
            "opening.not_there",
        ),
        (
            update(openings).where(openings.c.field == "title").values(visibility="COUNCIL"),
            "opening.other_visibility",
        ),
    ],
)
def test_opening_that_is_not_as_it_should_be_is_found(
    world: World, tmp_path: Path, change: object, rule: str
) -> None:
    """Removed, emptied or marked for others: each is named with its position."""
    with world.runtime.log.database.begin() as connection:
        connection.execute(change)  # type: ignore[call-overload]
    world.close()
    findings = examine(tmp_path / "data").findings
    titled = [one.position for one in entries(tmp_path / "data") if "title" in one.statement.commitments]
    assert [(found.layer, found.position, found.rule) for found in findings] == [
        ("opening", position, rule) for position in titled
    ]


def entries(data: Path) -> list[Recorded]:
    """The entries of a data directory."""
    with reading(Settings(data)) as log:
        return list(log.entries())


def test_opening_of_an_unknown_statement_is_found(world: World, tmp_path: Path) -> None:
    """An opening that was moved to another id is missing there, and of nothing here."""
    (name, _) = doomed(world)
    with world.runtime.log.database.begin() as connection:
        moved = update(openings).where(openings.c.statement_id == name["statement"])
        connection.execute(moved.values(statement_id="00000000-0000-7000-8000-000000000000"))
    world.close()
    rules = [found.rule for found in examine(tmp_path / "data").findings]
    assert rules == ["opening.not_there", "opening.of_nothing"]


# --- on a database of either kind -----------------------------------------------------------------------


def test_erasure_on_either_database(settings: Settings) -> None:
    """The openings are empty, the log goes on, and a second start changes nothing."""
    made = begin(settings.data)
    made.state("OfficerRegistered", "dk-1", body={"officer": PERSON}, texts={"name": NAME})
    (entered,) = [one for one in made.runtime.log.entries() if one.statement.commitments]
    body = {
        "category": "SUBJECT_REQUEST",
        "erased": [{"statement": entered.statement.id, "fields": ["name"]}],
    }
    made.state("OpeningsErased", "dk-1", "dk-2", body=body, texts={"authority": "Đơn ngày 08/02/2017"})
    assert words(made.runtime.log)[entered.statement.id, "name"] == (None, None)
    made.close()
    again = World(open_runtime(settings, clock=ScriptedClock(NOW)), ScriptedClock(NOW))
    assert again.runtime.log.recorder.max_tracking_id(erasure.FOLLOWER) == 3
    assert len(check_whole(again)) == 3
    again.close()


def test_damaged_tombstone_is_the_one_thing_that_is_found(world: World, tmp_path: Path) -> None:
    """Where a tombstone was altered, the openings that it erased are a consequence, not a second cause."""
    position = erases(world)
    world.close()
    with closing(sqlite3.connect(tmp_path / "data" / "minhchung.db")) as connection, connection:
        here = "FROM stored_events WHERE position = ?"
        (state,) = connection.execute(f"SELECT state {here}", (position,)).fetchone()
        flipped = bytes([*state[:200], state[200] ^ 1, *state[201:]])
        connection.execute("UPDATE stored_events SET state = ? WHERE position = ?", (flipped, position))
    findings = examine(tmp_path / "data").findings
    assert {found.position for found in findings} == {position}
