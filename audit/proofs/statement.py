"""The signed statement: canonical JSON in one canonical DSSE envelope, exactly as its author signed it.

Source: DSSE v1.0.2 (protocol.md, envelope.md); docs/formats/statement.md. Nothing here knows what a
statement means: only its form, its signatures and the stream it belongs to.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from audit.proofs import canonical
from audit.proofs.errors import BadSignature, KeyringError, StatementError
from audit.proofs.grammar import FIELD, HEX, MEDIA_TYPE, NAMES, PLAIN, TIME
from audit.proofs.keys import Check, PublicKey, Signer
from audit.proofs.portable import portable

PAYLOAD_TYPE = "application/vnd.minhchung.statement+json"
_KIND = PAYLOAD_TYPE.encode()
MAX_STATEMENT = 40 * 1024
MAX_ENVELOPE = 64 * 1024
REGISTRY_STREAM = "registry"

SIGNED_ONCE = re.compile(
    rb'\{"payload":"([0-9A-Za-z+/=]+)","payloadType":"([a-z./+]+)",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]+)","sig":"([0-9A-Za-z+/=]+)"\}\]\}'
)
"""The one spelling of most envelopes, found in a quarter of the time that decoding takes."""


@portable
@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint the signer had verified: a size and the root (hex) at that size."""

    size: int
    root: str


@portable
@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by its digest; the bytes lie outside the log."""

    sha256: str
    size: int
    media_type: str


@portable
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
        return stream_of(self.round, self.agency, self.criterion, self.matter)

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


def stream_of(round_code: str | None, agency: str | None, criterion: str | None, matter: str | None) -> str:
    """Return the stream of a subject."""
    subject = (matter,) if matter else (agency, criterion)
    return "/".join([part for part in (round_code, *subject) if part]) or REGISTRY_STREAM


_FIELDS = frozenset(f.name for f in fields(Statement))
_ALWAYS = frozenset({"v", "log", "id", "type", "body", "occurred_at", "attachments", "commitments"})
_ALONE = frozenset({"actor", "key", "counter"})
_TOGETHER = frozenset({"signers", "actors", "threshold"})


def parse_statement(payload: bytes) -> Statement:
    """Read signed bytes as a statement.

    Raises CanonicalError for bytes in any but the one spelling, StatementError `statement.unknown_field`,
    `statement.missing_field`, `statement.malformed` (with the field).
    """
    if (plain := _plain(payload)) is not None:
        return plain
    stated = canonical.decode(payload, limit=MAX_STATEMENT)
    if not isinstance(stated, dict):
        raise StatementError("statement.malformed", field="statement")
    _check_fields(stated)
    for name, grammar in NAMES.items():
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


def _plain(payload: bytes) -> Statement | None:
    """Return what the long way gives, in a third of the time, for the one spelling of most statements."""
    if len(payload) > MAX_STATEMENT or not payload.isascii():
        return None
    found = PLAIN.fullmatch(payload.decode("ascii"))
    if found is None:
        return None
    (
        actor, agency, attachments, body, commitments, counter, criterion, delegation, expects, number, key,
        log, matter, occurred_at, on_behalf_of, round_code, root, size, kind,
    ) = found.groups()  # fmt: skip
    stated, committed = _ordered(body), _ordered(commitments)
    if stated is None or committed is None or not is_time(occurred_at):
        return None
    return Statement(
        v=1,
        log=log,
        id=number,
        type=kind,
        body=stated,
        occurred_at=occurred_at,
        attachments=() if attachments == "[]" else _attachments(json.loads(attachments)),
        commitments=committed,
        round=round_code,
        agency=agency,
        criterion=criterion,
        matter=matter,
        actor=actor,
        key=key,
        counter=int(counter),
        on_behalf_of=on_behalf_of,
        delegation=delegation,
        expects=None if expects is None else int(expects),
        seen=Seen(int(size), root),
    )


def _ordered(text: str) -> dict[str, Any] | None:
    """Read an object, flat but for flat tables in it, whose keys stand in their one order, each once."""
    if text == "{}":
        return {}
    found: dict[str, Any] = json.loads(text)
    tables = [found, *(value for value in found.values() if type(value) is dict)]
    if text.count('":') != sum(map(len, tables)):
        return None
    return found if all(list(table) == sorted(table) for table in tables) else None


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
    good = isinstance(signers, list) and all(isinstance(k, str) and HEX.fullmatch(k) for k in signers)
    if not good or not signers or signers != sorted(set(signers)):
        raise StatementError("statement.malformed", field="signers")
    good = isinstance(actors, list) and all(
        isinstance(a, str) and NAMES["actor"].fullmatch(a) for a in actors
    )
    if not good or len(actors) != len(signers):
        raise StatementError("statement.malformed", field="actors")
    if stated["threshold"] > len(signers):
        raise StatementError("statement.malformed", field="threshold")
    return tuple(signers)


def _seen(stated: object) -> Seen:
    if isinstance(stated, dict) and stated.keys() == {"size", "root"}:
        size, root = stated["size"], stated["root"]
        if type(size) is int and size >= 1 and isinstance(root, str) and HEX.fullmatch(root):
            return Seen(size, root)
    raise StatementError("statement.malformed", field="seen")


def _attachments(stated: object) -> tuple[Attachment, ...]:
    if not isinstance(stated, list):
        raise StatementError("statement.malformed", field="attachments")
    return tuple(map(_attachment, stated))


def _attachment(stated: object) -> Attachment:
    if isinstance(stated, dict) and stated.keys() == {"sha256", "size", "media_type"}:
        sha256, size, media_type = stated["sha256"], stated["size"], stated["media_type"]
        digest = isinstance(sha256, str) and HEX.fullmatch(sha256)
        media = isinstance(media_type, str) and MEDIA_TYPE.fullmatch(media_type)
        if digest and media and type(size) is int and size >= 0:
            return Attachment(sha256, size, media_type)
    raise StatementError("statement.malformed", field="attachments")


def _commitments(stated: object) -> Mapping[str, str]:
    if not isinstance(stated, dict):
        raise StatementError("statement.malformed", field="commitments")
    for name, digest in stated.items():
        if not FIELD.fullmatch(name) or not isinstance(digest, str) or not HEX.fullmatch(digest):
            raise StatementError("statement.malformed", field="commitments")
    return stated


def check_time(stated: object, name: str, rule: str = "statement.malformed") -> str:
    """Return an RFC 3339 time with a zone as it was written; raises StatementError naming the field."""
    if isinstance(stated, str) and TIME.fullmatch(stated) and is_time(stated):
        return stated
    raise StatementError(rule, field=name)


def is_time(text: str) -> bool:
    """Whether text that is spelled like a time is one."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


