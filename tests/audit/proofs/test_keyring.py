"""The keyring: given what the log says of keys, one more statement may bear them, or is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from audit.proofs.errors import AuditError, KeyringError
from audit.proofs.keyring import CUSTODIES, ENROLLED, GENESIS, LOG_ACTOR, REVOKED, ROTATED, Keyring
from audit.proofs.keys import SigningKey
from audit.proofs.statement import Envelope, parse_statement, verify_signatures
from tests.audit.proofs.logs import (
    KEYS,
    REGISTRARS,
    SPARE_KEY,
    Journal,
    base64_of,
    cell,
    genesis_body,
    real_keys,
    registrar,
)

REAL_ORIGIN = "noi-vu.example/log"
SCORE = "SelfScoreDeclared.v1"
NEW = KEYS["lead-9"]
IDENTITY = base64.b64encode(b"\1" + bytes(31)).decode()


def admit(keyring: Keyring, envelope: Envelope, position: int) -> None:
    """Check signatures and keys of a statement, then take it in."""
    statement = parse_statement(envelope.payload)
    verify_signatures(envelope, statement, keyring.keys_for(statement))
    keyring.check(statement, position)
    keyring.follow(statement, position)


def given(*stated: Envelope) -> Keyring:
    """Return the keyring after statements that are all admitted."""
    keyring = Keyring()
    for position, envelope in enumerate(stated):
        admit(keyring, envelope, position)
    return keyring


def refusal(keyring: Keyring, envelope: Envelope, position: int = 3) -> str:
    """Return the rule by which the next statement is refused; `admitted` when it is not."""
    try:
        admit(keyring, envelope, position)
    except AuditError as wrong:
        return wrong.rule
    return "admitted"


def opening(journal: Journal) -> list[Envelope]:
    """Return genesis and the enrolment of two agency heads."""
    return [journal.genesis(), journal.enrolment("head-snv"), journal.enrolment("head-stc")]


# --- genesis --------------------------------------------------------------------------------------------


def test_genesis_names_the_first_keys() -> None:
    """After genesis the log's key and the registrars' are known, and nobody else's."""
    keyring = given(Journal().genesis())
    assert (keyring.genesis.log_key, keyring.genesis.quorum) == (KEYS[LOG_ACTOR].public_key, 2)
    assert (keyring.genesis.registrars, keyring.genesis.clock) == (frozenset(REGISTRARS), "scripted")
    known = {
        record.actor: (key, record.enrolled_at, record.custody) for key, record in keyring.records.items()
    }
    assert known == {LOG_ACTOR: (KEYS[LOG_ACTOR].public_key.id, 0, "platform")} | {
        actor: (KEYS[actor].public_key.id, 0, "person") for actor in REGISTRARS
    }
    assert keyring.holder_key("head-snv") is None


@pytest.mark.parametrize("custody", CUSTODIES)
def test_genesis_says_who_keeps_a_registrar_key(custody: str) -> None:
    """A registrar's key is kept as genesis states it: by the person, or by the platform."""
    kept = [registrar(actor, KEYS[actor], custody) for actor in REGISTRARS]
    keyring = given(_genesis(registrars=kept))
    assert {r.custody for r in keyring.records.values() if r.actor != LOG_ACTOR} == {custody}


def _genesis(*without: str, signers: Sequence[str] = (LOG_ACTOR, *REGISTRARS), **change: Any) -> Envelope:
    body = genesis_body(KEYS) | {name: value for name, value in change.items() if name in genesis_body(KEYS)}
    others = {name: value for name, value in change.items() if name not in body}
    kept = {name: value for name, value in body.items() if name not in without}
    return Journal().several(signers, GENESIS, kept, **others)


ONE, TWO, THREE = (registrar(actor, KEYS[actor]) for actor in REGISTRARS)
MALFORMED = "genesis.malformed"

