"""What follows from what the council states and decides, and from disputes, in the second model."""

from __future__ import annotations

from typing import Any

from tests.second_model.consequences_agency import act
from tests.second_model.demands_disputes import touched
from tests.second_model.state import Case, Follow, midnight_after, runs_out


def _asks(c: Case) -> None:
    due = midnight_after(c.body.due, c.round["zone"])
    empty = {"sealed": {}, "opened": set(), "closed": False}
    c.cell["opinions"] = {"due": due, "until": c.body.open_until, **empty}


def _seals(c: Case) -> None:
    c.cell["opinions"]["sealed"][c.signer] = c.body.seal


def _moves(c: Case) -> None:
    b = c.body
    c.cell["motion"] = {
        "position": c.event.position,
        "meeting": b.meeting,
        "matter": str(b.matter),
        "dispute": c.cell["dispute"] if b.matter == "DISPUTE" else None,
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
        act(c, "DECIDED", points)
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
    until = runs_out(c, c.body.path, "FILE", start)
    c.round["disputes"][c.event.matter] = {
        "agency": c.agency,
        "criterion": c.event.criterion,
        "claimed": c.body.claimed,
        "path": c.body.path,
        "late": until is not None and c.at >= until,
        "affected": touched(c),
        "withdrawn": False,
        "accepted": False,
        "notified": set(),
        "told": None,
        "heard": set(),
        "reviewer": None,
        "reverified": False,
        "decided": False,
    }
    c.cell["dispute"] = c.event.matter


def _resolves(c: Case) -> None:
    _decides(c)
    c.dispute["decided"] = True
    if c.body.outcome == "ACCEPTED" and c.body.points is None:
        c.cell["out"] = c.event.position
    if c.body.outcome != "REJECTED":  # what was proposed or approved is not what would be published now
        version = c.round["published"][-1]["number"]
        c.round.update(moved=True, proposed=version, approved=version)


def _of_dispute(**changes: Any) -> Follow:
    return lambda c: c.dispute.update(changes)


COUNCIL: dict[str, Follow] = {
    "RecusalDeclared": lambda c: c.dossier["recused"].add(c.body.member),
    "AwardGranted": lambda c: c.dossier.update(award=True),
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
    "AffectedNotified": lambda c: c.dispute.update(
        notified=set(c.body.agencies), told=c.dispute["told"] or c.at
    ),
    "PartyHeard": lambda c: c.dispute["heard"].add(c.body.heard),
    "ReviewerAssigned": lambda c: c.dispute.update(reviewer=c.body.officer),
    "ReverificationRecorded": _of_dispute(reverified=True),
    "DisputeDecided": _resolves,
}
