"""What everybody of a made-up log states, in order: rounds of any size, the same for the same seed.

A round is led from its opening to its publication; every cell has evidence, a declared and a verified
score. Where a log ends in the middle of a round, that round is left open.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count, islice
from random import Random
from typing import Any

from api.errors import UnfitShape
from api.signing import Draft
from api.story_values import ZONE
from audit.proofs.keyring import ENROLLED, GENESIS, LOG_ACTOR
from audit.proofs.keys import SYNTH_ORIGIN, SigningKey
from domain.events import Signing, kind_of
from domain.stated.choices import Quality

BLOCKS = ("DEPARTMENT", "DISTRICT", "CENTRAL")
REGISTRARS = ("dk-1", "dk-2")
AUTHORITY, SECRETARIAT = "ub-1", "tk-1"
OFFICES = 4
STAFF = 3
"""An agency has at least a head, a focal officer and somebody who inspects elsewhere."""
FIRST_YEAR = 2018
PER_AREA = 10
DOCUMENT = "Tài liệu dựng để đo và thử, không có thật.\n".encode()
"""The one file that all evidence consists of."""
_ATTACHED: Mapping[str, object] = {
    "sha256": hashlib.sha256(DOCUMENT).hexdigest(),
    "size": len(DOCUMENT),
    "media_type": "text/plain",
}
_CITED = {"regulation": "QD-SYNTH", "regulation_version": "1"}
_NAME = {"name": "Người dựng để thử"}
_TITLE = {"title": "Báo cáo dựng để thử"}
_FINDING = {"finding": "Đã đối chiếu tài liệu (dựng để thử)"}


@dataclass(frozen=True)
class Shape:
    """How large a log is; raises UnfitShape where its people are too few. `events` 0: one whole round.

    It is committed `batch` by `batch`, each under a checkpoint.
    """

    agencies: int
    criteria: int
    signers: int
    events: int
    seed: int
    batch: int = 1000

    def __post_init__(self) -> None:
        least = OFFICES + STAFF * self.agencies
        if not 2 <= self.agencies <= 99_999 or not 1 <= self.criteria <= 999 or self.seed < 0:
            raise UnfitShape("2 to 99999 agencies, 1 to 999 criteria and a seed from 0 on are possible")
        if self.signers < least:
            raise UnfitShape(f"{self.agencies} agencies and their offices need {least} signers or more")

    @property
    def origin(self) -> str:
        """The origin says that nothing in the log is real; its keys are everybody's."""
        return f"{SYNTH_ORIGIN}{self.seed}"

    @property
    def size(self) -> int:
        """How many events people state; the log adds an attestation of each result by itself."""
        registry = 1 + (self.signers - len(REGISTRARS)) * 2 + 2 + 2 * self.agencies + 2
        return self.events or registry + self.of_round

    @property
    def of_round(self) -> int:
        """How many events a whole round has."""
        return 9 + self.agencies * (5 + 3 * self.criteria)

    @cached_property
    def staff(self) -> tuple[tuple[str, ...], ...]:
        """The people of each agency: the head first."""
        share, rest = divmod(self.signers - OFFICES, self.agencies)
        return tuple(
            tuple(f"a{agency:05}-{n}" for n in range(1, share + (agency <= rest) + 1))
            for agency in range(1, self.agencies + 1)
        )

    @cached_property
    def keys(self) -> Mapping[str, SigningKey]:
        """Everybody's key; it follows from the seed, so that everybody can make it."""
        actors = (
            LOG_ACTOR,
            *REGISTRARS,
            AUTHORITY,
            SECRETARIAT,
            *(a for people in self.staff for a in people),
        )
        return {actor: _key(f"{self.origin} {number}") for number, actor in enumerate(actors)}

    def entropy(self, purpose: str) -> bytes:
        """Return the bytes of a purpose."""
        return hashlib.sha256(f"minhchung synth entropy {self.origin} {purpose}".encode()).digest()


def _key(purpose: str) -> SigningKey:
    return SigningKey.from_seed(hashlib.sha256(f"minhchung synth key {purpose}".encode()).digest())