GENESES: dict[str, tuple[Envelope, str]] = {
    "no log key": (_genesis("log_key"), "key.malformed"),
    "no registrars": (_genesis("registrars"), "key.malformed"),
    "no quorum": (_genesis("quorum"), MALFORMED),
    "no clock": (_genesis("clock"), MALFORMED),
    "registrars are a number": (_genesis(registrars=3), "key.malformed"),
    "registrars are text": (_genesis(registrars="reg"), "key.malformed"),
    "registrars are an object": (_genesis(registrars={"reg-1": ONE}), "key.malformed"),
    "a registrar without key": (_genesis(registrars=[{"actor": "reg-1"}, TWO, THREE]), "key.malformed"),
    "a registrar without name": (
        _genesis(registrars=[{name: ONE[name] for name in ("public_key", "custody")}, TWO, THREE]),
        MALFORMED,
    ),
    "a registrar without custody": (
        _genesis(registrars=[{name: ONE[name] for name in ("public_key", "actor")}, TWO, THREE]),
        MALFORMED,
    ),
    "a custody nobody knows": (_genesis(registrars=[ONE | {"custody": "bank"}, TWO, THREE]), MALFORMED),
    "a custody that is a list": (_genesis(registrars=[ONE | {"custody": ["person"]}, TWO, THREE]), MALFORMED),
    "a registrar whose name is a list": (
        _genesis(registrars=[ONE | {"actor": ["reg-1"]}, TWO, THREE]),
        MALFORMED,
    ),
    "log key is null": (_genesis(log_key=None), "key.malformed"),
    "log key is a number": (_genesis(log_key=7), "key.malformed"),
    "log key without padding": (_genesis(log_key=base64_of(KEYS[LOG_ACTOR])[:-1]), "key.malformed"),
    "log key not ASCII": (_genesis(log_key="khóa"), "key.malformed"),
    "log key of 31 bytes": (_genesis(log_key=base64.b64encode(bytes(31)).decode()), "key.unsafe"),
    "log key of low order": (_genesis(log_key=IDENTITY), "key.unsafe"),
    "a registrar's key of low order": (_genesis(registrars=[ONE | {"public_key": IDENTITY}]), "key.unsafe"),
    "empty registrars": (_genesis(registrars=[], signers=(LOG_ACTOR,)), MALFORMED),
    "quorum of none": (_genesis(quorum=0), MALFORMED),
    "quorum above the registrars": (_genesis(quorum=4), MALFORMED),
    "quorum is a boolean": (_genesis(quorum=True), MALFORMED),
    "quorum is text": (_genesis(quorum="2"), MALFORMED),
    "a registrar twice": (
        _genesis(registrars=[ONE, ONE, TWO], signers=(LOG_ACTOR, *REGISTRARS[:2])),
        MALFORMED,
    ),
    "two registrars with one key": (
        _genesis(registrars=[ONE, TWO | {"public_key": ONE["public_key"]}], signers=(LOG_ACTOR, "reg-1")),
        MALFORMED,
    ),
    "one registrar with two keys": (
        _genesis(registrars=[ONE, TWO | {"actor": "reg-1"}], signers=(LOG_ACTOR, *REGISTRARS[:2])),
        MALFORMED,
    ),
    "without the log's signature": (_genesis(signers=REGISTRARS), MALFORMED),
    "without a registrar's signature": (_genesis(signers=(LOG_ACTOR, *REGISTRARS[:2])), MALFORMED),
    "with fewer signatures needed than named": (_genesis(threshold=1), MALFORMED),
    "under names that are not the registrars'": (_genesis(actors=["log", "log", "log", "log"]), MALFORMED),
    "with a stranger's signature": (_genesis(signers=(LOG_ACTOR, *REGISTRARS, "lead-9")), "key.unknown"),
    "by one person": (Journal().one(LOG_ACTOR, GENESIS, genesis_body(KEYS)), MALFORMED),
    "with demo keys elsewhere": (Journal(origin=REAL_ORIGIN).genesis(), "key.demo"),
}


@pytest.mark.parametrize("case", GENESES)
def test_refuses_genesis(case: str) -> None:
    """Genesis with another body or other signers than it names is refused, by its rule."""
    envelope, rule = GENESES[case]
    assert refusal(Keyring(), _genesis(), 0) == "admitted"
    assert refusal(Keyring(), envelope, 0) == rule


