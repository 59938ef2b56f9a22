"""A small log for tests: four agencies, their people, and a round that is being declared.

Everything goes in through the real runtime, signed with demo keys at a real desk; the clock is scripted.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from api.clock import ScriptedClock
from api.demo import example_folder
from api.example import load_example
from api.log_key import keep_key
from api.runtime import Runtime, open_runtime
from api.settings import Settings
from api.signing import Desk, Draft
from audit.ledger.intake import Intake
from audit.ledger.submission import Accepted, Outcome, Submission
from audit.proofs.keyring import KEY_EVENTS, LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, Signer, SigningKey, demo_signing_key
from domain.events import Signing, kind_of
from domain.shapes import write

Subject = dict[str, Any]
ZONE = timezone(timedelta(hours=7))
FOUNDED = datetime(2017, 1, 9, 8, tzinfo=ZONE)
NOW = datetime(2017, 2, 8, 9, tzinfo=ZONE)
DUE = "2017-01-31"
"""When the self-assessment of every round was due: on the days before `NOW`."""

OPEN = "2016"
"""The round that agencies declare in; its deadline was a soft one."""

AGENCIES = {"SNV": "DEPARTMENT", "STC": "DEPARTMENT", "NHS": "DISTRICT", "CT": "CENTRAL"}
REGISTRARS = ("dk-1", "dk-2")
MEMBERS = ("hd-1", "hd-2", "hd-3")
OFFICES = {"ub-1": "APPROVING_AUTHORITY", "tk-1": "SECRETARIAT"} | dict.fromkeys(MEMBERS, "COUNCIL_MEMBER")
HOMES: dict[str, str | None] = {"ub-1": None, "tk-1": "SNV", "hd-1": "STC", "hd-2": None, "hd-3": None}
HOMES |= {f"{agency.lower()}-{n}": agency for agency in AGENCIES for n in range(1, 5)} | {"cu-1": "STC"}
"""Of every agency 1 is the head, 2 the focal officer, 3 the deputy, 4 inspects elsewhere; cu-1 lost a key."""

KEYS: Mapping[str, SigningKey] = {
    actor: demo_signing_key(number) for number, actor in enumerate((LOG_ACTOR, *REGISTRARS, *HOMES))
}


def public(key: Signer) -> str:
    """Write a public key as bodies carry it."""
    return base64.b64encode(key.public_key.raw).decode()


@dataclass(slots=True)
class World:
    """A log opened for writing, with everybody's key at hand."""

    runtime: Runtime
    clock: ScriptedClock
    origin: str = DEMO_ORIGIN
    keys: Mapping[str, SigningKey] = field(default_factory=lambda: KEYS)

    @property
    def intake(self) -> Intake:
        """The only way in."""
        return self.runtime.intake

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.runtime.log.size

    def close(self) -> None:
        """Let another process, or another runtime of this one, have the log."""
        self.runtime.log.database.close()

    def desk(self, *, origin: str | None = None, keys: Mapping[str, Signer] | None = None) -> Desk:
        """Return a desk in step with the log: counters, versions and the newest checkpoint.

        Some may hold other `keys` there than their own.
        """
        desk = Desk(origin or self.origin, {**self.keys, **(keys or {})})
        ids = [key.public_key.id for key in (*self.keys.values(), *(keys or {}).values())]
        desk.counters = {key: self.intake.keyring.next_counter(key) - 1 for key in ids}
        desk.versions = dict(self.intake.standing.versions)
        desk.seen = self.intake.checkpoint
        return desk

    def draft(
        self,
        name: str,
        *actors: str,
        body: Mapping[str, object] | None = None,
        files: Sequence[bytes] = (),
        **rest: Any,
    ) -> Draft:
        """Write a draft in the form that its kind asks for; files go into the store of evidence."""
        key_event = f"{name}.v1" in KEY_EVENTS
        kind = None if key_event else kind_of(f"{name}.v1")
        stored = self.runtime.evidence.put(*files)
        usual = {
            "together": kind is None or kind.signing is Signing.TOGETHER or len(actors) > 1,
            "expects": kind is not None and kind.expects,
            "occurred_at": self.clock(),
            "attachments": [
                {"sha256": sha256, "size": len(content), "media_type": "text/plain"}
                for sha256, content in zip(stored, files, strict=True)
            ],
        }
        return Draft(type=f"{name}.v1", actors=actors, body=body or {}, **{**usual, **rest})

    def sign(self, name: str, *actors: str, **rest: Any) -> Submission:
        """Sign one statement that follows on the log as it is."""
        return self.desk().sign(self.draft(name, *actors, **rest))

    def submit(self, *submissions: Submission, together: bool = False) -> list[Outcome]:
        """Submit in one call."""
        return self.intake.submit(submissions, together=together)

    def state(self, name: str, *actors: str, **rest: Any) -> int:
        """State something that has to be admitted; return its position."""
        return self.tell(self.draft(name, *actors, **rest))[0]

    def tell(self, *drafts: Draft) -> list[int]:
        """State several things in one batch, each building on those before it; return their positions."""
        desk = self.desk()
        outcomes = self.submit(*(desk.sign(draft) for draft in drafts))
        refused = [o for o in outcomes if not isinstance(o, Accepted)]
        assert not refused, refused[0]
        return [outcome.position for outcome in outcomes if isinstance(outcome, Accepted)]


