"""The log's key changes by a statement over both keys and nothing else, and the verifier follows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.errors import AuditError, KeyringError
from audit.proofs.keyring import ENROLLED, LOG_ACTOR, LOG_KEY_ROTATED, REVOKED, ROTATED, Keyring
from audit.proofs.keys import SigningKey, demo_signing_key
from audit.proofs.statement import Envelope, parse_statement, verify_signatures
from audit.proofs.verifier import LogCopy, verify_log
from tests.audit.proofs.logs import KEYS, REGISTRARS, SPARE_KEY, Journal, base64_of, genesis_body, real_keys

OLD = KEYS[LOG_ACTOR]
NEWEST = demo_signing_key(51)
IDENTITY = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
Stating = Callable[[Journal], Envelope]


def rotate(journal: Journal, *signers: str, new: SigningKey = SPARE_KEY, **change: Any) -> Envelope:
    """Sign that the log goes on with another key."""
    body = {"public_key": base64_of(new), "replaces": OLD.public_key.id}
    header = {name: change.pop(name) for name in ("threshold", "actors") if name in change}
    return journal.several(
        signers or (LOG_ACTOR,), LOG_KEY_ROTATED, body | change, (LOG_ACTOR, new), **header
    )


def opened() -> tuple[Journal, Keyring]:
    """Return a log that was opened, and its keyring."""
    journal, keyring = Journal(), Keyring()
    admit(keyring, journal.genesis(), 0)
    return journal, keyring


def admit(keyring: Keyring, envelope: Envelope, position: int) -> None:
    """Check a statement and take it in."""
    statement = parse_statement(envelope.payload)
    verify_signatures(envelope, statement, keyring.keys_for(statement))
    keyring.check(statement, position)
    keyring.follow(statement, position)


def test_the_new_key_signs_from_the_checkpoint_over_the_rotation_on() -> None:
    """What was signed by the old key stays good; each size has one key."""
    journal, keyring = opened()
    before = list(keyring.log_keys)
    admit(keyring, rotate(journal), 5)
    assert before == [(1, OLD.public_key)]
    assert list(keyring.log_keys) == [(1, OLD.public_key), (6, SPARE_KEY.public_key)]
    assert [keyring.log_key_at(size) for size in (1, 5)] == [OLD.public_key] * 2
    assert [keyring.log_key_at(size) for size in (6, 99)] == [SPARE_KEY.public_key] * 2
    assert keyring.log_key == SPARE_KEY.public_key
    assert keyring.genesis.log_key == OLD.public_key


def test_before_genesis_there_is_no_key() -> None:
    """An empty log has none, and no checkpoint to be signed."""
    assert (Keyring().log_key, Keyring().log_keys) == (None, ())
    with pytest.raises(KeyringError, match=r"genesis\.missing"):
        Keyring().log_key_at(0)


def test_a_fork_keeps_its_rotation_to_itself() -> None:
    """A batch that is rolled back leaves the old key in its place."""
    journal, keyring = opened()
    fork = keyring.fork()
    admit(fork, rotate(journal), 1)
    assert (fork.log_key, keyring.log_key) == (SPARE_KEY.public_key, OLD.public_key)
    fork.settle()
    assert keyring.log_key == SPARE_KEY.public_key


REFUSED: dict[str, tuple[Stating, str]] = {
    "without the old key": (lambda j: rotate(j, "reg-1"), "key.not_the_holder"),
    "by registrars as well": (lambda j: rotate(j, LOG_ACTOR, "reg-1"), "key.not_the_holder"),
    "without the new key": (
        lambda j: j.several(
            (LOG_ACTOR, "reg-1"),
            LOG_KEY_ROTATED,
            {"public_key": base64_of(SPARE_KEY), "replaces": OLD.public_key.id},
        ),
        "key.no_possession",
    ),
    "of a registrar's key": (
        lambda j: rotate(j, replaces=KEYS["reg-1"].public_key.id),
        "key.not_the_holder",
    ),
    "to the same key": (
        lambda j: j.several(
            (LOG_ACTOR,), LOG_KEY_ROTATED, {"public_key": base64_of(OLD), "replaces": OLD.public_key.id}
        ),
        "key.already_enrolled",
    ),
    "to a registrar's key": (
        lambda j: j.several(
            (LOG_ACTOR, "reg-1"),
            LOG_KEY_ROTATED,
            {"public_key": base64_of(KEYS["reg-1"]), "replaces": OLD.public_key.id},
        ),
        "key.already_enrolled",
    ),
    "to a key of low order": (lambda j: rotate(j, public_key=IDENTITY), "key.unsafe"),
    "under another name": (lambda j: rotate(j, actors=["reg-1", "reg-1"]), "key.other_actor"),
    "with one signature enough": (lambda j: rotate(j, threshold=1), "key.malformed"),
    "with a field more": (lambda j: rotate(j, custody="person"), "key.malformed"),
    "replacing a number": (lambda j: rotate(j, replaces=7), "key.malformed"),
    "as a person's rotation": (
        lambda j: j.several(
            (LOG_ACTOR,),
            ROTATED,
            {
                "actor": LOG_ACTOR,
                "public_key": base64_of(SPARE_KEY),
                "custody": "platform",
                "replaces": OLD.public_key.id,
            },
            (LOG_ACTOR, SPARE_KEY),
        ),
        "key.of_the_log",
    ),
    "by enrolling another": (
        lambda j: j.several(
            REGISTRARS[:2],
            ENROLLED,
            {"actor": LOG_ACTOR, "public_key": base64_of(SPARE_KEY), "custody": "platform"},
            (LOG_ACTOR, SPARE_KEY),
        ),
        "key.of_the_log",
    ),
    "by revoking it": (
        lambda j: j.several(REGISTRARS[:2], REVOKED, {"key": OLD.public_key.id, "category": "LOST"}),
        "key.of_the_log",
    ),
    "by revoking itself": (
        lambda j: j.several((LOG_ACTOR,), REVOKED, {"key": OLD.public_key.id, "category": "LOST"}),
        "key.of_the_log",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_logs_key_changes_in_no_other_way(case: str) -> None:
    """It is refused by its rule, and the old key stays."""
    state, rule = REFUSED[case]
    journal, keyring = opened()
    with pytest.raises(AuditError) as refused:
        admit(keyring, state(journal), 1)
    assert refused.value.rule == rule
    assert keyring.log_key == OLD.public_key
    admit(keyring, rotate(journal), 1)


def test_a_demo_key_is_no_next_key_elsewhere() -> None:
    """Everybody can make these."""
    journal, keyring = Journal("minhchung.example/real", real_keys()), Keyring()
    admit(keyring, journal.genesis(), 0)
    old = journal.keys[LOG_ACTOR].public_key.id
    with pytest.raises(AuditError) as refused:
        admit(keyring, rotate(journal, replaces=old), 1)
    assert refused.value.rule == "key.demo"


def test_a_key_that_was_given_up_rotates_nothing() -> None:
    """The log's key has one successor."""
    journal, keyring = opened()
    again = rotate(journal, new=NEWEST)
    admit(keyring, rotate(journal), 1)
    with pytest.raises(AuditError) as refused:
        admit(keyring, again, 2)
    assert refused.value.rule == "key.revoked"


