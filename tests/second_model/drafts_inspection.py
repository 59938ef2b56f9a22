"""What inspectors mean to state, and what agencies answer and promise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.stated import assessment as a
from domain.stated.choices import Concurrence, Quality, ReasonCategory
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.drafts_agency import amounts, stated_points
from tests.second_model.state import Facts

PROBLEMS = (Quality.INCORRECT, Quality.INCOMPLETE)


def _inspected(t: Table, wanted: Callable[[Facts], Any]) -> list[tuple[str, str]]:
    return [cell for cell in t.cells(wanted) if t.found["dossiers"][cell[0]]["team"]]


def _requests(t: Table, d: Dice) -> Draft:
    agency, code = t.any_cell(d)
    who = (t.inspector(agency, d),) if d.chance(40) else t.secretariat(agency)
    return t.draft(who, a.EvidenceRequested(due=t.now.date() + timedelta(days=5)), agency, code)


def _returns(t: Table, d: Dice) -> Draft:
    agency, code = d.among(_inspected(t, lambda cell: cell["evidence"]), [t.any_cell(d)])
    body = a.EvidenceReturned(quality=d.pick(PROBLEMS))
    return t.draft(t.inspector(agency, d), body, agency, code)


def _finding(t: Table, d: Dice, code: str) -> dict[str, Any]:
    stated = type(t.criterion(code).rule).__name__ == "StatedRule"
    return {
        "quality": d.pick((Quality.SOUND, Quality.SOUND, *PROBLEMS)),
        "points": stated_points(t, d, code) if stated else None,
        "quantities": None if stated else amounts(t, d, code),
        "shortcomings": d.pick(((), (), ("NO_PLAN",))) if t.found["set"].shortcomings else (),
    }


def _notes(t: Table, d: Dice) -> Draft:
    ready = _inspected(t, lambda cell: "DECLARED" in cell["acts"] and not cell["notes"])
    agency, code = d.among(ready, [t.any_cell(d)])
    body = a.InspectionNoteRecorded(**_finding(t, d, code))
    return t.draft(t.inspector(agency, d), body, agency, code)


def _noted(t: Table, d: Dice) -> tuple[str, str, list[int]]:
    agency, code = d.among(t.cells(lambda cell: cell["notes"]), [t.any_cell(d)])
    cell = t.cell(agency, code)
    return agency, code, cell["notes"] if cell and cell["notes"] else [1]


def _amends(t: Table, d: Dice) -> Draft:
    agency, code, notes = _noted(t, d)
    body = a.InspectionNoteAmended(amends=notes[-1], **_finding(t, d, code))
    return t.draft(t.inspector(agency, d), body, agency, code)


def _asks_explanation(t: Table, d: Dice) -> Draft:
    agency, code, notes = _noted(t, d)
    return t.draft(t.inspector(agency, d), a.ExplanationRequested(about=d.pick(notes)), agency, code)


def _explains(t: Table, d: Dice) -> Draft:
    agency, code, notes = _noted(t, d)
    return t.draft(t.head(agency), a.ExplanationSubmitted(about=d.pick(notes)), agency, code)


def _signs_minutes(t: Table, d: Dice) -> Draft:
    agency, _, _ = _noted(t, d)
    cells = t.found["dossiers"][agency]["cells"]
    items = tuple(
        a.MinutesItem(criterion=code, note=cell["notes"][-1], concurrence=d.pick(tuple(Concurrence)))
        for code, cell in list(cells.items())
        if cell["notes"]
    )[:3]
    team = t.found["dossiers"][agency]["team"] or "T1"
    members = (t.found["teams"].get(team) or {"members": {"inspector-SNV": "LEADER"}})["members"]
    leader = next(officer for officer, role in members.items() if role == "LEADER")
    texts = frozenset() if d.chance(20) else frozenset({"reservation"})
    body = a.MinutesSigned(team=team, items=items)
    return t.draft((leader, t.head(agency)), body, agency, texts=texts)


def _compiles(t: Table, d: Dice) -> Draft:
    agency = d.among([x for x in t.agencies if not t.found["dossiers"][x]["frozen"]], t.agencies)
    statements = t.found["dossiers"][agency]["statements"]
    return t.draft(t.secretariat(agency), a.DossierCompiled(statements=statements), agency)


def _unfreezes(t: Table, d: Dice) -> Draft:
    agency = d.among([x for x in t.agencies if t.found["dossiers"][x]["frozen"]], t.agencies)
    body = a.DossierUnfrozen(category=ReasonCategory.EVIDENCE_OVERLOOKED)
    return t.draft(t.secretariat(agency), body, agency)


# --- promises -------------------------------------------------------------------------------------------


def _promises(t: Table, d: Dice) -> Draft:
    agency, code, notes = _noted(t, d)
    body = a.ImprovementCommitted(about=d.pick(notes), due=t.now.date() + timedelta(days=90))
    return t.draft(t.head(agency), body, agency, code)


def _reports(t: Table, d: Dice) -> Draft:
    ready = t.cells(lambda cell: not all(cell["promises"].values()))
    agency, code = d.among(ready, [t.any_cell(d)])
    promises = (t.cell(agency, code) or {"promises": {}})["promises"]
    open_ones = [n for n, kept in promises.items() if not kept]
    body = a.ImprovementReported(commitment=d.pick(open_ones or [*promises, 2]))
    return t.draft(t.head(agency), body, agency, code)


INSPECTION: dict[str, Propose] = {
    "MinutesSigned": _signs_minutes,
    "DossierCompiled": _compiles,
    "DossierUnfrozen": _unfreezes,
    "EvidenceRequested": _requests,
    "EvidenceReturned": _returns,
    "InspectionNoteRecorded": _notes,
    "InspectionNoteAmended": _amends,
    "ExplanationRequested": _asks_explanation,
    "ExplanationSubmitted": _explains,
    "ImprovementCommitted": _promises,
    "ImprovementReported": _reports,
}
