"""The conflict report: where an act or a seat and a home agency meet (R05, R18). Nothing here accuses.

Every act of the secretariat on its own agency is listed, with who co-signed it; so is every member who is
out of an agency's matters, or votes where the rank of their own could move, and every seat in a team that a
later transfer put in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from domain import admission
from domain.events import Event
from domain.registry import concerned, of_the_secretariat
from domain.standing import Standing
from domain.stated.choices import Role
from domain.stated.council import RecusalDeclared, VoteCast
from domain.stated.registry import OfficerTransferred


class Conflict(StrEnum):
    """The kinds of conflict."""

    SECRETARIAT_OWN_AGENCY = "SECRETARIAT_OWN_AGENCY"
    MEMBER_OF_AGENCY = "MEMBER_OF_AGENCY"
    MEMBER_OF_PARTY = "MEMBER_OF_PARTY"
    RECUSAL_DECLARED = "RECUSAL_DECLARED"
    TEAM_MEMBER_TRANSFERRED = "TEAM_MEMBER_TRANSFERRED"
    MUTUAL_INSPECTION = "MUTUAL_INSPECTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the report; `others` are co-signers, or the agencies on the other side."""

    conflict: Conflict
    actor: str
    agency: str
    position: int | None = None
    kind: str | None = None
    criterion: str | None = None
    others: tuple[str, ...] = ()


def conflicts(events: Iterable[Event], round_code: str) -> tuple[Line, ...]:
    """Fold events and report what concerns a round: acts in the order of the log, then what holds now."""
    standing, lines = Standing(), list[Line]()
    for event in events:
        if event.round in (None, round_code):
            lines += _at(standing, event, round_code)
        admission.follow(standing, event)
    return (*lines, *_members(standing, round_code), *_mutual(standing, round_code))


def _at(standing: Standing, event: Event, round_code: str) -> Iterator[Line]:
    body = event.body
    if isinstance(body, OfficerTransferred):
        yield from _transferred(standing, event, body, round_code)
    agency = concerned(standing, event)
    if agency is None:
        return
    if isinstance(body, RecusalDeclared):
        yield _line(event, Conflict.RECUSAL_DECLARED, agency, body.member)
    if isinstance(body, VoteCast):
        yield from _of_a_party(standing, event, agency)
    serving = [actor for actor in event.signed_by if standing.holds(actor, Role.SECRETARIAT)]
    if serving and of_the_secretariat(standing, agency):
        yield _line(event, Conflict.SECRETARIAT_OWN_AGENCY, agency, serving[0])


def _of_a_party(standing: Standing, event: Event, agency: str) -> Iterator[Line]:
    """A vote on a dispute that could move the rank of the member's own agency."""
    motion = standing.cell(event.round or "", agency, event.criterion or "").motion
    dispute = standing.disputes.get((event.round or "", (motion and motion.dispute) or ""))
    member = event.signed_by[0]
    parties = sorted(dispute.affected) if dispute else ()
    homes = tuple(party for party in parties if standing.at_home(member, party))
    if homes:
        yield replace(_line(event, Conflict.MEMBER_OF_PARTY, agency, member), others=homes)


def _line(event: Event, conflict: Conflict, agency: str, actor: str) -> Line:
    return Line(
        conflict=conflict,
        actor=actor,
        agency=agency,
        position=event.position,
        kind=event.kind.name,
        criterion=event.criterion,
        others=tuple(other for other in event.signed_by if other != actor),
    )


def _transferred(
    standing: Standing, event: Event, body: OfficerTransferred, round_code: str
) -> Iterator[Line]:
    seat = standing.seats.get((round_code, body.officer))
    team = standing.teams.get((round_code, seat or ""))
    if team is not None and body.home in team.inspects:
        yield Line(
            conflict=Conflict.TEAM_MEMBER_TRANSFERRED,
            actor=body.officer,
            agency=body.home,
            position=event.position,
            kind=event.kind.name,
            others=(team.name,),
        )


def _members(standing: Standing, round_code: str) -> Iterator[Line]:
    """Members whose home is ranked: out of its matters by rule."""
    found = standing.rounds.get(round_code)
    if found is None or found.council is None:
        return
    for member in sorted(found.council.members):
        for agency in found.agencies:
            if standing.at_home(member, agency):
                yield Line(conflict=Conflict.MEMBER_OF_AGENCY, actor=member, agency=agency)


def _mutual(standing: Standing, round_code: str) -> Iterator[Line]:
    """Pairs of agencies whose people inspect each other."""
    inspects: dict[str, set[str]] = {}
    for (code, _), team in standing.teams.items():
        for member in team.members if code == round_code else ():
            home = standing.home_of(member)
            if home is not None:
                inspects.setdefault(home, set()).update(team.inspects)
    for home in sorted(inspects):
        for other in sorted(inspects[home]):
            if home < other and home in inspects.get(other, ()):
                yield Line(conflict=Conflict.MUTUAL_INSPECTION, actor=home, agency=other)
