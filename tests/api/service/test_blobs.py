"""Evidence files over HTTP: in pieces, gone on with, checked at the end; and nothing else gets in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.evidence import keep_evidence_key, key_is_apart
from api.service import blobs
from api.settings import Settings
from api.storage import backup
from api.upload_right import sign_right
from api.verification import examine
from audit.ledger.errors import LogStopped
from tests.api.service.serving import Answer, Client, over_the_wire, serving
from tests.worlds import KEYS, World, attachment, found

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 12_000
"""Three pieces and a bit."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A small log whose round is being declared."""
    monkeypatch.delenv("MINHCHUNG_DATABASE_URL", raising=False)
    made = found(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def client(world: World, tmp_path: Path) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path / "data")) as asks:
        yield asks


def _right(world: World, content: bytes, **otherwise: Any) -> dict[str, str]:
    """Return the headers with which the focal officer of an agency may send a file."""
    usual: dict[str, Any] = {
        "signer": KEYS["stc-2"],
        "origin": world.origin,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "until": int(world.clock().timestamp()) + 600,
    }
    return {"Authorization": sign_right(**usual | otherwise)}


def _put(
    client: Client, world: World, content: bytes, body: Any = None, at: int = 0, **otherwise: Any
) -> Answer:
    headers = _right(world, content, **otherwise) | {"Upload-Offset": str(at)}
    path = f"/v1/blobs/{hashlib.sha256(content).hexdigest()}"
    return client.ask("PUT", path, content[at:] if body is None else body, headers)


def _offset(client: Client, world: World, content: bytes) -> int:
    path = f"/v1/blobs/{hashlib.sha256(content).hexdigest()}"
    return int(client.ask("HEAD", path, headers=_right(world, content)).headers["upload-offset"])


def test_a_file_comes_before_the_statement_that_names_it(world: World, client: Client) -> None:
    """Sent, it is in the store byte for byte, with its type by content; the statement is taken then."""
    answer = _put(client, world, PDF)
    assert (answer.status, answer.json["media_type"]) == (201, "application/pdf")
    assert world.runtime.evidence.read(hashlib.sha256(PDF).hexdigest()) == PDF
    named = world.sign(
        "EvidenceSubmitted", "stc-2", round="2016", agency="STC", criterion="A1.1",
        body={"serial": "01/BC", "version": 1}, texts={"title": "Báo cáo"}, attachments=[attachment(PDF)],
    )  # fmt: skip
    assert client.ask("POST", "/v1/statements", over_the_wire(named)).status == 201


def test_a_file_is_gone_on_with_where_it_broke_off(world: World, client: Client) -> None:
    """HEAD says how much came; from there it goes on, and nothing is sent twice."""
    half = len(PDF) // 2
    assert _offset(client, world, PDF) == 0
    assert _put(client, world, PDF, PDF[:half]).status == 204
    assert _offset(client, world, PDF) == half
    answer = _put(client, world, PDF)
    assert (answer.status, answer.headers["upload-offset"]) == (409, str(half))
    assert _put(client, world, PDF, at=half).status == 201
    assert _offset(client, world, PDF) == len(PDF)
    assert _put(client, world, PDF).status == 200


def test_another_file_than_was_named_does_not_stay(world: World, client: Client) -> None:
    """Where the digest of the whole is another, 422; nothing of it stays, and it can be sent anew."""
    answer = _put(client, world, PDF, PDF[:-1] + b"!")
    assert (answer.status, answer.json["rule"]) == (422, "upload.other_content")
    assert _offset(client, world, PDF) == 0
    assert _put(client, world, PDF).status == 201


@pytest.mark.parametrize("chunked", [False, True])
def test_more_than_was_signed_is_cut_off(world: World, client: Client, chunked: bool) -> None:
    """By its header or by its body, 413; what was right before it can be gone on with."""
    long = PDF + bytes(2 * blobs.PIECE)
    pieces = (long[at : at + 65_536] for at in range(0, len(long), 65_536))
    try:
        answer = _put(client, world, PDF, pieces if chunked else long)
        assert (answer.status, answer.json["rule"]) == (413, "request.too_long")
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server had heard enough before all was sent
    assert _offset(client, world, PDF) < len(PDF)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_over_the_limit_is_not_begun(world: World, client: Client, chunked: bool) -> None:
    """However it is sent, and whatever is signed, 413 and not a byte of it."""
    body: Any = iter([PDF]) if chunked else PDF
    answer = _put(client, world, PDF, body, size=blobs.MAX_FILE + 1)
    assert (answer.status, answer.json["rule"]) == (413, "request.too_long")
    assert _offset(client, world, PDF) == 0


