"""Receipts: whoever was let in holds a proof of it, always the same one, that needs nothing of the server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.ledger.receipts import receipt_at
from audit.ledger.submission import Accepted, Refused, Submission
from audit.proofs.errors import AuditError, MerkleError
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.note import vkey
from audit.proofs.receipt import parse_receipt, verify_receipt
from tests.audit.ledger.callers import registering
from tests.worlds import World


def taken(world: World, *submissions: Submission) -> list[Accepted]:
    """Submit what has to be accepted, in one batch."""
    outcomes = world.submit(*submissions)
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert len(accepted) == len(submissions)
    return accepted


def checked(world: World, receipt: bytes, sent: Submission) -> None:
    """Check a receipt as its holder does, from the envelope and the log's key alone."""
    key = vkey(world.origin, world.keys[LOG_ACTOR].public_key)
    verify_receipt(receipt, envelope=sent.envelope, vkeys=[key])


def several(world: World, *codes: str) -> list[Submission]:
    """Sign registrations that build on each other."""
    desk = world.desk()
    return [registering(world, code, desk=desk) for code in codes]


def test_receipt_proves_each_statement_of_a_batch(world: World) -> None:
    """Every statement of a batch gets its own proof, under the checkpoint of that batch."""
    batch = several(world, "A", "B", "C")
    accepted = taken(world, *batch)
    for outcome, sent in zip(accepted, batch, strict=True):
        checked(world, outcome.receipt, sent)
        assert parse_receipt(outcome.receipt).index == outcome.position
    assert len({parse_receipt(outcome.receipt).checkpoint for outcome in accepted}) == 1


def test_receipt_is_the_same_for_who_asks_again(world: World) -> None:
    """A repeated statement gets the receipt it got, byte for byte, however far the log has grown since."""
    (sent,) = several(world, "A")
    (first,) = taken(world, sent)
    taken(world, *several(world, "B", "C"))
    taken(world, *several(world, "D"))
    (again,) = taken(world, sent)
    assert again == replace(first, repeated=True)
    checked(world, again.receipt, sent)


def test_receipt_of_a_repeat_among_new_ones(world: World) -> None:
    """In one batch each gets its own: the old one under the old checkpoint, the new one under the new."""
    (old,) = several(world, "A")
    (first,) = taken(world, old)
    (new,) = several(world, "B")
    repeated, fresh = taken(world, old, new)
    assert repeated.receipt == first.receipt
    checked(world, fresh.receipt, new)
    assert parse_receipt(fresh.receipt).checkpoint != parse_receipt(repeated.receipt).checkpoint


def test_receipt_can_be_written_for_every_entry(world: World) -> None:
    """In one batch each gets its own: the old one under the old checkpoint, the new under the new."""
    given = {outcome.position: outcome.receipt for outcome in taken(world, *several(world, *"ABCDE"))}
    with world.runtime.log.database.read() as connection:
        assert {position: receipt_at(connection, position) for position in given} == given
        with pytest.raises(MerkleError, match=r"proof\.index_outside_tree"):
            receipt_at(connection, world.size)


def test_receipt_is_of_no_other_statement(world: World) -> None:
    """A neighbour's receipt proves nothing about a statement."""
    batch = several(world, "A", "B")
    first, second = taken(world, *batch)
    with pytest.raises(AuditError, match=r"proof\.other_root"):
        checked(world, second.receipt, batch[0])
    with pytest.raises(AuditError, match=r"proof\.other_root"):
        checked(world, first.receipt, batch[1])


def test_refused_statement_gets_no_receipt(world: World) -> None:
    """What was turned away has the log's signed refusal, and no receipt."""
    good, bad = registering(world, "A"), Submission(b"{}")
    accepted, refused = world.submit(good, bad)
    assert isinstance(accepted, Accepted)
    assert isinstance(refused, Refused)
    checked(world, accepted.receipt, good)
    assert refused.line
