"""Large changes of points with nothing new: a note or an adjustment that no evidence or explanation preceded.

New is what came in about the cell since the act before it: evidence, evidence used again, an explanation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from domain.criteria import CriteriaSet, Section
from domain.points import write
from domain.refusals import Fact
from domain.scoring import Stage
from domain.stated.assessment import (
    EvidenceReused,
    EvidenceSubmitted,
    ExplanationSubmitted,
    InspectionNoteAmended,
    InspectionNoteRecorded,
)
from domain.stated.council import CouncilAdjustmentMade
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals
from projections.outlines import Outline
from projections.steps import Step

NEW = (EvidenceSubmitted, EvidenceReused, ExplanationSubmitted)
LOOKED_AT = (InspectionNoteRecorded, InspectionNoteAmended, CouncilAdjustmentMade)


def unsupported_findings(told: Iterable[Step], outlines: Iterable[Outline], criteria: CriteriaSet) -> Looked:
    """Find the large changes that nothing new preceded.

    A first note that gives less than was declared is not among them: that something is not proved is what
    inspections are for.
    """
    kinds = {outline.position: outline.kind.body for outline in outlines}
    new = _new(outlines)
    looked = [step for step in told if _is_change(step, kinds) and _is_main(step, criteria)]
    found = tuple(finding for step in looked for finding in _observed(step, new, criteria))
    return Looked(kind=Kind.NOTHING_NEW, compared=len(looked), found=found)


def _is_change(step: Step, kinds: Mapping[int, type[object]]) -> bool:
    kind = kinds.get(step.position)
    if kind not in LOOKED_AT or step.before is None or not step.counts:
        return False
    return kind is not InspectionNoteRecorded or step.moved > 0


def _is_main(step: Step, criteria: CriteriaSet) -> bool:
    return criteria.by_code[step.criterion].section is Section.MAIN


def _new(outlines: Iterable[Outline]) -> dict[tuple[str, str], list[int]]:
    """Return where something new came in, by cell."""
    found: dict[tuple[str, str], list[int]] = {}
    for outline in outlines:
        if outline.kind.body in NEW:
            found.setdefault((outline.agency, outline.criterion or ""), []).append(outline.position)
    return found


def _observed(
    step: Step, new: Mapping[tuple[str, str], Sequence[int]], criteria: CriteriaSet
) -> Iterator[Observation]:
    before, maximum = step.before, criteria.by_code[step.criterion].max_points
    since = before.position if before else -1
    came = [p for p in new.get((step.agency, step.criterion), ()) if since < p < step.position]
    part = step.moved / maximum
    if abs(part) >= THRESHOLDS.large and not came:
        facts: dict[str, Fact] = {
            "agency": step.agency,
            "criterion": step.criterion,
            "before": write(before.points if before else Fraction(0)),
            "after": write(step.points),
            "maximum": write(maximum),
            "part": decimals(abs(part) * 100, 1),
        }
        how = "ADJUSTED" if step.stage is Stage.DECIDED else "NOTED"
        positions = (*((since,) if before else ()), step.position)
        yield Observation(kind=Kind.NOTHING_NEW, how=how, positions=positions, facts=facts)
