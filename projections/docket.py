"""The docket: every dispute of a round with its state, its clocks and its parties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.dossiers import Dispute
from domain.standing import Round, Standing
from domain.stated.choices import Outcome, Step


class State(StrEnum):
    """How a dispute stands; OUT_OF_TIME is computed from when it arrived, before anything is decided."""

    FILED = "FILED"
    ACCEPTED = "ACCEPTED"
    OUT_OF_TIME = "OUT_OF_TIME"
    WITHDRAWN = "WITHDRAWN"
    UPHELD = "UPHELD"
    PARTLY = "PARTLY"
    REJECTED = "REJECTED"


_ENDED = {Outcome.ACCEPTED: State.UPHELD, Outcome.PARTLY: State.PARTLY, Outcome.REJECTED: State.REJECTED}


@dataclass(frozen=True, slots=True)
class Clock:
    """A step with its time limit: from when it runs, when it is too late, and on what basis."""

    step: Step
    since: datetime
    due: datetime
    days: int
    working: bool
    basis: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A dispute on the docket."""

    dispute: Dispute
    state: State
    clocks: tuple[Clock, ...]


def state_of(dispute: Dispute) -> State:
    """Return how a dispute stands."""
    if dispute.late:
        return State.OUT_OF_TIME
    if dispute.withdrawn is not None:
        return State.WITHDRAWN
    if dispute.outcome is not None:
        return _ENDED[dispute.outcome]
    return State.FILED if dispute.accepted is None else State.ACCEPTED


def docket(standing: Standing, round_code: str) -> tuple[Entry, ...]:
    """Return the disputes of a round in the order they were filed."""
    found = standing.rounds[round_code]
    filed = [dispute for (code, _), dispute in standing.disputes.items() if code == round_code]
    return tuple(
        Entry(dispute, state_of(dispute), _clocks(found, dispute))
        for dispute in sorted(filed, key=lambda d: d.filed)
    )


def _clocks(found: Round, dispute: Dispute) -> tuple[Clock, ...]:
    """Filing runs from publication, everything after it from filing."""
    clocks = []
    for step in Step:
        since = _published(found, dispute) if step is Step.FILE else dispute.filed_at
        due = found.due_after(dispute.path, step, since)
        if due is not None:
            timer = found.timers[dispute.path, step]
            clocks.append(Clock(step, since, due, timer.days, timer.working, timer.basis))
    return tuple(clocks)


def _published(found: Round, dispute: Dispute) -> datetime:
    return next(version.at for version in found.versions if version.number == dispute.version)
