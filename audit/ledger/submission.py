"""A submission on its way in: what arrived, read as far as it can be without looking at the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audit.proofs.commitment import Opening, verify_opening
from audit.proofs.entry import Entry, write_time
from audit.proofs.errors import AuditError
from audit.proofs.keyring import GENESIS, KEY_EVENTS, Keyring
from audit.proofs.keys import Check
from audit.proofs.statement import (
    Envelope,
    Statement,
    parse_envelope,
    parse_statement,
    verify_signatures,
)
from domain.events import kind_of
from domain.refusals import Fact, Malformed, Refusal, refuse
from domain.visibility import KEY_TEXTS

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Submission:
    """An envelope as it came over the wire, with the words behind its commitments.

    `arrived_at` is when its first byte came; without it, when the intake first saw it.
    """

    envelope: bytes
    openings: tuple[Opening, ...] = ()
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The statement is in the log, at this position; `repeated` when it had been before.

    `receipt` is a tlog-proof (docs/formats/receipt.md), written once the batch cannot be lost any more.
    """

    position: int
    statement_id: str
    repeated: bool = False
    receipt: bytes = b""


@dataclass(frozen=True, slots=True)
class Refused:
    """The statement is not in the log; `line` is the log's signed word on why."""

    refusal: Refusal
    payload_sha256: str
    line: bytes = b""


Outcome = Accepted | Refused


class Turned(Exception):
    """A statement is turned away, with the refusal to answer with."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.rule)
        self.refusal = refusal


def turn(rule: str, **facts: Fact) -> Turned:
    """Say why a statement is turned away."""
    return Turned(refuse(rule, **facts))


@dataclass(slots=True)
class Prepared:
    """A submission whose form, openings and (if its keys are known) signatures have been checked."""

    submission: Submission
    arrived_at: datetime
    payload_sha256: str
    envelope: Envelope | None = None
    statement: Statement | None = None
    signatures_checked: bool = False
    refusal: Refusal | None = None

    def entry(self, received_at: datetime) -> Entry:
        """Return the entry this becomes when it is received now. Where a clock was set back, it came now."""
        if self.envelope is None:
            raise ValueError("nothing was read")
        arrived_at = min(self.arrived_at, received_at)
        return Entry(write_time(arrived_at), self.envelope, write_time(received_at))


def prepare(submission: Submission, arrived_at: datetime, keyring: Keyring, check: Check) -> Prepared:
    """Do all that needs no turn at the log: parsing, openings, and the costly signatures."""
    prepared = Prepared(submission, arrived_at, hashlib.sha256(submission.envelope).hexdigest())
    try:
        prepared.envelope = parse_envelope(submission.envelope)
        prepared.payload_sha256 = hashlib.sha256(prepared.envelope.payload).hexdigest()
        prepared.statement = parse_statement(prepared.envelope.payload)
        _check_openings(prepared.statement, submission.openings)
        check_signatures(prepared, keyring, check, known_only=True)
    except (AuditError, Malformed, Turned) as wrong:
        prepared.refusal = refusal_of(wrong)
    return prepared


def check_signatures(prepared: Prepared, keyring: Keyring, check: Check, *, known_only: bool = False) -> None:
    """Check the signatures once; with `known_only`, leave those of keys not enrolled yet for later."""
    if prepared.signatures_checked or prepared.statement is None or prepared.envelope is None:
        return
    try:
        keys = keyring.keys_for(prepared.statement)
    except AuditError as wrong:
        if known_only and wrong.rule == "key.unknown":
            return
        raise
    verify_signatures(prepared.envelope, prepared.statement, keys, check)
    prepared.signatures_checked = True


def _check_openings(statement: Statement, openings: tuple[Opening, ...]) -> None:
    """Every committed text comes with its words, once; which texts a type needs, the domain says."""
    opened = [opening.field for opening in openings]
    for name in statement.commitments:
        if opened.count(name) != 1:
            raise turn("opening.missing", field=name)
    for opening in openings:
        verify_opening(statement, opening)


def visibility_of(statement: Statement, name: str) -> str:
    """Return the class of a committed text, as its kind says."""
    if statement.type in KEY_EVENTS:
        return KEY_TEXTS[name].value
    return kind_of(statement.type).texts[name].value


def refusal_of(wrong: Exception) -> Refusal:
    """Return the refusal behind whatever the checks raised."""
    if isinstance(wrong, AuditError):
        return Refusal(wrong.rule, wrong.facts)
    if isinstance(wrong, Malformed | Turned):
        return wrong.refusal
    raise wrong


def is_genesis(statement: Statement) -> bool:
    """Whether a statement opens a log, before which nothing can have been seen."""
    return statement.type == GENESIS