# --- making one -----------------------------------------------------------------------------------------


def a_file(words: str) -> bytes:
    """Return an evidence file."""
    return f"{words} (số liệu minh họa)\n".encode()


def attachment(content: bytes, **otherwise: object) -> dict[str, object]:
    """Name a file as a statement does, whether or not it is in the store."""
    named = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "media_type": "text/plain"}
    return named | otherwise


def begin(
    data: Path, origin: str = DEMO_ORIGIN, keys: Mapping[str, SigningKey] = KEYS, **genesis: Any
) -> World:
    """Open a new log in a data directory: nothing is in it but its genesis, which may say more than usual."""
    settings, clock = Settings(data), ScriptedClock(FOUNDED)
    keep_key(settings, keys[LOG_ACTOR])
    runtime = open_runtime(settings, origin=origin, log_key=keys[LOG_ACTOR], clock=clock)
    world = World(runtime, clock, origin, keys)
    world.state("LogOpened", LOG_ACTOR, *REGISTRARS, body=_genesis(keys) | genesis, expects=False)
    return world


def found(data: Path, **genesis: Any) -> World:
    """Found a log in a data directory: keys, registry, criteria, and the round `OPEN` being declared."""
    world = begin(data, **genesis)
    world.tell(*_keys(world))
    world.tell(*_registry(world))
    world.tell(*round_up_to(world, OPEN, "SELF_ASSESSMENT", focal=tuple(AGENCIES)))
    return world


def reopen(data: Path) -> World:
    """Open the log of a data directory again, at `NOW`."""
    clock = ScriptedClock(NOW)
    return World(open_runtime(Settings(data), clock=clock), clock)


def _genesis(keys: Mapping[str, SigningKey]) -> dict[str, object]:
    return {
        "log_key": public(keys[LOG_ACTOR]),
        "registrars": [
            {"actor": actor, "public_key": public(keys[actor]), "custody": "platform"} for actor in REGISTRARS
        ],
        "quorum": 2,
        "witness_policy": {"witnesses": [], "quorum": 0},
        "time_zone": "Asia/Ho_Chi_Minh",
        "utc_offset": "+07:00",
        "clock": "scripted",
    }


def enrolment(actor: str, key: Signer | None = None) -> dict[str, object]:
    """Return the body that enrols a key."""
    return {"actor": actor, "public_key": public(key or KEYS[actor]), "custody": "platform"}


def _keys(world: World) -> Iterator[Draft]:
    for actor in HOMES:
        yield world.draft("KeyEnrolled", actor, *REGISTRARS, body=enrolment(actor))


