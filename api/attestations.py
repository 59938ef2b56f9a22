"""Attestations as commands show, prove, check and confirm them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import Connection, select

from api.answers import Answer
from api.errors import AttestationsDiffer, UnknownSubject
from api.nearest import NOTHING, listed, nearest_of
from api.register import Register, entry_at, fold
from api.runtime import Log, Runtime
from api.signing import Desk, Draft
from audit.ledger import tree
from audit.ledger.attested import BLINDING, state_tree
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.submission import Outcome
from audit.ledger.tables import openings, stored_events
from audit.proofs.attested import (
    AttestedItem,
    format_attested_item,
    read_attestation,
    verify_attested_item,
)
from audit.proofs.commitment import Opening
from audit.proofs.completeness import completeness
from audit.proofs.entry import parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keys import Signer
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES, Policy
from audit.proofs.receipt import Receipt, format_receipt, parse_receipt
from audit.proofs.state import KEY, StateTree
from audit.proofs.statement import parse_statement
from domain.refusals import refuse
from domain.shapes import write
from domain.standing import Attested, StateItem
from domain.stated.choices import Role

CONFIRMED = "AttestationConfirmed.v1"


def folded(log: Log, connection: Connection) -> Register:
    """Fold the whole log; raises UnknownSubject for an empty one."""
    return fold(log, connection, log.size, lambda _event: None)


# --- show -----------------------------------------------------------------------------------------------


def shown(register: Register, round_code: str) -> Answer:
    """Answer `attest show`: each published version of a round, and what stands behind it."""
    versions = register.round(round_code).versions
    told = [_version(register, round_code, version.number, version.position) for version in versions]
    return {"round": round_code, "versions": told}


def _version(register: Register, round_code: str, number: int, position: int) -> Answer:
    made = register.standing.attested.get((round_code, number))
    if made is None:
        return {"version": number, "published_at": position, "attested_at": None, "confirmed_by": []}
    stated = write(made.stated)
    return {
        **stated,
        "published_at": position,
        "attested_at": made.position,
        "confirmed_by": sorted(made.confirmed),
    }


# --- prove ----------------------------------------------------------------------------------------------


def prove(
    log: Log, connection: Connection, register: Register, round_code: str, version: int | None, about: str
) -> tuple[bytes, Answer]:
    """Prove an item (AGENCY/CRITERION, AGENCY/total, AGENCY/rank) of a version, or that there is none.

    Raises UnknownSubject where nothing was attested, or the secret is gone.
    """
    made = _attested(register, round_code, version)
    key = f"{round_code}/{about}"
    if not KEY.fullmatch(key):
        keys = [item.key.partition("/")[2] for item in state_of(register, round_code, made.stated.version)]
        raise UnknownSubject(refuse("asked.no_item", stated=about[:80], nearest=nearest_of(about, keys)))
    proof = _tree(log, connection, register, round_code, made).prove(key)
    recorded = entry_at(log, made.position)
    found = AttestedItem(recorded.entry.envelope, _receipt(log, connection, made.position), proof)
    return format_attested_item(found), told(found)


def _attested(register: Register, round_code: str, version: int | None) -> Attested:
    its = [made for (code, _), made in sorted(register.standing.attested.items()) if code == round_code]
    wanted = [made for made in its if version in (None, made.stated.version)]
    if not wanted:
        versions = [str(made.stated.version) for made in its]
        near, there = nearest_of(str(version), versions), listed(versions)
        raise UnknownSubject(
            refuse("asked.not_attested", round=round_code, size=register.size, nearest=near, there=there)
        )
    return wanted[-1]


def _tree(log: Log, connection: Connection, register: Register, round_code: str, made: Attested) -> StateTree:
    """Fold the attested state, under the secret that lies beside the log."""
    secret = secret_at(connection, made.position)
    if not secret:
        raise UnknownSubject(refuse("asked.secret_erased", position=made.position))
    return published_tree(state_of(register, round_code, made.stated.version), secret)


@dataclass(frozen=True, slots=True)
class _Blinded:
    """A published state under its secret, which is of one attestation alone: the secret says which it is."""

    secret: tuple[Opening, ...]
    state: tuple[StateItem, ...] = field(compare=False)


def published_tree(state: tuple[StateItem, ...], secret: Iterable[Opening]) -> StateTree:
    """Return the tree over a published state, which never changes; whoever asks read its secret just now."""
    return _tree_over(_Blinded(tuple(secret), state))


@lru_cache(maxsize=8)
def _tree_over(its: _Blinded) -> StateTree:
    return state_tree(its.state, its.secret)


def state_of(register: Register, round_code: str, version: int) -> tuple[StateItem, ...]:
    """Return the state that a version published."""
    return next(one.state for one in register.round(round_code).versions if one.number == version)


def secret_at(connection: Connection, position: int) -> list[Opening]:
    """Read the secret of the attestation at a position, where it was not erased and the entry can be read."""
    data = connection.execute(select(stored_events.c.state).where(stored_events.c.position == position))
    try:
        named = parse_statement(parse_entry(data.scalar_one()).envelope.payload).id
    except AuditError:
        return []
    its = (openings.c.statement_id == named) & (openings.c.field == BLINDING)
    rows = connection.execute(select(openings).where(its & openings.c.value.is_not(None)))
    return [Opening(row.field, row.salt, row.value) for row in rows]


def _receipt(log: Log, connection: Connection, position: int) -> bytes:
    """Make the receipt of an entry, under the newest checkpoint."""
    newest = latest_checkpoint(connection)
    if newest is None:
        raise UnknownSubject(refuse("asked.no_checkpoint"))
    size, _, note = newest
    entry = entry_at(log, position).entry
    path = tree.inclusion_proof(connection, position, size)
    return format_receipt(Receipt(entry.arrived_at, entry.received_at, position, tuple(path), note))


# --- check ----------------------------------------------------------------------------------------------


def check(found: AttestedItem, vkeys: Sequence[str], policy: Policy = NO_WITNESSES) -> Answer:
    """Verify an attested item and say what it proves; raises AuditError."""
    verify_attested_item(found, vkeys=vkeys, policy=policy)
    return told(found)


def complete(found: AttestedItem, log: Log) -> Answer:
    """Say whether the log at hand has all statements about the item, no more and no fewer."""
    stated = read_attestation(parse_statement(found.envelope.payload))
    if found.proof.absent is not None:
        return {}
    entries = ((recorded.position, recorded.statement) for recorded in log.entries())
    its = completeness(found.proof.shown[0].item, stated.size, entries)
    return {"complete": its.ok, "missing": list(its.missing), "foreign": list(its.foreign)}


def told(found: AttestedItem) -> Answer:
    """Say what an attested item holds, verified or not."""
    statement = parse_statement(found.envelope.payload)
    stated = read_attestation(statement)
    answer: Answer = {
        "log": statement.log,
        "key": found.proof.key,
        "present": found.proof.absent is None,
        "round": stated.round,
        "version": stated.version,
        "size": stated.size,
        "count": stated.count,
        "state_root": stated.state_root,
        "attested_at": parse_receipt(found.receipt).index,
    }
    if found.proof.absent is not None:
        return answer
    (one,) = found.proof.shown
    item: Mapping[str, object] = {
        "value": dict(one.item.value),
        "made_by": list(one.item.made_by),
        "events": list(one.item.events),
    }
    return {**answer, **item}


def keys_of(register: Register, origin: str) -> list[str]:
    """Return the verifier keys of the log at hand."""
    return [vkey(origin, key) for _, key in register.keyring.log_keys]


# --- confirm --------------------------------------------------------------------------------------------


def confirm(runtime: Runtime, signer: Signer, round_code: str, version: int | None) -> tuple[Answer, Outcome]:
    """Fold the log again, and state as an auditor that it comes to what was attested.

    Raises UnknownSubject where nothing was attested or the key is nobody's, AttestationsDiffer where the fold
    comes to something else.
    """
    with runtime.log.database.read() as connection:
        register = folded(runtime.log, connection)
        made = _attested(register, round_code, version)
        root = _tree(runtime.log, connection, register, round_code, made).root.hex()
        log_root = tree.root_at(connection, made.stated.size).hex()
    body = {**write(made.stated), "state_root": root, "root": log_root}
    if body != write(made.stated):
        raise AttestationsDiffer(made.stated.state_root, root)
    record = register.keyring.records.get(signer.public_key.id)
    if record is None:
        near = min(register.standing.serving.get(Role.AUDITOR, ()), default=NOTHING)
        raise UnknownSubject(refuse("asked.key_of_nobody", key=signer.public_key.id, nearest=near))
    desk = Desk(runtime.origin, {record.actor: signer})
    desk.counters = {signer.public_key.id: runtime.intake.keyring.next_counter(signer.public_key.id) - 1}
    desk.seen = runtime.intake.checkpoint
    draft = Draft(
        type=CONFIRMED,
        actors=(record.actor,),
        body=body,
        occurred_at=runtime.clock(),
        expects=False,
        round=round_code,
    )
    (outcome,) = runtime.intake.submit([desk.sign(draft)])
    return {"round": round_code, "actor": record.actor, **body}, outcome
