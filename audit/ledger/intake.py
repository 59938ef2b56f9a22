"""The only way in: statements are decided one after the other against the log, and committed in batches.

Whoever finds the log free commits everything that waits: no timer, and nobody waits longer than for the
batch before. A refused statement never fails its neighbours; a batch that is rolled back leaves nothing
in memory, because all deciding happens on forks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from eventsourcing.application import LocalNotificationLog
from eventsourcing.persistence import PersistenceError, StoredEvent
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError

from audit.ledger.attested import check_attested, roots_for
from audit.ledger.codec import LedgerMapper, Recorded, to_event
from audit.ledger.erasure import TOMBSTONE, erase, forget
from audit.ledger.errors import LogStopped
from audit.ledger.evidence import EvidenceStore
from audit.ledger.publisher import Publisher, latest_checkpoint
from audit.ledger.receipts import write_receipts
from audit.ledger.recorder import Appended, LedgerRecorder
from audit.ledger.submission import (
    Accepted,
    Clock,
    Outcome,
    Prepared,
    Refused,
    Submission,
    Turned,
    check_signatures,
    is_genesis,
    prepare,
    refusal_of,
    turn,
    visibility_of,
)
from audit.ledger.tables import checkpoints, openings, refusals, statement_ids
from audit.proofs.certificate import verify_binding
from audit.proofs.entry import encode_entry, read_time, write_time
from audit.proofs.errors import AuditError
from audit.proofs.keyring import BOUND, LOG_KEY_ROTATED, Keyring
from audit.proofs.keys import Check, PublicKey
from audit.proofs.statement import Statement
from domain import admission
from domain.events import Event
from domain.refusals import Malformed, Refusal, refuse
from domain.standing import Standing

MAX_BATCH = 256
CHUNK = 1000
_OF_STORAGE = (SQLAlchemyError, PersistenceError, OSError)
"""Errors after which nobody knows what the database holds."""

Inline = Callable[[Connection, Sequence[Event]], Callable[[], None]]
"""Writes what must be read at once, in the batch's transaction; returns what to do once it has committed."""


Followed = Callable[[Sequence[Event]], None]
"""Hears of what is in the log and was not committed here: at the start all of it, then what others commit."""


Anchoring = Callable[[bytes], None]
"""Puts a committed checkpoint where the database cannot lose it; when it returns, it is there."""

Vouching = Callable[[bytes, Sequence[Event], datetime], None]
"""Is shown an anchored checkpoint, the events that it is the first to cover, and when they were received."""


Answering = Callable[[Sequence[Event]], Sequence[Submission]]
"""What the log itself has to state after what was committed: it goes in before anybody else's next word."""


def nothing_inline(_connection: Connection, _events: Sequence[Event]) -> Callable[[], None]:
    """Write nothing beside the log."""
    return lambda: None


def nobody_follows(_events: Sequence[Event]) -> None:
    """Tell nobody."""


def nothing_owed(_events: Sequence[Event]) -> Sequence[Submission]:
    """State nothing."""
    return ()


def not_anchored(_note: bytes) -> None:
    """Rely on the database alone."""


def nobody_vouches(_note: bytes, _events: Sequence[Event], _at: datetime) -> None:
    """Leave a checkpoint with the log's signature alone."""


@dataclass(slots=True)
class _Group:
    """What one caller submitted in one call, waiting for its outcomes."""

    members: list[Prepared]
    together: bool
    outcomes: list[Outcome] | None = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Batch:
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


