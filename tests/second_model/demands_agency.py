"""What the second model demands of what an agency declares, and of what its inspectors find."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.second_model.cards import hundredths, names_in
from tests.second_model.catalogue import CATALOGUE as TABLE
from tests.second_model.demands_who import (
    Entry,
    agency,
    belonged,
    focal,
    head,
    in_team,
    inspector,
    secretariat,
)
from tests.second_model.state import LAST_DAY, Case, belongs, is_head

DELEGABLE = {f"{name}.v1" for name, line in TABLE.items() if "d" in line.marks}


# --- what may be stated of a criterion ------------------------------------------------------------------


def points(criterion: Any, stated: Fraction) -> set[str]:
    """Points are stated where the rule says so, up to the maximum, as one of the choices."""
    if type(criterion.rule).__name__ != "StatedRule":
        return {"score.wrong_kind"}
    if stated > criterion.max_points:
        return {"score.above_max"}
    choices = criterion.rule.choices
    return set() if not choices or stated in choices else {"score.not_a_choice"}


def quantities(criterion: Any, stated: Mapping[str, Fraction]) -> set[str]:
    """Exactly the quantities of the rule; no part is above its whole, unless there is a target."""
    names = names_in(criterion.rule)
    if not names:
        return {"score.wrong_kind"}
    if set(stated) != names:
        return {"quantities.wrong_names"}
    return set() if _possible(criterion.rule, stated) else {"quantities.share_above_whole"}


def _possible(rule: Any, stated: Mapping[str, Fraction]) -> bool:
    if hasattr(rule, "parts"):
        return all(_possible(part.rule, stated) for part in rule.parts)
    shares = type(rule).__name__ in ("RatioRule", "BandsRule") and getattr(rule, "target", None) is None
    return not shares or stated[rule.of] <= stated[rule.to]


def _finding(c: Case) -> set[str]:
    """A note names known shortcomings, and points or quantities as the rule asks for."""
    known = {its.code for its in c.round["set"].shortcomings}
    found = set() if set(c.body.shortcomings) <= known else {"shortcoming.unknown"}
    stated = type(c.criterion.rule).__name__ == "StatedRule"
    has = (c.body.points is not None, c.body.quantities is not None)
    if has != (stated, not stated):
        return found | {"score.wrong_kind"}
    fits = points(c.criterion, c.body.points) if stated else quantities(c.criterion, c.body.quantities)
    return found | fits


MAIN: Entry = ("criterion.not_declared", lambda c: c.criterion.section == "main")
NOTED: Entry = ("explanation.no_such_note", lambda c: c.body.about in c.cell["notes"])


# --- single demands -------------------------------------------------------------------------------------


def _named(c: Case) -> set[str]:
    """Focal officer and deputy are two known officers of the agency."""
    officers = [o for o in (c.body.officer, c.body.deputy) if o is not None]
    found = {"officer.unknown"} if set(officers) - set(c.state["people"]) else set()
    if not all(belongs(c.state, officer, c.agency) for officer in officers):
        found.add("agency.other_agency")
    return found | ({"dossier.deputy_is_officer"} if c.body.officer == c.body.deputy else set())


def _delegates(c: Case) -> set[str]:
    found = set() if c.body.to in c.state["people"] else {"officer.unknown"}
    found |= set() if belongs(c.state, c.body.to, c.agency) else {"agency.other_agency"}
    found |= {"delegation.to_oneself"} if c.body.to == c.actor else set()
    found |= set() if c.body.acts else {"delegation.no_acts"}
    return found | (set() if set(c.body.acts) <= DELEGABLE else {"delegation.not_delegable"})


def _ends_delegation(c: Case) -> set[str]:
    grant = c.state["delegations"].get(c.body.delegation)
    if grant is None or grant["over"]:
        return {"delegation.unknown"}
    same = (grant["by"], grant["round"], grant["agency"]) == (c.actor, c.event.round, c.agency)
    return set() if same else {"delegation.does_not_cover"}


def _last_year(c: Case) -> set[str]:
    """The year before, once, out of 100; where this log published it, what was published."""
    year = c.round["year"] - 1
    found = set() if c.body.evaluated_year == year else {"previous.wrong_year"}
    found |= {"score.above_max"} if c.body.total > 100 else set()
    found |= set() if c.dossier["last_year"] is None else {"previous.already_recorded"}
    for other in c.state["rounds"].values():
        if other["year"] == c.body.evaluated_year and other["published"] and c.agency in other["ranked"]:
            total = other["published"][-1]["results"][c.agency]["total"]
            found |= set() if c.body.total * 100 == hundredths(total) else {"previous.differs_from_log"}
    return found


def _version(c: Case) -> bool:
    return bool(c.body.version == c.dossier["serials"].get(c.body.serial, 0) + 1)


def _asks(c: Case) -> set[str]:
    """The team that inspects, or the secretariat."""
    return inspector(c) if in_team(c, c.signer) else secretariat(c)


def _minutes(c: Case) -> set[str]:
    """Leader and head sign together; each item once, on its newest note; a reservation where they differ."""
    team = c.round["teams"].get(c.body.team)
    if team is None or c.agency not in team["inspects"]:
        return {"inspection.not_in_team"}
    leader = next(officer for officer, role in team["members"].items() if role == "LEADER")
    others = [actor for actor in c.signers if actor != leader]
    both = len(c.signers) == 2 and len(others) == 1 and is_head(c.state, others[0], c.agency)
    found = set() if both else {"minutes.both_signatures_needed"}
    found |= {"inspection.home_agency"} if belonged(c, leader, c.agency) else set()
    codes = [item.criterion for item in c.body.items]
    found |= set() if codes and len(set(codes)) == len(codes) else {"minutes.item_twice_or_none"}
    for item in c.body.items:
        notes = c.dossier["cells"].get(item.criterion, {"notes": []})["notes"]
        found |= set() if notes[-1:] == [item.note] else {"minutes.not_newest_note"}
    differ = any(item.concurrence == "DISAGREED" for item in c.body.items)
    return found | ({"text.missing"} if differ and "reservation" not in c.event.texts else set())


def spelt(recognition: str) -> tuple[str, ...]:
    """Return the words of a recognition, whatever spaces and capitals they are written with."""
    return tuple(word.casefold() for word in recognition.split())


def _initiative(c: Case) -> set[str]:
    """A share in what the city recognised, once, that leaves no more than the whole claimed (R27, R55)."""
    left = 1 - c.round["shares"].get(spelt(c.body.recognition), 0)
    found = set() if c.criterion.section == "bonus" else {"claim.wrong_section"}
    found |= set() if c.body.level in {"CITY", "NATIONAL"} else {"claim.below_city_level"}
    found |= {"claim.already_made"} if c.cell["initiative"] else set()
    found |= set() if 0 < c.body.share <= left else {"claim.shares_above_whole"}
    if c.body.points > c.criterion.max_points * c.body.share:
        found.add("score.above_max")
    return found | points(c.criterion, c.body.points)


def _promise(c: Case) -> set[str]:
    promises = c.cell["promises"]
    if c.body.commitment not in promises:
        return {"improvement.unknown"}
    return {"improvement.already_reported"} if promises[c.body.commitment] else set()


# --- the table ------------------------------------------------------------------------------------------

AGENCY: dict[str, list[Entry]] = {
    "FocalOfficerAssigned": [head, _named],
    "DelegationGranted": [
        agency,
        _delegates,
        ("dates.out_of_order", lambda c: c.body.since <= c.body.until <= LAST_DAY),
    ],
    "DelegationEnded": [_ends_delegation],
    "PreviousResultRecorded": [secretariat, _last_year],
    "SelfAssessmentSubmitted": [
        head,
        ("self_assessment.wrong_count", lambda c: c.body.declared == len(c.dossier["declared"])),
    ],
    "EvidenceRequested": [_asks],
    "EvidenceSubmitted": [
        focal,
        ("evidence.no_file", lambda c: c.event.attachments > 0),
        ("evidence.wrong_version", _version),
    ],
    "EvidenceReused": [
        focal,
        ("evidence.unknown_item", lambda c: c.round["items"].get(c.body.source) == c.agency),
        ("evidence.already_there", lambda c: c.body.source not in c.cell["evidence"]),
    ],
    "EvidenceReturned": [
        inspector,
        ("evidence.nothing_wrong", lambda c: c.body.quality != "SOUND"),
        ("evidence.none_submitted", lambda c: c.cell["evidence"]),
    ],
    "SelfScoreDeclared": [focal, MAIN, lambda c: points(c.criterion, c.body.points)],
    "QuantitiesDeclared": [focal, MAIN, lambda c: quantities(c.criterion, c.body.quantities)],
    "InspectionNoteRecorded": [
        inspector,
        ("inspection.nothing_declared", lambda c: "DECLARED" in c.cell["acts"]),
        ("inspection.already_noted", lambda c: not c.cell["notes"]),
        _finding,
    ],
    "InspectionNoteAmended": [
        inspector,
        ("inspection.not_newest_note", lambda c: c.cell["notes"][-1:] == [c.body.amends]),
        _finding,
    ],
    "ExplanationRequested": [inspector, NOTED],
    "ExplanationSubmitted": [head, NOTED],
    "MinutesSigned": [_minutes],
    "DossierCompiled": [
        secretariat,
        ("dossier.frozen", lambda c: not c.dossier["frozen"]),
        ("dossier.wrong_count", lambda c: c.body.statements == c.dossier["statements"]),
    ],
    "DossierUnfrozen": [secretariat, ("dossier.not_frozen", lambda c: c.dossier["frozen"])],
    "SpecialCaseClaimed": [
        head,
        ("claim.wrong_section", lambda c: c.criterion.section == "main"),
        ("claim.already_made", lambda c: c.cell["special"] is None),
    ],
    "SectorPolicyClaimed": [head],
    "InitiativeClaimed": [head, _initiative],
    "ImprovementCommitted": [head, NOTED],
    "ImprovementReported": [head, _promise],
}
