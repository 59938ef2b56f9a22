"""The registry: agencies with their lifespans, officers with their homes, offices, criteria sets.

For each event: who may state it and when (`..._may`, yielding refusals, the first one counts), and what
follows from it. Registrars are the actors that genesis names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain import criteria
from domain.deadlines import zone
from domain.events import Event
from domain.frozen import replace
from domain.refusals import Malformed, Refusal, refuse
from domain.standing import Agency, Officer, Standing
from domain.stated.choices import Role
from domain.stated.registry import (
    AgencyClosed,
    AgencyMerged,
    AgencyRegistered,
    AgencyRenamed,
    CriteriaSetIssued,
    LogOpened,
    OfficerRegistered,
    OfficerTransferred,
    RegulationIssued,
    RoleEnded,
    RoleGranted,
)
from domain.stated.rounds import FeedbackAnswered, QuestionAnswered, TeamAssigned

AGENCY_ROLES = frozenset({Role.AGENCY_HEAD})
"""Offices that belong to one agency."""


def by_registrar(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless the signer is a registrar."""
    registrars = {r.actor for opened in s.log.values() for r in opened.registrars}
    if not registrars.issuperset(e.signed_by):
        yield refuse("role.registrar_needed", actor=e.signed_by[0])


def by_role(s: Standing, e: Event, role: Role, agency: str | None = None) -> Iterator[Refusal]:
    """Yield a refusal unless the first signer holds an office."""
    actor = e.signed_by[0]
    if not s.holds(actor, role, agency):
        yield refuse("role.missing", actor=actor, role=role, agency=agency or "-")


