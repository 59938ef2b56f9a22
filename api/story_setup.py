"""The beginning of the story: registry, criteria set, the round's opening, teams, council, focal officers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from api.acts import Act
from api.example import Example, Person, RoundPlan
from api.story_values import ZONE
from domain.points import write as write_points
from domain.shapes import write

_OFFICES = {
    "AGENCY_HEAD": "AGENCY_HEAD",
    "SECRETARIAT": "SECRETARIAT",
    "APPROVING_AUTHORITY": "APPROVING_AUTHORITY",
    "COUNCIL_MEMBER": "COUNCIL_MEMBER",
    "AUDITOR": "AUDITOR",
}


def setup(example: Example, plan: RoundPlan, *, again: bool = False) -> Iterator[Act]:
    """Tell what comes before the self-assessment; a later round finds the registry as it is."""
    if not again:
        yield from _registry(example)
    opened = datetime.fromisoformat(plan.opened)
    yield _opening(example, plan, opened)
    for phase, moment in plan.phases.items():
        yield Act(
            at=datetime.fromisoformat(moment),
            type="PhaseOpened.v1",
            signers=example.of_duty("SECRETARIAT")[:1],
            round=plan.code,
            body={"phase": phase},
        )
    yield from _focal_officers(example, plan, opened + timedelta(days=2))
    if not again:
        yield from _council(example, plan, opened + timedelta(hours=2))
        yield from _previous(example, plan, opened + timedelta(hours=5))
        yield from _teams(example, plan)


def _registry(example: Example) -> Iterator[Act]:
    """Registrars take turns; one entry every twenty seconds from 9 January on."""
    registrars = example.of_duty("REGISTRAR")
    at = datetime(2017, 1, 9, 8, 0, tzinfo=ZONE)
    bodies: list[tuple[str, dict[str, object], dict[str, str]]] = []
    for agency in example.agencies:
        body: dict[str, object] = {
            "code": agency.code,
            "name_vi": agency.name_vi,
            "name_en": agency.name_en,
            "block": agency.block.value,
            "since": agency.since,
        }
        bodies.append(("AgencyRegistered.v1", body, {}))
    for person in example.people:
        if person.duty != "REGISTRAR":
            bodies += _person(person)
    for number, (name, stated, texts) in enumerate(bodies):
        at += timedelta(seconds=20)
        signer = registrars[number % len(registrars)]
        yield Act(at=at, type=name, signers=(signer,), body=stated, texts=texts)
    yield Act(
        at=at + timedelta(hours=1),
        type="CriteriaSetIssued.v1",
        signers=example.of_duty("SECRETARIAT")[:1],
        body={"criteria_set": write(example.criteria)},
    )


def _person(person: Person) -> Iterator[tuple[str, dict[str, object], dict[str, str]]]:
    home = {"home": person.home} if person.home else {}
    yield "OfficerRegistered.v1", {"officer": person.actor, **home}, {"name": person.name}
    if person.duty in _OFFICES:
        agency = {"agency": person.home} if person.duty == "AGENCY_HEAD" else {}
        yield "RoleGranted.v1", {"officer": person.actor, "role": _OFFICES[person.duty], **agency}, {}


def _opening(example: Example, plan: RoundPlan, at: datetime) -> Act:
    blocks: dict[str, int] = {}
    for agency in example.agencies:
        blocks[agency.block.value] = blocks.get(agency.block.value, 0) + 1
    return Act(
        at=at,
        type="RoundOpened.v1",
        signers=example.of_duty("APPROVING_AUTHORITY")[:1],
        round=plan.code,
        body={
            "evaluated_year": plan.evaluated_year,
            "execution_year": plan.execution_year,
            "criteria_set": example.criteria.code,
            "criteria_version": example.criteria.version,
            "blocks": blocks,
            "deadlines": write(plan.deadlines),
            "holidays": list(plan.holidays),
        },
    )


def _council(example: Example, plan: RoundPlan, at: datetime) -> Iterator[Act]:
    members = example.of_duty("COUNCIL_MEMBER")
    yield Act(
        at=at,
        type="CouncilEstablished.v1",
        signers=example.of_duty("APPROVING_AUTHORITY")[:1],
        round=plan.code,
        body={"members": list(members), "quorum": len(members) // 2 + 1},
    )


def _focal_officers(example: Example, plan: RoundPlan, at: datetime) -> Iterator[Act]:
    for number, agency in enumerate(a.code for a in example.agencies):
        yield Act(
            at=at + timedelta(minutes=9 * number),
            type="FocalOfficerAssigned.v1",
            signers=example.of_duty("AGENCY_HEAD", agency),
            round=plan.code,
            agency=agency,
            body={
                "officer": example.of_duty("FOCAL_OFFICER", agency)[0],
                "deputy": example.of_duty("DEPUTY", agency)[0],
            },
        )


def _previous(example: Example, plan: RoundPlan, at: datetime) -> Iterator[Act]:
    for number, agency in enumerate(a.code for a in example.agencies):
        yield Act(
            at=at + timedelta(minutes=number),
            type="PreviousResultRecorded.v1",
            signers=example.of_duty("SECRETARIAT")[:1],
            round=plan.code,
            agency=agency,
            body={
                "evaluated_year": plan.evaluated_year - 1,
                "total": write_points(example.profiles[agency].previous),
            },
        )


def _teams(example: Example, plan: RoundPlan) -> Iterator[Act]:
    secretary = example.of_duty("SECRETARIAT")[1:2]
    at = datetime(plan.execution_year, 2, 6, 8, 30, tzinfo=ZONE)
    since, until = example.teams[0].inspects[0].since, f"{plan.execution_year}-03-07"
    for number, officer in enumerate(m for team in example.teams for m in team.members):
        at += timedelta(minutes=4)
        body: dict[str, object] = {
            "officer": officer,
            "lender": example.home(officer),
            "decision": f"{100 + number}/QĐ-UBND (minh họa)",
            "since": min(since, f"{plan.execution_year}-02-14"),
            "until": until,
        }
        yield Act(at=at, type="OfficerSeconded.v1", signers=secretary, round=plan.code, body=body)
    for team in example.teams:
        at += timedelta(minutes=5)
        members = [
            {"officer": officer, "role": "LEADER" if place == 0 else "MEMBER"}
            for place, officer in enumerate(team.members)
        ]
        body = {"team": team.team, "members": members}
        yield Act(at=at, type="TeamFormed.v1", signers=secretary, round=plan.code, body=body)
        for visit in team.inspects:
            at += timedelta(minutes=1)
            body = {
                "team": team.team,
                "inspects": visit.agency,
                "since": visit.since,
                "until": visit.until,
            }
            yield Act(at=at, type="TeamAssigned.v1", signers=secretary, round=plan.code, body=body)
