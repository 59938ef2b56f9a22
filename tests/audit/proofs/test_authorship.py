"""Contested: what a compromised key signed is in doubt until its owner reaffirms or repudiates it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from audit.proofs.authorship import Authorship, Borne, worst
from audit.proofs.errors import KeyringError
from audit.proofs.keyring import ENROLLED, LOG_ACTOR, MEANINGS, REAFFIRMED, REPUDIATED, REVOKED, Keyring
from audit.proofs.keys import demo_signing_key
from audit.proofs.statement import Envelope, parse_statement
from audit.proofs.verifier import verify_log
from tests.audit.proofs.logs import KEYS, REGISTRARS, SPARE_KEY, Journal, base64_of, cell
from tests.audit.proofs.test_keyring import SCORE, admit, given, opening, refusal

PLAIN, CONTESTED = Authorship.PLAIN, Authorship.CONTESTED
OLD, NEW, NEWER = KEYS["head-snv"], SPARE_KEY, demo_signing_key(51)
KEY = OLD.public_key.id


@dataclass
class Doubt:
    """A keyring that grows: every statement is admitted at the next position."""

    journal: Journal
    keyring: Keyring
    size: int

    def take(self, *stated: Envelope) -> None:
        for envelope in stated:
            admit(self.keyring, envelope, self.size)
            self.size += 1

    def refusal(self, envelope: Envelope) -> str:
        return refusal(self.keyring, envelope, self.size)

    def of(self, position: int, key: str = KEY) -> Authorship:
        return self.keyring.authorship([key], position)

    def say(self, kind: str, **of: object) -> None:
        self.take(self.journal.word(kind, "head-snv", OLD, **of))


def compromised(since: int = 4, **change: Any) -> Doubt:
    """Positions 3 to 7 are the head's but for 5; the key is revoked at 8, and another one enrolled at 9."""
    journal = Journal()
    doubt = Doubt(journal, Keyring(), 0)
    doubt.take(*opening(journal))
    heads = ("head-snv", "head-snv", "head-stc", "head-snv")
    doubt.take(*(journal.one(head, SCORE, {}) for head in heads))
    doubt.take(journal.several(("head-snv", "head-stc"), "MinutesSigned.v1", {}))
    doubt.take(journal.revocation("head-snv", "reg-1", "reg-2", compromised_since=since, **change))
    journal.keys["head-snv"] = NEW
    doubt.take(journal.enrolment("head-snv"))
    return doubt


# --- what is contested ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "contested"),
    [
        (0, [1, 3, 4, 6, 7]),
        (1, [1, 3, 4, 6, 7]),
        (3, [3, 4, 6, 7]),
        (4, [4, 6, 7]),
        (5, [6, 7]),
        (7, [7]),
        (8, []),
    ],
)
def test_statements_from_the_stated_position_on_are_contested(since: int, contested: list[int]) -> None:
    """Those that bear the key at or after that position and before its revocation, and no others."""
    doubt = compromised(since)
    assert doubt.keyring.contested() == dict.fromkeys(contested, CONTESTED)
    assert [p for p in (1, 3, 4, 6, 7, 8, 9) if doubt.of(p) is CONTESTED] == contested
    assert doubt.of(5, KEYS["head-stc"].public_key.id) is PLAIN


def test_a_revocation_by_the_key_itself_is_not_contested() -> None:
    """It is the last that the key signs, and what it says of the key holds."""
    journal = Journal()
    doubt = Doubt(journal, Keyring(), 0)
    doubt.take(*opening(journal), journal.one("head-snv", SCORE, {}))
    doubt.take(journal.revocation("head-snv", compromised_since=3))
    assert doubt.keyring.contested() == {3: CONTESTED}
    assert doubt.of(4) is PLAIN


def test_without_a_position_nothing_is_contested() -> None:
    """A key that was merely lost leaves no doubt behind."""
    journal = Journal()
    keyring = given(*opening(journal), journal.one("head-snv", SCORE, {}), journal.revocation("head-snv"))
    assert keyring.contested() == {}


@pytest.mark.parametrize(("since", "rule"), [(3, "admitted"), (4, "key.compromised_later"), (2**40, None)])
def test_a_key_is_not_compromised_after_its_revocation(since: int, rule: str | None) -> None:
    """The position may be that of the revocation itself, which contests nothing, and none beyond it."""
    journal = Journal()
    keyring = given(*opening(journal))
    envelope = journal.revocation("head-snv", compromised_since=since)
    assert refusal(keyring, envelope) == (rule or "key.compromised_later")


