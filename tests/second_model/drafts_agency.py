"""What agencies mean to state: before scoring, and of themselves."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from domain.stated import assessment as a
from domain.stated.choices import Quality
from tests.second_model.cards import hundredths, names_in, to_declare
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.state import belongs

AMOUNTS = (8, 10, 7, 3, 0)
SERIALS = ("12/BC", "31/KH")
PROBLEMS = (Quality.INCORRECT, Quality.INCOMPLETE)


def _house(t: Table, agency: str) -> list[str]:
    return [officer for officer in t.state["people"] if belongs(t.state, officer, agency)]


# --- before scoring -------------------------------------------------------------------------------------


def _names_focal(t: Table, d: Dice) -> Draft:
    without = [code for code in t.agencies if t.found["dossiers"][code]["focal"] is None]
    agency = d.among(without, t.agencies)
    officer, deputy = f"focal-{agency}", f"deputy-{agency}"
    house = _house(t, agency)
    if house and d.chance(10):
        officer = d.pick(house)
    body = a.FocalOfficerAssigned(officer=officer, deputy=None if d.chance(15) else deputy)
    return t.draft(t.head(agency), body, agency)


def _delegates(t: Table, d: Dice) -> Draft:
    agency = d.pick(t.agencies)
    who = t.head(agency) if d.chance(50) else t.focal(agency)
    acts = ("SelfScoreDeclared.v1", "QuantitiesDeclared.v1", "EvidenceSubmitted.v1", "GuidanceReceived.v1")
    of_head = ("SelfAssessmentSubmitted.v1", "SpecialCaseClaimed.v1", "FocalOfficerAssigned.v1")
    body = a.DelegationGranted(
        to=d.pick(_house(t, agency) or ["spare-1"]),
        acts=of_head if who == t.head(agency) else acts,
        since=t.now.date() - timedelta(days=d.below(3) - 1),
        until=t.now.date() + timedelta(days=1 + d.below(20)),
    )
    return t.draft(who, body, agency)


def _ends_delegation(t: Table, d: Dice) -> Draft:
    grants = {name: its for name, its in t.state["delegations"].items() if its["round"] == t.code}
    name = d.among([n for n, its in grants.items() if not its["over"]], [*grants, "none"])
    who, agency = (grants[name]["by"], grants[name]["agency"]) if name in grants else ("head-LC", "LC")
    return t.draft(who, a.DelegationEnded(delegation=name), agency)


def _receives(t: Table, d: Dice) -> Draft:
    waiting = [(n, code) for n, codes in t.found["letters"].items() for code in sorted(codes)]
    letter, agency = d.among(waiting, [(n, t.agencies[0]) for n in (*t.found["letters"], 3)])
    return t.draft(t.head(agency), a.GuidanceReceived(guidance=letter), agency)


def _asks(t: Table, d: Dice) -> Draft:
    agency = d.pick(t.agencies)
    return t.draft(t.head(agency), a.QuestionAsked(), agency)


def _feeds_back(t: Table, d: Dice) -> Draft:
    agency, code = t.any_cell(d)
    return t.draft(t.head(agency), a.CriteriaFeedbackSubmitted(criterion=code), agency)


def _remembers(t: Table, d: Dice) -> Draft:
    """Last year's total: what this log published, where it did."""
    without = [code for code in t.agencies if t.found["dossiers"][code]["last_year"] is None]
    agency, year = d.among(without, t.agencies), t.found["year"] - 1
    total = Fraction(40 + d.below(240), 4)
    known = [other for other in t.state["rounds"].values() if other["year"] == year and other["published"]]
    if known and agency in known[0]["published"][-1]["results"]:
        total = Fraction(hundredths(known[0]["published"][-1]["results"][agency]["total"]), 100)
    body = a.PreviousResultRecorded(evaluated_year=year, total=total, source="cchc.danang.gov.vn")
    return t.draft(t.secretariat(agency), body, agency)


# --- declaring ------------------------------------------------------------------------------------------


def amounts(t: Table, d: Dice, code: str) -> dict[str, Fraction]:
    """Quantities by which no part exceeds its whole: the names of the wholes stand later in the list."""
    names = sorted(names_in(t.criterion(code).rule))
    wholes = {"planned", "all", "files", "found"}
    return {
        name: Fraction(10 * d.below(2) if name in wholes and d.chance(12) else 10)
        if name in wholes
        else Fraction(d.pick(AMOUNTS))
        for name in names
    }


