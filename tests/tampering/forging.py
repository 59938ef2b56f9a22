"""A small cosigned log, its trust file kept apart, and a forger who holds the database and many keys."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from api.settings import Settings
from api.verification import Examination, examine
from audit.ledger import tree
from audit.ledger.cosignatures import cosigned_note, keep_cosignatures
from audit.ledger.database import open_database
from audit.ledger.publisher import Publisher, latest_checkpoint
from audit.ledger.stamping import keep_token
from audit.ledger.tables import checkpoints, cosignatures, head, statement_ids, stored_events, tiles
from audit.proofs import canonical
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.merkle import EMPTY_ROOT, leaf_hash
from audit.proofs.statement import parse_statement, sign_payload
from audit.proofs.timestamp import Token, token_digest
from audit.proofs.trust import Trust
from audit.proofs.trust_file import format_trust, parse_trust
from tests.audit.proofs.witnessed import RECORD_VKEY, WITNESS_KEYS, WITNESSES, cosigned, trusting
from tests.worlds import KEYS, OPEN, World, a_file, found

CELLS = ("A1.3", "A1.5", "A1.7", "A2.3", "A3.3")
AGENCIES = ("SNV", "STC", "NHS")


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound log in a data directory, and the trust that somebody else keeps."""

    data: Path
    trust: Trust
    first: int
    """The position of the first statement of an officer; registry and round lie before it."""
    size: int


def build(folder: Path) -> Sound:
    """Write a log in many batches, refuse something, and have the newest checkpoint cosigned."""
    world = found(folder / "data")
    first = world.size
    for code in AGENCIES:
        for number, criterion in enumerate(CELLS):
            _declare(world, code, criterion, number)
    for wrong in ("A0", "A9.9"):
        world.submit(
            world.sign("SelfScoreDeclared", "snv-2", round=OPEN, agency="SNV", criterion=wrong, body={})
        )
    database = world.runtime.log.database
    with database.read() as connection:
        newest = latest_checkpoint(connection)
    assert newest is not None
    note = cosigned(newest[2], *WITNESS_KEYS)
    with database.begin() as connection:
        keep_cosignatures(connection, note, [w.vkey for w in WITNESSES], newest[0])
        kept = cosigned_note(connection, newest[0])
        place = (newest[0], "tsa")
        token = b"a time token that nobody was asked about"
        keep_token(connection, Token(*place, token, token_digest(*place, token)))
    world.close()
    return Sound(folder / "data", parse_trust(_written(trusting(kept))), first, newest[0])


def _written(trust: Trust) -> bytes:
    assert RECORD_VKEY in trust.logs[0].vkeys
    return format_trust(trust)


def _declare(world: World, code: str, criterion: str, number: int) -> None:
    officer = f"{code.lower()}-2"
    cell: dict[str, Any] = {"round": OPEN, "agency": code, "criterion": criterion}
    evidence = world.draft(
        "EvidenceSubmitted",
        officer,
        **cell,
        body={"serial": f"{number}/BC-{code}", "version": 1},
        texts={"title": f"Báo cáo {number} của {code}"},
        files=[a_file(f"Báo cáo {number} {code}")],
    )
    world.tell(evidence, world.draft("SelfScoreDeclared", officer, **cell, body={"points": "0.5"}))


def copied(sound: Sound, into: Path) -> Path:
    """Copy the log; what is done to the copy does not touch the others."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(sound.data, into)
    return into


def judged(data: Path, trust: Trust | None) -> Examination:
    """Verify a copy, by a trust file that was kept apart, or without one."""
    return examine(data, None, trust)


# --- what a forger does ---------------------------------------------------------------------------------


def states(data: Path) -> list[bytes]:
    """Read the entries of a log."""
    with sqlite3.connect(data / "minhchung.db") as connection:
        rows = connection.execute("SELECT state FROM stored_events ORDER BY position").fetchall()
    connection.close()
    return [bytes(row[0]) for row in rows]


def run_sql(data: Path, *statements: tuple[str, Sequence[Any]]) -> None:
    """Change the database by hand."""
    with sqlite3.connect(data / "minhchung.db") as connection:
        for statement, values in statements:
            connection.execute(statement, values)
    connection.close()


def rebuild(data: Path, entries: Sequence[bytes], log_key: SigningKey = KEYS[LOG_ACTOR]) -> None:
    """Write the log anew around other entries: rows, tiles, head, index, and checkpoints signed again.

    Whoever can do this holds the database and the private key of the log: the operator.
    """
    database = open_database(Settings(data, beside_data=True).database_url)
    publisher = Publisher(DEMO_ORIGIN, log_key)
    with database.begin() as connection:
        sizes = set(connection.execute(select(checkpoints.c.size)).scalars())
        for table in (stored_events, tiles, checkpoints, statement_ids, cosignatures):
            connection.execute(delete(table))
        versions: dict[str, int] = {}
        root = EMPTY_ROOT
        for position, state in enumerate(entries):
            root = tree.append(connection, position, [leaf_hash(state)])
            _file(connection, position, state, versions)
            if position + 1 in sizes or position + 1 == len(entries):
                publisher.checkpoint(connection, position + 1, root)
        connection.execute(head.update().values(size=len(entries), root=root))
    database.close()


def _file(connection: Any, position: int, state: bytes, versions: dict[str, int]) -> None:
    payload = parse_entry(state).envelope.payload
    statement = parse_statement(payload)
    versions[statement.stream] = versions.get(statement.stream, 0) + 1
    row = {
        "position": position,
        "originator_id": statement.stream,
        "originator_version": versions[statement.stream],
        "topic": statement.type,
        "state": state,
    }
    connection.execute(insert(stored_events), row)
    digest = canonical_digest(payload)
    connection.execute(
        insert(statement_ids).prefix_with("OR REPLACE"),
        {"id": statement.id, "position": position, "payload_sha256": digest},
    )


def canonical_digest(payload: bytes) -> bytes:
    """Hash signed bytes as the index of statements does."""
    return hashlib.sha256(payload).digest()


def resigned(state: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Let the signer of an entry, whose key was stolen, have signed something else."""
    entry = parse_entry(state)
    stated = canonical.decode(entry.envelope.payload, limit=1 << 20)
    actor = stated["actor"]
    change(stated)
    envelope = sign_payload(canonical.encode(stated), [KEYS[actor]])
    return encode_entry(replace(entry, envelope=envelope))
