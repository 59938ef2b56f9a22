"""The commands that keep a log: what they answer, in which language, and with which status they end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from api.log_key import PASSWORD_FILE_VARIABLE, load_key
from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE, Settings
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import SigningKey
from tests.cli_page import run
from tests.worlds import REGISTRARS, agency, begin

OLD, NEW = "minhchung.example/cli-old", "minhchung.example/cli-new"
KEYS = {a: SigningKey.from_seed(bytes([n + 9] * 32)) for n, a in enumerate((LOG_ACTOR, *REGISTRARS))}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of six entries on SQLite, closed, and a backup of its first four in `backup`."""
    for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    path = tmp_path / "data"
    world = begin(path, OLD, KEYS)
    for number in range(1, 4):
        world.state("AgencyRegistered", "dk-1", body=agency(f"A{number}"))
    ended = run(path, "backup", str(tmp_path / "backup"), "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["size"] == 4
    for number in range(4, 6):
        world.state("AgencyRegistered", "dk-1", body=agency(f"A{number}"))
    world.close()
    return path


def lose(data: Path) -> Path:
    """Take the database away; return where it is kept."""
    elsewhere = data.with_name("elsewhere")
    elsewhere.mkdir()
    for path in data.glob("minhchung.db*"):
        shutil.move(path, elsewhere / path.name)
    return elsewhere


def test_a_loss_is_told_and_made_up_for(data: Path) -> None:
    """An old backup is refused with what to do; with a source it is put in place and verifies."""
    elsewhere, backup = lose(data), str(data.with_name("backup"))
    refused = run(data, "restore", backup, "--lang", "en")
    assert refused.returncode == 1
    assert "4 entries, but 6 were acknowledged" in refused.stderr
    assert "--entries" in refused.stderr
    restored = run(data, "restore", backup, "--entries", str(elsewhere), "--json")
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout) == {
        "size": 6,
        "refilled": 2,
        "openings_missing": 0,
        "evidence_missing": [],
    }
    told = run(data, "anchor", "--lang", "en")
    assert told.returncode == 0
    assert "holds size 6; the log has 6 entries." in told.stdout


def test_a_loss_that_stays_is_continued(data: Path, tmp_path: Path) -> None:
    """The registrars sign a new log that names what is missing; `verify` repeats it."""
    lose(data)
    files = []
    for actor in REGISTRARS:
        path = tmp_path / f"{actor}.key"
        path.write_bytes(KEYS[actor].to_pem())
        path.chmod(0o600)
        files += ["--registrar-key", str(path)]
    backup = str(tmp_path / "backup")
    ended = run(data, "restore", backup, "--new-epoch", NEW, *files, "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "origin": NEW,
        "continues": OLD,
        "size": 6,
        "missing_from": 4,
        "missing_to": 6,
    }
    verified = run(data, "verify", "--lang", "en")
    assert verified.returncode == 0, verified.stderr
    assert "positions 4 up to, not including, 6" in " ".join(verified.stdout.split())


def test_the_anchor_is_looked_at_and_begun_anew(data: Path) -> None:
    """Without it the command says so; `--adopt` is the person's word that nothing was lost."""
    (data / "anchor").unlink()
    missing = run(data, "anchor")
    assert missing.returncode == 1
    assert "anchor.missing" in missing.stderr
    adopted = run(data, "anchor", "--adopt", "--json")
    assert adopted.returncode == 0, adopted.stderr
    answer = json.loads(adopted.stdout)
    assert (answer["anchored"], answer["size"], answer["missing"]) == (6, 6, 0)


def test_the_key_is_shown_encrypted_and_rotated(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After both, the file holds the new key under the password, and the answer names both keys."""
    password = tmp_path / "password"
    password.write_text("mật khẩu\n", "utf-8")
    password.chmod(0o600)
    shown = json.loads(run(data, "log-key", "--json").stdout)
    assert (shown["encrypted"], len(shown["keys"])) == (False, 1)
    monkeypatch.setenv(PASSWORD_FILE_VARIABLE, str(password))
    given = {PASSWORD_FILE_VARIABLE: str(password)}
    ended = run(data, "log-key", "--encrypt", "--rotate", "--json", **given)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["encrypted"]
    assert [key["since"] for key in answer["keys"]] == [1, 7]
    assert load_key(Settings(data).log_key).public_key != KEYS[LOG_ACTOR].public_key
    assert run(data, "verify").returncode == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("backup", "data"), 1),
        (("restore", "no-such-backup"), 1),
        (("restore", "--entries", "no-such-source"), 1),
        (("log-key", "--encrypt"), 1),
    ],
)
def test_what_cannot_be_done_is_said(data: Path, words: tuple[str, ...], status: int) -> None:
    """A sentence on the error stream, nothing on the other one, and the log as it was."""
    before = (data / "anchor").read_bytes()
    named = [str(data) if word == "data" else word for word in words]
    ended = run(data, *named)
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith("minhchung: ")
    assert (data / "anchor").read_bytes() == before
