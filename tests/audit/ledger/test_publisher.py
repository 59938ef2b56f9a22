"""The log's own word: checkpoints that open under its key, refusals that anyone can check."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit.ledger.database import Database
from audit.ledger.publisher import REFUSAL, Publisher, latest_checkpoint
from audit.ledger.tables import checkpoints, create_tables
from audit.proofs import canonical
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import AuditError
from audit.proofs.keys import SigningKey
from audit.proofs.note import open_note, vkey
from domain.deadlines import Phase
from domain.refusals import Refusal, refuse

ORIGIN = "minhchung.example/publisher"
KEY = SigningKey.from_seed(bytes(range(32)))
VKEY = vkey(ORIGIN, KEY.public_key)
PUBLISHER = Publisher(ORIGIN, KEY)
AT = datetime(2017, 2, 8, 9, tzinfo=timezone(timedelta(hours=7)))
DIGEST = "ab" * 32


def test_checkpoint_is_stored_as_it_was_signed(database: Database) -> None:
    """The note that is returned is the one that is kept; it opens to origin, size and root."""
    roots = {1: b"\x01" * 32, 3: b"\x03" * 32, 300: b"\xff" * 32}
    with database.begin() as connection:
        create_tables(connection)
        assert latest_checkpoint(connection) is None
        notes = {size: PUBLISHER.checkpoint(connection, size, root) for size, root in roots.items()}
    with database.read() as connection:
        assert latest_checkpoint(connection) == (300, roots[300], notes[300])
        stored = {row.size: row for row in connection.execute(select(checkpoints))}
    assert stored.keys() == roots.keys()
    for size, root in roots.items():
        opened = open_note(stored[size].note, [VKEY])
        assert (stored[size].root, stored[size].note) == (root, notes[size])
        assert opened.signers == (ORIGIN,)
        assert parse_checkpoint(opened.text) == Checkpoint(ORIGIN, size, root)


def test_no_size_is_signed_for_twice(database: Database) -> None:
    """A second checkpoint of a size, over whatever root, is an error of the database."""
    with database.begin() as connection:
        create_tables(connection)
        PUBLISHER.checkpoint(connection, 1, b"\x01" * 32)
    with pytest.raises(IntegrityError), database.begin() as connection:
        PUBLISHER.checkpoint(connection, 1, b"\x02" * 32)
    with database.read() as connection:
        found = latest_checkpoint(connection)
    assert found is not None
    assert found[1] == b"\x01" * 32


REFUSALS: dict[str, tuple[Refusal, str]] = {
    "no facts": (refuse("statement.malformed"), "{}"),
    "numbers become text": (refuse("counter.stale", stated=1, expected=2), '{"expected":"2","stated":"1"}'),
    "codes become text": (refuse("phase.not_next", phase=Phase.COUNCIL), '{"phase":"COUNCIL"}'),
    "Vietnamese": (refuse("team.unknown", team="Đoàn 1"), '{"team":"Đoàn 1"}'),
    "quotes and slashes": (refuse("text.missing", field='"\\/'), '{"field":"\\"\\\\/"}'),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refusal_is_a_note_of_six_lines(what: str) -> None:
    """Origin, time, rule, digest and facts stand under the log's signature, one on a line."""
    refusal, facts = REFUSALS[what]
    opened = open_note(PUBLISHER.refusal(refusal, AT, DIGEST), [VKEY])
    lines = (REFUSAL, ORIGIN, "2017-02-08T02:00:00.000000Z", refusal.rule, DIGEST, facts)
    assert opened.text.decode() == "".join(f"{line}\n" for line in lines)
    canonical.decode(facts.encode(), limit=1000)


@pytest.mark.parametrize("line", range(6))
def test_altered_refusal_no_longer_opens(line: int) -> None:
    """Whichever line is altered, the signature no longer holds; nor does it under another log's key."""
    refused = PUBLISHER.refusal(refuse("team.unknown", team="Đoàn 1"), AT, DIGEST)
    lines = refused.split(b"\n")
    lines[line] = lines[line][:-1] + b"?"
    with pytest.raises(AuditError):
        open_note(b"\n".join(lines), [VKEY])
    elsewhere = SigningKey.generate()
    with pytest.raises(AuditError):
        open_note(refused, [vkey(ORIGIN, elsewhere.public_key)])


def test_facts_cannot_forge_another_line() -> None:
    """Line feeds in a fact are escaped: what somebody stated never becomes a line of the log's own word."""
    hostile = refuse("team.unknown", team=f"x\n\n— {ORIGIN} AAAA\nminhchung.refusal/v1")
    opened = open_note(PUBLISHER.refusal(hostile, AT, DIGEST), [VKEY])
    assert opened.text.count(b"\n") == 6