def agency(code: str, block: str = "DEPARTMENT", since: str = "1997-01-01") -> dict[str, object]:
    """Return the body that registers an agency."""
    return {"code": code, "name_vi": f"Cơ quan {code}", "name_en": code, "block": block, "since": since}


def _registry(world: World) -> Iterator[Draft]:
    for code, block in AGENCIES.items():
        yield world.draft("AgencyRegistered", "dk-1", body=agency(code, block))
    for actor, home in HOMES.items():
        body = {"officer": actor} | ({"home": home} if home else {})
        yield world.draft("OfficerRegistered", "dk-1", body=body, texts={"name": f"Người thử {actor}"})
    for actor, role in OFFICES.items():
        yield world.draft("RoleGranted", "dk-2", body={"officer": actor, "role": role})
    for code in AGENCIES:
        body = {"officer": f"{code.lower()}-1", "role": "AGENCY_HEAD", "agency": code}
        yield world.draft("RoleGranted", "dk-2", body=body)
    yield world.draft("RegulationIssued", "ub-1", body=regulation(), files=[a_file("Quy định")])
    yield world.draft("CriteriaSetIssued", "tk-1", body={**CITED, "criteria_set": criteria()})


def regulation() -> dict[str, object]:
    """Return the body that issues the regulation."""
    named: dict[str, object] = {"code": CITED["regulation"], "version": CITED["regulation_version"]}
    return named | {"number": "1/QĐ-UBND (minh họa)", "issued_on": "2017-01-03"}


CITED = {"regulation": "QD-CCHC", "regulation_version": "1"}
"""The regulation that criteria sets and rounds point at."""


@cache
def criteria() -> dict[str, Any]:
    """Return the criteria set of the example, as a statement carries it."""
    read: dict[str, Any] = write(load_example(example_folder()).criteria)
    return read


def opening(**otherwise: object) -> dict[str, object]:
    """Return the body that opens a round."""
    usual: dict[str, object] = {
        "evaluated_year": 2016,
        "execution_year": 2017,
        **CITED,
        "criteria_set": criteria()["code"],
        "criteria_version": criteria()["version"],
        "blocks": {"DEPARTMENT": 2, "DISTRICT": 1, "CENTRAL": 1},
        "deadlines": [{"phase": "SELF_ASSESSMENT", "hard": False, "on": DUE}],
        "holidays": [],
        "timers": [
            timer("REVIEW_REQUEST", "FILE", 10),
            timer("STATUTORY_COMPLAINT", "FILE", 90, working=False),
            timer("STATUTORY_COMPLAINT", "HEAR", 10),
        ],
        "publication": {"public_places": 3, "public_scores": False, "own_record": ["PUBLIC", "PARTIES"]},
        "awards": {"up_to_rank": 3, "from_class": "VERY_GOOD"},
    }
    return usual | otherwise


def timer(path: str, step: str, days: int, *, working: bool = True) -> dict[str, object]:
    """Return the clock of one step of a dispute."""
    return {"path": path, "step": step, "days": days, "working": working, "basis": "minh họa"}


PHASES = ("SELF_ASSESSMENT", "INSPECTION", "EXPLANATION", "COUNCIL", "APPROVAL")


def phase(world: World, code: str, name: str) -> Draft:
    """Open a phase of a round."""
    return world.draft("PhaseOpened", "tk-1", round=code, body={"phase": name})


def round_up_to(
    world: World, code: str, until: str, *, focal: Sequence[str] = (), hard: bool = False
) -> Iterator[Draft]:
    """Open a round, let some agencies name their focal officers, and lead it up to a phase."""
    deadlines = [{"phase": "SELF_ASSESSMENT", "hard": hard, "on": DUE}]
    yield world.draft("RoundOpened", "ub-1", round=code, body=opening(deadlines=deadlines))
    for name in focal:
        officers = {"officer": f"{name.lower()}-2", "deputy": f"{name.lower()}-3"}
        yield world.draft("FocalOfficerAssigned", f"{name.lower()}-1", round=code, agency=name, body=officers)
    for name in PHASES[: PHASES.index(until) + 1]:
        yield phase(world, code, name)
