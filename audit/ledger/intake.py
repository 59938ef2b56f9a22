"""The only way in: statements are decided one after the other against the log, and committed in batches.

Whoever finds the log free commits everything that waits: no timer, and nobody waits longer than for the
batch before. A refused statement never fails its neighbours; a batch that is rolled back leaves nothing
in memory, because all deciding happens on forks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Condition, Lock

from eventsourcing.application import LocalNotificationLog
from eventsourcing.persistence import PersistenceError, StoredEvent
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError

from audit.ledger.attested import roots_for
from audit.ledger.codec import LedgerMapper
from audit.ledger.deciding import Batch, Decider, Group, follow
from audit.ledger.erasure import TOMBSTONE, erase, forget
from audit.ledger.errors import LogStopped
from audit.ledger.evidence import EvidenceStore
from audit.ledger.publisher import Publisher, latest_checkpoint
from audit.ledger.receipts import write_receipts
from audit.ledger.recorder import Appended, LedgerRecorder
from audit.ledger.seams import (
    Anchoring,
    Answering,
    Followed,
    Inline,
    Vouching,
    nobody_follows,
    nobody_vouches,
    not_anchored,
    nothing_inline,
    nothing_owed,
)
from audit.ledger.submission import (
    Accepted,
    Clock,
    Outcome,
    Prepared,
    Refused,
    Submission,
    prepare,
    visibility_of,
)
from audit.ledger.tables import checkpoints, openings, refusals, statement_ids
from audit.proofs.entry import read_time, write_time
from audit.proofs.keyring import Keyring
from audit.proofs.keys import Check, PublicKey
from domain.events import Event
from domain.standing import Standing

MAX_BATCH = 256
CHUNK = 1000
_OF_STORAGE = (SQLAlchemyError, PersistenceError, OSError)
"""Errors after which nobody knows what the database holds."""


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
        self._clock = clock
        self._inline = inline
        self._followed = followed
        self._anchor = anchor
        self._vouch = vouch
        self._anchored = 0
        self._answering = answering
        self._unanswered: list[Event] = []
        self._check = check
        self._decider = Decider(publisher, evidence, check)
        self._mapper = LedgerMapper()
        self._log = LocalNotificationLog(recorder, section_size=CHUNK)
        self._last_received: datetime | None = None
        self._waiting: deque[Group] = deque()
        self._turn = Lock()
        self._free = Condition()
        """Told each time that a turn ends."""
        self._stopped: BaseException | None = None

    def submit(self, submissions: Iterable[Submission], *, together: bool = False) -> list[Outcome]:
        """Decide submissions in their order and commit what is admitted; outcomes in the same order.

        `together`: all or nothing. Raises LogStopped when the batch could not be committed; after an error
        of the database every time, until a restart has verified the log.
        """
        (found,) = self.submit_each([(submissions, together)])
        if isinstance(found, LogStopped):
            raise found
        return found

    def submit_each(
        self, calls: Iterable[tuple[Iterable[Submission], bool]]
    ) -> list[list[Outcome] | LogStopped]:
        """Do at once what as many calls of `submit` would do: so much of it as fits goes in as one batch.

        Each call has its submissions, and whether they go in together; for each there are its outcomes, or
        what `submit` would have raised.
        """
        groups = [self._group(submissions, together=together) for submissions, together in calls]
        self._waiting.extend(groups)
        while not all(group.heard for group in groups):
            with self._free:  # who was heard meanwhile goes, and does not wait for the batch after
                self._free.wait_for(lambda: all(g.heard for g in groups) or not self._turn.locked())
            if self._turn.acquire(blocking=False):
                with self._taken():
                    unheard = [group for group in groups if not group.heard]
                    if unheard:
                        self._commit(
                            self._next_groups() or unheard[:1]
                        )  # if an interrupted thread dropped it
                        self._answer()
        return [self._heard(group) for group in groups]

    def preview(self, submissions: Iterable[Submission], *, together: bool = False) -> list[Outcome]:
        """Decide as `submit` does, against the log as it is now, and write nothing: no receipt, no refusal.

        Raises LogStopped.
        """
        group = self._group(submissions, together=together)
        try:
            with self._in_turn(), self._recorder.database.begin() as connection:
                if self._stopped is not None:
                    raise LogStopped("the log stopped before") from self._stopped
                decided = self._decider.take(self._open(connection, group.members), group)
        except _OF_STORAGE as wrong:
            raise LogStopped("the database does not answer") from wrong
        return [replace(o, line=b"") if isinstance(o, Refused) else o for o in decided]

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        self._turn.acquire()
        with self._taken():
            yield

    @contextmanager
    def _taken(self) -> Iterator[None]:
        """End the turn that was taken, and tell those who wait for it."""
        try:
            yield
        finally:
            self._turn.release()
            with self._free:
                self._free.notify_all()

    def _group(self, submissions: Iterable[Submission], *, together: bool) -> Group:
        now = self._clock()
        members = [prepare(s, s.arrived_at or now, self.keyring, self._check) for s in submissions]
        return Group(members, together)

    def _heard(self, group: Group) -> list[Outcome] | LogStopped:
        if group.outcomes is not None:
            return group.outcomes
        left = "the batch was not committed and left no trace"
        again = "the log stopped; restart it and send again, nothing goes in twice"
        stopped = LogStopped(left if self._stopped is None else again)
        stopped.__cause__ = group.error
        return stopped

    def _answer(self) -> None:
        """Let the log state what it owes after what was committed; whoever submitted has their answer."""
        events, self._unanswered = self._unanswered, []
        if self._stopped is None and events and (owed := self._answering(events)):
            members = [prepare(one, self._clock(), self.keyring, self._check) for one in owed]
            self._commit([Group(members, together=False)])

    def catch_up(self) -> None:
        """Follow what the log holds already; call it once before the first submission."""
        with self._in_turn():
            self._follow_log(self._recorder.max_notification_id() or 0)
            with self._recorder.database.read() as connection:
                newest = connection.execute(
                    select(checkpoints.c.size, checkpoints.c.root)
                    .order_by(checkpoints.c.size.desc())
                    .limit(1)
                ).first()
        if newest is not None:
            self.checkpoint = (newest.size, newest.root.hex())

    @property
    def last_received(self) -> datetime | None:
        """When the newest entry was received; nothing comes in before it."""
        return self._last_received

    def _next_groups(self) -> list[Group]:
        """Take what waits, in order, up to a batch; a larger group goes alone."""
        groups: list[Group] = []
        members = 0
        while self._waiting and (not groups or members + len(self._waiting[0].members) <= MAX_BATCH):
            groups.append(self._waiting.popleft())
            members += len(groups[-1].members)
        return groups

    # --- one transaction --------------------------------------------------------------------------------

    def _commit(self, groups: list[Group]) -> None:
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

    def _transact(self, groups: list[Group]) -> None:
        with self._recorder.database.begin() as connection:
            batch = self._open(connection, [member for group in groups for member in group.members])
            outcomes = [self._decider.take(batch, group) for group in groups]
            appended = self._recorder.append(connection, self._rows(batch))
            self._write_beside(connection, batch)
            settle = self._inline(connection, [r.event for r in batch.recorded if r.event])
            note = self._head_note(connection, batch, appended)
            receipts = self._receipts(connection, batch, outcomes)
        try:
            if note is not None:
                self._anchor(note)
            # The batch and its checkpoint are in database and anchor: after this line a crash loses nothing.
            self._anchored = appended.size
            self._settle(batch, appended, settle)
            if batch.recorded and note is not None:
                self._vouch(note, [r.event for r in batch.recorded if r.event], batch.received_at)
        except BaseException as wrong:
            self._stopped = wrong  # memory is behind what is on disk
            raise
        for group, decided in zip(groups, outcomes, strict=True):
            group.outcomes = [
                replace(o, receipt=receipts[o.position]) if isinstance(o, Accepted) else o for o in decided
            ]

    @staticmethod
    def _receipts(connection: Connection, batch: Batch, outcomes: list[list[Outcome]]) -> dict[int, bytes]:
        """Write the receipts, to be given out later; one that is asked for again is the same, to the byte."""
        accepted = {o.position: None for decided in outcomes for o in decided if isinstance(o, Accepted)}
        if not accepted:
            return {}
        new = {recorded.position: recorded.entry for recorded in batch.recorded}
        return write_receipts(connection, {**accepted, **new})

    def _head_note(self, connection: Connection, batch: Batch, appended: Appended) -> bytes | None:
        """Return the checkpoint that the answers rest on, unless it is anchored already.

        A retry rests on what another process committed, which may have died before it could anchor it.
        """
        if batch.recorded:
            key = batch.keyring.log_key
            return self._publisher.checkpoint(connection, appended.size, appended.root, key)
        if appended.size == self._anchored or (newest := latest_checkpoint(connection)) is None:
            return None
        return newest[2]

    def _settle(self, batch: Batch, appended: Appended, settle: Callable[[], None]) -> None:
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

    def _open(self, connection: Connection, members: list[Prepared]) -> Batch:
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
        return Batch(
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

    def _rows(self, batch: Batch) -> list[StoredEvent]:
        return [self._mapper.to_stored_event(recorded) for recorded in batch.recorded]

    def _write_beside(self, connection: Connection, batch: Batch) -> None:
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
