"""The appraisal council: decisions over what was declared and verified, each signed by a quorum (R25-R31).

A decision is one statement over one matter, signed by at least `quorum` members, none of whom has the
agency concerned as home. Its reason is committed in words and categorised in the body, never empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from domain import scoring
from domain.assessment import cell_of, criterion_of, put_cell
from domain.criteria import Section
from domain.events import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    Event,
    Outcome,
    SpecialCaseDecided,
    VerificationWaived,
)
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.rounds import round_of
from domain.standing import Act, Standing


def by_council(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless a quorum of members signed and none belongs to the agency concerned."""
    council = round_of(s, e).council
    if council is None:
        yield refuse("council.not_established", round=e.round or "")
        return
    for actor in e.signed_by:
        if actor not in council.members:
            yield refuse("council.not_a_member", actor=actor)
        if s.home_of(actor) == e.agency:
            yield refuse("council.home_agency", actor=actor, agency=e.agency or "")
    if (signed := len(set(e.signed_by))) < council.quorum:
        yield refuse("council.too_few_signatures", signed=signed, quorum=council.quorum)


def _refers(e: Event, references: tuple[int, ...]) -> Iterator[Refusal]:
    """References are positions of what lies before the decision; there is at least one."""
    if not references:
        yield refuse("decision.no_references")
    for position in references:
        if not 0 <= position < e.position:
            yield refuse("decision.unknown_reference", position=position)


def council_adjustment_made_may(s: Standing, e: Event, b: CouncilAdjustmentMade) -> Iterator[Refusal]:
    """Old points are those that stand, new ones fit under the maximum, a majority voted for it."""
    yield from by_council(s, e)
    criterion = criterion_of(s, e)
    if criterion.section is not Section.MAIN or cell_of(s, e).excluded is not None:
        yield refuse("criterion.not_adjusted", criterion=criterion.code)
        return
    if b.new_points > criterion.max_points:
        yield refuse("score.above_max", stated=write(b.new_points), maximum=write(criterion.max_points))
    now = scoring.card(s, e.round or "", e.agency or "").scores[criterion.code].points
    if b.old_points != now:
        yield refuse("adjustment.wrong_old_points", stated=write(b.old_points), now=write(now))
    if b.new_points == b.old_points:
        yield refuse("adjustment.changes_nothing", points=write(now))
    yield from _refers(e, b.references)
    if min(b.votes_for, b.votes_against, b.abstentions) < 0 or b.votes_for <= b.votes_against:
        yield refuse("adjustment.no_majority", votes_for=b.votes_for, votes_against=b.votes_against)


def council_adjustment_made(s: Standing, e: Event, b: CouncilAdjustmentMade) -> None:
    """The decided stage has a new act; the others stay beside it."""
    put_cell(s, e, replace(cell_of(s, e), decided=Act(e.position, e.arrived_at, points=b.new_points)))


def special_case_decided_may(s: Standing, e: Event, b: SpecialCaseDecided) -> Iterator[Refusal]:
    """A claim is decided once; `PARTLY`, and only that, comes with points."""
    yield from by_council(s, e)
    cell = cell_of(s, e)
    if cell.special_claim is None or cell.special_claim != b.claim:
        yield refuse("claim.unknown", claim=b.claim)
    if b.claim in cell.claims_decided:
        yield refuse("claim.already_decided", claim=b.claim)
    if (b.outcome is Outcome.PARTLY) != (b.points is not None):
        yield refuse("claim.points_mismatch", outcome=b.outcome)
    if b.points is not None and b.points > criterion_of(s, e).max_points:
        maximum = write(criterion_of(s, e).max_points)
        yield refuse("score.above_max", stated=write(b.points), maximum=maximum)


def special_case_decided(s: Standing, e: Event, b: SpecialCaseDecided) -> None:
    """Accepted takes the cell out of the denominator, partly changes its points."""
    cell = replace(cell_of(s, e), claims_decided=cell_of(s, e).claims_decided | {b.claim})
    if b.outcome is Outcome.ACCEPTED:
        cell = replace(cell, excluded=e.position)
    elif b.points is not None:
        cell = replace(cell, decided=Act(e.position, e.arrived_at, points=b.points))
    put_cell(s, e, cell)


def bonus_decided_may(s: Standing, e: Event, b: BonusDecided) -> Iterator[Refusal]:
    """A claimed initiative gets points up to the criterion's maximum, once."""
    yield from by_council(s, e)
    cell, criterion = cell_of(s, e), criterion_of(s, e)
    if cell.bonus_claim is None or cell.bonus_claim != b.claim:
        yield refuse("claim.unknown", claim=b.claim)
    if b.claim in cell.claims_decided:
        yield refuse("claim.already_decided", claim=b.claim)
    if b.points > criterion.max_points:
        yield refuse("score.above_max", stated=write(b.points), maximum=write(criterion.max_points))


def bonus_decided(s: Standing, e: Event, b: BonusDecided) -> None:
    """The bonus stands beside the 100."""
    cell = cell_of(s, e)
    decided = Act(e.position, e.arrived_at, points=b.points)
    put_cell(s, e, replace(cell, decided=decided, claims_decided=cell.claims_decided | {b.claim}))


def deduction_decided_may(s: Standing, e: Event, b: DeductionDecided) -> Iterator[Refusal]:
    """Points off where the set leaves them to the council, within the maximum, on references."""
    yield from by_council(s, e)
    criterion = criterion_of(s, e)
    if criterion.section is not Section.DEDUCTION or not criterion.is_stated:
        yield refuse("criterion.no_deduction", criterion=criterion.code)
    if b.points > criterion.max_points:
        yield refuse("score.above_max", stated=write(b.points), maximum=write(criterion.max_points))
    yield from _refers(e, b.references)


def deduction_decided(s: Standing, e: Event, b: DeductionDecided) -> None:
    """The deduction counts."""
    put_cell(s, e, replace(cell_of(s, e), decided=Act(e.position, e.arrived_at, points=b.points)))


def verification_waived_may(s: Standing, e: Event, b: VerificationWaived) -> Iterator[Refusal]:
    """Only a declared cell that no team verified can be waived."""
    yield from by_council(s, e)
    cell = cell_of(s, e)
    if cell.declared is None or cell.verified is not None or cell.waived is not None:
        yield refuse("waiver.nothing_to_waive", criterion=e.criterion or "")


def verification_waived(s: Standing, e: Event, b: VerificationWaived) -> None:
    """The declared score may stand."""
    put_cell(s, e, replace(cell_of(s, e), waived=e.position))
