"""Golden bytes of key events: what was written about keys is read for ever, and means the same."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

import pytest

from audit.ledger.codec import read_entry
from audit.proofs import merkle
from audit.proofs.authorship import Authorship
from audit.proofs.certificate import possession, write_chain
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.commitment import Opening
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keyring import GENESIS, KEY_EVENTS, LOG_ACTOR, REAFFIRMED, REPUDIATED
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.statement import parse_statement
from audit.proofs.verifier import LogCopy, Row, verify_log
from tests.audit.proofs.logs import KEYS, REGISTRARS, SALT, SPARE_KEY, Journal, cell, genesis_body
from tests.page_keys import card_key, certificates, digest

GOLDEN = Path(__file__).parents[2] / "testdata" / "golden-keys"
TYPES = (
    "LogOpened",
    "KeyEnrolled",
    "CertificateBound",
    "KeySuspended",
    "KeyReinstated",
    "SelfScoreDeclared",
    "SelfScoreDeclared",
    "KeyRevoked",
    "KeyEnrolled",
    "StatementReaffirmed",
    "StatementRepudiated",
)
ENTRIES = tuple(f"{position:02}-{name}.v1.entry.json" for position, name in enumerate(TYPES))
CHECKPOINT, CHAIN = "checkpoint.note", "certificates.txt"
OLD = KEYS["head-snv"]


@cache
def written() -> dict[str, bytes]:
    """Do once more what made the golden files."""
    journal, chain = Journal(), certificates()
    body = genesis_body(KEYS) | {"certificate_anchors": [digest(chain[-1])]}
    journal.enter(journal.several((LOG_ACTOR, *REGISTRARS), GENESIS, body))
    journal.commit()
    journal.enter(journal.enrolment("head-snv", custody="platform"))
    bound, _ = journal.binding("head-snv", write_chain(chain), digest(chain[0]), _proof())
    journal.enter(bound)
    journal.enter(journal.suspension("head-snv"))
    journal.enter(journal.reinstatement("head-snv"))
    for number, points in enumerate(("1", "1.5")):
        journal.enter(
            journal.one("head-snv", "SelfScoreDeclared.v1", {"points": points}, **cell("SNV", number))
        )
    journal.enter(journal.revocation("head-snv", "reg-1", "reg-2", compromised_since=5))
    journal.keys["head-snv"] = SPARE_KEY
    journal.enter(journal.enrolment("head-snv"))
    journal.enter(journal.word(REAFFIRMED, "head-snv", OLD, positions=[5]))
    journal.enter(journal.word(REPUDIATED, "head-snv", OLD, first=6, last=6))
    journal.commit()
    files = {name: row.entry for name, row in zip(ENTRIES, journal.rows, strict=True)}
    return files | {CHECKPOINT: journal.checkpoints[-1][1], CHAIN: write_chain(chain).encode()}


def _proof() -> str:
    signed = possession(
        log=DEMO_ORIGIN,
        key=OLD.public_key.id,
        actor="head-snv",
        enrolled_at=1,
        certificate=digest(certificates()[0]),
    )
    return base64.b64encode(card_key("person").sign(signed)).decode()


def golden(name: str) -> bytes:
    """Read a golden file."""
    return (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("name", [*ENTRIES, CHECKPOINT, CHAIN])
def test_same_acts_give_the_same_bytes(name: str) -> None:
    """Entries and the chain made again from the same keys and times are the golden bytes."""
    assert written()[name] == golden(name)


def test_every_golden_file_is_tested() -> None:
    """No golden file lies there unread, and none has gone; all key events are there but rotations."""
    assert {file.name for file in GOLDEN.iterdir()} == {*ENTRIES, CHECKPOINT, CHAIN, "README.md"}
    rotations = {"KeyRotated.v1", "LogKeyRotated.v1"}
    assert {f"{name}.v1" for name in TYPES} >= KEY_EVENTS - rotations


@pytest.mark.parametrize("position", range(len(ENTRIES)))
def test_golden_entry_is_read(position: int) -> None:
    """It parses, states the type it is named for, and is written back as it was."""
    entry, statement, event = read_entry(golden(ENTRIES[position]), position)
    assert statement.type == f"{TYPES[position]}.v1"
    assert (event is None) == (statement.type in KEY_EVENTS)
    assert encode_entry(entry) == golden(ENTRIES[position])


def test_golden_files_are_a_log_that_means_what_it_meant() -> None:
    """The entries verify: the card is bound, one statement was reaffirmed, the other repudiated."""
    entries = [golden(name) for name in ENTRIES]
    statements = [parse_statement(parse_entry(entry).envelope.payload) for entry in entries]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    versions: dict[str, int] = {}
    rows = []
    for position, (stated, entry) in enumerate(zip(statements, entries, strict=True)):
        versions[stated.stream] = versions.get(stated.stream, 0) + 1
        rows.append(Row(position, stated.stream, versions[stated.stream], stated.type, entry))
    openings = {statements[2].id: [Opening("certificates", SALT, golden(CHAIN).decode())]}
    head = len(rows), merkle.root(leaves)
    first = sign_checkpoint(Checkpoint(DEMO_ORIGIN, 1, leaves[0]), KEYS[LOG_ACTOR])
    copy = LogCopy(rows, leaves, head, [(1, first), (len(rows), golden(CHECKPOINT))], openings)
    verdict = verify_log(copy, log_key=KEYS[LOG_ACTOR].public_key)
    assert verdict.findings == ()
    assert verdict.contested == {5: Authorship.REAFFIRMED, 6: Authorship.REPUDIATED}
    (bound,) = verdict.bindings
    assert (bound.position, bound.actor) == (2, "head-snv")
    assert bound.certified is not None
    assert bound.certified.subject == "CN=snv-2 (minh họa)"
    assert verdict.platform_statements == 5
