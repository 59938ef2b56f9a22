"""`minhchung trust advance`: the file moves on where the log has only grown, else it stays as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from api.log_key import make_next_key
from api.runtime import open_runtime
from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE, Settings
from audit.ledger.export import export_log
from audit.proofs.contradiction import verify_contradiction
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust, parse_trust
from tests.api.kept import clock
from tests.api.test_log_key import state_rotation
from tests.audit.proofs.witnessed import LOG_VKEY
from tests.cli_page import run
from tests.worlds import World, agency, begin, reopen


@pytest.fixture(autouse=True)
def by_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set on the machine that runs this."""
    for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A trust file that knows the log by its key, and no checkpoint yet."""
    path = tmp_path / "trust.json"
    known = TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (LOG_VKEY,))
    path.write_bytes(format_trust(Trust((known,), NO_WITNESSES)))
    return path


def grown(data: Path, *codes: str) -> None:
    """Let the log grow by an entry each."""
    world = reopen(data)
    for code in codes:
        world.state("AgencyRegistered", "dk-1", body=agency(code))
    world.close()


def known(trust: Path) -> int:
    """Return the size that a trust file knows."""
    checkpoint = parse_trust(trust.read_bytes()).logs[0].newest_checkpoint
    return 0 if checkpoint is None else checkpoint.size


def test_the_file_moves_on_with_the_log(trust: Path, tmp_path: Path) -> None:
    """By a data directory, then by an export; the second time nothing changes."""
    data = tmp_path / "data"
    begin(data).close()
    begun = run(data, "trust", "advance", "--trust", str(trust), "--json")
    assert begun.returncode == 0, begun.stderr
    first = known(trust)
    assert json.loads(begun.stdout).items() >= {"before": None, "size": first, "keys": []}.items()
    grown(data, "A1", "A2")
    world = reopen(data)
    with world.runtime.log.database.read() as connection:
        export_log(connection, tmp_path / "export")
    world.close()
    moved = run(data, "trust", "advance", str(tmp_path / "export"), "--trust", str(trust), "--json")
    assert json.loads(moved.stdout)["size"] == known(trust) == first + 2
    kept = trust.read_bytes()
    assert run(data, "trust", "advance", "--trust", str(trust)).returncode == 0
    assert trust.read_bytes() == kept
    assert run(data, "verify", "--trust", str(trust)).returncode == 0


def test_the_file_follows_the_logs_key(trust: Path, tmp_path: Path) -> None:
    """The key that the log was rotated to comes into the file, and the log verifies by it."""
    settings = Settings(tmp_path / "data")
    begin(settings.data).close()
    make_next_key(settings)
    world = World(open_runtime(settings, clock=clock()), clock())
    state_rotation(world, settings)
    world.close()
    moved = run(settings.data, "trust", "advance", "--trust", str(trust), "--json")
    assert moved.returncode == 0, moved.stderr
    (key,) = json.loads(moved.stdout)["keys"]
    assert parse_trust(trust.read_bytes()).logs[0].vkeys == (LOG_VKEY, key)
    assert run(settings.data, "verify", "--trust", str(trust)).returncode == 0


def test_a_forked_copy_moves_nothing_and_leaves_evidence(trust: Path, tmp_path: Path) -> None:
    """It ends with 1, the file stays as it was, and beside it lies what convicts the log."""
    data, fork = tmp_path / "data", tmp_path / "fork"
    begin(data).close()
    shutil.copytree(data, fork)
    grown(data, "A1")
    grown(fork, "B1", "B2")
    assert run(data, "trust", "advance", "--trust", str(trust)).returncode == 0
    kept = trust.read_bytes()
    refused = run(fork, "trust", "advance", "--trust", str(trust), "--lang", "en")
    assert refused.returncode == 1
    assert "proof.other_root" in refused.stderr
    assert trust.read_bytes() == kept
    (evidence,) = tmp_path.glob("contradiction-*.txt")
    verify_contradiction(evidence.read_bytes(), vkeys=[LOG_VKEY])


def test_an_old_backup_moves_nothing(trust: Path, tmp_path: Path) -> None:
    """A log that lost its tail is told by its size."""
    data, old = tmp_path / "data", tmp_path / "old"
    begin(data).close()
    shutil.copytree(data, old)
    grown(data, "A1")
    assert run(data, "trust", "advance", "--trust", str(trust)).returncode == 0
    refused = run(old, "trust", "advance", "--trust", str(trust))
    assert refused.returncode == 1
    assert "trust.older_checkpoint" in refused.stderr


@pytest.mark.parametrize("what", ["no log", "no file"])
def test_what_cannot_be_read_ends_with_2(trust: Path, tmp_path: Path, what: str) -> None:
    """Neither a folder of something else nor a missing file is an answer."""
    path = trust if what == "no log" else tmp_path / "none.json"
    ended = run(Settings(tmp_path).data, "trust", "advance", str(tmp_path), "--trust", str(path))
    assert ended.returncode == 2
