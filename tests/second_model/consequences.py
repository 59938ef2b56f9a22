"""What follows from an admitted statement: how the second model's dictionaries change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone
from typing import Any

from tests.second_model.cards import card, places
from tests.second_model.demands_disputes import touched
from tests.second_model.demands_round import extended, ranked
from tests.second_model.state import Case, blank_dossier, calendar, midnight_after, working_day

Follow = Callable[[Case], Any]


# --- the registry and the round -------------------------------------------------------------------------


def _genesis(c: Case) -> None:
    sign, hours, minutes = c.body.utc_offset[0], c.body.utc_offset[1:3], c.body.utc_offset[4:]
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    c.state["zone"] = timezone(-ahead if sign == "-" else ahead)
    c.state["registrars"] = {registrar.actor for registrar in c.body.registrars}


def _agency(c: Case) -> None:
    its = {"block": c.body.block, "since": c.body.since, "until": None, "into": None}
    c.state["agencies"][c.body.code] = its


def _ends(c: Case) -> None:
    its = c.state["agencies"][c.body.code]
    its["until"], its["into"] = c.body.until, getattr(c.body, "into", None)


def _officer(c: Case) -> None:
    c.state["people"][c.body.officer] = {"home": c.body.home, "offices": set()}


def _moves_house(c: Case) -> None:
    c.state["people"][c.body.officer]["home"] = c.body.home


def _offices(c: Case) -> Any:
    return c.state["people"][c.body.officer]["offices"]


def _opens_round(c: Case) -> None:
    block = ranked(c)
    c.state["rounds"][c.event.round] = {
        "year": c.body.evaluated_year,
        "set": c.state["sets"][c.body.criteria_set, c.body.criteria_version],
        "ranked": block,
        "zone": c.state["zone"],
        "rules": c.body.deadlines,
        "holidays": c.body.holidays,
        "days": calendar(c.body.deadlines, c.body.holidays),
        "clocks": {t.path: (t.days, t.working) for t in c.body.timers if t.step == "FILE"},
        "awards": (c.body.awards.up_to_rank, c.body.awards.from_class),
        "phase": "PREPARATION",
        "began": None,
        "council": None,
        "method": 0,
        "meetings": {},
        "proposed": 0,
        "approved": 0,
        "published": [],
        "moved": False,
        "letters": {},
        "questions": {},
        "feedback": {},
        "lent": set(),
        "teams": {},
        "waves": {},
        "items": {},
        "shares": Counter(),
        "disputes": {},
        "dossiers": {code: blank_dossier() for code in block},
    }


def _phase(c: Case) -> None:
    c.round["phase"] = str(c.body.phase)
    if c.body.phase == "SELF_ASSESSMENT":
        c.round["began"] = c.at


def _extends(c: Case) -> None:
    c.round["rules"], c.round["days"] = extended(c)


def _publishes(c: Case) -> None:
    results = {}
    for code in c.round["ranked"]:
        rank, _, rating = places(c.round, code)[code]
        results[code] = {"rank": rank, "class": rating, "total": card(c.round, code)["total"]}
    version = {"number": c.body.version, "position": c.event.position, "at": c.at, "results": results}
    c.round["published"].append(version)
    c.round["phase"], c.round["moved"] = "PUBLISHED", False


def _forms(c: Case) -> None:
    members = {m.officer: str(m.role) for m in c.body.members}
    c.round["teams"][c.body.team] = {"members": members, "inspects": set()}


def _assigns(c: Case) -> None:
    c.round["teams"][c.body.team]["inspects"].add(c.body.inspects)
    c.round["dossiers"][c.body.inspects]["team"] = c.body.team


def _convenes(c: Case) -> None:
    b = c.body
    c.round["council"] = {"members": set(b.members), "chair": b.chair, "quorum": b.quorum}


def _meets(c: Case) -> None:
    meeting = {"present": set(c.body.present), "motions": 0, "open": True}
    c.round["meetings"][c.event.matter] = meeting


def _wave(c: Case) -> Any:
    return c.round["waves"][c.body.group]


# --- the dossier ----------------------------------------------------------------------------------------


def _focal(c: Case) -> None:
    """What counts is whether officer and deputy were named by the time the self-assessment opened."""
    d, both, early = c.dossier, c.body.deputy is not None, c.round["began"] is None
    d.update(focal=c.body.officer, deputy=c.body.deputy)
    d["named"] = (d["named"] or c.at) if both else None if early else d["named"]


def _delegates(c: Case) -> None:
    zone = c.round["zone"]
    c.state["delegations"][c.event.id] = {
        "by": c.actor,
        "to": c.body.to,
        "round": c.event.round,
        "agency": c.agency,
        "acts": set(c.body.acts),
        "since": datetime.combine(c.body.since, time(), zone),
        "until": midnight_after(c.body.until, zone),
        "over": False,
    }


def _owes(phase: str) -> Follow:
    return lambda c: c.dossier["owed"].append((phase, c.at))


def _act(c: Case, stage: str, points: Any, amounts: Any = None, quality: str = "SOUND") -> None:
    c.cell["acts"][stage] = {
        "points": points,
        "amounts": amounts,
        "position": c.event.position,
        "at": c.at,
        "quality": quality,
    }


def _declares(c: Case) -> None:
    _act(c, "DECLARED", getattr(c.body, "points", None), getattr(c.body, "quantities", None))
    c.dossier["declared"].add(c.event.criterion)


def _notes(c: Case) -> None:
    _act(c, "VERIFIED", c.body.points, c.body.quantities, c.body.quality)
    c.cell["notes"].append(c.event.position)


def _evidence(c: Case) -> None:
    c.cell["evidence"].append(c.event.position)
    c.dossier["serials"][c.body.serial] = c.body.version
    c.round["items"][c.event.position] = c.agency


def _initiative(c: Case) -> None:
    c.cell["initiative"] = {"position": c.event.position, "share": c.body.share}
    c.round["shares"][c.body.recognition] += c.body.share


def _special(c: Case) -> None:
    c.cell["special"] = {"position": c.event.position}


def _tallies(c: Case) -> None:
    answers: Counter[str] = Counter()
    for counts in c.body.counts.values():
        answers.update(counts)
    c.cell["tally"] = {"answers": answers, "position": c.event.position}


# --- the council ----------------------------------------------------------------------------------------


def _asks(c: Case) -> None:
    due = midnight_after(c.body.due, c.round["zone"])
    c.cell["opinions"] = {"due": due, "sealed": {}, "opened": set(), "closed": False}


def _seals(c: Case) -> None:
    c.cell["opinions"]["sealed"][c.signer] = c.body.seal


def _moves(c: Case) -> None:
    b = c.body
    c.cell["motion"] = {
        "position": c.event.position,
        "meeting": b.meeting,
        "matter": str(b.matter),
        "outcome": b.outcome,
        "points": b.points,
        "votes": {},
        "dissents": set(),
        "decided": False,
    }
    c.round["meetings"][b.meeting]["motions"] += 1


def _votes(c: Case) -> None:
    c.motion["votes"][c.signer] = str(c.body.choice)


def _decides(c: Case) -> None:
    """The motion is settled, and so is a claim; points, where some come with it, are the cell's newest."""
    c.motion["decided"] = True
    points = c.body.new_points if c.kind == "CouncilAdjustmentMade" else getattr(c.body, "points", None)
    if points is not None:
        _act(c, "DECIDED", points)
    if hasattr(c.body, "claim"):
        c.cell["settled"].add(c.body.claim)
    if c.kind == "SpecialCaseDecided" and c.body.outcome == "ACCEPTED":
        c.cell["out"] = c.event.position
    c.cell["waived"] = c.cell["waived"] or c.kind == "VerificationWaived"


