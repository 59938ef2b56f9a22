"""Signing in by OpenID: against a provider that runs, for identities that a key's holder linked."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from api.service.oidc import provider
from api.settings import Settings
from audit.ledger.errors import LogStopped
from tests.api.service.people import COOKIE, Person, sign_in
from tests.api.service.serving import Answer, Client, serving
from tests.worlds import KEYS, REGISTRARS, World, found

CLIENT, SECRET = "minhchung", "một bí mật"


@dataclass
class Idp:
    """A provider: its keys, the codes that it gave out, and what it says of whoever comes."""

    address: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    subject: str = "nguyen.van.a"
    alter: Callable[[dict[str, Any]], dict[str, Any]] = dict
    sign: Callable[[dict[str, Any]], str] | None = None

    def visit(self, address: str) -> dict[str, str]:
        """Be a browser whose person says yes: return what it goes back with."""
        self.asked = parse_qs(urlsplit(address).query)
        one = {name: values[0] for name, values in self.asked.items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = one
        return {"code": code, "state": one["state"]}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, str] | None:
        """Exchange a code, once, for whoever has its verifier and the client's secret."""
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        its = self.codes.pop(form["code"], None)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        if its is None or given != f"{CLIENT}:{SECRET}":
            return None
        if base64.urlsafe_b64encode(challenge).decode().rstrip("=") != its["code_challenge"]:
            return None
        now = int(time.time())
        claims = self.alter(
            {
                "iss": self.address, "sub": self.subject, "aud": CLIENT, "nonce": its["nonce"],
                "iat": now, "exp": now + 300,
            }
        )  # fmt: skip
        header = {"alg": "ES256", "kid": "one"}
        signed = self.sign(claims) if self.sign else jwt.encode(header, claims, self.key, ["ES256"])
        return {"id_token": signed, "access_token": "x", "token_type": "Bearer"}


@pytest.fixture(scope="module")
def running() -> Iterator[Idp]:
    """A provider on this machine."""
    idp = Idp()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told: dict[str, Any] = {
                "/.well-known/openid-configuration": {
                    "issuer": idp.address,
                    "authorization_endpoint": f"{idp.address}/authorize",
                    "token_endpoint": f"{idp.address}/token",
                    "jwks_uri": f"{idp.address}/keys",
                },
                "/keys": {"keys": [idp.key.as_dict(private=False)]},
            }
            self._say(told.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(idp.token(form, self.headers["authorization"]))

        def _say(self, told: Any) -> None:
            self.send_response(200 if told is not None else 400)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    idp.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever).start()
    yield idp
    server.shutdown()
    server.server_close()


@pytest.fixture
def idp(running: Idp) -> Iterator[Idp]:
    """The provider, honest again after each test."""
    yield running
    running.alter, running.sign, running.subject = dict, None, "nguyen.van.a"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small log."""
    made = found(tmp_path_factory.mktemp("linking") / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(world: World, running: Idp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Its service, which knows the provider."""
    folder = tmp_path_factory.mktemp("disk")
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n", "utf-8")
    secret.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINHCHUNG_OIDC_ISSUER", running.address)
        patch.setenv("MINHCHUNG_OIDC_CLIENT_ID", CLIENT)
        patch.setenv("MINHCHUNG_OIDC_SECRET_FILE", str(secret))
        with serving(world, Settings(folder)) as asks:
            yield asks


