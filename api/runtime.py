"""The one place where the parts are joined: the log and its intake, the scoreboard, the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from eventsourcing.application import LocalNotificationLog, Repository
from eventsourcing.persistence import EventStore

from api.attesting import Moment, attest, unattested
from api.beside import forget, forgetting
from api.clock import ScriptedClock, real_clock
from api.kept import Kept
from api.log_key import load_keys
from api.record import load_record_key, vouching
from api.settings import Settings
from api.signing import Entropy, random_entropy
from audit.ledger import tree
from audit.ledger.anchor import Anchor
from audit.ledger.codec import LedgerMapper, Recorded, RememberingMapper, story
from audit.ledger.database import Database, open_database
from audit.ledger.erasure import reapply
from audit.ledger.errors import LogBehind, LogStopped, NoDatabase
from audit.ledger.evidence import DirectoryStore
from audit.ledger.fast import fastest_check
from audit.ledger.intake import Intake
from audit.ledger.publisher import Publisher
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.seams import nothing_inline
from audit.ledger.startup import Opened, prover, start
from audit.ledger.submission import Clock, Submission
from audit.proofs.entry import read_time
from audit.proofs.keyring import Keyring
from audit.proofs.keys import Check, Signer
from domain.events import Event
from projections import search_tables
from projections import tables as read_tables
from projections.scoreboard import Scoreboard

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Log:
    """A log opened for reading: streams through the repository, all of it through the notification log."""

    database: Database
    recorder: LedgerRecorder
    repository: Repository[str]
    notifications: LocalNotificationLog
    mapper: LedgerMapper
    remembering: RememberingMapper
    kept: Kept = field(default_factory=Kept, compare=False)

    def entries(self, start: int = 0) -> Iterator[Recorded]:
        """Read the log from a position on."""
        while batch := self.notifications.select(start=start + 1, limit=CHUNK):
            for notification in batch:
                yield self.mapper.to_domain_event(notification)
            start = batch[-1].id

    def stream(self, name: str) -> tuple[Recorded, ...]:
        """Read one stream in its order; raises AggregateNotFoundError when nothing was stated in it."""
        return self.repository.get(name, projector_func=story)  # type: ignore[type-var, return-value, arg-type]

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.recorder.max_notification_id() or 0


@dataclass(frozen=True, slots=True)
class Runtime:
    """A log opened for writing: whatever comes in goes through `intake` and shows on `board` at once."""

    log: Log
    intake: Intake
    board: Scoreboard
    evidence: DirectoryStore
    clock: Clock
    origin: str


def open_log(settings: Settings) -> Log:
    """Open a log for reading; raises NoDatabase when there is none."""
    return log_over(open_database(settings.database_url, writer=False), create=False)


@contextmanager
def reading(settings: Settings) -> Iterator[Log]:
    """Open a log for reading, and close it."""
    log = open_log(settings)
    try:
        yield log
    finally:
        log.database.close()


def open_runtime(
    settings: Settings,
    *,
    origin: str | None = None,
    log_key: Signer | None = None,
    clock: Clock | None = None,
    entropy: Entropy = random_entropy,
    adopt_anchor: bool = False,
    check: Check | None = None,
    shown: bool = True,
) -> Runtime:
    """Open a log for writing and follow it up to its head; what it has published it attests by itself.

    A new log needs an origin and a key (kept in the data directory); of an existing one they are read.
    Raises StartRefused where the log must not be written (`audit.ledger.startup`); `adopt_anchor` begins a
    new anchor where the old one is lost. Without `shown`, scores and ranks are not written with the events.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    log = log_over(open_database(settings.database_url), create=True)
    try:
        return _open(
            settings,
            log,
            origin,
            log_key,
            clock,
            entropy,
            check or fastest_check(),
            adopt_anchor=adopt_anchor,
            shown=shown,
        )
    except BaseException:
        log.database.close()
        raise


