"""What the pages' small log tells: one round of two agencies, from its opening to a corrected version.

Nearly everything about it is invented, and as short as the pages allow.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from api.signing import scripted_entropy
from audit.proofs.keyring import ENROLLED, GENESIS, LOG_ACTOR
from audit.proofs.keys import SigningKey, demo_signing_key
from domain.council import seal
from domain.points import write
from domain.stated.choices import ReasonCategory

PAGES = Path(__file__).parent.parent / "docs" / "formats"
NUMBERS = {LOG_ACTOR: 999, "dk-1": 0, "dk-2": 1, "ub-1": 3, "tk-1": 4, "hd-4": 10, "hd-6": 12, "hd-7": 13}
NUMBERS |= {"snv-1": 16, "snv-2": 17, "stc-1": 19, "tp-2": 20}
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
    "stc-1": "Phan Thu Hiền",
    "tp-2": "Lê Minh Châu",
}
_AGENCIES = {
    "SNV": ("Sở Nội vụ", "Department of Home Affairs"),
    "STC": ("Sở Tài chính", "Department of Finance"),
}
_OFFICES = {
    "ub-1": "APPROVING_AUTHORITY",
    "tk-1": "SECRETARIAT",
    "snv-1": "AGENCY_HEAD",
    "stc-1": "AGENCY_HEAD",
}
MEMBERS = ("hd-4", "hd-6", "hd-7")
_OFFICES |= dict.fromkeys(MEMBERS, "COUNCIL_MEMBER")
FILE = "Kế hoạch cải cách hành chính năm 2016 (số liệu minh họa).\n".encode()
REGULATION = "Quy định đánh giá, xếp hạng cải cách hành chính (văn bản minh họa).\n".encode()
ROUND = {"round": "2016"}
CELL = {**ROUND, "agency": "SNV", "criterion": "A1.1"}
DISPUTE = {**CELL, "matter": "dispute-1"}
Made = tuple[str, str, tuple[str, ...], dict[str, Any], dict[str, Any]]
"""Label, type, actors, body, and what else the draft holds."""


def criteria_set() -> dict[str, Any]:
    """Return the example of the page on criteria, as it is written there."""
    found = re.search(r"```yaml\n(.*?)```", (PAGES / "criteria.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    read: dict[str, Any] = yaml.safe_load(found[1])
    return read


def public(key: SigningKey) -> str:
    """Write a public key as bodies carry it."""
    return base64.b64encode(key.public_key.raw).decode()


def salt(member: str) -> str:
    """Return the salt of a member's opinion."""
    return scripted_entropy(f"page opinion {member}").hex()


OPINIONS: Mapping[str, tuple[str, ReasonCategory]] = {
    "hd-4": ("0", ReasonCategory.EVIDENCE_INSUFFICIENT),
    "hd-6": ("0.5", ReasonCategory.EQUAL_TREATMENT),
    "hd-7": ("1", ReasonCategory.COUNCIL_JUDGED),
}
"""What each member thinks of the cell; the last one never opens it."""


def story(labels: Mapping[str, int]) -> Iterator[Made]:
    """Tell the story; `labels` has the position of everything that was told before."""
    yield from _registry()
    yield from _round()
    yield from _declared()
    yield from _opinions()
    yield from _decided(labels)
    yield from _version(1)
    yield from _disputed(labels)
    yield from _version(2)


def attached(content: bytes) -> dict[str, object]:
    """Name a file as a statement does."""
    digest = hashlib.sha256(content).hexdigest()
    return {"sha256": digest, "size": len(content), "media_type": "text/plain"}


# --- registry and round ---------------------------------------------------------------------------------


def _registry() -> Iterator[Made]:
    yield "genesis", GENESIS, (LOG_ACTOR, "dk-1", "dk-2"), _genesis(), {}
    for actor in NAMES:
        body = {"actor": actor, "public_key": public(KEYS[actor]), "custody": "platform"}
        yield f"enrolment {actor}", ENROLLED, (actor, "dk-1", "dk-2"), body, {}
    for code, (name_vi, name_en) in _AGENCIES.items():
        agency = {"code": code, "name_vi": name_vi, "name_en": name_en, "block": "DEPARTMENT"}
        yield f"agency {code}", "AgencyRegistered.v1", ("dk-1",), agency | {"since": "1997-01-01"}, {}
    for actor, name in NAMES.items():
        body = {"officer": actor} | _home(actor)
        yield f"officer {actor}", "OfficerRegistered.v1", ("dk-1",), body, {"texts": {"name": name}}
    for actor, role in _OFFICES.items():
        belongs = {"agency": _home(actor)["home"]} if role == "AGENCY_HEAD" else {}
        yield f"office {actor}", "RoleGranted.v1", ("dk-2",), {"officer": actor, "role": role, **belongs}, {}


