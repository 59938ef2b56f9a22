"""Trust: who must have signed, what a verdict calls by its name, and how the newest checkpoint moves on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from audit.proofs.cosignature import cosign, cosigner_vkey
from audit.proofs.head import open_head, verify_growth
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.lines import COSIGNATURE_V1, ED25519, vkey_line
from audit.proofs.note import sign_note, vkey
from audit.proofs.policy import NO_WITNESSES, Group, Policy, Witness
from audit.proofs.trust import Trust, TrustedLog, advance, check_head
from audit.proofs.trust_file import format_trust, parse_trust
from tests.audit.proofs.logs import KEYS
from tests.audit.proofs.witnessed import (
    LOG_VKEY,
    OPERATOR,
    POLICY,
    RECORD_KEY,
    RECORD_VKEY,
    TIME,
    WITNESSES,
    cosigned,
    facts_of,
    forked,
    head_of,
    log,
    note_at,
    of_record,
    proof,
    rule_of,
    swapped,
    trusting,
)

SIZE = len(log().rows)
HEAD = head_of(log(), SIZE)
NOTE = note_at(log(), SIZE)
NAMES = [witness.name for witness in WITNESSES]
TWO = cosigned(NOTE, "thanh-tra", "so-noi-vu")


def witness(name: str, number: int) -> Witness:
    """Return a witness with a key of its own."""
    key = cosigner_vkey(f"witness.example/{name}", demo_signing_key(number).public_key)
    return Witness(name, key, f"Cơ quan {name}")


X1, X2, X3, Y1, Y2 = (witness(name, 210 + n) for n, name in enumerate(("X1", "X2", "X3", "Y1", "Y2")))
NESTED = Policy(
    (X1, X2, X3, Y1, Y2),
    (Group("X", 2, ("X1", "X2", "X3")), Group("Y", 1, ("Y1", "Y2")), Group("both", 2, ("X", "Y"))),
    "both",
)


# --- the quorum -----------------------------------------------------------------------------------------


def test_a_quorum_is_met_as_its_groups_say() -> None:
    """Two of three X and one of two Y: over every subset of the witnesses, by counting."""
    for many in range(6):
        for there in combinations(NESTED.witnesses, many):
            x, y = (sum(one.name[0] == which for one in there) for which in "XY")
            assert NESTED.is_met_by({one.vkey for one in there}) is (x >= 2 and y >= 1)


def test_the_quorum_none_asks_for_nobody() -> None:
    """Without witnesses, or with some that need not sign, a log's signature is enough."""
    assert NO_WITNESSES.is_met_by(())
    assert replace(POLICY, quorum="none").is_met_by(())


def test_a_single_witness_can_be_the_quorum() -> None:
    """The quorum may name a witness, and nobody else stands in for it."""
    one = replace(POLICY, quorum="thanh-tra")
    assert one.is_met_by({WITNESSES[0].vkey})
    assert not one.is_met_by({found.vkey for found in WITNESSES[1:]})


