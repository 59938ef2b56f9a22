"""Attested items: one file proves a number under the log's own signature, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.proofs import canonical
from audit.proofs.attested import (
    AttestedItem,
    format_attested_item,
    parse_attested_item,
    read_attestation,
    verify_attested_item,
)
from audit.proofs.errors import AttestationError
from audit.proofs.state import StateTree
from audit.proofs.statement import parse_envelope
from tests.audit.proofs.logs import statement_at
from tests.audit.proofs.states import (
    ITEMS,
    KEYS,
    OTHER_SECRET,
    SIZE,
    attested_item,
    attested_log,
    attesting,
    body,
)
from tests.audit.proofs.witnessed import (
    LOG_VKEY,
    POLICY,
    RECORD_VKEY,
    WITNESSES,
    cosigned,
    envelope_at,
    note_at,
    receipt_at,
    rule_of,
)

GOOD = attested_item()
DATA = format_attested_item(GOOD)


def verify(found: AttestedItem, key: str | None = None, *vkeys: str) -> str:
    """Return what is said to an attested item."""
    return rule_of(lambda: verify_attested_item(found, vkeys=vkeys or (LOG_VKEY,), key=key))


@pytest.mark.parametrize("key", [*KEYS, "2016/STC/A9.9"])
def test_every_item_and_absence_is_proved_by_one_file(key: str) -> None:
    """The file comes back as it was written, and proves what was asked for."""
    found = parse_attested_item(format_attested_item(attested_item(key)))
    assert verify(found, key, LOG_VKEY, RECORD_VKEY) == "accepted"


def test_an_attestation_says_what_was_attested() -> None:
    """What is read of it is what the log stated."""
    stated = read_attestation(statement_at(attested_log().rows[SIZE]))
    assert {name: getattr(stated, name) for name in body()} == body()


def test_witnesses_may_be_demanded() -> None:
    """Under a quorum of witnesses it stands, and without one it does not."""
    note = note_at(attested_log(), SIZE + 1)
    by_two = replace(GOOD, receipt=receipt_at(attested_log(), SIZE, cosigned(note, "thanh-tra", "kiem-toan")))
    for found, said in ((by_two, "accepted"), (GOOD, "head.no_quorum")):
        assert rule_of(lambda: verify_attested_item(found, vkeys=[LOG_VKEY], policy=POLICY)) == said  # noqa: B023


def _of(**changes: Any) -> AttestedItem:
    return attested_item(journal=attesting(**changes))


REFUSED: dict[str, tuple[Callable[[], AttestedItem], str]] = {
    "the receipt of another entry": (
        lambda: replace(GOOD, receipt=receipt_at(attested_log(), SIZE - 1)),
        "proof.other_root",
    ),
    "an attestation that is not in the log": (
        lambda: replace(GOOD, envelope=parse_envelope(envelope_at(attesting(version=2), SIZE))),
        "proof.other_root",
    ),
    "another entry in the place of the attestation": (
        lambda: replace(
            GOOD,
            envelope=parse_envelope(envelope_at(attested_log(), SIZE - 1)),
            receipt=receipt_at(attested_log(), SIZE - 1),
        ),
        "attestation.not_one",
    ),
    "a confirmation": (lambda: _of(kind="AttestationConfirmed.v1"), "attestation.not_one"),
    "an attestation by somebody else": (lambda: _of(actor="lead-9"), "attestation.not_by_the_log"),
    "an attestation of what was not there yet": (lambda: _of(size=SIZE + 1), "attestation.too_early"),
    "another round's attestation": (lambda: _of(round="2017"), "attestation.other_round"),
    "another state": (lambda: _of(state_root="00" * 32), "proof.other_root"),
    "another number of items": (lambda: _of(count=13), "state.other_count"),
    "a proof out of another state": (
        lambda: attested_item(tree=StateTree(ITEMS, OTHER_SECRET)),
        "proof.other_root",
    ),
    "a proof out of another round": (
        lambda: attested_item("2015/STC/A1.1", tree=StateTree((), OTHER_SECRET)),
        "attestation.other_round",
    ),
    "a state root that is none": (lambda: _of(state_root="zz" * 32), "attestation.malformed"),
    "a count as text": (lambda: _of(count="12"), "attestation.malformed"),
    "a field more": (lambda: _of(more=1), "attestation.malformed"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_the_log_did_not_attest_is_refused(wrong: str) -> None:
    """Every link of the chain from the number to the checkpoint is checked."""
    made, rule = REFUSED[wrong]
    assert verify(made()) == rule


def test_an_item_is_not_taken_for_another_one() -> None:
    """Who asked for one cell is not content with the proof of another."""
    assert verify(GOOD, KEYS[0]) == "state.other_key"


def test_a_witness_key_is_not_the_logs() -> None:
    """Without the log's own key among those trusted, nothing stands."""
    assert verify(GOOD, None, WITNESSES[0].vkey) == "note.no_known_signature"


def _changed(**changes: object) -> bytes:
    return canonical.encode(json.loads(DATA) | changes)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"[]", "file"),
        (_changed(more=1), "file"),
        (_changed(v="minhchung.attested-item/v2"), "v"),
        (_changed(receipt=1), "receipt"),
        (_changed(receipt="a"), "receipt"),
        (_changed(receipt=""), "receipt"),
    ],
)
def test_what_is_not_the_file_is_not_read(data: bytes, field: str) -> None:
    """The refusal names the field."""
    with pytest.raises(AttestationError) as refused:
        parse_attested_item(data)
    assert (refused.value.rule, refused.value.facts) == ("attestation.malformed", {"field": field})


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (DATA + b" ", "bytes.not_canonical"),
        (_changed(proof={}), "state.malformed"),
        (_changed(envelope={}), "envelope.not_canonical"),
    ],
)
def test_the_file_has_one_spelling(data: bytes, rule: str) -> None:
    """Any other way to write it, or its parts, is refused."""
    assert rule_of(lambda: parse_attested_item(data)) == rule
