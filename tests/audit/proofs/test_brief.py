"""The short ways of reading: they say what the long way says, or leave it to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import entry, reading, statement
from audit.proofs.brief import Brief, read_brief
from audit.proofs.entry import parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.grammar import PLAIN
from audit.proofs.keys import PublicKey
from audit.proofs.reading import read
from audit.proofs.statement import parse_statement
from audit.proofs.verifier import verify_log
from tests.audit.proofs.logs import KEYS, small_log
from tests.audit.proofs.test_statement import ALONE, spell
from tests.audit.proofs.test_verifier import TAMPERED

ROWS = tuple(small_log().copy().rows)
KNOWN = {key.public_key.id: key.public_key for key in KEYS.values()}
NEVER = re.compile("(?!)")
PAYLOADS = [spell(ALONE), *(parse_entry(row.entry).envelope.payload for row in ROWS)]
ENTRIES = [row.entry for row in ROWS]
PIECES = [b'"', b",", b"{", b"}", b"[]", b"\\", b"0", b"-1", b"1e3", b"\xc3\xa0", b"null", b'"a":1,', b" "]


def said(parse: Callable[[bytes], object], data: bytes) -> object:
    """Return what was read, or why nothing was."""
    try:
        return parse(data)
    except AuditError as wrong:
        return wrong.rule, dict(wrong.facts)


@st.composite
def damaged(draw: st.DrawFn, whole: list[bytes]) -> bytes:
    """Cut a piece out of something good, and put another one there."""
    data = draw(st.sampled_from(whole))
    start = draw(st.integers(0, len(data)))
    piece = draw(st.sampled_from([b"", *PIECES]) | st.binary(max_size=2))
    return data[:start] + piece + data[start + draw(st.integers(0, 3)) :]


@settings(max_examples=400)
@given(damaged(PAYLOADS))
def test_statement_is_read_the_same_both_ways(payload: bytes) -> None:
    """What fits the grammar is what decoding finds, and nothing is refused or let in by it alone."""
    short = said(parse_statement, payload)
    with pytest.MonkeyPatch.context() as without:
        without.setattr(statement, "PLAIN", NEVER)
        assert short == said(parse_statement, payload)


@settings(max_examples=400)
@given(damaged(ENTRIES))
def test_entry_is_read_the_same_both_ways(data: bytes) -> None:
    """An entry that fits the grammar is what decoding finds."""
    short = said(parse_entry, data)
    with pytest.MonkeyPatch.context() as without:
        without.setattr(entry, "_PLAIN", re.compile(NEVER.pattern.encode()))
        assert short == said(parse_entry, data)


@pytest.mark.parametrize("payload", PAYLOADS[:1] + [p for p in PAYLOADS[1:] if b'"counter"' in p])
def test_most_statements_fit_the_grammar(payload: bytes) -> None:
    """A statement by one person, in ASCII, is read the short way."""
    assert PLAIN.fullmatch(payload.decode("ascii"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"points":"1.75"}', b'{"points":"1.75","points":"2"}'),
        (b'{"points":"1.75"}', b'{"points":"1.75","note":"x"}'),
        (b'"expects":1', b'"expects":01'),
        (b'"counter":3', b'"counter":0'),
        (b'{"note":', b'{"note":"' + b"ab" * 32 + b'","a":'),
        (b'"2017-', b'"2017-02-30T'),
    ],
)
def test_what_only_looks_canonical_is_left_to_the_long_way(old: bytes, new: bytes) -> None:
    """Keys out of order or twice, numbers and days that are none: each is refused with its reason."""
    assert isinstance(said(parse_statement, PAYLOADS[0].replace(old, new, 1)), tuple)


@settings(max_examples=300)
@given(damaged(ENTRIES))
def test_brief_is_what_the_long_way_finds(data: bytes) -> None:
    """An entry is told in brief only if its signature verifies, and then as it stands."""
    told = read_brief(data, KNOWN, PublicKey.verify)
    if told is not None:
        check_brief(data, told)


def check_brief(data: bytes, told: Brief) -> None:
    """Compare field by field with what the long way reads."""
    found = read(data, KNOWN, PublicKey.verify)
    assert found.signed is True
    assert found.entry is not None
    assert found.statement is not None
    for name in ("log", "id", "type", "stream", "actor", "key", "counter"):
        assert getattr(told, name) == getattr(found.statement, name)
    assert told.received_at == found.entry.received_at
    assert found.statement.seen is not None
    assert told.seen == (found.statement.seen.size, found.statement.seen.root)
    assert told.commitments == found.statement.commitments


def test_statements_of_one_key_are_told_in_brief() -> None:
    """Scores and evidence are; key events, minutes, and what was signed by a key unknown are not."""
    told = [read_brief(row.entry, KNOWN, PublicKey.verify) is not None for row in ROWS]
    assert [n for n, brief in enumerate(told) if brief] == [4, 5, 6, 7]
    assert read_brief(ROWS[5].entry, {}, PublicKey.verify) is None


@pytest.mark.parametrize("name", TAMPERED)
def test_findings_are_the_same_whether_or_not_somebody_folds(name: str) -> None:
    """Whatever is tampered with is found alike in brief and whole."""
    copy, _ = TAMPERED[name]
    whole = verify_log(copy, observe=lambda _position, _entry, _statement: None)
    assert verify_log(copy) == whole


@pytest.mark.parametrize("fold", [False, True])
def test_readers_in_other_processes_find_the_same(fold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is read by others, chunk by chunk, has the verdict of one that is read here."""
    options: dict[str, Any] = {"observe": lambda *_: None} if fold else {}
    names = (
        "entry: points changed under the signature",
        "order: two entries exchanged",
        "entry: signed by a stranger",
    )
    here = [verify_log(TAMPERED[name][0], **options) for name in names]
    monkeypatch.setattr(reading, "ALONE_UP_TO", 0)
    monkeypatch.setattr("audit.proofs.verifier.CHUNK", 3)
    assert [verify_log(TAMPERED[name][0], **options) for name in names] == here
