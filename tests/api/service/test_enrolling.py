"""Enrolment over the service: a code good once, proof of possession, a quorum of registrars."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.enrolment import enrolment_of
from api.settings import Settings
from api.verification import examine
from audit.proofs.keys import SigningKey
from audit.proofs.statement import pae
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Answer, Client, serving
from tests.worlds import KEYS, World, found

ID = "0159af1c-d720-7357-b5a0-37b15e443f6"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the log lies."""
    return tmp_path_factory.mktemp("enrolling") / "data"


@pytest.fixture(scope="module")
def world(data: Path) -> Iterator[World]:
    """A small log with two registrars, who both have to sign."""
    made = found(data)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(world: World, data: Path) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(data)) as asks:
        yield asks


@pytest.fixture(scope="module")
def registrar(client: Client) -> Person:
    """One of the registrars, signed in."""
    return sign_in(client, KEYS["dk-1"])


def _invite(registrar: Person, invited: str, **otherwise: Any) -> Answer:
    body = {"actor": invited, "days": 7, "registrars": []} | otherwise
    return registrar.ask("POST", "/v1/enrolments", body)


def _code(registrar: Person, actor: str) -> str:
    told = _invite(registrar, actor)
    assert told.status == 201, told.json
    return str(told.json["code"])


def _possess(client: Client, world: World, code: str, key: SigningKey, **otherwise: Any) -> Answer:
    """Sign what a code asks for, or something `otherwise`, and send it."""
    offer = client.ask("POST", "/v1/enrolments/offer", {"code": code}).json | otherwise
    statement = f"{ID}{int(key.public_key.id[0], 16):x}"
    return _send(client, code, enrolment_of(offer, key.public_key, statement, world.clock()), key)


def _send(client: Client, code: str, payload: bytes, key: SigningKey) -> Answer:
    signed = {"payload": payload, "signature": key.sign(pae(payload))}
    body = {name: base64.b64encode(its).decode() for name, its in signed.items()}
    return client.ask("POST", "/v1/enrolments/possession", {"code": code, **body})


def _approve(client: Client, registrar: Person, name: str, actor: str) -> Answer:
    listed = registrar.get("/v1/enrolments").json["enrolments"]
    payload = base64.b64decode(next(one["payload"] for one in listed if one["id"] == name))
    signature = base64.b64encode(KEYS[actor].sign(pae(payload))).decode()
    body = {"key": KEYS[actor].public_key.id, "signature": signature}
    return client.ask("POST", f"/v1/enrolments/{name}/approval", body)


def _run(*words: str) -> Any:
    result = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_three_people_get_a_key_into_the_log_by_commands(
    world: World, client: Client, tmp_path: Path
) -> None:
    """A registrar invites, the person enrols, both registrars approve: the key signs in."""
    server = ("--server", f"http://127.0.0.1:{client.port}")
    for actor in ("dk-1", "dk-2"):
        (tmp_path / f"{actor}.key").write_bytes(KEYS[actor].to_pem())
        (tmp_path / f"{actor}.key").chmod(0o600)
    mine = tmp_path / "mine.key"
    code = _run("keys", "invite", "snv-9", "--key", str(tmp_path / "dk-1.key"), *server)["code"]
    asked = _run("keys", "enrol", "--key", str(mine), "--code", code, *server)
    assert mine.stat().st_mode & 0o077 == 0
    first = ("keys", "approve", "--key", str(tmp_path / "dk-1.key"), *server)
    assert _run(*first)["waiting"] == [{"id": asked["id"], "actor": "snv-9", "key": asked["key"]}]
    assert _run(*first, asked["id"])["missing"] == ["dk-2"]
    told = _run("keys", "approve", asked["id"], "--key", str(tmp_path / "dk-2.key"), *server)
    record = world.intake.keyring.records[asked["key"]]
    assert (record.actor, record.custody, record.enrolled_at) == ("snv-9", "person", told["position"])
    key = SigningKey.from_pem(mine.read_bytes())
    assert sign_in(client, key).get("/v1/session").json["actor"] == "snv-9"
    assert _run(*first)["waiting"] == []


