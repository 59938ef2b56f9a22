"""Cross-inspection: seconded officials sit in teams, and inspect agencies that are home to none of them."""

from __future__ import annotations

from collections.abc import Iterator

from domain.events import Event
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.registry import by_role, by_secretariat, known_officer
from domain.rounds import round_of
from domain.standing import Standing, Team
from domain.stated.assessment import InspectionNoteAmended, InspectionNoteRecorded
from domain.stated.choices import Role, TeamRole
from domain.stated.rounds import OfficerSeconded, TeamAssigned, TeamFormed


def officer_seconded_may(s: Standing, e: Event, b: OfficerSeconded) -> Iterator[Refusal]:
    """The secretariat records who is lent, by the agency that is home to the person (R13-R15)."""
    yield from by_role(s, e, Role.SECRETARIAT)
    yield from known_officer(s, b.officer)
    if s.home_of(b.officer) != b.lender:
        yield refuse("secondment.not_from_home", officer=b.officer, lender=b.lender)
    if b.until < b.since:
        yield refuse("dates.out_of_order", since=b.since.isoformat(), until=b.until.isoformat())


def officer_seconded(s: Standing, e: Event, b: OfficerSeconded) -> None:
    """The person may sit in a team of this round."""
    s.seconded[e.round or "", b.officer] = b.lender


def team_formed_may(s: Standing, e: Event, b: TeamFormed) -> Iterator[Refusal]:
    """A new team of seconded officials, one of them its leader, none in two teams (R16)."""
    yield from by_role(s, e, Role.SECRETARIAT)
    code = e.round or ""
    if (code, b.team) in s.teams:
        yield refuse("team.already_formed", team=b.team)
    if [m.role for m in b.members].count(TeamRole.LEADER) != 1:
        yield refuse("team.one_leader_needed", team=b.team)
    if len({m.officer for m in b.members}) != len(b.members):
        yield refuse("team.member_twice", team=b.team)
    for member in b.members:
        if (code, member.officer) not in s.seconded:
            yield refuse("team.member_not_seconded", officer=member.officer)
        if (code, member.officer) in s.seats:
            yield refuse("team.member_elsewhere", officer=member.officer, team=s.seats[code, member.officer])


def team_formed(s: Standing, e: Event, b: TeamFormed) -> None:
    """The team exists; its members have their seats."""
    code = e.round or ""
    s.teams[code, b.team] = Team(b.team, {m.officer: m.role for m in b.members})
    for member in b.members:
        s.seats[code, member.officer] = b.team


def team_assigned_may(s: Standing, e: Event, b: TeamAssigned) -> Iterator[Refusal]:
    """A team inspects an agency that is, and in this round was, home to none of its members (R18).

    One team inspects an agency; who inspects its own the secretariat does not decide alone (R05).
    """
    yield from by_secretariat(s, e)
    team = s.teams.get((e.round or "", b.team))
    if team is None:
        yield refuse("team.unknown", team=b.team)
        return
    if b.inspects not in round_of(s, e).agencies:
        yield refuse("agency.not_in_round", agency=b.inspects, round=e.round or "")
    if (taken := s.dossier(e.round or "", b.inspects).team) is not None:
        yield refuse("team.agency_taken", agency=b.inspects, team=taken)
    for member in team.members:
        if s.belonged(member, b.inspects, round_of(s, e).position):
            yield refuse("inspection.home_agency", actor=member, agency=b.inspects)
    if b.until < b.since:
        yield refuse("dates.out_of_order", since=b.since.isoformat(), until=b.until.isoformat())


def team_assigned(s: Standing, e: Event, b: TeamAssigned) -> None:
    """The agency is the team's to inspect."""
    code = e.round or ""
    team = s.teams.get((code, b.team))
    if team is None or b.inspects not in round_of(s, e).agencies:
        return
    s.teams[code, b.team] = replace(team, inspects=team.inspects | {b.inspects})
    dossier = s.dossier(code, b.inspects)
    s.dossiers[code, b.inspects] = replace(dossier, team=b.team, days=(b.since, b.until))


def outside_its_days(s: Standing, e: Event) -> bool:
    """Whether a note came on a day that is not one of the team's (R19): it counts, and is flagged.

    An amendment has its reason with it; what else comes outside has to be asked about.
    """
    if not isinstance(e.body, InspectionNoteRecorded | InspectionNoteAmended):
        return False
    days = s.dossier(e.round or "", e.agency or "").days
    on = e.arrived_at.astimezone(round_of(s, e).zone).date()
    return days is not None and not days[0] <= on <= days[1]
