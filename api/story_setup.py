"""How a round begins: its opening and phases, focal officers, delegations, last year's results, teams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from api.acts import Act, Asked, IdOf
from api.story_asked import published_total
from api.story_cast import Cast, delegation_label, moment
from api.story_values import ZONE
from domain.points import write as write_points
from domain.shapes import write


def setup(cast: Cast) -> Iterator[Act]:
    """Tell what comes before the self-assessment."""
    opened = moment(cast.plan.opened)
    yield _opening(cast, opened)
    for phase, at in cast.plan.phases.items():
        yield cast.act("PhaseOpened", at, cast.secretariat(), body={"phase": phase})
    for extension in cast.plan.extensions:
        body = {"phase": extension.phase.value, "due": extension.due}
        texts = {"reason": extension.reason}
        yield cast.act("DeadlineExtended", extension.at, cast.authority, body=body, texts=texts)
    yield from _focal_officers(cast, opened + timedelta(days=2))
    yield from _delegations(cast)
    yield from _previous(cast, opened + timedelta(hours=5))


def _opening(cast: Cast, at: datetime) -> Act:
    plan, criteria = cast.plan, cast.example.criteria_of(cast.plan)
    blocks: dict[str, int] = {}
    for agency in cast.example.agencies:
        blocks[agency.block.value] = blocks.get(agency.block.value, 0) + 1
    body = {
        "evaluated_year": plan.evaluated_year,
        "execution_year": plan.execution_year,
        "regulation": plan.regulation,
        "regulation_version": plan.regulation_version,
        "criteria_set": criteria.code,
        "criteria_version": criteria.version,
        "blocks": blocks,
        "deadlines": write(plan.deadlines),
        "holidays": list(plan.holidays),
        "timers": write(plan.timers),
        "publication": write(plan.publication),
        "awards": write(plan.awards),
    }
    return cast.act("RoundOpened", at, cast.authority, body=body)


def _focal_officers(cast: Cast, at: datetime) -> Iterator[Act]:
    for number, agency in enumerate(a.code for a in cast.example.agencies):
        (officer,) = cast.example.of_duty("FOCAL_OFFICER", agency)[:1]
        (deputy,) = cast.example.of_duty("DEPUTY", agency)[:1]
        body = {"officer": officer, "deputy": deputy}
        yield cast.by_agency("FocalOfficerAssigned", at + timedelta(minutes=9 * number), agency, body=body)


def _delegations(cast: Cast) -> Iterator[Act]:
    for found in cast.example.delegations:
        if found.round != cast.plan.code:
            continue
        holder, label = cast.example.of_duty(found.by, found.agency)[:1], delegation_label(found)
        yield cast.act(
            "DelegationGranted",
            found.granted,
            holder,
            agency=found.agency,
            body={"to": found.to, "acts": list(found.acts), "since": found.since, "until": found.until},
            label=label,
        )
        if found.ended is not None:
            body = {"delegation": IdOf(label)}
            yield cast.act("DelegationEnded", found.ended, holder, agency=found.agency, body=body)


def _previous(cast: Cast, at: datetime) -> Iterator[Act]:
    """The year before comes from elsewhere, or from this very log where it holds that round."""
    year = cast.plan.evaluated_year - 1
    held = any(plan.evaluated_year == year for plan in cast.example.rounds)
    for number, agency in enumerate(a.code for a in cast.example.agencies):
        stated = cast.example.profiles[agency].previous
        if not held and stated is None:
            continue
        total = Asked(published_total) if stated is None or held else write_points(stated)
        body = {"evaluated_year": year, "total": total, "source": cast.plan.previous_source}
        signers, later = cast.secretariat(agency), at + timedelta(minutes=number)
        yield cast.act("PreviousResultRecorded", later, signers, agency=agency, body=body)


# --- cross-inspection -----------------------------------------------------------------------------------


def teams(cast: Cast) -> Iterator[Act]:
    """Officials are seconded, sit in teams, and the teams are assigned."""
    secretary, year = cast.secretariat(desk=1), cast.plan.execution_year
    at = datetime(year, 2, 6, 8, 30, tzinfo=ZONE)
    visits = [visit for team in cast.example.teams for visit in team.inspects]
    since, until = min(v.since for v in visits), max(v.until for v in visits)
    for number, officer in enumerate(m for team in cast.example.teams for m in team.members):
        at += timedelta(minutes=4)
        body: dict[str, Any] = {
            "officer": officer,
            "lender": cast.example.home(officer),
            "decision": f"{100 + number}/QĐ-UBND (minh họa)",
            "since": since,
            "until": until,
        }
        yield cast.act("OfficerSeconded", at, secretary, body=body)
    for team in cast.example.teams:
        at += timedelta(minutes=5)
        roles = ["LEADER", *["MEMBER"] * (len(team.members) - 1)]
        members = [{"officer": o, "role": role} for o, role in zip(team.members, roles, strict=True)]
        body = {"team": team.team, "members": members}
        yield cast.act("TeamFormed", at, secretary, body=body)
        for visit in team.inspects:
            at += timedelta(minutes=1)
            body = {"team": team.team, "inspects": visit.agency, "since": visit.since, "until": visit.until}
            yield cast.act("TeamAssigned", at, cast.secretariat(visit.agency, desk=1), body=body)