@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_quorum_is_any_number_of_the_registrars(quorum: int) -> None:
    """From one registrar to all of them, as many as genesis says enrol a key, and fewer do not."""
    journal = Journal()
    opened = journal.several((LOG_ACTOR, *REGISTRARS), GENESIS, genesis_body(KEYS, quorum))
    keyring = given(opened)
    if quorum > 1:
        few = journal.enrolment("head-snv", *REGISTRARS[: quorum - 1])
        assert refusal(keyring, few, 1) == "key.registrars_needed"
    assert refusal(keyring, journal.enrolment("head-snv", *REGISTRARS[:quorum]), 1) == "admitted"


def test_genesis_opens_an_empty_log_once() -> None:
    """Genesis stands at position 0 and is never stated again."""
    assert refusal(Keyring(), Journal().genesis(), 1) == "genesis.misplaced"
    journal = Journal()
    assert refusal(given(journal.genesis()), journal.genesis(), 1) == "genesis.misplaced"
    assert refusal(given(journal.genesis()), journal.genesis(), 0) == "genesis.misplaced"


def test_nothing_goes_before_genesis() -> None:
    """On an empty log no key is known, and the complaint says that there is no genesis."""
    journal = Journal()
    enrolment, score = journal.enrolment("head-snv"), journal.one("head-snv", SCORE, {})
    assert refusal(Keyring(), score, 0) == "key.unknown"
    for envelope in (enrolment, score):
        with pytest.raises(KeyringError, match=r"genesis\.missing"):
            Keyring().check(parse_statement(envelope.payload), 0)
    with pytest.raises(KeyringError, match=r"genesis\.missing"):
        _ = Keyring().genesis


# --- enrolment ------------------------------------------------------------------------------------------


def test_enrolled_key_may_sign() -> None:
    """A key enrolled over possession and a quorum of registrars is its actor's from then on."""
    journal = Journal()
    keyring = given(*opening(journal), journal.enrolment("lead-9", "reg-3", "reg-1", custody="platform"))
    record = keyring.holder_key("lead-9")
    assert record is not None
    assert (record.public, record.actor, record.custody) == (NEW.public_key, "lead-9", "platform")
    assert (record.enrolled_at, record.ended_at) == (3, None)
    assert refusal(keyring, journal.one("lead-9", SCORE, {}), 4) == "admitted"


def _enrol(journal: Journal, *registrars: str, **change: Any) -> Envelope:
    body = {"actor": "lead-9", "public_key": base64_of(NEW), "custody": "person"}
    others = {name: change.pop(name) for name in ("threshold", "actors") if name in change}
    return journal.several(registrars or REGISTRARS[:2], ENROLLED, body | change, ("lead-9", NEW), **others)


def _renamed(*pairs: tuple[str, str]) -> list[str]:
    """Actors' names as a statement lists them: in the order of their keys."""
    return [name for _, name in sorted((KEYS[key].public_key.id, name) for key, name in pairs)]


