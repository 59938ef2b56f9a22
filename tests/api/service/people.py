"""People at the service: each signs in with their own key, and asks with their session or a token."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.proofs.keys import Signer
from tests.api.service.serving import Answer, Client

COOKIE = "minhchung"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks with what they hold."""

    client: Client
    headers: Mapping[str, str]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask as a page of the service does."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.ask(method, path, body, {"Origin": site(self.client), **self.headers, **named})

    def get(self, path: str) -> Answer:
        """Ask for something."""
        return self.ask("GET", path)


def site(client: Client) -> str:
    """Return the origin that browsers know a service on this machine by."""
    return f"http://localhost:{client.port}"


def challenged(client: Client, key: Signer) -> str:
    """Return a challenge for a key."""
    told = client.ask("POST", "/v1/session/challenge", {"key": key.public_key.id})
    assert told.status == 200, told.json
    return str(told.json["challenge"])


def answer(client: Client, challenge: str, key: Signer, **headers: str) -> Answer:
    """Send a challenge back, signed."""
    signature = base64.b64encode(key.sign(challenge.encode())).decode()
    named = {"Origin": site(client)} | headers
    return client.ask("POST", "/v1/session", {"challenge": challenge, "signature": signature}, named)


def sign_in(client: Client, key: Signer, **headers: str) -> Person:
    """Sign in with a key."""
    told = answer(client, challenged(client, key), key, **headers)
    assert told.status == 201, told.json
    return Person(client, {"Cookie": told.headers["set-cookie"].partition(";")[0]})


def token_of(person: Person, *scopes: str, days: int = 1) -> Person:
    """Make a token for a program of somebody's."""
    told = person.ask("POST", "/v1/tokens", {"label": "tập tin lệnh", "scopes": scopes, "days": days})
    assert told.status == 201, told.json
    return Person(person.client, {"Authorization": f"Bearer {told.json['token']}"})
