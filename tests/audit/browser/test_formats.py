"""Statements, entries, notes, receipts, openings, proofs and trust: JavaScript refuses what Python does."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint, sign_checkpoint
from audit.proofs.continuation import read_continuation
from audit.proofs.cosignature import cosign, cosigner_vkey
from audit.proofs.errors import AuditError
from audit.proofs.head import open_head
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.lines import SUBTREE_V1, from_base64, read_number, read_vkey
from audit.proofs.note import sign_note, vkey
from audit.proofs.policy import Policy, Witness
from audit.proofs.receipt import LogProof, format_proof
from tests.audit.browser.asked import Asked, Refused
from tests.audit.browser.heard import ACCEPTED, Case, heard
from tests.audit.proofs.test_checkpoint import SIZES
from tests.audit.proofs.test_checkpoint import text as checkpoint_text

pytestmark = pytest.mark.node
Question = tuple[Any, ...]


def _by_ml_dsa(vkeys: Any) -> bool:
    return any(read is not None and read[1] == SUBTREE_V1 for read in map(read_vkey, vkeys))


def _note(case: Case) -> Question | None:
    note, vkeys = case.args
    return None if _by_ml_dsa(vkeys) else ("openNote", note, list(vkeys))


def _policy(policy: Any) -> dict[str, Any]:
    return {
        "witnesses": [{"name": w.name, "vkey": w.vkey, "operator": w.operator} for w in policy.witnesses],
        "groups": [{"name": g.name, "threshold": g.threshold, "members": g.members} for g in policy.groups],
        "quorum": policy.quorum,
    }


def _head(case: Case) -> Question | None:
    policy, of_record = case.options.get("policy"), case.options.get("of_record", False)
    vkeys = list(case.options["vkeys"])
    if of_record or _by_ml_dsa([*vkeys, *(policy.vkeys if policy else ())]):
        return None
    return "openHead", case.args[0], vkeys, _policy(policy) if policy else None


def _stated_policy(case: Case) -> Question:
    stated = dict(zip(("witnesses", "groups", "quorum"), case.args, strict=False)) | case.options
    told = {"witnesses": (), "groups": (), "quorum": "none"} | stated
    return "policy", _policy(SimpleNamespace(**told))


def _signatures(case: Case) -> Question:
    envelope, _statement, keys = case.args[:3]
    signed = [{"key": key, "signature": signature} for key, signature in envelope.signatures]
    return (
        "signatures",
        {"payload": envelope.payload, "signatures": signed},
        [key.raw for key in keys.values()],
    )


def _opening(case: Case) -> Question:
    statement, opening = case.args
    told = {"log": statement.log, "id": statement.id, "commitments": dict(statement.commitments)}
    return "opening", told, {"field": opening.field, "salt": opening.salt, "value": opening.value}


def _state(case: Case) -> Question:
    (proof,) = case.args
    shown = [
        {
            "item": {
                "key": one.item.key,
                "value": dict(one.item.value),
                "made_by": one.item.made_by,
                "events": one.item.events,
            },
            "blinding": one.blinding,
            "index": one.index,
            "hashes": one.hashes,
        }
        for one in proof.shown
    ]
    told = {"count": proof.count, "shown": shown, "absent": proof.absent, "key": proof.key}
    return "verifyStateProof", told, case.options


def _receipt(case: Case) -> Question | None:
    if case.options.get("policy") and case.options["policy"].witnesses:
        return None
    return "receipt", case.args[0], case.options["envelope"], list(case.options["vkeys"])


def _envelope(case: Case) -> Question | None:
    try:
        json.dumps(case.args[0])
    except TypeError:
        return None
    return "envelopeJson", case.args[0]


SPOKEN: dict[tuple[str, str], Callable[[Case], Question | None]] = {
    ("test_statement", "parse_statement"): lambda case: ("statement", case.args[0]),
    ("test_statement", "parse_envelope"): lambda case: ("envelope", case.args[0]),
    ("test_statement", "envelope_from_json"): _envelope,
    ("test_statement", "verify_signatures"): _signatures,
    ("test_entry", "parse_entry"): lambda case: ("entry", case.args[0]),
    ("test_note", "open_note"): _note,
    ("test_checkpoint", "parse_checkpoint"): lambda case: ("checkpoint", case.args[0]),
    ("test_cosignature", "open_note"): _note,
    ("test_trust", "open_head"): _head,
    ("test_trust", "Policy"): _stated_policy,
    ("test_trust", "parse_trust"): lambda case: ("trust", case.args[0]),
    ("test_receipt", "verify_receipt"): _receipt,
    ("test_receipt", "parse_receipt"): lambda case: ("receiptForm", case.args[0]),
    ("test_receipt", "parse_proof"): lambda case: ("logProof", case.args[0]),
    ("test_commitment", "verify_opening"): _opening,
    ("test_state", "verify_state_proof"): _state,
    ("test_state", "parse_state_proof"): lambda case: ("stateProof", case.args[0]),
}


@pytest.mark.parametrize(("module", "name"), SPOKEN)
def test_what_python_is_asked_is_answered_alike(module: str, name: str, node: Asked) -> None:
    """Each call that the tests in Python make is accepted here, too, or refused by the same rule."""
    questions = [(SPOKEN[module, name](case), case.rule) for case in heard(module, name)]
    asked = [(question, rule) for question, rule in questions if question is not None]
    for question, rule in asked:
        assert node.rule_of(*question) == rule, question
    assert asked


# --- what only a table of its own asks ------------------------------------------------------------------


def long_entry(size: int) -> Question:
    """Return the question whether an entry around a payload can be written."""
    signatures = [{"key": "ab" * 32, "signature": bytes(64)}]
    time = "2017-02-14T01:00:00.000000Z"
    envelope = {"payload": bytes(size), "signatures": signatures}
    return "encodeEntry", {"arrived_at": time, "envelope": envelope, "received_at": time}


def test_an_entry_has_an_end(node: Asked) -> None:
    """An entry is written up to its limit, and not beyond."""
    assert node.rule_of(*long_entry(48_000)) == ACCEPTED
    assert node.rule_of(*long_entry(50_000)) == "entry.too_long"


CITED = sign_checkpoint(Checkpoint("old.example/log", 9, bytes(32)), demo_signing_key(3))
CONTINUES = {
    "origin": "old.example/log",
    "size": 9,
    "root": "00" * 32,
    "checkpoint": base64.b64encode(CITED).decode(),
    "missing_from": 7,
    "missing_to": 9,
}
CITATIONS: dict[str, Any] = {
    "good": CONTINUES,
    "a list": [],
    "a field more": CONTINUES | {"more": 1},
    "a field less": {"origin": "old.example/log"},
    "a size that is text": CONTINUES | {"size": "9"},
    "another size": CONTINUES | {"size": 8, "missing_to": 8},
    "another root": CONTINUES | {"root": "11" * 32},
    "another origin": CONTINUES | {"origin": "other.example/log"},
    "no checkpoint": CONTINUES | {"checkpoint": "AA=="},
    "a checkpoint in no base64": CONTINUES | {"checkpoint": "A"},
    "nothing missing": CONTINUES | {"missing_from": 9},
    "less missing than to the end": CONTINUES | {"missing_to": 8},
    "missing from before the first": CONTINUES | {"missing_from": -1},
}
NEW_LOG = "new.example/log"


@pytest.mark.parametrize("case", CITATIONS)
@pytest.mark.parametrize("origin", [NEW_LOG, "old.example/log"])
def test_citations_are_judged_alike(case: str, origin: str, node: Asked) -> None:
    """What a genesis says of the log that it continues is read alike, to the field that is wrong."""
    found = node("continuation", CITATIONS[case], origin)
    expected: Any = None
    try:
        read_continuation(CITATIONS[case], origin)
    except AuditError as wrong:
        expected = Refused("ContinuationError", wrong.rule, wrong.facts)
    assert found == expected


# --- heads ----------------------------------------------------------------------------------------------

LOG, WITNESS = demo_signing_key(0), demo_signing_key(940)
LOG_VKEY = vkey(DEMO_ORIGIN, LOG.public_key)
HEAD = Checkpoint(DEMO_ORIGIN, 5, bytes(32))
SIGNED, COSIGNED = sign_checkpoint(HEAD, LOG), cosign(format_checkpoint(HEAD), "w", WITNESS, 1_484_100_000)
WATCHED = Policy((Witness("w", cosigner_vkey("w", WITNESS.public_key), "x"),), (), "w")
UNWATCHED = Policy(WATCHED.witnesses)
BY_WITNESS = format_checkpoint(HEAD) + b"\n" + COSIGNED
OF_OTHER = sign_note(format_checkpoint(Checkpoint("other.example", 5, bytes(32))), DEMO_ORIGIN, LOG)
HEADS = {
    "signed and cosigned": (SIGNED + COSIGNED, WATCHED, ACCEPTED),
    "signed alone, and nobody is asked for": (SIGNED, UNWATCHED, ACCEPTED),
    "signed alone": (SIGNED, WATCHED, "head.no_quorum"),
    "cosigned alone": (BY_WITNESS, WATCHED, "head.not_signed"),
    "of another log": (OF_OTHER, UNWATCHED, "head.other_log"),
    "signed by a stranger": (sign_checkpoint(HEAD, WITNESS), UNWATCHED, "note.no_known_signature"),
    "cosigned twice": (SIGNED + COSIGNED + COSIGNED, WATCHED, "note.signature_twice"),
}


def asked_of_head(note: bytes, policy: Policy) -> Question:
    """Return the question whether a note is a head of the demo's log."""
    return "openHead", note, [LOG_VKEY], _policy(policy)