def opening(*named: tuple[str, SigningKey]) -> Envelope:
    """Open a log whose first named key is the log's, and the others its registrars'; each signs once."""
    body = genesis_body(KEYS)
    body["registrars"] = [
        {"actor": actor, "public_key": base64_of(key), "custody": "person"} for actor, key in named[1:]
    ]
    once = {key.public_key.id: (actor, key) for actor, key in named}
    return Journal().several((), "LogOpened.v1", body, *once.values())


@pytest.mark.parametrize("registrar", [(LOG_ACTOR, KEYS["reg-1"]), ("reg-1", OLD)], ids=["by name", "by key"])
def test_a_registrar_is_never_the_log(registrar: tuple[str, SigningKey]) -> None:
    """Genesis keeps the log and its registrars apart, by name and by key."""
    log, others = (LOG_ACTOR, OLD), [(actor, KEYS[actor]) for actor in REGISTRARS[1:]]
    admit(Keyring(), opening(log, ("reg-1", KEYS["reg-1"]), *others), 0)
    with pytest.raises(AuditError) as refused:
        admit(Keyring(), opening(log, registrar, *others), 0)
    assert (refused.value.rule, refused.value.facts["field"]) == ("genesis.malformed", "registrars")


# --- the verifier ---------------------------------------------------------------------------------------


def rotated_log() -> Journal:
    """Write a log that rotates its key twice: sizes 1 and 4 by the first, 5 by the second, 7 by the third."""
    journal = Journal()
    journal.enter(journal.genesis())
    journal.commit()
    for actor in ("head-snv", "head-stc", "lead-9"):
        journal.enter(journal.enrolment(actor))
    journal.commit()
    for key, more in ((SPARE_KEY, 0), (NEWEST, 1)):
        body = {"public_key": base64_of(key), "replaces": journal.keys[LOG_ACTOR].public_key.id}
        journal.enter(journal.several((LOG_ACTOR,), LOG_KEY_ROTATED, body, (LOG_ACTOR, key)))
        journal.keys[LOG_ACTOR] = key
        if more:
            journal.enter(journal.revocation("head-snv"))
        journal.commit()
    return journal


ROTATED_LOG = rotated_log()
GOOD = ROTATED_LOG.copy()
BY = {1: OLD, 4: OLD, 5: SPARE_KEY, 7: NEWEST}


def resigned(size: int, key: SigningKey) -> LogCopy:
    """Return the log with its checkpoint of a size signed by another key."""
    head = Checkpoint(ROTATED_LOG.origin, size, merkle.root(ROTATED_LOG.leaves()[:size]))
    notes = [(n, sign_checkpoint(head, key) if n == size else note) for n, note in GOOD.checkpoints]
    return replace(GOOD, checkpoints=notes)


def test_a_log_that_rotated_its_key_verifies() -> None:
    """The verdict names its keys, each with the smallest size that it signs."""
    verdict = verify_log(GOOD, log_key=OLD.public_key)
    assert verdict.findings == ()
    assert verdict.log_key == OLD.public_key
    assert verdict.log_keys == ((1, OLD.public_key), (5, SPARE_KEY.public_key), (6, NEWEST.public_key))


@pytest.mark.parametrize("size", BY)
@pytest.mark.parametrize("key", [OLD, SPARE_KEY, NEWEST], ids=["first", "second", "third"])
def test_each_size_has_one_key(size: int, key: SigningKey) -> None:
    """A checkpoint that is signed by an earlier or a later key of the log is refused."""
    found = [(one.rule, one.facts["size"]) for one in verify_log(resigned(size, key)).findings]
    assert found == ([] if BY[size] is key else [("note.no_known_signature", size)])


def test_a_log_of_other_keys_is_not_trusted_for_its_rotations() -> None:
    """Where the key known beforehand is another one, none of its checkpoints counts."""
    found = [one.rule for one in verify_log(GOOD, log_key=KEYS["reg-1"].public_key).findings]
    assert found == ["genesis.other_log_key", *["note.no_known_signature"] * 4]
