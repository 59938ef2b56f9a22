"""The client and its outbox: nothing that was signed is lost, nothing goes in twice, nothing is believed."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from api.client import Client, Later, Refused, Taken
from api.outbox import NoSubmission, Outbox, ReceiptWrong
from api.settings import Settings
from audit.ledger.submission import Submission
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from tests.api.service.serving import over_the_wire, serving
from tests.api.service.test_statements import declared, evidence
from tests.conftest import ROOT
from tests.worlds import KEYS, World, found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A small log whose round is being declared."""
    monkeypatch.delenv("MINHCHUNG_DATABASE_URL", raising=False)
    made = found(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[str]:
    """The address of its service."""
    with serving(world, Settings(tmp_path / "data")) as asks:
        yield f"http://127.0.0.1:{asks.port}"


def _trust(*keys: str) -> Trust:
    return Trust((TrustedLog(DEMO_ORIGIN, "minh họa", keys),), NO_WITNESSES)


def _of(world: World) -> Trust:
    return _trust(vkey(world.origin, world.intake.keyring.genesis.log_key))


def _file(folder: Path, submission: Submission, name: str = "signed.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(over_the_wire(submission)), "utf-8")
    return path


def test_what_is_sent_is_kept_with_its_receipt(world: World, server: str, tmp_path: Path) -> None:
    """Bytes, words and a verified receipt lie beside each other; what is in the log is not sent again."""
    box = Outbox(tmp_path / "outbox", _of(world))
    statement = box.keep(_file(tmp_path, evidence(world)))
    with Client(server) as client:
        (sent,) = box.send(client)
        assert isinstance(sent.answered, Taken)
        assert (sent.statement, sent.answered.position) == (statement, world.size - 1)
        assert list(box.send(client)) == []
    ends = sorted(path.name.partition(".")[2] for path in (tmp_path / "outbox").iterdir())
    assert ends == ["envelope.json", "openings.json", "receipt"]


def test_statements_of_a_key_go_in_their_order(world: World, server: str, tmp_path: Path) -> None:
    """However they come into the outbox, each key's are sent by its counter."""
    desk, box = world.desk(), Outbox(tmp_path / "outbox", _of(world))
    drafts = [
        world.draft(
            "SelfScoreDeclared", "stc-2", round="2016", agency="STC", criterion="A1.1",
            body={"points": points},
        )
        for points in ("1", "0.5", "1")
    ]  # fmt: skip
    signed = [desk.sign(draft) for draft in drafts]
    for number in (2, 0, 1):
        box.keep(_file(tmp_path, signed[number]))
    with Client(server) as client:
        assert [type(sent.answered) for sent in box.send(client)] == [Taken] * 3


def test_without_an_answer_the_same_bytes_are_sent_again(world: World, tmp_path: Path) -> None:
    """Where nobody answers, a statement waits; later it goes in, and once only, whoever sent it before."""
    submission, waits = declared(world), list[float]()
    box = Outbox(tmp_path / "outbox", _of(world))
    box.keep(_file(tmp_path, submission))
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    with Client(nobody) as client:
        (sent,) = box.send(client, tries=3, wait=waits.append)
    assert (isinstance(sent.answered, Later), waits, len(box.waiting())) == (True, [1.0, 1.0], 1)
    world.submit(submission)  # it had come through after all
    with (
        serving(world, Settings(tmp_path / "data")) as asks,
        Client(f"http://127.0.0.1:{asks.port}") as client,
    ):
        (sent,) = box.send(client)
    assert isinstance(sent.answered, Taken)
    assert (sent.answered.repeated, box.waiting()) == (True, [])


def test_a_busy_log_is_asked_again_when_it_says(world: World, tmp_path: Path) -> None:
    """After 503 the client waits as long as it is told, and keeps what it has."""
    box, waits = Outbox(tmp_path / "outbox", _of(world)), list[float]()
    box.keep(_file(tmp_path, declared(world)))
    with (
        serving(world, Settings(tmp_path / "data"), room=0) as asks,
        Client(f"http://127.0.0.1:{asks.port}") as client,
    ):
        (sent,) = box.send(client, tries=2, wait=waits.append)
    assert (isinstance(sent.answered, Later), waits, len(box.waiting())) == (True, [1.0], 1)


def test_a_refusal_is_kept_and_not_sent_again(world: World, server: str, tmp_path: Path) -> None:
    """What a rule refuses is told in words, and the log's signed word lies beside what was signed."""
    box = Outbox(tmp_path / "outbox", _of(world))
    statement = box.keep(_file(tmp_path, declared(world, points="3")))
    with Client(server, "en") as client:
        (sent,) = box.send(client)
    assert isinstance(sent.answered, Refused)
    assert (sent.answered.status, sent.answered.rule) == (422, "score.above_max")
    assert b"score.above_max" in (tmp_path / "outbox" / f"{statement}.refusal").read_bytes()
    assert box.waiting() == []


def test_a_receipt_of_another_log_is_not_believed(world: World, server: str, tmp_path: Path) -> None:
    """Where the receipt is not by a trusted key, it is said so, and what was signed goes on waiting."""
    other = vkey(DEMO_ORIGIN, SigningKey.from_seed(bytes(32)).public_key)
    box = Outbox(tmp_path / "outbox", _trust(other))
    statement = box.keep(_file(tmp_path, declared(world)))
    with Client(server) as client, pytest.raises(ReceiptWrong):
        list(box.send(client))
    assert box.waiting() == [statement]


def test_an_id_is_not_kept_twice_with_other_bytes(world: World, tmp_path: Path) -> None:
    """Nothing that is kept is written over."""
    submission, box = declared(world), Outbox(tmp_path / "outbox")
    statement = box.keep(_file(tmp_path, submission))
    with pytest.raises(NoSubmission):
        box.put(replace(submission, envelope=submission.envelope + b" "), statement)
    box.put(submission, statement)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"envelope":{}}', b"\xff", b"[]"])
def test_what_is_no_statement_is_not_kept(tmp_path: Path, content: bytes) -> None:
    """A file that could not be sent is said to be none."""
    (tmp_path / "signed.json").write_bytes(content)
    with pytest.raises(NoSubmission):
        Outbox(tmp_path / "outbox").keep(tmp_path / "signed.json")


def test_a_preview_and_the_checkpoint_are_asked_for(world: World, server: str) -> None:
    """A program can ask beforehand, and for the head of the log."""
    with Client(server) as client:
        assert client.preview(json.dumps(over_the_wire(declared(world))).encode())["would"] == "ADMIT"
        assert client.checkpoint().startswith(DEMO_ORIGIN.encode())


def test_an_evidence_file_is_sent_once(world: World, server: str, tmp_path: Path) -> None:
    """The client sends what is missing of a file; sent again, nothing is missing."""
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(3_000_000))
    until = world.clock() + timedelta(hours=1)
    with Client(server) as client:
        for _ in range(2):
            sha256 = client.upload(path, KEYS["stc-2"], world.origin, until)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert world.runtime.evidence.size(sha256) == path.stat().st_size


