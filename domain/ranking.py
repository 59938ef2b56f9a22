"""Ranking: cards of one block in the order of what is published, ties by the criteria set, then shared.

What is published is what ranks (half up to two decimals); tie keys are compared exactly; agencies that
are still equal share a rank and the next ranks are skipped (1, 1, 3).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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


class Ladder:
    """The places of one block, kept up while its cards change: what `rank` comes to, without ranking anew."""

    def __init__(self, criteria: CriteriaSet, cards: Iterable[Card]) -> None:
        self._criteria = criteria
        ranked = rank(criteria, cards)
        self._order = [place.card for place in ranked]
        self._scores = [-card.published_score for card in self._order]  # ascending, as bisect wants them
        self.places = {place.card.agency: place for place in ranked}

    def fork(self) -> Ladder:
        """Return a ladder that stands as this one does, and goes on by itself."""
        other = Ladder(self._criteria, ())
        other._order, other._scores, other.places = self._order[:], self._scores[:], dict(self.places)
        return other

    def put(self, card: Card) -> Sequence[Place]:
        """Put an agency's next card in place of its last one; return the places that are others now."""
        last = self.places[card.agency].card
        before, after = -last.published_score, -card.published_score
        old = next(
            i for i in range(bisect_left(self._scores, before), len(self._order)) if self._order[i] is last
        )
        del self._order[old], self._scores[old]
        new = bisect_right(self._scores, after)
        self._order.insert(new, card)
        self._scores.insert(new, after)
        renewed: list[Place] = []
        start, worst = bisect_left(self._scores, min(before, after)), max(before, after)
        while start < len(self._order) and self._scores[start] <= worst:
            score = self._scores[start]
            end = bisect_right(self._scores, score, start)
            renewed += self._ranked(start, end) if score in (before, after) else self._shifted(start, end)
            start = end
        return renewed

    def _ranked(self, start: int, end: int) -> Iterator[Place]:
        """Rank those of one score anew; yield the places that are others now."""
        if end - start > 1:  # a tie
            tied = rank(self._criteria, self._order[start:end])
            self._order[start:end] = [place.card for place in tied]
        else:
            tied = (Place(1, self._order[start]),)
        for place in tied:
            its = self.places[place.card.agency]
            if its.rank != start + place.rank or its.shared != place.shared or its.card is not place.card:
                self.places[place.card.agency] = now = Place(start + place.rank, place.card, place.shared)
                yield now

    def _shifted(self, start: int, end: int) -> Iterator[Place]:
        """Let those of one score, none of whom moved, go up or down together."""
        by = start + 1 - self.places[self._order[start].agency].rank
        for card in self._order[start:end] if by else ():
            its = self.places[card.agency]
            self.places[card.agency] = now = Place(its.rank + by, card, its.shared)
            yield now


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