Stating = Callable[[Journal], Envelope]
ENROLMENTS: dict[str, tuple[Stating, str]] = {
    "one registrar of two": (lambda j: _enrol(j, "reg-1"), "key.registrars_needed"),
    "no registrar": (
        lambda j: j.several((), ENROLLED, _body_of(_enrol(j)), ("lead-9", NEW)),
        "key.registrars_needed",
    ),
    "a head in place of a registrar": (lambda j: _enrol(j, "reg-1", "head-snv"), "key.registrars_needed"),
    "a head beside the registrars": (
        lambda j: _enrol(j, "reg-1", "reg-2", "head-snv"),
        "key.registrars_needed",
    ),
    "the log's key in place of a registrar": (
        lambda j: _enrol(j, "reg-1", LOG_ACTOR),
        "key.registrars_needed",
    ),
    "a head under a registrar's name": (
        lambda j: _enrol(
            j,
            "reg-1",
            "head-snv",
            actors=_renamed(("reg-1", "reg-1"), ("head-snv", "reg-2"), ("lead-9", "lead-9")),
        ),
        "key.other_actor",
    ),
    "without possession": (
        lambda j: j.several(REGISTRARS[:2], ENROLLED, _body_of(_enrol(j))),
        "key.no_possession",
    ),
    "possession shown for another actor": (lambda j: _enrol(j, actor="head-x"), "key.no_possession"),
    "possession shown by another actor": (
        lambda j: _enrol(j, actors=_renamed(("reg-1", "reg-1"), ("reg-2", "reg-2"), ("lead-9", "head-x"))),
        "key.no_possession",
    ),
    "a key that is enrolled already": (
        lambda j: j.several(
            REGISTRARS[:2],
            ENROLLED,
            {"actor": "lead-9", "public_key": base64_of(KEYS["head-stc"]), "custody": "person"},
            ("lead-9", KEYS["head-stc"]),
        ),
        "key.already_enrolled",
    ),
    "a second key for an actor": (
        lambda j: j.several(
            REGISTRARS[:2],
            ENROLLED,
            {"actor": "head-snv", "public_key": base64_of(SPARE_KEY), "custody": "person"},
            ("head-snv", SPARE_KEY),
        ),
        "key.actor_has_key",
    ),
    "custody unheard of": (lambda j: _enrol(j, custody="cloud"), "key.malformed"),
    "custody null": (lambda j: _enrol(j, custody=None), "key.malformed"),
    "a field more": (lambda j: _enrol(j, name="An"), "key.malformed"),
    "actor as a list": (lambda j: _enrol(j, actor=["lead-9"]), "key.malformed"),
    "key as a number": (lambda j: _enrol(j, public_key=1), "key.malformed"),
    "key without padding": (lambda j: _enrol(j, public_key=base64_of(NEW)[:-1]), "key.malformed"),
    "key of low order": (lambda j: _enrol(j, public_key=IDENTITY), "key.unsafe"),
    "fewer signatures needed than named": (lambda j: _enrol(j, threshold=2), "key.malformed"),
    "by one person": (lambda j: j.one("reg-1", ENROLLED, _body_of(_enrol(j))), "key.malformed"),
    "empty body": (lambda j: j.several(REGISTRARS[:2], ENROLLED, {}), "key.malformed"),
    "body without custody": (
        lambda j: j.several(
            REGISTRARS[:2], ENROLLED, {"actor": "lead-9", "public_key": base64_of(NEW)}, ("lead-9", NEW)
        ),
        "key.malformed",
    ),
}


def _body_of(envelope: Envelope) -> dict[str, Any]:
    return dict(parse_statement(envelope.payload).body)


@pytest.mark.parametrize("case", ENROLMENTS)
def test_refuses_enrolment(case: str) -> None:
    """An enrolment that differs in this from a good one is refused, by its rule, and leaves no key."""
    state, rule = ENROLMENTS[case]
    journal = Journal()
    keyring = given(*opening(journal))
    assert refusal(keyring, state(journal)) == rule
    assert keyring.holder_key("lead-9") is None
    assert refusal(keyring, _enrol(journal)) == "admitted"


def test_revoked_registrar_counts_no_more() -> None:
    """A registrar whose key has ended is refused; the quorum is met by those who remain."""
    journal = Journal()
    keyring = given(*opening(journal), journal.revocation("reg-1", "reg-2", "reg-3"))
    assert refusal(keyring, _enrol(journal, "reg-1", "reg-2"), 4) == "key.revoked"
    assert refusal(keyring, _enrol(journal, "reg-2", "reg-3"), 4) == "admitted"


# --- rotation -------------------------------------------------------------------------------------------


def test_rotated_key_takes_over() -> None:
    """After a rotation the new key signs from counter 1, and the old one not any more."""
    journal = Journal()
    before = [*opening(journal), journal.one("head-snv", SCORE, {})]
    late = journal.one("head-snv", SCORE, {})
    keyring = given(*before, journal.rotation("head-snv", SPARE_KEY))
    old = keyring.records[KEYS["head-snv"].public_key.id]
    assert (old.enrolled_at, old.ended_at, old.compromised_since) == (1, 4, None)
    assert keyring.holder_key("head-snv") == keyring.records[SPARE_KEY.public_key.id]
    assert refusal(keyring, late, 5) == "key.revoked"
    assert keyring.next_counter(SPARE_KEY.public_key.id) == 1
    assert refusal(keyring, journal.one("head-snv", SCORE, {}), 5) == "admitted"


