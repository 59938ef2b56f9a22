"""What a what-if may add: an adjustment, or a dispute upheld, as events that nobody stated."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from domain.criteria import Section
from domain.events import CATALOGUE, Body, Event
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.scoring import Card, Flag, Score
from domain.standing import Round
from domain.stated.choices import Outcome, ReasonCategory
from domain.stated.council import CouncilAdjustmentMade
from domain.stated.disputes import DisputeDecided

NOBODY = "nobody"
"""Who signed what nobody stated."""


def adjustment(
    found: Round, card: Card, criterion: str, points: Fraction, position: int, at: datetime
) -> Event | Refusal:
    """Propose points for a cell of the main part, as the council could decide them; or say why not."""
    score = card.scores.get(criterion)
    if score is None:
        return refuse("criterion.not_applicable", criterion=criterion, agency=card.agency)
    if found.criteria.by_code[criterion].section is not Section.MAIN or not _stays(score):
        return refuse("criterion.not_adjusted", criterion=criterion)
    if points > score.maximum:
        return refuse("score.above_max", stated=write(points), maximum=write(score.maximum))
    body = CouncilAdjustmentMade(
        motion=position,
        old_points=score.points,
        new_points=points,
        category=ReasonCategory.FACTUAL_ERROR,
        references=(),
    )
    return _proposed(found, card.agency, criterion, body, position, at)


def _stays(score: Score) -> bool:
    """Whether no special case took a cell out of the denominator; one of too few ballots can be decided."""
    return score.counts or Flag.SPECIAL_CASE not in score.flags


def upheld(filed: Event, found: Round, position: int, at: datetime) -> Event:
    """Propose that a dispute is decided as its agency claims."""
    body = DisputeDecided(motion=position, outcome=Outcome.ACCEPTED, points=filed.body.claimed)
    return _proposed(found, filed.agency or "", filed.criterion or "", body, position, at, filed.matter)


def _proposed(
    found: Round,
    agency: str,
    criterion: str,
    body: Body,
    position: int,
    at: datetime,
    matter: str | None = None,
) -> Event:
    return Event(
        position=position,
        id=f"proposed-{position}",
        kind=CATALOGUE[f"{type(body).__name__}.v1"],
        body=body,
        signed_by=(NOBODY,),
        arrived_at=at,
        round=found.code,
        agency=agency,
        criterion=criterion,
        matter=matter,
    )
