"""What follows from what an agency and its inspectors state, in the second model."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from tests.second_model.demands_agency import spelt
from tests.second_model.state import Case, Follow, midnight_after


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


def act(c: Case, stage: str, points: Any, amounts: Any = None, quality: str = "SOUND") -> None:
    c.cell["acts"][stage] = {
        "points": points,
        "amounts": amounts,
        "position": c.event.position,
        "at": c.at,
        "quality": quality,
    }


def _declares(c: Case) -> None:
    act(c, "DECLARED", getattr(c.body, "points", None), getattr(c.body, "quantities", None))
    c.dossier["declared"].add(c.event.criterion)


def _notes(c: Case) -> None:
    act(c, "VERIFIED", c.body.points, c.body.quantities, c.body.quality)
    c.cell["notes"].append(c.event.position)


def _evidence(c: Case) -> None:
    c.cell["evidence"].append(c.event.position)
    c.dossier["serials"][c.body.serial] = c.body.version
    c.round["items"][c.event.position] = c.agency


def _initiative(c: Case) -> None:
    c.cell["initiative"] = {"position": c.event.position, "share": c.body.share}
    c.round["shares"][spelt(c.body.recognition)] += c.body.share


def _special(c: Case) -> None:
    c.cell["special"] = {"position": c.event.position}


AGENCY: dict[str, Follow] = {
    "FocalOfficerAssigned": _focal,
    "DelegationGranted": _delegates,
    "DelegationEnded": lambda c: c.state["delegations"][c.body.delegation].update(over=True),
    "PreviousResultRecorded": lambda c: c.dossier.update(last_year=c.body.total),
    "SelfAssessmentSubmitted": _owes("SELF_ASSESSMENT"),
    "ExplanationSubmitted": _owes("EXPLANATION"),
    "DossierCompiled": lambda c: c.dossier.update(frozen=True),
    "DossierUnfrozen": lambda c: c.dossier.update(frozen=False),
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
}