# --- disputes -------------------------------------------------------------------------------------------


def _files(c: Case) -> None:
    """It is late by the clock of its path, from the first version that showed what is contested."""
    decided = c.cell["acts"].get("DECIDED", {"position": 0})["position"]
    versions = c.round["published"]
    start = next((v["at"] for v in versions if v["position"] > decided), versions[-1]["at"])
    (days, working), zone = c.round["clocks"][c.body.path], c.round["zone"]
    first = start.astimezone(zone).date()
    last = working_day(first, days, c.round["holidays"]) if working else first + timedelta(days=days)
    c.round["disputes"][c.event.matter] = {
        "agency": c.agency,
        "criterion": c.event.criterion,
        "claimed": c.body.claimed,
        "late": c.at >= midnight_after(last, zone),
        "affected": touched(c),
        "withdrawn": False,
        "accepted": False,
        "notified": set(),
        "heard": set(),
        "reviewer": None,
        "reverified": False,
        "decided": False,
    }
    c.cell["dispute"] = c.event.matter


def _resolves(c: Case) -> None:
    _decides(c)
    c.dispute["decided"] = True
    if c.body.points is not None:  # what was proposed or approved is not what would be published now
        version = c.round["published"][-1]["number"]
        c.round.update(moved=True, proposed=version, approved=version)


def _of_dispute(**changes: Any) -> Follow:
    return lambda c: c.dispute.update(changes)


