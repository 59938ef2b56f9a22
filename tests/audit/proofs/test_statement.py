"""Statements and their envelopes: one form, one spelling, and every signature they name."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import canonical
from audit.proofs.errors import AuditError
from audit.proofs.keys import PublicKey, SigningKey
from audit.proofs.statement import (
    MAX_ENVELOPE,
    MAX_STATEMENT,
    PAYLOAD_TYPE,
    Attachment,
    Envelope,
    Seen,
    envelope_from_json,
    pae,
    parse_envelope,
    parse_statement,
    sign_payload,
    sign_statement,
    verify_signatures,
)
from tests.audit.proofs.logs import KEYS, by_one, by_several, cell, stated, uuid7

GONE = object()
"""Stands for a field that is left out."""

HEAD, LEAD, OTHER = KEYS["head-snv"], KEYS["lead-9"], KEYS["head-stc"]
DIGEST = "ab" * 32
FILE = {"sha256": DIGEST, "size": 12, "media_type": "application/pdf"}
ALONE = stated(
    "SelfScoreDeclared.v1",
    {"points": "1.75"},
    **by_one("head-snv", HEAD, 3),
    **cell("SNV", 1),
    seen={"size": 2, "root": DIGEST},
    attachments=[FILE],
    commitments={"note": DIGEST},
)
PAIR = (("head-snv", HEAD), ("lead-9", LEAD))
TOGETHER = stated("MinutesSigned.v1", {"team": "T09"}, **by_several(PAIR), round="2016", agency="SNV")
KEY_IDS = sorted((HEAD.public_key.id, LEAD.public_key.id))


def spell(fields: object) -> bytes:
    """Write a payload without our own checks, as any client could."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def changed(fields: dict[str, Any], **change: object) -> bytes:
    """Write a payload with some fields other or gone."""
    return spell({name: value for name, value in (fields | change).items() if value is not GONE})


def refusal_of(payload: bytes) -> tuple[str, object]:
    """Return rule and field by which a payload is refused."""
    try:
        parse_statement(payload)
    except AuditError as wrong:
        return wrong.rule, wrong.facts.get("field")
    return "accepted", None


# --- the form -------------------------------------------------------------------------------------------


def test_reads_what_one_person_states() -> None:
    """Every field of a single signer's statement is read as it was written."""
    read = parse_statement(spell(ALONE))
    assert (read.actor, read.key, read.counter, read.expects) == ("head-snv", HEAD.public_key.id, 3, 1)
    assert (read.seen, read.attachments) == (Seen(2, DIGEST), (Attachment(DIGEST, 12, "application/pdf"),))
    assert (read.stream, dict(read.body), dict(read.commitments)) == (
        "2016/SNV/A1.2",
        {"points": "1.75"},
        {"note": DIGEST},
    )
    assert (read.named_keys, read.named_actors, read.signers) == ((HEAD.public_key.id,), ("head-snv",), ())


def test_reads_what_several_state() -> None:
    """A joint statement names its keys in ascending order, whose they are, and how many are needed."""
    read = parse_statement(spell(TOGETHER))
    assert (list(read.named_keys), read.threshold, read.counter) == (KEY_IDS, 2, None)
    assert read.actors_of([HEAD.public_key.id]) == ("head-snv",)
    assert read.actors_of(read.signers) == read.actors


@pytest.mark.parametrize(
    ("change", "stream"),
    [
        ({}, "2016/SNV/A1.2"),
        ({"criterion": GONE}, "2016/SNV"),
        ({"criterion": GONE, "agency": GONE}, "2016"),
        ({"criterion": GONE, "agency": GONE, "round": GONE}, "registry"),
    ],
)
def test_stream_is_what_the_statement_is_about(change: dict[str, object], stream: str) -> None:
    """The stream is round, agency and criterion as far as stated, else the registry."""
    assert parse_statement(changed(ALONE, **change)).stream == stream