class Intake:
    """Takes submissions, answers with outcomes. One instance a process; safe to call from many threads."""

    def __init__(
        self,
        recorder: LedgerRecorder,
        publisher: Publisher,
        evidence: EvidenceStore,
        clock: Clock,
        *,
        inline: Inline = nothing_inline,
        followed: Followed = nobody_follows,
        anchor: Anchoring = not_anchored,
        vouch: Vouching = nobody_vouches,
        answering: Answering = nothing_owed,
        check: Check = PublicKey.verify,
    ) -> None:
        self.standing = Standing()
        self.keyring = Keyring()
        self.size = 0
        self.checkpoint: tuple[int, str] | None = None
        self._recorder = recorder
        self._publisher = publisher
        self._evidence = evidence
        self._clock = clock
        self._inline = inline
        self._followed = followed
        self._anchor = anchor
        self._vouch = vouch
        self._anchored = 0
        self._answering = answering
        self._unanswered: list[Event] = []
        self._check = check
        self._mapper = LedgerMapper()
        self._log = LocalNotificationLog(recorder, section_size=CHUNK)
        self._last_received: datetime | None = None
        self._waiting: deque[_Group] = deque()
        self._turn = Lock()
        self._stopped: BaseException | None = None

    def submit(self, submissions: Iterable[Submission], *, together: bool = False) -> list[Outcome]:
        """Decide submissions in their order and commit what is admitted; outcomes in the same order.

        `together`: all or nothing. Raises LogStopped when the batch could not be committed; after an error
        of the database every time, until a restart has verified the log.
        """
        now = self._clock()
        members = [prepare(s, s.arrived_at or now, self.keyring, self._check) for s in submissions]
        group = _Group(members, together)
        self._waiting.append(group)
        with self._turn:
            while group.outcomes is None and group.error is None:
                self._commit(self._next_groups() or [group])  # alone, if an interrupted thread dropped it
            self._answer()
        if group.outcomes is not None:
            return group.outcomes
        if self._stopped is None:
            raise LogStopped("the batch was not committed and left no trace") from group.error
        raise LogStopped("the log stopped; restart it and send again, nothing goes in twice") from group.error

    def _answer(self) -> None:
        """Let the log state what it owes after what was committed; whoever submitted has their answer."""
        events, self._unanswered = self._unanswered, []
        if self._stopped is None and events and (owed := self._answering(events)):
            members = [prepare(one, self._clock(), self.keyring, self._check) for one in owed]
            self._commit([_Group(members, together=False)])

    def catch_up(self) -> None:
        """Follow what the log holds already; call it once before the first submission."""
        with self._turn:
            self._follow_log(self._recorder.max_notification_id() or 0)
            with self._recorder.database.read() as connection:
                newest = connection.execute(
                    select(checkpoints.c.size, checkpoints.c.root)
                    .order_by(checkpoints.c.size.desc())
                    .limit(1)
                ).first()
        if newest is not None:
            self.checkpoint = (newest.size, newest.root.hex())

    def _next_groups(self) -> list[_Group]:
        """Take what waits, in order, up to a batch; a larger group goes alone."""
        groups: list[_Group] = []
        members = 0
        while self._waiting and (not groups or members + len(self._waiting[0].members) <= MAX_BATCH):
            groups.append(self._waiting.popleft())
            members += len(groups[-1].members)
        return groups

    # --- one transaction --------------------------------------------------------------------------------

    def _commit(self, groups: list[_Group]) -> None:
        """Commit groups as one batch; where one of them holds something unforeseen, each by itself."""
        try:
            if self._stopped is not None:
                raise LogStopped("the log stopped before") from self._stopped
            self._transact(groups)
        except BaseException as wrong:  # whatever it is, those who wait must hear of it
            if not isinstance(wrong, Exception) or isinstance(wrong, _OF_STORAGE):
                self._stopped = wrong
            if self._stopped is None and len(groups) > 1:
                for group in groups:
                    self._commit([group])
                return
            for group in groups:
                group.error = wrong
            if not isinstance(wrong, Exception):
                raise

    def _transact(self, groups: list[_Group]) -> None:
        with self._recorder.database.begin() as connection:
            batch = self._open(connection, [member for group in groups for member in group.members])
            outcomes = [self._take(batch, group) for group in groups]
            appended = self._recorder.append(connection, self._rows(batch))
            self._write_beside(connection, batch)
            settle = self._inline(connection, [r.event for r in batch.recorded if r.event])
            note = self._head_note(connection, batch, appended)
        try:
            if note is not None:
                self._anchor(note)
            # The batch and its checkpoint are in database and anchor: after this line a crash loses nothing.
            self._anchored = appended.size
            self._settle(batch, appended, settle)
            if batch.recorded and note is not None:
                self._vouch(note, [r.event for r in batch.recorded if r.event], batch.received_at)
            receipts = self._receipts(batch, outcomes)
        except BaseException as wrong:
            self._stopped = wrong  # memory is behind what is on disk
            raise
        for group, decided in zip(groups, outcomes, strict=True):
            group.outcomes = [
                replace(o, receipt=receipts[o.position]) if isinstance(o, Accepted) else o for o in decided
            ]

    def _receipts(self, batch: _Batch, outcomes: list[list[Outcome]]) -> dict[int, bytes]:
        """Write the receipts; one that is asked for again is the same, byte for byte."""
        accepted = {o.position: None for decided in outcomes for o in decided if isinstance(o, Accepted)}
        if not accepted:
            return {}
        new = {recorded.position: recorded.entry for recorded in batch.recorded}
        with self._recorder.database.read() as connection:
            return write_receipts(connection, {**accepted, **new})

    def _head_note(self, connection: Connection, batch: _Batch, appended: Appended) -> bytes | None:
        """Return the checkpoint that the answers rest on, unless it is anchored already.

        A retry rests on what another process committed, which may have died before it could anchor it.
        """
        if batch.recorded:
            key = batch.keyring.log_key
            return self._publisher.checkpoint(connection, appended.size, appended.root, key)
        if appended.size == self._anchored or (newest := latest_checkpoint(connection)) is None:
            return None
        return newest[2]

    def _settle(self, batch: _Batch, appended: Appended, settle: Callable[[], None]) -> None:
        """Let memory follow what was committed."""
        batch.standing.settle()
        batch.keyring.settle()
        settle()
        self.size = appended.size
        if batch.recorded:
            self.checkpoint = (appended.size, appended.root.hex())
        self._last_received = batch.received_at
        self._unanswered += [r.event for r in batch.recorded if r.event]
        self._recorder.announce()
        erasures = [one.position for one in batch.recorded if one.statement.type == TOMBSTONE]
        if erasures:
            forget(self._recorder, erasures[-1])

    def _open(self, connection: Connection, members: list[Prepared]) -> _Batch:
        """Lock the head, follow what others committed, and look up what the batch refers to, at once."""
        first = self._recorder.lock_head(connection)
        self._follow_log(first)
        statements = [member.statement for member in members if member.statement]
        known_ids = select(statement_ids).where(statement_ids.c.id.in_({s.id for s in statements}))
        sizes = {s.seen.size for s in statements if s.seen}
        known_roots = select(checkpoints.c.size, checkpoints.c.root).where(checkpoints.c.size.in_(sizes))
        received_at = self._clock()
        if self._last_received is not None:
            received_at = max(received_at, self._last_received)
        return _Batch(
            self.standing.fork(),
            self.keyring.fork(),
            first,
            received_at,
            {row.id: (row.position, row.payload_sha256) for row in connection.execute(known_ids)},
            {row.size: row.root.hex() for row in connection.execute(known_roots)},
            roots_for(connection, statements, first),
        )

    def _follow_log(self, size: int) -> None:
        """Follow what is in the log but not yet in memory, through the notification log."""
        try:
            while self.size < size:
                self._follow_chunk()
        except BaseException as wrong:
            self._stopped = wrong  # memory may have followed half of it
            raise

    def _follow_chunk(self) -> None:
        events = []
        for notification in self._log.select(start=self.size + 1, limit=CHUNK):
            recorded = self._mapper.to_domain_event(notification)
            follow(self.standing, self.keyring, recorded.statement, recorded.event, recorded.position)
            if recorded.event is not None:
                events.append(recorded.event)
            self._last_received = read_time(recorded.entry.received_at)
            self.size = recorded.position + 1
        self._followed(events)

    def _rows(self, batch: _Batch) -> list[StoredEvent]:
        return [self._mapper.to_stored_event(recorded) for recorded in batch.recorded]

    def _write_beside(self, connection: Connection, batch: _Batch) -> None:
        """Write what lies beside the entries: ids for retries, openings, the register of refusals."""
        ids, words = [], []
        for recorded, prepared in zip(batch.recorded, batch.prepared, strict=True):
            statement = recorded.statement
            digest = bytes.fromhex(prepared.payload_sha256)
            ids.append({"id": statement.id, "position": recorded.position, "payload_sha256": digest})
            words += [
                {
                    "statement_id": statement.id,
                    "field": opening.field,
                    "salt": opening.salt,
                    "value": opening.value,
                    "visibility": visibility_of(statement, opening.field),
                }
                for opening in prepared.submission.openings
            ]
        lines = [
            {
                "refused_at": write_time(batch.received_at),
                "rule": refused.refusal.rule,
                "payload_sha256": refused.payload_sha256,
                "line": refused.line,
            }
            for refused in batch.refused
        ]
        for table, rows in ((statement_ids, ids), (openings, words), (refusals, lines)):
            if rows:
                connection.execute(insert(table), rows)
        erase(connection, batch.recorded)

    # --- one group, one statement -----------------------------------------------------------------------

    def _take(self, batch: _Batch, group: _Group) -> list[Outcome]:
        if not group.together:
            return [self._decide(batch, member) for member in group.members]
        trial = _Batch(
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

    def _refuse_all(self, batch: _Batch, group: _Group, outcomes: list[Outcome]) -> list[Outcome]:
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

    def _refuse(self, batch: _Batch, member: Prepared, refusal: Refusal) -> Refused:
        key = batch.keyring.log_key
        line = self._publisher.refusal(refusal, batch.received_at, member.payload_sha256, key)
        refused = Refused(refusal, member.payload_sha256, line)
        batch.refused.append(refused)
        return refused

    def _decide(self, batch: _Batch, member: Prepared) -> Outcome:
        try:
            return self._admit(batch, member)
        except (AuditError, Malformed, Turned) as wrong:
            return self._refuse(batch, member, refusal_of(wrong))

    def _admit(self, batch: _Batch, member: Prepared) -> Accepted:
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
    def _check_seen(batch: _Batch, statement: Statement) -> None:
        if is_genesis(statement):
            return
        if statement.seen is None:
            raise turn("seen.missing")
        if batch.known_roots.get(statement.seen.size) != statement.seen.root:
            raise turn("seen.false", size=statement.seen.size, root=statement.seen.root)

    def _check_log_key(self, batch: _Batch, statement: Statement) -> None:
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


def _check_certificate(batch: _Batch, member: Prepared, received_at: str) -> None:
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
