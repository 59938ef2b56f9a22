"""Deciding a batch: each statement in its turn against the log as it is by then, on forks of what holds.

Nothing here writes: a batch that is dropped leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from audit.ledger.attested import check_attested
from audit.ledger.codec import Recorded, to_event
from audit.ledger.evidence import EvidenceStore
from audit.ledger.publisher import Publisher
from audit.ledger.submission import (
    Accepted,
    Outcome,
    Prepared,
    Refused,
    Turned,
    check_signatures,
    is_genesis,
    refusal_of,
    turn,
)
from audit.proofs.certificate import verify_binding
from audit.proofs.entry import encode_entry
from audit.proofs.errors import AuditError
from audit.proofs.keyring import BOUND, LOG_KEY_ROTATED, Keyring
from audit.proofs.keys import Check
from audit.proofs.statement import Statement
from domain import admission
from domain.events import Event
from domain.refusals import Malformed, Refusal, refuse
from domain.standing import Standing


@dataclass(slots=True)
class Group:
    """What one caller submitted in one call, waiting for its outcomes."""

    members: list[Prepared]
    together: bool
    outcomes: list[Outcome] | None = None
    error: BaseException | None = None

    @property
    def heard(self) -> bool:
        """Whether its caller has an answer."""
        return self.outcomes is not None or self.error is not None


@dataclass(slots=True)
class Batch:
    """What one transaction decides: forks of the standing and the keyring, and the rows to write."""

    standing: Standing
    keyring: Keyring
    first: int
    received_at: datetime
    known_ids: dict[str, tuple[int, bytes]]
    known_roots: dict[int, str]
    attested_roots: dict[int, str]
    recorded: list[Recorded] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def position(self) -> int:
        """The position of the next statement."""
        return self.first + len(self.recorded)


class Decider:
    """Decides groups of statements, one after the other; a refused one never fails its neighbours."""

    def __init__(self, publisher: Publisher, evidence: EvidenceStore, check: Check) -> None:
        self._publisher = publisher
        self._evidence = evidence
        self._check = check

    def take(self, batch: Batch, group: Group) -> list[Outcome]:
        """Decide a group; one that is to go in together goes in whole or not at all."""
        if not group.together:
            return [self._decide(batch, member) for member in group.members]
        trial = Batch(
            batch.standing.fork(),
            batch.keyring.fork(),
            batch.position,
            batch.received_at,
            dict(batch.known_ids),
            batch.known_roots,
            batch.attested_roots,
        )
        outcomes = [self._decide(trial, member) for member in group.members]
        if trial.refused:
            return self._refuse_all(batch, group, outcomes)
        trial.standing.settle()
        trial.keyring.settle()
        batch.known_ids.update(trial.known_ids)
        batch.recorded += trial.recorded
        batch.prepared += trial.prepared
        return outcomes

    def _refuse_all(self, batch: Batch, group: Group, outcomes: list[Outcome]) -> list[Outcome]:
        """Nothing of the group goes in: those that were fine are told about their neighbour.

        What was in the log before is still there, and is told so.
        """
        neighbour = refuse("batch.neighbour_refused")
        return [
            o
            if isinstance(o, Accepted) and o.position < batch.position
            else self._refuse(batch, m, o.refusal if isinstance(o, Refused) else neighbour)
            for m, o in zip(group.members, outcomes, strict=True)
        ]

    def _refuse(self, batch: Batch, member: Prepared, refusal: Refusal) -> Refused:
        key = batch.keyring.log_key
        line = self._publisher.refusal(refusal, batch.received_at, member.payload_sha256, key)
        refused = Refused(refusal, member.payload_sha256, line)
        batch.refused.append(refused)
        return refused

    def _decide(self, batch: Batch, member: Prepared) -> Outcome:
        try:
            return self._admit(batch, member)
        except (AuditError, Malformed, Turned) as wrong:
            return self._refuse(batch, member, refusal_of(wrong))

    def _admit(self, batch: Batch, member: Prepared) -> Accepted:
        """The order of the questions: is it for us, is it new, whose is it, what had they seen, may they."""
        if member.refusal is not None or member.statement is None:
            raise Turned(member.refusal or refuse("statement.malformed"))
        statement = member.statement
        if statement.log != self._publisher.origin:
            raise turn("log.other", stated=statement.log, expected=self._publisher.origin)
        if (known := batch.known_ids.get(statement.id)) is not None:
            return _repeat(statement, member, known)
        batch.keyring.check(statement, batch.position)
        self._check_log_key(batch, statement)
        check_signatures(member, batch.keyring, self._check)
        self._check_seen(batch, statement)
        self._check_evidence(statement)
        entry = member.entry(batch.received_at)
        _check_certificate(batch, member, entry.received_at)
        state = encode_entry(entry)
        event = to_event(statement, entry, batch.position)
        if event is not None and (refusal := admission.admit(batch.standing, event)) is not None:
            raise Turned(refusal)
        check_attested(event, member.submission.openings, batch.standing, batch.attested_roots)
        version = follow(batch.standing, batch.keyring, statement, event, batch.position)
        recorded = Recorded(statement.stream, version, batch.position, state, entry, statement, event)
        batch.known_ids[statement.id] = (recorded.position, bytes.fromhex(member.payload_sha256))
        batch.recorded.append(recorded)
        batch.prepared.append(member)
        return Accepted(recorded.position, statement.id)

    @staticmethod
    def _check_seen(batch: Batch, statement: Statement) -> None:
        if is_genesis(statement):
            return
        if statement.seen is None:
            raise turn("seen.missing")
        if batch.known_roots.get(statement.seen.size) != statement.seen.root:
            raise turn("seen.false", size=statement.seen.size, root=statement.seen.root)

    def _check_log_key(self, batch: Batch, statement: Statement) -> None:
        """The log rotates to a key only that it can sign with from the next checkpoint on."""
        if statement.type == LOG_KEY_ROTATED:
            (new,) = set(statement.named_keys) - batch.keyring.records.keys()
            if new not in self._publisher.keys:
                raise turn("log_key.not_at_hand", key=new)

    def _check_evidence(self, statement: Statement) -> None:
        for attachment in statement.attachments:
            size = self._evidence.size(attachment.sha256)
            if size is None:
                raise turn("evidence.missing", sha256=attachment.sha256)
            if size != attachment.size:
                raise turn(
                    "evidence.wrong_size", sha256=attachment.sha256, stated=attachment.size, found=size
                )


def follow(
    standing: Standing, keyring: Keyring, statement: Statement, event: Event | None, position: int
) -> int:
    """Take an admitted statement into memory; return its version in its stream.

    Key events are not the domain's business, but share the registry's stream with what is.
    """
    keyring.follow(statement, position)
    if event is not None:
        admission.follow(standing, event)
    else:
        standing.versions[statement.stream] = standing.versions.get(statement.stream, 0) + 1
    return standing.versions[statement.stream]


def _check_certificate(batch: Batch, member: Prepared, received_at: str) -> None:
    """A certificate is bound once its chain, which comes beside the statement, was followed to an anchor."""
    statement = member.statement
    if statement is not None and statement.type == BOUND:
        (opening,) = member.submission.openings
        anchors = batch.keyring.genesis.certificate_anchors
        verify_binding(statement, opening.value, batch.keyring, received_at, anchors)


def _repeat(statement: Statement, member: Prepared, known: tuple[int, bytes]) -> Accepted:
    """The same statement again gets the same answer; another one under its id is a conflict."""
    position, payload_sha256 = known
    if payload_sha256.hex() != member.payload_sha256:
        raise turn("id.conflict", id=statement.id, position=position)
    return Accepted(position, statement.id, repeated=True)