TIMES_WRONG = (
    "2017-01-16T08:30:00",
    "2017-01-16",
    "2017-01-16 08:30:00Z",
    "2017-01-16T08:30Z",
    "2017-01-16T08:30:00.1234567Z",
    "2017-01-16T08:30:00,5Z",
    "2017-01-16t08:30:00z",
    "2017-01-16T08:30:00+07",
    "2017-01-16T08:30:00+0700",
    "2017-01-16T08:30:00+24:00",
    "2017-01-16T08:30:00+06:60",
    "2017-01-16T24:00:00Z",
    "2017-01-16T08:30:60Z",
    "2017-02-29T08:30:00Z",
    "2017-W03-1T08:30:00Z",
    "0000-01-01T00:00:00Z",
    "\u0662017-01-16T08:30:00Z",
    "",
    1484530200,
    None,
)
WRONG: dict[str, tuple[Any, ...]] = {
    "v": (0, 2, True, "1", None),
    "log": ("", "a b", "a+b", "á", "a" * 129, 1, None),
    "id": (
        "",
        uuid7(1).upper(),
        uuid7(1).replace("-7", "-4", 1),
        uuid7(1).replace("-8", "-7", 1),
        uuid7(1).replace("-", ""),
        "{" + uuid7(1) + "}",
        None,
    ),
    "type": (
        "",
        "selfScore.v1",
        "SelfScore",
        "SelfScore.v0",
        "SelfScore.v01",
        "SelfScore.v1000",
        "Self Score.v1",
        1,
    ),
    "body": ([], "", None, 1),
    "occurred_at": TIMES_WRONG,
    "round": ("", "2016/SNV", "a" * 17, 2016, None),
    "agency": ("", "S N V", "SNV/A1.2", "SNV.", None),
    "criterion": ("", "a1.2", "A1/2", "A" * 17, None),
    "actor": ("", "Head", "a b", "a" * 33, 1, None),
    "key": ("", DIGEST.upper(), DIGEST[:-1], DIGEST + "a", 1, None),
    "counter": (0, -1, True, "1", None, [1]),
    "expects": (-1, True, "0", None),
    "on_behalf_of": ("", "Head", None),
    "delegation": ("", uuid7(1).replace("-7", "-1", 1), None),
    "seen": (
        None,
        {},
        {"size": 0, "root": DIGEST},
        {"size": -1, "root": DIGEST},
        {"size": True, "root": DIGEST},
        {"size": "2", "root": DIGEST},
        {"size": 2, "root": DIGEST.upper()},
        {"size": 2, "root": DIGEST[:-2]},
        {"size": 2, "root": DIGEST, "origin": ""},
        {"size": 2},
        {"size": 2, "root": 1},
        {"size": 2, "root": None},
        [2, DIGEST],
    ),
    "attachments": (
        None,
        {},
        ["a"],
        [FILE, None],
        [{**FILE, "name": "a.pdf"}],
        [{**FILE, "size": -1}],
        [{**FILE, "size": True}],
        [{**FILE, "size": "12"}],
        [{**FILE, "sha256": DIGEST.upper()}],
        [{**FILE, "sha256": ""}],
        [{**FILE, "sha256": 1}],
        [{**FILE, "media_type": None}],
        [{**FILE, "media_type": "pdf"}],
        [{**FILE, "media_type": "Application/PDF"}],
        [{**FILE, "media_type": "text/plain; charset=utf-8"}],
        [{"sha256": DIGEST, "size": 12}],
    ),
    "commitments": (
        None,
        [],
        {"note": ""},
        {"note": DIGEST.upper()},
        {"note": DIGEST[:-1]},
        {"note": None},
        {"Note": DIGEST},
        {"": DIGEST},
        {"a b": DIGEST},
        {"1a": DIGEST},
        {"a" * 41: DIGEST},
    ),
}
CASES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_refuses_malformed_field(name: str, value: object) -> None:
    """A field with another value than its grammar allows is refused, and named."""
    assert refusal_of(spell(ALONE)) == ("accepted", None)
    assert refusal_of(changed(ALONE, **{name: value})) == ("statement.malformed", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attachments", [{**FILE, "size": 0}]),
        ("attachments", [FILE, FILE]),
        ("commitments", {"a": DIGEST}),
        ("expects", 0),
        ("counter", 1),
        ("seen", {"size": 1, "root": DIGEST}),
        ("body", {}),
        ("on_behalf_of", "head-stc"),
        ("delegation", uuid7(9)),
        ("occurred_at", "2017-01-16T23:59:59.999999-03:30"),
        ("type", "A.v999"),
    ],
)
def test_accepts_the_least_and_the_most(name: str, value: object) -> None:
    """Values at the edge of their grammar are read."""
    assert refusal_of(changed(ALONE, **{name: value})) == ("accepted", None)


