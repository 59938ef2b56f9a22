"""`verify` on an export: the log, the rules, the fold, the time tokens, with nothing of the site at hand."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.runtime import reading
from api.settings import DATABASE_VARIABLE, Settings
from api.timestamping import add_token, checkpoint_text
from audit.ledger.cosignatures import keep_cosignatures
from audit.ledger.database import open_database
from audit.ledger.export import export_log
from audit.ledger.publisher import latest_checkpoint
from audit.proofs.__main__ import main
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES, Group, Policy
from audit.proofs.timestamp import TimeAuthority
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from tests.audit.proofs.witnessed import WITNESS_KEYS, WITNESSES, cosigned, trusting
from tests.authority import Authority, found_authority
from tests.cli_page import run
from tests.worlds import KEYS

LOG = TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key),))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A time authority."""
    pytest.importorskip("rfc3161_client", reason="the extra `timestamps` is not installed")
    return found_authority(tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture
def data(small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small log, closed."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    shutil.copytree(small_log, tmp_path / "data")
    return tmp_path / "data"


def exported(data: Path, into: Path, *, words: bool = False) -> Path:
    """Export a log into a folder beside it."""
    with reading(Settings(data)) as log, log.database.read() as connection:
        export_log(connection, into, words=words)
    return into


def stamped(data: Path, authority: Authority) -> None:
    """Have the newest checkpoint stamped."""
    database = open_database(f"sqlite:///{Settings(data).database}")
    with database.read() as connection:
        size, text = checkpoint_text(connection)
    add_token(database, authority.known, size, authority.stamp(text))
    database.close()


def trust(path: Path, *authorities: TimeAuthority) -> Path:
    """Write a trust file."""
    path.write_bytes(format_trust(Trust((LOG,), NO_WITNESSES, authorities)))
    return path


def verified(data: Path, path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run `verify` on a path; return its status and what it said."""
    ended = run(data, "verify", str(path), *words, "--json")
    return ended.returncode, json.loads(ended.stdout)


def test_an_export_is_verified_like_its_data_directory(data: Path, tmp_path: Path) -> None:
    """Same size, root, signatures and cells; only what the site keeps beside the log is not there."""
    status, told = verified(data, exported(data, tmp_path / "export", words=True))
    _, whole = verified(data, data)
    assert (status, told["findings"]) == (0, [])
    for name in ("log", "size", "root", "log_key", "contested", "erasures"):
        assert told[name] == whole[name]
    for name in ("signatures", "checkpoints", "openings", "cells", "ranked", "attested", "refolded"):
        assert told["checked"][name] == whole["checked"][name], name
    assert (told["ranks"], whole["ranks"]) == ("folded", "recomputed")
    assert run(data, "verify", str(tmp_path / "export")).returncode == 0


def test_words_may_be_missing_from_an_export(data: Path, tmp_path: Path) -> None:
    """Whoever was given no words is told so by their number, and nothing is wrong."""
    status, told = verified(data, exported(data, tmp_path / "export"))
    assert (status, told["checked"]["openings"]) == (0, 0)


def test_damage_to_an_export_is_named_by_its_position(data: Path, tmp_path: Path) -> None:
    """One flipped bit of an entry ends with 1, at the entry that has it."""
    into = exported(data, tmp_path / "export")
    (bundle,) = (path for path in into.glob("tile/entries/**/*") if path.is_file())
    state = bytearray(bundle.read_bytes())
    state[-40] ^= 1
    bundle.write_bytes(bytes(state))
    status, told = verified(data, into)
    assert status == 1
    assert {found["position"] for found in told["findings"]} >= {told["size"] - 1}
    assert told["ranks"] == "not compared"


def test_what_is_no_export_ends_with_2(data: Path, tmp_path: Path) -> None:
    """A folder with a checkpoint and nothing under it is no verdict."""
    into = exported(data, tmp_path / "export")
    shutil.rmtree(into / "tile")
    assert run(data, "verify", str(into)).returncode == 2


# --- time tokens ----------------------------------------------------------------------------------------


def test_time_tokens_go_with_an_export(data: Path, tmp_path: Path, authority: Authority) -> None:
    """Both verifiers read them back; by a trust file that names the authority they are checked."""
    stamped(data, authority)
    into, known = exported(data, tmp_path / "export"), trust(tmp_path / "trust.json", authority.known)
    status, told = verified(data, into, "--trust", str(known))
    assert status == 0
    assert (told["checked"]["time_tokens"], told["checked"]["time_tokens_unchecked"]) == (1, 0)
    assert verified(data, into)[1]["checked"]["time_tokens_unchecked"] == 1


@pytest.mark.parametrize("place", ["export", "data"])
def test_proofs_alone_check_time_tokens(
    data: Path, tmp_path: Path, authority: Authority, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They say until when the checkpoint was there at the latest, and by whose word."""
    stamped(data, authority)
    path = exported(data, tmp_path / "export") if place == "export" else data
    known = trust(tmp_path / "trust.json", authority.known)
    assert main([str(path), "--trust", str(known), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["time_tokens"], told["time_tokens_unchecked"]) == (1, 0)
    assert [(one["size"], one["by"]) for one in told["times"]] == [(told["size"], authority.known.name)]


@pytest.mark.parametrize("place", ["export", "data"])
@pytest.mark.parametrize("trusted", [True, False])
def test_what_was_received_after_it_was_seen_is_found(
    data: Path, tmp_path: Path, place: str, trusted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both verifiers find it by a witness who is trusted; by nobody's word they say it is not checked."""
    size = _seen_too_early(data)
    path = exported(data, tmp_path / "export") if place == "export" else data
    words = ("--trust", str(tmp_path / "trust.json")) if trusted else ()
    (tmp_path / "trust.json").write_bytes(format_trust(trusting(policy=LENIENT)))
    assert main([str(path), *words, "--json"]) == int(trusted)
    alone, whole = json.loads(capsys.readouterr().out), verified(data, path, *words)[1]
    early = ("time", size - 1, "time.received_after_seen")
    for told in (alone, whole):
        found = {(one["layer"], one["position"], one["rule"]) for one in told["findings"]}
        assert found == ({early} if trusted else set())
    assert alone["layers"]["time"] == ("failed" if trusted else "not checked")
    assert [told.get("without_trust") for told in (alone, whole)] == [
        {"ok": True, "findings": 0} if trusted else None
    ] * 2
    assert main([str(path), *words]) == int(trusted)
    said = capsys.readouterr().out
    assert ("without the trust file: consistent with itself" in said) == trusted
    assert ("others had seen it: not checked (no trust file)" in said) != trusted


LENIENT = Policy(WITNESSES, (Group("một-nơi", 1, tuple(WITNESS_KEYS)),), "một-nơi")


def _seen_too_early(data: Path) -> int:
    """Have a witness cosign the newest checkpoint, weeks before the log received what it covers."""
    database = open_database(f"sqlite:///{Settings(data).database}")
    with database.begin() as connection:
        newest = latest_checkpoint(connection)
        assert newest is not None
        keep_cosignatures(connection, cosigned(newest[2], "thanh-tra"), [WITNESSES[0].vkey], newest[0])
    database.close()
    return newest[0]


def test_without_the_extra_tokens_are_not_checked(
    data: Path,
    tmp_path: Path,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is wrong then, and nothing is said of the time."""
    stamped(data, authority)
    path, known = exported(data, tmp_path / "export"), trust(tmp_path / "trust.json", authority.known)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    assert main([str(path), "--trust", str(known)]) == 0
    assert "1 time tokens, 1 not checked" in capsys.readouterr().out


def changed(path: Path, **fields: object) -> None:
    """Change fields of the only token of an export."""
    tokens = json.loads((path / "timestamps.json").read_bytes())
    (path / "timestamps.json").write_text(json.dumps([tokens[0] | fields]), "utf-8")


DAMAGES: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "a token under another size": (lambda path: changed(path, size=1), 1, "time.other_bytes"),
    "a token of no checkpoint": (lambda path: changed(path, size=10**6), 1, "time.no_checkpoint"),
    "a token that is another": (lambda path: changed(path, token="AAAA"), 1, "time.other_bytes"),
    "a token that is no base64": (lambda path: changed(path, token="?"), 2, "copy.unreadable"),
    "a token without a digest": (lambda path: changed(path, sha256=7), 2, "copy.unreadable"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_damage_to_a_token_is_found(
    data: Path, tmp_path: Path, authority: Authority, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its place and its bytes are held by the hash beside it; what cannot be read is no verdict."""
    damage, status, rule = DAMAGES[case]
    stamped(data, authority)
    path, known = exported(data, tmp_path / "export"), trust(tmp_path / "trust.json", authority.known)
    damage(path)
    assert main([str(path), "--trust", str(known), "--json"]) == status
    said = capsys.readouterr()
    assert rule in said.out + said.err