def _cookie(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def _come_back(client: Client, idp: Idp, sent: Answer, address: str, **otherwise: str) -> Answer:
    query = "&".join(f"{name}={its}" for name, its in (idp.visit(address) | otherwise).items())
    return client.ask("GET", f"/sign-in/oidc/callback?{query}", headers={"Cookie": _cookie(sent)})


def _by_provider(client: Client, idp: Idp, **otherwise: str) -> Answer:
    """Sign in by the provider, all the way."""
    sent = client.ask("GET", "/sign-in/oidc")
    assert sent.status == 303
    return _come_back(client, idp, sent, sent.headers["location"], **otherwise)


def _link(client: Client, idp: Idp, actor: str) -> Answer:
    """Link whom the provider speaks of to somebody's key."""
    sent = sign_in(client, KEYS[actor]).ask("POST", "/v1/session/oidc")
    assert sent.status == 201, sent.json
    return _come_back(client, idp, sent, sent.json["address"])


def _person(client: Client, answer: Answer) -> Person:
    """Return whoever has the session that an answer begins."""
    assert _cookie(answer).startswith(f"{COOKIE}=")
    return Person(client, {"Cookie": _cookie(answer)})


def test_an_identity_that_was_linked_signs_in_as_its_key(client: Client, idp: Idp) -> None:
    """Before it is linked it is nobody; then it reads as whoever holds the key, until it is unlinked."""
    idp.subject = "head.of.finance"
    told = _by_provider(client, idp)
    assert (told.status, told.json["rule"]) == (401, "access.not_linked")
    assert _link(client, idp, "stc-1").status == 200
    assert idp.asked["prompt"] == ["login"]
    told = _by_provider(client, idp)
    assert told.status == 200
    assert "prompt" not in idp.asked
    person = _person(client, told)
    assert person.get("/v1/session").json["actor"] == "stc-1"
    assert person.ask("DELETE", "/v1/session/oidc").status == 204
    assert _by_provider(client, idp).json["rule"] == "access.not_linked"


def test_a_key_that_is_suspended_takes_its_identities_with_it(world: World, client: Client, idp: Idp) -> None:
    """The provider still knows the person; the log does not let them in."""
    idp.subject = "somebody.suspended"
    assert _link(client, idp, "nhs-1").status == 200
    key = KEYS["nhs-1"].public_key.id
    world.state("KeySuspended", *REGISTRARS, body={"key": key, "category": "MISLAID"}, expects=False)
    told = _by_provider(client, idp)
    assert (told.status, told.json["rule"]) == (401, "access.signature_wrong")


ALTERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another nonce": lambda its: its | {"nonce": "x"},
    "no nonce": lambda its: {name: value for name, value in its.items() if name != "nonce"},
    "another audience": lambda its: its | {"aud": "somebody"},
    "another issuer": lambda its: its | {"iss": "https://elsewhere.example"},
    "over": lambda its: its | {"exp": 1_600_000_000, "iat": 1_500_000_000},
    "nobody": lambda its: {name: value for name, value in its.items() if name != "sub"},
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_what_is_not_about_this_sign_in_is_not_believed(
    client: Client, idp: Idp, alter: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Signed by the provider, and yet for another time, client or errand."""
    assert _link(client, idp, "stc-1").status == 200
    idp.alter = alter
    told = _by_provider(client, idp)
    assert (told.status, told.json["rule"]) == (401, "access.provider_wrong")


def _unsigned(claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


FORGED: dict[str, Callable[[dict[str, Any]], str]] = {
    "another key": lambda claims: jwt.encode(
        {"alg": "ES256", "kid": "one"}, claims, ECKey.generate_key("P-256"), ["ES256"]
    ),
    "the client's secret": lambda claims: jwt.encode(
        {"alg": "HS256"}, claims, OctKey.import_key(SECRET.encode() * 3), ["HS256"]
    ),
    "no key": _unsigned,
    "no token": lambda _: "x",
}


@pytest.mark.parametrize("sign", FORGED.values(), ids=FORGED)
def test_only_the_providers_own_keys_are_believed(
    client: Client, idp: Idp, sign: Callable[[dict[str, Any]], str]
) -> None:
    """Not another's, not the secret that both know, not none."""
    assert _link(client, idp, "stc-1").status == 200
    idp.sign = sign
    told = _by_provider(client, idp)
    assert (told.status, told.json["rule"]) == (401, "access.provider_wrong")


def test_one_comes_back_once_and_with_what_one_was_sent_with(client: Client, idp: Idp) -> None:
    """Another state, another code, another browser, a second time: nobody is signed in."""
    assert _link(client, idp, "stc-1").status == 200
    assert _by_provider(client, idp, state="x").json["rule"] == "access.challenge_over"
    assert _by_provider(client, idp, code="x").json["rule"] == "access.provider_wrong"
    sent = client.ask("GET", "/sign-in/oidc")
    back = idp.visit(sent.headers["location"])
    path = f"/sign-in/oidc/callback?code={back['code']}&state={back['state']}"
    assert client.ask("GET", path).json["rule"] == "access.challenge_over"
    name, _, value = _cookie(sent).partition("=")
    altered = {"Cookie": f"{name}={'A' + value[1:]}"}
    assert client.ask("GET", path, headers=altered).json["rule"] == "access.challenge_over"
    cookie = {"Cookie": _cookie(sent)}
    assert client.ask("GET", path, headers=cookie).status == 200
    assert client.ask("GET", path, headers=cookie).json["rule"] == "access.challenge_over"


def test_linking_is_for_who_signed_in_with_the_key(client: Client) -> None:
    """Not for a page elsewhere, and not for a browser without a session."""
    assert client.ask("POST", "/v1/session/oidc").status == 401
    person = sign_in(client, KEYS["stc-1"])
    told = person.ask("POST", "/v1/session/oidc", Origin="https://elsewhere.example")
    assert (told.status, told.json["rule"]) == (403, "access.from_elsewhere")


def test_without_a_provider_there_is_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page, and no word of it on the page for signing in."""
    monkeypatch.delenv("MINHCHUNG_OIDC_ISSUER", raising=False)
    with serving(world, Settings(tmp_path)) as asks:
        assert asks.ask("GET", "/sign-in/oidc").status == 404
        assert b"/sign-in/oidc" not in asks.ask("GET", "/sign-in").body


@pytest.mark.parametrize("lacking", ["MINHCHUNG_OIDC_CLIENT_ID", "MINHCHUNG_OIDC_SECRET_FILE"])
def test_half_of_a_provider_is_none(lacking: str) -> None:
    """The service does not start with it, and says what is missing."""
    whole = {
        "MINHCHUNG_OIDC_ISSUER": "https://idp.example",
        "MINHCHUNG_OIDC_CLIENT_ID": CLIENT,
        "MINHCHUNG_OIDC_SECRET_FILE": "secret",
    }
    del whole[lacking]
    with pytest.raises(LogStopped, match=lacking):
        provider("http://localhost:8000", whole)
