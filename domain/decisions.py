"""Decisions of the council over what was declared and verified, each signed by a quorum (R26, R31, R55).

A decision is one statement over one matter, on a motion that won its vote, signed by at least the quorum
of members, none of whom has the agency concerned as home or is recused. It says what was moved, no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from domain import scoring
from domain.council import by_member, enough
from domain.criteria import Section
from domain.dossiers import Act
from domain.events import Event
from domain.frozen import replace
from domain.meetings import carried, settle_motion
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.standing import Standing
from domain.stated.choices import Matter, Outcome
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    SpecialCaseDecided,
    VerificationWaived,
)
from domain.subject import cell_of, criterion_of, put_cell


def by_council(s: Standing, e: Event, motion: int, matter: Matter) -> Iterator[Refusal]:
    """Yield a refusal unless a quorum of able members signed what was moved and carried."""
    yield from by_member(s, e)
    yield from enough(s, e)
    yield from carried(s, e, motion, matter)


def _as_moved(
    s: Standing, e: Event, points: Fraction | None, outcome: Outcome | None = None
) -> Iterator[Refusal]:
    """Yield a refusal unless the decision says what the motion said."""
    motion = cell_of(s, e).motion
    if motion is not None and (motion.points, motion.outcome) != (points, outcome):
        yield refuse("decision.not_as_moved", motion=motion.position)


def fits_maximum(s: Standing, e: Event, points: Fraction | None) -> Iterator[Refusal]:
    """Yield a refusal where points exceed the criterion's maximum."""
    maximum = criterion_of(s, e).max_points
    if points is not None and points > maximum:
        yield refuse("score.above_max", stated=write(points), maximum=write(maximum))


def _refers(e: Event, references: tuple[int, ...]) -> Iterator[Refusal]:
    """References are positions of what lies before the decision; there is at least one."""
    if not references:
        yield refuse("decision.no_references")
    for position in references:
        if not 0 <= position < e.position:
            yield refuse("decision.unknown_reference", position=position)


def _decide(s: Standing, e: Event, points: Fraction, claim: int | None = None) -> None:
    """The decided stage has a new act; the others stay beside it."""
    settle_motion(s, e)
    cell = cell_of(s, e)
    decided = frozenset() if claim is None else frozenset({claim})
    act = Act(e.position, e.arrived_at, points=points)
    put_cell(s, e, replace(cell, decided=act, claims_decided=cell.claims_decided | decided))


def council_adjustment_made_may(s: Standing, e: Event, b: CouncilAdjustmentMade) -> Iterator[Refusal]:
    """Old points are those that stand, new ones fit under the maximum, on references."""
    yield from by_council(s, e, b.motion, Matter.ADJUSTMENT)
    yield from _as_moved(s, e, b.new_points)
    criterion = criterion_of(s, e)
    if criterion.section is not Section.MAIN or cell_of(s, e).excluded is not None:
        yield refuse("criterion.not_adjusted", criterion=criterion.code)
        return
    yield from fits_maximum(s, e, b.new_points)
    now = scoring.card(s, e.round or "", e.agency or "").scores[criterion.code].points
    if b.old_points != now:
        yield refuse("adjustment.wrong_old_points", stated=write(b.old_points), now=write(now))
    if b.new_points == b.old_points:
        yield refuse("adjustment.changes_nothing", points=write(now))
    yield from _refers(e, b.references)


def council_adjustment_made(s: Standing, e: Event, b: CouncilAdjustmentMade) -> None:
    """The council's points stand."""
    _decide(s, e, b.new_points)


def special_case_decided_may(s: Standing, e: Event, b: SpecialCaseDecided) -> Iterator[Refusal]:
    """A claim is decided once; `PARTLY`, and only that, comes with points."""
    yield from by_council(s, e, b.motion, Matter.SPECIAL_CASE)
    yield from _as_moved(s, e, b.points, b.outcome)
    yield from _claim(cell_of(s, e).special_claim, cell_of(s, e).claims_decided, b.claim)
    if (b.outcome is Outcome.PARTLY) != (b.points is not None):
        yield refuse("claim.points_mismatch", outcome=b.outcome)
    yield from fits_maximum(s, e, b.points)


def _claim(made: int | None, decided: frozenset[int], claim: int) -> Iterator[Refusal]:
    if made is None or made != claim:
        yield refuse("claim.unknown", claim=claim)
    if claim in decided:
        yield refuse("claim.already_decided", claim=claim)


def special_case_decided(s: Standing, e: Event, b: SpecialCaseDecided) -> None:
    """Accepted takes the cell out of the denominator, partly changes its points."""
    if b.points is not None:
        _decide(s, e, b.points, b.claim)
        return
    settle_motion(s, e)
    cell = replace(cell_of(s, e), claims_decided=cell_of(s, e).claims_decided | {b.claim})
    put_cell(s, e, replace(cell, excluded=e.position) if b.outcome is Outcome.ACCEPTED else cell)


def bonus_decided_may(s: Standing, e: Event, b: BonusDecided) -> Iterator[Refusal]:
    """A claimed initiative gets points once, up to this agency's share of the criterion's maximum."""
    yield from by_council(s, e, b.motion, Matter.BONUS)
    yield from _as_moved(s, e, b.points)
    cell = cell_of(s, e)
    yield from _claim(cell.bonus_claim, cell.claims_decided, b.claim)
    share = cell.bonus.share if cell.bonus else Fraction(1)
    maximum = criterion_of(s, e).max_points * share
    if b.points > maximum:
        yield refuse("score.above_max", stated=write(b.points), maximum=write(maximum))


def bonus_decided(s: Standing, e: Event, b: BonusDecided) -> None:
    """The bonus stands beside the 100."""
    _decide(s, e, b.points, b.claim)


def deduction_decided_may(s: Standing, e: Event, b: DeductionDecided) -> Iterator[Refusal]:
    """Points off where the set leaves them to the council, within the maximum, on references."""
    yield from by_council(s, e, b.motion, Matter.DEDUCTION)
    yield from _as_moved(s, e, b.points)
    criterion = criterion_of(s, e)
    if criterion.section is not Section.DEDUCTION or not criterion.is_stated:
        yield refuse("criterion.no_deduction", criterion=criterion.code)
    yield from fits_maximum(s, e, b.points)
    yield from _refers(e, b.references)


def deduction_decided(s: Standing, e: Event, b: DeductionDecided) -> None:
    """The deduction counts."""
    _decide(s, e, b.points)


def verification_waived_may(s: Standing, e: Event, b: VerificationWaived) -> Iterator[Refusal]:
    """Only a declared cell that no team verified can be waived."""
    yield from by_council(s, e, b.motion, Matter.WAIVER)
    yield from _as_moved(s, e, None)
    cell = cell_of(s, e)
    if cell.declared is None or cell.verified is not None or cell.waived is not None:
        yield refuse("waiver.nothing_to_waive", criterion=e.criterion or "")


def verification_waived(s: Standing, e: Event, b: VerificationWaived) -> None:
    """The declared score may stand."""
    settle_motion(s, e)
    put_cell(s, e, replace(cell_of(s, e), waived=e.position))
