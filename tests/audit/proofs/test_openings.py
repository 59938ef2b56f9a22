"""Which openings must lie beside a log: each that was committed to, unless a statement erased it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from audit.proofs.openings import TOMBSTONE, Erased, Openings, erased_in
from audit.proofs.statement import Statement

HELD = {("a", "title"), ("a", "note"), ("b", "name")}


def stated(id_: str, *texts: str, type_: str = "EvidenceSubmitted.v1", body: Any = None) -> Statement:
    """A statement that commits to these texts."""
    return Statement(
        v=1,
        log="l",
        id=id_,
        type=type_,
        body=body or {},
        occurred_at="2017-01-01T00:00:00Z",
        attachments=(),
        commitments=dict.fromkeys(texts, "00" * 32),
    )


def tombstone(erased: object, category: str = "ORDERED") -> Statement:
    """A statement that erases."""
    return stated("t", "authority", type_=TOMBSTONE, body={"category": category, "erased": erased})


def seen(*statements: Statement) -> Openings:
    """What there is after these statements, from position 5 on."""
    openings = Openings()
    for position, statement in enumerate(statements, start=5):
        openings.observe(position, statement)
    return openings


NAMED = [{"statement": "a", "fields": ["title"]}]
GOOD = (stated("a", "title", "note"), stated("b", "name"))


def findings(openings: Openings, held: set[tuple[str, str]], **rest: Any) -> list[tuple[Any, ...]]:
    """What is found, as rule, position and facts."""
    rest.setdefault("whole", True)
    return [(f.rule, f.position, dict(f.facts)) for f in openings.check(held, **rest)]


def test_all_that_was_committed_to_is_there() -> None:
    """Nothing is found where each text has its opening."""
    assert findings(seen(*GOOD), HELD) == []


def test_text_that_is_gone_without_a_word_is_found() -> None:
    """A missing opening is named with position and field; not beside damage, where its tombstone may lie."""
    missing = [("opening.not_there", 5, {"field": "note"})]
    assert findings(seen(*GOOD), HELD - {("a", "note")}) == missing
    assert findings(seen(*GOOD), HELD - {("a", "note")}, whole=False) == []


def test_text_that_was_erased_is_not_missed() -> None:
    """What a statement erased may be gone, as a row that is empty or without one."""
    after = seen(*GOOD, tombstone(NAMED))
    held = HELD - {("a", "title")} | {("t", "authority")}
    assert findings(after, held) == []
    assert findings(after, held, emptied={("a", "title")}) == []
    assert after.by_statement() == {Erased(7, "ORDERED"): 1}


def test_text_that_was_erased_and_is_there_is_found() -> None:
    """Words that came back are named with the statement that erased them."""
    after = seen(*GOOD, tombstone(NAMED))
    assert findings(after, HELD | {("t", "authority")}) == [
        ("opening.not_erased", 5, {"field": "title", "since": 7})
    ]


def test_opening_of_nothing_is_found_in_a_whole_log() -> None:
    """What no statement committed to does not belong there; of a damaged log nobody can say so."""
    stray = {("c", "name"), ("b", "home")}
    expected = [
        ("opening.of_nothing", None, {"statement": "b", "field": "home"}),
        ("opening.of_nothing", None, {"statement": "c", "field": "name"}),
    ]
    assert findings(seen(*GOOD), HELD | stray) == expected
    assert findings(seen(*GOOD), HELD, emptied=stray) == expected
    assert findings(seen(*GOOD), HELD | stray, whole=False) == []


def test_first_erasure_counts() -> None:
    """Where two statements name the same text, it was gone since the first."""
    after = seen(*GOOD, tombstone(NAMED, "LOST"), tombstone(NAMED))
    assert after.erased == {("a", "title"): Erased(7, "LOST")}


@pytest.mark.parametrize(
    "erased",
    [None, "a", {"statement": "a"}, ["a"], [{"statement": "a"}], [{"statement": "a", "fields": "title"}]],
)
def test_malformed_tombstone_erases_nothing(erased: object) -> None:
    """What a statement of this type means to say is not guessed."""
    assert list(erased_in(tombstone(erased))) == []


@pytest.mark.parametrize("type_", ["EvidenceSubmitted.v1", "OpeningsErased.v2"])
def test_only_a_tombstone_erases(type_: str) -> None:
    """The same words in a statement of another type say nothing."""
    body: Mapping[str, object] = {"category": "ORDERED", "erased": NAMED}
    assert list(erased_in(stated("t", type_=type_, body=body))) == []
