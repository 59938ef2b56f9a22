"""Entries as lines of a page: each in a sentence, with who signed it and whether that verifies now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from api.answers import Answer
from api.runtime import Runtime
from api.search_told import telling
from audit.ledger.codec import Recorded
from audit.proofs.errors import AuditError
from audit.proofs.statement import verify_signatures
from projections.search import Reader


def lines(runtime: Runtime, connection: Connection, reader: Reader, positions: Sequence[int]) -> list[Answer]:
    """Tell entries to a reader, in the order of the positions."""
    return telling(runtime.log, connection, reader).tell(positions)


def signed_lines(
    runtime: Runtime, connection: Connection, reader: Reader, positions: Sequence[int]
) -> list[Answer]:
    """Likewise, each with its signatures checked again: `signatures` is `verified`, or the rule."""
    told = telling(runtime.log, connection, reader).read_and_tell(positions)
    return [line | signatures(runtime, recorded) for recorded, line in told]


def signatures(runtime: Runtime, recorded: Recorded) -> Answer:
    """Check an entry's signatures; say who keeps the keys, and whether its authorship is in doubt."""
    statement, envelope = recorded.statement, recorded.entry.envelope
    keyring = runtime.intake.keyring
    status = "verified"
    try:
        verify_signatures(envelope, statement, keyring.keys_for(statement))
    except AuditError as wrong:
        status = wrong.rule
    records = [keyring.records.get(key) for key, _ in envelope.signatures]
    return {
        "signatures": status,
        "custodies": [record.custody for record in records if record is not None],
        "authorship": keyring.authorship(statement.named_keys, recorded.position).value,
    }
