"""The command that erases: it shows what would go, erases on the registrars' word, and says so ever after."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from api import answers
from api.erasure import AT_ONCE, state_erasure, wanted
from api.errors import UnknownSubject
from api.runtime import reading
from api.settings import DATABASE_VARIABLE, Settings
from api.words import Words, read_words
from audit.ledger.errors import ErasureRefused
from audit.proofs.keys import SigningKey
from audit.proofs.openings import Erased
from domain.stated.choices import ErasureCategory
from tests.cli_page import run
from tests.furnished import ERASED
from tests.worlds import KEYS, OPEN, REGISTRARS, World, a_file, reopen

TITLE = "Báo cáo nêu tên người dân"
SIGNERS = tuple(KEYS[actor] for actor in REGISTRARS)
AUTHORITY = "QĐ 12/QĐ-SNV (minh họa)"


@pytest.fixture
def data(small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small log, closed, with a title that says too much."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    shutil.copytree(small_log, tmp_path / "data")
    world = reopen(tmp_path / "data")
    world.state(
        "EvidenceSubmitted",
        "stc-2",
        round=OPEN,
        agency="STC",
        criterion="A1.5",
        body={"serial": "22/BC-STC", "version": 1},
        texts={"title": TITLE, "file_names": "a.pdf"},
        files=[a_file("minh chứng")],
    )
    world.close()
    return tmp_path / "data"


def last(data: Path) -> int:
    """The position of the newest entry."""
    with reading(Settings(data)) as log:
        return log.size - 1


def key_files(folder: Path, *actors: str) -> list[str]:
    """Options that name key files."""
    options = []
    for actor in actors:
        path = folder / f"{actor}.key"
        path.write_bytes(KEYS[actor].to_pem())
        path.chmod(0o600)
        options += ["--registrar-key", str(path)]
    return options


def told(data: Path, *words: str) -> Any:
    """What a command answers in JSON."""
    ended = run(data, *words, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_nothing_is_erased_without_a_yes(data: Path) -> None:
    """What would go is shown with its words, and stays."""
    position = last(data)
    shown = run(data, "erase", f"{position}:title", "--person", "nhs-4", "--lang", "en")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert len(lines) == 3
    assert any(line.startswith(f"#{position} Evidence submitted · ") and TITLE in line for line in lines)
    assert any("Người thử nhs-4" in line for line in lines)
    assert lines[2].startswith("2 openings would be erased (the person asked for it)")
    assert last(data) == position


def test_registrars_erase_and_everybody_is_told(data: Path, tmp_path: Path) -> None:
    """The words are gone; the trace names the statement and the reason, and the verdict counts them."""
    position = last(data)
    before = told(data, "trace", "STC", "A1.5", "--round", OPEN)
    options = ["--authority", AUTHORITY, "--category", "ENTERED_IN_ERROR", *key_files(tmp_path, *REGISTRARS)]
    answer = told(data, "erase", str(position), *options, "--yes")
    assert (answer["erased"], answer["positions"]) == (True, [position + 1])
    assert [(text["field"], text["words"]) for text in answer["texts"]] == [
        ("file_names", None),
        ("title", None),
    ]
    after = told(data, "trace", "STC", "A1.5", "--round", OPEN)
    assert (after["result"], after["cells"]) == (before["result"], before["cells"])
    (event,) = [event for event in after["events"] if event["position"] == position]
    by = {"position": position + 1, "category": "ENTERED_IN_ERROR"}
    assert event["texts"] == {"title": None, "file_names": None}
    assert event["erased"] == {"title": by, "file_names": by}
    printed = run(data, "trace", "STC", "A1.5", "--round", OPEN, "--lang", "en").stdout
    assert f"(erased by the statement at position {position + 1}; reason: entered in error)" in printed
    assert TITLE not in printed
    verdict = told(data, "verify")
    assert verdict["erasures"][-1] == {**by, "openings": 2}
    assert verdict["checked"]["openings_erased"] == 3


def test_refusal_is_put_into_words(data: Path, tmp_path: Path) -> None:
    """One registrar alone is told how many it takes, and nothing was stated."""
    position = last(data)
    keys = key_files(tmp_path, "dk-1")
    ended = run(data, "erase", str(position), "--authority", "QĐ", *keys, "--yes", "--lang", "en")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "carries 1 signatures of registrars; it takes 2" in ended.stderr
    assert last(data) == position


@pytest.mark.parametrize("options", [(), ("--authority", "QĐ"), ("--registrar-key", "x")])
def test_yes_needs_authority_and_keys(data: Path, options: tuple[str, ...]) -> None:
    """Usage is answered with 2."""
    assert run(data, "erase", "--person", "nhs-4", "--yes", *options).returncode == 2


# --- what is named --------------------------------------------------------------------------------------


def fields(data: Path, *texts: str, persons: tuple[str, ...] = ()) -> list[tuple[int, str]]:
    """The texts that are named."""
    with reading(Settings(data)) as log, log.database.read() as connection:
        return [(text.position, text.field) for text in wanted(log, connection, texts, persons)]


def test_all_texts_of_a_statement_or_one(data: Path) -> None:
    """A position names all its texts, with a field only that one, and each once."""
    position = last(data)
    both = [(position, "file_names"), (position, "title")]
    assert fields(data, f"{position}:title") == both[1:]
    assert fields(data, str(position)) == both
    assert fields(data, f"{position}:title", str(position)) == both


def test_what_is_gone_is_left_out(data: Path) -> None:
    """Asked for again, an erasure has nothing left to do."""
    assert fields(data, persons=(ERASED,)) == []


@pytest.mark.parametrize(
    ("texts", "persons", "words"),
    [
        (("x",), (), "“x” is not the position.* nearest position is [0-9]+"),
        (("-1",), (), "“-1” is not the position"),
        (("٣",), (), "is not the position"),
        (("999999",), (), "“999999” is not the position"),
        (("0:name",), (), "Entry 0 has no text “name”"),
        ((), ("nobody", "stc-2"), "There is no actor “nobody” in the log.* the nearest is"),
    ],
)
def test_what_is_not_there_is_said(
    data: Path, texts: tuple[str, ...], persons: tuple[str, ...], words: str
) -> None:
    """A position outside the log, a field that is none, a person whom nobody entered."""
    with pytest.raises(UnknownSubject, match=words):
        fields(data, *texts, persons=persons)


def test_many_texts_are_erased_together(data: Path) -> None:
    """More than one statement can name are named by several, in one batch."""
    world: World = reopen(data)
    officers = [f"x-{n}" for n in range(AT_ONCE + 1)]
    drafts = (
        world.draft("OfficerRegistered", "dk-1", body={"officer": o}, texts={"name": f"Người {o}"})
        for o in officers
    )
    world.tell(*drafts)
    log = world.runtime.log
    with log.database.read() as connection:
        texts = wanted(log, connection, (), officers)
    category = ErasureCategory.RETENTION_ENDED
    positions = state_erasure(world.runtime, texts, category, AUTHORITY, SIGNERS)
    assert len(positions) == 2
    with log.database.read() as connection:
        words = read_words(log, connection, {text.statement for text in texts})
    assert set(words.gone.values()) == {Erased(p, "RETENTION_ENDED") for p in positions}
    assert (len(words.gone), dict(words.there)) == (AT_ONCE + 1, {})
    world.close()


def test_unknown_key_signs_nothing(data: Path) -> None:
    """A key that the log does not know is named, before anything is stated."""
    world = reopen(data)
    log = world.runtime.log
    with log.database.read() as connection:
        texts = wanted(log, connection, (), ("nhs-4",))
    with pytest.raises(ErasureRefused) as refused:
        state_erasure(world.runtime, texts, ErasureCategory.ORDERED, "QĐ", [SigningKey.generate()])
    assert refused.value.rule == "key.unknown"
    world.close()


# --- what is told ---------------------------------------------------------------------------------------


def test_words_that_came_back_are_not_told(data: Path) -> None:
    """What the log says is erased is shown to nobody, even where it lies there."""
    with reading(Settings(data)) as log:
        one = next(r for r in log.entries() if "title" in r.statement.commitments)
    text = (one.statement.id, "title")
    words = Words({text: TITLE}, {text: Erased(7, "ORDERED")})
    assert words.get(*text) is None
    assert words.told(one.statement)["texts"]["title"] is None
    assert words.told(one.statement)["erased"] == {"title": {"position": 7, "category": "ORDERED"}}
    assert answers.NO_WORDS == {"texts": {}, "erased": {}}
