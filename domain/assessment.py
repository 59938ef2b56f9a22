"""What an agency declares of itself: its focal officer, evidence, scores and quantities, and promises.

A declared score is never written over: inspection and council put theirs beside it (R12).
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.criteria import Section
from domain.deadlines import Phase
from domain.dossiers import Act, Item, Promise, Report
from domain.events import Event
from domain.fitting import points_fit, quantities_fit
from domain.frozen import replace
from domain.points import hundredths, published, write
from domain.refusals import Refusal, refuse
from domain.registry import by_secretariat, known_officer
from domain.rounds import round_of
from domain.standing import Standing
from domain.stated.assessment import (
    EvidenceReused,
    EvidenceSubmitted,
    FocalOfficerAssigned,
    ImprovementCommitted,
    ImprovementReported,
    PreviousResultRecorded,
    QuantitiesDeclared,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
)
from domain.subject import by_focal_officer, by_head, cell_of, criterion_of, dossier_of, put_cell, put_dossier


def focal_officer_assigned_may(s: Standing, e: Event, b: FocalOfficerAssigned) -> Iterator[Refusal]:
    """The head names an officer of the agency, and another one as deputy."""
    yield from by_head(s, e)
    for officer in (b.officer,) if b.deputy is None else (b.officer, b.deputy):
        yield from known_officer(s, officer)
        if not s.at_home(officer, e.agency):
            yield refuse("agency.other_agency", actor=officer, role="FOCAL_OFFICER", agency=e.agency or "")
    if b.officer == b.deputy:
        yield refuse("dossier.deputy_is_officer", officer=b.officer)


def focal_officer_assigned(s: Standing, e: Event, b: FocalOfficerAssigned) -> None:
    """The dossier is open; `focal_since` is since when it has had officer and deputy.

    A handover does not move it; to be without a deputy ends it, until the self-assessment opens.
    """
    old = dossier_of(s, e)
    since, position = old.focal_since, old.focal_position
    if b.deputy is not None and since is None:
        since, position = e.arrived_at, e.position
    elif b.deputy is None and Phase.SELF_ASSESSMENT not in round_of(s, e).opened:
        since, position = None, None
    put_dossier(
        s, e, replace(old, focal=b.officer, deputy=b.deputy, focal_since=since, focal_position=position)
    )


def previous_result_recorded_may(s: Standing, e: Event, b: PreviousResultRecorded) -> Iterator[Refusal]:
    """The secretariat records the year before, once, out of 100; what this log published, as published."""
    yield from by_secretariat(s, e)
    if b.evaluated_year != round_of(s, e).evaluated_year - 1:
        yield refuse(
            "previous.wrong_year", stated=b.evaluated_year, expected=round_of(s, e).evaluated_year - 1
        )
    if b.total > 100:
        yield refuse("score.above_max", stated=write(b.total), maximum="100")
    if dossier_of(s, e).previous_total is not None:
        yield refuse("previous.already_recorded", agency=e.agency or "")
    for found in s.rounds.values():
        if found.evaluated_year == b.evaluated_year and found.published and e.agency in found.agencies:
            total = found.versions[-1].results[e.agency or ""].total
            if hundredths(total) != b.total * 100:
                yield refuse("previous.differs_from_log", stated=write(b.total), expected=published(total))


def previous_result_recorded(s: Standing, e: Event, b: PreviousResultRecorded) -> None:
    """Rules that compare have something to compare with."""
    put_dossier(s, e, replace(dossier_of(s, e), previous_total=b.total, previous_position=e.position))


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
    put_dossier(s, e, replace(old, submitted=e.position, reports=reports))


# --- declaring ------------------------------------------------------------------------------------------


def evidence_submitted_may(s: Standing, e: Event, b: EvidenceSubmitted) -> Iterator[Refusal]:
    """The focal officer submits at least one file, as the next version of the document."""
    yield from by_focal_officer(s, e)
    if e.attachments == 0:
        yield refuse("evidence.no_file")
    expected = dossier_of(s, e).serials.get(b.serial, 0) + 1
    if b.version != expected:
        yield refuse("evidence.wrong_version", serial=b.serial, stated=b.version, expected=expected)


def evidence_submitted(s: Standing, e: Event, b: EvidenceSubmitted) -> None:
    """The cell has one more item of evidence; the document is at this version."""
    cell, old = cell_of(s, e), dossier_of(s, e)
    put_cell(s, e, replace(cell, evidence=(*cell.evidence, e.position), supplied=e.position))
    put_dossier(s, e, replace(old, serials={**old.serials, b.serial: b.version}))
    s.items[e.round or "", e.position] = Item(e.agency or "", b.serial, b.version)


def evidence_reused_may(s: Standing, e: Event, b: EvidenceReused) -> Iterator[Refusal]:
    """The focal officer lets an item of the same agency serve one more cell, once."""
    yield from by_focal_officer(s, e)
    item = s.items.get((e.round or "", b.source))
    if item is None or item.agency != e.agency:
        yield refuse("evidence.unknown_item", source=b.source)
    if b.source in cell_of(s, e).evidence:
        yield refuse("evidence.already_there", source=b.source)


def evidence_reused(s: Standing, e: Event, b: EvidenceReused) -> None:
    """The cell has one more item of evidence, by the position where it was submitted."""
    cell = cell_of(s, e)
    put_cell(s, e, replace(cell, evidence=(*cell.evidence, b.source), supplied=e.position))


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
        put_dossier(s, e, replace(old, declared=old.declared | {e.criterion or ""}))


# --- promises -------------------------------------------------------------------------------------------


def improvement_committed_may(s: Standing, e: Event, b: ImprovementCommitted) -> Iterator[Refusal]:
    """The head promises to mend what a note of this cell found (R57)."""
    yield from by_head(s, e)
    if b.about not in cell_of(s, e).notes:
        yield refuse("explanation.no_such_note", note=b.about)


def improvement_committed(s: Standing, e: Event, b: ImprovementCommitted) -> None:
    """The promise is kept in sight, into the next round."""
    cell = cell_of(s, e)
    put_cell(s, e, replace(cell, promises=(*cell.promises, Promise(e.position, b.due))))


def improvement_reported_may(s: Standing, e: Event, b: ImprovementReported) -> Iterator[Refusal]:
    """The head reports a promise as kept, once."""
    yield from by_head(s, e)
    found = next((p for p in cell_of(s, e).promises if p.position == b.commitment), None)
    if found is None:
        yield refuse("improvement.unknown", commitment=b.commitment)
    elif found.kept is not None:
        yield refuse("improvement.already_reported", commitment=b.commitment)


def improvement_reported(s: Standing, e: Event, b: ImprovementReported) -> None:
    """The promise was kept, says the agency."""
    cell = cell_of(s, e)
    kept = tuple(replace(p, kept=e.position) if p.position == b.commitment else p for p in cell.promises)
    put_cell(s, e, replace(cell, promises=kept))
