"""Self-assessment and inspection of one agency: what it declares, what its team finds, what it answers.

A verified score stands beside the declared one, never over it (R12).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from domain.criteria import (
    BandsRule,
    Criterion,
    PartsRule,
    RatioRule,
    Rule,
    Section,
    StatedRule,
    quantities_of,
)
from domain.deadlines import Phase
from domain.events import (
    Concurrence,
    Event,
    EvidenceReturned,
    EvidenceSubmitted,
    ExplanationSubmitted,
    FocalOfficerAssigned,
    InitiativeClaimed,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    MinutesSigned,
    PreviousResultRecorded,
    Quality,
    QuantitiesDeclared,
    Role,
    SectorPolicyClaimed,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
    SpecialCaseClaimed,
    TeamRole,
)
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.registry import by_role, known_officer
from domain.rounds import round_of
from domain.standing import Act, Cell, Dossier, Report, Standing


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


def _put_dossier(s: Standing, e: Event, dossier: Dossier) -> None:
    s.dossiers[e.round or "", e.agency or ""] = dossier


# --- who ------------------------------------------------------------------------------------------------


def by_head(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless the head of this very agency signed (R39)."""
    (actor,) = e.signed_by
    if not s.holds(actor, Role.AGENCY_HEAD, e.agency):
        rule = "agency.other_agency" if s.home_of(actor) not in (None, e.agency) else "role.missing"
        yield refuse(rule, actor=actor, role=Role.AGENCY_HEAD, agency=e.agency or "")


