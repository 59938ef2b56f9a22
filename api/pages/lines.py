"""Entries as lines of a page: each in a sentence, with who signed it and whether that verifies now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from api.answers import Answer
from api.runtime import Runtime
from api.search_told import telling
from audit.ledger.codec import Recorded
from audit.proofs.errors import AuditError
from audit.proofs.statement import verify_signatures
from projections.search import Reader

_SAID = ("type", "round", "agency", "criterion", "matter", "sentence_vi", "sentence_en", "arrived_at")
_BROKEN: Answer = dict.fromkeys((*_SAID, "received_at")) | {"signers": [], "texts": {}, "sealed": False}


def lines(runtime: Runtime, connection: Connection, reader: Reader, positions: Sequence[int]) -> list[Answer]:
    """Tell entries to a reader, in the order of the positions; of a damaged one that it is."""
    told = telling(runtime.log, connection, reader).read_and_tell(positions)
    return in_place(positions, (line for _, line in told))


def in_place(positions: Sequence[int], told: Iterable[Answer]) -> list[Answer]:
    """Put lines in the order of the positions; where there is none, the entry is damaged."""
    found = {line["position"]: {**line, "damaged": False} for line in told}
    return [found.get(at, {**_BROKEN, "position": at, "damaged": True}) for at in positions]


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