JOINTLY_WRONG: dict[str, tuple[Any, ...]] = {
    "signers": (
        KEY_IDS[::-1],
        [KEY_IDS[0], KEY_IDS[0]],
        [],
        KEY_IDS[0],
        [KEY_IDS[0], None],
        [KEY_IDS[0], KEY_IDS[1].upper()],
        dict.fromkeys(KEY_IDS, 1),
        None,
    ),
    "actors": (["lead-9"], ["a", "b", "c"], ["Lead", "head-snv"], ["a", 1], [], "ab", {"a": 1, "b": 2}),
    "threshold": (0, -1, 3, True, "2", None),
}
JOINT_CASES = [(name, value) for name, values in JOINTLY_WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), JOINT_CASES)
def test_refuses_malformed_joint_field(name: str, value: object) -> None:
    """Signers ascend and stand once, each has an actor, and the threshold is within their number."""
    assert refusal_of(spell(TOGETHER)) == ("accepted", None)
    assert refusal_of(changed(TOGETHER, **{name: value})) == ("statement.malformed", name)


@pytest.mark.parametrize(
    "name",
    [
        "v",
        "log",
        "id",
        "type",
        "body",
        "occurred_at",
        "attachments",
        "commitments",
        "actor",
        "key",
        "counter",
    ],
)
def test_refuses_statement_without(name: str) -> None:
    """A single signer's statement has all of these."""
    assert refusal_of(changed(ALONE, **{name: GONE})) == ("statement.missing_field", name)


@pytest.mark.parametrize("name", ["actors", "threshold", "body", "commitments"])
def test_refuses_joint_statement_without(name: str) -> None:
    """A joint statement has all of these."""
    assert refusal_of(changed(TOGETHER, **{name: GONE})) == ("statement.missing_field", name)


@pytest.mark.parametrize(
    ("fields", "change", "field"),
    [
        (ALONE, {"points": "2"}, "points"),
        (ALONE, {"stream": "2016/SNV/A1.2"}, "stream"),
        (ALONE, {"Log": "a"}, "Log"),
        (ALONE, {"": 1}, ""),
        (ALONE, {"signers": KEY_IDS}, "actor"),
        (ALONE, {"signers": []}, "actor"),
        (ALONE, {"signers": None}, "actor"),
        (ALONE, {"actors": ["head-snv"]}, "actors"),
        (ALONE, {"threshold": 1}, "threshold"),
        (TOGETHER, {"actor": "head-snv"}, "actor"),
        (TOGETHER, {"key": KEY_IDS[0]}, "key"),
        (TOGETHER, {"counter": 1}, "counter"),
        (TOGETHER, {"signers": GONE}, "actors"),
    ],
)
def test_refuses_unknown_and_mixed_fields(fields: dict[str, Any], change: Any, field: str) -> None:
    """A field that is unknown, or belongs to the other form of signature, is refused and named."""
    assert refusal_of(changed(fields, **change)) == ("statement.unknown_field", field)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"points": 1.5}, "number.float"),
        ({"points": 1e20}, "number.float"),
        ({"points": float("nan")}, "number.float"),
        ({"n": 2**53}, "number.too_large"),
        ({"text": "e\u0301"}, "text.not_nfc"),
        ({"e\u0301": 1}, "text.not_nfc"),
        ({"text": "a\u202eb"}, "text.hidden"),
        ({"text": "a\u200bb"}, "text.hidden"),
        ({"text": "a\u2066b\u2069"}, "text.hidden"),
        ({"text": "\ufeffa"}, "text.hidden"),
        ({"text": "a\nb"}, "text.hidden"),
        ({"text": "a\tb"}, "text.hidden"),
        ({"a\rb": 1}, "text.hidden"),
        ({"text": "a\x00b"}, "text.hidden"),
        ({"text": "x" * MAX_STATEMENT}, "bytes.too_long"),
        ({"deep": json.loads("[" * 16 + "]" * 16)}, "bytes.too_deep"),
    ],
)
def test_refuses_body_that_is_not_plain(body: object, rule: str) -> None:
    """Floats, other normal forms, hidden characters and too many bytes are refused wherever they stand."""
    assert refusal_of(changed(ALONE, body=body))[0] == rule


