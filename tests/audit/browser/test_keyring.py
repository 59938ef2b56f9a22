"""The keyring in JavaScript: told the same story, it says the same at each index."""

from __future__ import annotations

import random
from typing import Any

import pytest

from audit.proofs.errors import AuditError
from audit.proofs.keyring import GENESIS, LOG_ACTOR, Keyring
from audit.proofs.statement import Envelope, parse_statement, verify_signatures
from tests.audit.browser.asked import Asked
from tests.audit.browser.heard import stories
from tests.audit.proofs.logs import KEYS, REGISTRARS, SPARE_KEY, Journal, cell, genesis_body
from tests.audit.proofs.test_promise import REFUSED, VKEYS

pytestmark = pytest.mark.node
MODULES = ("test_keyring", "test_suspension", "test_authorship", "test_log_key_rotation", "test_certificate")
SCORE = "SelfScoreDeclared.v1"
PROMISES = ({"witnesses": VKEYS, "quorum": 2}, *REFUSED.values())
"""What logs promise of witnesses, with sense and without."""


def compare(node: Asked, keyring: Keyring, told: list[tuple[Envelope, int, str]]) -> None:
    """Tell JavaScript a story; it admits and refuses the same, and knows the same keys and doubts."""
    found = node("story", [{"envelope": envelope.encode(), "position": at} for envelope, at, _ in told])
    assert found["answers"] == [rule for _, _, rule in told]
    contested = [{"position": at, "authorship": one.value} for at, one in keyring.contested().items()]
    assert found["contested"] == contested
    assert found["log"] == [[since, key.id] for since, key in keyring.log_keys]


@pytest.mark.parametrize("module", MODULES)
def test_the_same_story_is_judged_alike(module: str, node: Asked) -> None:
    """Every story of the tests in Python: what is admitted and by which rule it is refused."""
    found = [story for story in stories(module) if story.told]
    for story in found:
        compare(node, story.keyring, story.told)
    assert len(found) >= 10


def opened_with(promise: object) -> Envelope:
    """Open a log that promises so."""
    body = genesis_body(KEYS) | {"witness_policy": promise}
    return Journal().several((LOG_ACTOR, *REGISTRARS), GENESIS, body)


@pytest.mark.parametrize("stated", PROMISES)
def test_promises_of_witnesses_are_judged_alike(stated: object, node: Asked) -> None:
    """A log whose promise has no sense is opened in neither."""
    keyring, envelope = Keyring(), opened_with(stated)
    compare(node, keyring, [(envelope, 0, _admitted(keyring, envelope, 0))])


@pytest.mark.parametrize("seed", range(12))
def test_stories_made_at_random_are_judged_alike(seed: int, node: Asked) -> None:
    """Keys enrolled, rotated, suspended, revoked and spoken for in any order, sensible or not."""
    chance = random.Random(seed)  # noqa: S311 - to find, not to hide
    journal, keyring = Journal(), Keyring()
    told: list[tuple[Envelope, int, str]] = []
    for envelope in [journal.genesis(), *(_something(journal, chance) for _ in range(60))]:
        position = sum(rule == "admitted" for _, _, rule in told)
        told.append((envelope, position, _admitted(keyring, envelope, position)))
    compare(node, keyring, told)


def _admitted(keyring: Keyring, envelope: Envelope, position: int) -> str:
    try:
        statement = parse_statement(envelope.payload)
        verify_signatures(envelope, statement, keyring.keys_for(statement))
        keyring.check(statement, position)
    except AuditError as wrong:
        return wrong.rule
    keyring.follow(statement, position)
    return "admitted"


def _something(journal: Journal, chance: random.Random) -> Envelope:
    """Sign the next thing; what is malformed is not signed at all."""
    while True:
        try:
            return _anything(journal, chance)
        except AuditError:
            continue


def _anything(journal: Journal, chance: random.Random) -> Envelope:
    """Sign the next thing, by whoever comes up."""
    actor, kind = chance.choice(("head-snv", "head-stc", "lead-9")), chance.randrange(9)
    registrars = chance.sample(REGISTRARS, chance.randint(1, 3))
    if kind == 0:
        return journal.enrolment(actor, *registrars)
    if kind == 1:
        return journal.rotation(actor, chance.choice((SPARE_KEY, KEYS[actor], KEYS["reg-1"])))
    if kind == 2:
        since: dict[str, Any] = {"compromised_since": chance.randint(0, 20)} if chance.random() < 0.7 else {}
        return journal.revocation(actor, *chance.choice(((), registrars)), **since)
    if kind == 3:
        return journal.suspension(actor, *chance.choice(((), registrars)))
    if kind == 4:
        return journal.reinstatement(actor, *registrars)
    if kind == 5:
        first = chance.randint(0, 20)
        of = chance.choice(({"first": first, "last": first + 4}, {"positions": [first]}))
        word = chance.choice(("StatementReaffirmed.v1", "StatementRepudiated.v1"))
        return journal.word(word, actor, chance.choice((SPARE_KEY, KEYS[actor])), **of)
    return journal.one(actor, SCORE, {"points": "1"}, **cell("SNV", 0))


def bound_twice() -> list[Envelope]:
    """Sign a story in which one certificate is bound again, and by another, and a key event has a file."""
    journal, certificate = Journal(), "ab" * 32
    told = [journal.genesis(), journal.enrolment("head-snv"), journal.enrolment("head-stc")]
    told += [journal.binding(actor, "x", certificate)[0] for actor in ("head-snv", "head-snv", "head-stc")]
    attachment = {"sha256": "ab" * 32, "size": 1, "media_type": "application/pdf"}
    body = {"key": KEYS["head-snv"].public_key.id, "category": "SUSPECTED"}
    told.append(journal.several(("head-snv",), "KeySuspended.v1", body, attachments=[attachment]))
    return told


def test_a_certificate_is_bound_once(node: Asked) -> None:
    """Bound again or by another actor it is refused, and so is a key event with a file."""
    keyring, told = Keyring(), list[tuple[Envelope, int, str]]()
    for position, envelope in enumerate(bound_twice()):
        told.append((envelope, position, _admitted(keyring, envelope, position)))
    compare(node, keyring, told)
    rules = ["certificate.bound_already", "certificate.of_another_actor", "key.malformed"]
    assert [rule for _, _, rule in told[4:]] == rules
