"""What the parties of a dispute mean to state, and who is rewarded after publication."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from domain.stated import disputes as x
from domain.stated.assessment import AwardGranted
from domain.stated.choices import Ground, Outcome, Path, Quality
from tests.second_model.cards import card
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.drafts_meetings import carried
from tests.second_model.state import Facts, belongs
from tests.second_model.world import EVERYBODY

GROUNDS = (Ground.FACTUAL_ERROR, Ground.EVIDENCE_OVERLOOKED, Ground.PROCEDURE, Ground.RULE_MISAPPLIED)


def _files(t: Table, d: Dice) -> Draft:
    special = t.cells(lambda cell: cell["special"] and cell["special"]["position"] in cell["settled"])
    agency, code = d.pick(special) if special and d.chance(40) else t.any_cell(d)
    now = card(t.found, agency)["rows"][code]["points"]
    claimed = d.points(t.criterion(code).max_points)
    if claimed == now:
        claimed = now + Fraction(1, 4) if now < t.criterion(code).max_points else Fraction(0)
    if not t.newest:
        d.wild = True
    ground = Ground.DIFFERENCE_OF_OPINION if d.chance(8) else d.pick(GROUNDS)
    claim = ((t.cell(agency, code) or {"special": None})["special"] or {"position": None})["position"]
    special_case = claim if d.chance(50) else 9 if d.chance(4) else None
    body = x.DisputeFiled(
        path=d.pick(tuple(Path)),
        ground=ground,
        version=t.newest,
        claimed=claimed if special_case is None or d.chance(4) else None,
        special_case=special_case,
    )
    matter = f"dispute-{len(t.found['disputes']) + 1}"
    return t.draft(t.head(agency), body, agency, code, matter=matter)


def _in(t: Table, d: Dice, wanted: Any) -> tuple[str, Facts]:
    """Return a dispute that goes on and is wanted, or any other."""
    found = t.found["disputes"]
    alive = [name for name, its in found.items() if not (its["late"] or its["withdrawn"] or its["decided"])]
    ready = [name for name in alive if wanted(found[name])]
    name = d.among(ready, list(found) or ["dispute-1"])
    return name, found.get(name) or _nothing(t)


def course(t: Table) -> list[str]:
    """Return what disputes wait for, and a corrected version where points have moved."""
    found = list(t.found["disputes"].values())
    its = [_next(t, one) for one in found if not (one["late"] or one["withdrawn"] or one["decided"])]
    version = ["ApprovalProposed", "ResultApproved", "ResultPublished"] if t.found["moved"] else []
    heard = ["PartyHeard"] * any(one["notified"] - one["heard"] for one in found if not one["decided"])
    return its + heard + version


def _next(t: Table, its: Facts) -> str:
    steps = {
        "DisputeAccepted": its["accepted"],
        "AffectedNotified": its["notified"] == _others(its),
        "ReviewerAssigned": its["reviewer"],
        "ReverificationRecorded": its["reverified"],
        "MeetingOpened": t.meeting,
        "MotionPut": False,
    }
    return next(name for name, done in steps.items() if not done)


def _nothing(t: Table) -> Facts:
    agency = t.agencies[0]
    return {"agency": agency, "criterion": "A1.1", "affected": {agency}, "notified": set(), "heard": set()}


def _about(t: Table, who: Any, body: Any, name: str, its: Facts) -> Draft:
    return t.draft(who, body, its["agency"], its["criterion"], matter=name)


def _withdraws(t: Table, d: Dice) -> Draft:
    name, its = _in(t, d, lambda its: True)
    return _about(t, t.head(its["agency"]), x.DisputeWithdrawn(), name, its)


def _accepts(t: Table, d: Dice) -> Draft:
    name, its = _in(t, d, lambda its: not its["accepted"])
    return _about(t, t.secretariat(its["agency"]), x.DisputeAccepted(), name, its)


def _others(its: Facts) -> set[str]:
    others: set[str] = its["affected"] - {its["agency"]}
    return others


def _notifies(t: Table, d: Dice) -> Draft:
    name, its = _in(t, d, lambda its: its["accepted"] and its["notified"] != _others(its))
    body = x.AffectedNotified(agencies=tuple(sorted(_others(its))))
    return _about(t, t.secretariat(its["agency"]), body, name, its)


def _speaks(t: Table, d: Dice) -> Draft:
    name, its = _in(t, d, lambda its: its["notified"] - its["heard"])
    heard = d.pick(sorted(its["notified"] - its["heard"]) or t.agencies)
    return _about(t, t.head(heard), x.PartyHeard(heard=heard), name, its)


def _assigns(t: Table, d: Dice) -> Draft:
    name, its = _in(t, d, lambda its: its["accepted"] and its["reviewer"] is None)
    parties = its["affected"] | {its["agency"]}
    team = t.found["teams"].get(t.found["dossiers"][its["agency"]]["team"], {"members": {}})["members"]
    strangers = [
        officer
        for officer in t.state["people"]
        if officer not in team and not any(belongs(t.state, officer, party) for party in parties)
    ]
    officer = d.pick(EVERYBODY) if d.chance(10) else d.pick(strangers)
    return _about(t, t.secretariat(its["agency"]), x.ReviewerAssigned(officer=officer), name, its)


def _reverifies(t: Table, d: Dice) -> Draft:
    name, its = _in(t, d, lambda its: its["reviewer"] and not its["reverified"])
    points = d.points(t.criterion(its["criterion"]).max_points)
    body = x.ReverificationRecorded(quality=d.pick(tuple(Quality)), points=points)
    return _about(t, its.get("reviewer") or "spare-2", body, name, its)


def _decides(t: Table, d: Dice) -> Draft:
    agency, code, motion = carried(t, d, "DISPUTE")
    name = (t.cell(agency, code) or {"dispute": None})["dispute"] or "dispute-1"
    outcome = motion["outcome"] or Outcome.REJECTED
    body = x.DisputeDecided(motion=motion["position"], outcome=outcome, points=motion["points"])
    return t.draft(t.quorum(agency), body, agency, code, matter=name)


def _rewards(t: Table, d: Dice) -> Draft:
    agency = d.pick(t.agencies)
    results = t.found["published"][-1]["results"] if t.newest else {}
    rank = results[agency]["rank"] if results else 1
    if not results or t.found["dossiers"][agency]["award"]:
        d.wild = True
    return t.draft("authority", AwardGranted(version=t.newest, rank=rank, decision="9/QĐ"), agency)


DISPUTES: dict[str, Propose] = {
    "DisputeFiled": _files,
    "DisputeWithdrawn": _withdraws,
    "DisputeAccepted": _accepts,
    "AffectedNotified": _notifies,
    "PartyHeard": _speaks,
    "ReviewerAssigned": _assigns,
    "ReverificationRecorded": _reverifies,
    "DisputeDecided": _decides,
    "AwardGranted": _rewards,
}
