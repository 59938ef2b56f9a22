"""Ranking: cards of one block in the order of what is published, ties by the criteria set, then shared.

What is published is what ranks (half up to two decimals); tie keys are compared exactly; agencies that
are still equal share a rank and the next ranks are skipped (1, 1, 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from domain.criteria import CriteriaSet, TieKey
from domain.scoring import Card


@dataclass(frozen=True, slots=True)
class Place:
    """One agency's place in its block. `shared` says that another one has the same."""

    rank: int
    card: Card
    shared: bool = False


Key = tuple[int, tuple[Fraction, ...]]


def rank(criteria: CriteriaSet, cards: Iterable[Card]) -> tuple[Place, ...]:
    """Rank the cards of one block, best first; agencies that share a rank stand by their code."""
    ranked = sorted(cards, key=lambda card: card.agency)
    often = Counter(card.published_score for card in ranked)
    keyed = [(_key(criteria, card, tied=often[card.published_score] > 1), card) for card in ranked]
    keyed.sort(key=lambda pair: pair[0], reverse=True)
    places: list[Place] = []
    for place, (key, card) in enumerate(keyed, start=1):
        before = keyed[place - 2][0] == key if place > 1 else False
        after = place < len(keyed) and keyed[place][0] == key
        places.append(Place(places[-1].rank if before else place, card, shared=before or after))
    return tuple(places)


def _key(criteria: CriteriaSet, card: Card, *, tied: bool) -> Key:
    """The order of ties is asked for only where there is one."""
    return card.published_score, tuple(_tie(key, card) for key in criteria.tie_break) if tied else ()


def _tie(key: str, card: Card) -> Fraction:
    """Greater is better for every key."""
    if key == TieKey.TOTAL:
        return card.total
    if key == TieKey.FEWER_DEDUCTIONS:
        return -card.deductions
    return card.areas[key.removeprefix("area:")]
