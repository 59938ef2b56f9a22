"""The docket: every dispute of a round with its state, its parties and its clocks, kept or lapsed."""

from __future__ import annotations

from collections.abc import Iterator
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


class Kept(StrEnum):
    """What became of a clock; that it lapsed is computed, and nobody states it."""

    RUNNING = "RUNNING"
    MET = "MET"
    LATE = "LATE"
    """The step was taken when its clock had run out."""
    LAPSED = "LAPSED"
    """The clock ran out, and the step was not taken."""
    STOPPED = "STOPPED"
    """The dispute ended before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A step with its time limit: from when it runs, when it is too late, on what basis, what became of it.

    `done` is when the step was taken, of hearing when the last party had spoken.
    """

    step: Step
    since: datetime
    due: datetime
    days: int
    working: bool
    basis: str
    done: datetime | None
    kept: Kept


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


def docket(standing: Standing, round_code: str, now: datetime) -> tuple[Entry, ...]:
    """Return the disputes of a round in the order they were filed, with their clocks at a moment."""
    found = standing.rounds[round_code]
    filed = [dispute for (code, _), dispute in standing.disputes.items() if code == round_code]
    return tuple(
        Entry(dispute, state_of(dispute), tuple(_clocks(found, dispute, now)))
        for dispute in sorted(filed, key=lambda d: d.filed)
    )


def _clocks(found: Round, dispute: Dispute, now: datetime) -> Iterator[Clock]:
    """The clocks that have begun to run."""
    steps = {
        Step.FILE: (dispute.since, dispute.filed_at),
        Step.ACCEPT: (None if dispute.late else dispute.filed_at, dispute.accepted_at),
        Step.HEAR: (dispute.notified_at if dispute.notified else None, dispute.heard_at),
        Step.RESOLVE: (dispute.accepted_at, None if dispute.decided is None else dispute.ended_at),
    }
    for step, (since, done) in steps.items():
        due = None if since is None else found.due_after(dispute.path, step, since)
        if since is not None and due is not None:
            timer = found.timers[dispute.path, step]
            yield Clock(
                step=step,
                since=since,
                due=due,
                days=timer.days,
                working=timer.working,
                basis=timer.basis,
                done=done,
                kept=_kept(due, done, dispute, now),
            )


def _kept(due: datetime, done: datetime | None, dispute: Dispute, now: datetime) -> Kept:
    if done is not None:
        return Kept.MET if done < due else Kept.LATE
    if (dispute.ended_at or now) >= due:
        return Kept.LAPSED
    return Kept.RUNNING if dispute.ended_at is None else Kept.STOPPED