def test_a_code_is_good_once(world: World, client: Client, registrar: Person) -> None:
    """Whoever comes second is told that it was used; nobody can put another key in its place."""
    code = _code(registrar, "snv-7")
    assert _possess(client, world, code, SigningKey.generate()).status == 202
    for path in ("offer", "possession"):
        body = {"code": code} | ({"payload": "", "signature": ""} if path == "possession" else {})
        again = client.ask("POST", f"/v1/enrolments/{path}", body)
        assert (again.status, again.json["rule"]) == (404, "enrolment.code_over")


def test_what_was_signed_is_what_was_asked_for(world: World, client: Client, registrar: Person) -> None:
    """Another person, another log, other registrars, a key the log knows, or no possession: none is kept."""
    code, mine = _code(registrar, "snv-6"), SigningKey.generate()
    alone = {KEYS["dk-1"].public_key.id: "dk-1"}
    wrong = {
        "another person": _possess(client, world, code, mine, actor="hd-9"),
        "another log": _possess(client, world, code, mine, log="log.example/other"),
        "too few registrars": _possess(client, world, code, mine, registrars=alone),
        "a key that is there": _possess(client, world, code, KEYS["stc-2"]),
    }
    offer = client.ask("POST", "/v1/enrolments/offer", {"code": code}).json
    payload = enrolment_of(offer, mine.public_key, f"{ID}0", world.clock())
    wrong["no possession"] = _send(client, code, payload, SigningKey.generate())
    assert {name: told.status for name, told in wrong.items()} == dict.fromkeys(wrong, 422)
    assert wrong["another person"].json["rule"] == "enrolment.other"
    assert _possess(client, world, code, mine).status == 202


def test_only_its_registrars_approve_it(world: World, client: Client, registrar: Person) -> None:
    """Nobody else's signature counts, nor one over something else; one registrar alone enrols nobody."""
    code, key = _code(registrar, "snv-5"), SigningKey.generate()
    name = _possess(client, world, code, key).json["id"]
    assert _approve(client, registrar, name, "stc-2").json["rule"] == "access.signature_wrong"
    forged = {"key": KEYS["dk-2"].public_key.id, "signature": base64.b64encode(bytes(64)).decode()}
    assert client.ask("POST", f"/v1/enrolments/{name}/approval", forged).status == 401
    for _ in range(2):
        assert _approve(client, registrar, name, "dk-1").json == {"missing": ["dk-2"]}
    assert key.public_key.id not in world.intake.keyring.records
    assert _approve(client, registrar, name, "dk-2").status == 201


def test_a_registrar_can_decline(world: World, client: Client, registrar: Person) -> None:
    """Then there is nothing to approve any more."""
    name = _possess(client, world, _code(registrar, "ct-9"), SigningKey.generate()).json["id"]
    assert registrar.ask("DELETE", f"/v1/enrolments/{name}").status == 204
    assert registrar.ask("DELETE", f"/v1/enrolments/{name}").status == 404
    body = {"key": KEYS["dk-1"].public_key.id, "signature": ""}
    assert client.ask("POST", f"/v1/enrolments/{name}/approval", body).status == 404


@pytest.mark.parametrize("actor", ["stc-1", "tk-1", "hd-1"])
def test_nobody_but_registrars_invites(client: Client, actor: str) -> None:
    """To others there is no such page; without a session, nothing at all."""
    person = sign_in(client, KEYS[actor])
    assert _invite(person, "snv-8").status == 404
    assert person.get("/v1/enrolments").status == 404
    assert client.ask("GET", "/v1/enrolments").status == 401


@pytest.mark.parametrize(
    ("otherwise", "status"),
    [
        ({"days": 0}, 400), ({"days": 31}, 400), ({"days": "7"}, 400), ({"actor": 5}, 400),
        ({"registrars": "dk-1"}, 400), ({"registrars": ["dk-1"]}, 400), ({"registrars": ["stc-1"]}, 404),
    ],
)  # fmt: skip
def test_odd_invitations_are_not_made(registrar: Person, otherwise: dict[str, Any], status: int) -> None:
    """Too long, of no type, by too few, by somebody who is no registrar."""
    assert _invite(registrar, "snv-8", **otherwise).status == status


def test_of_a_code_only_the_hash_is_kept(world: World, registrar: Person, data: Path) -> None:
    """Whoever reads the database enrols nobody; and the log, with what came of all this, verifies."""
    code = _code(registrar, "stc-9")
    assert not any(code.encode() in path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert examine(data).ok
