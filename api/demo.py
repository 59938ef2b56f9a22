"""The demo: the example's script signed, submitted and kept, as if the people of Da Nang had done it.

It is built beside its place and moved there when whole; a half-built log is never taken for one.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DatabaseError

from api.acts import Act, Asked, File, IdOf, Ref
from api.clock import ScriptedClock
from api.demo_witnesses import RECORD_KEY, DemoWitnesses
from api.errors import DemoRefused, LogInTheWay
from api.example import Example
from api.log_key import keep_key
from api.record import keep_record_key
from api.runtime import Runtime, open_runtime, reading
from api.settings import DATABASE_VARIABLE, Settings
from api.signing import Desk, Draft, scripted_entropy
from api.story import tell
from api.story_ballots import fill_all
from api.story_keys import chapters
from api.story_values import ZONE
from audit.ledger.anchor import Anchor
from audit.ledger.ballots import BallotBox
from audit.ledger.database import open_database
from audit.ledger.errors import LedgerError
from audit.ledger.files import write_whole
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.submission import Accepted, Submission
from audit.proofs.entry import parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keyring import ENROLLED, GENESIS, LOG_ACTOR
from audit.proofs.keys import DEMO_KEYS, DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.statement import parse_envelope, parse_statement
from domain import admission
from domain.events import Event, Signing, kind_of, read_body

BATCH = 250
OF_RECORD = ("PhaseOpened.v1", "ResultPublished.v1")
"""Acts after which a batch ends."""
LOG_KEY = DEMO_KEYS - 1
FIRST_MOMENT = datetime(2017, 1, 9, 7, 30, tzinfo=ZONE)
Progress = Callable[[int, int], None]
"""(done, of how many) -> None."""


def build_demo(settings: Settings, example: Example, progress: Progress | None = None) -> int:
    """Build the demo's log in its data directory; return its size.

    An earlier demo is set aside as `DIR.previous`, with whatever a visitor did in it. Raises LogInTheWay
    where another log lies, DemoRefused where the example breaks a rule.
    """
    _check_anchor(settings)
    if os.environ.get(DATABASE_VARIABLE):
        _check_empty(settings)
        _set_aside(settings.anchor)
        return _tell(settings, example, progress)
    _check_demo(settings)
    settings.data.parent.mkdir(parents=True, exist_ok=True)
    building = _beside(settings, "building")
    shutil.rmtree(building, ignore_errors=True)
    built = Settings(building, beside_data=True)
    size = _tell(built, example, progress)
    anchor = built.anchor.read_bytes()
    if settings.data.exists():
        shutil.rmtree(_beside(settings, "previous"), ignore_errors=True)
        settings.data.replace(_beside(settings, "previous"))
    building.replace(settings.data)
    if settings.anchor != (beside := Settings(settings.data, beside_data=True).anchor):
        _set_aside(settings.anchor)
        write_whole(settings.anchor, anchor)
        beside.unlink()
    return size


def _beside(settings: Settings, what: str) -> Path:
    return settings.data.with_name(f"{settings.data.resolve().name}.{what}")


def _check_demo(settings: Settings) -> None:
    """What lies in the data directory is nothing, or a demo's log that nobody else has open."""
    if not settings.data.exists() or not any(settings.data.iterdir()):
        return
    try:
        with reading(settings) as log:
            first = log.notifications.select(start=1, limit=1)
            origin = parse_statement(parse_entry(first[0].state).envelope.payload).log if first else None
    except (LedgerError, DatabaseError, AuditError):
        origin = None
    if origin != DEMO_ORIGIN:
        raise LogInTheWay(str(settings.data))
    open_database(settings.database_url).close()  # raises WriterBusy while another process writes


def _check_anchor(settings: Settings) -> None:
    """What is anchored where this demo will be is nothing, or an earlier demo's."""
    if settings.anchor.exists():
        newest = Anchor.open(settings.anchor).newest
        if newest is not None and newest.checkpoint.origin != DEMO_ORIGIN:
            raise LogInTheWay(str(settings.anchor))


