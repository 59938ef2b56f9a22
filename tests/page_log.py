"""A small log of its own for the pages in docs/formats: what `tests.page_story` tells, as bytes.

Built with the real intake, demo keys and scripted entropy, so that its bytes are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.clock import ScriptedClock
from api.log_key import keep_key
from api.review import Review
from api.runtime import Runtime, open_runtime
from api.settings import Settings
from api.signing import Desk, Draft, scripted_entropy, uuid7
from api.story_values import ZONE
from audit.ledger import tree
from audit.ledger.submission import Accepted, Refused, Submission
from audit.ledger.tables import checkpoints
from audit.proofs.commitment import Opening
from audit.proofs.keyring import ENROLLED, GENESIS, LOG_ACTOR, REVOKED, ROTATED
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.statement import sign_statement
from domain.events import kind_of
from tests.page_story import (
    CELL,
    FILE,
    KEYS,
    NEXT_KEY,
    OVER,
    PAGES,
    REGULATION,
    ROUND,
    criteria_set,
    public,
    story,
)

__all__ = ["KEYS", "PAGES", "PageLog", "build", "criteria_set"]
COMPUTED = ("name", "state", "filed_at", "late", "affected", "notified", "heard", "outcome", "clocks")
"""What the page on disputes shows of the docket."""
LATER = timedelta(days=6)
"""By how much the days for opinions have passed: until then, a statement a minute."""


@dataclass(frozen=True, slots=True)
class PageLog:
    """The small log: entries and openings by label, leaves, checkpoints by size, one signed refusal."""

    entries: tuple[bytes, ...]
    labels: Mapping[str, int]
    openings: Mapping[str, tuple[Opening, ...]]
    leaf_hashes: tuple[bytes, ...]
    notes: Mapping[int, bytes]
    refused: bytes
    refusal: bytes
    dispute: Mapping[str, Any]
    """What is answered of the dispute when the log is told to its end."""

    def entry(self, label: str) -> bytes:
        """Return the entry with a label."""
        return self.entries[self.labels[label]]


def build(data: Path) -> PageLog:
    """Build the log in an empty directory."""
    settings = Settings(data)
    keep_key(settings, KEYS[LOG_ACTOR])
    clock = ScriptedClock(_at(0))
    runtime = open_runtime(
        settings, origin=DEMO_ORIGIN, log_key=KEYS[LOG_ACTOR], clock=clock, entropy=scripted_entropy
    )
    try:
        return _Author(runtime, clock).write()
    finally:
        runtime.log.database.close()


def _at(step: int) -> datetime:
    return datetime(2017, 1, 18, 8, 0, tzinfo=ZONE) + timedelta(minutes=step)


class _Author:
    """Signs one statement a minute, each over the checkpoint before it."""

    def __init__(self, runtime: Runtime, clock: ScriptedClock) -> None:
        self._runtime = runtime
        self._clock = clock
        self._desk = Desk(DEMO_ORIGIN, KEYS, scripted_entropy)
        self._labels: dict[str, int] = {}
        self._openings: dict[str, tuple[Opening, ...]] = {}
        self._refused = self._refusal = b""
        self._later = timedelta(0)

    def write(self) -> PageLog:
        runtime = self._runtime
        runtime.evidence.put(FILE, REGULATION)
        for label, kind, actors, body, rest in story(self._labels):
            self._later = LATER if label == OVER else self._later
            self._submit(label, self._desk.sign(self._draft(kind, actors, body, rest)))
            if label == "self score":
                self._be_refused()
        self._submit("rotation", self._rotation())
        self._submit("revocation", self._revocation())
        with runtime.log.database.read() as connection:
            review = Review(runtime.log, connection, ROUND["round"], runtime.log.size)
            dispute = {name: review.disputes()["disputes"][0][name] for name in COMPUTED}
            rows = connection.execute(select(checkpoints.c.size, checkpoints.c.note)).all()
            leaves = tuple(tree.leaf_hashes(connection))
        return PageLog(
            tuple(recorded.state for recorded in runtime.log.entries()),
            self._labels,
            self._openings,
            leaves,
            {row.size: row.note for row in rows},
            self._refused,
            self._refusal,
            dispute,
        )

    @property
    def _now(self) -> datetime:
        return _at(self._runtime.intake.size) + self._later

    def _draft(self, kind: str, actors: tuple[str, ...], body: Any, rest: dict[str, Any]) -> Draft:
        joint = len(actors) > 1
        expects = kind not in (GENESIS, ENROLLED) and kind_of(kind).expects
        at = self._now
        return Draft(
            type=kind, actors=actors, body=body, occurred_at=at, together=joint, expects=expects, **rest
        )

    def _submit(self, label: str, submission: Submission) -> None:
        position = self._runtime.intake.size
        self._clock.set(self._now + timedelta(seconds=2, microseconds=250))
        (outcome,) = self._runtime.intake.submit([submission])
        assert isinstance(outcome, Accepted), (label, outcome)
        self._labels[label] = position
        self._openings[label] = submission.openings
        if self._runtime.intake.size > position + 1:  # the log has attested what was published
            self._labels[label.replace("published", "attested")] = position + 1
            self._desk.versions |= self._runtime.intake.standing.versions
        self._desk.seen = self._runtime.intake.checkpoint

    def _be_refused(self) -> None:
        """Declare more points than there are, at another desk, so that the real one goes on uncounted."""
        desk = Desk(DEMO_ORIGIN, KEYS, scripted_entropy)
        desk.seen = self._desk.seen
        desk.counters, desk.versions = dict(self._desk.counters), dict(self._desk.versions)
        body = {"points": "3"}
        submission = desk.sign(self._draft("SelfScoreDeclared.v1", ("snv-2",), body, dict(CELL)))
        self._clock.set(self._now + timedelta(seconds=2))
        (outcome,) = self._runtime.intake.submit([submission])
        assert isinstance(outcome, Refused)
        self._refused, self._refusal = submission.envelope, outcome.line

    def _rotation(self) -> Submission:
        """The officer's next key, over the old one and itself; both have the same actor."""
        old = KEYS["snv-2"]
        body = {
            "actor": "snv-2",
            "public_key": public(NEXT_KEY),
            "custody": "platform",
            "replaces": old.public_key.id,
        }
        keys = sorted(key.public_key.id for key in (old, NEXT_KEY))
        return self._joint(ROTATED, body, keys, ["snv-2", "snv-2"], [old, NEXT_KEY])

    def _revocation(self) -> Submission:
        body = {
            "key": NEXT_KEY.public_key.id,
            "category": "COMPROMISED",
            "compromised_since": self._labels["rotation"],
        }
        named = sorted((KEYS[actor].public_key.id, actor) for actor in ("dk-1", "dk-2"))
        keys, actors = [key for key, _ in named], [actor for _, actor in named]
        return self._joint(REVOKED, body, keys, actors, [KEYS["dk-1"], KEYS["dk-2"]])

    def _joint(
        self, kind: str, body: dict[str, Any], keys: list[str], actors: list[str], signers: list[SigningKey]
    ) -> Submission:
        at = self._now
        size, root = self._desk.seen or (0, "")
        stated = {
            "v": 1,
            "log": DEMO_ORIGIN,
            "id": uuid7(at, scripted_entropy(f"page {kind}")),
            "type": kind,
            "body": body,
            "occurred_at": at.isoformat(timespec="seconds"),
            "attachments": [],
            "commitments": {},
            "signers": keys,
            "actors": actors,
            "threshold": len(keys),
            "seen": {"size": size, "root": root},
        }
        return Submission(sign_statement(stated, signers).encode())