# --- the envelope ---------------------------------------------------------------------------------------


@portable
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
    if found is not None and (plain := plain_parts(*found.groups())) is not None:
        payload, key, signature = plain
        return Envelope(payload, ((key, signature),))
    return envelope_from_json(canonical.decode(data, limit=MAX_ENVELOPE))


def plain_parts(payload: bytes, kind: bytes, key: bytes, signature: bytes) -> tuple[bytes, str, bytes] | None:
    """Read payload, key and signature as `SIGNED_ONCE` finds them; nothing where one is not canonical."""
    stated, signed = _decoded(payload), _decoded(signature)
    if kind != _KIND or len(key) != 64 or stated is None or signed is None:
        return None
    return stated, key.decode("ascii"), signed


def _decoded(text: bytes) -> bytes | None:
    """Standard padded base64: read strictly, and the end, where two spellings could meet, written back."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None
    last = binascii.b2a_base64(data[len(data) - (len(data) % 3 or 3) :], newline=False)
    return data if last == text[-4:] and len(text) == (len(data) + 2) // 3 * 4 else None


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
        if isinstance(key, str) and HEX.fullmatch(key):
            return key, _bytes(stated["sig"])
    raise StatementError("envelope.not_canonical", reason="signature")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(stated: object) -> bytes:
    data = _decoded(stated.encode("ascii")) if isinstance(stated, str) and stated.isascii() else None
    if data is None:
        raise StatementError("envelope.not_canonical", reason="base64")
    return data


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Return the pre-authentication encoding: what is really signed (DSSE protocol.md)."""
    before = _BEFORE if payload_type is PAYLOAD_TYPE else _before(payload_type)
    return b"%s %d %s" % (before, len(payload), payload)


def _before(payload_type: str) -> bytes:
    typed = payload_type.encode()
    return b"DSSEv1 %d %s" % (len(typed), typed)


_BEFORE = _before(PAYLOAD_TYPE)


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