def test_a_key_that_was_rotated_away_is_revoked_for_what_it_signed_before() -> None:
    """A thief who rotates the key does not shield what was signed before: registrars say since when."""
    journal = Journal()
    doubt = Doubt(journal, Keyring(), 0)
    doubt.take(*opening(journal), journal.one("head-snv", SCORE, {}), journal.rotation("head-snv", NEW))
    body = {"key": KEY, "category": "COMPROMISED"}

    def revocation(*by: str, **since: int) -> Envelope:
        return journal.several(by or REGISTRARS[:2], REVOKED, body | since)

    assert doubt.refusal(revocation()) == "key.revoked"
    assert doubt.refusal(revocation(compromised_since=5)) == "key.compromised_later"
    assert doubt.refusal(revocation("reg-1", compromised_since=3)) == "key.registrars_needed"
    doubt.take(revocation(compromised_since=3))
    assert doubt.keyring.contested() == {3: CONTESTED, 4: CONTESTED}
    assert doubt.keyring.records[KEY].ended_at == 4
    assert doubt.keyring.holder_key("head-snv") == doubt.keyring.records[NEW.public_key.id]
    assert doubt.refusal(revocation(compromised_since=2)) == "key.revoked"
    doubt.say(REPUDIATED, positions=[3])
    assert doubt.of(3) is Authorship.REPUDIATED


# --- what its owner says --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MEANINGS)
def test_the_owner_settles_what_is_contested(kind: str) -> None:
    """With a new key its owner reaffirms or repudiates single statements; the others stay contested."""
    doubt = compromised()
    doubt.say(kind, positions=[4, 7])
    settled = MEANINGS[kind]
    assert doubt.keyring.contested() == {4: settled, 6: CONTESTED, 7: settled}
    assert doubt.keyring.contested(KEY) == doubt.keyring.contested()
    assert doubt.keyring.contested(NEW.public_key.id) == {}


def test_a_range_covers_what_bears_the_key_in_it() -> None:
    """From the first to the last, both included: the statements of others between them are not meant."""
    doubt = compromised()
    doubt.say(REAFFIRMED, first=4, last=6)
    assert [doubt.of(p) for p in (3, 4, 5, 6, 7)] == [
        PLAIN,
        Authorship.REAFFIRMED,
        Authorship.REAFFIRMED,
        Authorship.REAFFIRMED,
        CONTESTED,
    ]
    assert doubt.keyring.authorship([KEYS["head-stc"].public_key.id], 5) is PLAIN
    doubt.say(REPUDIATED, first=7, last=7)
    assert doubt.keyring.contested() == {
        4: Authorship.REAFFIRMED,
        6: Authorship.REAFFIRMED,
        7: Authorship.REPUDIATED,
    }


def test_a_statement_of_several_is_as_good_as_its_worst_signature() -> None:
    """Minutes are contested while one of their signatures is."""
    doubt = compromised()
    both = [KEY, KEYS["head-stc"].public_key.id]
    assert doubt.keyring.authorship(both, 7) is CONTESTED
    doubt.say(REAFFIRMED, positions=[7])
    doubt.take(doubt.journal.revocation("head-stc", "reg-1", "reg-2", compromised_since=7))
    assert doubt.keyring.authorship(both, 7) is CONTESTED
    assert doubt.keyring.contested()[7] is CONTESTED
    doubt.journal.keys["head-stc"] = NEWER
    doubt.take(doubt.journal.enrolment("head-stc"))
    doubt.take(doubt.journal.word(REPUDIATED, "head-stc", KEYS["head-stc"], positions=[7]))
    assert doubt.keyring.authorship(both, 7) is Authorship.REPUDIATED


def test_a_word_in_doubt_settles_nothing() -> None:
    """Where the key that reaffirmed was compromised too, its word is contested, and so is what it was of."""
    doubt = compromised()
    doubt.say(REAFFIRMED, first=4, last=7)
    spoken = doubt.size - 1
    doubt.take(doubt.journal.revocation("head-snv", "reg-1", "reg-2", compromised_since=spoken))
    doubt.journal.keys["head-snv"] = NEWER
    doubt.take(doubt.journal.enrolment("head-snv"))
    assert [doubt.of(p) for p in (4, 6, 7)] == [CONTESTED] * 3
    doubt.say(REPUDIATED, positions=[6])
    doubt.take(doubt.journal.word(REAFFIRMED, "head-snv", NEW, positions=[spoken]))
    assert [doubt.of(p) for p in (4, 6, 7)] == [
        Authorship.REAFFIRMED,
        Authorship.REPUDIATED,
        Authorship.REAFFIRMED,
    ]


Stating = Callable[[Doubt], Envelope]


def _word(doubt: Doubt, actor: str = "head-snv", kind: str = REAFFIRMED, **of: Any) -> Envelope:
    return doubt.journal.several((actor,), kind, {"key": KEY, **(of or {"positions": [4]})})


def _with_the_compromised_key(doubt: Doubt) -> Envelope:
    doubt.journal.keys["head-snv"] = OLD
    return _word(doubt)


