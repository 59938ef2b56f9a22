"""What the second model demands of statements about the registry."""

from __future__ import annotations

from typing import Any

from tests.second_model.demands_who import AUTHORITY, SECRETARIAT, Entry, registrar
from tests.second_model.flaws import flaws
from tests.second_model.state import Case, holds


def _offset(text: str) -> bool:
    sign, hours, colon, minutes = text[:1], text[1:3], text[3:4], text[4:]
    digits = (hours + minutes).isascii() and (hours + minutes).isdigit() and len(minutes) == 2
    return sign in ("+", "-") and colon == ":" and digits and hours < "24" and minutes < "60"


def _living(c: Case, code: str) -> set[str]:
    known = c.state["agencies"].get(code)
    if known is None:
        return {"agency.unknown"}
    return set() if known["until"] is None else {"agency.not_alive"}


def _ends(c: Case) -> set[str]:
    found = _living(c, c.body.code)
    if "agency.unknown" not in found and c.body.until < c.state["agencies"][c.body.code]["since"]:
        found.add("agency.not_alive")
    return found


def registered(c: Case) -> Any:
    return c.body.officer in c.state["people"]


def _known_set(c: Case) -> Any:
    return (c.body.criteria_set.code, c.body.criteria_set.version) in c.state["sets"]


def known_regulation(c: Case) -> Any:
    return (c.body.regulation, c.body.regulation_version) in c.state["regulations"]


REGISTRY: dict[str, list[Entry]] = {
    "LogOpened": [
        ("genesis.misplaced", lambda c: c.event.position == 0 and not c.state["registrars"]),
        (
            "genesis.malformed",
            lambda c: c.body.clock in ("real", "scripted") and _offset(c.body.utc_offset),
        ),
    ],
    "AgencyRegistered": [
        registrar,
        ("agency.already_registered", lambda c: c.body.code not in c.state["agencies"]),
        (
            "agency.malformed_code",
            lambda c: c.body.code.isascii() and c.body.code.isalnum() and len(c.body.code) < 17,
        ),
    ],
    "AgencyRenamed": [registrar, lambda c: _living(c, c.body.code)],
    "AgencyClosed": [registrar, _ends],
    "AgencyMerged": [
        registrar,
        _ends,
        lambda c: _living(c, c.body.into),
        ("agency.merged_into_itself", lambda c: c.body.into != c.body.code),
    ],
    "OfficerRegistered": [
        registrar,
        ("officer.already_registered", lambda c: not registered(c)),
        ("agency.unknown", lambda c: c.body.home is None or c.body.home in c.state["agencies"]),
    ],
    "OfficerTransferred": [
        registrar,
        ("officer.unknown", registered),
        ("agency.unknown", lambda c: c.body.home in c.state["agencies"]),
    ],
    "RoleGranted": [
        registrar,
        ("officer.unknown", registered),
        ("role.agency_mismatch", lambda c: (c.body.role == "AGENCY_HEAD") is (c.body.agency is not None)),
        ("agency.unknown", lambda c: c.body.agency is None or c.body.agency in c.state["agencies"]),
        ("role.already_held", lambda c: not holds(c.state, c.body.officer, c.body.role, c.body.agency)),
    ],
    "RoleEnded": [
        registrar,
        ("role.not_held", lambda c: holds(c.state, c.body.officer, c.body.role, c.body.agency)),
    ],
    "RegulationIssued": [
        AUTHORITY,
        (
            "regulation.already_issued",
            lambda c: (c.body.code, c.body.version) not in c.state["regulations"],
        ),
        ("evidence.no_file", lambda c: c.event.attachments > 0),
    ],
    "CriteriaSetIssued": [
        SECRETARIAT,
        ("regulation.unknown", known_regulation),
        ("criteria.already_issued", lambda c: not _known_set(c)),
        lambda c: flaws(c.body.criteria_set),
    ],
}
