"""The end of the story: one key was mislaid for a day, another was in other hands for a while."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from api.story_values import ZONE
from audit.proofs.keyring import ENROLLED, REAFFIRMED, REINSTATED, REVOKED, SUSPENDED, Keyring
from audit.proofs.keys import DEMO_KEYS, SigningKey, demo_signing_key

MISLAID, STOLEN = "sxd-2", "stttt-2"
"""Focal officers of two agencies that have begun the last round."""
NEXT_KEY = DEMO_KEYS - 100
DOUBTED, REMEMBERED = 5, 3
"""Of so many statements nobody knows who signed them; of so many the owner says that they are theirs."""

Body = Callable[[Keyring], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One key event; what it says follows from the log before it. `key` is a new one of its first signer."""

    at: datetime
    type: str
    signers: tuple[str, ...]
    body: Body
    key: SigningKey | None = None


def chapters(registrars: tuple[str, ...], keys: Mapping[str, SigningKey]) -> Iterator[Chapter]:
    """Tell what befell both keys; registrars sign as a quorum."""
    mislaid, stolen = keys[MISLAID].public_key.id, keys[STOLEN].public_key.id
    suspended, reinstated = {"key": mislaid, "category": "MISLAID"}, {"key": mislaid}
    yield Chapter(_on(29, 8), SUSPENDED, (MISLAID,), lambda _: suspended)
    yield Chapter(_on(29, 14), REVOKED, registrars, lambda keyring: _revoked(keyring, stolen))
    yield Chapter(_on(30, 8), REINSTATED, registrars, lambda _: reinstated)
    new = demo_signing_key(NEXT_KEY)
    yield Chapter(_on(30, 9), ENROLLED, (STOLEN, *registrars), lambda _: _enrolled(new), new)
    yield Chapter(_on(30, 10), REAFFIRMED, (STOLEN,), lambda keyring: _reaffirmed(keyring, stolen))


def _on(day: int, hour: int) -> datetime:
    return datetime(2018, 1, day, hour, tzinfo=ZONE)


def _revoked(keyring: Keyring, key: str) -> Mapping[str, object]:
    since = keyring.borne_by(key)[-DOUBTED]
    return {"key": key, "category": "COMPROMISED", "compromised_since": since}


def _enrolled(key: SigningKey) -> Mapping[str, object]:
    public = base64.b64encode(key.public_key.raw).decode()
    return {"actor": STOLEN, "public_key": public, "custody": "platform"}


def _reaffirmed(keyring: Keyring, key: str) -> Mapping[str, object]:
    return {"key": key, "positions": list(keyring.contested(key))[:REMEMBERED]}