def by_focal_officer(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless this agency's focal officer or deputy signed; there must be one (R63)."""
    (actor,) = e.signed_by
    dossier = dossier_of(s, e)
    if dossier.focal is None:
        yield refuse("dossier.no_focal_officer", agency=e.agency or "")
    elif actor not in (dossier.focal, dossier.deputy) or s.home_of(actor) != e.agency:
        rule = "agency.other_agency" if s.home_of(actor) not in (None, e.agency) else "role.not_focal_officer"
        yield refuse(rule, actor=actor, role="FOCAL_OFFICER", agency=e.agency or "")


def by_inspector(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless a member of the assigned team signed, whose home is another agency (R18)."""
    (actor,) = e.signed_by
    if s.home_of(actor) == e.agency:
        yield refuse("inspection.home_agency", actor=actor, agency=e.agency or "")
    name = dossier_of(s, e).team
    team = None if name is None else s.teams.get((e.round or "", name))
    if team is None or actor not in team.members:
        yield refuse("inspection.not_in_team", actor=actor, agency=e.agency or "")


# --- the dossier ----------------------------------------------------------------------------------------


def focal_officer_assigned_may(s: Standing, e: Event, b: FocalOfficerAssigned) -> Iterator[Refusal]:
    """The head names an officer of the agency, and another one as deputy."""
    yield from by_head(s, e)
    for officer in filter(None, (b.officer, b.deputy)):
        yield from known_officer(s, officer)
        if s.home_of(officer) != e.agency:
            yield refuse("agency.other_agency", actor=officer, role="FOCAL_OFFICER", agency=e.agency or "")
    if b.officer == b.deputy:
        yield refuse("dossier.deputy_is_officer", officer=b.officer)


def focal_officer_assigned(s: Standing, e: Event, b: FocalOfficerAssigned) -> None:
    """The dossier is open; `focal_since` is when it first had officer and deputy."""
    old = dossier_of(s, e)
    since, position = old.focal_since, old.focal_position
    if b.deputy is not None and since is None:
        since, position = e.arrived_at, e.position
    _put_dossier(
        s, e, replace(old, focal=b.officer, deputy=b.deputy, focal_since=since, focal_position=position)
    )


def previous_result_recorded_may(s: Standing, e: Event, b: PreviousResultRecorded) -> Iterator[Refusal]:
    """The secretariat records the year before, once, out of 100."""
    yield from by_role(s, e, Role.SECRETARIAT)
    if b.evaluated_year != round_of(s, e).evaluated_year - 1:
        yield refuse(
            "previous.wrong_year", stated=b.evaluated_year, expected=round_of(s, e).evaluated_year - 1
        )
    if b.total > 100:
        yield refuse("score.above_max", stated=write(b.total), maximum="100")
    if dossier_of(s, e).previous_total is not None:
        yield refuse("previous.already_recorded", agency=e.agency or "")


def previous_result_recorded(s: Standing, e: Event, b: PreviousResultRecorded) -> None:
    """Rules that compare have something to compare with."""
    _put_dossier(s, e, replace(dossier_of(s, e), previous_total=b.total, previous_position=e.position))


def self_assessment_submitted_may(s: Standing, e: Event, b: SelfAssessmentSubmitted) -> Iterator[Refusal]:
    """The head submits as many declared cells as there are."""
    yield from by_head(s, e)
    declared = len(dossier_of(s, e).declared)
    if b.declared != declared:
        yield refuse("self_assessment.wrong_count", stated=b.declared, expected=declared)


def self_assessment_submitted(s: Standing, e: Event, b: SelfAssessmentSubmitted) -> None:
    """The self-assessment is in; a later change shows by its position."""
    old = dossier_of(s, e)
    reports = (*old.reports, Report(e.position, Phase.SELF_ASSESSMENT, e.arrived_at))
    _put_dossier(s, e, replace(old, submitted=e.position, reports=reports))


def minutes_signed_may(s: Standing, e: Event, b: MinutesSigned) -> Iterator[Refusal]:
    """Team leader and agency head sign together; items name newest notes; a disagreement says why."""
    team = s.teams.get((e.round or "", b.team))
    if team is None or e.agency not in team.inspects:
        yield refuse("inspection.not_in_team", actor=e.signed_by[0], agency=e.agency or "")
        return
    leader = next(officer for officer, role in team.members.items() if role is TeamRole.LEADER)
    heads = [actor for actor in e.signed_by if s.holds(actor, Role.AGENCY_HEAD, e.agency)]
    if leader not in e.signed_by or not heads or len(e.signed_by) != 2:
        yield refuse("minutes.both_signatures_needed", leader=leader, agency=e.agency or "")
    if s.home_of(leader) == e.agency:
        yield refuse("inspection.home_agency", actor=leader, agency=e.agency or "")
    if not b.items or len({item.criterion for item in b.items}) != len(b.items):
        yield refuse("minutes.item_twice_or_none", items=len(b.items))
    for item in b.items:
        notes = s.cell(e.round or "", e.agency or "", item.criterion).notes
        if not notes or notes[-1] != item.note:
            yield refuse("minutes.not_newest_note", criterion=item.criterion, note=item.note)
    if any(i.concurrence is Concurrence.DISAGREED for i in b.items) and "reservation" not in e.texts:
        yield refuse("text.missing", field="reservation")


def minutes_signed(s: Standing, e: Event, b: MinutesSigned) -> None:
    """The dossier has its minutes."""
    _put_dossier(s, e, replace(dossier_of(s, e), minutes=e.position))


# --- the cell: declaring --------------------------------------------------------------------------------


def evidence_submitted_may(s: Standing, e: Event, b: EvidenceSubmitted) -> Iterator[Refusal]:
    """The focal officer submits at least one file."""
    yield from by_focal_officer(s, e)
    if e.attachments == 0:
        yield refuse("evidence.no_file")


def evidence_submitted(s: Standing, e: Event, b: EvidenceSubmitted) -> None:
    """The cell has one more item of evidence."""
    cell = cell_of(s, e)
    put_cell(s, e, replace(cell, evidence=(*cell.evidence, e.position)))


def self_score_declared_may(s: Standing, e: Event, b: SelfScoreDeclared) -> Iterator[Refusal]:
    """The focal officer declares points that the rule allows."""
    yield from by_focal_officer(s, e)
    if criterion_of(s, e).section is not Section.MAIN:
        yield refuse("criterion.not_declared", criterion=e.criterion or "")
    yield from points_fit(criterion_of(s, e), b.points)


def self_score_declared(s: Standing, e: Event, b: SelfScoreDeclared) -> None:
    """The declared stage has a new act."""
    _declare(s, e, Act(e.position, e.arrived_at, points=b.points))


def quantities_declared_may(s: Standing, e: Event, b: QuantitiesDeclared) -> Iterator[Refusal]:
    """The focal officer declares exactly the quantities that the rule needs."""
    yield from by_focal_officer(s, e)
    if criterion_of(s, e).section is not Section.MAIN:
        yield refuse("criterion.not_declared", criterion=e.criterion or "")
    yield from quantities_fit(criterion_of(s, e), b.quantities)


def quantities_declared(s: Standing, e: Event, b: QuantitiesDeclared) -> None:
    """The declared stage has a new act."""
    _declare(s, e, Act(e.position, e.arrived_at, quantities=b.quantities))


def _declare(s: Standing, e: Event, act: Act) -> None:
    put_cell(s, e, replace(cell_of(s, e), declared=act))
    old = dossier_of(s, e)
    if e.criterion not in old.declared:
        _put_dossier(s, e, replace(old, declared=old.declared | {e.criterion or ""}))


# --- the cell: inspecting -------------------------------------------------------------------------------


def evidence_returned_may(s: Standing, e: Event, b: EvidenceReturned) -> Iterator[Refusal]:
    """The team hands back evidence that was submitted and has a flaw."""
    yield from by_inspector(s, e)
    if b.quality is Quality.SOUND:
        yield refuse("evidence.nothing_wrong")
    if not cell_of(s, e).evidence:
        yield refuse("evidence.none_submitted", criterion=e.criterion or "")


def evidence_returned(s: Standing, e: Event, b: EvidenceReturned) -> None:
    """The agency has been reminded."""
    cell = cell_of(s, e)
    put_cell(s, e, replace(cell, returned=(*cell.returned, e.position)))


def inspection_note_recorded_may(s: Standing, e: Event, b: InspectionNoteRecorded) -> Iterator[Refusal]:
    """A team member records the first note of a declared cell."""
    yield from by_inspector(s, e)
    if cell_of(s, e).declared is None:
        yield refuse("inspection.nothing_declared", criterion=e.criterion or "")
    if cell_of(s, e).notes:
        yield refuse("inspection.already_noted", note=cell_of(s, e).notes[-1])
    yield from _finding_fits(s, e, b)


def inspection_note_recorded(
    s: Standing, e: Event, b: InspectionNoteRecorded | InspectionNoteAmended
) -> None:
    """The verified stage has a new act; the declared one stays."""
    cell = cell_of(s, e)
    act = Act(e.position, e.arrived_at, b.points, b.quantities, b.quality)
    put_cell(s, e, replace(cell, verified=act, notes=(*cell.notes, e.position)))


def inspection_note_amended_may(s: Standing, e: Event, b: InspectionNoteAmended) -> Iterator[Refusal]:
    """A team member amends the newest note."""
    yield from by_inspector(s, e)
    notes = cell_of(s, e).notes
    if not notes or notes[-1] != b.amends:
        yield refuse("inspection.not_newest_note", note=b.amends, newest=notes[-1] if notes else "-")
    yield from _finding_fits(s, e, b)


def _finding_fits(
    s: Standing, e: Event, b: InspectionNoteRecorded | InspectionNoteAmended
) -> Iterator[Refusal]:
    criterion = criterion_of(s, e)
    if criterion.is_stated and b.points is not None and b.quantities is None:
        yield from points_fit(criterion, b.points)
    elif not criterion.is_stated and b.quantities is not None and b.points is None:
        yield from quantities_fit(criterion, b.quantities)
    else:
        yield refuse("score.wrong_kind", criterion=criterion.code)


def explanation_submitted_may(s: Standing, e: Event, b: ExplanationSubmitted) -> Iterator[Refusal]:
    """The head explains, about a note of this cell (R20)."""
    yield from by_head(s, e)
    if b.about not in cell_of(s, e).notes:
        yield refuse("explanation.no_such_note", note=b.about)


def explanation_submitted(s: Standing, e: Event, b: ExplanationSubmitted) -> None:
    """The agency has been heard; the report counts as late or not."""
    cell, old = cell_of(s, e), dossier_of(s, e)
    put_cell(s, e, replace(cell, explained=(*cell.explained, e.position)))
    report = Report(e.position, Phase.EXPLANATION, e.arrived_at)
    _put_dossier(s, e, replace(old, reports=(*old.reports, report)))


# --- the cell: claims -----------------------------------------------------------------------------------


def special_case_claimed_may(s: Standing, e: Event, b: SpecialCaseClaimed) -> Iterator[Refusal]:
    """The head claims a special case for a criterion of the 100, once."""
    yield from by_head(s, e)
    if criterion_of(s, e).section is not Section.MAIN:
        yield refuse("claim.wrong_section", criterion=e.criterion or "")
    if (claim := cell_of(s, e).special_claim) is not None:
        yield refuse("claim.already_made", claim=claim)


def special_case_claimed(s: Standing, e: Event, b: SpecialCaseClaimed) -> None:
    """The claim waits for the council."""
    put_cell(s, e, replace(cell_of(s, e), special_claim=e.position))


def sector_policy_claimed_may(s: Standing, e: Event, b: SectorPolicyClaimed) -> Iterator[Refusal]:
    """The head puts a policy before the council."""
    yield from by_head(s, e)


def sector_policy_claimed(s: Standing, e: Event, b: SectorPolicyClaimed) -> None:
    """The newest claim is the one looked at."""
    put_cell(s, e, replace(cell_of(s, e), policy_claim=e.position))


def initiative_claimed_may(s: Standing, e: Event, b: InitiativeClaimed) -> Iterator[Refusal]:
    """The head claims bonus points; only city level and above counts (R55)."""
    yield from by_head(s, e)
    criterion = criterion_of(s, e)
    if criterion.section is not Section.BONUS:
        yield refuse("claim.wrong_section", criterion=criterion.code)
    if b.level not in ("CITY", "NATIONAL"):
        yield refuse("claim.below_city_level", level=b.level)
    yield from points_fit(criterion, b.points)


def initiative_claimed(s: Standing, e: Event, b: InitiativeClaimed) -> None:
    """The claim waits for the council."""
    put_cell(s, e, replace(cell_of(s, e), bonus_claim=e.position))


# --- what fits a rule -----------------------------------------------------------------------------------


def points_fit(criterion: Criterion, points: Fraction) -> Iterator[Refusal]:
    """Yield a refusal unless these points may be stated for a criterion."""
    if not isinstance(criterion.rule, StatedRule):
        yield refuse("score.wrong_kind", criterion=criterion.code)
    elif points > criterion.max_points:
        yield refuse("score.above_max", stated=write(points), maximum=write(criterion.max_points))
    elif criterion.rule.choices and points not in criterion.rule.choices:
        allowed = ", ".join(map(write, criterion.rule.choices))
        yield refuse("score.not_a_choice", stated=write(points), choices=allowed)


def quantities_fit(criterion: Criterion, quantities: Mapping[str, Fraction]) -> Iterator[Refusal]:
    """Yield a refusal unless these are the quantities of the rule, and possible."""
    needed = quantities_of(criterion.rule)
    if not needed:
        yield refuse("score.wrong_kind", criterion=criterion.code)
    elif quantities.keys() != needed:
        yield refuse("quantities.wrong_names", needed=", ".join(sorted(needed)))
    else:
        yield from _possible(criterion.rule, quantities)


def _possible(rule: Rule, quantities: Mapping[str, Fraction]) -> Iterator[Refusal]:
    if isinstance(rule, PartsRule):
        for part in rule.parts:
            yield from _possible(part.rule, quantities)
    share = isinstance(rule, BandsRule) or (isinstance(rule, RatioRule) and rule.target is None)
    if share and isinstance(rule, RatioRule | BandsRule) and quantities[rule.of] > quantities[rule.to]:
        yield refuse("quantities.share_above_whole", part=rule.of, whole=rule.to)