def _rotate(journal: Journal, *signers: str, new: SigningKey = SPARE_KEY, **change: Any) -> Envelope:
    body = {
        "actor": "head-snv",
        "public_key": base64_of(new),
        "custody": "person",
        "replaces": KEYS["head-snv"].public_key.id,
    }
    threshold = {"threshold": change.pop("threshold")} if "threshold" in change else {}
    return journal.several(signers, ROTATED, body | change, ("head-snv", new), **threshold)


ROTATIONS: dict[str, tuple[Stating, str]] = {
    "without the old key": (_rotate, "key.not_the_holder"),
    "over another's key": (lambda j: _rotate(j, "head-stc"), "key.not_the_holder"),
    "by registrars": (lambda j: _rotate(j, "reg-1", "reg-2"), "key.not_the_holder"),
    "by its holder and another": (lambda j: _rotate(j, "head-snv", "head-stc"), "key.not_the_holder"),
    "of another's key, over one's own": (
        lambda j: _rotate(j, "head-snv", replaces=KEYS["head-stc"].public_key.id),
        "key.not_the_holder",
    ),
    "of a key nobody has": (lambda j: _rotate(j, "head-snv", replaces="ab" * 32), "key.not_the_holder"),
    "of one's own key to somebody else": (
        lambda j: _rotate(j, "head-stc", replaces=KEYS["head-stc"].public_key.id),
        "key.not_the_holder",
    ),
    "to a key of another actor": (
        lambda j: j.several(
            ("head-snv", "head-stc"),
            ROTATED,
            _body_of(_rotate(j, "head-snv")) | {"public_key": base64_of(KEYS["head-stc"])},
        ),
        "key.already_enrolled",
    ),
    "to the same key": (
        lambda j: j.several(
            ("head-snv",),
            ROTATED,
            _body_of(_rotate(j, "head-snv")) | {"public_key": base64_of(KEYS["head-snv"])},
        ),
        "key.already_enrolled",
    ),
    "without possession": (
        lambda j: j.several(("head-snv",), ROTATED, _body_of(_rotate(j, "head-snv"))),
        "key.no_possession",
    ),
    "for another actor": (lambda j: _rotate(j, "head-snv", actor="head-stc"), "key.no_possession"),
    "to a key of low order": (lambda j: _rotate(j, "head-snv", public_key=IDENTITY), "key.unsafe"),
    "into custody unheard of": (lambda j: _rotate(j, "head-snv", custody=""), "key.malformed"),
    "with a field more": (lambda j: _rotate(j, "head-snv", category="LOST"), "key.malformed"),
    "with fewer signatures needed than named": (
        lambda j: _rotate(j, "head-snv", threshold=1),
        "key.malformed",
    ),
}


@pytest.mark.parametrize("case", ROTATIONS)
def test_refuses_rotation(case: str) -> None:
    """A rotation that is not over both keys of one actor is refused, and the old key stays."""
    state, rule = ROTATIONS[case]
    journal = Journal()
    keyring = given(*opening(journal))
    assert refusal(keyring, state(journal)) == rule
    assert keyring.holder_key("head-snv") == keyring.records[KEYS["head-snv"].public_key.id]
    assert refusal(keyring, _rotate(journal, "head-snv")) == "admitted"


def test_replaced_key_is_not_rotated_again() -> None:
    """A key that was replaced cannot be the root of a second successor."""
    journal = Journal()
    again = _rotate(journal, "head-snv", new=NEW)
    keyring = given(*opening(journal), journal.rotation("head-snv", SPARE_KEY))
    assert refusal(keyring, again, 4) == "key.revoked"