def _set_aside(anchor: Path) -> None:
    if anchor.exists():
        anchor.replace(anchor.with_name(f"{anchor.name}.previous"))


def _check_empty(settings: Settings) -> None:
    database = open_database(settings.database_url)
    try:
        if LedgerRecorder(database).max_notification_id():
            raise LogInTheWay("the database")
    finally:
        database.close()


def _tell(settings: Settings, example: Example, progress: Progress | None) -> int:
    log_key = demo_signing_key(LOG_KEY)
    keep_key(settings, log_key)
    keep_record_key(settings, RECORD_KEY)
    clock = ScriptedClock(FIRST_MOMENT)
    runtime = open_runtime(
        settings, origin=DEMO_ORIGIN, log_key=log_key, clock=clock, entropy=scripted_entropy
    )
    try:
        stage = _Stage(runtime, example, clock, log_key)
        witnesses = DemoWitnesses(settings, runtime, log_key)
        stage.open_log()
        fill_all(BallotBox(runtime.log.database, scripted_entropy), example)
        acts = list(tell(example))
        done = 0
        for batch in _batches(acts):
            stage.play(batch)
            if batch[-1].type in OF_RECORD:
                witnesses.cosign(batch[-1].at)
            done += len(batch)
            if progress is not None:
                progress(done, len(acts))
        stage.tell_of_keys()
        witnesses.cosign(clock())
        witnesses.write_trust()
        return runtime.intake.size
    finally:
        runtime.log.database.close()


def _batches(acts: Sequence[Act]) -> Iterator[Sequence[Act]]:
    """Cut the story where a batch is full, a day ends, a phase begins or a result is out.

    What comes is received the same day then, and every result has a checkpoint of its own.
    """
    first = 0
    for end, (act, following) in enumerate(pairwise(acts), start=1):
        if end - first == BATCH or act.at.date() != following.at.date() or act.type in OF_RECORD:
            yield acts[first:end]
            first = end
    yield acts[first:]