def test_a_key_brings_so_much_in_a_day(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over that, 429; somebody else's file still comes in."""
    monkeypatch.setattr(blobs, "QUOTA", len(PDF) + 10)
    assert _put(client, world, PDF).status == 201
    answer = _put(client, world, b"and one more file\n")
    assert (answer.status, answer.json["rule"]) == (429, "upload.over_quota")
    assert _put(client, world, b"and one more file\n", signer=KEYS["nhs-2"]).status == 201


NOT_AUTHORISED: dict[str, dict[str, Any]] = {
    "another log": {"origin": "log.example/other"},
    "another file": {"sha256": "0" * 64},
    "a key that nobody has": {"signer": KEYS["stc-2"].generate()},
    "too late": {"until": 1},
}


@pytest.mark.parametrize("case", NOT_AUTHORISED)
def test_nobody_sends_what_no_key_lets_in(world: World, client: Client, case: str) -> None:
    """401, in words, and nothing of the file is there."""
    answer = _put(client, world, PDF, **NOT_AUTHORISED[case])
    assert (answer.status, answer.json["rule"]) == (401, "upload.not_authorised")
    assert _offset(client, world, PDF) == 0


@pytest.mark.parametrize("header", ["", "Basic eDp5", "Minhchung-Upload", "Minhchung-Upload key=x"])
def test_without_credentials_nothing_is_said(client: Client, header: str) -> None:
    """401 for whoever asks, too: whether a file is there is not everybody's to know."""
    headers = {"Authorization": header} if header else {}
    assert client.ask("HEAD", f"/v1/blobs/{'0' * 64}", headers=headers).status == 401
    assert client.ask("PUT", f"/v1/blobs/{'0' * 64}", b"x", headers).status == 401


HOSTILE = ["..", "%2e%2e%2f%2e%2e%2fetc", "A" * 64, "0" * 63, "0" * 64 + "%00", "incoming", "%0a" + "0" * 64]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_no_path(world: World, client: Client, tmp_path: Path, name: str) -> None:
    """Only a digest names a file; anything else is not there, and no folder comes about by it."""
    before = {path for path, _, _ in os.walk(tmp_path)}
    assert client.ask("PUT", f"/v1/blobs/{name}", b"x", _right(world, b"x")).status in (404, 405)
    assert {path for path, _, _ in os.walk(tmp_path)} == before


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\0", b"\x7fELF\0\0", b"<!DOCTYPE html>", b" <svg onload=x>", b"#!/bin/sh\n", b"\xff\xfe\x01"],
)
def test_what_could_run_is_not_taken(world: World, client: Client, content: bytes) -> None:
    """By its content a file is no evidence: 415, and nothing of it stays."""
    answer = _put(client, world, content)
    assert (answer.status, answer.json["rule"]) == (415, "upload.type")
    assert _offset(client, world, content) == 0


@pytest.mark.parametrize("content", [b"", "Kế hoạch\n".encode() * 1000, b"PK\x03\x04x"])
def test_other_files_are_taken(world: World, client: Client, content: bytes) -> None:
    """An empty file, a text whose letters are longer than a byte, an office document."""
    assert _put(client, world, content).status == 201
    assert world.runtime.evidence.read(hashlib.sha256(content).hexdigest()) == content


# --- at rest --------------------------------------------------------------------------------------------

CANARY = "hoàng yến trong minh chứng\n".encode()


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_file_lies_sealed_while_it_comes_and_when_it_is_there(
    world: World, client: Client, tmp_path: Path
) -> None:
    """In no piece, database page, backup or stored file is there a word of it; the key opens it."""
    content = CANARY * 60_000
    assert _put(client, world, content, content[: len(content) // 2]).status == 204
    assert b"trong minh" not in _on_disk(tmp_path)
    assert _put(client, world, content, at=len(content) // 2).status == 201
    assert world.runtime.evidence.read(hashlib.sha256(content).hexdigest()) == content
    backup(Settings(tmp_path / "data"), tmp_path / "backup")
    assert b"trong minh" not in _on_disk(tmp_path)
    assert not (tmp_path / "backup" / "evidence.key").exists()


def test_the_key_is_for_its_owner_alone_and_is_not_made_anew(world: World, tmp_path: Path) -> None:
    """Others cannot read it; once it is gone, nothing is sealed by another while the old files are there."""
    where = Settings(tmp_path / "data")
    keep_evidence_key(where)
    assert where.evidence_key.stat().st_mode & 0o077 == 0
    world.runtime.evidence.put(CANARY)
    where.evidence_key.chmod(0o640)
    with pytest.raises(LogStopped, match="can be read by others"):
        keep_evidence_key(where)
    where.evidence_key.unlink()
    with pytest.raises(LogStopped, match="bring it back"):
        keep_evidence_key(where)


def test_a_key_apart_is_where_it_is_said_to_be(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `MINHCHUNG_EVIDENCE_KEY` the data directory has none."""
    where = Settings(tmp_path / "data")
    assert not key_is_apart(where)
    monkeypatch.setenv("MINHCHUNG_EVIDENCE_KEY", str(tmp_path / "safe" / "evidence.key"))
    keep_evidence_key(where)
    assert key_is_apart(where)
    assert not (tmp_path / "data" / "evidence.key").exists()
    assert (tmp_path / "safe" / "evidence.key").exists()


@pytest.mark.parametrize("text", ["", "short", "AAAA\n", "é"])
def test_a_file_of_keys_that_is_none_stops_the_service(world: World, tmp_path: Path, text: str) -> None:
    """It says what belongs there, instead of sealing with something else."""
    where = Settings(tmp_path / "data")
    where.evidence_key.write_text(text, "utf-8")
    where.evidence_key.chmod(0o600)
    with pytest.raises(LogStopped, match="32 bytes in base64"):
        keep_evidence_key(where)


def test_who_verifies_without_the_key_is_told_what_was_not_looked_into(world: World, tmp_path: Path) -> None:
    """That is a remark and no damage; with the key it is looked into, and then it is not said."""
    where = Settings(tmp_path / "data")
    keep_evidence_key(where)
    world.state(
        "EvidenceSubmitted", "stc-2", round="2016", agency="STC", criterion="A1.1",
        body={"serial": "01/BC", "version": 1}, texts={"title": "Báo cáo"}, files=[CANARY],
    )  # fmt: skip
    assert [found.rule for found in examine(where.data).remarks if found.layer == "evidence"] == []
    where.evidence_key.rename(tmp_path / "elsewhere")
    examined = examine(where.data)
    assert examined.ok
    assert [found.rule for found in examined.remarks if found.layer == "evidence"] == ["evidence.unopened"]