def test_longest_statement_is_read() -> None:
    """The limit is 40 KiB to the byte."""
    assert MAX_STATEMENT == 40_960
    room = MAX_STATEMENT - len(changed(ALONE, body={"text": ""}))
    assert refusal_of(changed(ALONE, body={"text": "x" * room})) == ("accepted", None)
    assert refusal_of(changed(ALONE, body={"text": "x" * (room + 1)})) == ("bytes.too_long", None)


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (b"", "bytes.not_canonical"),
        (b"[]", "statement.malformed"),
        (b"null", "statement.malformed"),
        (b'"statement"', "statement.malformed"),
        (b"{}", "statement.missing_field"),
        (spell(ALONE) + b" ", "bytes.not_canonical"),
        (json.dumps(ALONE).encode(), "bytes.not_canonical"),
        (spell(ALONE).replace(b'"v":1', b'"v":1,"v":1'), "bytes.not_canonical"),
        (spell(ALONE).replace(b'"v":1', b'"v":1.0'), "number.float"),
    ],
)
def test_refuses_bytes_that_are_no_statement(payload: bytes, rule: str) -> None:
    """Anything but the one spelling of an object is refused."""
    assert refusal_of(payload)[0] == rule


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", DIGEST, uuid7(1), *KEY_IDS]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["size", "root", "a"]), inner)
    ),
    max_leaves=5,
)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from([ALONE, TOGETHER]), st.sampled_from(sorted(ALONE.keys() | TOGETHER.keys())), json_values
)
def test_arbitrary_values_never_surprise(fields: dict[str, Any], name: str, value: object) -> None:
    """Whatever JSON stands in whatever field, the statement is read or refused as AuditError."""
    stated = fields | {name: value}
    payload = canonical.encode(stated)
    if refusal_of(payload) == ("accepted", None):
        assert parse_statement(payload).log == stated["log"]


# --- the envelope ---------------------------------------------------------------------------------------

SIGNED = sign_statement(ALONE, [HEAD])
JOINT = sign_statement(TOGETHER, [LEAD, HEAD])
FORM = json.loads(SIGNED.encode())
SIGNATURES = json.loads(JOINT.encode())["signatures"]


def envelope_refusal_of(stated_envelope: object) -> str:
    """Return the reason why an envelope is refused."""
    try:
        parse_envelope(spell(stated_envelope))
    except AuditError as wrong:
        return str(wrong.facts.get("reason", wrong.rule))
    return "accepted"


def test_envelope_comes_back() -> None:
    """An envelope has one spelling, with the signatures in the order of their keys."""
    for envelope in (SIGNED, JOINT):
        written = envelope.encode()
        assert parse_envelope(written) == envelope_from_json(json.loads(written)) == envelope
        assert canonical.encode(json.loads(written)) == written
    assert [key for key, _ in JOINT.signatures] == KEY_IDS
    assert SIGNED.payload == canonical.encode(ALONE)


