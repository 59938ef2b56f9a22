"""What bad input meets: rounds at every phase, an open meeting, sealed opinions, disputes, a lost key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from api.signing import Draft, scripted_entropy
from audit.ledger.submission import Accepted
from audit.proofs.keys import SigningKey, demo_signing_key
from domain.council import seal
from domain.points import write
from domain.stated.choices import ReasonCategory
from tests.worlds import (
    KEYS,
    MEMBERS,
    NOW,
    OPEN,
    PHASES,
    REGISTRARS,
    ZONE,
    Subject,
    World,
    a_file,
    enrolment,
    phase,
    round_up_to,
)

HARD = "2016-hard"
"""As `OPEN`, with a hard deadline."""
INSPECTED, FROZEN, COUNCIL = "2016-inspected", "2016-frozen", "2016-council"
"""Rounds that are being inspected, have the dossier of STC frozen, are before the council."""
APPROVAL, PUBLISHED = "2016-approval", "2016-published"
"""Rounds before approval, and published, with disputes."""
MEETING = "meeting-1"
"""The meeting of the round `COUNCIL`: hd-2 and hd-3 are in it, hd-1 is not; hd-3 recused from NHS."""
ERASED = "ct-4"
"""The officer whose name was erased."""
FILED, TOO_LATE = "dispute-1", "dispute-2"
"""The disputes of STC over A1.1, in time, and over A1.5, a moment too late."""
AUDITOR = "stc-3"
"""Whoever is an auditor, beside the office of an inspector."""
_PUBLISHED_AT = datetime(2017, 1, 10, 9, tzinfo=ZONE)
_FILED_AT = datetime(2017, 1, 11, 9, tzinfo=ZONE)
_FILED_LATE_AT = datetime(2017, 1, 25, 0, 0, 0, tzinfo=ZONE)
_DAYS = {"since": "2017-02-14", "until": "2017-03-07"}
RENEWED = demo_signing_key(901)
"""The key that ct-3 got after its first one was compromised."""
OPINION = Fraction(1, 2), ReasonCategory.EVIDENCE_INSUFFICIENT


def furnish(world: World) -> World:
    """Add all of it to a log that was found; it is `NOW` then."""
    world.tell(*_declared(world))
    world.tell(*round_up_to(world, HARD, "SELF_ASSESSMENT", focal=("STC",), hard=True))
    world.tell(*_inspected(world))
    world.tell(*_frozen(world))
    _council(world)
    world.tell(*round_up_to(world, APPROVAL, "APPROVAL"))
    world.state("ApprovalProposed", "tk-1", round=APPROVAL, body={"version": 1})
    world.tell(*_to_be_published(world))
    _disputed(world)
    _erased(world)
    _in_doubt(world)
    world.clock.set(NOW)
    return world


def _cell(code: str, criterion: str = "A1.1", agency: str = "STC") -> Subject:
    return {"round": code, "agency": agency, "criterion": criterion}


def _declared(world: World) -> Iterator[Draft]:
    """In `OPEN`: evidence and a score, a letter read by STC, a question answered, delegations to stc-4."""
    cell = _cell(OPEN)
    stc: Subject = {"round": OPEN, "agency": "STC"}
    report = a_file("Báo cáo kết quả cải cách hành chính năm 2016")
    evidence: Subject = {
        "body": {"serial": "21/BC-STC", "version": 1},
        "texts": {"title": "Kế hoạch CCHC năm 2016"},
    }
    yield world.draft("EvidenceSubmitted", "stc-2", **cell, **evidence, files=[report])
    yield world.draft("SelfScoreDeclared", "stc-2", **cell, body={"points": "0.5"})
    yield world.draft("KeyRevoked", *REGISTRARS, body=_lost(KEYS["cu-1"]))
    letter = world.size + 3
    body = {"number": "10/SNV-CCHC (minh họa)", "issued_on": "2017-01-09", "addressees": ["STC", "SNV"]}
    texts = {"title": "Hướng dẫn tự đánh giá"}
    yield world.draft(
        "GuidanceIssued", "tk-1", round=OPEN, body=body, texts=texts, files=[a_file("Công văn")]
    )
    yield world.draft("GuidanceReceived", "stc-2", **stc, body={"guidance": letter})
    yield world.draft("QuestionAsked", "stc-2", **stc, texts={"question": "Tính cả cơ quan trực thuộc?"})
    answer = {"answer": "Có, tính cả cơ quan trực thuộc."}
    yield world.draft("QuestionAnswered", "tk-1", round=OPEN, body={"question": letter + 2}, texts=answer)
    for until in ("2017-12-31", "2017-01-31"):
        delegated = {"to": "stc-4", "acts": ["EvidenceSubmitted.v1"], "since": "2017-01-01", "until": until}
        yield world.draft("DelegationGranted", "stc-2", **stc, body=delegated)


def _lost(key: SigningKey) -> dict[str, object]:
    return {"key": key.public_key.id, "category": "LOST"}


def _in_doubt(world: World) -> None:
    """The key of nhs-3 is suspended; those of ct-3 and snv-3 were compromised, and ct-3 has spoken of it."""
    for actor in ("nhs-3", "ct-3", "snv-3"):
        world.state("KeySuspended", actor, body=_of(KEYS[actor], category="SUSPECTED"))
    for actor, since in (("ct-3", world.size - 2), ("snv-3", world.size - 1)):
        body = _of(KEYS[actor], category="COMPROMISED", compromised_since=since)
        world.state("KeyRevoked", *REGISTRARS, body=body)
    spoken = _of(KEYS["ct-3"], positions=[contested_of(world, "ct-3")])
    enrolled = world.draft("KeyEnrolled", "ct-3", *REGISTRARS, body=enrolment("ct-3", RENEWED))
    desk = world.desk(keys={"ct-3": RENEWED})
    for draft in (enrolled, world.draft("StatementReaffirmed", "ct-3", body=spoken)):
        (outcome,) = world.submit(desk.sign(draft))
        assert isinstance(outcome, Accepted), outcome


def contested_of(world: World, actor: str) -> int:
    """Return the one position that an actor's compromised key signed."""
    (position,) = world.intake.keyring.contested(KEYS[actor].public_key.id)
    return position


