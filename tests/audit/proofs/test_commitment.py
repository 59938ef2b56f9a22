"""Commitments: the words beside the log are the ones that were signed, or they are refused."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import canonical
from audit.proofs.commitment import MAX_VALUE, Opening, commit, verify_opening
from audit.proofs.errors import AuditError, StatementError
from audit.proofs.statement import Statement, parse_statement
from tests.audit.proofs.logs import KEYS, SALT, by_one, cell, stated, uuid7

LOG, ID = "minhchung.example/da-nang-demo", uuid7(7)
WORDS = "Báo cáo đầy đủ,\nnộp đúng hạn."


def promise(value: str, *, salt: bytes = SALT, field: str = "reason") -> Statement:
    """Return a statement that commits to a value, whatever the value is."""
    digest = sha256(salt + f"{LOG}{ID}{field}{value}".encode()).hexdigest()
    fields = by_one("head-snv", KEYS["head-snv"]) | cell("SNV", 0)
    body = stated("ExplanationSubmitted.v1", {}, id=ID, log=LOG, commitments={field: digest}, **fields)
    return parse_statement(canonical.encode(body))


STATEMENT = promise(WORDS)
OPENING = Opening("reason", SALT, WORDS)


def rule_of(statement: Statement, opening: Opening) -> str:
    """Return the rule by which an opening is refused."""
    try:
        verify_opening(statement, opening)
    except AuditError as wrong:
        return wrong.rule
    return "accepted"


def test_digest_is_the_hash_of_salt_log_statement_field_and_value() -> None:
    """The digest can be made by hand, and differs with every part it is made of."""
    parts = {"salt": SALT, "log": LOG, "statement_id": ID, "field": "reason", "value": WORDS}
    others = {
        "salt": SALT[::-1],
        "log": LOG + "2",
        "statement_id": uuid7(8),
        "field": "note",
        "value": WORDS + ".",
    }
    digest = commit(**parts)  # type: ignore[arg-type]
    assert digest == STATEMENT.commitments["reason"]
    made = {commit(**parts | {name: other}) for name, other in others.items()}  # type: ignore[arg-type]
    assert len(made | {digest}) == 6


@pytest.mark.parametrize("words", [WORDS, "a", "\nđ\n", "x" * MAX_VALUE])
def test_opening_is_what_was_committed_to(words: str) -> None:
    """The words behind a digest open it, line feeds and the longest text included."""
    assert rule_of(promise(words), Opening("reason", SALT, words)) == "accepted"


REFUSED: dict[str, tuple[Statement, Opening, str]] = {
    "other words": (STATEMENT, replace(OPENING, value=WORDS + "."), "opening.mismatch"),
    "a letter in the other case": (STATEMENT, replace(OPENING, value=WORDS.lower()), "opening.mismatch"),
    "other salt": (STATEMENT, replace(OPENING, salt=bytes(32)), "opening.mismatch"),
    "other statement": (replace(STATEMENT, id=uuid7(8)), OPENING, "opening.mismatch"),
    "other log": (replace(STATEMENT, log="elsewhere.example/log"), OPENING, "opening.mismatch"),
    "digest of another field": (
        replace(STATEMENT, commitments={"note": STATEMENT.commitments["reason"]}),
        replace(OPENING, field="note"),
        "opening.mismatch",
    ),
    "digest in capitals": (
        replace(STATEMENT, commitments={"reason": STATEMENT.commitments["reason"].upper()}),
        OPENING,
        "opening.mismatch",
    ),
    "field not committed to": (STATEMENT, replace(OPENING, field="note"), "opening.unknown_field"),
    "salt too short": (STATEMENT, replace(OPENING, salt=SALT[:31]), "opening.malformed"),
    "salt too long": (STATEMENT, replace(OPENING, salt=SALT + b"\0"), "opening.malformed"),
    "no salt": (STATEMENT, replace(OPENING, salt=b""), "opening.malformed"),
    "salt that runs into the log's name": (
        STATEMENT,
        replace(OPENING, salt=SALT + LOG[:1].encode()),
        "opening.malformed",
    ),
    "nothing": (promise(""), replace(OPENING, value=""), "opening.empty"),
    "only blanks": (promise(" \n "), replace(OPENING, value=" \n "), "opening.empty"),
    "not NFC": (promise("e\u0301"), replace(OPENING, value="e\u0301"), "text.not_nfc"),
    "bidi": (promise("a\u202eb"), replace(OPENING, value="a\u202eb"), "text.hidden"),
    "zero width": (promise("a\u200bb"), replace(OPENING, value="a\u200bb"), "text.hidden"),
    "carriage return": (promise("a\r\nb"), replace(OPENING, value="a\r\nb"), "text.hidden"),
    "tab": (promise("a\tb"), replace(OPENING, value="a\tb"), "text.hidden"),
    "lone surrogate": (STATEMENT, replace(OPENING, value="a\ud800b"), "text.hidden"),
    "too long": (
        promise("x" * (MAX_VALUE + 1)),
        replace(OPENING, value="x" * (MAX_VALUE + 1)),
        "opening.too_long",
    ),
    "too long in bytes": (promise("đ" * 32_769), replace(OPENING, value="đ" * 32_769), "opening.too_long"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_opening(case: str) -> None:
    """Words that were not committed to, or must not be stated, are refused by their rule."""
    statement, opening, rule = REFUSED[case]
    assert rule_of(STATEMENT, OPENING) == "accepted"
    assert rule_of(statement, opening) == rule


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_commits_only_with_a_whole_salt(size: int) -> None:
    """Without 32 bytes of salt nothing is committed to: short words could be guessed."""
    with pytest.raises(StatementError, match=r"opening\.malformed"):
        commit(salt=bytes(size), log=LOG, statement_id=ID, field="reason", value=WORDS)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_no_other_words_open_it(words: str) -> None:
    """Whatever other words are tried, they do not open the digest."""
    assert (rule_of(STATEMENT, replace(OPENING, value=words)) == "accepted") == (words == WORDS)
