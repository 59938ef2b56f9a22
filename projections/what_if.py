"""What-if: the ranks of a round without some events, or with proposed ones; only what they touch is refolded.

Nothing is admitted again: the fold leaves the named events out, adds the proposed ones at the end, and
changes nothing else. What no named event touches is taken as the read tables hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from domain import ranking
from domain.criteria import Block, CriteriaSet
from domain.events import Event
from domain.ranking import Place
from domain.scoring import Card
from domain.standing import Round
from projections.shares import GROUNDS, SHARE, Shares, card_in, card_of, fold, in_order

Places = dict[str, Place]
Cards = Mapping[str, Card]


@dataclass(frozen=True, slots=True)
class Supposition:
    """The places of the blocks that were touched, as they are and as they would be, by agency."""

    before: Places
    after: Places
    refolded: tuple[str, ...]
    """The agencies whose cards were folded again."""

    @property
    def moved(self) -> tuple[str, ...]:
        """The agencies whose rank would be another, or shared where it was not; in the order they rank."""
        return tuple(
            code for code in self.before if standing(self.before, code) != standing(self.after, code)
        )


def standing(places: Mapping[str, Place], agency: str) -> tuple[int, bool] | None:
    """Return an agency's rank and whether it shares it; nothing where it is not ranked."""
    place = places.get(agency)
    return (place.rank, place.shared) if place else None


def places_of(criteria: CriteriaSet, cards: Collection[Card]) -> Places:
    """Rank cards of any blocks, block by block."""
    ranked = (ranking.rank(criteria, [c for c in cards if c.block is block]) for block in Block)
    return {place.card.agency: place for places in ranked for place in places}


class WhatIf:
    """One round at a size of the log: its cards as they are, and the events that they follow from."""

    def __init__(self, found: Round, shares: Shares, cards: Callable[[Block], Cards]) -> None:
        self.round = found
        self.shares = shares
        self._read = cards
        self._cards: dict[Block, Cards] = {}

    def cards(self, block: Block) -> Cards:
        """Return the cards of a block as they are."""
        if block not in self._cards:
            self._cards[block] = self._read(block)
        return self._cards[block]

    def card(self, agency: str) -> Card:
        """Return an agency's card as it is."""
        return self.cards(self.round.agencies[agency])[agency]

    def suppose(self, without: Collection[Event] = (), added: Sequence[Event] = ()) -> Supposition:
        """Rank the round without some of its events, and with others added; by what is folded again.

        Where an event that all cards share is left out, all are folded again.
        """
        left_out = frozenset(event.position for event in without)
        if any(touches_all(self.round.code, event) for event in (*without, *added)):
            return self._all_anew(left_out, added)
        touched = sorted({a for event in (*without, *added) if (a := touched_by(self.round, event))})
        anew = {agency: self._anew(agency, left_out, added) for agency in touched}
        blocks = {self.round.agencies[agency] for agency in touched}
        now = {code: card for block in Block if block in blocks for code, card in self.cards(block).items()}
        then = [card for code, card in now.items() if code not in anew]
        then += [card for card in anew.values() if card is not None]
        criteria = self.round.criteria
        return Supposition(places_of(criteria, now.values()), places_of(criteria, then), tuple(touched))

    def _anew(self, agency: str, left_out: frozenset[int], added: Sequence[Event]) -> Card | None:
        own = [event for event in added if event.agency == agency]
        return card_of(self.shares, self.round.code, agency, left_out, own)

    def _all_anew(self, left_out: frozenset[int], added: Sequence[Event]) -> Supposition:
        agencies = tuple(self.round.agencies)
        shares = (self.shares.about(agency) for agency in agencies)
        folded = fold((*in_order(self.shares.grounds(), *shares), *added), left_out)
        found = folded.rounds.get(self.round.code)
        now = [self.card(agency) for agency in agencies]
        then = [card for agency in agencies if (card := card_in(folded, self.round.code, agency))]
        criteria = found.criteria if found else self.round.criteria
        return Supposition(
            places_of(self.round.criteria, now), places_of(criteria, then), tuple(sorted(agencies))
        )


def touches_all(round_code: str, event: Event) -> bool:
    """Whether every card of a round follows from an event."""
    return isinstance(event.body, GROUNDS) and event.round in (None, round_code)


def touched_by(found: Round, event: Event) -> str | None:
    """Return the agency whose card follows from an event; nothing where none does."""
    its = isinstance(event.body, SHARE) and event.round == found.code and event.agency in found.agencies
    return event.agency if its else None
