"""What inspectors ask, return and find, what the agency explains, and what both sign.

A verified score stands beside the declared one, never over it (R12).
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.deadlines import Phase
from domain.dossiers import Act, Report
from domain.events import Event
from domain.fitting import points_fit, quantities_fit
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.registry import by_secretariat
from domain.rounds import round_of
from domain.standing import Standing
from domain.stated.assessment import (
    DossierCompiled,
    DossierUnfrozen,
    EvidenceRequested,
    EvidenceReturned,
    ExplanationRequested,
    ExplanationSubmitted,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    MinutesSigned,
)
from domain.stated.choices import Concurrence, Quality, TeamRole
from domain.subject import (
    by_head,
    by_inspector,
    cell_of,
    criterion_of,
    dossier_of,
    heads,
    in_team,
    put_cell,
    put_dossier,
)


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
    notes = (*cell.notes, e.position)
    put_cell(s, e, replace(cell, verified=act, notes=notes, shortcomings=b.shortcomings))


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
    known = [shortcoming.code for shortcoming in round_of(s, e).criteria.shortcomings]
    for code in b.shortcomings:
        if code not in known:
            yield refuse("shortcoming.unknown", stated=code, known=", ".join(known))
    if criterion.is_stated and b.points is not None and b.quantities is None:
        yield from points_fit(criterion, b.points)
    elif not criterion.is_stated and b.quantities is not None and b.points is None:
        yield from quantities_fit(criterion, b.quantities)
    else:
        yield refuse("score.wrong_kind", criterion=criterion.code)


def evidence_requested_may(s: Standing, e: Event, b: EvidenceRequested) -> Iterator[Refusal]:
    """The team that inspects, or the secretariat, asks for evidence of a cell (R07)."""
    if in_team(s, e, e.signed_by[0]):
        yield from by_inspector(s, e)
    else:
        yield from by_secretariat(s, e)


def evidence_requested(s: Standing, e: Event, b: EvidenceRequested) -> None:
    """The agency has been asked."""
    cell = cell_of(s, e)
    put_cell(s, e, replace(cell, requested=(*cell.requested, e.position)))


def explanation_requested_may(s: Standing, e: Event, b: ExplanationRequested) -> Iterator[Refusal]:
    """The team asks about a note of this cell."""
    yield from by_inspector(s, e)
    if b.about not in cell_of(s, e).notes:
        yield refuse("explanation.no_such_note", note=b.about)


def explanation_requested(s: Standing, e: Event, b: ExplanationRequested) -> None:
    """The agency owes an explanation."""
    cell = cell_of(s, e)
    put_cell(s, e, replace(cell, questions=(*cell.questions, e.position)))


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
    put_dossier(s, e, replace(old, reports=(*old.reports, report)))


# --- the dossier ----------------------------------------------------------------------------------------


def minutes_signed_may(s: Standing, e: Event, b: MinutesSigned) -> Iterator[Refusal]:
    """Team leader and agency head sign together; items name newest notes; a disagreement says why."""
    team = s.teams.get((e.round or "", b.team))
    if team is None or e.agency not in team.inspects:
        yield refuse("inspection.not_in_team", actor=e.signed_by[0], agency=e.agency or "")
        return
    leader = next(officer for officer, role in team.members.items() if role is TeamRole.LEADER)
    by_its_head = any(heads(s, actor, e.agency) for actor in e.signed_by if actor != leader)
    if leader not in e.signed_by or not by_its_head or len(e.signed_by) != 2:
        yield refuse("minutes.both_signatures_needed", leader=leader, agency=e.agency or "")
    if s.belonged(leader, e.agency, round_of(s, e).position):
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
    put_dossier(s, e, replace(dossier_of(s, e), minutes=e.position))


def dossier_compiled_may(s: Standing, e: Event, b: DossierCompiled) -> Iterator[Refusal]:
    """The secretariat freezes an open dossier, with as many statements as there are about it (R23)."""
    yield from by_secretariat(s, e)
    dossier = dossier_of(s, e)
    if dossier.compiled is not None:
        yield refuse("dossier.frozen", agency=e.agency or "", since=dossier.compiled)
    expected = s.activity(e.round or "", e.agency or "").statements
    if b.statements != expected:
        yield refuse("dossier.wrong_count", stated=b.statements, expected=expected)


def dossier_compiled(s: Standing, e: Event, b: DossierCompiled) -> None:
    """Nothing goes into the dossier until it is opened again."""
    put_dossier(s, e, replace(dossier_of(s, e), compiled=e.position))


def dossier_unfrozen_may(s: Standing, e: Event, b: DossierUnfrozen) -> Iterator[Refusal]:
    """The secretariat opens a frozen dossier, with a reason."""
    yield from by_secretariat(s, e)
    if dossier_of(s, e).compiled is None:
        yield refuse("dossier.not_frozen", agency=e.agency or "")


def dossier_unfrozen(s: Standing, e: Event, b: DossierUnfrozen) -> None:
    """The dossier takes statements again; the freeze stays in the log."""
    put_dossier(s, e, replace(dossier_of(s, e), compiled=None))
