"""Canonical form in JavaScript: one spelling for each value, and the same refusals as in Python."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import canonical as python_canonical
from audit.proofs.canonical import MAX_DEPTH, check_text, decode, encode
from audit.proofs.errors import CanonicalError
from audit.proofs.handwritten import read_json
from tests.audit.browser.asked import MODULES, Asked, Refused
from tests.audit.proofs import test_canonical as python
from tests.audit.proofs.test_canonical import (
    ACCEPTED,
    LIMIT,
    READ,
    REFUSED,
    WRITTEN,
    accepts,
    rule_of,
    values,
)

pytestmark = pytest.mark.node
ALLOWED, NOWHERE = True, False
"""Line feeds, in a text."""


def same(node: Asked, data: bytes, limit: int = LIMIT) -> None:
    """Both read the bytes, to the same value, or both refuse them by the same rule and facts."""
    try:
        expected: Any = encode(decode(data, limit=limit))
    except CanonicalError as wrong:
        expected = Refused("CanonicalError", wrong.rule, wrong.facts)
    assert node("decode", data, limit) == expected


def test_writes_what_rfc_8785_writes(node: Asked, vectors: Path) -> None:
    """Values without floats are written as the authors of RFC 8785 write them; others are refused."""
    data = vectors / "rfc8785-jcs" / "testdata"
    for name in WRITTEN:
        value = json.loads((data / "input" / f"{name}.json").read_bytes())
        assert node("encode", value) == (data / "output" / f"{name}.json").read_bytes()
    for name, rule in READ.items():
        assert node.rule_of("decode", (data / "output" / f"{name}.json").read_bytes(), LIMIT) == rule


def test_reads_the_public_files_as_python_does(node: Asked, vectors: Path) -> None:
    """Every file of JSONTestSuite is read or refused as in Python."""
    for file in sorted((vectors / "jsontestsuite").glob("test_*/*.json")):
        same(node, file.read_bytes())


def test_naughty_strings_do_no_harm(node: Asked, vectors: Path) -> None:
    """Every naughty string is fit to be stated in JavaScript where it is in Python."""
    for text in json.loads((vectors / "blns" / "blns.json").read_text("utf-8")):
        assert (node.rule_of("checkText", text, NOWHERE) == "accepted") == accepts(text)
        same(node, json.dumps({text: {"reason": text}}, ensure_ascii=False).encode())


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_another_spelling(case: str, node: Asked) -> None:
    """Anything but the one spelling is refused, by the same rule."""
    data, rule = REFUSED[case]
    assert node.rule_of("decode", data, LIMIT) == rule
    same(node, data)


@pytest.mark.parametrize("data", ACCEPTED)
def test_accepts_the_one_spelling(data: bytes, node: Asked) -> None:
    """The canonical spelling is read, and written back the same."""
    assert node("decode", data, len(data)) == data


def test_refuses_what_is_too_long(node: Asked) -> None:
    """The limit counts bytes, before anything is read; the last byte within is fine."""
    data = '"Đà Nẵng"'.encode()
    same(node, data, len(data))
    assert node.rule_of("decode", data, len(data) - 1) == "bytes.too_long"
    assert node.rule_of("decode", b"{" * 100, 99) == "bytes.too_long"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (2**53, "number.too_large"),
        (-(2**53), "number.too_large"),
        (10**400, "number.too_large"),
        ("\ud800", "text.hidden"),
        ({"\udfff": 1}, "text.hidden"),
        ({"$base64": "AA=="}, "value.unknown"),
    ],
)
def test_writes_nothing_else(value: object, rule: str, node: Asked) -> None:
    """A value that has no canonical form is refused rather than written somehow."""
    assert node.rule_of("encode", value) == rule


@pytest.mark.parametrize("text", ["1.5", "NaN", "Infinity", "-0.25"])
def test_writes_no_float(text: str, node: Asked) -> None:
    """A number that is not whole is refused."""
    assert node.rule_of("encodeFloat", text) == "number.float"


def test_writes_no_deeper_than_it_reads(node: Asked) -> None:
    """What is nested deeper than reading allows is not written either."""
    value: object = "leaf"
    for _ in range(MAX_DEPTH):
        value = [value]
    assert node.rule_of("encode", value) == "accepted"
    assert node.rule_of("encode", [value]) == "bytes.too_deep"
    assert node.rule_of("encode", {"a": value}) == "bytes.too_deep"


def test_the_same_characters_hide(node: Asked) -> None:
    """Of all characters that Python's Unicode knows, the same are refused, alone and among others."""
    texts = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) != "Cn"]
    for start in range(0, len(texts), 512):
        some = "".join(text for text in texts[start : start + 512] if accepts(text))
        some = unicodedata.normalize("NFC", some)
        assert node.rule_of("checkText", some, NOWHERE) == (
            "accepted" if accepts(some) else rule_of_text(some)
        )
    hidden = [text for text in texts if python.accepts(text) is False]
    for text in hidden[:: max(1, len(hidden) // 2000)]:
        assert node.rule_of("checkText", f"a{text}b", NOWHERE) == rule_of_text(f"a{text}b")


def test_common_text_is_the_same_text() -> None:
    """What is waved through here is what Python waves through, where each of its characters is looked at."""
    source = (MODULES / "canonical.js").read_text("utf-8")
    stated = source.partition("const COMMON = ")[2].partition(";\n")[0]
    assert json.loads(stated).encode().decode("unicode_escape") == python_canonical._COMMON


@pytest.mark.parametrize("text", ["a\\\\n", '\\"\u0300', 'x\\"y\\\\', "\\\\u0000"])
def test_escapes_are_judged_alike(text: str, node: Asked) -> None:
    """A quote or a backslash behind a backslash hides nothing, whatever stands behind it."""
    same(node, f'{{"a":"{text}"}}'.encode())


def rule_of_text(text: str) -> str:
    """Return the rule by which Python refuses a text."""
    try:
        check_text(text)
    except CanonicalError as wrong:
        return wrong.rule
    return "accepted"


def test_line_feeds_are_allowed_only_where_said(node: Asked) -> None:
    """With line feeds allowed a line feed passes, and nothing else that hides."""
    assert node.rule_of("checkText", "một\nhai\n", ALLOWED) == "accepted"
    assert node.rule_of("checkText", "một\nhai", NOWHERE) == "text.hidden"
    for text in ("một\r\nhai", "một\thai", "một\n\u200bhai", "một\u2028hai"):
        assert node.rule_of("checkText", text, ALLOWED) == "text.hidden"


HANDWRITTEN = (
    b'{ "b": 1,\n "a": [ true, null ] }',
    b'{"a":1,"a":2}',
    b'{"a":1.0}',
    b'{"a":NaN}',
    b"[9007199254740992]",
    b"[" * 17 + b"]" * 17,
    b'"\\u00e1"',
    '"e\u0301"'.encode(),
    b'{"a":1,}',
    b"\xff",
    b"",
    b'"\\u200b"',
    b'{"10":1,"9":2,"__proto__":{"a":1}}',
    b"[NaN",
    b"9" * 4301,
    b"9" * 4300,
)


@pytest.mark.parametrize("data", HANDWRITTEN)
def test_what_people_write_is_read_as_in_python(data: bytes, node: Asked) -> None:
    """Any layout and order of keys, and in all else as strict."""
    found = node("handwritten", data, LIMIT)
    try:
        expected: Any = encode(read_json(data, LIMIT))
    except CanonicalError as wrong:
        expected, found = wrong.rule, found.rule
    assert found == expected
    assert node.rule_of("handwritten", b" " * 20, 19) == "bytes.too_long"


CUT = (b"[1", b"[1 2]", b'{"a":1', b'{"a" 1}', b"{1:2}", b'{"a":1 "b":2}', b'"\\x"', b'"\\u12"', b"-", b"[,]")


@pytest.mark.parametrize("data", CUT)
def test_what_is_cut_short_is_refused_alike(data: bytes, node: Asked) -> None:
    """Where a bracket, a colon or the rest is missing, both say that it is not JSON."""
    same(node, data)


PROTOTYPES = b'{"__proto__":{"a":1},"constructor":1,"hasOwnProperty":2,"toString":3}'


def test_names_of_prototypes_are_names_like_others(node: Asked) -> None:
    """Keys that JavaScript's objects inherit are read and written like any other."""
    assert node("decode", PROTOTYPES, LIMIT) == PROTOTYPES


@settings(max_examples=150, deadline=None)
@given(value=values)
def test_every_value_comes_back(node: Asked, value: object) -> None:
    """What Python writes reads in JavaScript, and is written the same."""
    data = encode(value)
    assert node("decode", data, LIMIT) == data


@settings(max_examples=300, deadline=None)
@given(value=values, at=st.integers(0, 10_000), change=st.sampled_from(["drop", "double", "flip", "swap"]))
def test_every_change_is_judged_alike(node: Asked, value: object, at: int, change: str) -> None:
    """One byte dropped, doubled, flipped or exchanged: both read it, to the same, or refuse it alike."""
    data = bytearray(encode([value, {"k": "Đ", "l": [1, -2]}]))
    place = at % (len(data) - 1)
    if change == "drop":
        del data[place]
    elif change == "double":
        data.insert(place, data[place])
    elif change == "flip":
        data[place] ^= 1 << at % 8
    else:
        data[place], data[place + 1] = data[place + 1], data[place]
    same(node, bytes(data))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=24) | st.text('{}[]",:\\u0019ae-. \n', max_size=24).map(str.encode))
def test_arbitrary_bytes_are_judged_alike(node: Asked, data: bytes) -> None:
    """Whatever bytes come, both say the same of them."""
    same(node, data)
    assert rule_of(data) == node.rule_of("decode", data, LIMIT)
