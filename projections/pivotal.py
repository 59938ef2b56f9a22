"""Pivotal decisions, and how firmly every agency stands: its rank without any one decision, its nearest ties.

A decision is pivotal where its absence alone gives some agency another rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from domain.criteria import Block
from domain.events import Event
from domain.ranking import Place
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    SpecialCaseDecided,
    VerificationWaived,
)
from domain.stated.disputes import DisputeDecided
from projections.what_if import Supposition, WhatIf, places_of

DECISIONS = (
    SpecialCaseDecided,
    BonusDecided,
    DeductionDecided,
    CouncilAdjustmentMade,
    VerificationWaived,
    DisputeDecided,
)
ROUNDING = Fraction(1, 100)
NEAR = 50
"""Hundredths of a point: two agencies that are no further apart are a near tie."""


@dataclass(frozen=True, slots=True)
class Pivotal:
    """A decision, and what would be without it."""

    event: Event
    without: Supposition


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmness:
    """How firmly an agency stands on its rank.

    `best` and `worst` are the ranks that it has without any one decision (its own rank among them). Its
    published score may rise by anything less than `room_up`, or fall by less than `room_down`, and no rank
    changes: there the next agency above or below is reached, and the order of ties decides. Both are
    hundredths, and nothing where there is no such agency.
    """

    place: Place
    best: int
    worst: int
    room_up: int | None
    room_down: int | None
    near: tuple[str, ...]
    """The agencies that are no more than `NEAR` away, of the block."""
    by_rounding: tuple[str, ...]
    """Those whose exact score is less than a hundredth away: it is rounding, or the order of ties, that
    ranks them."""
    best_without: int | None
    worst_without: int | None
    """A decision whose absence gives it the best rank, or the worst, where that is not its own."""


def decided(what_if: WhatIf) -> list[Event]:
    """Return the decisions of a round that set points, oldest first."""
    shares = (event for agency in what_if.round.agencies for event in what_if.shares.about(agency))
    return sorted((e for e in shares if isinstance(e.body, DECISIONS)), key=lambda e: e.position)


def each_without(what_if: WhatIf) -> Iterator[Pivotal]:
    """Leave out each decision of a round, alone."""
    for event in decided(what_if):
        yield Pivotal(event, what_if.suppose(without=(event,)))


def pivotal(supposed: Iterable[Pivotal]) -> tuple[Pivotal, ...]:
    """Choose the decisions whose absence alone changes a rank."""
    return tuple(one for one in supposed if one.without.moved)


def firmness(what_if: WhatIf, supposed: Iterable[Pivotal]) -> tuple[Firmness, ...]:
    """Return how firmly each agency stands, block by block, best first."""
    ranks: dict[str, list[tuple[int, int]]] = {}
    for one in supposed:
        for agency, place in one.without.after.items():
            ranks.setdefault(agency, []).append((place.rank, one.event.position))
    told: list[Firmness] = []
    for block in Block:
        places = places_of(what_if.round.criteria, what_if.cards(block).values())
        told += (_firmness(place, places.values(), ranks.get(code, [])) for code, place in places.items())
    return tuple(told)


def _firmness(place: Place, block: Iterable[Place], others: list[tuple[int, int]]) -> Firmness:
    own, exact = place.card.published_score, place.card.ranking_score
    rest = [p.card for p in block if p is not place]
    apart = {card.agency: card.published_score - own for card in rest}
    above = [gap for gap in apart.values() if gap >= 0]
    below = [-gap for gap in apart.values() if gap <= 0]
    best, best_without = min([(place.rank, -1), *others])
    worst, worst_without = max([(place.rank, 1), *((rank, -at) for rank, at in others)])
    return Firmness(
        place=place,
        best=best,
        worst=worst,
        room_up=min(above, default=None),
        room_down=min(below, default=None),
        near=tuple(code for code, gap in apart.items() if abs(gap) <= NEAR),
        by_rounding=tuple(c.agency for c in rest if abs(c.ranking_score - exact) < ROUNDING),
        best_without=None if best == place.rank else best_without,
        worst_without=None if worst == place.rank else -worst_without,
    )
