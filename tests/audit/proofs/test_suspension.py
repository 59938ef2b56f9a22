"""Suspension: for a while a key signs nothing; its holder's place stays taken, and registrars decide on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.proofs.errors import KeyringError
from audit.proofs.keyring import LOG_ACTOR, REINSTATED, ROTATED, SUSPENDED, SUSPENSIONS, Suspension
from audit.proofs.statement import Envelope
from audit.proofs.verifier import verify_log
from tests.audit.proofs.logs import KEYS, REGISTRARS, SPARE_KEY, Journal, base64_of, cell
from tests.audit.proofs.test_keyring import SCORE, admit, given, opening, refusal

HEAD = KEYS["head-snv"].public_key.id
Stating = Callable[[Journal], Envelope]


@pytest.mark.parametrize("by", [(), REGISTRARS[:2], REGISTRARS])
def test_suspended_key_signs_nothing_until_it_is_reinstated(by: tuple[str, ...]) -> None:
    """From the position of its suspension to that of its reinstatement a key is refused, and not beyond."""
    journal = Journal()
    early, during, late = (journal.one("head-snv", SCORE, {}, counter=n) for n in (1, 2, 2))
    keyring = given(*opening(journal), early, journal.suspension("head-snv", *by))
    with pytest.raises(KeyringError) as refused:
        admit(keyring, during, 5)
    assert (refused.value.rule, refused.value.facts) == ("key.suspended", {"key": HEAD, "since": 4})
    assert keyring.records[HEAD].suspended_at == 4
    admit(keyring, journal.reinstatement("head-snv"), 5)
    assert keyring.records[HEAD].suspensions == (Suspension(4, 5),)
    assert keyring.records[HEAD].suspended_at is None
    assert refusal(keyring, late, 6) == "admitted"


def test_suspension_is_repeated_after_a_reinstatement() -> None:
    """A key may be suspended again; each time is kept with its beginning and its end."""
    journal = Journal()
    acts = [journal.suspension("head-snv"), journal.reinstatement("head-snv"), journal.suspension("head-snv")]
    keyring = given(*opening(journal), *acts)
    assert keyring.records[HEAD].suspensions == (Suspension(3, 4), Suspension(5))


def test_suspended_key_stays_its_holders() -> None:
    """Nobody gets a second key while the first is suspended."""
    journal = Journal()
    keyring = given(*opening(journal), journal.suspension("head-snv"))
    assert keyring.holder_key("head-snv") == keyring.records[HEAD]
    journal.keys["head-snv"] = SPARE_KEY
    assert refusal(keyring, journal.enrolment("head-snv"), 4) == "key.actor_has_key"


def test_suspended_registrar_does_not_count() -> None:
    """A registrar whose key is suspended signs no key event either."""
    journal = Journal()
    keyring = given(*opening(journal), journal.suspension("reg-1"))
    assert refusal(keyring, journal.enrolment("lead-9", "reg-1", "reg-2"), 4) == "key.suspended"
    assert refusal(keyring, journal.enrolment("lead-9", "reg-2", "reg-3"), 4) == "admitted"


def test_joint_statement_with_a_suspended_key_is_refused() -> None:
    """One suspended key spoils a statement of several."""
    journal = Journal()
    keyring = given(*opening(journal), journal.suspension("head-stc"))
    assert refusal(keyring, journal.several(("head-snv", "head-stc"), "MinutesSigned.v1", {}), 4) == (
        "key.suspended"
    )


def test_registrars_revoke_a_suspended_key() -> None:
    """A suspended key cannot revoke itself; the registrars can, and it is not reinstated after that."""
    journal = Journal()
    keyring = given(*opening(journal), journal.suspension("head-snv"))
    assert refusal(keyring, journal.revocation("head-snv"), 4) == "key.suspended"
    admit(keyring, journal.revocation("head-snv", "reg-1", "reg-2"), 4)
    assert refusal(keyring, journal.reinstatement("head-snv"), 5) == "key.revoked"
    assert refusal(keyring, journal.suspension("head-snv", *REGISTRARS), 5) == "key.revoked"


def _rotation_by(
    journal: Journal, *registrars: str, replaces: str = HEAD, actor: str = "head-snv"
) -> Envelope:
    body = {"actor": actor, "public_key": base64_of(SPARE_KEY), "custody": "person", "replaces": replaces}
    return journal.several(registrars, ROTATED, body, (actor, SPARE_KEY))


def test_registrars_rotate_a_suspended_key() -> None:
    """Where the old key is suspended, a quorum of registrars signs the rotation in its place."""
    journal = Journal()
    keyring = given(*opening(journal))
    assert refusal(keyring, _rotation_by(journal, *REGISTRARS)) == "key.not_the_holder"
    admit(keyring, journal.suspension("head-snv"), 3)
    assert refusal(keyring, _rotation_by(journal, "head-snv"), 4) == "key.suspended"
    assert refusal(keyring, _rotation_by(journal, "reg-1"), 4) == "key.registrars_needed"
    assert refusal(keyring, _rotation_by(journal, "reg-1", "head-stc"), 4) == "key.registrars_needed"
    of_another = _rotation_by(journal, *REGISTRARS, actor="head-stc")
    assert refusal(keyring, of_another, 4) == "key.not_the_holder"
    admit(keyring, _rotation_by(journal, "reg-1", "reg-3"), 4)
    assert keyring.records[HEAD].ended_at == 4
    assert refusal(keyring, _rotation_by(journal, "reg-1", "reg-3"), 5) == "key.already_enrolled"
    journal.keys["head-snv"] = SPARE_KEY
    assert refusal(keyring, journal.one("head-snv", SCORE, {}), 5) == "admitted"


def _suspend(journal: Journal, *by: str, kind: str = SUSPENDED, **change: Any) -> Envelope:
    body = {"key": HEAD, **({"category": "SUSPECTED"} if kind == SUSPENDED else {}), **change}
    return journal.several(by or ("reg-1", "reg-2"), kind, body)


LOG_KEY = KEYS[LOG_ACTOR].public_key.id
SUSPENSIONS_REFUSED: dict[str, tuple[Stating, str]] = {
    "by one registrar": (lambda j: _suspend(j, "reg-1"), "key.registrars_needed"),
    "by another head": (lambda j: _suspend(j, "head-stc"), "key.registrars_needed"),
    "by its holder and a registrar": (lambda j: _suspend(j, "head-snv", "reg-1"), "key.registrars_needed"),
    "of the log's key": (lambda j: _suspend(j, key=LOG_KEY), "key.of_the_log"),
    "of a key nobody has": (lambda j: _suspend(j, key="ab" * 32), "key.unknown"),
    "of a key that is a number": (lambda j: _suspend(j, key=7), "key.malformed"),
    "for a reason of revocations": (lambda j: _suspend(j, category="LOST"), "key.malformed"),
    "for no reason": (lambda j: _suspend(j, category=None), "key.malformed"),
    "until some day": (lambda j: _suspend(j, until="2017-03-01"), "key.malformed"),
    "by one person's own statement": (
        lambda j: j.one("head-snv", SUSPENDED, {"key": HEAD, "category": "SUSPECTED"}),
        "key.malformed",
    ),
    "in the stream of a cell": (
        lambda j: j.several(
            ("head-snv",), SUSPENDED, {"key": HEAD, "category": "SUSPECTED"}, **cell("SNV", 0)
        ),
        "key.malformed",
    ),
    "reinstating what is not suspended": (lambda j: _suspend(j, kind=REINSTATED), "key.not_suspended"),
    "reinstating the log's key": (lambda j: _suspend(j, kind=REINSTATED, key=LOG_KEY), "key.of_the_log"),
    "reinstating for a reason": (
        lambda j: _suspend(j, kind=REINSTATED, category="SUSPECTED"),
        "key.malformed",
    ),
}


@pytest.mark.parametrize("case", SUSPENSIONS_REFUSED)
def test_refuses_suspension(case: str) -> None:
    """Neither holder nor quorum, no key of a person, no known reason: refused, and the key stays valid."""
    state, rule = SUSPENSIONS_REFUSED[case]
    journal = Journal()
    keyring = given(*opening(journal))
    assert refusal(keyring, state(journal)) == rule
    assert keyring.records[HEAD].suspensions == ()
    assert refusal(keyring, _suspend(journal)) == "admitted"
    assert refusal(keyring, _suspend(journal), 4) == "key.suspended"


@pytest.mark.parametrize("category", SUSPENSIONS)
def test_suspension_names_a_known_reason(category: str) -> None:
    """Each of the reasons is taken."""
    journal = Journal()
    assert refusal(given(*opening(journal)), _suspend(journal, category=category)) == "admitted"


REINSTATEMENTS_REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "by its holder": (("head-snv",), "key.suspended"),
    "by one registrar": (("reg-1",), "key.registrars_needed"),
    "by another head": (("head-stc",), "key.registrars_needed"),
    "by the log": ((LOG_ACTOR,), "key.registrars_needed"),
    "by registrars and its holder": (("reg-1", "reg-2", "head-snv"), "key.suspended"),
}


@pytest.mark.parametrize("case", REINSTATEMENTS_REFUSED)
def test_refuses_reinstatement(case: str) -> None:
    """Only a quorum of registrars reinstates: whoever stole a key cannot undo its suspension."""
    by, rule = REINSTATEMENTS_REFUSED[case]
    journal = Journal()
    keyring = given(*opening(journal), journal.suspension("head-snv"))
    assert refusal(keyring, journal.reinstatement("head-snv", *by), 4) == rule
    assert keyring.records[HEAD].suspended_at == 3


def test_a_fork_keeps_a_suspension_to_itself() -> None:
    """What a fork suspends is suspended in its parent only once it settles."""
    journal = Journal()
    keyring = given(*opening(journal))
    fork = keyring.fork()
    admit(fork, journal.suspension("head-snv"), 3)
    assert (keyring.records[HEAD].suspended_at, fork.records[HEAD].suspended_at) == (None, 3)
    fork.settle()
    assert keyring.records[HEAD].suspended_at == 3


def test_verifier_names_what_a_suspended_key_signed() -> None:
    """In a log that took it all the same, the verifier finds the statement by its position."""
    journal = Journal()
    for envelope in [*opening(journal), journal.suspension("head-snv")]:
        journal.enter(envelope)
        journal.commit()
    journal.enter(journal.one("head-snv", SCORE, {"points": "1"}, **cell("SNV", 0)))
    journal.enter(journal.reinstatement("head-snv"))
    journal.enter(journal.one("head-snv", SCORE, {"points": "1"}, **cell("SNV", 1), counter=1))
    journal.commit()
    (found,) = [f for f in verify_log(journal.copy()).findings if f.layer == "registry"]
    assert (found.layer, found.position, found.rule) == ("registry", 4, "key.suspended")