def _with_set_bit(encoded: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    letter = encoded.rstrip("=")[-1]
    return encoded.replace(letter + "=", alphabet[alphabet.index(letter) + 1] + "=")


SIG = FORM["signatures"][0]
ENVELOPES: dict[str, tuple[object, str]] = {
    "a list": ([FORM], "fields"),
    "null": (None, "fields"),
    "a field more": (FORM | {"note": ""}, "fields"),
    "a field less": ({name: FORM[name] for name in ("payload", "signatures")}, "fields"),
    "another payload type": (FORM | {"payloadType": "application/json"}, "payloadType"),
    "payload type in capitals": (FORM | {"payloadType": PAYLOAD_TYPE.upper()}, "payloadType"),
    "no payload type": (FORM | {"payloadType": None}, "payloadType"),
    "no signature": (FORM | {"signatures": []}, "no signature"),
    "signatures as an object": (FORM | {"signatures": {"0": SIG}}, "no signature"),
    "signatures null": (FORM | {"signatures": None}, "no signature"),
    "signatures out of order": (FORM | {"signatures": SIGNATURES[::-1]}, "signatures not in ascending order"),
    "a signature twice": (FORM | {"signatures": [SIG, SIG]}, "signatures not in ascending order"),
    "two signatures of one key": (
        FORM | {"signatures": [SIG, SIG | {"sig": "AAAA"}]},
        "signatures not in ascending order",
    ),
    "a signature with a field more": (FORM | {"signatures": [SIG | {"alg": "none"}]}, "signature"),
    "a signature without key": (FORM | {"signatures": [{"sig": SIG["sig"]}]}, "signature"),
    "a signature as text": (FORM | {"signatures": [SIG["sig"]]}, "signature"),
    "key id in capitals": (FORM | {"signatures": [SIG | {"keyid": SIG["keyid"].upper()}]}, "signature"),
    "key id as number": (FORM | {"signatures": [SIG | {"keyid": 1}]}, "signature"),
    "payload without padding": (FORM | {"payload": "e30"}, "base64"),
    "payload with a line feed": (FORM | {"payload": "e30=\n"}, "text.hidden"),
    "payload with a space": (FORM | {"payload": "e3 0="}, "base64"),
    "payload for addresses": (FORM | {"payload": "_-8="}, "base64"),
    "payload with a set bit too many": (FORM | {"payload": "e31="}, "base64"),
    "payload padded twice": (FORM | {"payload": "e30=="}, "base64"),
    "payload not ASCII": (FORM | {"payload": "é30="}, "base64"),
    "payload as object": (FORM | {"payload": ALONE}, "base64"),
    "payload null": (FORM | {"payload": None}, "base64"),
    "signature with a set bit too many": (
        FORM | {"signatures": [SIG | {"sig": _with_set_bit(SIG["sig"])}]},
        "base64",
    ),
    "signature in hexadecimal": (FORM | {"signatures": [SIG | {"sig": "ab" * 64 + "a"}]}, "base64"),
    "too long": (FORM | {"payload": "A" * MAX_ENVELOPE}, "bytes.too_long"),
}


@pytest.mark.parametrize("case", ENVELOPES)
def test_refuses_envelope(case: str) -> None:
    """An envelope that differs in this from a good one is refused."""
    stated_envelope, reason = ENVELOPES[case]
    assert envelope_refusal_of(FORM) == "accepted"
    assert envelope_refusal_of(stated_envelope) == reason


def test_longest_envelope_is_read() -> None:
    """The limit of an envelope is 64 KiB; up to there it is read, whatever it holds."""
    assert MAX_ENVELOPE == 65_536
    quantum = (MAX_ENVELOPE - len(spell(FORM | {"payload": ""}))) // 4
    assert envelope_refusal_of(FORM | {"payload": "AAAA" * quantum}) == "accepted"
    assert envelope_refusal_of(FORM | {"payload": "AAAA" * (quantum + 1)}) == "bytes.too_long"


def test_refuses_another_spelling_of_an_envelope() -> None:
    """The bytes of an envelope are canonical: with a space after each comma it is refused."""
    with pytest.raises(AuditError, match=r"bytes\.not_canonical"):
        parse_envelope(json.dumps(FORM).encode())


# --- signatures -----------------------------------------------------------------------------------------


def test_signs_what_dsse_signs(vectors: Path) -> None:
    """The published DSSE example: our pre-authentication encoding is the text its signature is over.

    Its key is of another kind and its payload type another's, so the envelope itself is refused here.
    """
    example = json.loads((vectors / "dsse" / "dsse_v1_example.json").read_text())
    encoded = pae(example["payload_utf8"].encode(), example["payloadType"])
    assert encoded == example["pae_utf8"].encode()
    raw = base64.b64decode(example["envelope"]["signatures"][0]["sig"])
    numbers = ec.EllipticCurvePublicNumbers(int(example["X"]), int(example["Y"]), ec.SECP256R1())
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    numbers.public_key().verify(signature, encoded, ec.ECDSA(SHA256()))
    assert envelope_refusal_of(example["envelope"]) == "payloadType"


def test_encodes_lengths_in_bytes() -> None:
    """The lengths in the pre-authentication encoding count bytes, not letters."""
    assert pae("điểm".encode(), "kiểu") == "DSSEv1 6 kiểu 7 điểm".encode()
    assert pae(b"") == b"DSSEv1 40 application/vnd.minhchung.statement+json 0 "


def signature_refusal_of(envelope: Envelope, *signers: SigningKey) -> str:
    """Return the rule by which the signatures of an envelope are refused, given the keys that are known."""
    keys = {signer.public_key.id: signer.public_key for signer in signers or (HEAD, LEAD, OTHER)}
    try:
        verify_signatures(envelope, parse_statement(envelope.payload), keys)
    except AuditError as wrong:
        return wrong.rule
    return "accepted"


def _signed(fields: dict[str, Any], *signers: SigningKey) -> Envelope:
    return sign_payload(canonical.encode(fields), signers)


def _with_signatures(envelope: Envelope, *signatures: tuple[str, bytes]) -> Envelope:
    return replace(envelope, signatures=signatures)


SIGNATURE_CASES: dict[str, tuple[Envelope, str]] = {
    "no signature": (_with_signatures(SIGNED), "signature.missing"),
    "by a key it does not name": (_signed(ALONE, OTHER), "signature.stranger"),
    "by a key more than it names": (_signed(ALONE, HEAD, OTHER), "signature.stranger"),
    "payload tampered with": (
        replace(SIGNED, payload=SIGNED.payload.replace(b"1.75", b"1.95")),
        "signature.bad",
    ),
    "signature of another key under its name": (
        _with_signatures(SIGNED, (HEAD.public_key.id, OTHER.sign(pae(SIGNED.payload)))),
        "signature.bad",
    ),
    "signature of the payload alone": (
        _with_signatures(SIGNED, (HEAD.public_key.id, HEAD.sign(SIGNED.payload))),
        "signature.bad",
    ),
    "signature for another payload type": (
        _with_signatures(SIGNED, (HEAD.public_key.id, HEAD.sign(pae(SIGNED.payload, "application/json")))),
        "signature.bad",
    ),
    "empty signature": (_with_signatures(SIGNED, (HEAD.public_key.id, b"")), "signature.bad"),
    "signature a byte short": (
        _with_signatures(SIGNED, (HEAD.public_key.id, SIGNED.signatures[0][1][:63])),
        "signature.bad",
    ),
    "one of two that are needed": (_signed(TOGETHER, HEAD), "signature.too_few"),
    "two, one of them a stranger": (_signed(TOGETHER, HEAD, OTHER), "signature.stranger"),
    "two, one of them bad": (
        _with_signatures(JOINT, JOINT.signatures[0], (JOINT.signatures[1][0], bytes(64))),
        "signature.bad",
    ),
    "two, exchanged": (
        _with_signatures(
            JOINT,
            (JOINT.signatures[0][0], JOINT.signatures[1][1]),
            (JOINT.signatures[1][0], JOINT.signatures[0][1]),
        ),
        "signature.bad",
    ),
    "one more than needed, and bad": (
        _with_signatures(
            _signed(TOGETHER | {"threshold": 1}, HEAD, LEAD),
            (KEY_IDS[0], bytes(64)),
            (KEY_IDS[1], bytes(64)),
        ),
        "signature.bad",
    ),
}


@pytest.mark.parametrize("case", SIGNATURE_CASES)
def test_refuses_signatures(case: str) -> None:
    """An envelope whose signatures are missing, strange or bad is refused, by its rule."""
    envelope, rule = SIGNATURE_CASES[case]
    assert signature_refusal_of(envelope) == rule


def test_returns_who_signed() -> None:
    """Of those a statement names, the ones that signed are returned: all, or as many as are needed."""
    keys = {signer.public_key.id: signer.public_key for signer in (HEAD, LEAD)}
    assert list(verify_signatures(JOINT, parse_statement(JOINT.payload), keys)) == KEY_IDS
    either = _signed(TOGETHER | {"threshold": 1}, LEAD)
    assert verify_signatures(either, parse_statement(either.payload), keys) == (LEAD.public_key.id,)


def test_refuses_key_that_is_not_known() -> None:
    """A named key without a public key at hand is unknown, not skipped."""
    assert signature_refusal_of(SIGNED, OTHER) == "key.unknown"
    assert signature_refusal_of(JOINT, HEAD) == "key.unknown"


def test_every_signature_is_handed_to_the_check_that_is_given() -> None:
    """A faster check that is handed in sees each key, signature and signed text."""
    seen: list[tuple[str, bytes, bytes]] = []

    def check(key: PublicKey, signature: bytes, data: bytes) -> None:
        seen.append((key.id, signature, data))

    keys = {signer.public_key.id: signer.public_key for signer in (HEAD, LEAD)}
    verify_signatures(JOINT, parse_statement(JOINT.payload), keys, check)
    assert seen == [(key, signature, pae(JOINT.payload)) for key, signature in JOINT.signatures]


def test_signs_no_statement_that_would_be_refused() -> None:
    """The form is checked before anything is signed."""
    with pytest.raises(AuditError, match=r"statement\.missing_field"):
        sign_statement({"v": 1}, [HEAD])
