"""Bad input: fields and types that nobody knows, bytes in another spelling, text that hides something."""

from __future__ import annotations

import base64
import unicodedata
from dataclasses import replace
from typing import Any

from audit.ledger.submission import Submission
from audit.proofs.commitment import MAX_VALUE
from audit.proofs.statement import MAX_ENVELOPE, MAX_STATEMENT, parse_envelope
from tests.bad_input.forging import (
    Case,
    evidence,
    reopened,
    repacked,
    respelled,
    restated,
    score,
    signed,
)
from tests.worlds import World


def _deep(levels: int) -> Any:
    return {"a": _deep(levels - 1)} if levels else "0.5"


def _payload(w: World, payload: bytes) -> Submission:
    return signed(payload, score(w))


def _with_bom(w: World) -> Submission:
    return _payload(w, b"\xef\xbb\xbf" + parse_envelope(score(w).envelope).payload)


def _urlsafe(envelope: dict[str, Any]) -> None:
    raw = base64.b64decode(envelope["signatures"][0]["sig"])
    envelope["signatures"][0]["sig"] = base64.urlsafe_b64encode(raw).decode().rstrip("=")


FIELDS = (
    Case("nobody knows the type", "event.unknown", lambda w: restated(score(w), type="ScoreErased.v1")),
    Case(
        "nobody knows this version of the type",
        "event.unknown",
        lambda w: restated(score(w), type="SelfScoreDeclared.v2"),
    ),
    Case(
        "nobody knows a field of the header",
        "statement.unknown_field",
        lambda w: restated(score(w), urgent=True),
        {"field": "urgent"},
    ),
    Case(
        "a matter is none that there is",
        "statement.malformed",
        lambda w: restated(score(w), matter="session-1"),
        {"field": "matter"},
    ),
    Case(
        "the number of a meeting has a needless zero",
        "statement.malformed",
        lambda w: restated(score(w), matter="meeting-01"),
        {"field": "matter"},
    ),
    Case(
        "nobody knows a field of the body",
        "field.unknown",
        lambda w: score(w, body={"points": "0.5", "urgent": True}),
        {"field": "body.urgent"},
    ),
    Case(
        "a field of the header is missing",
        "statement.missing_field",
        lambda w: restated(score(w), occurred_at=None),
        {"field": "occurred_at"},
    ),
    Case(
        "a field of the body is missing",
        "field.missing",
        lambda w: restated(score(w), body={}),
        {"field": "body.points"},
    ),
    Case("a time has no zone", "statement.malformed", lambda w: _timed(w, "2017-02-08T09:00:00")),
    Case("a time is none", "statement.malformed", lambda w: _timed(w, "2017-02-30T09:00:00+07:00")),
    Case("the statement is a list", "statement.malformed", lambda w: _payload(w, b"[]")),
)


def _timed(w: World, text: str) -> Submission:
    return restated(score(w), occurred_at=text)