def stated_points(t: Table, d: Dice, code: str) -> Fraction:
    rule = t.criterion(code).rule
    return d.pick(rule.choices) if getattr(rule, "choices", ()) else d.points(t.criterion(code).max_points)


def _to_declare(t: Table, *, stated: bool) -> list[tuple[str, str]]:
    return [
        (agency, c.code)
        for agency in t.agencies
        for c in to_declare(t.found, agency)
        if (type(c.rule).__name__ == "StatedRule") is stated
    ]


def _focal_cells(t: Table, cells: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(agency, code) for agency, code in cells if t.found["dossiers"][agency]["focal"]]


def _declares_points(t: Table, d: Dice) -> Draft:
    cells = _to_declare(t, stated=True)
    agency, code = d.among(_focal_cells(t, cells), cells)
    body = a.SelfScoreDeclared(points=stated_points(t, d, code))
    return t.draft(t.focal(agency), body, agency, code)


def _declares_quantities(t: Table, d: Dice) -> Draft:
    cells = _to_declare(t, stated=False)
    agency, code = d.among(_focal_cells(t, cells), cells)
    return t.draft(t.focal(agency), a.QuantitiesDeclared(quantities=amounts(t, d, code)), agency, code)


def _submits_all(t: Table, d: Dice) -> Draft:
    agency = d.pick(t.agencies)
    declared = len(t.found["dossiers"][agency]["declared"])
    return t.draft(t.head(agency), a.SelfAssessmentSubmitted(declared=declared), agency)


def _submits_evidence(t: Table, d: Dice) -> Draft:
    ready = [code for code in t.agencies if t.found["dossiers"][code]["focal"]]
    agency, serial = d.among(ready, t.agencies), d.pick(SERIALS)
    code = d.pick(t.criteria(agency)).code
    declared = sorted(t.found["dossiers"][agency]["declared"])
    if declared and d.chance(70):
        code = d.pick(declared)
    version = t.found["dossiers"][agency]["serials"].get(serial, 0) + 1
    return t.draft(t.focal(agency), a.EvidenceSubmitted(serial=serial, version=version), agency, code)


def _reuses(t: Table, d: Dice) -> Draft:
    items = [(n, agency) for n, agency in t.found["items"].items()]
    source, agency = d.among(items, [(5, t.agencies[0])])
    code = d.pick(t.criteria(agency)).code
    return t.draft(t.focal(agency), a.EvidenceReused(source=source), agency, code)


def _claims_special(t: Table, d: Dice) -> Draft:
    agency, code = t.any_cell(d, "main")
    return t.draft(t.head(agency), a.SpecialCaseClaimed(), agency, code)


def _claims_policy(t: Table, d: Dice) -> Draft:
    agency, code = t.any_cell(d, "main")
    return t.draft(t.head(agency), a.SectorPolicyClaimed(), agency, code)


def _claims_bonus(t: Table, d: Dice) -> Draft:
    agency, code = t.any_cell(d, "bonus")
    share, recognition = Fraction(d.pick((2, 4, 1)), 4), d.pick(("7/QĐ", "8/QĐ", "9/QĐ"))
    most = t.criterion(code).max_points * share
    stated = stated_points(t, d, code)
    points = stated if stated <= most else Fraction(int(most))
    level = d.pick(("CITY", "NATIONAL"))
    body = a.InitiativeClaimed(level=level, recognition=recognition, share=share, points=points)
    return t.draft(t.head(agency), body, agency, code)


AGENCY: dict[str, Propose] = {
    "FocalOfficerAssigned": _names_focal,
    "DelegationGranted": _delegates,
    "DelegationEnded": _ends_delegation,
    "GuidanceReceived": _receives,
    "QuestionAsked": _asks,
    "CriteriaFeedbackSubmitted": _feeds_back,
    "PreviousResultRecorded": _remembers,
    "SelfAssessmentSubmitted": _submits_all,
    "EvidenceSubmitted": _submits_evidence,
    "EvidenceReused": _reuses,
    "SelfScoreDeclared": _declares_points,
    "QuantitiesDeclared": _declares_quantities,
    "SpecialCaseClaimed": _claims_special,
    "SectorPolicyClaimed": _claims_policy,
    "InitiativeClaimed": _claims_bonus,
}
