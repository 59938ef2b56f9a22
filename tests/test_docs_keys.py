"""The page on keys, after the end of the small log: its examples are admitted as the page says."""

from __future__ import annotations

import json

import pytest

from audit.proofs import canonical
from audit.proofs.authorship import Authorship
from audit.proofs.certificate import verify_binding
from audit.proofs.commitment import Opening, verify_opening
from audit.proofs.errors import KeyringError
from audit.proofs.keyring import Keyring
from audit.proofs.statement import parse_statement, verify_signatures
from tests.page_keys import LABELS, NEWEST_KEY, RECEIVED, SALT, certificates, digest, made, signed_for
from tests.page_storage import keyring_at
from tests.page_story import NEXT_KEY, PAGES
from tests.pages import code, page_log

SIZE = len(page_log().entries)
AFTER = made(page_log())
KEY = NEWEST_KEY.public_key.id


def _up_to(label: str) -> Keyring:
    """Admit what is stated after the small log, up to and with a label."""
    keys = keyring_at(page_log(), SIZE)
    for position, name in enumerate(LABELS[: LABELS.index(label) + 1], start=SIZE):
        statement = parse_statement(AFTER[name].payload)
        verify_signatures(AFTER[name], statement, keys.keys_for(statement))
        keys.check(statement, position)
        keys.follow(statement, position)
    return keys


@pytest.mark.parametrize("label", ["suspension", "repudiation", "binding"])
def test_the_statement_on_the_page_is_the_one_that_is_admitted(label: str) -> None:
    """What is shown is what was signed, and the keyring takes it where the page says."""
    shown = canonical.encode(json.loads(code("keys.md", f"{label} payload")))
    assert shown == AFTER[label].payload
    _up_to(label)


def test_the_repudiation_on_the_page_settles_the_doubt_of_the_revocation() -> None:
    """The one statement that the compromised key signed is contested, and then repudiated by its owner."""
    rotation = page_log().labels["rotation"]
    assert _up_to("enrolment anew").contested() == {rotation: Authorship.CONTESTED}
    assert _up_to("repudiation").contested(NEXT_KEY.public_key.id) == {rotation: Authorship.REPUDIATED}
    page = (PAGES / "keys.md").read_text("utf-8")
    assert f"position {rotation} was not theirs" in page
    assert f"enrolled at position {SIZE}" in page


def test_the_suspension_on_the_page_holds_until_the_reinstatement() -> None:
    """In between the key signs nothing: the binding is refused there, and admitted after."""
    with pytest.raises(KeyringError, match=r"key\.suspended"):
        _up_to("suspension").check(parse_statement(AFTER["binding"].payload), SIZE + 3)
    assert _up_to("reinstatement").records[KEY].suspended_at is None


def test_the_certificate_on_the_page_is_bound() -> None:
    """Its chain is what was committed to and leads to its anchor; the card signed the lines of the page."""
    statement = parse_statement(AFTER["binding"].payload)
    chain = code("keys.md", "chain of certificates").removesuffix("\n")
    verify_opening(statement, Opening("certificates", SALT, chain))
    anchors = [digest(certificates()[-1])]
    found = verify_binding(statement, chain, _up_to("binding"), RECEIVED, anchors)
    assert (found.subject, found.issuer) == ("CN=snv-2 (minh họa)", "CN=CA minh họa")
    assert code("keys.md", "proof of possession").encode() == signed_for(SIZE)
