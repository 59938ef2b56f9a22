"""Getting a key into the log over its service: a code for a person, their own signature, the registrars'."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.client import Client
from api.errors import CommandError
from api.log_key import load_key, password
from api.signing import Entropy, random_entropy, uuid7
from audit.ledger.files import create_whole
from audit.proofs import canonical
from audit.proofs.errors import AuditError
from audit.proofs.keyring import ENROLLED
from audit.proofs.keys import PublicKey, Signer, SigningKey
from audit.proofs.statement import pae, parse_statement


class OddEnrolment(CommandError):
    """What waits for a registrar's signature is no enrolment of the person it is said to be."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}; nothing was signed")


def own_key(path: Path) -> SigningKey:
    """Return the key in a file, made now where there is none; for its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        create_whole(path, SigningKey.generate().to_pem(password()))
    return load_key(path)


def enrol(
    client: Client, code: str, key: SigningKey, now: datetime, entropy: Entropy = random_entropy
) -> str:
    """Sign what a code asks for with a new key, and send it; return the invitation's id."""
    offer = client.ask("POST", "/v1/enrolments/offer", {"code": code})
    payload = enrolment_of(offer, key.public_key, uuid7(now, entropy("enrolment")), now)
    signed = {"payload": _text(payload), "signature": _text(key.sign(pae(payload)))}
    return str(client.ask("POST", "/v1/enrolments/possession", {"code": code, **signed})["id"])


def enrolment_of(offer: Mapping[str, Any], key: PublicKey, statement: str, now: datetime) -> bytes:
    """Return the statement that enrols a key, as all its signers sign it."""
    named = sorted({**offer["registrars"], key.id: offer["actor"]}.items())
    return canonical.encode(
        {
            "v": 1,
            "log": offer["log"],
            "id": statement,
            "type": ENROLLED,
            "body": {
                "actor": offer["actor"],
                "public_key": base64.b64encode(key.raw).decode(),
                "custody": "person",
            },
            "occurred_at": now.isoformat(timespec="seconds"),
            "attachments": [],
            "commitments": {},
            "seen": dict(offer["seen"]),
            "signers": [one for one, _ in named],
            "actors": [actor for _, actor in named],
            "threshold": len(named),
        }
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who signed with their new key, `key` by its id; `payload` is what registrars sign."""

    id: str
    actor: str
    key: str
    payload: bytes


def waiting(client: Client) -> list[Waiting]:
    """Return who waits for registrars, as what they signed says; raises OddEnrolment."""
    told = client.ask("GET", "/v1/enrolments")["enrolments"]
    return [_read(one) for one in told if one["payload"] is not None]


def approve(client: Client, wanted: Waiting, registrar: Signer) -> dict[str, Any]:
    """Sign somebody's enrolment as a registrar; return what the service answers."""
    signature = _text(registrar.sign(pae(wanted.payload)))
    body = {"key": registrar.public_key.id, "signature": signature}
    return client.ask("POST", f"/v1/enrolments/{wanted.id}/approval", body)


def _read(told: Mapping[str, Any]) -> Waiting:
    """A registrar signs what the bytes say, and not what the service says of them."""
    name, payload = str(told["id"]), base64.b64decode(told["payload"])
    try:
        statement = parse_statement(payload)
    except AuditError as wrong:
        raise OddEnrolment(name, str(wrong)) from None
    named = dict(zip(statement.signers, statement.actors, strict=True))
    keys = [key for key, actor in named.items() if actor == statement.body.get("actor")]
    if statement.type != ENROLLED or statement.body.get("actor") != told["actor"] or len(keys) != 1:
        raise OddEnrolment(name, "this is no enrolment of that person")
    return Waiting(name, str(told["actor"]), keys[0], payload)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
