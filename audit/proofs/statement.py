"""The signed statement: canonical JSON in one canonical DSSE envelope, exactly as its author signed it.

Source: DSSE v1.0.2 (protocol.md, envelope.md); docs/formats/statement.md. Nothing here knows what a
statement means: only its form, its signatures and the stream it belongs to.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from audit.proofs import canonical
from audit.proofs.errors import BadSignature, KeyringError, StatementError
from audit.proofs.keys import Check, PublicKey, Signer

PAYLOAD_TYPE = "application/vnd.minhchung.statement+json"
MAX_STATEMENT = 40 * 1024
MAX_ENVELOPE = 64 * 1024
REGISTRY_STREAM = "registry"

SIGNED_ONCE = re.compile(
    rb'\{"payload":"([0-9A-Za-z+/=]+)","payloadType":"([a-z./+]+)",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]+)","sig":"([0-9A-Za-z+/=]+)"\}\]\}'
)
"""The one spelling of most envelopes, found in a quarter of the time that decoding takes."""

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]{0,63}\.v[1-9][0-9]{0,2}", re.ASCII)
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-5][0-9])",
    re.ASCII,
)
_NAMES = {
    "log": re.compile(r"[A-Za-z0-9.:/_-]{1,128}", re.ASCII),
    "round": re.compile(r"[0-9A-Za-z-]{1,16}", re.ASCII),
    "agency": re.compile(r"[0-9A-Za-z-]{1,16}", re.ASCII),
    "criterion": re.compile(r"[0-9A-Z.]{1,16}", re.ASCII),
    "matter": re.compile(r"(?:meeting|dispute)-[1-9][0-9]{0,4}", re.ASCII),
    "actor": re.compile(r"[0-9a-z-]{1,32}", re.ASCII),
    "on_behalf_of": re.compile(r"[0-9a-z-]{1,32}", re.ASCII),
    "delegation": _UUID7,
    "id": _UUID7,
    "type": _TYPE,
    "key": _HEX,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint the signer had verified: a size and the root (hex) at that size."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by its digest; the bytes lie outside the log."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one person states (`actor`, `key`, `counter`) or several do (`signers`, `actors`, `threshold`)."""

    v: int
    log: str
    id: str
    type: str
    body: Mapping[str, Any]
    occurred_at: str
    attachments: tuple[Attachment, ...]
    commitments: Mapping[str, str]
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    matter: str | None = None
    actor: str | None = None
    key: str | None = None
    counter: int | None = None
    signers: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    threshold: int | None = None
    on_behalf_of: str | None = None
    delegation: str | None = None
    expects: int | None = None
    seen: Seen | None = None

    @property
    def stream(self) -> str:
        """The stream whose next version this is: round/matter, or round/agency/criterion as far as stated."""
        subject = (self.matter,) if self.matter else (self.agency, self.criterion)
        return "/".join(p for p in (self.round, *subject) if p) or REGISTRY_STREAM

    @property
    def named_keys(self) -> tuple[str, ...]:
        """The ids of the keys that sign, in the order of `named_actors`."""
        return self.signers or ((self.key,) if self.key else ())

    @property
    def named_actors(self) -> tuple[str, ...]:
        """Whose keys those are, as stated."""
        return self.actors or ((self.actor,) if self.actor else ())

    def actors_of(self, key_ids: Sequence[str]) -> tuple[str, ...]:
        """Return whose these keys are, as stated."""
        return tuple(a for k, a in zip(self.named_keys, self.named_actors, strict=True) if k in key_ids)


_FIELDS = frozenset(f.name for f in fields(Statement))
_ALWAYS = frozenset({"v", "log", "id", "type", "body", "occurred_at", "attachments", "commitments"})
_ALONE = frozenset({"actor", "key", "counter"})
_TOGETHER = frozenset({"signers", "actors", "threshold"})


