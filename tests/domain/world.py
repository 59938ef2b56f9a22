"""A small but whole world: eight agencies in three blocks, their people and teams, every kind of rule.

Pseudonyms say what a person does and where: `head-STC`, `focal-STC`, `deputy-STC`, `inspector-STC`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from domain.criteria import Block, CriteriaSet
from domain.deadlines import DeadlineRule, Phase
from domain.stated.assessment import (
    FocalOfficerAssigned,
)
from domain.stated.choices import Path, Role, Step, TeamRole
from domain.stated.council import CouncilEstablished
from domain.stated.registry import (
    AgencyRegistered,
    CriteriaSetIssued,
    LogOpened,
    OfficerRegistered,
    RegistrarKey,
    RegulationIssued,
    RoleGranted,
    WitnessPolicy,
)
from domain.stated.rounds import (
    AwardRule,
    OfficerSeconded,
    PublicationPolicy,
    RoundOpened,
    TeamAssigned,
    TeamFormed,
    TeamMember,
    Timer,
)
from domain.visibility import Visibility
from tests.domain.criteria_sets import EVERY_RULE
from tests.domain.specification import Act, Story, states

AGENCIES = {
    "SNV": Block.DEPARTMENT,
    "STC": Block.DEPARTMENT,
    "STP": Block.DEPARTMENT,
    "HC": Block.DISTRICT,
    "LC": Block.DISTRICT,
    "HV": Block.DISTRICT,
    "CT": Block.CENTRAL,
    "HQ": Block.CENTRAL,
}
"""SNV is the home of the secretariat (R05)."""
TEAMS = {"T1": ("SNV", "STC"), "T2": ("HC", "LC"), "T3": ("CT", "HQ")}
"""Each team by the homes of its members, the leader's first."""
INSPECTED_BY = {"HC": "T1", "LC": "T1", "SNV": "T2", "STC": "T2", "CT": "T2", "HV": "T3"}
"""Nobody inspects STP and HQ."""
MEMBERS = {"member-1": "SNV", "member-2": "STC", "member-3": None, "member-4": None, "member-5": None}
QUORUM = ("member-3", "member-4", "member-5")
"""Council members of no agency: enough to decide about any; the first is the chair."""
HOLIDAYS = (date(2017, 4, 6), date(2017, 5, 1))

DEADLINES = (
    DeadlineRule(phase=Phase.SELF_ASSESSMENT, hard=False, on=date(2017, 2, 10)),
    DeadlineRule(phase=Phase.INSPECTION, hard=True, on=date(2017, 3, 7)),
    DeadlineRule(phase=Phase.EXPLANATION, hard=False, after=Phase.INSPECTION, working_days=5),
    DeadlineRule(phase=Phase.COUNCIL, hard=False, on=date(2017, 5, 3)),
)
TIMERS = (
    Timer(path=Path.REVIEW_REQUEST, step=Step.FILE, days=10, working=True, basis="Quy định, điều 9"),
    Timer(
        path=Path.STATUTORY_COMPLAINT, step=Step.FILE, days=90, working=False, basis="Luật Khiếu nại, đ. 9"
    ),
    Timer(path=Path.STATUTORY_COMPLAINT, step=Step.ACCEPT, days=10, working=True, basis="Luật Khiếu nại"),
    Timer(path=Path.STATUTORY_COMPLAINT, step=Step.HEAR, days=3, working=True, basis="Quy định, điều 10"),
)
POLICY = PublicationPolicy(
    public_places=3, public_scores=False, own_record=(Visibility.PUBLIC, Visibility.PARTIES)
)
AWARDS = AwardRule(up_to_rank=2, from_class="GOOD")


# --- the world ------------------------------------------------------------------------------------------


def given(phase: Phase, *acts: Act, criteria: CriteriaSet = EVERY_RULE) -> Story:
    """Give an opened round in which these things were stated, at a phase."""
    if id(criteria) not in _OPENED:
        story = _registered(criteria).given(opening(), *_preparation())
        _OPENED[id(criteria)] = (criteria, story)
    return _OPENED[id(criteria)][1].branch().given(*acts).reach(phase)


_OPENED: dict[int, tuple[CriteriaSet, Story]] = {}
"""Rounds as they were opened, by the identity of their criteria set, which is kept so that it stays one."""


def registered() -> Story:
    """Give the registry with everybody in it, and no round."""
    return _registered(EVERY_RULE)


@cache
def _people() -> Story:
    return Story().given(genesis(), *_registry(), regulates())


def _registered(criteria: CriteriaSet) -> Story:
    return _people().branch().given(issues(criteria))