WORDS: dict[str, tuple[Stating, str]] = {
    "by another actor": (lambda d: _word(d, "head-stc"), "contested.not_the_owner"),
    "by a registrar": (lambda d: _word(d, "reg-1"), "contested.not_the_owner"),
    "by the log": (lambda d: _word(d, LOG_ACTOR), "contested.not_the_owner"),
    "by the owner and another": (
        lambda d: d.journal.several(("head-snv", "reg-1"), REAFFIRMED, {"key": KEY, "positions": [4]}),
        "contested.not_the_owner",
    ),
    "with the compromised key": (_with_the_compromised_key, "key.revoked"),
    "of a statement before the compromise": (lambda d: _word(d, positions=[3]), "contested.not_contested"),
    "of another's statement": (lambda d: _word(d, positions=[5]), "contested.not_contested"),
    "of the revocation": (lambda d: _word(d, positions=[8]), "contested.not_contested"),
    "of what is not there yet": (lambda d: _word(d, positions=[99]), "contested.not_contested"),
    "of one that is contested and one that is not": (
        lambda d: _word(d, positions=[3, 4]),
        "contested.not_contested",
    ),
    "of a range that begins before": (lambda d: _word(d, first=3, last=7), "contested.not_contested"),
    "of a range that begins at another's": (lambda d: _word(d, first=5, last=7), "contested.not_contested"),
    "of a range that ends after": (lambda d: _word(d, first=4, last=8), "contested.not_contested"),
    "of a key that is valid": (
        lambda d: _word(d, "head-stc", key=KEYS["head-stc"].public_key.id, positions=[5]),
        "contested.not_contested",
    ),
    "of a key nobody has": (lambda d: _word(d, key="ab" * 32, positions=[4]), "key.unknown"),
    "of the log's key": (
        lambda d: _word(d, LOG_ACTOR, key=KEYS[LOG_ACTOR].public_key.id, positions=[0]),
        "key.of_the_log",
    ),
    "of nothing": (lambda d: _word(d, positions=[]), "key.malformed"),
    "of a position twice": (lambda d: _word(d, positions=[4, 4]), "key.malformed"),
    "of positions in another order": (lambda d: _word(d, positions=[6, 4]), "key.malformed"),
    "of a position as text": (lambda d: _word(d, positions=["4"]), "key.malformed"),
    "of true": (lambda d: _word(d, positions=[True]), "key.malformed"),
    "of a position that is no list": (lambda d: _word(d, positions=4), "key.malformed"),
    "of a position below nought": (lambda d: _word(d, positions=[-1]), "key.malformed"),
    "of a range without an end": (lambda d: _word(d, first=4), "key.malformed"),
    "of a range that runs back": (lambda d: _word(d, first=6, last=4), "key.malformed"),
    "of positions and a range": (lambda d: _word(d, positions=[4], first=4, last=6), "key.malformed"),
    "of no positions at all": (
        lambda d: d.journal.several(("head-snv",), REAFFIRMED, {"key": KEY}),
        "key.malformed",
    ),
    "in the form of one signer": (
        lambda d: d.journal.one("head-snv", REAFFIRMED, {"key": KEY, "positions": [4]}),
        "key.malformed",
    ),
}


@pytest.mark.parametrize("case", WORDS)
@pytest.mark.parametrize("kind", MEANINGS)
def test_refuses_a_word(case: str, kind: str) -> None:
    """Only the owner speaks, with a valid key, of what is contested; otherwise all stays contested."""
    state, rule = WORDS[case]
    doubt = compromised()
    stated = state(doubt)
    if kind == REPUDIATED:
        statement = parse_statement(stated.payload)
        actors = statement.named_actors
        stated = doubt.journal.several(actors, kind, statement.body) if statement.signers else stated
    assert doubt.refusal(stated) == rule
    assert doubt.keyring.contested() == {4: CONTESTED, 6: CONTESTED, 7: CONTESTED}


@pytest.mark.parametrize("first", MEANINGS)
@pytest.mark.parametrize("second", MEANINGS)
def test_a_word_is_not_taken_back(first: str, second: str) -> None:
    """What was settled is not settled again, in neither sense, alone or in a range."""
    doubt = compromised()
    doubt.say(first, positions=[6])
    for of in ({"positions": [6]}, {"positions": [4, 6]}, {"first": 4, "last": 7}, {"first": 6, "last": 6}):
        with pytest.raises(KeyringError) as refused:
            doubt.say(second, **of)
        assert (refused.value.rule, refused.value.facts["position"]) == ("contested.settled", 6)
    doubt.say(second, positions=[4, 7])


# --- forks, and the verifier ----------------------------------------------------------------------------


