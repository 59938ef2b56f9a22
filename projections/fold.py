"""The history of scores and ranks folded anew, out of the events alone.

It is written apart from the scoreboard, which keeps the same rows inline: what both come to is compared.
A card follows from its round alone (docs/decisions/0023), so every round is folded by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Table

from domain import admission, scoring
from domain.criteria import Block
from domain.events import Event
from domain.points import write
from domain.ranking import Ladder, Place
from domain.scoring import Card, Score
from domain.standing import Standing
from projections.apart import CELLS, Apart, OfRound
from projections.history_rows import History, Rows, Values
from projections.scoreboard import ANEW, MOVING, MOVING_ALL
from projections.shares import REGISTRY, names
from projections.tables import cell_scores, ranks

NEEDED = names(REGISTRY + MOVING_ALL + MOVING)
"""The stored names of the events that rows follow from; all others need not be read."""


class _Round:
    """One round in memory: its standing, cards and places, and the rows that hold."""

    def __init__(self, code: str, cells: Rows, places: Rows) -> None:
        self.code = code
        self.standing = Standing()
        self.cards: dict[str, Card] = {}
        self._ladders: dict[Block, Ladder] = {}
        self._results: dict[str, tuple[Card, Values]] = {}
        self.size = 0
        """How many cells there are: as many as on the day it was opened."""
        self.cells, self.places = History(cells), History(places)

    def take(self, event: Event) -> None:
        """Follow one event of the round, and note the rows that it makes."""
        admission.move(self.standing, event)
        found = self.standing.rounds.get(self.code)
        if found is None:  # what it was opened on was left out
            return
        agencies = found.agencies if event.agency is None else {event.agency} & found.agencies.keys()
        moved = [card for agency in agencies if (card := self._card(event, agency)) is not None]
        if not self._ladders:
            self._rank()
            places = {place.card.agency: place for place in self._places()}
        else:
            places = {p.card.agency: p for card in moved for p in self._ladders[card.block].put(card)}
        for agency, place in places.items():
            self.places.put_other((self.code, agency), event.position, self._values(place))

    def remember(self, event: Event) -> None:
        """Follow an event whose rows were written before."""
        admission.move(self.standing, event)

    def resume(self) -> None:
        """Take what holds for rows that lie in the table."""
        found = self.standing.rounds.get(self.code)
        if found is None:
            return
        self.cards = {agency: scoring.card(self.standing, self.code, agency) for agency in found.agencies}
        for agency, card in self.cards.items():
            for code, score in card.scores.items():
                self.cells.adopt((self.code, agency, code), cell_values(score))
        self._rank()
        for place in self._places():
            self.places.adopt((self.code, place.card.agency), self._values(place))

    def flush(self) -> None:
        """Write down what holds."""
        self.cells.flush()
        self.places.flush()

    def _card(self, event: Event, agency: str) -> Card | None:
        """Return an agency's next card; nothing where it is the one before."""
        last = self.cards.get(agency)
        if last is None or isinstance(event.body, ANEW):
            card = scoring.card(self.standing, self.code, agency)
            moved: Collection[str] = card.scores
        else:
            changed = (event.criterion,) if event.criterion else ()
            card, moved = scoring.next_card(self.standing, self.code, last, changed)
            if card is last:
                return None
        self.cards[agency] = card
        for code in moved:
            self.cells.put_other((self.code, agency, code), event.position, cell_values(card.scores[code]))
        return card

    def _rank(self) -> None:
        criteria = self.standing.rounds[self.code].criteria
        self.size = sum(len(card.scores) for card in self.cards.values())
        for block in Block:
            its = [card for card in self.cards.values() if card.block is block]
            self._ladders[block] = Ladder(criteria, its)

    def _places(self) -> Iterator[Place]:
        return (place for ladder in self._ladders.values() for place in ladder.places.values())

    def _values(self, place: Place) -> Values:
        """Write a place as its row; what it has of the card is written once for each card."""
        card = place.card
        known = self._results.get(card.agency)
        if known is None or known[0] is not card:
            self._results[card.agency] = known = (card, result_values(card))
        return (card.block.value, place.rank, place.shared, *known[1])


class Fold:
    """Folds the events of `NEEDED` in the order of the log, and writes the rows that they make."""

    def __init__(self, of_round: OfRound, cells: int = CELLS) -> None:
        self._cells, self._places = Rows(), Rows()
        self._rounds = Apart(lambda code: _Round(code, self._cells, self._places), of_round, cells)

    def take(self, event: Event) -> None:
        """Follow one event."""
        self._rounds.take(event)

    def write(self, connection: Connection, cells: Table = cell_scores, places: Table = ranks) -> None:
        """Write the rows that ended since the last time; those that hold are kept back."""
        self._cells.write(connection, cells)
        self._places.write(connection, places)

    def flush(self) -> None:
        """Let the rows that hold be written, too; the tables are whole then."""
        for its in self._rounds:
            its.flush()


def cell_values(score: Score) -> Values:
    """Write a score as its row of `cell_scores`, in the order of the columns."""
    return (
        write(score.points),
        score.stage.value,
        " ".join(map(str, score.positions)) if len(score.positions) != 1 else str(score.positions[0]),
        " ".join(score.flags),
        score.counts,
    )


def result_values(card: Card) -> Values:
    """Write what a row of `ranks` has of a card, in the order of the columns."""
    total = write(card.total)
    return (
        total,
        write(card.bonus),
        write(card.deductions),
        total if card.ranking_score is card.total else write(card.ranking_score),
        card.rating,
        " ".join(f"{code}={write(total)}" for code, total in card.results.items()),
    )