def _genesis() -> dict[str, Any]:
    registrars = [
        {"actor": actor, "public_key": public(KEYS[actor]), "custody": "platform"}
        for actor in ("dk-1", "dk-2")
    ]
    return {
        "log_key": public(KEYS[LOG_ACTOR]),
        "registrars": registrars,
        "quorum": 2,
        "witness_policy": {"witnesses": [], "quorum": 0},
        "time_zone": "Asia/Ho_Chi_Minh",
        "utc_offset": "+07:00",
        "clock": "scripted",
    }


def _home(actor: str) -> dict[str, str]:
    code = actor.partition("-")[0].upper()
    return {"home": code} if code in _AGENCIES else {}


def _round() -> Iterator[Made]:
    criteria, cited = criteria_set(), {"regulation": "QD-VI-DU", "regulation_version": "1"}
    regulation = {
        "code": "QD-VI-DU",
        "version": "1",
        "number": "1/QĐ-UBND (minh họa)",
        "issued_on": "2017-01-03",
    }
    yield "regulation", "RegulationIssued.v1", ("ub-1",), regulation, {"attachments": [attached(REGULATION)]}
    yield "criteria", "CriteriaSetIssued.v1", ("tk-1",), {**cited, "criteria_set": criteria}, {}
    opened = {
        "evaluated_year": 2016,
        "execution_year": 2017,
        **cited,
        "criteria_set": criteria["code"],
        "criteria_version": criteria["version"],
        "blocks": {"DEPARTMENT": 2},
        "deadlines": [{"phase": "SELF_ASSESSMENT", "hard": False, "on": "2017-02-10"}],
        "holidays": ["2017-01-26", "2017-01-27", "2017-01-30", "2017-01-31", "2017-02-01"],
        "timers": [
            _timer("REVIEW_REQUEST", "FILE", 10),
            _timer("REVIEW_REQUEST", "ACCEPT", 10),
            _timer("REVIEW_REQUEST", "RESOLVE", 30, working=False),
            _timer("STATUTORY_COMPLAINT", "FILE", 90, working=False),
        ],
        "publication": {"public_places": 3, "public_scores": False, "own_record": ["PUBLIC", "PARTIES"]},
        "awards": {"up_to_rank": 3, "from_class": "GOOD"},
    }
    yield "round", "RoundOpened.v1", ("ub-1",), opened, ROUND
    council = {"members": list(MEMBERS), "chair": "hd-4", "quorum": 2}
    yield "council", "CouncilEstablished.v1", ("ub-1",), council, ROUND
    previous = {"evaluated_year": 2015, "total": "2", "source": "minh họa"}
    yield "previous", "PreviousResultRecorded.v1", ("tk-1",), previous, {**ROUND, "agency": "STC"}
    focal = {"officer": "snv-2"}
    yield "focal officer", "FocalOfficerAssigned.v1", ("snv-1",), focal, {**ROUND, "agency": "SNV"}


def _timer(path: str, step: str, days: int, *, working: bool = True) -> dict[str, object]:
    return {"path": path, "step": step, "days": days, "working": working, "basis": "minh họa"}


def _phase(phase: str) -> Made:
    return phase, "PhaseOpened.v1", ("tk-1",), {"phase": phase}, ROUND


# --- what is declared, thought and decided --------------------------------------------------------------


def _declared() -> Iterator[Made]:
    yield _phase("SELF_ASSESSMENT")
    texts = {"title": "Kế hoạch CCHC năm 2016"}
    cell = {**CELL, "texts": texts, "attachments": [attached(FILE)]}
    body = {"serial": "12/KH-SNV", "version": 1}
    yield "evidence", "EvidenceSubmitted.v1", ("snv-2",), body, cell
    yield "self score", "SelfScoreDeclared.v1", ("snv-2",), {"points": "1"}, CELL
    for phase in ("INSPECTION", "EXPLANATION", "COUNCIL"):
        yield _phase(phase)


OVER = "opinions closed"
"""What comes when the days for opinions have passed, for one of them is never opened."""


def _opinions() -> Iterator[Made]:
    texts = {"method": "Điểm giữ đến nửa điểm; kế hoạch ban hành sau thời hạn được không quá 0,5 điểm."}
    yield "method", "ScoringMethodAgreed.v1", MEMBERS, {"version": 1}, {**ROUND, "texts": texts}
    asked = {"due": "2017-01-20", "open_until": "2017-01-23"}
    yield "opinion asked", "OpinionRequested.v1", ("tk-1",), asked, CELL
    for member, (points, category) in OPINIONS.items():
        sealed = seal(
            salt=salt(member),
            log=(CELL["round"], CELL["agency"], CELL["criterion"]),
            member=member,
            points=Fraction(points),
            category=category,
        )
        yield f"opinion {member}", "OpinionSealed.v1", (member,), {"seal": sealed}, CELL
    for member, (points, category) in list(OPINIONS.items())[:-1]:
        body = {"salt": salt(member), "points": write(Fraction(points)), "category": category.value}
        texts = {"reason": "Kế hoạch ban hành sau ngày 15/01."}
        yield f"opened {member}", "OpinionOpened.v1", (member,), body, {**CELL, "texts": texts}
    yield OVER, "OpinionsClosed.v1", ("tk-1",), {}, CELL


