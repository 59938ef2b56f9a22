"""From stored bytes to what they say: nothing unknown is read, nothing is written anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import Notification, StoredEvent

from api.settings import DATABASE_VARIABLE, Settings
from audit.ledger.codec import LedgerMapper, Recorded, story
from audit.proofs.entry import Entry, encode_entry, parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keyring import KEY_EVENTS
from audit.proofs.statement import parse_envelope
from domain.events import Event
from domain.refusals import Malformed
from tests.bad_input.forging import adjustment, restated, score
from tests.worlds import OPEN, World, found, reopen

MAPPER = LedgerMapper()


@pytest.fixture(scope="module")
def world(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A log with several rounds."""
    data = tmp_path_factory.mktemp("codec") / "data"
    shutil.copytree(small_log, data)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        world = reopen(data)
    yield world
    world.close()


def _row(state: bytes, position: int = 7) -> Notification:
    return Notification("stream", 1, "Topic.v1", state, id=position + 1)


def _tampered(world: World, **changes: Any) -> bytes:
    """An entry like the newest score, but for some fields of its statement."""
    envelope = parse_envelope(restated(score(world), **changes).envelope)
    at = "2017-02-08T02:00:00.000000Z"
    return encode_entry(Entry(at, envelope, at))


UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "a type outside the closed set": ({"type": "ScoreErased.v1"}, "event.unknown"),
    "a version of a type": ({"type": "SelfScoreDeclared.v2"}, "event.unknown"),
    "a module path as type": ({"type": "domain.events:SelfScoreDeclared"}, "statement.malformed"),
    "a field of the header": ({"urgent": True}, "statement.unknown_field"),
    "a field of the body": ({"body": {"points": "1", "urgent": True}}, "field.unknown"),
    "a kind of value in the body": ({"body": {"points": ["1"]}}, "points.not_text"),
    "a body": ({"body": []}, "statement.malformed"),
    "a matter": ({"matter": "session-1"}, "statement.malformed"),
    "a delegation by another name": (
        {"on_behalf_of": "stc-1", "delegation": "letter 7"},
        "statement.malformed",
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_unknown_is_not_read(world: World, what: str) -> None:
    """Unknown types and fields raise by name, also where they are stored already; nothing is skipped."""
    changes, rule = UNKNOWN[what]
    with pytest.raises((AuditError, Malformed), match=rule):
        MAPPER.to_domain_event(_row(_tampered(world, **changes)))


@pytest.mark.parametrize("state", [b"", b"{}", b"null", b'{"arrived_at": 1}', b"\xff"])
def test_bytes_that_are_no_entry_are_not_read(state: bytes) -> None:
    """Damaged bytes raise; the mapper never guesses."""
    with pytest.raises(AuditError):
        MAPPER.to_domain_event(_row(state))


def test_stored_bytes_are_never_written_anew(settings: Settings) -> None:
    """The row of what was read is that very row, and holds the envelope as its author sent it."""
    world = found(settings.data)
    statement = score(world)
    world.submit(statement)
    rows = world.runtime.log.recorder.select_notifications(1, 1000)
    for row in rows:
        recorded = MAPPER.to_domain_event(row)
        again = MAPPER.to_stored_event(recorded)
        assert again.state is recorded.state is row.state
        assert again == StoredEvent(row.originator_id, row.originator_version, row.topic, row.state)
    assert len(rows) == world.size
    assert statement.envelope in rows[-1].state
    assert parse_entry(rows[-1].state).envelope.encode() == statement.envelope
    world.close()


def test_streams_come_from_the_repository_with_their_positions(settings: Settings) -> None:
    """A stream is read through eventsourcing's repository; its events know their place in the log."""
    world = found(settings.data)
    world.submit(score(world))
    log = world.runtime.log
    for name in (f"{OPEN}/STC/A1.5", OPEN, "registry", f"{OPEN}/STC"):
        stream = log.stream(name)
        expected = [r for r in log.entries() if r.statement.stream == name]
        assert list(stream) == expected != []
        assert [r.originator_version for r in stream] == list(range(1, len(stream) + 1))
    with pytest.raises(AggregateNotFoundError):
        log.stream(f"{OPEN}/STC/A1.7")
    assert story(None, []) is None
    world.close()


def test_event_tells_who_signed_and_not_who_might_have(world: World) -> None:
    """Of three members that a decision names, it is signed by the two whose signatures are on it."""
    joint = restated(adjustment(world, "hd-2", "hd-3", "hd-1"), threshold=2)
    envelope = parse_envelope(joint.envelope)
    fewer = replace(envelope, signatures=envelope.signatures[:2])
    at = "2017-02-08T02:00:00.000000Z"
    recorded = MAPPER.to_domain_event(_row(encode_entry(Entry(at, fewer, at)), position=41))
    assert isinstance(recorded.event, Event)
    named = dict(zip(recorded.statement.signers, recorded.statement.actors, strict=True))
    assert set(recorded.event.signed_by) == {named[key] for key, _ in fewer.signatures}
    assert len(recorded.event.signed_by) == 2
    assert (recorded.position, recorded.event.position) == (41, 41)


def test_key_events_are_not_the_domains_business(world: World) -> None:
    """What is stated of keys is read, but never becomes an event of the domain."""
    without = [r.statement.type for r in world.runtime.log.entries() if r.event is None]
    assert set(without) == {"KeyEnrolled.v1", "KeyRevoked.v1", "KeySuspended.v1", "StatementReaffirmed.v1"}
    assert set(without) <= KEY_EVENTS


def test_only_rows_of_the_log_are_mapped(world: World) -> None:
    """Without its position an event cannot be read, and what was not recorded cannot be stored."""
    recorded = next(iter(world.runtime.log.entries()))
    with pytest.raises(TypeError):
        MAPPER.to_domain_event(StoredEvent("stream", 1, "Topic.v1", recorded.state))
    with pytest.raises(TypeError):
        MAPPER.to_stored_event(recorded.statement)
    assert isinstance(recorded, Recorded)
