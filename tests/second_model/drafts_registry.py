"""What registrars mean to state, and who issues regulations and criteria sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from domain.criteria import Block
from domain.stated import erasure as x
from domain.stated import registry as g
from domain.stated.choices import ErasureCategory, Role
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.world import (
    AGENCIES,
    CRITERIA,
    HOMES,
    OFFICES,
    issues,
    regulation,
)

NEW_AGENCIES = tuple(f"X{n}" for n in range(1, 10))
NEW_OFFICERS = tuple(f"extra-{n}" for n in range(1, 10))


def _genesis(t: Table, d: Dice) -> Draft:
    body = g.LogOpened(
        log_key="bG9n",
        registrars=(g.RegistrarKey(actor="registrar-1", public_key="a2V5", custody="person"),),
        quorum=1,
        witness_policy=g.WitnessPolicy(witnesses=(), quorum=0),
        time_zone="Asia/Ho_Chi_Minh",
        utc_offset=d.pick(("+07:00", "-00:30", "+24:00", "7")),
        clock=d.pick(("real", "scripted", "none")),
    )
    return t.draft(("log", "registrar-1"), body)


def _living(t: Table, codes: Any) -> list[str]:
    known = t.state["agencies"]
    return [code for code in codes if code in known and known[code]["until"] is None]


def _registers_agency(t: Table, d: Dice) -> Draft:
    code = d.among([c for c in NEW_AGENCIES if c not in t.state["agencies"]], tuple(AGENCIES))
    since = date(d.pick((2018, 2017)), 1, 1) if "2016" in t.state["rounds"] else date(2017, 1, 1)
    body = g.AgencyRegistered(code=code, name_vi=code, name_en=code, block=d.pick(tuple(Block)), since=since)
    return t.draft("registrar-1", body)


def _renames(t: Table, d: Dice) -> Draft:
    code = d.among(_living(t, t.state["agencies"]), NEW_AGENCIES)
    body = g.AgencyRenamed(code=code, name_vi="Sở mới", name_en="New", since=date(2017, 3, 1))
    return t.draft("registrar-1", body)


def _leaving(t: Table, d: Dice) -> str:
    """An agency that ends: one that came lately, seldom one of the first."""
    pool = tuple(AGENCIES) if d.chance(4) else NEW_AGENCIES
    return d.among(_living(t, pool), tuple(AGENCIES)[:1] if d.chance(5) else NEW_AGENCIES)


def _merges(t: Table, d: Dice) -> Draft:
    until = date(2018, 6, 30) - timedelta(days=100 * d.below(8))
    body = g.AgencyMerged(code=_leaving(t, d), into=d.pick(_living(t, t.state["agencies"])), until=until)
    return t.draft("registrar-1", body)


def _closes_agency(t: Table, d: Dice) -> Draft:
    until = date(2018, 6, 30) - timedelta(days=100 * d.below(8))
    return t.draft("registrar-1", g.AgencyClosed(code=_leaving(t, d), until=until))


def _registers_officer(t: Table, d: Dice) -> Draft:
    officer = d.among([o for o in NEW_OFFICERS if o not in t.state["people"]], tuple(HOMES))
    home = d.pick((*t.state["agencies"], None))
    return t.draft("registrar-1", g.OfficerRegistered(officer=officer, home=home))


def _transfers(t: Table, d: Dice) -> Draft:
    """Somebody who is away comes back; else somebody who matters little moves, seldom anybody."""
    people = t.state["people"]
    away = [o for o, home in HOMES.items() if home is not None and people[o]["home"] != home]
    if away and d.chance(70):
        officer = d.pick(away)
        return t.draft("registrar-1", g.OfficerTransferred(officer=officer, home=str(HOMES[officer])))
    few = [o for o in people if o in NEW_OFFICERS] or ["spare-1", "spare-2"]
    officer = d.pick(list(people)) if d.chance(25) else d.pick(few)
    return t.draft("registrar-1", g.OfficerTransferred(officer=officer, home=d.pick(list(AGENCIES))))


def _grants(t: Table, d: Dice) -> Draft:
    """An office that is missing is granted again; else one that matters little."""
    people = t.state["people"]
    missing = [office for office in OFFICES if office[1:] not in people[office[0]]["offices"]]
    heads = [(o, Role.AGENCY_HEAD, a) for o in NEW_OFFICERS if o in people for a in NEW_AGENCIES[:2]]
    more = [(o, Role.AUDITOR, None) for o in people if (Role.AUDITOR, None) not in people[o]["offices"]]
    officer, role, agency = d.pick(missing) if missing and d.chance(80) else d.pick([*more, *heads])
    return t.draft("registrar-1", g.RoleGranted(officer=officer, role=role, agency=agency))


def _ends_office(t: Table, d: Dice) -> Draft:
    """An auditor's office ends, seldom anybody's."""
    held = sorted(
        (officer, str(role), agency or "")
        for officer, person in t.state["people"].items()
        for role, agency in person["offices"]
    )
    auditors = [office for office in held if office[1] == "AUDITOR"]
    officer, role, agency = d.pick(held) if d.chance(8) else d.among(auditors, [("spare-1", "AUDITOR", "")])
    return t.draft("registrar-1", g.RoleEnded(officer=officer, role=Role(role), agency=agency or None))


def _regulates(t: Table, d: Dice) -> Draft:
    return t.draft("authority", regulation(str(d.below(12))))


def _issues_set(t: Table, d: Dice) -> Draft:
    version = str(d.below(12))
    changed = replace(CRITERIA, version=version, bonus_ranks=d.chance(50))
    return t.draft("secretary", issues(changed))


def _erases(t: Table, d: Dice) -> Draft:
    """Words are erased: mostly some that are there, of one statement or of two."""
    words = t.state["words"]
    left = [
        (statement, name)
        for statement, its in words.items()
        for name in sorted(its["names"])
        if (statement, name) not in t.state["gone"] and not (its["kept"] and d.chance(90))
    ]
    chosen = [d.among(left[-60:], [("f" * 8, "name")]) for _ in range(1 + d.below(2))]
    erased = tuple(x.ErasedTexts(statement=statement, fields=(name,)) for statement, name in chosen)
    category = d.pick(tuple(ErasureCategory))
    signers = ("registrar-1", "registrar-2") if d.chance(80) else d.pick((("registrar-1",), ("secretary",)))
    return t.draft(signers, x.OpeningsErased(category=category, erased=erased))


REGISTRY: dict[str, Propose] = {
    "LogOpened": _genesis,
    "AgencyRegistered": _registers_agency,
    "AgencyRenamed": _renames,
    "AgencyMerged": _merges,
    "AgencyClosed": _closes_agency,
    "OfficerRegistered": _registers_officer,
    "OfficerTransferred": _transfers,
    "RoleGranted": _grants,
    "OpeningsErased": _erases,
    "RoleEnded": _ends_office,
    "RegulationIssued": _regulates,
    "CriteriaSetIssued": _issues_set,
}
