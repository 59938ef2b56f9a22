"""The round: opened with frozen rules, led through its phases, inspected by teams, approved and published.

Proposal, approval and publication are three acts of different offices (R04).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from domain import deadlines
from domain.criteria import Block
from domain.deadlines import Phase
from domain.events import (
    REGISTRY_STREAM,
    ApprovalProposed,
    CouncilEstablished,
    DeadlineExtended,
    Event,
    OfficerSeconded,
    PhaseOpened,
    ResultApproved,
    ResultPublished,
    Role,
    RoundOpened,
    TeamAssigned,
    TeamFormed,
    TeamRole,
)
from domain.refusals import Malformed, Refusal, refuse
from domain.registry import by_role, known_officer
from domain.standing import NO_CELL, Council, Round, Standing, Team


def round_of(s: Standing, e: Event) -> Round:
    """Return the round an event belongs to; admission has seen that there is one."""
    return s.rounds[e.round or ""]


def round_opened_may(s: Standing, e: Event, b: RoundOpened) -> Iterator[Refusal]:
    """The approving authority opens a round whose declared blocks match the registry (R17)."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if e.round in s.rounds:
        yield refuse("round.already_open", round=e.round or "")
    if e.round == REGISTRY_STREAM:
        yield refuse("round.malformed_code", round=e.round)
    if b.execution_year <= b.evaluated_year or not 1990 <= b.evaluated_year <= 9000:
        yield refuse("round.years_out_of_order", evaluated=b.evaluated_year, execution=b.execution_year)
        return
    if (b.criteria_set, b.criteria_version) not in s.criteria_sets:
        yield refuse("criteria.unknown", code=b.criteria_set, version=b.criteria_version)
    for block in sorted(b.blocks.keys() | set(Block)):
        registered = sum(found == block for found in _ranked(s, b).values())
        if registered != b.blocks.get(block, 0):
            yield refuse(
                "round.blocks_differ",
                block=block[:40],
                declared=b.blocks.get(block, 0),
                registered=registered,
            )
    try:
        deadlines.resolve(b.deadlines, frozenset(b.holidays))
    except Malformed as wrong:
        yield wrong.refusal


def round_opened(s: Standing, e: Event, b: RoundOpened) -> None:
    """Freeze criteria set, ranked agencies and deadlines."""
    opened = Round(
        code=e.round or "",
        evaluated_year=b.evaluated_year,
        criteria=s.criteria_sets[b.criteria_set, b.criteria_version],
        agencies=_ranked(s, b),
        rules=b.deadlines,
        holidays=frozenset(b.holidays),
        zone=deadlines.zone(s.log["genesis"].utc_offset),
        deadlines={},
        due={},
        opened={Phase.PREPARATION: e.arrived_at},
        position=e.position,
    )
    s.rounds[opened.code] = _with_deadlines(opened)


def _ranked(s: Standing, b: RoundOpened) -> dict[str, Block]:
    """The agencies that are ranked: those alive at the end of the evaluated year."""
    last_day = date(b.evaluated_year, 12, 31)
    return {a.code: a.block for a in s.agencies.values() if a.alive_on(last_day)}


def _with_deadlines(found: Round) -> Round:
    resolved = deadlines.resolve(found.rules, found.holidays)
    due = {phase: deadlines.end_of(deadline.due, found.zone) for phase, deadline in resolved.items()}
    return replace(found, deadlines=resolved, due=due)


def phase_opened_may(s: Standing, e: Event, b: PhaseOpened) -> Iterator[Refusal]:
    """The secretariat opens the next phase in order; publication alone ends the round."""
    yield from by_role(s, e, Role.SECRETARIAT)
    now = round_of(s, e).phase
    if b.phase.place != now.place + 1 or b.phase is Phase.PUBLISHED:
        yield refuse("phase.not_next", phase=b.phase, now=now)


def phase_opened(s: Standing, e: Event, b: PhaseOpened) -> None:
    """The round is in its next phase."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, phase=b.phase, opened={**found.opened, b.phase: e.arrived_at})


def deadline_extended_may(s: Standing, e: Event, b: DeadlineExtended) -> Iterator[Refusal]:
    """The approving authority moves a deadline to a later day, for everyone."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    deadline = round_of(s, e).deadlines.get(b.phase)
    if deadline is None:
        yield refuse("deadline.unknown", phase=b.phase)
    elif b.due <= deadline.due:
        yield refuse("deadline.not_later", phase=b.phase, due=deadline.due.isoformat())
    else:
        try:
            _extended(round_of(s, e), b)
        except Malformed as wrong:
            yield wrong.refusal


def deadline_extended(s: Standing, e: Event, b: DeadlineExtended) -> None:
    """Later deadlines that hang on this one move with it."""
    s.rounds[e.round or ""] = _extended(round_of(s, e), b)


