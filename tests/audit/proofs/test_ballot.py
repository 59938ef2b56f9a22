"""The bytes of ballots and the roots over them: what is read back, what is refused, what the page shows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from audit.proofs.ballot import (
    MAX_BALLOT,
    Ballot,
    Recount,
    batch_leaves,
    batch_root,
    read_ballot,
    recount,
    token_hash,
    token_of,
    token_root,
    write_ballot,
)
from audit.proofs.canonical import encode
from audit.proofs.errors import AuditError, BallotRefused
from audit.proofs.merkle import EMPTY_ROOT
from tests.conftest import ROOT

GOOD: dict[str, Any] = {
    "answers": {"SNV/A8.1": "A"},
    "blind": "ab" * 32,
    "group": "STAFF",
    "round": "2016",
    "v": 1,
}


def test_ballot_is_read_as_it_was_written() -> None:
    """Bytes, ballot and bytes again."""
    ballot = read_ballot(encode(GOOD))
    assert ballot == Ballot(round="2016", group="STAFF", answers={"SNV/A8.1": "A"}, blind="ab" * 32)
    assert write_ballot(ballot) == encode(GOOD)


@pytest.mark.parametrize(("answers", "valid"), [({}, False), ({"SNV/A8.1": "D"}, True)])
def test_ballot_without_answers_is_void(answers: dict[str, str], valid: bool) -> None:
    """A blank ballot came back, and does not count."""
    counted: Recount = {}
    assert recount("2016", "STAFF", [encode({**GOOD, "answers": answers})], counted) == valid
    assert bool(counted) is valid


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (encode([]), "ballot.malformed"),
        (encode({**GOOD, "time": "2017-03-01"}), "ballot.malformed"),
        (encode({name: value for name, value in GOOD.items() if name != "blind"}), "ballot.malformed"),
        (encode({**GOOD, "v": 2}), "ballot.malformed"),
        (encode({**GOOD, "v": True}), "ballot.malformed"),
        (encode({**GOOD, "blind": "AB" * 32}), "ballot.malformed"),
        (encode({**GOOD, "blind": "ab" * 31}), "ballot.malformed"),
        (encode({**GOOD, "blind": 7}), "ballot.malformed"),
        (encode({**GOOD, "group": ""}), "ballot.malformed"),
        (encode({**GOOD, "round": 2016}), "ballot.malformed"),
        (encode({**GOOD, "answers": ["A"]}), "ballot.malformed"),
        (encode({**GOOD, "answers": {"SNV": "A"}}), "ballot.malformed"),
        (encode({**GOOD, "answers": {"/A8.1": "A"}}), "ballot.malformed"),
        (encode({**GOOD, "answers": {"SNV/A8.1": ["A"]}}), "ballot.malformed"),
        (json.dumps(GOOD).encode(), "bytes.not_canonical"),
        (encode({**GOOD, "answers": {f"SNV/A{n}": "A" for n in range(MAX_BALLOT // 8)}}), "bytes.too_long"),
    ],
)
def test_other_bytes_are_no_ballot(data: bytes, rule: str) -> None:
    """Another spelling, fields too few or too many, and values of other kinds are refused."""
    with pytest.raises(AuditError) as caught:
        read_ballot(data)
    assert caught.value.rule == rule
    with pytest.raises(BallotRefused):
        recount("2016", "STAFF", [data], {})


@pytest.mark.parametrize(("round_code", "group"), [("2017", "STAFF"), ("2016", "COUNCIL_DEPUTY")])
def test_ballot_counts_only_where_it_belongs(round_code: str, group: str) -> None:
    """A ballot of another round or group is refused, not counted."""
    counted: Recount = {}
    with pytest.raises(BallotRefused, match=r"ballot\.misplaced"):
        recount(round_code, group, [encode(GOOD)], counted)
    assert counted == {}


def test_short_secret_is_no_token() -> None:
    """A token has 160 bits."""
    with pytest.raises(BallotRefused, match=r"ballot\.weak_token"):
        token_of(bytes(19))
    assert token_of(bytes(32)) == "A" * 32


def test_roots_are_over_sets() -> None:
    """The order in which tokens or ballots are given does not matter; each of them does."""
    ballots = [encode({**GOOD, "blind": f"{n:064x}"}) for n in range(7)]
    hashes = [token_hash(token_of(bytes([n]) * 20)) for n in range(7)]
    assert batch_root(ballots) == batch_root(ballots[3:] + ballots[:3]) != batch_root(ballots[1:])
    assert token_root(hashes) == token_root(hashes[3:] + hashes[:3]) != token_root(hashes[1:])
    assert batch_root([]) == token_root([]) == EMPTY_ROOT.hex()


# --- the page -------------------------------------------------------------------------------------------


def test_example_of_the_page_verifies() -> None:
    """The tokens, ballots and roots that the page on ballots shows are what its grammar makes of them."""
    page = (ROOT / "docs" / "formats" / "ballots.md").read_text("utf-8")
    token, hashes, opened, ballots, recorded = re.findall(r"```(?:text|json)\n(.*?)\n```", page, re.DOTALL)
    digests = [bytes.fromhex(line) for line in hashes.split()]
    assert token_hash(token) in digests
    assert digests == sorted(digests)
    assert token_root(digests) == json.loads(opened)["body"]["tokens"]
    batch = [line.encode() for line in ballots.splitlines()]
    assert batch_leaves(batch) == [batch_leaves([ballot])[0] for ballot in batch]
    assert batch_root(batch) == json.loads(recorded)["body"]["root"]
    counted: Recount = {}
    assert recount("2016", "COUNCIL_DEPUTY", batch, counted) == 4
    assert counted == {
        ("SNV", "A8.1"): {"COUNCIL_DEPUTY": {"A": 3, "B": 1}},
        ("STC", "A8.1"): {"COUNCIL_DEPUTY": {"B": 2, "C": 1}},
    }
