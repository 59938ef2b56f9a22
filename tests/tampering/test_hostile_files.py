"""A file made to mislead whoever verifies it: found or refused, never believed, waited for, or fatal."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from api.runtime import reading
from api.settings import Settings
from api.stored import shape_of_log
from api.verification import examine
from audit.ledger.export import export_log
from audit.proofs.__main__ import main
from audit.proofs.stored import SHAPE
from tests.tampering.forging import Sound, build, copied, run_sql

ESCAPE = "\x1b[2J\x1b[32m"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A sound log, built once."""
    return build(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def copy(sound: Sound, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return copied(sound, tmp_path / "copy")


def verified(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Let the proofs alone look at a path; return the status and the answer."""
    status = main([str(path), "--json"])
    said = capsys.readouterr()
    assert ESCAPE[0] not in said.out + said.err
    return status, json.loads(said.out) if said.out else {}


def told(data: Path, *, projections: bool = False) -> set[tuple[str, int | None, str]]:
    """Let the whole verifier look at a data directory, as the command does."""
    from api.cli import _verdict
    from api.wording import Language

    answer = _verdict(data, Language.VI, projections=projections)
    assert answer["ok"] == (not answer["findings"])
    assert ESCAPE[0] not in json.dumps(answer, ensure_ascii=False)
    return {(one["layer"], one["position"], one["rule"]) for one in answer["findings"]}


# --- the database ---------------------------------------------------------------------------------------

KINDS: dict[str, tuple[str, str, Any]] = {
    "a number that would be so many bytes": ("stored_events", "state", 2**36),
    "text instead of bytes": ("stored_events", "state", "text"),
    "bytes instead of a name": ("stored_events", "topic", b"x"),
    "a broken number as version": ("stored_events", "originator_version", 1.5),
    "a number as leaf hashes": ("tiles", "hashes", 2**36),
    "text as size": ("head", "size", "x"),
    "a number as checkpoint": ("checkpoints", "note", 2**36),
    "a number as salt": ("openings", "salt", 2**36),
    "bytes as words": ("openings", "value", b"x"),
    "a number as cosignature": ("cosignatures", "line", 7),
    "text as time token": ("timestamps", "token", "x"),
    "a number as digest": ("statement_ids", "payload_sha256", 7),
    "a number as refusal": ("refusals", "line", 7),
    "bytes as points": ("cell_scores", "points", b"1"),
}


@pytest.mark.parametrize("case", KINDS)
def test_a_value_of_another_kind_is_named(copy: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told by table, column and row, an entry by its position; and nothing is made of it."""
    table, column, value = KINDS[case]
    at = "position = 9" if table == "stored_events" else f'rowid = (SELECT min(rowid) FROM "{table}")'
    run_sql(copy, (f'UPDATE "{table}" SET "{column}" = ? WHERE {at}', [value]))
    position = 9 if table == "stored_events" else None
    assert ("storage", position, "stored.other_kind") in told(copy)
    if column in SHAPE.get(table, ()):
        status, answer = verified(copy, capsys)
        assert status == 1
        (found,) = answer["findings"]
        assert (found["rule"], found["position"]) == ("stored.other_kind", position)
        assert (found["facts"]["table"], found["facts"]["column"]) == (table, column)


_ENDLESS = (
    "CREATE VIEW stored_events AS WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c) SELECT n"
    " AS position, 'x' AS originator_id, 1 AS originator_version, 't' AS topic, x'00' AS state FROM c"
)


@pytest.mark.parametrize("view", [_ENDLESS, "CREATE VIEW stored_events AS SELECT * FROM others"])
def test_a_view_is_no_table(copy: Path, view: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What could show each reader something else, or never end, is not read at all."""
    run_sql(copy, ("ALTER TABLE stored_events RENAME TO others", []), (view, []))
    assert told(copy) == {("storage", None, "stored.no_table")}
    assert verified(copy, capsys)[0] == 1


def test_a_trigger_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All is sound yet; at the next statement it would not be."""
    run_sql(
        copy,
        (
            "CREATE TRIGGER later AFTER INSERT ON stored_events BEGIN UPDATE ranks SET rank = 1; END",
            [],
        ),
    )
    assert told(copy) == {("storage", None, "stored.acts")}
    status, answer = verified(copy, capsys)
    assert (status, answer["layers"]["storage"]) == (1, "failed")


def test_an_index_that_leads_past_an_entry_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has the entry, and whoever asks for its stream is not shown it."""
    stream = _hide_from_its_index(copy)
    with closing(sqlite3.connect(copy / "minhchung.db")) as connection:
        count = "SELECT count(*) FROM stored_events {} WHERE originator_id = ?"
        (shown,) = connection.execute(count.format(""), [stream]).fetchone()
        (there,) = connection.execute(count.format("NOT INDEXED"), [stream]).fetchone()
    assert shown < there
    assert ("storage", None, "stored.damaged") in told(copy)
    assert verified(copy, capsys)[0] == 1


def _hide_from_its_index(data: Path) -> str:
    """Build the index anew as one over all entries but the last score, and call it what it was."""
    index, table = "sqlite_autoindex_stored_events_1", "stored_events"
    with closing(sqlite3.connect(data / "minhchung.db", isolation_level=None)) as connection:
        root, sql = (
            connection.execute(f"SELECT {column} FROM sqlite_master WHERE name = ?", [name]).fetchone()[0]
            for column, name in (("rootpage", index), ("sql", table))
        )
        stream, position = connection.execute(
            "SELECT originator_id, max(position) FROM stored_events WHERE topic = 'SelfScoreDeclared.v1'"
        ).fetchone()
        without = re.sub(r",\s*CONSTRAINT one_version_once UNIQUE \([^)]*\)", "", sql)
        made = f"CREATE UNIQUE INDEX other ON {table}(originator_id, originator_version)"
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = ?", [index])
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", [without, table])
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('index', 'other', ?, ?, ?)",
            [table, root, f"{made} WHERE position <> {position}"],
        )
    with closing(sqlite3.connect(data / "minhchung.db", isolation_level=None)) as connection:
        connection.execute("REINDEX other")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'other'")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", [sql, table])
        connection.execute("INSERT INTO sqlite_master VALUES ('index', ?, ?, ?, NULL)", [index, table, root])
    return str(stream)


EMPTIED = {
    "no head": ("DELETE FROM head", "stored.no_head"),
    "no table of words": ("DROP TABLE openings", "stored.no_table"),
    "no column": ("ALTER TABLE openings DROP COLUMN visibility", "stored.other_columns"),
}


@pytest.mark.parametrize("case", EMPTIED)
def test_what_is_not_there_is_named(copy: Path, case: str) -> None:
    """A table, a column or the head that is gone is a finding, not the end of the verifier."""
    sql, rule = EMPTIED[case]
    run_sql(copy, (sql, []))
    assert ("storage", None, rule) in told(copy)


def test_a_note_of_many_bytes_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in a checkpoint's place, and is cosigned and stamped, may be anything."""
    newest = "SELECT max(size) FROM checkpoints"
    run_sql(copy, (f"UPDATE checkpoints SET note = zeroblob(2000000) WHERE size = ({newest})", []))
    assert ("checkpoint", None, "note.too_long") in told(copy)
    assert verified(copy, capsys)[0] == 1


QUOTED = {
    "statement_ids": ("id", "index.other"),
    "openings": ("statement_id", "opening.of_nothing"),
}


@pytest.mark.parametrize("text", [ESCAPE, "2016-99-99", "2016-99-99T99:99:99Z"])
@pytest.mark.parametrize("table", QUOTED)
def test_what_is_quoted_does_no_harm(copy: Path, table: str, text: str) -> None:
    """Text out of a table cannot move the cursor, colour a verdict, or be taken for a date it is not."""
    from rich.console import Console

    from api.cli import _verdict
    from api.screen import Screen
    from api.wording import Language

    column, rule = QUOTED[table]
    run_sql(copy, (f"UPDATE {table} SET {column} = ? WHERE rowid = 1", [text]))
    assert rule in {found for _, _, found in told(copy)}
    with (copy / "said").open("w+", encoding="utf-8") as said:
        Screen(Console(file=said), Language.VI).verdict(_verdict(copy, Language.VI))
        said.seek(0)
        assert ESCAPE[0] not in said.read()


def test_every_table_of_the_proofs_is_shaped_as_the_ledger_makes_it() -> None:
    """What is written down by hand for the proofs alone is what the tables say."""
    made = shape_of_log()
    assert {table: {c: made[table][c] for c in columns} for table, columns in SHAPE.items()} == SHAPE


# --- what was shown of a moment that has passed ----------------------------------------------------------

PAST = {
    "a value": "UPDATE cell_scores SET points = '9' WHERE rowid = {row}",
    "until when it held": "UPDATE cell_scores SET valid_until = valid_until - 1 WHERE rowid = {row}",
    "a row": "DELETE FROM cell_scores WHERE rowid = {row}",
}


@pytest.mark.parametrize("case", PAST)
def test_scores_of_the_past_are_compared(copy: Path, case: str) -> None:
    """Whoever asks how it was is shown rows that no longer hold: they are folded again as well."""
    with closing(sqlite3.connect(copy / "minhchung.db")) as connection:
        row, since = connection.execute(
            f"SELECT rowid, valid_from FROM cell_scores WHERE valid_until < {2**62} LIMIT 1"
        ).fetchone()
    run_sql(copy, (PAST[case].format(row=row), []))
    assert ("projection", since, "projection.cell_scores_differ") in told(copy, projections=True)


def test_a_score_does_not_begin_earlier_than_it_did(copy: Path) -> None:
    """A place that holds now, and is said to have held before: rows of ranks are folded again, too."""
    run_sql(copy, ("UPDATE ranks SET valid_from = valid_from + 1 WHERE rowid = 1", []))
    assert "projection.ranks_differ" in {rule for _, _, rule in told(copy, projections=True)}


# --- the anchor beside it -------------------------------------------------------------------------------


def test_a_copy_that_lacks_what_its_anchor_knows_is_found(sound: Sound, copy: Path) -> None:
    """Cut off and signed again by the operator, without any trust file: the anchor is longer."""
    from tests.tampering.forging import rebuild, states

    rebuild(copy, states(copy)[:-5])
    assert ("anchor", sound.size - 5, "anchor.ahead") in told(copy)


def test_a_copy_that_is_another_than_its_anchor_knows_is_found(copy: Path) -> None:
    """Two entries exchanged and all signed again: the anchored root is another."""
    from tests.tampering.forging import rebuild, states

    rows = states(copy)
    rows[-1], rows[-2] = rows[-2], rows[-1]
    rebuild(copy, rows)
    assert ("anchor", None, "anchor.other_root") in told(copy)


def _changed(anchor: Path) -> None:
    anchor.write_bytes(anchor.read_bytes().replace(b"minhchung.example", b"ninhchung.example", 1))


def _piped(anchor: Path) -> None:
    anchor.unlink()
    os.mkfifo(anchor)


LOST: dict[str, tuple[Callable[[Path], object], str]] = {
    "none": (Path.unlink, "anchor.missing"),
    "a byte changed": (_changed, "anchor.damaged"),
    "another file": (lambda anchor: anchor.write_bytes(bytes(100)), "anchor.damaged"),
    "a pipe": (_piped, "anchor.unreadable"),
}


@pytest.mark.parametrize("case", LOST)
def test_a_copy_without_an_anchor_that_can_be_read_is_told_so(copy: Path, case: str) -> None:
    """It is no finding, as a copy may be given without one; that it was not compared is worth knowing."""
    lose, rule = LOST[case]
    lose(copy / "anchor")
    examined = examine(copy)
    assert examined.ok
    assert [remark.rule for remark in examined.remarks] == [rule]


def test_a_sound_copy_has_nothing_remarked_of_its_anchor(copy: Path) -> None:
    """An anchor that agrees is not spoken of."""
    assert examine(copy).remarks == ()


# --- files ----------------------------------------------------------------------------------------------


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


ODD = [_pipe, _device, _folder, _endless]


@pytest.mark.parametrize("spoil", ODD)
def test_evidence_that_is_no_file_is_altered(copy: Path, spoil: Callable[[Path], None]) -> None:
    """A pipe is not waited for, and a device or a file without end is not read to it."""
    spoil(next((copy / "evidence").glob("??/*")))
    assert "evidence.altered" in {rule for _, _, rule in told(copy)}


def test_a_log_that_continues_itself_is_examined_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the log before is a folder; a link may lead to this very log, for ever."""
    from dataclasses import replace

    from api import examination, verification
    from audit.proofs.continuation import Continuation

    (copy / "continues").symlink_to(".")
    cited = Continuation("minhchung.example/old", 9, "ab" * 32, b"", 1, 9)
    real = examination.examine_copy

    def citing(*given: Any) -> Any:
        examined = real(*given)
        return replace(examined, verdict=replace(examined.verdict, continues=cited))

    monkeypatch.setattr(verification, "examine_copy", citing)
    assert {found.rule for found in examine(copy).findings} == {"continuation.linked"}


# --- exports --------------------------------------------------------------------------------------------


@pytest.fixture
def export(sound: Sound, tmp_path: Path) -> Path:
    """An export with words."""
    with reading(Settings(sound.data, beside_data=True)) as log, log.database.read() as connection:
        export_log(connection, tmp_path / "export", words=True)
    return tmp_path / "export"


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both verifiers find something, or say that it cannot be read; neither fails."""
    from api.cli import _verdict
    from api.errors import CommandError
    from api.wording import Language

    assert main([str(path), "--json"]) in (1, 2)
    capsys.readouterr()
    with suppress(CommandError):
        assert not _verdict(path, Language.EN)["ok"]


PLACES = ["tile/0", "tile/entries", "checkpoints", "openings.json", "timestamps.json"]


@pytest.mark.parametrize("spoil", ODD)
@pytest.mark.parametrize("place", PLACES)
def test_a_part_of_an_export_that_is_no_file_is_refused(
    export: Path, place: str, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is read as a plain file of its folder, as long as it may be."""
    path = export / place
    spoil(path if path.is_file() else next(p for p in path.rglob("*") if p.is_file()))
    refused(export, capsys)


def _with(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    """Change every opening of an export."""

    def changed(text: str) -> str:
        stated = json.loads(text)
        for its in stated.values():
            for one in its:
                change(one)
        return json.dumps(stated)

    return changed


_TOKEN = '[{"size":%s,"authority":%s,"token":"AAAA","sha256":"00"}]'
JSON: dict[str, tuple[str, Callable[[str], str]]] = {
    "words nested deep": ("openings.json", lambda _: "[" * 200_000),
    "words in a list": ("openings.json", lambda _: "[1]"),
    "a number for words": ("openings.json", _with(lambda one: one.update(value=5))),
    "nothing for words": ("openings.json", _with(lambda one: one.update(value=None))),
    "a list for a field": ("openings.json", _with(lambda one: one.update(field=[]))),
    "half a character": ("openings.json", _with(lambda one: one.update(value="\ud800"))),
    "a salt of one byte": ("openings.json", _with(lambda one: one.update(salt="ab"))),
    "a statement twice": ("openings.json", lambda text: text.rstrip()[:-1] + ',"a":[],"a":[]}'),
    "tokens nested deep": ("timestamps.json", lambda _: "[" * 200_000),
    "a size without end": ("timestamps.json", lambda _: _TOKEN % ("1e999", '"x"')),
    "a size that is none": ("timestamps.json", lambda _: _TOKEN % ("NaN", '"x"')),
    "a size in text": ("timestamps.json", lambda _: _TOKEN % ('" +1_0"', '"x"')),
    "a broken size": ("timestamps.json", lambda _: _TOKEN % ("1.9", '"x"')),
    "a size of many digits": ("timestamps.json", lambda _: _TOKEN % ("9" * 5000, '"x"')),
    "a list for a name": ("timestamps.json", lambda _: _TOKEN % ("1", "[]")),
    "a number for tokens": ("timestamps.json", lambda _: "5"),
    "text for tokens": ("timestamps.json", lambda _: '"abc"'),
}


@pytest.mark.parametrize("case", JSON)
def test_json_that_is_not_as_it_should_be_is_refused(
    export: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Depth, numbers, kinds and keys that stand twice: none of them is guessed at, and none is fatal."""
    name, change = JSON[case]
    path = export / name
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    refused(export, capsys)


def test_a_folder_that_holds_itself_is_no_larger(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A few files under many names, behind links, would be read as a log of any size."""
    text = (export / "checkpoint").read_text("utf-8").split("\n")
    (export / "checkpoint").write_text("\n".join([text[0], str(256 * 10**9), *text[2:]]), "utf-8")
    for number in range(1000):
        (export / "tile" / "0" / f"{number:03d}").write_bytes(bytes(8192))
        (export / "tile" / "0" / f"x{number:03d}").symlink_to(".")
    refused(export, capsys)


def test_a_bundle_of_nothing_is_not_counted_to_its_end(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Entries of no bytes take two each: a bundle has no more of them than it may."""
    bundle = next(p for p in (export / "tile" / "entries").rglob("*") if p.is_file())
    bundle.write_bytes(bytes(10_000_000))
    refused(export, capsys)
