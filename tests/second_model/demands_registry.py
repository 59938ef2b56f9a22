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


# --- erasure --------------------------------------------------------------------------------------------


def _named(c: Case) -> list[tuple[str, str]]:
    return [(its.statement, name) for its in c.body.erased for name in its.fields]


def _words(c: Case) -> list[Any]:
    """What is remembered of each statement named."""
    return [c.state["words"].get(its.statement) for its in c.body.erased]


def _known_words(c: Case) -> list[Any]:
    return [its for its in _words(c) if its]


def _under_dispute(c: Case, words: Any) -> bool:
    """Whether a dispute that goes on is about the same cell, or a cell of the same dossier."""
    year, agency, criterion = words["about"]
    disputes = c.state["rounds"][year]["disputes"].values() if year else ()
    return any(
        its["agency"] == agency
        and criterion in (None, its["criterion"])
        and not (its["late"] or its["withdrawn"] or its["decided"])
        for its in disputes
    )


def _running(c: Case, words: Any) -> bool:
    return words["about"][0] is not None and not c.state["rounds"][words["about"][0]]["published"]


def _persons(c: Case) -> list[Any]:
    return [its["person"] for its in _known_words(c) if its["person"]]


ERASURE: list[Entry] = [
    registrar,
    ("erasure.registrars_needed", lambda c: len(c.signers) >= c.state["quorum"]),
    ("erasure.nothing_named", lambda c: c.body.erased and all(its.fields for its in c.body.erased)),
    ("erasure.unknown_statement", lambda c: all(_words(c))),
    (
        "erasure.unknown_field",
        lambda c: all(
            name in c.state["words"][statement]["names"]
            for statement, name in _named(c)
            if statement in c.state["words"]
        ),
    ),
    ("erasure.already_erased", lambda c: not set(_named(c)) & c.state["gone"]),
    ("erasure.named_twice", lambda c: len(set(_named(c))) == len(_named(c))),
    ("erasure.of_an_erasure", lambda c: not any(its["kept"] for its in _known_words(c))),
    ("erasure.of_oneself", lambda c: not set(_persons(c)) & set(c.signers)),
    ("erasure.still_in_office", lambda c: not any(c.state["people"][who]["offices"] for who in _persons(c))),
    ("erasure.under_dispute", lambda c: not any(_under_dispute(c, its) for its in _known_words(c))),
    (
        "erasure.round_running",
        lambda c: (
            c.body.category != "RETENTION_ENDED" or not any(_running(c, its) for its in _known_words(c))
        ),
    ),
]


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
    "OpeningsErased": ERASURE,
}
