"""What stands behind a page: the newest checkpoint, who signed it, who else has seen the log."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from api.answers import Answer
from api.kept import checked
from api.register import entry_at
from api.runtime import Runtime
from audit.ledger.cosignatures import cosigned_note
from audit.ledger.tables import cosignatures, head
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.errors import AuditError
from audit.proofs.lines import COSIGNATURE_V1
from audit.proofs.note import open_note, parse_vkey, unverified_text
from audit.proofs.statement import verify_signatures
from domain.stated.choices import Role


def proof_of(runtime: Runtime, connection: Connection, position: int) -> Answer:
    """Answer with the checkpoint over an entry, the newest witnesses, and whether its signatures verify."""
    size = connection.execute(select(head.c.size)).scalar_one()
    note = cosigned_note(connection, size)
    checkpoint = None if note is None else parse_checkpoint(unverified_text(note))
    return {
        "position": position,
        "size": size,
        "origin": runtime.origin,
        "root": checkpoint and checkpoint.root.hex(),
        "witnesses": witnesses(connection),
        "signed": signed(runtime, position),
    }


def witnesses(connection: Connection) -> list[Answer]:
    """Return the witnesses whose newest cosignature verifies: name, size of the log, time in seconds."""
    its = cosignatures.c
    newest = connection.execute(select(its.vkey, func.max(its.size).label("size")).group_by(its.vkey))
    told = []
    for row in newest.all():
        if parse_vkey(row.vkey).number != COSIGNATURE_V1:
            continue  # the log's own signature of record makes nobody a witness
        try:
            opened = open_note(cosigned_note(connection, row.size) or b"", [row.vkey])
        except AuditError:
            continue
        told += [{"name": one.name, "size": row.size, "time": one.time} for one in opened.signatures]
    return sorted(told, key=lambda one: str(one["name"]))


def signed(runtime: Runtime, position: int) -> Answer:
    """Check the signatures of an entry again, now; say by whose office, and who keeps the keys."""
    recorded = entry_at(runtime.log, position)
    keyring, officers = runtime.intake.keyring, runtime.intake.standing.officers
    wrong = None
    try:
        keys = keyring.keys_for(recorded.statement)
        verify_signatures(recorded.entry.envelope, recorded.statement, keys, checked)
    except AuditError as found:
        wrong = found.rule
    signers = []
    by = [key for key, _ in recorded.entry.envelope.signatures]
    for actor, key in zip(recorded.statement.actors_of(by), by, strict=True):
        officer, record = officers.get(actor), keyring.records.get(key)
        roles = {role for role, _ in officer.offices} if officer else set()
        role = next((one.value for one in Role if one in roles), None)
        signers.append({"role": role, "custody": record.custody if record else None})
    body = dict(recorded.statement.body)
    return {
        "type": recorded.statement.type,
        "body": body,
        "received_at": recorded.entry.received_at,
        "wrong": wrong,
        "signers": signers,
    }
