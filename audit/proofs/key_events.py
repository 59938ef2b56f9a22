"""The statements about keys: what each is called, what it has to look like, and the keys that it brings.

Whether one may be made at its position is `key_rules`'s business, what follows from it `keyring`'s.
"""

from __future__ import annotations

import base64
import binascii
import re

from audit.proofs.authorship import Authorship, Word
from audit.proofs.errors import KeyringError
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, is_demo_key, load_public_key
from audit.proofs.statement import Statement

GENESIS = "LogOpened.v1"
ENROLLED = "KeyEnrolled.v1"
ROTATED = "KeyRotated.v1"
REVOKED = "KeyRevoked.v1"
LOG_KEY_ROTATED = "LogKeyRotated.v1"
SUSPENDED = "KeySuspended.v1"
REINSTATED = "KeyReinstated.v1"
REAFFIRMED = "StatementReaffirmed.v1"
REPUDIATED = "StatementRepudiated.v1"
BOUND = "CertificateBound.v1"
CUSTODIES = ("person", "platform")
REVOCATIONS = ("LOST", "COMPROMISED", "LEFT_OFFICE", "SUPERSEDED")
SUSPENSIONS = ("MISLAID", "SUSPECTED", "ON_LEAVE")
LOG_ACTOR = "log"
MEANINGS = {REAFFIRMED: Authorship.REAFFIRMED, REPUDIATED: Authorship.REPUDIATED}

BODIES = {
    ENROLLED: ({"actor", "public_key", "custody"}, frozenset[str]()),
    ROTATED: ({"actor", "public_key", "custody", "replaces"}, frozenset[str]()),
    REVOKED: ({"key", "category"}, frozenset({"compromised_since"})),
    LOG_KEY_ROTATED: ({"public_key", "replaces"}, frozenset[str]()),
    SUSPENDED: ({"key", "category"}, frozenset[str]()),
    REINSTATED: ({"key"}, frozenset[str]()),
    REAFFIRMED: ({"key"}, frozenset({"positions", "first", "last"})),
    REPUDIATED: ({"key"}, frozenset({"positions", "first", "last"})),
    BOUND: ({"key", "certificate"}, frozenset({"possession"})),
}
"""Type -> the fields of its body, those it must have and those it may."""
KEY_EVENTS = frozenset(BODIES)
KEY_TEXTS = {BOUND: "certificates"}
"""The one text that a key event may commit to: the names in a certificate can be erased."""
_NOT_OF_KEYS = (
    "round",
    "agency",
    "criterion",
    "matter",
    "on_behalf_of",
    "delegation",
    "expects",
    "attachments",
)
HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check_form(statement: Statement) -> None:
    """A key event is about keys and nothing else: its own fields, all sign, and nothing hangs on it."""
    for name in _NOT_OF_KEYS:
        if getattr(statement, name) not in (None, ()):
            raise KeyringError("key.malformed", field=name)
    text = KEY_TEXTS.get(statement.type)
    if statement.commitments.keys() != ({text} if text else set()):
        raise KeyringError("key.malformed", field="commitments")
    required, optional = BODIES[statement.type]
    if not required <= statement.body.keys() <= required | optional:
        raise KeyringError("key.malformed", field="body")
    if not all(isinstance(statement.body[name], str) for name in required):
        raise KeyringError("key.malformed", field="body")
    if statement.threshold != len(statement.signers) or not statement.signers:
        raise KeyringError("key.malformed", field="threshold")


def word_of(statement: Statement, position: int) -> Word:
    """Read of which positions an owner speaks: of some, ascending, or of all from the first to the last."""
    body, by, meaning = statement.body, statement.signers[0], MEANINGS[statement.type]
    named = body.get("positions", [body.get("first"), body.get("last")])
    plain = isinstance(named, list) and named and all(type(p) is int and p >= 0 for p in named)
    if body.keys() not in ({"key", "positions"}, {"key", "first", "last"}) or not plain:
        raise KeyringError("key.malformed", field="positions")
    if named != sorted(named) or ("positions" in body and len(set(named)) < len(named)):
        raise KeyringError("key.malformed", field="positions")
    some = frozenset(named) if "positions" in body else None
    return Word(meaning, position, by, named[0], named[-1], some)


def brought(statement: Statement) -> tuple[PublicKey, ...]:
    """The keys that a statement introduces in its own body."""
    try:
        if statement.type == GENESIS:
            registrars = (read_key(registrar["public_key"]) for registrar in statement.body["registrars"])
            return read_key(statement.body["log_key"]), *registrars
        if statement.type in (ENROLLED, ROTATED, LOG_KEY_ROTATED):
            return (read_key(statement.body["public_key"]),)
    except (KeyError, TypeError):
        raise KeyringError("key.malformed", field="public_key") from None
    return ()


def read_key(text: object) -> PublicKey:
    """Read a public key from standard base64: read, written back, compared."""
    raw = b""
    if isinstance(text, str) and text.isascii():
        try:
            raw = binascii.a2b_base64(text.encode(), strict_mode=True)
        except binascii.Error:
            raw = b""
    if base64.b64encode(raw).decode() != text:
        raise KeyringError("key.malformed", field="public_key")
    return load_public_key(raw)


def check_demo(key: PublicKey, origin: str) -> None:
    """Raise KeyringError `key.demo` of a key from the public seed, in any log but the demo's."""
    if origin != DEMO_ORIGIN and is_demo_key(key):
        raise KeyringError("key.demo", key=key.id)
