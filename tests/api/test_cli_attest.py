"""The group `attest`: what it shows, proves, checks and confirms, in which language, with which status."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE, Settings
from audit.ledger import deciding
from audit.ledger.attested import BLINDING
from audit.ledger.database import open_database
from audit.ledger.tables import openings
from audit.proofs import canonical
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from tests.api.falsely import attestation, publish
from tests.cli_page import run
from tests.furnished import APPROVAL, AUDITOR, PUBLISHED
from tests.worlds import KEYS, World, reopen

ROUND = ("--round", PUBLISHED)


@pytest.fixture
def data(small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the log, in which a result is published and attested."""
    for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    shutil.copytree(small_log, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A trust file in the demo's log."""
    log = TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key),))
    path = tmp_path / "trust.json"
    path.write_bytes(format_trust(Trust((log,), NO_WITNESSES)))
    return path


def asked(data: Path, *words: str, status: int = 0) -> Any:
    """Ask for JSON; the command must end with this status."""
    ended = run(data, "attest", *words, "--json")
    assert ended.returncode == status, ended.stderr
    return json.loads(ended.stdout)


def proved(data: Path, *about: str) -> Path:
    """Write the proof of an item, and return its file."""
    path = data.with_name("proof.json")
    asked(data, "prove", *about, *ROUND, "-o", str(path))
    return path


def key_file(data: Path, key: SigningKey) -> Path:
    """Write a private key, readable by its owner alone."""
    path = data.with_name("key.pem")
    path.write_bytes(key.to_pem())
    path.chmod(0o600)
    return path


def test_versions_are_shown_with_what_stands_behind_them(data: Path) -> None:
    """Where it was published and attested, under which root, and that nobody confirmed it yet."""
    (version,) = asked(data, "show", *ROUND)["versions"]
    assert version["attested_at"] == version["published_at"] + 1 == version["size"]
    assert version["confirmed_by"] == []
    assert (
        f"state root {version['state_root']}." in run(data, "attest", "show", *ROUND, "--lang", "en").stdout
    )
    assert "gốc trạng thái" in run(data, "attest", "show", *ROUND).stdout


def test_nothing_is_attested_of_a_round_that_is_not_out(data: Path) -> None:
    """Its answer is empty, and there is nothing to prove."""
    assert asked(data, "show", "--round", "2016")["versions"] == []
    ended = run(data, "attest", "prove", "STC", "--round", "2016")
    assert (ended.returncode, "had been attested" in ended.stderr) == (2, True)


@pytest.mark.parametrize("of", ["A1.1", "rank", "total", "A9.9"])
def test_an_item_is_proved_and_checked_without_the_log(of: str, data: Path, trust: Path) -> None:
    """The file and a trust file are enough, far from any log; the same for what is not there."""
    file = proved(data, "STC", of)
    elsewhere = data.with_name("nothing")
    told = asked(elsewhere, "check", str(file), "--trust", str(trust))
    assert (told["ok"], told["key"], told["present"]) == (True, f"{PUBLISHED}/STC/{of}", of != "A9.9")
    words = run(elsewhere, "attest", "check", str(file), "--trust", str(trust), "--lang", "en").stdout
    assert "✓ Checked by the trust file." in words


def test_the_log_at_hand_tells_whether_all_events_are_there(data: Path) -> None:
    """Without a trust file the log's own keys are asked, and its entries: the leaf names all there is."""
    told = asked(data, "check", str(proved(data, "SNV", "total")))
    assert (told["complete"], told["missing"], told["foreign"]) == (True, [], [])
    assert told["events"]


def test_an_edited_proof_is_refused(data: Path, trust: Path) -> None:
    """In JSON with its rule, in words with what to do; the status is 1."""
    file = proved(data, "STC", "rank")
    stated = json.loads(file.read_bytes())
    stated["proof"]["shown"][0]["value"]["rank"] = "1"
    file.write_bytes(canonical.encode(stated))
    assert asked(data, "check", str(file), "--trust", str(trust), status=1)["rule"] == "proof.other_root"
    ended = run(data, "attest", "check", str(file), "--lang", "en")
    assert (ended.returncode, "(proof.other_root)" in ended.stdout) == (1, True)


@pytest.mark.parametrize(
    "words", [("check", "no.json"), ("prove", "STC", "x"), ("prove", "STC", "--version", "9")]
)
def test_what_is_not_there_is_said(words: tuple[str, ...], data: Path) -> None:
    """No such file, no such item, no such version: the command says so and ends with 2."""
    ended = run(data, "attest", *words, *(() if words[0] == "check" else ROUND))
    assert (ended.returncode, ended.stderr.startswith("minhchung: ")) == (2, True)


def test_an_auditor_confirms_what_they_folded_again(data: Path) -> None:
    """With the key file of an auditor; a second time it is refused, with its rule."""
    confirm = ("confirm", "--key", str(key_file(data, KEYS[AUDITOR])), *ROUND)
    told = asked(data, *confirm)
    assert told["actor"] == AUDITOR
    assert asked(data, "show", *ROUND)["versions"][0]["confirmed_by"] == [AUDITOR]
    again = run(data, "attest", *confirm, "--lang", "en")
    assert (again.returncode, "(attestation.already_confirmed)" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("key", "status", "told"),
    [(KEYS["tk-1"], 1, "(role.missing)"), (SigningKey.from_seed(bytes(32)), 2, "enrolled for nobody")],
)
def test_nobody_else_confirms(key: SigningKey, status: int, told: str, data: Path) -> None:
    """Who is no auditor is refused, and who is nobody is told so."""
    ended = run(data, "attest", "confirm", "--key", str(key_file(data, key)), *ROUND)
    assert (ended.returncode, told in ended.stderr) == (status, True), ended.stderr


def test_an_auditor_who_comes_to_something_else_does_not_confirm(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the attestation is false, the command signs nothing and says both roots."""
    world = reopen(data)
    version = _falsely_attested(world, monkeypatch)
    size = world.size
    world.close()
    key = str(key_file(data, KEYS[AUDITOR]))
    ended = run(data, "attest", "confirm", "--key", key, "--round", version)
    assert (ended.returncode, "nothing was confirmed" in ended.stderr) == (1, True), ended.stderr
    again = reopen(data)
    assert again.size == size
    again.close()


def _falsely_attested(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Publish another round and attest it falsely, over an intake that does not look."""
    publish(world, silently=True)
    with monkeypatch.context() as blind:
        blind.setattr(deciding, "check_attested", lambda *_: None)
        world.submit(attestation(world, state_root="00" * 32))
    return APPROVAL


def test_an_erased_secret_proves_nothing_more(data: Path) -> None:
    """Then the state root stands alone: what was proved before still holds, and nothing new can be."""
    before = proved(data, "STC", "total")
    database = open_database(Settings(data).database_url)
    with database.begin() as connection:
        connection.execute(update(openings).where(openings.c.field == BLINDING).values(value=None))
    database.close()
    ended = run(data, "attest", "prove", "STC", *ROUND, "-o", os.devnull)
    assert (ended.returncode, "was erased" in ended.stderr) == (2, True)
    assert asked(data, "check", str(before))["ok"]