def _open(
    settings: Settings,
    log: Log,
    origin: str | None,
    log_key: Signer | None,
    clock: Clock | None,
    entropy: Entropy,
    check: Check,
    *,
    adopt_anchor: bool,
    shown: bool,
) -> Runtime:
    with log.database.begin() as connection:
        read_tables.create_tables(connection)
        search_tables.create_tables(connection)
    recorded = list(log.entries())
    board = Scoreboard()
    board.replay(entry.event for entry in recorded if entry.event is not None)
    signers = (log_key, None) if log_key is not None else load_keys(settings)
    publisher = Publisher(_origin(recorded, origin, settings.anchor), *signers)
    evidence = DirectoryStore(settings.evidence)
    running = clock or clock_of(recorded)
    opened = Opened(publisher.origin, keyring_of(recorded), last_received(recorded), publisher.keys)
    anchor = start(log.database, settings.anchor, opened, running(), adopt=adopt_anchor)

    reapply(log.recorder, recorded, forget)

    def others(events: Sequence[Event]) -> None:
        board.follow(event for event in events if event.position >= len(recorded))

    def attesting(events: Sequence[Event] | None = None) -> list[Submission]:
        return _attest(log, intake, publisher, running(), entropy, events)

    intake = Intake(
        log.recorder,
        publisher,
        evidence,
        running,
        inline=forgetting(board.inline if shown else nothing_inline),
        followed=others,
        anchor=partial(anchor.advance, prove=prover(log.database)),
        vouch=vouching(log.database, publisher.origin, load_record_key(settings)),
        answering=attesting,
        check=check,
    )
    intake.catch_up()
    if owed := attesting():  # whoever published last was interrupted before it was attested
        intake.submit(owed)
    return Runtime(log, intake, board, evidence, running, publisher.origin)


def _attest(
    log: Log,
    intake: Intake,
    publisher: Publisher,
    at: datetime,
    entropy: Entropy,
    events: Sequence[Event] | None,
) -> list[Submission]:
    """Attest what was published and is not attested yet; of these events alone, where they are given."""
    owed = unattested(intake.standing, events)
    if not owed:
        return []
    signer = publisher.signer_for(intake.keyring.log_key)
    counter = intake.keyring.next_counter(signer.public_key.id)
    moment = Moment(origin=publisher.origin, signer=signer, counter=counter, seen=intake.checkpoint, at=at)
    with log.database.read() as connection:
        return attest(owed, moment, lambda size: tree.root_at(connection, size), entropy)


@contextmanager
def writing(settings: Settings, *, adopt_anchor: bool = False) -> Iterator[Runtime]:
    """Open an existing log for writing, and close it."""
    if settings.database_url.startswith("sqlite") and not settings.database.exists():
        raise NoDatabase(str(settings.data))
    runtime = open_runtime(settings, adopt_anchor=adopt_anchor)
    try:
        yield runtime
    finally:
        runtime.log.database.close()


def log_over(database: Database, *, create: bool) -> Log:
    """Return the log in a database; `create` makes the tables that are not there yet."""
    recorder = LedgerRecorder(database, create=create)
    remembering = RememberingMapper()
    return Log(
        database,
        recorder,
        Repository(EventStore(remembering, recorder)),
        LocalNotificationLog(recorder, section_size=CHUNK),
        LedgerMapper(),
        remembering,
    )


def _origin(recorded: list[Recorded], origin: str | None, anchor: Path) -> str:
    if recorded:
        return recorded[0].statement.log
    if origin is not None:
        return origin
    if anchor.exists() and (newest := Anchor.open(anchor).newest) is not None:
        raise LogBehind(0, newest.checkpoint.size)
    raise LogStopped("a new log needs an origin")


def keyring_of(recorded: Sequence[Recorded]) -> Keyring:
    """Fold the keys out of a log."""
    keyring = Keyring()
    for entry in recorded:
        keyring.follow(entry.statement, entry.position)
    return keyring


def last_received(recorded: Sequence[Recorded]) -> datetime | None:
    """Return when the last entry was admitted."""
    return read_time(recorded[-1].entry.received_at) if recorded else None


def clock_of(recorded: Sequence[Recorded]) -> Clock:
    """A scripted log goes on from its last moment; a real one asks the machine."""
    last = last_received(recorded)
    if last is not None and recorded[0].statement.body.get("clock") == "scripted":
        return ScriptedClock(last, running=True)
    return real_clock