BYTES = (
    Case("nothing came", "bytes.not_canonical", lambda w: replace(score(w), envelope=b"")),
    Case("it is not JSON", "bytes.not_canonical", lambda w: _payload(w, b"{")),
    Case("it is not UTF-8", "bytes.not_canonical", lambda w: _payload(w, b'{"v":"\xff"}')),
    Case("a byte order mark stands before it", "bytes.not_canonical", _with_bom),
    Case("a space stands in it", "bytes.not_canonical", lambda w: respelled(score(w), b'":', b'": ')),
    Case(
        "a letter is escaped that needs no escape",
        "bytes.not_canonical",
        lambda w: respelled(score(w), b'"stc-2"', b'"\\u0073tc-2"'),
    ),
    Case(
        "a field stands twice",
        "bytes.not_canonical",
        lambda w: respelled(score(w), b'"v":1', b'"v":1,"v":1'),
    ),
    Case(
        "fields stand in another order",
        "bytes.not_canonical",
        lambda w: respelled(score(w), b'{"actor":"stc-2","agency":"STC"', b'{"agency":"STC","actor":"stc-2"'),
    ),
    Case(
        "a space stands in the envelope",
        "bytes.not_canonical",
        lambda w: replace(score(w), envelope=score(w).envelope.replace(b":", b": ", 1)),
    ),
    Case(
        "a field is added to the envelope",
        "envelope.not_canonical",
        lambda w: repacked(score(w), lambda envelope: envelope.update(note="")),
        {"reason": "fields"},
    ),
    Case(
        "the envelope holds something else than a statement",
        "envelope.not_canonical",
        lambda w: repacked(score(w), lambda envelope: envelope.update(payloadType="text/plain")),
        {"reason": "payloadType"},
    ),
    Case(
        "a signature stands in another base64",
        "envelope.not_canonical",
        lambda w: repacked(score(w), _urlsafe),
        {"reason": "base64"},
    ),
    Case(
        "a signature stands twice",
        "envelope.not_canonical",
        lambda w: repacked(
            score(w), lambda envelope: envelope["signatures"].append(envelope["signatures"][0])
        ),
    ),
    Case(
        "the statement is too long",
        "bytes.too_long",
        lambda w: _long(w, MAX_STATEMENT),
        {"limit": MAX_STATEMENT},
    ),
    Case(
        "the envelope is too long",
        "bytes.too_long",
        lambda w: _long(w, MAX_ENVELOPE),
        {"limit": MAX_ENVELOPE},
    ),
    Case("it is nested too deep", "bytes.too_deep", lambda w: restated(score(w), body=_deep(16))),
    Case("a number is too large", "number.too_large", lambda w: restated(score(w), counter=2**53)),
    Case(
        "a number is written with a decimal point",
        "number.float",
        lambda w: respelled(score(w), b'"v":1', b'"v":1.0'),
    ),
    Case("a number is none", "number.float", lambda w: respelled(score(w), b'"v":1', b'"v":NaN')),
)


def _long(w: World, size: int) -> Submission:
    return restated(evidence(w), body={"serial": "x" * size, "version": 1})


TEXT = (
    Case(
        "text is not NFC",
        "text.not_nfc",
        lambda w: restated(
            evidence(w), body={"serial": unicodedata.normalize("NFD", "22/BC-Sở"), "version": 1}
        ),
    ),
    Case(
        "a zero-width space hides in text",
        "text.hidden",
        lambda w: restated(evidence(w), body={"serial": "22/BC\u200b-STC", "version": 1}),
        {"code_point": "U+200B"},
    ),
    Case(
        "text runs from right to left",
        "text.hidden",
        lambda w: restated(evidence(w), body={"serial": "22/\u202eCTS-CB", "version": 1}),
        {"code_point": "U+202E"},
    ),
    Case(
        "a line feed stands in a statement",
        "text.hidden",
        lambda w: restated(evidence(w), body={"serial": "22/BC\nSTC", "version": 1}),
        {"code_point": "U+000A"},
    ),
    Case(
        "half a surrogate pair stands in text",
        "text.hidden",
        lambda w: respelled(evidence(w), b'"22/BC-STC"', b'"22/BC\\ud800-STC"'),
    ),
    Case("an opening is not NFC", "text.not_nfc", lambda w: evidence(w, title=_nfd("Báo cáo"))),
    Case(
        "a zero-width space hides in an opening",
        "text.hidden",
        lambda w: evidence(w, title="Báo\u200bcáo"),
        {"code_point": "U+200B"},
    ),
    Case("an opening is missing", "opening.missing", lambda w: replace(evidence(w), openings=())),
    Case(
        "an opening says something else than was committed",
        "opening.mismatch",
        lambda w: reopened(evidence(w), value="Báo cáo khác"),
    ),
    Case("an opening is blank", "opening.empty", lambda w: evidence(w, title=" ")),
    Case(
        "an opening is too long",
        "opening.too_long",
        lambda w: evidence(w, title="x" * (MAX_VALUE + 1)),
        {"limit": MAX_VALUE},
    ),
    Case(
        "an opening's salt can be guessed",
        "opening.malformed",
        lambda w: reopened(evidence(w), salt=b""),
    ),
    Case(
        "an opening opens nothing",
        "opening.unknown_field",
        lambda w: replace(score(w), openings=evidence(w).openings),
    ),
    Case(
        "a text is committed that the type has no place for",
        "text.unknown",
        lambda w: score(w, texts={"title": "Báo cáo"}),
    ),
)


def _nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)