def _extended(found: Round, b: DeadlineExtended) -> Round:
    rules = (
        replace(rule, on=b.due, after=None, working_days=None) if rule.phase is b.phase else rule
        for rule in found.rules
    )
    return _with_deadlines(replace(found, rules=tuple(rules)))


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
    """A team inspects an agency that is home to none of its members (R18); one team an agency."""
    yield from by_role(s, e, Role.SECRETARIAT)
    team = s.teams.get((e.round or "", b.team))
    if team is None:
        yield refuse("team.unknown", team=b.team)
        return
    if b.inspects not in round_of(s, e).agencies:
        yield refuse("agency.not_in_round", agency=b.inspects, round=e.round or "")
    if (taken := s.dossier(e.round or "", b.inspects).team) is not None:
        yield refuse("team.agency_taken", agency=b.inspects, team=taken)
    for member in team.members:
        if s.home_of(member) == b.inspects:
            yield refuse("inspection.home_agency", actor=member, agency=b.inspects)
    if b.until < b.since:
        yield refuse("dates.out_of_order", since=b.since.isoformat(), until=b.until.isoformat())


def team_assigned(s: Standing, e: Event, b: TeamAssigned) -> None:
    """The agency is the team's to inspect."""
    code = e.round or ""
    team = s.teams[code, b.team]
    s.teams[code, b.team] = replace(team, inspects=team.inspects | {b.inspects})
    s.dossiers[code, b.inspects] = replace(s.dossier(code, b.inspects), team=b.team)


def council_established_may(s: Standing, e: Event, b: CouncilEstablished) -> Iterator[Refusal]:
    """The approving authority names members that hold the office, and a majority as quorum."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if round_of(s, e).council is not None:
        yield refuse("council.already_established", round=e.round or "")
    if len(set(b.members)) != len(b.members):
        yield refuse("council.member_twice")
    if not len(b.members) // 2 < b.quorum <= len(b.members):
        yield refuse("council.quorum_not_majority", quorum=b.quorum, members=len(b.members))
    for member in b.members:
        if not s.holds(member, Role.COUNCIL_MEMBER):
            yield refuse("role.missing", actor=member, role=Role.COUNCIL_MEMBER, agency="-")


def council_established(s: Standing, e: Event, b: CouncilEstablished) -> None:
    """The round has its council."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, council=Council(frozenset(b.members), b.quorum))


def approval_proposed_may(s: Standing, e: Event, b: ApprovalProposed) -> Iterator[Refusal]:
    """The secretariat proposes the next version, once no declared cell is left unverified and unwaived."""
    yield from by_role(s, e, Role.SECRETARIAT)
    found = round_of(s, e)
    if b.version != found.published + 1 or found.proposed >= b.version:
        yield refuse("result.wrong_version", version=b.version, expected=found.published + 1)
    for agency in found.agencies:
        for criterion in sorted(s.dossier(found.code, agency).declared):
            cell = s.cells.get((found.code, agency, criterion), NO_CELL)
            if (
                cell.verified is None
                and cell.decided is None
                and cell.waived is None
                and cell.excluded is None
            ):
                yield refuse("result.cell_not_verified", agency=agency, criterion=criterion)


def approval_proposed(s: Standing, e: Event, b: ApprovalProposed) -> None:
    """A version waits for approval."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, proposed=b.version)


def result_approved_may(s: Standing, e: Event, b: ResultApproved) -> Iterator[Refusal]:
    """The approving authority approves what was proposed; who serves the secretariat may not (R04)."""
    (actor,) = e.signed_by
    if s.holds(actor, Role.SECRETARIAT):
        yield refuse("result.approved_by_secretariat", actor=actor)
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if round_of(s, e).proposed != b.version:
        yield refuse("result.not_proposed", version=b.version)
    if round_of(s, e).approved >= b.version:
        yield refuse("result.already_approved", version=b.version)


def result_approved(s: Standing, e: Event, b: ResultApproved) -> None:
    """A version may be published."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, approved=b.version)


def result_published_may(s: Standing, e: Event, b: ResultPublished) -> Iterator[Refusal]:
    """The secretariat publishes what was approved."""
    yield from by_role(s, e, Role.SECRETARIAT)
    if b.version < 1 or round_of(s, e).approved != b.version:
        yield refuse("result.not_approved", version=b.version)


def result_published(s: Standing, e: Event, b: ResultPublished) -> None:
    """The round is published."""
    found = round_of(s, e)
    opened = {**found.opened, Phase.PUBLISHED: e.arrived_at}
    s.rounds[found.code] = replace(found, published=b.version, phase=Phase.PUBLISHED, opened=opened)