SENSELESS: dict[str, tuple[Callable[[], object], str]] = {
    "a name twice": (lambda: Policy((X1, replace(X2, name="X1"))), "name twice"),
    "a group with a witness's name": (lambda: Policy((X1,), (Group("X1", 1, ("X1",)),)), "name twice"),
    "a witness called none": (lambda: Policy((replace(X1, name="none"),)), "name twice"),
    "a group called none": (lambda: Policy((X1,), (Group("none", 1, ("X1",)),)), "name twice"),
    "a key twice": (lambda: Policy((X1, replace(X1, name="X2"))), "key twice"),
    "a key twice under another name in its line": (
        lambda: Policy(
            (X1, replace(X2, vkey=cosigner_vkey("other.example", demo_signing_key(210).public_key)))
        ),
        "key twice",
    ),
    "a log's key as a witness's": (
        lambda: Policy((replace(X1, vkey=vkey("w.example", demo_signing_key(210).public_key)),)),
        "not a cosigner's key",
    ),
    "an unknown quorum": (lambda: Policy((X1,), (), "X2"), "unknown name"),
    "an unknown member": (lambda: Policy((X1,), (Group("g", 1, ("X1", "X9")),), "g"), "unknown name"),
    "a later group as a member": (
        lambda: Policy((X1,), (Group("g", 1, ("h",)), Group("h", 1, ("X1",))), "g"),
        "unknown name",
    ),
    "a group in itself": (lambda: Policy((X1,), (Group("g", 1, ("g",)),), "g"), "unknown name"),
    "none as a member": (lambda: Policy((X1,), (Group("g", 1, ("none",)),), "g"), "unknown name"),
    "a member twice in a group": (lambda: Policy((X1,), (Group("g", 2, ("X1", "X1")),), "g"), "member twice"),
    "a member of two groups": (
        lambda: Policy((X1,), (Group("g", 1, ("X1",)), Group("h", 1, ("X1",))), "h"),
        "member twice",
    ),
    "a threshold of nothing": (lambda: Policy((X1,), (Group("g", 0, ("X1",)),), "g"), "threshold"),
    "a threshold out of reach": (lambda: Policy((X1, X2), (Group("g", 3, ("X1", "X2")),), "g"), "threshold"),
    "a group of nobody": (lambda: Policy((X1,), (Group("g", 1, ()),), "g"), "threshold"),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_refuses_policy(case: str) -> None:
    """A policy that could be read in two ways, or never be met as it looks, is none."""
    policy, reason = SENSELESS[case]
    assert rule_of(policy) == "policy.malformed"
    assert facts_of(policy)["reason"] == reason


# --- heads ----------------------------------------------------------------------------------------------


def test_a_head_tells_who_saw_it_when_and_who_runs_whom() -> None:
    """A verdict can name the witnesses, the earliest time, and those of the log's own operator."""
    head = check_head(trusting(), TWO)
    assert head.checkpoint == HEAD
    assert [(one.witness.name, one.time) for one in head.cosigned] == [
        ("thanh-tra", TIME),
        ("so-noi-vu", TIME + 1),
    ]
    assert head.seen_by == TIME
    assert [one.witness.name for one in head.run_by(OPERATOR)] == ["so-noi-vu"]
    assert [one.witness.name for one in head.independent_of(OPERATOR)] == ["thanh-tra"]


def test_a_head_nobody_cosigned_has_no_time() -> None:
    """Without witnesses nothing bounds a checkpoint from above."""
    head = check_head(trusting(policy=replace(POLICY, quorum="none")), NOTE)
    assert (head.cosigned, head.seen_by, head.of_record) == ((), None, False)


def test_a_checkpoint_of_record_bears_both_signatures() -> None:
    """It is told from others, and can be demanded."""
    trust = trusting(policy=NO_WITNESSES)
    assert check_head(trust, of_record(HEAD), of_record=True).of_record
    assert rule_of(lambda: check_head(trust, NOTE, of_record=True)) == "head.not_of_record"


def _text_by(signature: bytes, head: Checkpoint = HEAD) -> bytes:
    return format_checkpoint(head) + b"\n" + signature


OTHER_LOG = Checkpoint("other.example", SIZE, HEAD.root)
UNTRUSTED: dict[str, tuple[bytes, str]] = {
    "one witness of two": (cosigned(NOTE, "thanh-tra"), "head.no_quorum"),
    "no witness": (NOTE, "head.no_quorum"),
    "witnesses, but not the log": (_text_by(TWO.removeprefix(NOTE)), "head.not_signed"),
    "the log under witnesses' text of another size": (
        note_at(log(), 9) + cosigned(NOTE, *NAMES).removeprefix(NOTE),
        "signature.bad",
    ),
    "one bad witness among enough good ones": (
        cosigned(NOTE, "thanh-tra", "kiem-toan")
        + cosigned(note_at(log(), 9), "so-noi-vu").removeprefix(note_at(log(), 9)),
        "signature.bad",
    ),
    "a witness twice": (cosigned(NOTE, "thanh-tra", "thanh-tra"), "note.signature_twice"),
    "another log": (sign_checkpoint(OTHER_LOG, KEYS[LOG_ACTOR]), "trust.unknown_log"),
    "this log's name over another log's head": (
        sign_note(format_checkpoint(OTHER_LOG), DEMO_ORIGIN, KEYS[LOG_ACTOR]),
        "trust.unknown_log",
    ),
    "another key under this log's name": (
        sign_checkpoint(HEAD, demo_signing_key(300)),
        "note.no_known_signature",
    ),
    "a text that is no checkpoint": (
        sign_note(b"hello\n", DEMO_ORIGIN, KEYS[LOG_ACTOR]),
        "checkpoint.malformed",
    ),
    "an extension line": (
        sign_note(format_checkpoint(HEAD) + b"more\n", DEMO_ORIGIN, KEYS[LOG_ACTOR]),
        "checkpoint.malformed",
    ),
    "nothing": (b"", "note.malformed"),
}


@pytest.mark.parametrize("case", UNTRUSTED)
def test_refuses_head(case: str) -> None:
    """A note that lacks this is no head that counts."""
    note, rule = UNTRUSTED[case]
    assert rule_of(lambda: check_head(trusting(), TWO)) == "accepted"
    assert rule_of(lambda: check_head(trusting(), note)) == rule


def test_a_log_signs_for_itself_only() -> None:
    """A key of one log under another log's head is not that log's word."""
    note = sign_note(format_checkpoint(OTHER_LOG), DEMO_ORIGIN, KEYS[LOG_ACTOR])
    assert rule_of(lambda: open_head(note, vkeys=[LOG_VKEY])) == "head.other_log"


# --- moving on ------------------------------------------------------------------------------------------


def newest(size: int) -> Trust:
    """Return a trust that knows the log at a size."""
    return trusting(note_at(log(), size), NO_WITNESSES)


@pytest.mark.parametrize("old", range(1, SIZE + 1))
@pytest.mark.parametrize("new", range(1, SIZE + 1))
def test_the_newest_checkpoint_moves_on_with_its_proof(old: int, new: int) -> None:
    """From every size to every later one: taken in with the proof, refused when it is smaller."""
    if new < old:
        assert rule_of(lambda: advance(newest(old), note_at(log(), new))) == "trust.older_checkpoint"
        return
    moved = advance(newest(old), note_at(log(), new), proof(log(), old, new))
    assert moved == newest(new)


def test_the_first_checkpoint_is_taken_as_it_is() -> None:
    """Who knows nothing yet believes the first head that counts, and from then on no other history."""
    first = advance(trusting(policy=NO_WITNESSES), NOTE)
    assert first.logs[0].newest_checkpoint == HEAD
    assert rule_of(lambda: advance(first, note_at(forked(), SIZE))) == "proof.other_root"


def test_other_logs_stay_as_they_are() -> None:
    """Moving one log on touches nothing else in the trust."""
    second = TrustedLog(
        "second.example", "Khác", (vkey("second.example", SigningKey.from_seed(b"2" * 32).public_key),)
    )
    trust = replace(trusting(policy=NO_WITNESSES), logs=(second, *newest(9).logs))
    moved = advance(trust, NOTE, proof(log(), 9, SIZE))
    assert moved.logs == (second, *newest(SIZE).logs)


STUCK: dict[str, tuple[Callable[[], object], str]] = {
    "without a proof": (lambda: advance(newest(9), NOTE), "proof.too_short"),
    "with a proof from elsewhere": (
        lambda: advance(newest(9), NOTE, proof(log(), 4, SIZE)),
        "proof.too_short",
    ),
    "with a proof in another order": (
        lambda: advance(newest(9), NOTE, swapped(proof(log(), 9, SIZE))),
        "proof.other_root",
    ),
    "with a proof too many": (
        lambda: advance(newest(9), NOTE, (*proof(log(), 9, SIZE), bytes(32))),
        "proof.too_long",
    ),
    "to a head of the forked copy": (
        lambda: advance(newest(SIZE), note_at(forked(), SIZE + 1), proof(forked(), SIZE, SIZE + 1)),
        "proof.other_root",
    ),
    "to another root of the same size": (
        lambda: advance(newest(SIZE), note_at(forked(), SIZE)),
        "proof.other_root",
    ),
    "to a head without quorum": (lambda: advance(trusting(note_at(log(), 9)), NOTE), "head.no_quorum"),
}


@pytest.mark.parametrize("case", STUCK)
def test_does_not_move_on(case: str) -> None:
    """A checkpoint that does not provably hold what was known is not taken in."""
    step, rule = STUCK[case]
    assert rule_of(step) == rule


EMPTY = Checkpoint(DEMO_ORIGIN, 0, merkle.EMPTY_ROOT)
GROWTH: dict[str, tuple[Checkpoint, tuple[bytes, ...], str]] = {
    "nothing": (EMPTY, (), "accepted"),
    "everything": (HEAD, (), "accepted"),
    "nothing with another root": (replace(EMPTY, root=HEAD.root), (), "proof.other_root"),
    "nothing with a proof": (EMPTY, (bytes(32),), "proof.too_long"),
    "everything with a proof": (HEAD, (bytes(32),), "proof.too_long"),
}


@pytest.mark.parametrize("case", GROWTH)
def test_growth_of_an_empty_log(case: str) -> None:
    """From nothing, whatever comes needs no proof; nothing itself has one root."""
    newer, hashes, rule = GROWTH[case]
    assert rule_of(lambda: verify_growth(EMPTY, newer, hashes)) == rule


# --- the file -------------------------------------------------------------------------------------------

TRUST = trusting(
    TWO, replace(POLICY, witnesses=(replace(WITNESSES[0], url="http://localhost:1"), *WITNESSES[1:]))
)
FILE = format_trust(TRUST)


def _json() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(FILE)
    return read


def _edited(**changed: object) -> bytes:
    return json.dumps({**_json(), **changed}).encode()


def _log_edited(**changed: object) -> bytes:
    return _edited(logs=[{**_json()["logs"][0], **changed}])


def _witness_edited(**changed: object) -> bytes:
    first, *others = _json()["witnesses"]
    return _edited(witnesses=[{**first, **changed}, *others])


def _without(field: str) -> bytes:
    return json.dumps({name: value for name, value in _json().items() if name != field}).encode()


def test_a_trust_file_comes_back() -> None:
    """What is written is read as the same trust, in any layout and order of its keys."""
    assert parse_trust(FILE) == TRUST
    assert parse_trust(json.dumps(_json(), sort_keys=True).encode()) == TRUST
    assert format_trust(parse_trust(FILE)) == FILE


def test_a_trust_file_may_name_no_witnesses() -> None:
    """The smallest file names a log, its operator and its key."""
    small = Trust((TrustedLog(DEMO_ORIGIN, OPERATOR, (LOG_VKEY,)),), NO_WITNESSES)
    assert parse_trust(format_trust(small)) == small
    assert b"witnesses" not in format_trust(small)


def test_a_trust_file_may_name_authorities() -> None:
    """Whose certificates are believed, by the digests of the anchors; without any, the field is left out."""
    anchored = TrustedLog(DEMO_ORIGIN, OPERATOR, (LOG_VKEY,), certificate_anchors=("ab" * 32,))
    trust = Trust((anchored,), NO_WITNESSES)
    assert parse_trust(format_trust(trust)) == trust
    assert b"certificate_anchors" not in FILE


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "not JSON": (lambda: FILE[:-3], "bytes.not_canonical"),
    "not UTF-8": (lambda: b"\xff" + FILE, "bytes.not_canonical"),
    "a key twice": (lambda: FILE.replace(b'"quorum"', b'"quorum": "none", "quorum"'), "bytes.not_canonical"),
    "a key twice deep inside": (
        lambda: FILE.replace(b'"threshold"', b'"threshold": 1, "threshold"'),
        "bytes.not_canonical",
    ),
    "a float": (lambda: FILE.replace(b'"threshold": 2', b'"threshold": 2.0'), "number.float"),
    "not a number": (lambda: FILE.replace(b'"threshold": 2', b'"threshold": NaN'), "number.float"),
    "a number without end": (lambda: FILE.replace(b'"threshold": 2', b'"threshold": 1e999'), "number.float"),
    "a number beyond counting": (
        lambda: FILE.replace(b'"threshold": 2', b'"threshold": ' + b"9" * 5000),
        "bytes.not_canonical",
    ),
    "text that hides": (lambda: _log_edited(operator="Sở\u200bNội vụ"), "text.hidden"),
    "text in another form": (lambda: _log_edited(operator="So\u031bNội vụ"), "text.not_nfc"),
    "half a character": (lambda: _log_edited(operator="\ud800"), "text.hidden"),
    "nested without end": (lambda: b"[" * 100_000, "bytes.not_canonical"),
    "too long": (lambda: FILE + b" " * 1_000_000, "bytes.too_long"),
    "a list": (lambda: b"[]", "trust.malformed"),
    "another format": (lambda: _edited(format="minhchung.trust/v2"), "trust.malformed"),
    "no quorum": (lambda: _without("quorum"), "trust.malformed"),
    "no logs": (lambda: _without("logs"), "trust.malformed"),
    "a field more": (lambda: _edited(note="x"), "trust.malformed"),
    "a field more in a log": (lambda: _log_edited(url="x"), "trust.malformed"),
    "no operator of a log": (lambda: _log_edited(operator=""), "trust.malformed"),
    "no operator of a witness": (lambda: _witness_edited(operator=""), "trust.malformed"),
    "a number for a name": (lambda: _witness_edited(name=5), "trust.malformed"),
    "true for a threshold": (
        lambda: FILE.replace(b'"threshold": 2', b'"threshold": true'),
        "trust.malformed",
    ),
    "keys that are no texts": (lambda: _log_edited(vkeys=[5]), "trust.malformed"),
    "logs that are no objects": (lambda: _edited(logs=["x"]), "trust.malformed"),
    "an origin twice": (lambda: _edited(logs=_json()["logs"] * 2), "trust.malformed"),
    "a log's key that is misspelled": (lambda: _log_edited(vkeys=[LOG_VKEY + "="]), "vkey.malformed"),
    "a log's key under another name": (lambda: _log_edited(origin="other.example"), "trust.not_a_log_key"),
    "a witness's key for the log": (
        lambda: _log_edited(vkeys=[cosigner_vkey(DEMO_ORIGIN, demo_signing_key(200).public_key)]),
        "trust.not_a_log_key",
    ),
    "a key of low order": (
        lambda: _log_edited(vkeys=[vkey_line(DEMO_ORIGIN, ED25519, b"\x01" + bytes(31))]),
        "key.unsafe",
    ),
    "the log's key as its witness": (
        lambda: _witness_edited(vkey=vkey_line("w.example", COSIGNATURE_V1, KEYS[LOG_ACTOR].public_key.raw)),
        "policy.malformed",
    ),
    "the log's record key as its witness": (
        lambda: _witness_edited(vkey=cosigner_vkey("w.example", RECORD_KEY.public_key)),
        "policy.malformed",
    ),
    "an anchor that is no digest": (lambda: _log_edited(certificate_anchors=["AB" * 32]), "trust.malformed"),
    "an anchor that is a number": (lambda: _log_edited(certificate_anchors=[7]), "trust.malformed"),
    "an unknown quorum": (lambda: _edited(quorum="ba-nơi"), "policy.malformed"),
    "a newest checkpoint nobody signed": (
        lambda: _log_edited(newest=[*format_checkpoint(HEAD).decode().split("\n"), "— a AAAAAAAA"]),
        "note.no_known_signature",
    ),
    "a newest checkpoint of another size": (
        lambda: FILE.replace(b'"13"', b'"14"'),
        "signature.bad",
    ),
    "a newest checkpoint by witnesses alone": (
        lambda: _log_edited(newest=_text_by(TWO.removeprefix(NOTE)).decode().removesuffix("\n").split("\n")),
        "note.no_known_signature",
    ),
    "a line feed in a line of the newest checkpoint": (
        lambda: _log_edited(newest=[TWO.decode().removesuffix("\n")]),
        "text.hidden",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_file(case: str) -> None:
    """A trust file that could be read otherwise than it looks, or trusts what nobody should, is refused."""
    data, rule = REFUSED[case]
    assert rule_of(lambda: parse_trust(data())) == rule


def test_demo_keys_are_trusted_for_the_demo_alone() -> None:
    """Everybody can sign with a demo key: elsewhere neither a log nor a witness has one."""
    origin, real = "cchc.example/2026", SigningKey.from_seed(b"1" * 32)
    real_log = TrustedLog(origin, "x", (vkey(origin, real.public_key),))
    demo_key = TrustedLog(origin, "x", (vkey(origin, demo_signing_key(1).public_key),))
    assert rule_of(partial(Trust, (real_log,), NO_WITNESSES)) == "accepted"
    assert rule_of(partial(Trust, (demo_key,), NO_WITNESSES)) == "trust.demo_key"
    assert rule_of(partial(Trust, (real_log,), POLICY)) == "trust.demo_key"
    assert rule_of(partial(Trust, (*trusting().logs, real_log), NO_WITNESSES)) == "accepted"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80) | st.text('{}[]":,truefalsn0123456789', max_size=60).map(str.encode))
def test_arbitrary_bytes_never_surprise(data: bytes) -> None:
    """Whatever bytes come, they are refused as AuditError."""
    assert rule_of(lambda: parse_trust(data)) != "accepted"


def test_record_key_signs_under_the_origin() -> None:
    """The log's second key is named like the log, and alone it opens a head as well."""
    text = format_checkpoint(HEAD)
    note = text + b"\n" + cosign(text, DEMO_ORIGIN, RECORD_KEY, TIME)
    assert open_head(note, vkeys=[LOG_VKEY, RECORD_VKEY], of_record=True).of_record