# --- revocation -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [(), ("reg-1", "reg-2"), REGISTRARS])
def test_revoked_key_signs_no_more(by: tuple[str, ...]) -> None:
    """A key revoked by its holder or by the registrars is refused from that position on."""
    journal = Journal()
    late = journal.one("head-snv", SCORE, {})
    keyring = given(*opening(journal), journal.revocation("head-snv", *by, compromised_since=2))
    record = keyring.records[KEYS["head-snv"].public_key.id]
    assert (record.ended_at, record.compromised_since) == (3, 2)
    assert keyring.holder_key("head-snv") is None
    with pytest.raises(KeyringError) as refused:
        admit(keyring, late, 4)
    assert refused.value.rule == "key.revoked"
    assert refused.value.facts == {"key": KEYS["head-snv"].public_key.id, "since": 3}


def test_revoked_actor_is_enrolled_anew() -> None:
    """After a revocation the actor gets a new key; the old one never comes back."""
    journal = Journal()
    keyring = given(*opening(journal), journal.revocation("head-snv"))
    assert keyring.records[KEYS["head-snv"].public_key.id].compromised_since is None
    assert refusal(keyring, journal.enrolment("head-snv"), 4) == "key.already_enrolled"
    journal.keys["head-snv"] = SPARE_KEY
    assert refusal(keyring, journal.enrolment("head-snv"), 4) == "admitted"
    assert refusal(keyring, journal.one("head-snv", SCORE, {}), 5) == "admitted"


def _revoke(journal: Journal, *by: str, **change: Any) -> Envelope:
    body = {"key": KEYS["head-snv"].public_key.id, "category": "LOST"} | change
    return journal.several(by or ("reg-1", "reg-2"), REVOKED, body)


REVOCATIONS: dict[str, tuple[Stating, str]] = {
    "by one registrar": (lambda j: _revoke(j, "reg-1"), "key.registrars_needed"),
    "by another head": (lambda j: _revoke(j, "head-stc"), "key.registrars_needed"),
    "by the log's key": (lambda j: _revoke(j, LOG_ACTOR), "key.registrars_needed"),
    "by its holder and one registrar": (lambda j: _revoke(j, "head-snv", "reg-1"), "key.registrars_needed"),
    "of a key nobody has": (lambda j: _revoke(j, key="ab" * 32), "key.unknown"),
    "of a key that is a list": (lambda j: _revoke(j, key=["ab"]), "key.malformed"),
    "for a reason unheard of": (lambda j: _revoke(j, category="BORED"), "key.malformed"),
    "for no reason": (lambda j: _revoke(j, category=None), "key.malformed"),
    "compromised since before the log": (lambda j: _revoke(j, compromised_since=-1), "key.malformed"),
    "compromised since a boolean": (lambda j: _revoke(j, compromised_since=True), "key.malformed"),
    "compromised since text": (lambda j: _revoke(j, compromised_since="2"), "key.malformed"),
    "compromised since null": (lambda j: _revoke(j, compromised_since=None), "key.malformed"),
    "with a field more": (lambda j: _revoke(j, reason="lost"), "key.malformed"),
    "with one field only": (
        lambda j: j.several(("reg-1", "reg-2"), REVOKED, {"key": KEYS["head-snv"].public_key.id}),
        "key.malformed",
    ),
    "by one person's own statement": (
        lambda j: j.one("head-snv", REVOKED, _body_of(_revoke(j))),
        "key.malformed",
    ),
}


@pytest.mark.parametrize("case", REVOCATIONS)
def test_refuses_revocation(case: str) -> None:
    """A revocation by neither its holder nor a quorum of registrars is refused; the key stays valid."""
    state, rule = REVOCATIONS[case]
    journal = Journal()
    keyring = given(*opening(journal))
    assert refusal(keyring, state(journal)) == rule
    assert keyring.records[KEYS["head-snv"].public_key.id].ended_at is None
    assert refusal(keyring, _revoke(journal)) == "admitted"
    assert refusal(keyring, _revoke(journal), 4) == "key.revoked"


# --- statements -----------------------------------------------------------------------------------------


