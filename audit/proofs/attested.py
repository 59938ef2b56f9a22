"""An attested item in one file: a cell, total or rank, its state proof, the attestation, and its receipt.

Whoever holds it and the log's verifier key checks the number without the log, its operator or its scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from audit.proofs import canonical
from audit.proofs.errors import AttestationError
from audit.proofs.keys import PublicKey
from audit.proofs.lines import from_base64, to_base64
from audit.proofs.note import parse_vkey
from audit.proofs.policy import NO_WITNESSES, Policy
from audit.proofs.receipt import parse_receipt, verify_receipt
from audit.proofs.state import StateProof
from audit.proofs.state_proof import (
    MAX_PROOF,
    state_proof_from_json,
    state_proof_to_json,
    verify_state_proof,
)
from audit.proofs.statement import (
    MAX_ENVELOPE,
    Envelope,
    Statement,
    envelope_from_json,
    parse_statement,
    verify_signatures,
)

VERSION = "minhchung.attested-item/v1"
ATTESTED = "ProjectionAttested.v1"
MAX_FILE = MAX_PROOF + 2 * MAX_ENVELOPE
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_BODY = {
    "version": int,
    "fold": str,
    "rules": str,
    "size": int,
    "root": str,
    "state_root": str,
    "count": int,
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """What the log attested of a round's version: so many items under one root, folded at that size."""

    round: str
    version: int
    fold: str
    rules: str
    size: int
    root: str
    state_root: str
    count: int


@dataclass(frozen=True, slots=True)
class AttestedItem:
    """The envelope of an attestation, the receipt that it is in the log, and a proof under its state root."""

    envelope: Envelope
    receipt: bytes
    proof: StateProof


def read_attestation(statement: Statement) -> Attestation:
    """Read an attestation; raises AttestationError `attestation.not_one`, `attestation.malformed`."""
    body = statement.body
    if statement.type != ATTESTED or statement.round is None:
        raise AttestationError("attestation.not_one", type=statement.type)
    for name, kind in _BODY.items():
        if type(body.get(name)) is not kind or body.keys() != _BODY.keys():
            raise AttestationError("attestation.malformed", field=name)
    if not _HASH.fullmatch(body["state_root"]):
        raise AttestationError("attestation.malformed", field="state_root")
    return Attestation(round=statement.round, **body)


def format_attested_item(found: AttestedItem) -> bytes:
    """Write the file: canonical JSON."""
    envelope = canonical.decode(found.envelope.encode(), limit=MAX_ENVELOPE)
    proof = state_proof_to_json(found.proof)
    stated = {"envelope": envelope, "proof": proof, "receipt": to_base64(found.receipt), "v": VERSION}
    return canonical.encode(stated)


def parse_attested_item(data: bytes) -> AttestedItem:
    """Read the file; nothing in it is verified.

    Raises CanonicalError for any but the one spelling, AttestationError `attestation.malformed` with the
    field, StateError and StatementError for its parts.
    """
    stated: Any = canonical.decode(data, limit=MAX_FILE)
    if not isinstance(stated, dict) or stated.keys() != {"envelope", "proof", "receipt", "v"}:
        raise AttestationError("attestation.malformed", field="file")
    receipt = from_base64(stated["receipt"]) if isinstance(stated["receipt"], str) else b""
    if stated["v"] != VERSION or not receipt:
        raise AttestationError("attestation.malformed", field="v" if receipt else "receipt")
    return AttestedItem(
        envelope_from_json(stated["envelope"]), receipt, state_proof_from_json(stated["proof"])
    )


def verify_attested_item(
    found: AttestedItem, *, vkeys: Iterable[str], policy: Policy = NO_WITNESSES, key: str | None = None
) -> None:
    """Raise unless the log with these verifier keys attested what the proof says (of this key, if given).

    1. The envelope is in the log (`verify_receipt`).
    2. It is an attestation, and signed by a key of the log.
    3. It came after what it attests: its index is the attested size or more.
    4. The proof is about the attested round (and about that key).
    5. The proof leads to the attested state root, over the attested number of items.

    That the state root is the one that the fold gives is for those to say who have all entries: `verify`, and
    auditors by `AttestationConfirmed`. Raises AttestationError `attestation.*`, and what each step raises.
    """
    trusted = tuple(vkeys)
    verify_receipt(found.receipt, envelope=found.envelope.encode(), vkeys=trusted, policy=policy)  # 1
    statement = parse_statement(found.envelope.payload)
    stated = read_attestation(statement)  # 2
    _check_signed(found.envelope, statement, trusted)
    index = parse_receipt(found.receipt).index
    if index < stated.size:  # 3
        raise AttestationError("attestation.too_early", index=index, size=stated.size)
    its = found.proof.key
    if its.partition("/")[0] != stated.round:  # 4
        raise AttestationError("attestation.other_round", stated=its, expected=stated.round)
    root = bytes.fromhex(stated.state_root)
    verify_state_proof(found.proof, key=key or its, count=stated.count, root=root)  # 5


def _check_signed(envelope: Envelope, statement: Statement, trusted: tuple[str, ...]) -> None:
    read = (parse_vkey(vkey).key for vkey in trusted)
    keys = {key.id: key for key in read if isinstance(key, PublicKey)}
    if statement.key not in keys:
        raise AttestationError("attestation.not_by_the_log", key=str(statement.key))
    verify_signatures(envelope, statement, keys)