CONSEQUENCES: dict[str, Follow] = {
    "LogOpened": _genesis,
    "AgencyRegistered": _agency,
    "AgencyMerged": _ends,
    "AgencyClosed": _ends,
    "OfficerRegistered": _officer,
    "OfficerTransferred": _moves_house,
    "RoleGranted": lambda c: _offices(c).add((str(c.body.role), c.body.agency)),
    "RoleEnded": lambda c: _offices(c).remove((str(c.body.role), c.body.agency)),
    "RegulationIssued": lambda c: c.state["regulations"].add((c.body.code, c.body.version)),
    "CriteriaSetIssued": lambda c: c.state["sets"].update(
        {(c.body.criteria_set.code, c.body.criteria_set.version): c.body.criteria_set}
    ),
    "RoundOpened": _opens_round,
    "PhaseOpened": _phase,
    "DeadlineExtended": _extends,
    "GuidanceIssued": lambda c: c.round["letters"].update({c.event.position: set(c.body.addressees)}),
    "GuidanceReceived": lambda c: c.round["letters"][c.body.guidance].discard(c.agency),
    "QuestionAsked": lambda c: c.round["questions"].update({c.event.position: False}),
    "QuestionAnswered": lambda c: c.round["questions"].update({c.body.question: True}),
    "CriteriaFeedbackSubmitted": lambda c: c.round["feedback"].update({c.event.position: False}),
    "FeedbackAnswered": lambda c: c.round["feedback"].update({c.body.feedback: True}),
    "OfficerSeconded": lambda c: c.round["lent"].add(c.body.officer),
    "TeamFormed": _forms,
    "TeamAssigned": _assigns,
    "SurveyWaveOpened": lambda c: c.round["waves"].update(
        {c.body.group: {"issued": c.body.issued, "in": 0, "valid": None}}
    ),
    "BallotsRecorded": lambda c: _wave(c).update({"in": _wave(c)["in"] + c.body.ballots}),
    "SurveyWaveClosed": lambda c: _wave(c).update(valid=c.body.valid),
    "SurveyTallied": _tallies,
    "CouncilEstablished": _convenes,
    "ScoringMethodAgreed": lambda c: c.round.update(method=c.body.version),
    "ApprovalProposed": lambda c: c.round.update(proposed=c.body.version),
    "ResultApproved": lambda c: c.round.update(approved=c.body.version),
    "ResultPublished": _publishes,
    "MeetingOpened": _meets,
    "MeetingClosed": lambda c: c.round["meetings"][c.event.matter].update(open=False),
    "FocalOfficerAssigned": _focal,
    "DelegationGranted": _delegates,
    "DelegationEnded": lambda c: c.state["delegations"][c.body.delegation].update(over=True),
    "PreviousResultRecorded": lambda c: c.dossier.update(last_year=c.body.total),
    "SelfAssessmentSubmitted": _owes("SELF_ASSESSMENT"),
    "ExplanationSubmitted": _owes("EXPLANATION"),
    "DossierCompiled": lambda c: c.dossier.update(frozen=True),
    "DossierUnfrozen": lambda c: c.dossier.update(frozen=False),
    "RecusalDeclared": lambda c: c.dossier["recused"].add(c.body.member),
    "AwardGranted": lambda c: c.dossier.update(award=True),
    "EvidenceSubmitted": _evidence,
    "EvidenceReused": lambda c: c.cell["evidence"].append(c.body.source),
    "EvidenceReturned": lambda c: c.cell.update(handed_back=True),
    "SelfScoreDeclared": _declares,
    "QuantitiesDeclared": _declares,
    "InspectionNoteRecorded": _notes,
    "InspectionNoteAmended": _notes,
    "SpecialCaseClaimed": _special,
    "InitiativeClaimed": _initiative,
    "ImprovementCommitted": lambda c: c.cell["promises"].update({c.event.position: False}),
    "ImprovementReported": lambda c: c.cell["promises"].update({c.body.commitment: True}),
    "OpinionRequested": _asks,
    "OpinionSealed": _seals,
    "OpinionOpened": lambda c: c.cell["opinions"]["opened"].add(c.signer),
    "OpinionsClosed": lambda c: c.cell["opinions"].update(closed=True),
    "MotionPut": _moves,
    "VoteCast": _votes,
    "DissentRecorded": lambda c: c.motion["dissents"].add(c.signer),
    "SpecialCaseDecided": _decides,
    "BonusDecided": _decides,
    "DeductionDecided": _decides,
    "CouncilAdjustmentMade": _decides,
    "VerificationWaived": _decides,
    "DisputeFiled": _files,
    "DisputeWithdrawn": _of_dispute(withdrawn=True),
    "DisputeAccepted": _of_dispute(accepted=True),
    "AffectedNotified": lambda c: c.dispute.update(notified=set(c.body.agencies)),
    "PartyHeard": lambda c: c.dispute["heard"].add(c.body.heard),
    "ReviewerAssigned": lambda c: c.dispute.update(reviewer=c.body.officer),
    "ReverificationRecorded": _of_dispute(reverified=True),
    "DisputeDecided": _resolves,
}
"""What is not here stands in the log and moves nothing."""
