"""How statements are forged for the table: signed in earnest, then altered in bytes, fields or signatures."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from audit.ledger.submission import Submission
from audit.proofs.keys import PublicKey, Signer
from audit.proofs.statement import parse_envelope, sign_payload
from domain.refusals import Fact
from tests.furnished import COUNCIL, INSPECTED, motion_of
from tests.worlds import KEYS, OPEN, REGISTRARS, World, enrolment

Forge = Callable[[World], Submission]
BY_ID = {key.public_key.id: key for key in KEYS.values()}


@dataclass(frozen=True, slots=True)
class Case:
    """One bad input: what it is as a sentence, the rule it meets, how it is forged, and facts it is told."""

    sentence: str
    rule: str
    forge: Forge
    facts: Mapping[str, Fact] | None = None


# --- good statements to start from ----------------------------------------------------------------------


def score(w: World, *actors: str, body: Any = None, **rest: Any) -> Submission:
    """Declare half a point for a cell of STC: nothing is wrong with it."""
    subject = {"round": OPEN, "agency": "STC", "criterion": "A1.5"} | rest
    return w.sign("SelfScoreDeclared", *(actors or ("stc-2",)), body=body or {"points": "0.5"}, **subject)


def quantities(w: World, **stated: str) -> Submission:
    """Declare quantities for a cell of STC."""
    subject = {"round": OPEN, "agency": "STC", "criterion": "A1.2"}
    return w.sign("QuantitiesDeclared", "stc-2", body={"quantities": stated}, **subject)


def evidence(
    w: World, serial: str = "22/BC-STC", title: str = "Báo cáo", version: int = 1, **rest: Any
) -> Submission:
    """Submit a file as evidence for a cell of STC."""
    files = {} if "attachments" in rest else {"files": [b"So lieu minh hoa\n"]}
    subject = {"round": OPEN, "agency": "STC", "criterion": "A1.5", "texts": {"title": title}}
    body = {"serial": serial, "version": version}
    return w.sign("EvidenceSubmitted", "stc-2", body=body, **{**subject, **files, **rest})


def note(w: World, inspector: str, round_code: str = INSPECTED) -> Submission:
    """Record what an inspector found in the declared cell of STC."""
    subject = {"round": round_code, "agency": "STC", "criterion": "A1.1"}
    body = {"quality": "SOUND", "points": "1"}
    texts = {"finding": "Số liệu khớp với hồ sơ gốc."}
    return w.sign("InspectionNoteRecorded", inspector, **subject, body=body, texts=texts)


def adjustment(w: World, *members: str, reason: str | None = "Kế hoạch chậm.", **body: Any) -> Submission:
    """Let two members of the council adjust the declared cell of STC from 0.5 to 0, as was carried."""
    usual: dict[str, Any] = {
        "motion": motion_of(w, "STC"),
        "old_points": "0.5",
        "new_points": "0",
        "category": "FACTUAL_ERROR",
        "references": [1],
    }
    return w.sign(
        "CouncilAdjustmentMade",
        *(members or ("hd-2", "hd-3")),
        round=COUNCIL,
        agency="STC",
        criterion="A1.1",
        body=usual | body,
        texts={} if reason is None else {"reason": reason},
    )


# --- and what is done to them ---------------------------------------------------------------------------


def stated(submission: Submission) -> dict[str, Any]:
    """Read what was signed."""
    read: dict[str, Any] = json.loads(parse_envelope(submission.envelope).payload)
    return read


def spelled(value: object) -> bytes:
    """Spell a value canonically, without refusing anything."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(payload: bytes, like: Submission) -> Submission:
    """Let those who signed before sign these bytes, whatever they are."""
    signers: list[Signer] = [BY_ID[key] for key, _ in parse_envelope(like.envelope).signatures]
    return replace(like, envelope=sign_payload(payload, signers).encode())


def restated(submission: Submission, **changes: object) -> Submission:
    """Change fields of the statement (`None` takes one away) and sign it again."""
    fields = stated(submission) | changes
    return signed(spelled({k: v for k, v in fields.items() if v is not None}), submission)


def respelled(submission: Submission, old: bytes, new: bytes) -> Submission:
    """Replace a part of the payload's bytes and sign them as they are."""
    payload = parse_envelope(submission.envelope).payload
    assert old in payload, (old, payload)
    return signed(payload.replace(old, new, 1), submission)


def unsigned(submission: Submission, **changes: object) -> Submission:
    """Change fields of the statement under the signatures as they are."""
    envelope = parse_envelope(submission.envelope)
    altered = replace(envelope, payload=spelled(stated(submission) | changes))
    return replace(submission, envelope=altered.encode())


def repacked(submission: Submission, change: Callable[[dict[str, Any]], object]) -> Submission:
    """Change the envelope's JSON, leaving what was signed alone."""
    envelope = json.loads(submission.envelope)
    change(envelope)
    return replace(submission, envelope=spelled(envelope))


def signature_bit(envelope: dict[str, Any]) -> None:
    """Flip one bit of the first signature."""
    raw = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
    raw[40] ^= 1
    envelope["signatures"][0]["sig"] = base64.b64encode(raw).decode()


def reopened(submission: Submission, **changes: Any) -> Submission:
    """Change the opening that comes with a statement."""
    return replace(submission, openings=tuple(replace(o, **changes) for o in submission.openings))


class LowOrder:
    """The identity point as a key: common libraries accept its one signature for any message."""

    def __init__(self, raw: bytes = b"\x01" + bytes(31)) -> None:
        self.public_key = PublicKey(raw, hashlib.sha256(raw).hexdigest())

    def sign(self, _data: bytes) -> bytes:
        return b"\x01" + bytes(63)


def enrolling(w: World, key: Signer, *signers: str, actor: str = "new-1") -> Submission:
    """Enrol a key, by default with all the signatures that this takes."""
    draft = w.draft("KeyEnrolled", *(signers or (actor, *REGISTRARS)), body=enrolment(actor, key))
    return w.desk(keys={actor: key}).sign(draft)
