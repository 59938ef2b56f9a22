"""Pivotal decisions, and how firmly every agency stands: its rank without any one decision, its nearest ties.

A decision is pivotal where its absence alone gives some agency another rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
    ranks: dict[str, list[int]] = {}
    for one in supposed:
        for agency, place in one.without.after.items():
            ranks.setdefault(agency, []).append(place.rank)
    told: list[Firmness] = []
    for block in Block:
        places = places_of(what_if.round.criteria, what_if.cards(block).values())
        told += (_firmness(place, places.values(), ranks.get(code, [])) for code, place in places.items())
    return tuple(told)


def _firmness(place: Place, block: Iterable[Place], others: list[int]) -> Firmness:
    own, possible = place.card.published_score, [place.rank, *others]
    apart = {p.card.agency: p.card.published_score - own for p in block if p is not place}
    above = [gap for gap in apart.values() if gap >= 0]
    below = [-gap for gap in apart.values() if gap <= 0]
    return Firmness(
        place=place,
        best=min(possible),
        worst=max(possible),
        room_up=min(above, default=None),
        room_down=min(below, default=None),
        near=tuple(code for code, gap in apart.items() if abs(gap) <= NEAR),
    )
