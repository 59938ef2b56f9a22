"""Golden bytes: what was once written is read for ever, and the same acts give the same bytes again."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from audit.ledger.codec import read_entry
from audit.ledger.publisher import REFUSAL, Publisher
from audit.proofs import canonical, merkle
from audit.proofs.attested import format_attested_item, parse_attested_item, verify_attested_item
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from audit.proofs.commitment import Opening, verify_opening
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keyring import ENROLLED, GENESIS, LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.note import open_note, vkey
from audit.proofs.statement import parse_statement
from audit.proofs.verifier import LogCopy, Row, verify_log
from domain.refusals import refuse
from tests.audit.proofs.logs import KEYS, REGISTRARS, SALT, Journal, cell, committed, uuid7
from tests.audit.proofs.states import attested_item

GOLDEN = Path(__file__).parents[2] / "testdata" / "golden"
ENTRIES = ("LogOpened.v1.entry.json", "KeyEnrolled.v1.entry.json", "EvidenceSubmitted.v1.entry.json")
CHECKPOINT, REFUSED = "checkpoint.note", "refusal.v1.note"
ATTESTED = "attested-item.v1.json"
LOG_VKEY = vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key)
TITLE = "Báo cáo kết quả công tác cải cách hành chính năm 2016"
REPORT = {"sha256": sha256(TITLE.encode()).hexdigest(), "size": 182_304, "media_type": "application/pdf"}


@cache
def written() -> dict[str, bytes]:
    """Do once more what made the golden files: demo keys, fixed times."""
    journal = Journal()
    journal.enter(journal.genesis())
    journal.commit()
    journal.enter(journal.enrolment("head-snv"))
    commitments, _ = committed(journal, "title", TITLE)
    fields = cell("SNV", 0) | {"commitments": commitments, "attachments": [REPORT]}
    body = {"serial": "12/BC-SNV", "version": 1}
    journal.enter(journal.one("head-snv", "EvidenceSubmitted.v1", body, **fields))
    journal.commit()
    files = {name: row.entry for name, row in zip(ENTRIES, journal.rows, strict=True)}
    refusal = refuse("score.above_max", stated="2.5", maximum="2")
    publisher = Publisher(DEMO_ORIGIN, KEYS[LOG_ACTOR])
    line = publisher.refusal(
        refusal, datetime(2017, 1, 20, 3, 30, tzinfo=UTC), sha256(b"payload").hexdigest()
    )
    item = format_attested_item(attested_item())
    return files | {CHECKPOINT: journal.checkpoints[-1][1], REFUSED: line, ATTESTED: item}


def golden(name: str) -> bytes:
    """Read a golden file."""
    return (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("name", [*ENTRIES, CHECKPOINT, REFUSED, ATTESTED])
def test_same_acts_give_the_same_bytes(name: str) -> None:
    """Statements, entries and notes made again from the same keys and times are the golden bytes."""
    assert written()[name] == golden(name)


def test_every_golden_file_is_tested() -> None:
    """No golden file lies there unread, and none has gone."""
    assert {file.name for file in GOLDEN.iterdir()} == {
        *(*ENTRIES, CHECKPOINT, REFUSED, ATTESTED, "README.md")
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_golden_entry_is_read(name: str) -> None:
    """A golden entry parses, states the type it is named for, and is written back as it was."""
    entry = parse_entry(golden(name))
    assert f"{parse_statement(entry.envelope.payload).type}.entry.json" == name
    assert encode_entry(entry) == golden(name)


@pytest.mark.parametrize("position", range(len(ENTRIES)))
def test_golden_entry_is_an_event_of_the_catalogue(position: int) -> None:
    """What was stated is still in the closed set of events; a key event is the keyring's alone."""
    _, statement, event = read_entry(golden(ENTRIES[position]), position)
    assert (event.kind.name if event else ENROLLED) == statement.type


def test_golden_entries_say_what_they_said() -> None:
    """Genesis, a joint statement and one of a single signer are read with every field they have."""
    genesis, enrolled, evidence = (
        parse_statement(parse_entry(golden(name)).envelope.payload) for name in ENTRIES
    )
    assert (genesis.type, set(genesis.actors), genesis.seen) == (GENESIS, {LOG_ACTOR, *REGISTRARS}, None)
    assert (enrolled.type, set(enrolled.actors)) == (ENROLLED, {"head-snv", *REGISTRARS[:2]})
    assert (enrolled.threshold, enrolled.counter, enrolled.stream) == (3, None, "registry")
    assert (evidence.id, evidence.actor, evidence.counter, evidence.expects) == (uuid7(3), "head-snv", 1, 0)
    assert (evidence.stream, dict(evidence.body)) == ("2016/SNV/A1.2", {"serial": "12/BC-SNV", "version": 1})
    assert [attachment.size for attachment in evidence.attachments] == [182_304]
    verify_opening(evidence, Opening("title", SALT, TITLE))


def test_golden_checkpoint_is_read() -> None:
    """The golden checkpoint opens under the log's key, and covers the golden entries."""
    note = open_note(golden(CHECKPOINT), [LOG_VKEY])
    leaves = [merkle.leaf_hash(golden(name)) for name in ENTRIES]
    assert parse_checkpoint(note.text) == Checkpoint(DEMO_ORIGIN, 3, merkle.root(leaves))


def test_golden_refusal_is_read() -> None:
    """The golden refusal opens under the log's key: origin, time, rule, payload's digest and facts."""
    note = open_note(golden(REFUSED), [LOG_VKEY])
    kind, origin, at, rule, digest, facts = note.text.decode().removesuffix("\n").split("\n")
    assert (kind, origin, at) == (REFUSAL, DEMO_ORIGIN, "2017-01-20T03:30:00.000000Z")
    assert (rule, digest) == ("score.above_max", sha256(b"payload").hexdigest())
    assert canonical.decode(facts.encode(), limit=1000) == {"stated": "2.5", "maximum": "2"}


def test_golden_attested_item_is_verified() -> None:
    """The golden item is proved under the golden attestation, and says what it said."""
    found = parse_attested_item(golden(ATTESTED))
    verify_attested_item(found, vkeys=[LOG_VKEY], key="2016/STC/A1.2")
    (shown,) = found.proof.shown
    assert dict(shown.item.value) == {"counts": "true", "points": "1.5"}
    assert shown.item.events == (6, 10, 12)


def test_golden_files_are_a_log() -> None:
    """The golden entries under the golden checkpoint verify as a whole log."""
    entries = [golden(name) for name in ENTRIES]
    statements = [parse_statement(parse_entry(entry).envelope.payload) for entry in entries]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    rows = [
        Row(position, stated.stream, version, stated.type, entry)
        for position, (stated, version, entry) in enumerate(zip(statements, (1, 2, 1), entries, strict=True))
    ]
    first = sign_checkpoint(Checkpoint(DEMO_ORIGIN, 1, leaves[0]), KEYS[LOG_ACTOR])
    copy = LogCopy(rows, leaves, (3, merkle.root(leaves)), [(1, first), (3, golden(CHECKPOINT))])
    assert verify_log(copy, log_key=KEYS[LOG_ACTOR].public_key).findings == ()