def _of(key: SigningKey, **more: object) -> dict[str, object]:
    return {"key": key.public_key.id, **more}


# --- inspection and dossier -----------------------------------------------------------------------------


def _team(world: World, code: str, team: str, seats: Sequence[str]) -> Iterator[Draft]:
    for officer in seats:
        lender = officer.partition("-")[0].upper()
        body = {"officer": officer, "lender": lender, "decision": "100/QĐ-UBND (minh họa)", **_DAYS}
        yield world.draft("OfficerSeconded", "tk-1", round=code, body=body)
    roles = ("LEADER", *("MEMBER" for _ in seats[1:]))
    members = [{"officer": officer, "role": role} for officer, role in zip(seats, roles, strict=True)]
    yield world.draft("TeamFormed", "tk-1", round=code, body={"team": team, "members": members})


def _assigned(world: World, code: str) -> Draft:
    return world.draft(
        "TeamAssigned", "tk-1", round=code, body={"team": "Đoàn 1", "inspects": "STC", **_DAYS}
    )


def _inspected(world: World) -> Iterator[Draft]:
    """The agency STC is inspected by a team, one member of which is transferred to STC afterwards."""
    yield from round_up_to(world, INSPECTED, "SELF_ASSESSMENT", focal=("STC",))
    yield world.draft("SelfScoreDeclared", "stc-2", **_cell(INSPECTED), body={"points": "1"})
    yield from _team(world, INSPECTED, "Đoàn 1", ("nhs-4", "ct-4"))
    yield from _team(world, INSPECTED, "Đoàn 2", ("snv-4",))
    yield _assigned(world, INSPECTED)
    yield phase(world, INSPECTED, "INSPECTION")
    yield world.draft("OfficerTransferred", "dk-1", body={"officer": "ct-4", "home": "STC"})