def _minhchung(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_sends_evidence_files(world: World, server: str, tmp_path: Path) -> None:
    """It says what a statement names; what is no evidence is refused in the server's words."""
    (tmp_path / "stc.key").write_bytes(KEYS["stc-2"].to_pem())
    (tmp_path / "stc.key").chmod(0o600)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 report")
    (tmp_path / "page.html").write_bytes(b"<html>")
    send = ("--key", str(tmp_path / "stc.key"), "--server", server, "--json")
    told = _minhchung("upload", str(tmp_path / "report.pdf"), *send)
    assert told.returncode == 0, told.stderr
    (sent,) = json.loads(told.stdout)["uploaded"]
    assert world.runtime.evidence.size(sent["sha256"]) == sent["size"] == 15
    refused = _minhchung("upload", str(tmp_path / "page.html"), *send, "--lang", "en")
    assert (refused.returncode, "upload.type" in refused.stderr) == (2, True), refused.stderr


@pytest.mark.parametrize("words", [("upload", "x.pdf"), ("keys", "approve")], ids=" ".join)
def test_where_nobody_answers_the_command_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    """In a sentence, with the address."""
    (tmp_path / "stc.key").write_bytes(KEYS["stc-2"].to_pem())
    (tmp_path / "stc.key").chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    told = _minhchung(*words, "--key", str(tmp_path / "stc.key"), "--server", address)
    assert (told.returncode, f"{address} does not answer" in told.stderr) == (2, True), told.stderr


def test_the_command_gets_a_receipt_that_verify_accepts(world: World, server: str, tmp_path: Path) -> None:
    """From another process, with the trust file: taken, verified, and no longer if a byte is another."""
    trust, box = tmp_path / "trust.json", tmp_path / "outbox"
    trust.write_bytes(format_trust(_of(world)))
    signed = str(_file(tmp_path, declared(world)))
    told = _minhchung(
        "submit", signed, "--server", server, "--outbox", str(box), "--trust", str(trust), "--json"
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["sent"][0]["state"] == "TAKEN"
    (receipt,) = box.glob("*.receipt")
    assert _minhchung("verify", str(receipt), "--trust", str(trust)).returncode == 0
    receipt.write_bytes(receipt.read_bytes().replace(b"index ", b"index 1"))
    assert _minhchung("verify", str(receipt), "--trust", str(trust), "--json").returncode == 1
