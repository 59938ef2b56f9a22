"""Canonical form: one spelling for each value, and nothing that hides."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import canonical
from audit.proofs.canonical import MAX_DEPTH, MAX_INTEGER, check_text, decode, encode
from audit.proofs.errors import AuditError, CanonicalError

LIMIT = 1_000_000
VIETNAMESE = "Đánh giá, xếp hạng kết quả CCHC: “Ủy ban nhân dân quận Ngũ Hành Sơn” – 98,5%"


def rule_of(data: bytes, limit: int = LIMIT) -> str:
    """Return the rule by which bytes are refused; `accepted` when they are not."""
    try:
        decode(data, limit=limit)
    except CanonicalError as wrong:
        return wrong.rule
    return "accepted"


def accepts(text: str) -> bool:
    """Whether a text is fit to be stated."""
    try:
        check_text(text)
    except CanonicalError:
        return False
    return True


# --- public vectors -------------------------------------------------------------------------------------

WRITTEN = ("arrays", "french", "unicode", "weird")
"""Vectors of RFC 8785 without floats: we write the same bytes."""
WITH_FLOATS = ("structures", "values")
"""The others hold floats (56.0, 1E30), which our form leaves out."""
READ = {"arrays": "accepted", "french": "accepted", "unicode": "text.not_nfc", "weird": "text.hidden"}
READ |= {"structures": "text.hidden", "values": "number.float"}
"""What reading says to each output; `structures` also has a key that is a line feed."""


@pytest.mark.parametrize("name", WRITTEN)
def test_writes_what_rfc_8785_writes(name: str, vectors: Path) -> None:
    """Values without floats are written as the authors of RFC 8785 write them."""
    data = vectors / "rfc8785-jcs" / "testdata"
    value = json.loads((data / "input" / f"{name}.json").read_bytes())
    written = (data / "output" / f"{name}.json").read_bytes()
    assert encode(value) == written == bytes.fromhex((data / "outhex" / f"{name}.txt").read_text())


@pytest.mark.parametrize("name", WITH_FLOATS)
def test_writes_no_float_of_rfc_8785(name: str, vectors: Path) -> None:
    """A float is refused, also where RFC 8785 would write it as an integer."""
    value = json.loads((vectors / "rfc8785-jcs" / "testdata" / "input" / f"{name}.json").read_bytes())
    with pytest.raises(CanonicalError, match=r"number\.float"):
        encode(value)


@pytest.mark.parametrize("name", READ)
def test_reads_only_what_our_form_has(name: str, vectors: Path) -> None:
    """Of the outputs of RFC 8785, those with floats, controls or text that is not NFC are refused."""
    assert (
        rule_of((vectors / "rfc8785-jcs" / "testdata" / "output" / f"{name}.json").read_bytes()) == READ[name]
    )


def test_reads_only_what_round_trips(vectors: Path) -> None:
    """Every file of JSONTestSuite is either written back byte by byte or refused as CanonicalError."""
    files = sorted((vectors / "jsontestsuite").glob("test_*/*.json"))
    accepted = []
    for file in files:
        data = file.read_bytes()
        try:
            value = decode(data, limit=LIMIT)
        except CanonicalError:
            continue
        assert encode(value) == data, file.name
        accepted.append(file.name)
    assert len(files) > 300
    assert not [name for name in accepted if name.startswith("n_")]
    assert {"y_array_with_several_null.json", "y_string_in_array.json"} <= set(accepted)


def test_naughty_strings_do_no_harm(vectors: Path) -> None:
    """Every naughty string is either fit to be stated, and then round-trips, or refused as CanonicalError."""
    naughty = json.loads((vectors / "blns" / "blns.json").read_text("utf-8"))
    fit = [text for text in naughty if accepts(text)]
    for text in naughty:
        for value in (text, [text], {text: {"reason": text}}):
            expected = value if text in fit else None
            try:
                assert decode(encode(value), limit=LIMIT) == expected
            except CanonicalError:
                assert expected is None, text
    assert 300 < len(fit) < len(naughty)


# --- what is refused ------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "bytes.not_canonical"),
    "not JSON": (b"{", "bytes.not_canonical"),
    "not UTF-8": (b'"\xff"', "bytes.not_canonical"),
    "overlong UTF-8": (b'"\xc0\xaf"', "bytes.not_canonical"),
    "UTF-16": ('"a"'.encode("utf-16"), "bytes.not_canonical"),
    "byte order mark": (b'\xef\xbb\xbf"a"', "bytes.not_canonical"),
    "surrogate in UTF-8": (b'"\xed\xa0\x80"', "bytes.not_canonical"),
    "two values": (b"1 2", "bytes.not_canonical"),
    "trailing line feed": (b"{}\n", "text.hidden"),
    "trailing space": (b"{} ", "bytes.not_canonical"),
    "space after a colon": (b'{"a": 1}', "bytes.not_canonical"),
    "trailing comma": (b"[1,]", "bytes.not_canonical"),
    "single quotes": (b"{'a':1}", "bytes.not_canonical"),
    "keys out of order": (b'{"b":1,"a":2}', "bytes.not_canonical"),
    "a key twice": (b'{"a":1,"a":1}', "bytes.not_canonical"),
    "a key twice, once escaped": (b'{"a":1,"\\u0061":1}', "bytes.not_canonical"),
    "keys by code point": ('{"\uff5e":1,"\U0001f602":1}'.encode(), "bytes.not_canonical"),
    "escaped letter": (b'"\\u0061"', "bytes.not_canonical"),
    "escaped solidus": (b'"\\/"', "bytes.not_canonical"),
    "upper-case escape": (b'"\\u001F"', "text.hidden"),
    "escaped control": (b'"\\u0001"', "text.hidden"),
    "escaped line feed": (b'"a\\nb"', "text.hidden"),
    "escaped tab": (b'"\\t"', "text.hidden"),
    "escaped backspace": (b'"\\b"', "text.hidden"),
    "escaped form feed": (b'{"\\f":1}', "text.hidden"),
    "escaped carriage return": (b'[{"a":"\\r"}]', "text.hidden"),
    "escaped null": (b'"\\u0000"', "text.hidden"),
    "escaped zero width space": (b'"\\u200b"', "text.hidden"),
    "literal line feed": (b'"a\nb"', "bytes.not_canonical"),
    "lone surrogate": (b'"\\ud800"', "text.hidden"),
    "lone surrogate as key": (b'{"\\udc00":1}', "text.hidden"),
    "escaped pair of surrogates": (b'"\\ud83d\\ude02"', "bytes.not_canonical"),
    "a character that is not assigned": ('"a\u0378"'.encode(), "text.unassigned"),
    "an unassigned character in a key": ('{"\u0378":1}'.encode(), "text.unassigned"),
    "an unassigned character of another plane": ('"\U0003abcd"'.encode(), "text.unassigned"),
    "an unassigned character behind an escape": ('"\u0378\\u0022"'.encode(), "text.unassigned"),
    "not NFC": ('"e\u0301"'.encode(), "text.not_nfc"),
    "not NFC in a key": ('{"e\u0301":1}'.encode(), "text.not_nfc"),
    "compatibility singleton": ('"\u212b"'.encode(), "text.not_nfc"),
    "float": (b"1.5", "number.float"),
    "float of an integer": (b"1.0", "number.float"),
    "exponent": (b"1e3", "number.float"),
    "NaN": (b"NaN", "number.float"),
    "infinity": (b"[-Infinity]", "number.float"),
    "negative zero": (b"-0", "bytes.not_canonical"),
    "leading zero": (b"01", "bytes.not_canonical"),
    "plus sign": (b"+1", "bytes.not_canonical"),
    "underscore": (b"1_000", "bytes.not_canonical"),
    "Arabic digits": ("\u0661".encode(), "bytes.not_canonical"),
    "two to the power of 53": (b"9007199254740992", "number.too_large"),
    "minus two to the power of 53": (b"-9007199254740992", "number.too_large"),
    "ten thousand digits": (b"9" * 10_000, "number.too_large"),
    "too deep": (b"[" * 17 + b"]" * 17, "bytes.too_deep"),
    "too deep after many siblings": (b"[" + b"[]," * 40 + b"[" * 16 + b"]" * 17, "bytes.too_deep"),
    "deep beyond the stack": (b'[{"":' * 50_000, "bytes.too_deep"),
    "deep after quoted brackets": (
        b'["\\"]",' * (MAX_DEPTH + 1) + b"1" + b"]" * (MAX_DEPTH + 1),
        "bytes.too_deep",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_another_spelling(case: str) -> None:
    """Anything but the one spelling is refused, by its rule."""
    data, rule = REFUSED[case]
    assert rule_of(data) == rule


ACCEPTED = (
    b"{}",
    b"null",
    b"-1",
    b"9007199254740991",
    b"-9007199254740991",
    b'{"":"","1":1,"A":2,"a":3}',
    '{"\U0001f602":1,"\uff5e":1}'.encode(),
    b'"\\"\\\\/"',
    json.dumps(VIETNAMESE, ensure_ascii=False).encode(),
    b"[" * 16 + b"]" * 16,
    b"[" * 15 + b"[],{},[]" + b"]" * 15,
    b"[" + b"[{}]," * 40 + b"[]]",
    b'["' + b"[{" * 100 + b'"]',
    b'["\\\\",' + b'"[\\"[",' * 20 + b'"]"]',
)


@pytest.mark.parametrize("data", ACCEPTED)
def test_accepts_the_one_spelling(data: bytes) -> None:
    """The canonical spelling is read, and written back the same."""
    assert encode(decode(data, limit=len(data))) == data


def test_refuses_what_is_too_long() -> None:
    """The limit counts bytes, before anything is read; the last byte within is fine."""
    data = '"Đà Nẵng"'.encode()
    assert rule_of(data, limit=len(data)) == "accepted"
    assert rule_of(data, limit=len(data) - 1) == "bytes.too_long"
    assert rule_of(b"{" * 100, limit=99) == "bytes.too_long"


UNWRITABLE: dict[str, tuple[object, str]] = {
    "float": ({"points": 1.0}, "number.float"),
    "NaN": ([float("nan")], "number.float"),
    "too large": ({"n": MAX_INTEGER + 1}, "number.too_large"),
    "larger than Python prints": (-(10**5000), "number.too_large"),
    "bytes": ([b"raw"], "value.unknown"),
    "a set": ({"a", "b"}, "value.unknown"),
    "a key that is no text": ({1: 2}, "value.unknown"),
    "lone surrogate": ("\ud800", "text.hidden"),
    "lone surrogate as key": ({"\udfff": 1}, "text.hidden"),
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_writes_nothing_else(case: str) -> None:
    """A value that has no canonical form is refused rather than written somehow."""
    value, rule = UNWRITABLE[case]
    with pytest.raises(CanonicalError) as refused:
        encode(value)
    assert refused.value.rule == rule


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_writes_no_deeper_than_it_reads(wrap: Any) -> None:
    """What is nested deeper than reading allows is not written either, however deep."""
    value: object = "leaf"
    for depth in range(1, 3000):
        value = wrap(value)
        if depth == MAX_DEPTH:
            assert decode(encode(value), limit=LIMIT) == value
    with pytest.raises(CanonicalError, match=r"bytes\.too_deep"):
        encode(value)


# --- text -----------------------------------------------------------------------------------------------

IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u3164\ufe00\ufe0f\uffa0\ufff0\U000e0100\U000e0fff"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_hidden_characters_are_refused_wherever_they_stand() -> None:
    """Controls, format marks, separators, surrogates, noncharacters and ignorable characters are refused."""
    hidden = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} or ord(char) & 0xFFFE == 0xFFFE
    ]
    hidden += [*IGNORABLE, *BIDI, *map(chr, range(0xFDD0, 0xFDF0))]
    assert [f"{ord(char):04X}" for char in hidden if accepts(f"a{char}b")] == []


def test_text_of_the_country_is_accepted() -> None:
    """Vietnamese in NFC, with its punctuation and with emoji, is fit to be stated."""
    check_text(VIETNAMESE)
    check_text("".join(char for char in map(chr, range(0x1EA0, 0x1EFA)) if char.isalpha()))
    check_text("★ 😀 1.000.000 đ")


def test_every_character_of_common_text_is_assigned_shown_and_composed() -> None:
    """Text that is waved through holds nothing that the long way would have refused, alone or together."""
    common = "".join(char for char in map(chr, range(0x10000)) if canonical._ONLY_COMMON.fullmatch(char))
    assert len(common) > 600
    assert not canonical._HIDDEN.search(common)
    assert not canonical._unassigned().search(common)
    assert [char for char in common if unicodedata.combining(char)] == []
    for form in (common, common[::-1], common * 2):
        assert unicodedata.is_normalized("NFC", form)


def test_line_feeds_are_allowed_only_where_said() -> None:
    """With `line_feeds` a line feed passes, and nothing else that hides."""
    check_text("một\nhai\n", line_feeds=True)
    for text in ("một\nhai", "\n"):
        with pytest.raises(CanonicalError, match=r"text\.hidden \(code_point U\+000A"):
            check_text(text)
    for text in ("một\r\nhai", "một\thai", "một\n\u200bhai", "một\u2028hai"):
        with pytest.raises(CanonicalError, match=r"text\.hidden"):
            check_text(text, line_feeds=True)


@pytest.mark.parametrize(
    "data",
    [
        b'{"\x7fb":1,"\x7fa":2}',
        b'{"\\ud801":1,"\\ud800":2}',
        b'{"\\u000ab":1,"\\u000aa":2}',
        '{"\u202eb":1,"\u202ea":2}'.encode(),
    ],
)
def test_what_a_refusal_quotes_can_be_printed(data: bytes) -> None:
    """Facts that quote hostile bytes can be signed, stored and shown all the same."""
    with pytest.raises(AuditError) as refused:
        decode(data, limit=LIMIT)
    facts = {name: str(value) for name, value in refused.value.facts.items()}
    assert decode(encode(facts), limit=LIMIT) == facts
    assert str(refused.value).isprintable()


# --- properties -----------------------------------------------------------------------------------------

texts = st.text(max_size=12).map(lambda text: unicodedata.normalize("NFC", text)).filter(accepts)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(values)
def test_every_value_comes_back(value: object) -> None:
    """What is written is what RFC 8785 writes, and reads back as the same value."""
    data = encode(value)
    assert data == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert decode(data, limit=LIMIT) == value


@settings(max_examples=100, deadline=None)
@given(values, st.integers(0, 2), st.booleans())
def test_every_other_spelling_is_refused(value: object, indent: int, ascii_only: bool) -> None:
    """However else JSON can be spelled, it is refused."""
    other = json.dumps(value, indent=indent or None, ensure_ascii=ascii_only).encode()
    assert (rule_of(other) == "accepted") == (other == encode(value))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=24) | st.text('{}[]",:\\u0019ae-.', max_size=24).map(str.encode))
def test_arbitrary_bytes_never_surprise(data: bytes) -> None:
    """Whatever bytes come, they are the one spelling or CanonicalError."""
    if rule_of(data) == "accepted":
        assert encode(decode(data, limit=LIMIT)) == data