def parse_statement(payload: bytes) -> Statement:
    """Read signed bytes as a statement.

    Raises CanonicalError for bytes in any but the one spelling, StatementError `statement.unknown_field`,
    `statement.missing_field`, `statement.malformed` (with the field).
    """
    stated = canonical.decode(payload, limit=MAX_STATEMENT)
    if not isinstance(stated, dict):
        raise StatementError("statement.malformed", field="statement")
    _check_fields(stated)
    for name, grammar in _NAMES.items():
        if name in stated and not (isinstance(stated[name], str) and grammar.fullmatch(stated[name])):
            raise StatementError("statement.malformed", field=name)
    _check_numbers(stated)
    if type(stated["body"]) is not dict:
        raise StatementError("statement.malformed", field="body")
    return Statement(
        **{
            **stated,
            "seen": _seen(stated["seen"]) if "seen" in stated else None,
            "attachments": _attachments(stated["attachments"]),
            "commitments": _commitments(stated["commitments"]),
            "occurred_at": check_time(stated["occurred_at"], "occurred_at"),
            "signers": _signers(stated) if "signers" in stated else (),
            "actors": tuple(stated.get("actors", ())),
        }
    )


def _check_fields(stated: dict[str, Any]) -> None:
    if unknown := stated.keys() - _FIELDS:
        raise StatementError("statement.unknown_field", field=min(unknown)[:40])
    form = _TOGETHER if "signers" in stated else _ALONE
    if extra := stated.keys() & ((_TOGETHER | _ALONE) - form):
        raise StatementError("statement.unknown_field", field=min(extra))
    if missing := (_ALWAYS | form) - stated.keys():
        raise StatementError("statement.missing_field", field=min(missing))
    if stated["v"] != 1 or type(stated["v"]) is not int:
        raise StatementError("statement.malformed", field="v")


def _check_numbers(stated: dict[str, Any]) -> None:
    for name, least in (("counter", 1), ("threshold", 1), ("expects", 0)):
        if name in stated and (type(stated[name]) is not int or stated[name] < least):
            raise StatementError("statement.malformed", field=name)


def _signers(stated: dict[str, Any]) -> tuple[str, ...]:
    """Key ids in ascending order, none twice; one actor for each; the threshold within reach."""
    signers, actors = stated["signers"], stated["actors"]
    good = isinstance(signers, list) and all(isinstance(k, str) and _HEX.fullmatch(k) for k in signers)
    if not good or not signers or signers != sorted(set(signers)):
        raise StatementError("statement.malformed", field="signers")
    good = isinstance(actors, list) and all(
        isinstance(a, str) and _NAMES["actor"].fullmatch(a) for a in actors
    )
    if not good or len(actors) != len(signers):
        raise StatementError("statement.malformed", field="actors")
    if stated["threshold"] > len(signers):
        raise StatementError("statement.malformed", field="threshold")
    return tuple(signers)


def _seen(stated: object) -> Seen:
    if isinstance(stated, dict) and stated.keys() == {"size", "root"}:
        size, root = stated["size"], stated["root"]
        if type(size) is int and size >= 1 and isinstance(root, str) and _HEX.fullmatch(root):
            return Seen(size, root)
    raise StatementError("statement.malformed", field="seen")


def _attachments(stated: object) -> tuple[Attachment, ...]:
    if not isinstance(stated, list):
        raise StatementError("statement.malformed", field="attachments")
    return tuple(map(_attachment, stated))


def _attachment(stated: object) -> Attachment:
    if isinstance(stated, dict) and stated.keys() == {"sha256", "size", "media_type"}:
        sha256, size, media_type = stated["sha256"], stated["size"], stated["media_type"]
        digest = isinstance(sha256, str) and _HEX.fullmatch(sha256)
        media = isinstance(media_type, str) and _MEDIA_TYPE.fullmatch(media_type)
        if digest and media and type(size) is int and size >= 0:
            return Attachment(sha256, size, media_type)
    raise StatementError("statement.malformed", field="attachments")


def _commitments(stated: object) -> Mapping[str, str]:
    if not isinstance(stated, dict):
        raise StatementError("statement.malformed", field="commitments")
    for name, digest in stated.items():
        if not _FIELD.fullmatch(name) or not isinstance(digest, str) or not _HEX.fullmatch(digest):
            raise StatementError("statement.malformed", field="commitments")
    return stated


def check_time(stated: object, name: str, rule: str = "statement.malformed") -> str:
    """Return an RFC 3339 time with a zone as it was written; raises StatementError naming the field."""
    if isinstance(stated, str) and _TIME.fullmatch(stated):
        try:
            datetime.fromisoformat(stated)
        except ValueError:
            pass
        else:
            return stated
    raise StatementError(rule, field=name)


