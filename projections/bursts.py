"""Late bulk changes: many points set by one key within a short span, shortly before a deadline.

No test: people enter what belongs together in one go, and the last day before a deadline is a working day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.deadlines import Phase
from domain.refusals import Fact
from projections.acts import stage_of_kind
from projections.closing import due_in
from projections.findings import THRESHOLDS, Kind, Looked, Observation
from projections.outlines import Outline

Dues = Mapping[Phase, Sequence[datetime]]
"""Every moment that ever was the first too late one of a phase."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A change of points, the key that signed it and whose it is."""

    outline: Outline
    key: str
    actor: str


def shortly_before(told: Iterable[Outline], dues: Dues) -> list[Outline]:
    """Return the changes of points that came shortly before a deadline, oldest first."""
    found = [o for o in told if stage_of_kind(o.kind) is not None and _deadline(o, dues) is not None]
    return sorted(found, key=lambda outline: outline.position)


def _deadline(outline: Outline, dues: Dues) -> datetime | None:
    """Return the deadline that a statement came shortly before."""
    phase = due_in(outline)
    near = (
        due
        for due in (dues.get(phase, ()) if phase else ())
        if due - THRESHOLDS.bulk_before <= outline.arrived_at < due
    )
    return min(near, default=None)


def bulk_findings(signed: Iterable[Signed], earlier: Iterable[Outline], dues: Dues) -> Looked:
    """Find the densest span of each key and deadline, where it holds enough changes."""
    set_before = _first_set(earlier)
    by_key: dict[tuple[str, datetime], list[Signed]] = defaultdict(list)
    for one in signed:
        if (due := _deadline(one.outline, dues)) is not None:
            by_key[one.key, due].append(one)
    found = tuple(_observed(due, its, set_before) for (_, due), its in by_key.items() if _enough(its))
    return Looked(kind=Kind.LATE_BULK, compared=len(by_key), found=found)


def _first_set(told: Iterable[Outline]) -> dict[tuple[str, str | None, object], int]:
    """Return where each cell first had points of a stage."""
    first: dict[tuple[str, str | None, object], int] = {}
    for outline in told:
        if (stage := stage_of_kind(outline.kind)) is not None:
            cell = outline.agency, outline.criterion, stage
            first[cell] = min(first.get(cell, outline.position), outline.position)
    return first


def _enough(its: Sequence[Signed]) -> bool:
    return len(_densest(its)) >= THRESHOLDS.bulk_changes


def _densest(its: Sequence[Signed]) -> Sequence[Signed]:
    """Return the changes of the span that holds most, the first of such."""
    return max(_spans(its), key=len)


def _spans(its: Sequence[Signed]) -> Iterator[Sequence[Signed]]:
    """Return what came within a span of each change."""
    ordered, end = sorted(its, key=lambda one: one.outline.arrived_at), 0
    for start, first in enumerate(ordered):
        while end < len(ordered) and ordered[end].outline.arrived_at < _end(first):
            end += 1
        yield ordered[start:end]


def _end(first: Signed) -> datetime:
    return first.outline.arrived_at + THRESHOLDS.bulk_span


def _observed(
    due: datetime, its: Sequence[Signed], set_before: Mapping[tuple[str, str | None, object], int]
) -> Observation:
    span = _densest(its)
    outlines = [one.outline for one in span]
    again = [o for o in outlines if set_before[o.agency, o.criterion, stage_of_kind(o.kind)] < o.position]
    facts: dict[str, Fact] = {
        "actor": span[0].actor,
        "key": span[0].key,
        "acts": len(span),
        "replaced": len(again),
        "agencies": ", ".join(sorted({o.agency for o in outlines})),
        "first": outlines[0].arrived_at.astimezone(due.tzinfo).isoformat(),
        "last": outlines[-1].arrived_at.astimezone(due.tzinfo).isoformat(),
        "due": due.isoformat(),
    }
    positions = tuple(sorted(o.position for o in outlines))
    return Observation(kind=Kind.LATE_BULK, how="BULK", positions=positions, facts=facts)