def by_secretariat(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless the secretariat signed, with a co-signer where its own agency is concerned.

    Its own is the agency of anybody who serves it, whoever signs: a colleague from elsewhere does not act
    alone either (R05).
    """
    signed = [actor for actor in e.signed_by if s.holds(actor, Role.SECRETARIAT)]
    agency = concerned(s, e)
    if not signed:
        yield refuse("role.missing", actor=e.signed_by[0], role=Role.SECRETARIAT, agency="-")
    elif of_the_secretariat(s, agency) and not _stranger_signed(s, e, agency):
        yield refuse("secretariat.own_agency", actor=signed[0], agency=agency or "")


def of_the_secretariat(s: Standing, agency: str | None) -> bool:
    """Whether an agency is home to somebody who serves the secretariat."""
    return any(s.at_home(actor, agency) for actor in s.serving.get(Role.SECRETARIAT, ()))


def _stranger_signed(s: Standing, e: Event, agency: str | None) -> bool:
    """Whether somebody of another agency signed who does not serve the secretariat."""
    others = (actor for actor in e.signed_by if not s.holds(actor, Role.SECRETARIAT))
    return any(s.home_of(actor) is not None and not s.at_home(actor, agency) for actor in others)


def concerned(s: Standing, e: Event) -> str | None:
    """Return the agency whose record a statement is about: by its header, or by what it says to all.

    A team is sent to one agency, and an answer is one agency's, though everybody is told of them.
    """
    body, code = e.body, e.round or ""
    if isinstance(body, TeamAssigned):
        return body.inspects
    if isinstance(body, QuestionAnswered):
        return s.questions[code, body.question].agency if (code, body.question) in s.questions else None
    if isinstance(body, FeedbackAnswered):
        return s.feedback[code, body.feedback].agency if (code, body.feedback) in s.feedback else None
    return e.agency


def genesis_may(s: Standing, e: Event, b: LogOpened) -> Iterator[Refusal]:
    """Genesis opens an empty log; nothing else does."""
    if e.position != 0 or s.log:
        yield refuse("genesis.misplaced", position=e.position)
    if b.clock not in ("real", "scripted"):
        yield refuse("genesis.malformed", field="clock")
    try:
        zone(b.utc_offset)
    except Malformed as wrong:
        yield wrong.refusal


def genesis(s: Standing, e: Event, b: LogOpened) -> None:
    """Keep what the log was opened with."""
    s.log["genesis"] = b


def agency_registered_may(s: Standing, e: Event, b: AgencyRegistered) -> Iterator[Refusal]:
    """A registrar adds an agency once."""
    yield from by_registrar(s, e)
    if b.code in s.agencies:
        yield refuse("agency.already_registered", agency=b.code)
    if not (b.code.isascii() and b.code.isalnum() and len(b.code) <= 16):
        yield refuse("agency.malformed_code", agency=b.code)


def agency_registered(s: Standing, e: Event, b: AgencyRegistered) -> None:
    """The agency lives from its first day."""
    s.agencies[b.code] = Agency(b.code, b.name_vi, b.name_en, b.block, b.since)


def _alive(s: Standing, code: str) -> Iterator[Refusal]:
    """Yield a refusal unless an agency is registered and has no last day yet."""
    agency = s.agencies.get(code)
    if agency is None:
        yield refuse("agency.unknown", agency=code)
    elif agency.until is not None:
        yield refuse("agency.not_alive", agency=code)


def agency_renamed_may(s: Standing, e: Event, b: AgencyRenamed) -> Iterator[Refusal]:
    """A registrar records a living agency's new name."""
    yield from by_registrar(s, e)
    yield from _alive(s, b.code)


def agency_renamed(s: Standing, e: Event, b: AgencyRenamed) -> None:
    """The agency goes by its new name; the old one stands in the log."""
    _change_agency(s, b.code, name_vi=b.name_vi, name_en=b.name_en)


def _change_agency(s: Standing, code: str, **changes: Any) -> None:
    if code in s.agencies:
        s.agencies[code] = replace(s.agencies[code], **changes)


def agency_closed_may(s: Standing, e: Event, b: AgencyClosed | AgencyMerged) -> Iterator[Refusal]:
    """A registrar ends a living agency, not before it began."""
    yield from by_registrar(s, e)
    yield from _alive(s, b.code)
    if b.until < s.agencies[b.code].since:
        yield refuse("agency.not_alive", agency=b.code)


def agency_closed(s: Standing, e: Event, b: AgencyClosed) -> None:
    """The agency's last day is known."""
    _change_agency(s, b.code, until=b.until)


def agency_merged_may(s: Standing, e: Event, b: AgencyMerged) -> Iterator[Refusal]:
    """A living agency goes into another living one."""
    yield from agency_closed_may(s, e, b)
    yield from _alive(s, b.into)
    if b.into == b.code:
        yield refuse("agency.merged_into_itself", agency=b.code)


def agency_merged(s: Standing, e: Event, b: AgencyMerged) -> None:
    """The other agency does its work from here on."""
    _change_agency(s, b.code, until=b.until, into=b.into)


def officer_registered_may(s: Standing, e: Event, b: OfficerRegistered) -> Iterator[Refusal]:
    """A registrar enters a person once, under a pseudonym."""
    yield from by_registrar(s, e)
    if b.officer in s.officers:
        yield refuse("officer.already_registered", officer=b.officer)
    if b.home is not None and b.home not in s.agencies:
        yield refuse("agency.unknown", agency=b.home)


def officer_registered(s: Standing, e: Event, b: OfficerRegistered) -> None:
    """The person is known."""
    s.officers[b.officer] = Officer(b.officer, b.home)


def officer_transferred_may(s: Standing, e: Event, b: OfficerTransferred) -> Iterator[Refusal]:
    """A registrar records a move between two known agencies."""
    yield from by_registrar(s, e)
    yield from known_officer(s, b.officer)
    if b.home not in s.agencies:
        yield refuse("agency.unknown", agency=b.home)


def officer_transferred(s: Standing, e: Event, b: OfficerTransferred) -> None:
    """The new home counts from here on; the old one is remembered."""
    if (officer := s.officers.get(b.officer)) is not None:
        left = () if officer.home is None else ((officer.home, e.position),)
        s.officers[b.officer] = replace(officer, home=b.home, left=officer.left + left)


def role_granted_may(s: Standing, e: Event, b: RoleGranted) -> Iterator[Refusal]:
    """A registrar grants an office; an agency is named exactly where the office belongs to one."""
    yield from by_registrar(s, e)
    yield from known_officer(s, b.officer)
    if (b.role in AGENCY_ROLES) != (b.agency is not None):
        yield refuse("role.agency_mismatch", role=b.role)
    if b.agency is not None and b.agency not in s.agencies:
        yield refuse("agency.unknown", agency=b.agency)
    if s.holds(b.officer, b.role, b.agency):
        yield refuse("role.already_held", officer=b.officer, role=b.role)


def role_granted(s: Standing, e: Event, b: RoleGranted) -> None:
    """The office is held from here on."""
    if (officer := s.officers.get(b.officer)) is not None:
        s.officers[b.officer] = replace(officer, offices=officer.offices | {(b.role, b.agency)})
        s.serving[b.role] = s.serving.get(b.role, frozenset()) | {b.officer}


def role_ended_may(s: Standing, e: Event, b: RoleEnded) -> Iterator[Refusal]:
    """A registrar ends an office that is held."""
    yield from by_registrar(s, e)
    if not s.holds(b.officer, b.role, b.agency):
        yield refuse("role.not_held", officer=b.officer, role=b.role)


def role_ended(s: Standing, e: Event, b: RoleEnded) -> None:
    """The office is no longer held."""
    if (officer := s.officers.get(b.officer)) is not None:
        offices = officer.offices - {(b.role, b.agency)}
        s.officers[b.officer] = replace(officer, offices=offices)
        if b.role not in {role for role, _ in offices}:
            s.serving[b.role] = s.serving.get(b.role, frozenset()) - {b.officer}


def regulation_issued_may(s: Standing, e: Event, b: RegulationIssued) -> Iterator[Refusal]:
    """The approving authority issues a version once, with its document (R01)."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if (b.code, b.version) in s.regulations:
        yield refuse("regulation.already_issued", code=b.code, version=b.version)
    if e.attachments == 0:
        yield refuse("evidence.no_file")


def regulation_issued(s: Standing, e: Event, b: RegulationIssued) -> None:
    """The version can be cited."""
    s.regulations[b.code, b.version] = e.position


def known_regulation(s: Standing, code: str, version: str) -> Iterator[Refusal]:
    """Yield a refusal unless this version of a regulation was issued."""
    if (code, version) not in s.regulations:
        yield refuse("regulation.unknown", code=code, version=version)


def criteria_set_issued_may(s: Standing, e: Event, b: CriteriaSetIssued) -> Iterator[Refusal]:
    """The secretariat issues a consistent set under a new version, citing the regulation."""
    yield from by_role(s, e, Role.SECRETARIAT)
    yield from known_regulation(s, b.regulation, b.regulation_version)
    key = (b.criteria_set.code, b.criteria_set.version)
    if key in s.criteria_sets:
        yield refuse("criteria.already_issued", code=key[0], version=key[1])
    flaw = criteria.flaw_in(b.criteria_set)
    if flaw is not None:
        yield flaw


def criteria_set_issued(s: Standing, e: Event, b: CriteriaSetIssued) -> None:
    """The version can be named by a round."""
    s.criteria_sets[b.criteria_set.code, b.criteria_set.version] = b.criteria_set


def known_officer(s: Standing, officer: str) -> Iterator[Refusal]:
    """Yield a refusal unless the person is registered."""
    if officer not in s.officers:
        yield refuse("officer.unknown", officer=officer)