def test_counter_counts_the_statements_of_a_key() -> None:
    """The n-th statement of a key carries n; one that repeats or skips is told what was expected."""
    journal = Journal()
    keyring = given(*opening(journal), journal.one("head-snv", SCORE, {}), journal.one("head-snv", SCORE, {}))
    for counter, rule in ((1, "counter.stale"), (2, "counter.stale"), (4, "counter.ahead")):
        with pytest.raises(KeyringError) as refused:
            admit(keyring, journal.one("head-snv", SCORE, {}, counter=counter), 5)
        assert (refused.value.rule, refused.value.facts) == (rule, {"stated": counter, "expected": 3})
    assert keyring.next_counter(KEYS["head-stc"].public_key.id) == 1
    assert refusal(keyring, journal.one("head-snv", SCORE, {}, counter=3), 5) == "admitted"
    assert keyring.next_counter(KEYS["head-snv"].public_key.id) == 4


def test_unknown_key_may_not_sign_whoever_asks() -> None:
    """Also without looking up its public key first, a key that the log does not know is refused."""
    journal = Journal()
    keyring = given(*opening(journal))
    with pytest.raises(KeyringError, match=r"key\.unknown"):
        keyring.check(parse_statement(journal.one("lead-9", SCORE, {}).payload), 3)


def test_asking_changes_nothing() -> None:
    """`check` may be asked as often as one likes: only `follow` counts."""
    journal = Journal()
    keyring = given(*opening(journal))
    statement = parse_statement(journal.one("head-snv", SCORE, {}).payload)
    for _ in range(3):
        keyring.check(statement, 3)
    assert keyring.next_counter(KEYS["head-snv"].public_key.id) == 1


def test_joint_statement_leaves_counters_alone() -> None:
    """A statement of several people carries no counter and moves none."""
    journal = Journal()
    keyring = given(*opening(journal))
    minutes = journal.several(("head-snv", "head-stc"), "MinutesSigned.v1", {}, round="2016")
    assert refusal(keyring, minutes) == "admitted"
    assert refusal(keyring, journal.one("head-snv", SCORE, {}, counter=1), 4) == "admitted"


