"""Acts after something was closed: late, on an extension, in a reopened dossier, after submission.

Nothing here is a test: each is a fact that the log has, and what it means has to be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from domain.admission import RULES
from domain.deadlines import Phase
from domain.refusals import Fact
from domain.stated.assessment import (
    DossierCompiled,
    DossierUnfrozen,
    QuantitiesDeclared,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
)
from projections.findings import Kind, Looked, Observation
from projections.outlines import Outline

Due = Mapping[Phase, datetime]
"""The first moment that is too late."""
DECLARED = (SelfScoreDeclared, QuantitiesDeclared)


def closing_findings(
    told: Sequence[Outline], first: Due, now: Due, extended: Mapping[Phase, Sequence[int]]
) -> Looked:
    """Find what came after a closing.

    `first` are the deadlines as the round was opened, `now` as they hold; `extended` names the statements
    that moved them. What was put into a reopened dossier is told as that alone.
    """
    by_agency = list(_by_agency(told))
    reopened = {p for finding in by_agency if finding.how == "UNFROZEN" for p in finding.positions}
    others = [outline for outline in told if outline.position not in reopened]
    found = (*_late(others, now), *_on_extension(others, first, now, extended), *by_agency)
    return Looked(kind=Kind.AFTER_CLOSING, compared=len(told), found=found)


def due_in(outline: Outline) -> Phase | None:
    """Return the phase that a statement is due in, if it is due at all."""
    return RULES[outline.kind.body].until


def _late(told: Iterable[Outline], due: Due) -> Iterator[Observation]:
    late: dict[tuple[str, Phase], list[Outline]] = defaultdict(list)
    for outline in told:
        phase = due_in(outline)
        if phase is not None and phase in due and outline.arrived_at >= due[phase]:
            late[outline.agency, phase].append(outline)
    for (agency, phase), acts in late.items():
        facts: dict[str, Fact] = {
            "agency": agency,
            "phase": phase,
            "acts": len(acts),
            "due": due[phase].isoformat(),
            "last": max(act.arrived_at for act in acts).astimezone(due[phase].tzinfo).isoformat(),
        }
        yield _finding("LATE", acts, facts)


def _on_extension(
    told: Sequence[Outline], first: Due, now: Due, extended: Mapping[Phase, Sequence[int]]
) -> Iterator[Observation]:
    """One finding a phase: an extension reaches everybody alike."""
    for phase, moved in extended.items():
        acts = [o for o in told if due_in(o) is phase and first[phase] <= o.arrived_at < now[phase]]
        if acts:
            facts: dict[str, Fact] = {
                "phase": phase,
                "acts": len(acts),
                "agencies": len({act.agency for act in acts}),
                "due": first[phase].isoformat(),
                "extended": now[phase].isoformat(),
            }
            yield _finding("EXTENDED", acts, facts, *moved)


def _by_agency(told: Iterable[Outline]) -> Iterator[Observation]:
    by_agency: dict[str, list[Outline]] = defaultdict(list)
    for outline in told:
        by_agency[outline.agency].append(outline)
    for agency, acts in by_agency.items():
        acts.sort(key=lambda act: act.position)
        yield from _unfrozen(agency, acts)
        yield from _restated(agency, acts)


def _unfrozen(agency: str, acts: Sequence[Outline]) -> Iterator[Observation]:
    """What was put into a dossier between its unfreezing and its next freeze."""
    opened: Outline | None = None
    changes: list[Outline] = []
    for act in acts:
        if act.kind.body is DossierUnfrozen:
            opened, changes = act, []
        elif opened is not None and act.kind.body is DossierCompiled:
            yield from _changed(agency, opened, changes, act)
            opened = None
        elif RULES[act.kind.body].contents:
            changes.append(act)
    if opened is not None:
        yield from _changed(agency, opened, changes, None)


def _changed(
    agency: str, opened: Outline, changes: Sequence[Outline], closed: Outline | None
) -> Iterator[Observation]:
    if changes:
        facts: dict[str, Fact] = {"agency": agency, "acts": len(changes), "unfrozen": opened.position}
        frozen = (closed.position,) if closed else ()
        yield _finding("UNFROZEN", changes, facts, opened.position, *frozen)


def _restated(agency: str, acts: Sequence[Outline]) -> Iterator[Observation]:
    """What was declared after the head had submitted the self-assessment as a whole."""
    submitted = next((act for act in acts if act.kind.body is SelfAssessmentSubmitted), None)
    after = [a for a in acts if submitted and a.position > submitted.position and a.kind.body in DECLARED]
    if submitted and after:
        told: dict[str, Fact] = {"agency": agency, "acts": len(after), "submitted": submitted.position}
        yield _finding("RESTATED", after, told, submitted.position)


def _finding(how: str, acts: Iterable[Outline], facts: dict[str, Fact], *more: int) -> Observation:
    positions = tuple(sorted({*more, *(act.position for act in acts)}))
    return Observation(kind=Kind.AFTER_CLOSING, how=how, positions=positions, facts=facts)