@pytest.mark.parametrize("case", HEADS)
def test_heads_are_judged_alike(case: str, node: Asked) -> None:
    """A head is signed by its log, and cosigned by whom the policy asks for."""
    note, policy, rule = HEADS[case]
    assert node.rule_of(*asked_of_head(note, policy)) == rule
    try:
        open_head(note, vkeys=[LOG_VKEY], policy=policy)
    except AuditError as wrong:
        assert wrong.rule == rule  # noqa: PT017 - the rule of either, and of both
    else:
        assert rule == ACCEPTED


# --- public vectors -------------------------------------------------------------------------------------


def test_signs_what_dsse_signs(node: Asked, vectors: Path) -> None:
    """The published DSSE example: the pre-authentication encoding is the text its signature is over."""
    example = json.loads((vectors / "dsse" / "dsse_v1_example.json").read_text())
    encoded = node("preAuthentication", example["payload_utf8"].encode(), example["payloadType"])
    assert encoded == example["pae_utf8"].encode()
    assert node("preAuthentication", "điểm".encode(), "kiểu") == "DSSEv1 6 kiểu 7 điểm".encode()


def test_public_proofs_are_read_and_refused_as_published(node: Asked, vectors: Path) -> None:
    """The public strings that are accepted come back byte for byte, and the refused ones are refused."""
    suite = json.loads((vectors / "c2sp-tlog-proof" / "tlog_proof_formats_repo.json").read_text("utf-8"))
    for vector in suite["marshal"]:
        hashes = [hashlib.sha256(text.encode()).digest() for text in vector["hash_preimages"]]
        extra = vector.get("extra", "").encode()
        proof = LogProof(vector["index"], tuple(hashes), vector["checkpoint"].encode(), extra)
        stated = {"index": proof.index, "hashes": hashes, "checkpoint": proof.checkpoint, "extra": extra}
        assert node("formatLogProof", stated) == node("logProof", format_proof(proof)) == format_proof(proof)
        assert node.rule_of("checkpoint", proof.checkpoint) == "checkpoint.malformed"
        assert node.rule_of("openNote", proof.checkpoint, []).startswith("note.")
    for text in suite["reject"]:
        assert node.rule_of("logProof", text.encode()) == "receipt.malformed"


