"""The acts that set points of a cell: of what stage each is, and which one superseded it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.events import Event, Kind
from domain.scoring import Stage
from domain.stated.assessment import (
    InspectionNoteAmended,
    InspectionNoteRecorded,
    QuantitiesDeclared,
    SelfScoreDeclared,
)
from domain.stated.choices import Outcome
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    SpecialCaseDecided,
)
from domain.stated.disputes import DisputeDecided
from domain.stated.survey import SurveyTallied

_STAGES: dict[type[Any], Stage] = {
    SelfScoreDeclared: Stage.DECLARED,
    QuantitiesDeclared: Stage.DECLARED,
    InspectionNoteRecorded: Stage.VERIFIED,
    InspectionNoteAmended: Stage.VERIFIED,
    SurveyTallied: Stage.TALLIED,
    BonusDecided: Stage.DECIDED,
    DeductionDecided: Stage.DECIDED,
    CouncilAdjustmentMade: Stage.DECIDED,
    SpecialCaseDecided: Stage.DECIDED,
    DisputeDecided: Stage.DECIDED,
}
_ORDER = (Stage.DECLARED, Stage.VERIFIED, Stage.TALLIED, Stage.DECIDED)


@dataclass(frozen=True, slots=True)
class Act:
    """An act that set points when it came; `superseded_by` is nothing where it still stands."""

    position: int
    stage: Stage
    superseded_by: int | None


def stage_of(event: Event) -> Stage | None:
    """Return the stage at which an event sets points; nothing where it sets none."""
    body = event.body
    if isinstance(body, SpecialCaseDecided) and body.outcome is Outcome.REJECTED:
        return None
    if isinstance(body, DisputeDecided) and body.points is None:
        return None
    return _STAGES.get(type(body))


def stage_of_kind(kind: Kind) -> Stage | None:
    """Return the stage at which events of a kind set points, where they set any."""
    return _STAGES.get(kind.body)


def acts(events: Iterable[Event]) -> tuple[Act, ...]:
    """Return the acts among a cell's events, oldest first.

    An act is superseded by the next one of its stage or a higher one; where a higher one was there before,
    by that one, from the beginning.
    """
    set_points = [(event, stage) for event in events if (stage := stage_of(event)) is not None]
    set_points.sort(key=lambda pair: pair[0].position)
    stages = [(event.position, stage) for event, stage in set_points]
    return tuple(Act(position, stage, _after(stages, position, stage)) for position, stage in stages)


def _after(acts: Sequence[tuple[int, Stage]], position: int, stage: Stage) -> int | None:
    level = _ORDER.index(stage)
    later = (at for at, its in acts if at > position and _ORDER.index(its) >= level)
    higher = (at for at, its in reversed(acts) if at < position and _ORDER.index(its) > level)
    return next(later, next(higher, None))