def test_a_fork_knows_what_its_parent_saw() -> None:
    """What is contested is found across forks, and a fork's word stays its own until it settles."""
    doubt = compromised()
    fork = doubt.keyring.fork()
    admit(fork, _word(doubt), doubt.size)
    inner = fork.fork()
    admit(inner, _word(doubt, positions=[7]), doubt.size + 1)
    assert [keyring.authorship([KEY], 4) for keyring in (inner, fork, doubt.keyring)] == [
        Authorship.REAFFIRMED,
        Authorship.REAFFIRMED,
        CONTESTED,
    ]
    inner.settle()
    fork.settle()
    assert doubt.keyring.contested() == {4: Authorship.REAFFIRMED, 6: CONTESTED, 7: Authorship.REAFFIRMED}


def test_positions_are_found_across_layers() -> None:
    """What was added before and after a fork is one ascending row; nothing lies beneath the first layer."""
    ground = Borne()
    ground.add("k", 1)
    above = Borne(ground)
    above.add("k", 5)
    above.add("j", 6)
    assert (above.between("k", 0, 9), above.between("k", 1, 5), above.between("k", 2, 6)) == (
        [1, 5],
        [1],
        [5],
    )
    assert (ground.between("k", 0, 9), ground.between("j", 0, 9)) == ([1], [])
    above.settle()
    assert (ground.between("k", 0, 9), above.between("j", 6, 7)) == ([1, 5], [6])
    with pytest.raises(ValueError, match="beneath"):
        ground.settle()


def test_doubt_has_an_order() -> None:
    """Repudiated is worse than contested, that than reaffirmed, and nothing said leaves no doubt."""
    assert worst(()) is PLAIN
    assert worst([Authorship.REAFFIRMED, PLAIN]) is Authorship.REAFFIRMED
    assert worst([Authorship.REAFFIRMED, CONTESTED]) is CONTESTED
    assert worst([Authorship.REPUDIATED, CONTESTED]) is Authorship.REPUDIATED


def _told(*acts: Callable[[Journal], Envelope]) -> Journal:
    journal = Journal()
    enrolments = [lambda j: j.enrolment("head-snv"), lambda j: j.enrolment("head-stc")]
    for act in (Journal.genesis, *enrolments, *acts):
        journal.enter(act(journal))
        journal.commit()
    return journal


def _renewed(journal: Journal) -> Envelope:
    journal.keys["head-snv"] = NEW
    body = {"actor": "head-snv", "public_key": base64_of(NEW), "custody": "platform"}
    return journal.several(REGISTRARS[:2], ENROLLED, body, ("head-snv", NEW))


def test_verdict_counts_doubt_and_custody() -> None:
    """The verdict lists what is contested and settled, and counts what the platform's keys signed."""
    journal = _told(
        lambda j: j.one("head-snv", SCORE, {"points": "1"}, **cell("SNV", 0)),
        lambda j: j.one("head-snv", SCORE, {"points": "2"}, **cell("SNV", 1)),
        lambda j: j.revocation("head-snv", "reg-1", "reg-2", compromised_since=3),
        _renewed,
        lambda j: j.word(REAFFIRMED, "head-snv", OLD, positions=[4]),
        lambda j: j.one("head-snv", SCORE, {"points": "1"}, **cell("SNV", 2)),
    )
    verdict = verify_log(journal.copy())
    assert verdict.ok, verdict.findings
    assert verdict.contested == {3: CONTESTED, 4: Authorship.REAFFIRMED}
    assert (verdict.platform_keys, verdict.platform_statements) == (2, 3)


def test_verifier_names_a_word_that_was_not_its_authors_to_say() -> None:
    """A log that took another's word is found wrong at its position, and the doubt stays."""
    journal = _told(
        lambda j: j.one("head-snv", SCORE, {"points": "1"}, **cell("SNV", 0)),
        lambda j: j.revocation("head-snv", "reg-1", "reg-2", compromised_since=3),
        lambda j: j.word(REAFFIRMED, "head-stc", OLD, positions=[3]),
    )
    verdict = verify_log(journal.copy())
    (found,) = verdict.findings
    assert (found.layer, found.position, found.rule) == ("registry", 5, "contested.not_the_owner")
    assert verdict.contested == {3: CONTESTED}


def test_positions_that_come_in_another_order_stand_in_theirs() -> None:
    """The rows of a copy may stand in any order, at any position: what bears a key is found all the same."""
    borne = Borne()
    for position in (5, 9, 2, 7, -1, 9):
        borne.add("k", position)
    fork = Borne(borne)
    for position in (8, 1):
        fork.add("k", position)
    assert fork.between("k", 2, 9) == [2, 5, 7, 8]
    fork.settle()
    assert borne.between("k", -5, 100) == [-1, 1, 2, 5, 7, 8, 9, 9]