def _meeting(number: int) -> dict[str, Any]:
    return {**ROUND, "matter": f"meeting-{number}"}


def _moved(number: int, voters: tuple[str, ...], motion: dict[str, Any], reason: str) -> Iterator[Made]:
    opened = {"present": list(voters)}
    yield f"meeting {number}", "MeetingOpened.v1", ("hd-4",), opened, _meeting(number)
    body = {"meeting": f"meeting-{number}", **motion}
    yield f"motion {number}", "MotionPut.v1", ("hd-4",), body, {**CELL, "texts": {"reason": reason}}


def _votes(number: int, labels: Mapping[str, int], votes: Mapping[str, str]) -> Iterator[Made]:
    for member, choice in votes.items():
        body = {"motion": labels[f"motion {number}"], "choice": choice}
        yield f"vote {number} {member}", "VoteCast.v1", (member,), body, CELL


def _closed(number: int) -> Made:
    return f"meeting {number} closed", "MeetingClosed.v1", ("hd-4",), {"motions": 1}, _meeting(number)


def _decided(labels: Mapping[str, int]) -> Iterator[Made]:
    moved = {"matter": "ADJUSTMENT", "category": "EVIDENCE_INSUFFICIENT", "points": "0"}
    reason = "Kế hoạch ban hành sau thời hạn.\nHội đồng biểu quyết không cho điểm."
    yield from _moved(1, MEMBERS, moved, reason)
    yield from _votes(1, labels, {"hd-4": "FOR", "hd-6": "FOR", "hd-7": "AGAINST"})
    adjustment = {
        "motion": labels["motion 1"],
        "old_points": "1",
        "new_points": "0",
        "category": "EVIDENCE_INSUFFICIENT",
        "references": [labels["evidence"]],
    }
    yield "adjustment", "CouncilAdjustmentMade.v1", MEMBERS, adjustment, {**CELL, "texts": {"reason": reason}}
    yield _closed(1)
    yield _phase("APPROVAL")


def _version(number: int) -> Iterator[Made]:
    for label, kind, actor in (
        ("proposed", "ApprovalProposed.v1", "tk-1"),
        ("approved", "ResultApproved.v1", "ub-1"),
        ("published", "ResultPublished.v1", "tk-1"),
    ):
        yield f"{label} {number}", kind, (actor,), {"version": number}, ROUND


# --- a dispute ------------------------------------------------------------------------------------------


def _disputed(labels: Mapping[str, int]) -> Iterator[Made]:
    filed = {"path": "REVIEW_REQUEST", "ground": "EVIDENCE_OVERLOOKED", "version": 1, "claimed": "1"}
    grounds = {"grounds": "Văn bản xin lùi thời hạn ban hành kế hoạch đã gửi kèm nhưng chưa được xem xét."}
    yield "dispute", "DisputeFiled.v1", ("snv-1",), filed, {**DISPUTE, "texts": grounds}
    yield "accepted", "DisputeAccepted.v1", ("tk-1",), {}, DISPUTE
    yield "notified", "AffectedNotified.v1", ("tk-1",), {"agencies": ["STC"]}, DISPUTE
    word = {"word": "Đề nghị áp dụng thời hạn như nhau cho mọi cơ quan."}
    yield "heard", "PartyHeard.v1", ("stc-1",), {"heard": "STC"}, {**DISPUTE, "texts": word}
    yield "reviewer", "ReviewerAssigned.v1", ("tk-1",), {"officer": "tp-2"}, DISPUTE
    finding = {"finding": "Kế hoạch ban hành sau hạn năm ngày, có văn bản xin lùi thời hạn."}
    found = {"quality": "INCOMPLETE", "points": "0.5"}
    yield "re-verified", "ReverificationRecorded.v1", ("tp-2",), found, {**DISPUTE, "texts": finding}
    decided = {"outcome": "PARTLY", "points": "0.5"}
    reason = "Có văn bản xin lùi thời hạn; cho nửa số điểm như mọi cơ quan cùng trường hợp."
    moved = {"matter": "DISPUTE", "category": "EVIDENCE_OVERLOOKED", **decided}
    yield from _moved(2, ("hd-4", "hd-6"), moved, reason)
    yield from _votes(2, labels, {"hd-4": "FOR", "hd-6": "FOR"})
    body = {"motion": labels["motion 2"], **decided}
    decision = {**DISPUTE, "texts": {"reason": reason}}
    yield "decided", "DisputeDecided.v1", ("hd-4", "hd-6"), body, decision
    yield _closed(2)
