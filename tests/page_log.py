"""A small log of its own for the pages in docs/formats: one round of one agency, up to a council adjustment.

Built with the real intake, demo keys and scripted entropy, so that its bytes are the same on every machine.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from api.clock import ScriptedClock
from api.log_key import keep_key
from api.runtime import Runtime, open_runtime
from api.settings import Settings
from api.signing import Desk, Draft, scripted_entropy, uuid7
from api.story_values import ZONE
from audit.ledger import tree
from audit.ledger.submission import Accepted, Refused, Submission
from audit.ledger.tables import checkpoints
from audit.proofs.commitment import Opening
from audit.proofs.keyring import ENROLLED, GENESIS, LOG_ACTOR, REVOKED, ROTATED
from audit.proofs.keys import DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.statement import sign_statement
from domain.events import kind_of

PAGES = Path(__file__).parent.parent / "docs" / "formats"
NUMBERS = {LOG_ACTOR: 999, "dk-1": 0, "dk-2": 1, "ub-1": 3, "tk-1": 4, "hd-4": 10, "hd-6": 12, "hd-7": 13}
NUMBERS |= {"snv-1": 16, "snv-2": 17}
KEYS = {actor: demo_signing_key(number) for actor, number in NUMBERS.items()}
NEXT_KEY = demo_signing_key(18)
NAMES = {
    "ub-1": "Vũ Đức Trang",
    "tk-1": "Dương Đức Phong",
    "hd-4": "Bùi Kim Lan",
    "hd-6": "Hồ Quang Nam",
    "hd-7": "Nguyễn Quang Hà",
    "snv-1": "Dương Thanh Long",
    "snv-2": "Đỗ Ngọc Thắng",
}
FILE = "Kế hoạch cải cách hành chính năm 2016 (số liệu minh họa).\n".encode()
Made = tuple[str, str, tuple[str, ...], dict[str, Any], dict[str, Any]]


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

    def entry(self, label: str) -> bytes:
        """Return the entry with a label."""
        return self.entries[self.labels[label]]


def criteria_set() -> dict[str, Any]:
    """Return the example of the page on criteria, as it is written there."""
    found = re.search(r"```yaml\n(.*?)```", (PAGES / "criteria.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    read: dict[str, Any] = yaml.safe_load(found[1])
    return read


def build(data: Path) -> PageLog:
    """Build the log in an empty directory."""
    settings = Settings(data)
    keep_key(settings, KEYS[LOG_ACTOR])
    clock = ScriptedClock(_at(0))
    runtime = open_runtime(settings, origin=DEMO_ORIGIN, log_key=KEYS[LOG_ACTOR], clock=clock)
    try:
        return _Author(runtime, clock).write()
    finally:
        runtime.log.database.close()


def public(key: SigningKey) -> str:
    """Write a public key as bodies carry it."""
    return base64.b64encode(key.public_key.raw).decode()


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

    def write(self) -> PageLog:
        runtime = self._runtime
        runtime.evidence.put(FILE)
        for label, kind, actors, body, rest in self._story():
            self._submit(label, self._desk.sign(self._draft(kind, actors, body, rest)))
            if label == "self score":
                self._be_refused()
        self._submit("rotation", self._rotation())
        self._submit("revocation", self._revocation())
        with runtime.log.database.read() as connection:
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
        )

    def _draft(self, kind: str, actors: tuple[str, ...], body: Any, rest: dict[str, Any]) -> Draft:
        joint = len(actors) > 1
        expects = kind not in (GENESIS, ENROLLED) and kind_of(kind).expects
        at = _at(self._runtime.intake.size)
        return Draft(
            type=kind, actors=actors, body=body, occurred_at=at, together=joint, expects=expects, **rest
        )

    def _submit(self, label: str, submission: Submission) -> None:
        position = self._runtime.intake.size
        self._clock.set(_at(position) + timedelta(seconds=2, microseconds=250))
        (outcome,) = self._runtime.intake.submit([submission])
        assert isinstance(outcome, Accepted), (label, outcome)
        self._labels[label] = position
        self._openings[label] = submission.openings
        self._desk.seen = self._runtime.intake.checkpoint

    def _be_refused(self) -> None:
        """Declare more points than there are, at another desk, so that the real one goes on uncounted."""
        desk = Desk(DEMO_ORIGIN, KEYS, scripted_entropy)
        desk.seen = self._desk.seen
        desk.counters, desk.versions = dict(self._desk.counters), dict(self._desk.versions)
        body = {"points": "3"}
        submission = desk.sign(self._draft("SelfScoreDeclared.v1", ("snv-2",), body, dict(_CELL)))
        self._clock.set(_at(self._runtime.intake.size) + timedelta(seconds=2))
        (outcome,) = self._runtime.intake.submit([submission])
        assert isinstance(outcome, Refused)
        self._refused, self._refusal = submission.envelope, outcome.line

    # --- the story --------------------------------------------------------------------------------------

    def _story(self) -> Iterator[Made]:
        yield from _registry()
        yield from _round()
        digest = hashlib.sha256(FILE).hexdigest()
        evidence = {"sha256": digest, "size": len(FILE), "media_type": "text/plain"}
        texts = {"title": "Kế hoạch CCHC năm 2016"}
        cell = {**_CELL, "texts": texts, "attachments": [evidence]}
        yield "evidence", "EvidenceSubmitted.v1", ("snv-2",), {"serial": "12/KH-SNV"}, cell
        yield "self score", "SelfScoreDeclared.v1", ("snv-2",), {"points": "1"}, dict(_CELL)
        for phase in ("INSPECTION", "EXPLANATION", "COUNCIL"):
            yield phase, "PhaseOpened.v1", ("tk-1",), {"phase": phase}, {"round": "2016"}
        adjustment = {
            "old_points": "1",
            "new_points": "0.5",
            "category": "EVIDENCE_INSUFFICIENT",
            "references": [self._labels["evidence"]],
            "votes_for": 3,
            "votes_against": 0,
            "abstentions": 0,
        }
        reason = {"reason": "Kế hoạch ban hành chậm so với thời hạn.\nHội đồng thống nhất 0,5 điểm."}
        council = ("hd-4", "hd-6", "hd-7")
        yield "adjustment", "CouncilAdjustmentMade.v1", council, adjustment, {**_CELL, "texts": reason}

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
        at = _at(self._runtime.intake.size)
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


_CELL = {"round": "2016", "agency": "SNV", "criterion": "A1.1"}


def _registry() -> Iterator[Made]:
    registrars = [{"actor": actor, "public_key": public(KEYS[actor])} for actor in ("dk-1", "dk-2")]
    genesis = {
        "log_key": public(KEYS[LOG_ACTOR]),
        "registrars": registrars,
        "quorum": 2,
        "witness_policy": {"witnesses": [], "quorum": 0},
        "time_zone": "Asia/Ho_Chi_Minh",
        "utc_offset": "+07:00",
        "clock": "scripted",
    }
    yield "genesis", GENESIS, (LOG_ACTOR, "dk-1", "dk-2"), genesis, {}
    for actor in NAMES:
        body = {"actor": actor, "public_key": public(KEYS[actor]), "custody": "platform"}
        yield f"enrolment {actor}", ENROLLED, (actor, "dk-1", "dk-2"), body, {}
    agency = {"code": "SNV", "name_vi": "Sở Nội vụ", "name_en": "Department of Home Affairs"}
    agency |= {"block": "DEPARTMENT", "since": "1997-01-01"}
    yield "agency", "AgencyRegistered.v1", ("dk-1",), agency, {}
    for actor, name in NAMES.items():
        home = {"home": "SNV"} if actor.startswith("snv") else {}
        yield (
            f"officer {actor}",
            "OfficerRegistered.v1",
            ("dk-1",),
            {"officer": actor, **home},
            {"texts": {"name": name}},
        )
    for actor, role in _OFFICES.items():
        belongs = {"agency": "SNV"} if role == "AGENCY_HEAD" else {}
        yield f"office {actor}", "RoleGranted.v1", ("dk-2",), {"officer": actor, "role": role, **belongs}, {}


_OFFICES = {
    "ub-1": "APPROVING_AUTHORITY",
    "tk-1": "SECRETARIAT",
    "hd-4": "COUNCIL_MEMBER",
    "hd-6": "COUNCIL_MEMBER",
    "hd-7": "COUNCIL_MEMBER",
    "snv-1": "AGENCY_HEAD",
}


def _round() -> Iterator[Made]:
    criteria = criteria_set()
    yield "criteria", "CriteriaSetIssued.v1", ("tk-1",), {"criteria_set": criteria}, {}
    opened = {
        "evaluated_year": 2016,
        "execution_year": 2017,
        "criteria_set": criteria["code"],
        "criteria_version": criteria["version"],
        "blocks": {"DEPARTMENT": 1},
        "deadlines": [{"phase": "SELF_ASSESSMENT", "hard": False, "on": "2017-02-10"}],
        "holidays": [],
    }
    where = {"round": "2016"}
    yield "round", "RoundOpened.v1", ("ub-1",), opened, where
    council = {"members": ["hd-4", "hd-6", "hd-7"], "quorum": 2}
    yield "council", "CouncilEstablished.v1", ("ub-1",), council, where
    focal = {"officer": "snv-2"}
    yield "focal officer", "FocalOfficerAssigned.v1", ("snv-1",), focal, {**where, "agency": "SNV"}
    yield "SELF_ASSESSMENT", "PhaseOpened.v1", ("tk-1",), {"phase": "SELF_ASSESSMENT"}, where