# --- the envelope ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its signatures as (key id, 64 bytes), by ascending key id."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def encode(self) -> bytes:
        """Return the one spelling (docs/formats/statement.md): hex and base64 need no escapes."""
        signed = ",".join(
            f'{{"keyid":"{key}","sig":"{_base64(signature)}"}}' for key, signature in self.signatures
        )
        payload = _base64(self.payload)
        return f'{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{signed}]}}'.encode()


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope; raises CanonicalError or StatementError `envelope.not_canonical`."""
    found = SIGNED_ONCE.fullmatch(data) if len(data) <= MAX_ENVELOPE else None
    if found is not None:
        return envelope_from_json(signed_once(*(part.decode("ascii") for part in found.groups())))
    return envelope_from_json(canonical.decode(data, limit=MAX_ENVELOPE))


def signed_once(payload: str, kind: str, key: str, signature: str) -> dict[str, object]:
    """Return what decoding an envelope gives, from the parts that `SIGNED_ONCE` finds."""
    return {"payload": payload, "payloadType": kind, "signatures": [{"keyid": key, "sig": signature}]}


def envelope_from_json(stated: object) -> Envelope:
    """Read an envelope that was decoded already, as it lies in an entry."""
    if not isinstance(stated, dict) or stated.keys() != {"payload", "payloadType", "signatures"}:
        raise StatementError("envelope.not_canonical", reason="fields")
    if stated["payloadType"] != PAYLOAD_TYPE:
        raise StatementError("envelope.not_canonical", reason="payloadType")
    if not isinstance(stated["signatures"], list) or not stated["signatures"]:
        raise StatementError("envelope.not_canonical", reason="no signature")
    signatures = tuple(map(_signature, stated["signatures"]))
    keys = [key for key, _ in signatures]
    if keys != sorted(set(keys)):
        raise StatementError("envelope.not_canonical", reason="signatures not in ascending order")
    return Envelope(_bytes(stated["payload"]), signatures)


def _signature(stated: object) -> tuple[str, bytes]:
    if isinstance(stated, dict) and stated.keys() == {"keyid", "sig"}:
        key = stated["keyid"]
        if isinstance(key, str) and _HEX.fullmatch(key):
            return key, _bytes(stated["sig"])
    raise StatementError("envelope.not_canonical", reason="signature")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(stated: object) -> bytes:
    """Standard padded base64: read, written back, compared."""
    if isinstance(stated, str) and stated.isascii():
        try:
            data = binascii.a2b_base64(stated.encode("ascii"), strict_mode=True)
        except binascii.Error:
            data = b""
        if _base64(data) == stated:
            return data
    raise StatementError("envelope.not_canonical", reason="base64")


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Return the pre-authentication encoding: what is really signed (DSSE protocol.md)."""
    typed = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(typed), typed, len(payload), payload)


def sign_statement(stated: Mapping[str, object], signers: Sequence[Signer]) -> Envelope:
    """Spell a statement canonically and sign it with each signer; its form is checked on the way."""
    payload = canonical.encode(dict(stated))
    parse_statement(payload)
    return sign_payload(payload, signers)


def sign_payload(payload: bytes, signers: Sequence[Signer]) -> Envelope:
    """Sign bytes as they are."""
    signed = {signer.public_key.id: signer.sign(pae(payload)) for signer in signers}
    return Envelope(payload, tuple(sorted(signed.items())))


def verify_signatures(
    envelope: Envelope,
    statement: Statement,
    keys: Mapping[str, PublicKey],
    check: Check = PublicKey.verify,
) -> tuple[str, ...]:
    """Check every signature of an envelope and return the ids of the keys that signed.

    Raises BadSignature `signature.stranger` (by a key the statement does not name), `signature.missing`,
    `signature.too_few`, `signature.bad`, and KeyringError `key.unknown`.
    """
    named = statement.named_keys
    signed = tuple(key for key, _ in envelope.signatures)
    for key in signed:
        if key not in named:
            raise BadSignature("signature.stranger", key=key)
    needed = cast(int, statement.threshold) if statement.signers else 1
    if len(signed) < needed:
        rule = "signature.too_few" if statement.signers else "signature.missing"
        raise BadSignature(rule, signed=len(signed), needed=needed)
    signed_bytes = pae(envelope.payload)
    for key, signature in envelope.signatures:
        if key not in keys:
            raise KeyringError("key.unknown", key=key)
        check(keys[key], signature, signed_bytes)
    return signed
