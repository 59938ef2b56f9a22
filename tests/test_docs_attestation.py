"""The page on attestations: its examples verify as the page says, and its tables are those of the code."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from audit.proofs import canonical, state_proof
from audit.proofs.attested import AttestedItem, parse_attested_item, read_attestation, verify_attested_item
from audit.proofs.errors import AuditError
from audit.proofs.state import BLINDING, StateProof, blindings
from audit.proofs.state_proof import parse_state_proof, verify_state_proof
from audit.proofs.statement import parse_statement
from domain.published import FOLD
from domain.stated.attestation import AttestationConfirmed, ProjectionAttested
from tests.page_attestation import ABSENT, PROVED, state_tree
from tests.page_proofs import LOG_VKEY
from tests.pages import code, page_log
from tests.test_docs import AT, page, table, words

PAGE = "attestation.md"


def item() -> AttestedItem:
    """Read the attested item of the page."""
    return parse_attested_item(code(PAGE, "attested item").strip().encode())


def proof(name: str) -> StateProof:
    """Read a state proof of the page."""
    return parse_state_proof(canonical.encode(json.loads(code(PAGE, name))))


def test_the_item_on_the_page_is_attested() -> None:
    """The file proves the cell under the log's key, and holds the proof and attestation shown above it."""
    verify_attested_item(item(), vkeys=[LOG_VKEY], key=PROVED)
    assert item().proof == proof("state proof")
    assert canonical.encode(json.loads(code(PAGE, "attestation"))) == item().envelope.payload


def test_an_edited_item_on_the_page_is_not() -> None:
    """It is not accepted by accident: with other points it leads to another root."""
    stated = json.loads(code(PAGE, "attested item"))
    stated["proof"]["shown"][0]["value"]["points"] = "9"
    edited = canonical.encode(stated)
    with pytest.raises(AuditError, match=r"proof\.other_root"):
        verify_attested_item(parse_attested_item(edited), vkeys=[LOG_VKEY])


def test_the_absence_on_the_page_is_proved() -> None:
    """By its two neighbours, under the attested root."""
    stated = read_attestation(parse_statement(item().envelope.payload))
    absent = proof("proof of absence")
    verify_state_proof(absent, key=ABSENT, count=stated.count, root=bytes.fromhex(stated.state_root))
    assert len(absent.shown) == 2


def test_the_secret_on_the_page_makes_the_blinding_of_the_item() -> None:
    """As the grammar says, from the label that stands there."""
    (shown,) = item().proof.shown
    made = list(blindings(bytes.fromhex(code(PAGE, "secret").strip()), item().proof.count))
    assert made[shown.index] == shown.blinding
    assert f"`{BLINDING.decode().strip()}`" in page(PAGE)


def test_the_attestation_on_the_page_follows_its_publication() -> None:
    """The size is that of the publication, the position the next one."""
    stated = read_attestation(parse_statement(item().envelope.payload))
    assert (stated.size, AT["attested 1"]) == (AT["published 1"] + 1, AT["published 1"] + 1)


@pytest.mark.parametrize("kind", [ProjectionAttested, AttestationConfirmed])
def test_every_field_of_the_statements_is_on_the_page(kind: type) -> None:
    """The table is the closed set."""
    assert [words(row[0])[0] for row in table(page(PAGE), "field")] == [f.name for f in fields(kind)]
    assert f"`{FOLD}`" in page(PAGE)


@pytest.mark.parametrize("of", ["criterion", "total", "rank"])
def test_every_kind_of_item_is_on_the_page_with_what_it_says(of: str) -> None:
    """The names of its values on the page are those that a publication holds."""
    listed = {words(row[0])[0].rpartition("/")[2]: words(row[1]) for row in table(page(PAGE), "key")}
    items = state_tree(page_log().entries).items
    key = PROVED if of == "criterion" else f"2016/SNV/{of}"
    (its,) = (item.value for item in items if item.key == key)
    assert (listed[of], len(listed)) == ([name for name, _ in its], 3)


def test_limits_are_those_of_the_code() -> None:
    """What may be how long is written out."""
    assert f"{state_proof.MAX_PROOF:,}" in page(PAGE)
    assert f"at most {state_proof.MAX_HASHES}" in page(PAGE)
