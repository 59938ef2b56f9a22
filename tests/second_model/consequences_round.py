"""What follows from statements about the registry, a round and its survey, in the second model."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone
from typing import Any

from tests.second_model.cards import card, places
from tests.second_model.demands_round import extended, ranked
from tests.second_model.state import Case, Follow, blank_dossier, calendar


def _genesis(c: Case) -> None:
    sign, hours, minutes = c.body.utc_offset[0], c.body.utc_offset[1:3], c.body.utc_offset[4:]
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    c.state["zone"] = timezone(-ahead if sign == "-" else ahead)
    c.state["registrars"] = {registrar.actor for registrar in c.body.registrars}
    c.state["quorum"] = c.body.quorum


def words(c: Case) -> Any:
    """What is remembered of the words beside a statement: under which names, and what they are about."""
    e = c.event
    named = e.body.officer if c.kind == "OfficerRegistered" else None
    subject = (e.round, e.agency, e.criterion)
    return {"names": e.texts, "about": subject, "person": named, "kept": c.kind == "OpeningsErased"}


def _erases(c: Case) -> None:
    c.state["gone"] |= {(its.statement, name) for its in c.body.erased for name in its.fields}


def _agency(c: Case) -> None:
    its = {"block": c.body.block, "since": c.body.since, "until": None, "into": None}
    c.state["agencies"][c.body.code] = its


def _ends(c: Case) -> None:
    its = c.state["agencies"][c.body.code]
    its["until"], its["into"] = c.body.until, getattr(c.body, "into", None)


def _officer(c: Case) -> None:
    c.state["people"][c.body.officer] = {"home": c.body.home, "offices": set(), "left": []}


def _moves_house(c: Case) -> None:
    person = c.state["people"][c.body.officer]
    person["left"] += [(person["home"], c.event.position)] if person["home"] else []
    person["home"] = c.body.home


def _offices(c: Case) -> Any:
    return c.state["people"][c.body.officer]["offices"]


def _opens_round(c: Case) -> None:
    block = ranked(c)
    c.state["rounds"][c.event.round] = {
        "year": c.body.evaluated_year,
        "position": c.event.position,
        "set": c.state["sets"][c.body.criteria_set, c.body.criteria_version],
        "ranked": block,
        "zone": c.state["zone"],
        "rules": c.body.deadlines,
        "holidays": c.body.holidays,
        "days": calendar(c.body.deadlines, c.body.holidays),
        "clocks": {(t.path, t.step): (t.days, t.working) for t in c.body.timers},
        "awards": (c.body.awards.up_to_rank, c.body.awards.from_class),
        "phase": "PREPARATION",
        "began": None,
        "council": None,
        "method": 0,
        "meetings": {},
        "proposed": 0,
        "proposer": None,
        "approved": 0,
        "published": [],
        "attested": {},
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
    results: dict[str, Any] = {}
    rows: dict[str, Any] = {}
    for code in c.round["ranked"]:
        rank, _, rating = places(c.round, code)[code]
        its = card(c.round, code)
        results[code] = {"rank": rank, "class": rating, "total": its["total"]}
        rows |= {f"{c.event.round}/{code}/{of}": row["points"] for of, row in its["rows"].items()}
    version = {"number": c.body.version, "position": c.event.position, "at": c.at, "results": results}
    c.round["published"].append(version | {"rows": rows, "items": len(rows) + 2 * len(results)})
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


def _question(c: Case) -> Any:
    return {"by": c.agency, "answered": False}


def _wave(c: Case) -> Any:
    return c.round["waves"][c.body.group]


def _opens_wave(c: Case) -> None:
    c.round["waves"][c.body.group] = {"issued": c.body.issued, "in": 0, "valid": None}
    c.state["tokens"].add(c.body.tokens)


def _records(c: Case) -> None:
    _wave(c)["in"] += c.body.ballots
    c.state["batches"].add(c.body.root)


def _tallies(c: Case) -> None:
    answers: Counter[str] = Counter()
    for counts in c.body.counts.values():
        answers.update(counts)
    c.cell["tally"] = {"answers": answers, "position": c.event.position}


ROUND: dict[str, Follow] = {
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
    "OpeningsErased": _erases,
    "RoundOpened": _opens_round,
    "PhaseOpened": _phase,
    "DeadlineExtended": _extends,
    "GuidanceIssued": lambda c: c.round["letters"].update({c.event.position: set(c.body.addressees)}),
    "GuidanceReceived": lambda c: c.round["letters"][c.body.guidance].discard(c.agency),
    "QuestionAsked": lambda c: c.round["questions"].update({c.event.position: _question(c)}),
    "QuestionAnswered": lambda c: c.round["questions"][c.body.question].update(answered=True),
    "CriteriaFeedbackSubmitted": lambda c: c.round["feedback"].update({c.event.position: _question(c)}),
    "FeedbackAnswered": lambda c: c.round["feedback"][c.body.feedback].update(answered=True),
    "OfficerSeconded": lambda c: c.round["lent"].add(c.body.officer),
    "TeamFormed": _forms,
    "TeamAssigned": _assigns,
    "SurveyWaveOpened": _opens_wave,
    "BallotsRecorded": _records,
    "SurveyWaveClosed": lambda c: _wave(c).update(valid=c.body.valid),
    "SurveyTallied": _tallies,
    "CouncilEstablished": _convenes,
    "ScoringMethodAgreed": lambda c: c.round.update(method=c.body.version),
    "ApprovalProposed": lambda c: c.round.update(proposed=c.body.version, proposer=c.signer),
    "ResultApproved": lambda c: c.round.update(approved=c.body.version),
    "ResultPublished": _publishes,
    "MeetingOpened": _meets,
    "MeetingClosed": lambda c: c.round["meetings"][c.event.matter].update(open=False),
}
