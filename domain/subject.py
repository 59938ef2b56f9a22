"""What an event is about, and who of an agency or its inspectors may act on it."""

from __future__ import annotations

from collections.abc import Iterator

from domain.criteria import Criterion
from domain.dossiers import Cell, Dossier
from domain.events import Event
from domain.refusals import Refusal, refuse
from domain.rounds import round_of
from domain.standing import Standing
from domain.stated.choices import Role


def cell_of(s: Standing, e: Event) -> Cell:
    """Return the cell an event is about."""
    return s.cell(e.round or "", e.agency or "", e.criterion or "")


def dossier_of(s: Standing, e: Event) -> Dossier:
    """Return the dossier an event is about."""
    return s.dossier(e.round or "", e.agency or "")


def criterion_of(s: Standing, e: Event) -> Criterion:
    """Return the criterion an event is about; admission has seen that it applies."""
    return round_of(s, e).criteria.by_code[e.criterion or ""]


def put_cell(s: Standing, e: Event, cell: Cell) -> None:
    """Store a cell under the event's subject."""
    s.cells[e.round or "", e.agency or "", e.criterion or ""] = cell


def put_dossier(s: Standing, e: Event, dossier: Dossier) -> None:
    """Store a dossier under the event's subject."""
    s.dossiers[e.round or "", e.agency or ""] = dossier


def heads(s: Standing, actor: str, agency: str | None) -> bool:
    """Whether an actor is head of an agency, or of the one it was merged into."""
    return s.holds(actor, Role.AGENCY_HEAD, agency) or s.holds(actor, Role.AGENCY_HEAD, s.house(agency))


def by_head(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless it is an act of the head of this very agency (R39)."""
    if not heads(s, e.actor, e.agency):
        yield refuse(
            _whose(s, e, "role.missing"), actor=e.actor, role=Role.AGENCY_HEAD, agency=e.agency or ""
        )


def by_focal_officer(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless it is an act of the focal officer or deputy; there must be one (R63)."""
    dossier = dossier_of(s, e)
    if dossier.focal is None:
        yield refuse("dossier.no_focal_officer", agency=e.agency or "")
    elif e.actor not in (dossier.focal, dossier.deputy) or not s.at_home(e.actor, e.agency):
        rule = _whose(s, e, "role.not_focal_officer")
        yield refuse(rule, actor=e.actor, role="FOCAL_OFFICER", agency=e.agency or "")


def by_agency(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless it is an act of the head or the focal officer of the agency."""
    if not heads(s, e.actor, e.agency):
        yield from by_focal_officer(s, e)


def by_inspector(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless a member of the assigned team signed, who is of another agency (R18).

    Whoever left the agency since the round opened does not inspect it either.
    """
    actor = e.signed_by[0]
    if s.belonged(actor, e.agency, round_of(s, e).position):
        yield refuse("inspection.home_agency", actor=actor, agency=e.agency or "")
    if not in_team(s, e, actor):
        yield refuse("inspection.not_in_team", actor=actor, agency=e.agency or "")


def in_team(s: Standing, e: Event, actor: str) -> bool:
    """Whether an actor sits in the team that inspects the agency."""
    name = dossier_of(s, e).team
    team = None if name is None else s.teams.get((e.round or "", name))
    return team is not None and actor in team.members


def _whose(s: Standing, e: Event, otherwise: str) -> str:
    """Tell somebody of another agency from somebody without the office."""
    stranger = s.home_of(e.actor) is not None and not s.at_home(e.actor, e.agency)
    return "agency.other_agency" if stranger else otherwise