def _frozen(world: World) -> Iterator[Draft]:
    yield from round_up_to(world, FROZEN, "EXPLANATION", focal=("STC",))
    yield world.draft("DossierCompiled", "tk-1", round=FROZEN, agency="STC", body={"statements": 1})


# --- the council ----------------------------------------------------------------------------------------


def salt_of(member: str, criterion: str) -> str:
    """Return the salt that a member sealed their opinion on a cell of STC with."""
    return scripted_entropy(f"furnished opinion {criterion} {member}").hex()


def sealed_by(member: str, criterion: str) -> dict[str, str]:
    """Return the body that seals it."""
    points, category = OPINION
    subject = (COUNCIL, "STC", criterion)
    salt = salt_of(member, criterion)
    return {"seal": seal(salt=salt, log=subject, member=member, points=points, category=category)}


def opened_by(member: str, criterion: str, **otherwise: str) -> dict[str, str]:
    """Return the body that opens it."""
    points, category = OPINION
    usual = {"salt": salt_of(member, criterion), "points": write(points), "category": category.value}
    return usual | otherwise


def _council(world: World) -> None:
    """A council of three, in a meeting, with motions at every stage; opinions at every stage."""
    world.tell(*_established(world, COUNCIL, "STC"), *_to_the_council(world))
    world.tell(*_asked(world))
    motions = world.tell(*_moved(world))
    world.tell(*_voted(world, motions))


def _established(world: World, code: str, *focal: str) -> Iterator[Draft]:
    yield from round_up_to(world, code, "SELF_ASSESSMENT", focal=focal)
    body = {"members": list(MEMBERS), "chair": "hd-2", "quorum": 2}
    yield world.draft("CouncilEstablished", "ub-1", round=code, body=body)


def _to_the_council(world: World) -> Iterator[Draft]:
    """Before the council lies one declared cell of STC, worth 0.5; hd-3 takes no part in matters of NHS."""
    yield world.draft("SelfScoreDeclared", "stc-2", **_cell(COUNCIL), body={"points": "0.5"})
    method = {"method": "Điểm giữ đến một phần hai điểm."}
    yield world.draft("ScoringMethodAgreed", *MEMBERS, round=COUNCIL, body={"version": 1}, texts=method)
    recusal = {"reason": "Từng công tác tại cơ quan này."}
    nhs: Subject = {"round": COUNCIL, "agency": "NHS", "texts": recusal}
    yield world.draft("RecusalDeclared", "hd-3", **nhs, body={"member": "hd-3"})
    for name in PHASES[1:4]:
        yield phase(world, COUNCIL, name)


OPINIONS: Mapping[str, tuple[str, tuple[str, ...], bool]] = {
    "A1.5": ("2017-02-10", ("hd-2",), False),
    "A1.7": ("2017-02-10", ("hd-2", "hd-3"), False),
    "A1.8": ("2017-02-10", ("hd-2", "hd-3"), True),
    "A1.9": ("2017-02-07", ("hd-2",), False),
}
"""Cells of STC that members were asked about: until when, who sealed, and whether opening was closed.

The first still waits for hd-3; the last will never have their opinion, for its day has passed.
"""


def _asked(world: World) -> Iterator[Draft]:
    for criterion, (due, sealing, closed) in OPINIONS.items():
        cell = _cell(COUNCIL, criterion)
        yield world.draft("OpinionRequested", "tk-1", **cell, body={"due": due})
        for member in sealing:
            yield world.draft("OpinionSealed", member, **cell, body=sealed_by(member, criterion))
        if closed:
            for member in sealing:
                body, texts = opened_by(member, criterion), {"reason": "Kế hoạch chậm."}
                yield world.draft("OpinionOpened", member, **cell, body=body, texts=texts)
            yield world.draft("OpinionsClosed", "tk-1", **cell)