STATEMENTS: dict[str, tuple[Stating, str]] = {
    "by an unknown key": (lambda j: j.one("lead-9", SCORE, {}), "key.unknown"),
    "with another actor's key": (lambda j: j.one("head-snv", SCORE, {}, actor="head-stc"), "key.other_actor"),
    "as the log": (lambda j: j.one("head-snv", SCORE, {}, actor=LOG_ACTOR), "key.other_actor"),
    "jointly with an unknown key": (
        lambda j: j.several(("head-snv", "lead-9"), "MinutesSigned.v1", {}),
        "key.unknown",
    ),
    "jointly, each with the other's name": (
        lambda j: j.several(
            ("head-snv", "head-stc"),
            "MinutesSigned.v1",
            {},
            actors=_renamed(("head-snv", "head-stc"), ("head-stc", "head-snv")),
        ),
        "key.other_actor",
    ),
    "bringing a key that only key events bring": (
        lambda j: j.one("lead-9", SCORE, {"public_key": base64_of(NEW)}),
        "key.unknown",
    ),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_refuses_statement(case: str) -> None:
    """A statement under a key that is not its actor's is refused, by its rule."""
    state, rule = STATEMENTS[case]
    journal = Journal()
    assert refusal(given(*opening(journal)), state(journal)) == rule


def test_joint_statement_needs_every_named_key_to_be_valid() -> None:
    """One key that has ended spoils a joint statement, also when it is not among those that signed."""
    journal = Journal()
    keyring = given(*opening(journal), journal.revocation("head-stc"))
    fields: dict[str, Any] = {"round": "2016", "threshold": 1}
    minutes = journal.several(("head-snv", "head-stc"), "MinutesSigned.v1", {}, **fields)
    alone = Envelope(
        minutes.payload, tuple(s for s in minutes.signatures if s[0] == KEYS["head-snv"].public_key.id)
    )
    assert refusal(keyring, minutes, 4) == "key.revoked"
    assert refusal(keyring, alone, 4) == "key.revoked"


# --- demo keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("demo", [KEYS["lead-9"], SPARE_KEY])
def test_demo_keys_are_refused_elsewhere(demo: SigningKey) -> None:
    """Keys that everybody can make are neither enrolled nor rotated to on any log but the demo."""
    journal = Journal(origin=REAL_ORIGIN, keys=real_keys())
    keyring = given(*opening(journal))
    enrol = {"actor": "lead-9", "public_key": base64_of(demo), "custody": "person"}
    assert refusal(keyring, journal.several(REGISTRARS[:2], ENROLLED, enrol, ("lead-9", demo))) == "key.demo"
    assert refusal(keyring, journal.rotation("head-snv", demo)) == "key.demo"
    journal.keys["lead-9"] = SigningKey.from_seed(b"a key of one's own in this place")
    assert refusal(keyring, journal.enrolment("lead-9")) == "admitted"


# --- forks ----------------------------------------------------------------------------------------------


def _state_of(keyring: Keyring) -> tuple[object, ...]:
    heads = [KEYS[actor].public_key.id for actor in ("head-snv", "head-stc", "lead-9")]
    holders = [keyring.holder_key(actor) for actor in ("head-snv", "head-stc", "lead-9")]
    return dict(keyring.records), [keyring.next_counter(key) for key in heads], holders


def _later(journal: Journal) -> list[Envelope]:
    return [
        journal.enrolment("lead-9"),
        journal.one("head-snv", SCORE, {}, **cell("SNV", 0)),
        journal.revocation("head-stc", "reg-1", "reg-2"),
    ]


def test_fork_keeps_its_changes_until_it_settles() -> None:
    """What a fork takes in shows in it at once, and in its parent only after `settle`."""
    journal = Journal()
    keyring = given(*opening(journal))
    before, fork = _state_of(keyring), keyring.fork()
    for position, envelope in enumerate(_later(journal), start=3):
        admit(fork, envelope, position)
    after = _state_of(fork)
    assert (_state_of(keyring), before == after) == (before, False)
    fork.settle()
    assert _state_of(keyring) == _state_of(fork) == after
    assert refusal(keyring, journal.one("head-stc", SCORE, {}), 6) == "key.revoked"


def test_dropped_fork_leaves_nothing() -> None:
    """A fork that is let go has changed nothing, and the same statements can be taken in again."""
    journal = Journal()
    keyring = given(*opening(journal))
    before, later = _state_of(keyring), _later(journal)
    for fork in (keyring.fork(), keyring.fork()):
        for position, envelope in enumerate(later, start=3):
            admit(fork, envelope, position)
    assert _state_of(keyring) == before


def test_fork_of_a_fork_settles_step_by_step() -> None:
    """A fork's fork settles into the fork, and with it into the keyring; a settled fork goes on."""
    journal = Journal()
    keyring = given(*opening(journal))
    outer = keyring.fork()
    first, second, third = _later(journal)
    admit(outer, first, 3)
    inner = outer.fork()
    admit(inner, second, 4)
    inner.settle()
    admit(inner, third, 5)
    assert outer.next_counter(KEYS["head-snv"].public_key.id) == 2
    assert outer.holder_key("head-stc") is not None
    inner.settle()
    assert keyring.holder_key("lead-9") is None
    outer.settle()
    assert keyring.holder_key("lead-9") is not None
    assert keyring.holder_key("head-stc") is None


def test_settled_fork_hides_nothing_of_what_comes_later() -> None:
    """Once settled, a fork shows what its parent takes in afterwards."""
    journal = Journal()
    keyring = given(*opening(journal))
    fork = keyring.fork()
    admit(fork, journal.one("head-snv", SCORE, {}), 3)
    fork.settle()
    admit(keyring, journal.one("head-snv", SCORE, {}), 4)
    admit(keyring, journal.revocation("head-snv"), 5)
    assert _state_of(fork) == _state_of(keyring)


def test_genesis_may_come_in_a_fork() -> None:
    """An empty keyring is opened through a fork, as intake does with its first batch."""
    keyring = Keyring()
    fork = keyring.fork()
    admit(fork, Journal().genesis(), 0)
    with pytest.raises(KeyringError, match=r"genesis\.missing"):
        _ = keyring.genesis
    fork.settle()
    assert keyring.genesis == fork.genesis


def test_only_a_fork_settles() -> None:
    """A keyring that was not forked has nothing to settle into."""
    with pytest.raises(ValueError, match="fork"):
        Keyring().settle()