def script(shape: Shape) -> Iterator[Draft]:
    """Tell everything that is stated, in the order of the log."""
    return islice(_Script(shape).told(), shape.size)


class _Script:
    """Whoever tells it again tells the same."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._random = Random(shape.seed)  # noqa: S311 - made-up scores are to be the same again
        self._now = datetime(FIRST_YEAR, 1, 2, 8, tzinfo=ZONE)
        self._codes = [f"S{n:05}" for n in range(1, shape.agencies + 1)]
        self._criteria = [f"C{n}" for n in range(1, shape.criteria + 1)]

    def told(self) -> Iterator[Draft]:
        yield from self._keys()
        yield from self._registry()
        for number in count():
            yield from self._round(number, FIRST_YEAR + number)

    def _from(self, year: int, month: int, day: int) -> None:
        """Go on to a day, unless there was so much to do that it is over already."""
        self._now = max(self._now, datetime(year, month, day, 8, tzinfo=ZONE))

    def _draft(self, name: str, *actors: str, body: Mapping[str, object], **rest: Any) -> Draft:
        self._now += timedelta(seconds=1)
        kind = f"{name}.v1"
        return Draft(type=kind, actors=actors, body=body, occurred_at=self._now, **{**_FORMS[kind], **rest})

    # --- keys and registry ------------------------------------------------------------------------------

    def _keys(self) -> Iterator[Draft]:
        log, *registrars = (self._public(actor) for actor in (LOG_ACTOR, *REGISTRARS))
        body = {
            "log_key": log,
            "registrars": [
                {"actor": actor, "public_key": key, "custody": "platform"}
                for actor, key in zip(REGISTRARS, registrars, strict=True)
            ],
            "quorum": len(REGISTRARS),
            "witness_policy": {"witnesses": [], "quorum": 0},
            "time_zone": "Asia/Ho_Chi_Minh",
            "utc_offset": "+07:00",
            "clock": "scripted",
        }
        yield self._draft("LogOpened", LOG_ACTOR, *REGISTRARS, body=body)
        for actor in self._officers():
            body = {"actor": actor, "public_key": self._public(actor), "custody": "platform"}
            yield self._draft("KeyEnrolled", actor, *REGISTRARS, body=body)

    def _officers(self) -> Iterator[str]:
        yield from (AUTHORITY, SECRETARIAT)
        for people in self._shape.staff:
            yield from people

    def _public(self, actor: str) -> str:
        return base64.b64encode(self._shape.keys[actor].public_key.raw).decode()

    def _registry(self) -> Iterator[Draft]:
        for number, code in enumerate(self._codes):
            body: dict[str, object] = {"code": code, "name_vi": f"Đơn vị {code}", "name_en": f"Unit {code}"}
            body |= {"block": BLOCKS[number % len(BLOCKS)], "since": "1997-01-01"}
            yield self._draft("AgencyRegistered", REGISTRARS[0], body=body)
        for officer in (AUTHORITY, SECRETARIAT):
            yield self._draft("OfficerRegistered", REGISTRARS[0], body={"officer": officer}, texts=_NAME)
        for code, people in zip(self._codes, self._shape.staff, strict=True):
            for officer in people:
                body = {"officer": officer, "home": code}
                yield self._draft("OfficerRegistered", REGISTRARS[0], body=body, texts=_NAME)
        for officer, role in ((AUTHORITY, "APPROVING_AUTHORITY"), (SECRETARIAT, "SECRETARIAT")):
            yield self._draft("RoleGranted", REGISTRARS[1], body={"officer": officer, "role": role})
        for code, people in zip(self._codes, self._shape.staff, strict=True):
            body = {"officer": people[0], "role": "AGENCY_HEAD", "agency": code}
            yield self._draft("RoleGranted", REGISTRARS[1], body=body)
        issued = {
            "code": "QD-SYNTH",
            "version": "1",
            "number": "1/QĐ (dựng để thử)",
            "issued_on": "2018-01-02",
        }
        yield self._draft("RegulationIssued", AUTHORITY, body=issued, attachments=[_ATTACHED])
        body = {**_CITED, "criteria_set": criteria_set(self._criteria)}
        yield self._draft("CriteriaSetIssued", SECRETARIAT, body=body)

    # --- a round ----------------------------------------------------------------------------------------

    def _round(self, number: int, year: int) -> Iterator[Draft]:
        code = str(year)
        self._from(year, 1, 8)
        yield self._draft("RoundOpened", AUTHORITY, round=code, body=_opening(year, self._shape.agencies))
        for place in range(self._shape.agencies):
            yield from self._prepared(code, number, place)
        yield self._phase(code, "SELF_ASSESSMENT", (year, 1, 15))
        for place in range(self._shape.agencies):
            yield from self._declared(code, number, place)
        yield self._phase(code, "INSPECTION", (year, 2, 14))
        for place in range(self._shape.agencies):
            yield from self._inspected(code, number, place)
        for name, day in (("EXPLANATION", 8), ("COUNCIL", 20), ("APPROVAL", 28)):
            yield self._phase(code, name, (year, 3, day))
        for name, by in (
            ("ApprovalProposed", SECRETARIAT),
            ("ResultApproved", AUTHORITY),
            ("ResultPublished", SECRETARIAT),
        ):
            yield self._draft(name, by, round=code, body={"version": 1})

    def _phase(self, code: str, name: str, day: tuple[int, int, int]) -> Draft:
        self._from(*day)
        return self._draft("PhaseOpened", SECRETARIAT, round=code, body={"phase": name})

    def _focal(self, number: int, place: int) -> str:
        """Other people year by year: one keeps the dossier ..."""
        officers = self._shape.staff[place][1:]
        return officers[2 * number % len(officers)]

    def _inspector(self, number: int, place: int) -> str:
        """... and another one inspects the agency before theirs."""
        officers = self._shape.staff[(place + 1) % self._shape.agencies][1:]
        return officers[(2 * number + 1) % len(officers)]

    def _prepared(self, code: str, number: int, place: int) -> Iterator[Draft]:
        agency, officer = self._codes[place], self._inspector(number, place)
        lender, team = self._codes[(place + 1) % len(self._codes)], f"T{place + 1}"
        days = {"since": f"{code}-02-14", "until": f"{code}-03-07"}
        body: dict[str, object] = {"officer": officer, "lender": lender, "decision": "1/QĐ-SYNTH", **days}
        yield self._draft("OfficerSeconded", SECRETARIAT, round=code, body=body)
        body = {"team": team, "members": [{"officer": officer, "role": "LEADER"}]}
        yield self._draft("TeamFormed", SECRETARIAT, round=code, body=body)
        body = {"team": team, "inspects": agency, **days}
        yield self._draft("TeamAssigned", SECRETARIAT, round=code, body=body)
        body = {"officer": self._focal(number, place)}
        head = self._shape.staff[place][0]
        yield self._draft("FocalOfficerAssigned", head, round=code, agency=agency, body=body)

    def _declared(self, code: str, number: int, place: int) -> Iterator[Draft]:
        agency, focal = self._codes[place], self._focal(number, place)
        for n, criterion in enumerate(self._criteria):
            cell = {"round": code, "agency": agency, "criterion": criterion}
            body: dict[str, object] = {"serial": f"{n + 1}/BC", "version": 1}
            yield self._draft(
                "EvidenceSubmitted", focal, body=body, texts=_TITLE, attachments=[_ATTACHED], **cell
            )
            yield self._draft("SelfScoreDeclared", focal, body=self._random.choice(_POINTS), **cell)
        head = self._shape.staff[place][0]
        body = {"declared": len(self._criteria)}
        yield self._draft("SelfAssessmentSubmitted", head, round=code, agency=agency, body=body)

    def _inspected(self, code: str, number: int, place: int) -> Iterator[Draft]:
        agency, inspector = self._codes[place], self._inspector(number, place)
        for criterion in self._criteria:
            cell = {"round": code, "agency": agency, "criterion": criterion}
            body = self._random.choice(_NOTES)
            yield self._draft("InspectionNoteRecorded", inspector, body=body, texts=_FINDING, **cell)


# --- bodies ---------------------------------------------------------------------------------------------

_CHOICES = ("0", "0.5", "1")
_POINTS = tuple({"points": points} for points in _CHOICES)
_NOTES = tuple(
    {"points": points, "quality": quality.value, "shortcomings": []}
    for points in _CHOICES
    for quality in (Quality.SOUND, Quality.INCOMPLETE)
)


def _form(kind: str) -> dict[str, bool]:
    if kind == ENROLLED:
        return {"together": True, "expects": False}
    found = kind_of(kind)
    return {"together": found.signing is Signing.TOGETHER, "expects": found.expects}


_FORMS = {
    kind: _form(kind)
    for kind in (
        GENESIS,
        ENROLLED,
        "AgencyRegistered.v1",
        "OfficerRegistered.v1",
        "RoleGranted.v1",
        "RegulationIssued.v1",
        "CriteriaSetIssued.v1",
        "RoundOpened.v1",
        "PhaseOpened.v1",
        "OfficerSeconded.v1",
        "TeamFormed.v1",
        "TeamAssigned.v1",
        "FocalOfficerAssigned.v1",
        "EvidenceSubmitted.v1",
        "SelfScoreDeclared.v1",
        "SelfAssessmentSubmitted.v1",
        "InspectionNoteRecorded.v1",
        "ApprovalProposed.v1",
        "ResultApproved.v1",
        "ResultPublished.v1",
    )
}


def criteria_set(codes: list[str]) -> dict[str, object]:
    """Return a criteria set of so many criteria, each of one point, in areas of ten."""
    areas = [codes[start : start + PER_AREA] for start in range(0, len(codes), PER_AREA)]
    return {
        "code": "SYNTH",
        "version": "1",
        "name_vi": "Bộ tiêu chí dựng để thử",
        "name_en": "Criteria made up for measuring",
        "provenance": "invented",
        "areas": [
            {
                "code": f"A{n}",
                "name_vi": f"Lĩnh vực {n}",
                "name_en": f"Area {n}",
                "max_points": str(len(area)),
            }
            for n, area in enumerate(areas, start=1)
        ],
        "criteria": [_criterion(code, f"A{n}") for n, area in enumerate(areas, start=1) for code in area],
        "classes": [
            {"code": "GOOD", "name_vi": "Tốt", "at_least": "50"},
            {"code": "WEAK", "name_vi": "Yếu", "at_least": "0"},
        ],
        "levels": [{"code": "YES", "name_vi": "Có", "weight": "1"}],
        "min_ballots": 5,
        "bonus_max": "0",
        "deduction_max": "0",
        "tie_break": ["total"],
        "bonus_ranks": True,
        "results": [],
        "shortcomings": [],
    }


def _criterion(code: str, area: str) -> dict[str, object]:
    return {
        "code": code,
        "name_vi": f"Tiêu chí {code}",
        "name_en": f"Criterion {code}",
        "max_points": "1",
        "applies_to": list(BLOCKS),
        "rule": {"kind": "stated", "choices": list(_CHOICES)},
        "section": "main",
        "area": area,
        "evidence": "",
        "note": "",
    }


def _opening(year: int, agencies: int) -> dict[str, object]:
    return {
        "evaluated_year": year - 1,
        "execution_year": year,
        **_CITED,
        "criteria_set": "SYNTH",
        "criteria_version": "1",
        "blocks": {block: len(range(n, agencies, len(BLOCKS))) for n, block in enumerate(BLOCKS)},
        "deadlines": [{"phase": "SELF_ASSESSMENT", "hard": False, "on": f"{year}-02-10"}],
        "holidays": [],
        "timers": [
            {"path": path, "step": "FILE", "days": days, "working": True, "basis": "dựng để thử"}
            for path, days in (("REVIEW_REQUEST", 10), ("STATUTORY_COMPLAINT", 90))
        ],
        "publication": {"public_places": 3, "public_scores": False, "own_record": ["PUBLIC", "PARTIES"]},
        "awards": {"up_to_rank": 3, "from_class": "GOOD"},
    }