MOTIONS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("STC", "A1.1"): {"hd-2": "FOR", "hd-3": "FOR"},
    ("CT", "A1.1"): {"hd-2": "FOR", "hd-3": "AGAINST"},
    ("NHS", "A1.1"): {"hd-2": "FOR"},
    ("NHS", "A1.5"): {},
}
"""What was moved, and how was voted: carried, not carried, too few votes, none yet."""


def _moved(world: World) -> Iterator[Draft]:
    present = {"present": ["hd-2", "hd-3"]}
    yield world.draft("MeetingOpened", "hd-2", round=COUNCIL, matter=MEETING, body=present)
    for agency, criterion in MOTIONS:
        points = "0" if agency == "STC" else "0.5"
        moved = {"meeting": MEETING, "matter": "ADJUSTMENT", "category": "FACTUAL_ERROR", "points": points}
        texts = {"reason": "Kế hoạch chậm."}
        cell = _cell(COUNCIL, criterion, agency)
        yield world.draft("MotionPut", "hd-2", **cell, body=moved, texts=texts)


def _voted(world: World, motions: Sequence[int]) -> Iterator[Draft]:
    for position, ((agency, criterion), votes) in zip(motions[1:], MOTIONS.items(), strict=True):
        for member, choice in votes.items():
            body = {"motion": position, "choice": choice}
            yield world.draft("VoteCast", member, **_cell(COUNCIL, criterion, agency), body=body)


def motion_of(world: World, agency: str, criterion: str = "A1.1") -> int:
    """Return the position of the motion about a cell before the council."""
    motion = world.intake.standing.cell(COUNCIL, agency, criterion).motion
    assert motion is not None
    return motion.position


# --- published, and disputed ----------------------------------------------------------------------------


def _to_be_published(world: World) -> Iterator[Draft]:
    """Nobody declared anything, and SNV is ahead by its focal officer; Đoàn 1 inspected STC."""
    yield from _established(world, PUBLISHED, "SNV")
    yield from _team(world, PUBLISHED, "Đoàn 1", ("nhs-4",))
    yield _assigned(world, PUBLISHED)
    for name in PHASES[1:]:
        yield phase(world, PUBLISHED, name)
    yield world.draft("ApprovalProposed", "tk-1", round=PUBLISHED, body={"version": 1})
    yield world.draft("ResultApproved", "ub-1", round=PUBLISHED, body={"version": 1})


def _disputed(world: World) -> None:
    world.state("RoleGranted", "dk-2", body={"officer": AUDITOR, "role": "AUDITOR"})
    world.clock.set(_PUBLISHED_AT)
    world.state("ResultPublished", "tk-1", round=PUBLISHED, body={"version": 1})
    world.clock.set(_FILED_AT)
    world.tell(filing(world, FILED, "A1.1"), _on(world, FILED, "DisputeAccepted", "tk-1"))
    world.clock.set(_FILED_LATE_AT)
    world.tell(filing(world, TOO_LATE, "A1.5"))


def filing(world: World, name: str, criterion: str, *actors: str, **otherwise: object) -> Draft:
    """File a dispute of STC as its head, or as somebody else."""
    body = {"path": "REVIEW_REQUEST", "ground": "EVIDENCE_OVERLOOKED", "version": 1, "claimed": "1"}
    texts = {"grounds": "Tài liệu đã gửi mà chưa được xem xét."}
    subject = _cell(PUBLISHED, criterion) | {"matter": name}
    return world.draft("DisputeFiled", *(actors or ("stc-1",)), **subject, body=body | otherwise, texts=texts)


def _on(world: World, dispute: str, name: str, *actors: str, **rest: Any) -> Draft:
    return world.draft(name, *actors, **_cell(PUBLISHED), matter=dispute, **rest)


def _erased(world: World) -> None:
    """The registrars erase a name."""
    texts = world.intake.standing.texts.items()
    (entered,) = (key for key, held in texts if held.officer == ERASED)
    body = {"category": "SUBJECT_REQUEST", "erased": [{"statement": entered, "fields": ["name"]}]}
    world.state("OpeningsErased", *REGISTRARS, body=body, texts={"authority": "QĐ 1/QĐ-SNV (minh họa)"})