class _Stage:
    """Signs and submits acts batch by batch; everybody has seen the checkpoint before the batch."""

    def __init__(self, runtime: Runtime, example: Example, clock: ScriptedClock, log_key: SigningKey) -> None:
        self._runtime = runtime
        self._example = example
        self._clock = clock
        keys = {person.actor: demo_signing_key(person.key) for person in example.people}
        self._keys = keys | {LOG_ACTOR: log_key}
        self._desk = Desk(DEMO_ORIGIN, self._keys, scripted_entropy)
        self._labels: dict[str, tuple[int, Submission]] = {}
        self._ahead = runtime.intake.standing

    def open_log(self) -> None:
        """State genesis, then enrol everybody's key over a quorum of registrars."""
        registrars = self._example.of_duty("REGISTRAR")
        genesis: dict[str, object] = {
            "log_key": _public(self._keys[LOG_ACTOR]),
            "registrars": [
                {"actor": a, "public_key": _public(self._keys[a]), "custody": "platform"} for a in registrars
            ],
            "quorum": 2,
            "witness_policy": {"witnesses": [], "quorum": 0},
            "time_zone": "Asia/Ho_Chi_Minh",
            "utc_offset": "+07:00",
            "clock": "scripted",
        }
        self._submit([self._joint(GENESIS, (LOG_ACTOR, *registrars), genesis)], [None])
        newcomers = [p.actor for p in self._example.people if p.duty != "REGISTRAR"]
        enrolments = [
            self._joint(
                ENROLLED,
                (actor, *registrars[:2]),
                {"actor": actor, "public_key": _public(self._keys[actor]), "custody": "platform"},
            )
            for actor in newcomers
        ]
        self._submit(enrolments, [None] * len(enrolments))

    def _joint(
        self, kind: str, actors: tuple[str, ...], body: Mapping[str, object], at: datetime = FIRST_MOMENT
    ) -> Submission:
        draft = Draft(type=kind, actors=actors, body=body, occurred_at=at, together=True, expects=False)
        return self._desk.sign(draft)

    def tell_of_keys(self) -> None:
        """State what befell keys at the end, each on what is in the log by then."""
        registrars = self._example.of_duty("REGISTRAR")[:2]
        for chapter in chapters(registrars, dict(self._keys)):
            self._clock.set(chapter.at)
            if chapter.key is not None:
                self._keys[chapter.signers[0]] = chapter.key
            body = chapter.body(self._runtime.intake.keyring)
            self._submit([self._joint(chapter.type, chapter.signers, body, chapter.at)], [None])

    def play(self, acts: Sequence[Act]) -> None:
        """Keep the files, sign the acts, submit them. Who signs looks at all that was signed before."""
        files = [file for act in acts for file in act.files]
        digests = dict(zip(files, self._runtime.evidence.put(*(f.content for f in files)), strict=True))
        self._clock.set(acts[-1].at)
        self._ahead, position = self._runtime.intake.standing.fork(), self._runtime.intake.size
        told: list[Act] = []
        submissions: list[Submission] = []
        for act in acts:
            if act.only_if is not None and not act.only_if(self._ahead, act):
                continue
            draft = self._draft(act, digests)
            submission = self._desk.sign(draft)
            if act.label is not None:
                self._labels[act.label] = (position + len(told), submission)
            self._follow(act, draft, position + len(told))
            submissions.append(submission)
            told.append(act)
        self._submit(submissions, told)

    def _follow(self, act: Act, draft: Draft, position: int) -> None:
        """Let the view ahead know of an act; nobody asks it for ids, so that one is left out."""
        kind = kind_of(act.type)
        event = Event(
            position=position,
            id="",
            kind=kind,
            body=read_body(kind, draft.body),
            signed_by=act.signers,
            arrived_at=act.at,
            round=act.round,
            agency=act.agency,
            criterion=act.criterion,
            matter=act.matter,
            on_behalf_of=act.on_behalf_of,
        )
        admission.follow(self._ahead, event)

    def _draft(self, act: Act, digests: Mapping[File, str]) -> Draft:
        kind = kind_of(act.type)
        return Draft(
            type=act.type,
            actors=act.signers,
            body=self._resolved(act, act.body),
            occurred_at=act.at,
            together=kind.signing is Signing.TOGETHER or len(act.signers) > 1,
            expects=kind.expects,
            round=act.round,
            agency=act.agency,
            criterion=act.criterion,
            matter=act.matter,
            on_behalf_of=act.on_behalf_of,
            delegation=self._resolved(act, act.delegation),
            texts=act.texts,
            attachments=[
                {"sha256": digests[f], "size": len(f.content), "media_type": f.media_type} for f in act.files
            ],
        )

    def _resolved(self, act: Act, value: Any) -> Any:
        if isinstance(value, Ref):
            return self._labels[value.label][0]
        if isinstance(value, IdOf):
            return parse_statement(parse_envelope(self._labels[value.label][1].envelope).payload).id
        if isinstance(value, Asked):
            return value.ask(self._ahead, act)
        if isinstance(value, Mapping):
            return {name: self._resolved(act, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(act, item) for item in value]
        return value

    def _submit(self, submissions: list[Submission], acts: Sequence[Act | None]) -> None:
        outcomes = self._runtime.intake.submit(submissions)
        for act, outcome in zip(acts, outcomes, strict=True):
            if not isinstance(outcome, Accepted):
                subject = (
                    f"{act.type} {act.agency or ''} {act.criterion or ''} {act.at}" if act else "a key event"
                )
                raise DemoRefused(subject, f"{outcome.refusal.rule} {dict(outcome.refusal.facts)}")
        self._desk.seen = self._runtime.intake.checkpoint
        versions = self._runtime.intake.standing.versions
        self._desk.versions.update({code: versions[code] for code in self._runtime.intake.standing.rounds})


def _public(key: SigningKey) -> str:
    return base64.b64encode(key.public_key.raw).decode()


def example_folder() -> Path:
    """Return where the example lies: beside the packages."""
    return Path(__file__).parent.parent / "examples" / "danang-2016"
