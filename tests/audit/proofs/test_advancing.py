"""A trust moves on by a copy of its log, through rotations of its key, and by nothing that is not proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.proofs.advancing import advance_by, contradiction
from audit.proofs.checkpoint import sign_checkpoint
from audit.proofs.contradiction import format_contradiction, verify_contradiction
from audit.proofs.copies import Found
from audit.proofs.keyring import LOG_ACTOR, LOG_KEY_ROTATED
from audit.proofs.keys import DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.log_copy import LogCopy
from audit.proofs.merkle import CompactRange
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.statement import Envelope
from audit.proofs.succession import signing_key
from audit.proofs.trust import Trust
from tests.audit.proofs.logs import KEYS, SPARE_KEY, Journal, base64_of, cell, small_log
from tests.audit.proofs.witnessed import (
    LOG_VKEY,
    POLICY,
    RECORD_VKEY,
    cosigned,
    forked,
    head_of,
    log,
    note_at,
    rule_of,
    trusting,
)

OLD, THIRD = KEYS[LOG_ACTOR], demo_signing_key(51)
SIZE = len(log().rows)
ROTATED = SIZE + 2
NEW_VKEY, THIRD_VKEY = (vkey(DEMO_ORIGIN, key.public_key) for key in (SPARE_KEY, THIRD))


def rotate(journal: Journal, old: SigningKey, new: SigningKey, **change: Any) -> Envelope:
    """Sign that the log goes on with another key, over both."""
    body = {"public_key": base64_of(new), "replaces": old.public_key.id} | change
    return journal.several((), LOG_KEY_ROTATED, body, (LOG_ACTOR, old), (LOG_ACTOR, new))


Entering = Callable[[Journal, SigningKey, SigningKey], Envelope]


def rotated(*keys: SigningKey, enter: Entering = rotate) -> Journal:
    """Return the small log after its key was rotated to each of these in turn; one entry follows each."""
    journal = small_log()
    for points, new in enumerate(keys):
        old = journal.keys[LOG_ACTOR]
        assert isinstance(old, SigningKey)
        journal.enter(enter(journal, old, new))
        journal.keys[LOG_ACTOR] = new
        body = {"points": str(points)}
        journal.enter(journal.one("head-stc", "SelfScoreDeclared.v1", body, **cell("STC", 3 + points)))
        journal.commit()
    return journal


def found(journal: Journal, *lines: tuple[int, bytes]) -> Found:
    """Return a log as a copy of it is found, with notes that others signed, newest first."""
    return Found(journal.copy(), lines)


def knowing(size: int | None, **others: Any) -> Trust:
    """Return trust in the small log that knows its head at a size."""
    return trusting(None if size is None else note_at(log(), size), **{"policy": NO_WITNESSES, **others})


# --- it moves on ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [None, 1, 4, 9, SIZE])
def test_trust_moves_on_to_the_newest_checkpoint(size: int | None) -> None:
    """From any head that is known, or none, to the last one that the log signed."""
    advanced = advance_by(knowing(size), found(log()))
    assert advanced.trust == replace(knowing(SIZE), logs=advanced.trust.logs)
    assert advanced.trust.logs[0].newest_checkpoint == advanced.head == head_of(log(), SIZE)
    assert (advanced.before.size if advanced.before else None) == size
    assert advanced.keys == ()


def test_the_keys_of_the_log_are_followed() -> None:
    """Each rotation is signed by the key before; new keys stand after the old ones, which receipts need."""
    advanced = advance_by(knowing(4), found(rotated(SPARE_KEY, THIRD)))
    assert advanced.keys == (NEW_VKEY, THIRD_VKEY)
    assert advanced.head.size == SIZE + 4
    vkeys = advanced.trust.logs[0].vkeys
    assert vkeys == (LOG_VKEY, RECORD_VKEY, NEW_VKEY, THIRD_VKEY)
    assert signing_key(vkeys) == THIRD_VKEY
    again = advance_by(advanced.trust, found(rotated(SPARE_KEY, THIRD)))
    assert (again.trust, again.keys) == (advanced.trust, ())


def test_rotations_are_followed_from_any_key_that_is_known() -> None:
    """Whoever was given the second key alone goes on to the third, and never learns the first."""
    second = replace(knowing(None).logs[0], vkeys=(NEW_VKEY,))
    advanced = advance_by(replace(knowing(None), logs=(second,)), found(rotated(SPARE_KEY, THIRD)))
    assert advanced.trust.logs[0].vkeys == (NEW_VKEY, THIRD_VKEY)


def test_the_newest_checkpoint_with_a_quorum_is_taken() -> None:
    """What nobody cosigned yet is left for later; without any quorum nothing moves."""
    lines = (9, cosigned(note_at(log(), 9), "thanh-tra", "so-noi-vu"))
    few = (SIZE, cosigned(note_at(log(), SIZE), "thanh-tra"))
    advanced = advance_by(knowing(None, policy=POLICY), found(log(), few, lines))
    assert advanced.head.size == 9
    assert rule_of(lambda: advance_by(knowing(None, policy=POLICY), found(log(), few))) == "head.no_quorum"
    assert rule_of(lambda: advance_by(advanced.trust, found(log(), few))) == "head.no_quorum"


# --- it does not ----------------------------------------------------------------------------------------


def cut(journal: Journal, size: int) -> Found:
    """Return a copy of a log without its tail."""
    whole = journal.copy()
    notes = [(at, note) for at, note in journal.checkpoints if at <= size]
    tree = CompactRange()
    tree.extend(whole.leaf_hashes[:size])
    return Found(
        LogCopy(tuple(journal.rows[:size]), whole.leaf_hashes[:size], (size, tree.root()), notes), ()
    )


def by_old_key() -> Found:
    """Return a rotated log whose last head the old key signed once more."""
    journal = rotated(SPARE_KEY)
    journal.checkpoints[-1] = (ROTATED, sign_checkpoint(head_of(journal, ROTATED), OLD))
    return found(journal)


def unproved() -> Found:
    """Return a rotated log without the hashes of its tree below."""
    journal = rotated(SPARE_KEY)
    whole = journal.copy()
    return Found(replace(whole, leaf_hashes=[bytes(32), *whole.leaf_hashes[1:]]), ())


def smuggled() -> Found:
    """Return a log signed by a new key, whose rotation lies in a row but not in the tree."""

    def harmless(journal: Journal, _old: SigningKey, _new: SigningKey) -> Envelope:
        return journal.one("head-stc", "SelfScoreDeclared.v1", {"points": "1"}, **cell("STC", 3))

    honest, whole = rotated(SPARE_KEY), rotated(SPARE_KEY, enter=harmless).copy()
    rows = [honest.rows[row.position] if row.position == SIZE else row for row in whole.rows]
    return Found(replace(whole, rows=rows), ())


def by_new_key_alone(journal: Journal, old: SigningKey, new: SigningKey) -> Envelope:
    """Sign a rotation without the old key: a registrar signs in its place."""
    body = {"public_key": base64_of(new), "replaces": old.public_key.id}
    return journal.several(("reg-1",), LOG_KEY_ROTATED, body, (LOG_ACTOR, new))


def with_bad_signature(journal: Journal, old: SigningKey, new: SigningKey) -> Envelope:
    """Name the old key, and let the new one sign for it."""
    good = rotate(journal, old, new)
    signatures = {key: good.signatures[0][1] for key, _ in good.signatures}
    return replace(good, signatures=tuple(signatures.items()))


def elsewhere(journal: Journal, old: SigningKey, new: SigningKey) -> Envelope:
    """Rotate the key of another log."""
    other = Journal("other.example")
    return rotate(other, old, new)


REFUSED: dict[str, tuple[Callable[[], Found], str]] = {
    "a log that lost its tail": (lambda: cut(log(), 4), "trust.older_checkpoint"),
    "a forked copy": (lambda: found(forked()), "proof.other_root"),
    "a head by a key that was given up": (by_old_key, "trust.older_key"),
    "a log whose tree is not its own": (unproved, "proof.other_root"),
    "a rotation without the old key": (
        lambda: found(rotated(SPARE_KEY, enter=by_new_key_alone)),
        "trust.not_a_rotation",
    ),
    "a rotation with a bad signature": (
        lambda: found(rotated(SPARE_KEY, enter=with_bad_signature)),
        "signature.bad",
    ),
    "a rotation that is not in the tree": (smuggled, "proof.other_root"),
    "a rotation of another log": (
        lambda: found(rotated(SPARE_KEY, enter=elsewhere)),
        "trust.not_a_rotation",
    ),
    "a rotation from a key that is not its own": (
        lambda: found(rotated(SPARE_KEY, enter=lambda j, _old, new: rotate(j, THIRD, new))),
        "trust.other_log_key",
    ),
    "a rotation that says more": (
        lambda: found(rotated(SPARE_KEY, enter=lambda j, old, new: rotate(j, old, new, note="x"))),
        "key.malformed",
    ),
    "a copy without any checkpoint": (
        lambda: Found(replace(log().copy(), checkpoints=()), ()),
        "copy.unreadable",
    ),
    "another log": (lambda: found(_other()), "trust.unknown_log"),
}


def _other() -> Journal:
    journal = Journal("other.example")
    journal.enter(journal.genesis())
    journal.commit()
    return journal


@pytest.mark.parametrize("case", REFUSED)
def test_does_not_move_on(case: str) -> None:
    """What is not signed, cosigned and proved moves nothing."""
    make, rule = REFUSED[case]
    assert rule_of(lambda: advance_by(knowing(SIZE), make())) == rule


def test_a_rotation_that_is_left_out_leaves_its_head_unsigned() -> None:
    """Without the rotation the new key is nobody's."""
    whole = rotated(SPARE_KEY).copy()
    rows = [row for row in whole.rows if row.topic != LOG_KEY_ROTATED]
    copy = Found(replace(whole, rows=rows), ())
    assert rule_of(lambda: advance_by(knowing(4), copy)) == "note.no_known_signature"


def test_a_forked_copy_convicts_itself() -> None:
    """Two heads of one log that cannot both be make a file that proves it by the log's key alone."""
    evidence = contradiction(knowing(SIZE), found(forked()))
    assert evidence is not None
    verify_contradiction(format_contradiction(evidence), vkeys=[LOG_VKEY])
    assert contradiction(knowing(4), found(log())) is None
    assert contradiction(knowing(None), found(log())) is None