def genesis(**changes: Any) -> Act:
    """The log is opened, with two registrars."""
    registrars = ("registrar-1", "registrar-2")
    plain: dict[str, Any] = {
        "log_key": "bG9n",
        "registrars": tuple(
            RegistrarKey(actor=actor, public_key="a2V5", custody="person") for actor in registrars
        ),
        "quorum": 2,
        "witness_policy": WitnessPolicy(witnesses=("witness+1+key",), quorum=1),
        "time_zone": "Asia/Ho_Chi_Minh",
        "utc_offset": "+07:00",
        "clock": "scripted",
    }
    return states(("log", *registrars), LogOpened(**(plain | changes)))


def _registry() -> Iterator[Act]:
    for code, block in AGENCIES.items():
        body = AgencyRegistered(code=code, name_vi=code, name_en=code, block=block, since=date(2010, 1, 1))
        yield states("registrar-1", body)
    duties = ("head", "focal", "deputy", "inspector")
    homes = {f"{duty}-{code}": code for code in AGENCIES for duty in duties} | MEMBERS
    for officer, home in (homes | {"secretariat": "SNV", "authority": None, "nobody": None}).items():
        yield states("registrar-2", OfficerRegistered(officer=officer, home=home))
    for code in AGENCIES:
        yield grants(f"head-{code}", Role.AGENCY_HEAD, code)
    yield grants("secretariat", Role.SECRETARIAT)
    yield grants("authority", Role.APPROVING_AUTHORITY)
    for member in MEMBERS:
        yield grants(member, Role.COUNCIL_MEMBER)


def grants(officer: str, role: Role, agency: str | None = None) -> Act:
    """A registrar grants an office."""
    return states("registrar-1", RoleGranted(officer=officer, role=role, agency=agency))


def regulates(version: str = "1") -> Act:
    """The authority issues a version of the regulation."""
    body = RegulationIssued(code="QĐ", version=version, number="1898/QĐ-UBND", issued_on=date(2016, 3, 1))
    return states("authority", body)


def issues(criteria: CriteriaSet) -> Act:
    """The secretariat issues a criteria set under the regulation."""
    return states(
        "secretariat", CriteriaSetIssued(regulation="QĐ", regulation_version="1", criteria_set=criteria)
    )


def opening(**changes: Any) -> Act:
    """The round is opened; `changes` alter what it states."""
    plain: dict[str, Any] = {
        "evaluated_year": 2016,
        "execution_year": 2017,
        "regulation": "QĐ",
        "regulation_version": "1",
        "criteria_set": "SET",
        "criteria_version": "1",
        "blocks": {"DEPARTMENT": 3, "DISTRICT": 3, "CENTRAL": 2},
        "deadlines": DEADLINES,
        "holidays": HOLIDAYS,
        "timers": TIMERS,
        "publication": POLICY,
        "awards": AWARDS,
    }
    return states("authority", RoundOpened(**(plain | changes)))


def _preparation() -> Iterator[Act]:
    yield establishes(3, *MEMBERS)
    for team, homes in TEAMS.items():
        for home in homes:
            yield seconds(f"inspector-{home}", home)
        leader, member = (f"inspector-{home}" for home in homes)
        yield forms(team, leader, member)
    for agency, team in INSPECTED_BY.items():
        yield assigns(team, agency)
    for agency in AGENCIES:
        if agency != "STP":  # which has not named one yet (R63)
            yield names_focal(agency)


def establishes(quorum: int, *members: str, chair: str = QUORUM[0]) -> Act:
    """The authority establishes the council."""
    return states("authority", CouncilEstablished(members=members, chair=chair, quorum=quorum))


def seconds(officer: str, lender: str, **changes: Any) -> Act:
    """An official is lent for the inspections."""
    days = {"since": date(2017, 2, 14), "until": date(2017, 3, 7)} | changes
    return states("secretariat", OfficerSeconded(officer=officer, lender=lender, decision="12/QĐ", **days))


def forms(team: str, leader: str, *members: str) -> Act:
    """A team is formed."""
    seats = (
        TeamMember(officer=leader, role=TeamRole.LEADER),
        *(TeamMember(officer=m, role=TeamRole.MEMBER) for m in members),
    )
    return states("secretariat", TeamFormed(team=team, members=seats))


def assigns(team: str, agency: str, since: int = 14, until: int = 17) -> Act:
    """A team is to inspect an agency, from day to day of February."""
    days = {"since": date(2017, 2, since), "until": date(2017, 2, until)}
    return states(serves(agency), TeamAssigned(team=team, inspects=agency, **days))


def serves(about: str) -> tuple[str, ...]:
    """Return who signs for the secretariat: with somebody of another agency where its own is concerned."""
    return ("secretariat", "inspector-HC") if about.partition("/")[0] == "SNV" else ("secretariat",)


def names_focal(agency: str, *, deputy: bool = True) -> Act:
    """The head names focal officer and deputy."""
    body = FocalOfficerAssigned(officer=f"focal-{agency}", deputy=f"deputy-{agency}" if deputy else None)
    return states(f"head-{agency}", body, agency)
