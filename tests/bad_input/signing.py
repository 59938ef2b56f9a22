"""Bad input: signatures that do not hold, and keys that may not sign."""

from __future__ import annotations

from typing import Any

from audit.ledger.submission import Submission
from audit.proofs.keys import Signer, demo_signing_key
from tests.bad_input.forging import (
    Case,
    LowOrder,
    adjustment,
    enrolling,
    repacked,
    restated,
    score,
    signature_bit,
    stated,
    unsigned,
)
from tests.furnished import COUNCIL, HARD, motion_of
from tests.worlds import KEYS, OPEN, World

NEW = demo_signing_key(900)
IDENTITY_ABOVE_P = (2**255 - 18).to_bytes(32, "little")


def _drop_signature(envelope: dict[str, Any]) -> None:
    del envelope["signatures"][0]


def _first_signature(w: World, **changes: str) -> Submission:
    return repacked(score(w), lambda envelope: envelope["signatures"][0].update(changes))


def _scored_with(w: World, actor: str, key: Signer) -> Submission:
    draft = w.draft(
        "SelfScoreDeclared", actor, round=OPEN, agency="STC", criterion="A1.5", body={"points": "0.5"}
    )
    return w.desk(keys={actor: key}).sign(draft)


def _waiver_by_one(w: World) -> Submission:
    subject = {"round": COUNCIL, "agency": "STC", "criterion": "A1.1"}
    body = {"category": "COUNCIL_JUDGED", "motion": motion_of(w, "STC")}
    reason = {"reason": "Đã mất."}
    return w.sign("VerificationWaived", "hd-2", **subject, body=body, texts=reason, together=False)


def _twice(w: World, *, keys: bool) -> Submission:
    """Two signers where one person stands twice: with the same key, or with somebody else's."""
    fields = stated(adjustment(w))
    both = {"actors": [fields["actors"][0]] * 2}
    return restated(adjustment(w), **both | ({"signers": [fields["signers"][0]] * 2} if keys else {}))


def _revocation(w: World, **rest: Any) -> Submission:
    body = {"key": KEYS["stc-3"].public_key.id, "category": "LOST"}
    return w.sign("KeyRevoked", "stc-3", body=body, **rest)


SIGNATURES = (
    Case("a bit of the signature is flipped", "signature.bad", lambda w: repacked(score(w), signature_bit)),
    Case("a signature is too short", "signature.bad", lambda w: _first_signature(w, sig="AAAA")),
    Case(
        "points are changed under the signature",
        "signature.bad",
        lambda w: unsigned(score(w), body={"points": "1"}),
    ),
    Case(
        "a statement is moved to another round under its signature",
        "signature.bad",
        lambda w: unsigned(score(w), round=HARD),
    ),
    Case(
        "the signature is missing",
        "envelope.not_canonical",
        lambda w: repacked(score(w), _drop_signature),
        {"reason": "no signature"},
    ),
    Case(
        "one of two signatures is missing",
        "signature.too_few",
        lambda w: repacked(adjustment(w), _drop_signature),
        {"signed": 1, "needed": 2},
    ),
    Case(
        "the signature is by a key that the statement does not name",
        "signature.stranger",
        lambda w: _first_signature(w, keyid=KEYS["stc-3"].public_key.id),
    ),
    Case(
        "one person signs in the form of several, which has no counter",
        "statement.malformed",
        lambda w: score(w, together=True),
        {"field": "signers"},
    ),
    Case("an act of several is signed by one", "statement.malformed", _waiver_by_one, {"field": "signers"}),
    Case(
        "the same signer stands twice in a decision",
        "statement.malformed",
        lambda w: _twice(w, keys=True),
        {"field": "signers"},
    ),
    Case(
        "a signer stands twice in a decision, the second time with the key of somebody else",
        "key.other_actor",
        lambda w: _twice(w, keys=False),
    ),
)

KEYS_REFUSED = (
    Case("nobody enrolled the key", "key.unknown", lambda w: _scored_with(w, "stc-2", NEW)),
    Case(
        "the key is that of somebody else",
        "key.other_actor",
        lambda w: _scored_with(w, "stc-2", KEYS["snv-2"]),
    ),
    Case("the key was revoked", "key.revoked", lambda w: score(w, "cu-1")),
    Case(
        "a key of low order is enrolled, under which one signature fits any message",
        "key.unsafe",
        lambda w: enrolling(w, LowOrder()),
        {"reason": "low order"},
    ),
    Case(
        "a key is enrolled in a second spelling",
        "key.unsafe",
        lambda w: enrolling(w, LowOrder(IDENTITY_ABOVE_P)),
        {"reason": "y is not canonical"},
    ),
    Case(
        "a key is enrolled without its own signature",
        "key.no_possession",
        lambda w: enrolling(w, NEW, "dk-1", "dk-2"),
    ),
    Case(
        "a key is enrolled by one registrar where two are needed",
        "key.registrars_needed",
        lambda w: enrolling(w, NEW, "new-1", "dk-1"),
        {"signed": 1, "quorum": 2},
    ),
    Case(
        "a key is enrolled by people who are no registrars",
        "key.registrars_needed",
        lambda w: enrolling(w, NEW, "new-1", "stc-1", "snv-1"),
    ),
    Case(
        "a second key is enrolled for somebody who has one",
        "key.actor_has_key",
        lambda w: enrolling(w, NEW, actor="stc-2"),
    ),
    Case(
        "a key event is slipped into the stream of a cell",
        "key.malformed",
        lambda w: _revocation(w, round=OPEN, agency="STC", criterion="A1.5"),
        {"field": "round"},
    ),
    Case(
        "a key event carries words that it has no place for",
        "key.malformed",
        lambda w: _revocation(w, texts={"reason": "Mất khóa."}),
        {"field": "commitments"},
    ),
)
