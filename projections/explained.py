"""Why a rank is another than it was: a smallest set of events without which it would still be the old one.

The events are those stated between two moments. A set explains a change of rank where the log, without
the set, gives the agency its old rank again. It is smallest in that none of its events can be spared: give
any one of them back, and the old rank does not return. (Other sets may explain the same change; this is
the one that delta debugging finds, which first asks whose events matter at all, and then which of them.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from domain import admission
from domain.events import Event
from domain.scoring import Card
from domain.standing import Standing
from projections.shares import card_in, fold, in_order
from projections.what_if import Places, WhatIf, places_of

Unit = TypeVar("Unit")
ALL = ""
"""In the place of an agency: the events that every card follows from."""


def smallest(units: Sequence[Unit], holds: Callable[[Collection[Unit]], bool]) -> tuple[Unit, ...]:
    """Return a part of `units` for which something holds, and of which no unit can be spared.

    Delta debugging: try the parts, then the rest without each part, then finer parts. It holds for all.
    """
    kept, parts = list(units), 2
    while len(kept) > 1:
        step = -(-len(kept) // parts)
        cuts = range(0, len(kept), step)
        cut = [kept[at : at + step] for at in cuts]
        rests = [kept[:at] + kept[at + step :] for at in cuts]
        if part := next((part for part in cut if holds(part)), None):
            kept, parts = part, 2
        elif rest := next((rest for rest in rests if rest and holds(rest)), None):
            kept, parts = rest, max(parts - 1, 2)
        elif step > 1:
            parts = min(2 * parts, len(kept))
        else:
            break
    return tuple(kept)


class Explaining:
    """The changes of rank from a size of the log to the later one that a what-if stands at."""

    def __init__(self, what_if: WhatIf, size: int, places: Places) -> None:
        self._what_if = what_if
        self._size = size
        self._places = places
        self._grounds = [e for e in what_if.shares.grounds() if e.position >= size]
        self._before: dict[str, Standing] = {}
        self._cards: dict[tuple[str, frozenset[int]], Card | None] = {}

    def explain(self, agency: str) -> tuple[Event, ...]:
        """Return a smallest set of events that explains why an agency has another rank than it had."""
        block = [a for a, its in self._what_if.round.agencies.items() if its is self._block(agency)]
        events = {a: self._about(a) for a in block} | {ALL: self._grounds}
        units = [unit for unit in (agency, *block, ALL) if events[unit]]
        units = list(dict.fromkeys(units))

        def holds(left_out: Collection[Event]) -> bool:
            return self._rank(agency, block, left_out) == self._places[agency].rank

        whose = smallest(units, lambda chosen: holds([e for unit in chosen for e in events[unit]]))
        candidates = [event for unit in whose for event in events[unit]]
        return tuple(sorted(smallest(candidates, holds), key=lambda event: event.position))

    def _block(self, agency: str) -> object:
        return self._what_if.round.agencies[agency]

    def _about(self, agency: str) -> list[Event]:
        return [e for e in self._what_if.shares.about(agency) if e.position >= self._size]

    def _rank(self, agency: str, block: Sequence[str], left_out: Collection[Event]) -> int | None:
        cards = (self._card(code, left_out) for code in block)
        criteria = self._what_if.round.criteria
        place = places_of(criteria, [card for card in cards if card]).get(agency)
        return place.rank if place else None

    def _card(self, agency: str, left_out: Collection[Event]) -> Card | None:
        """Return an agency's card without some events: those that are its own, or everybody's, matter."""
        its = frozenset(e.position for e in left_out if e.agency in (None, agency))
        if not its:
            return self._what_if.card(agency)
        key = (agency, its)
        if key not in self._cards:
            self._cards[key] = self._fold(agency, its)
        return self._cards[key]

    def _fold(self, agency: str, left_out: frozenset[int]) -> Card | None:
        standing = self._standing(agency).fork()
        for event in in_order(self._grounds, self._about(agency)):
            if event.position not in left_out:
                admission.follow(standing, event)
        return card_in(standing, self._what_if.round.code, agency)

    def _standing(self, agency: str) -> Standing:
        """Return what an agency's card followed from at the earlier size."""
        if agency not in self._before:
            shares = self._what_if.shares
            events = in_order(shares.grounds(), shares.about(agency))
            self._before[agency] = fold(e for e in events if e.position < self._size)
        return self._before[agency]