# --- numbers, base64 and times --------------------------------------------------------------------------

NUMBERS = [
    "0",
    "5",
    "+5",
    "-5",
    "005",
    "1_0",
    " 1",
    "1 ",
    "",
    "1.0",
    "1e3",
    "0x10",
    "\u0665",
    "\u0967",
    "\u00b2",
]
NUMBERS += ["9007199254740991", "9007199254740993", str(2**63 - 1), str(2**63), "9" * 20, "9" * 400]


@pytest.mark.parametrize("text", [*NUMBERS, *SIZES])
def test_sizes_have_one_spelling(text: str, node: Asked) -> None:
    """A size is plain digits without leading zeros, up to 2^63 - 1, whatever else other readers take."""
    assert node("number", text) == read_number(text)
    stated = checkpoint_text(size=text)
    try:
        parse_checkpoint(stated)
        expected = ACCEPTED
    except AuditError as wrong:
        expected = wrong.rule
    assert node.rule_of("checkpoint", stated) == expected


@settings(max_examples=200, deadline=None)
@given(
    text=st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode())
    | st.text("Aa/+=-_ \n9", max_size=8)
)
def test_base64_has_one_spelling(node: Asked, text: str) -> None:
    """Standard base64 with padding and no bits left over, read alike."""
    assert (node("base64", text) or b"") == from_base64(text)


TIMES = [
    "2016-02-29T00:00:00Z",
    "2015-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2000-02-29T23:59:59.5+07:00",
]
TIMES += ["0000-01-01T00:00:00Z", "2016-13-01T00:00:00Z", "2016-00-01T00:00:00Z", "2016-04-31T00:00:00Z"]
TIMES += ["2016-01-01T24:00:00Z", "2016-01-01T00:60:00Z", "2016-12-31T23:59:60Z", "2016-01-01T00:00:00+24:00"]
TIMES += [
    "2016-01-01T00:00:00+23:59",
    "2016-01-01T00:00:00+07:60",
    "2016-01-01t00:00:00Z",
    "2016-01-01T00:00:00",
]
TIMES += [
    "2016-01-01T00:00:00.1234567Z",
    "2016-01-01T00:00:00.Z",
    "2016-01-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
]


@pytest.mark.parametrize("text", TIMES)
def test_times_are_of_the_calendar(text: str, node: Asked) -> None:
    """A time is spelled one way, with a zone, and of a day that there was."""
    from audit.proofs.grammar import TIME
    from audit.proofs.statement import is_time

    assert node("isTime", text) == bool(TIME.fullmatch(text) and is_time(text))
