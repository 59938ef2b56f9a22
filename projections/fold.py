"""The history of scores and ranks folded anew, out of the events alone: each row once, when it has ended.

It is written apart from the scoreboard, which keeps the same rows inline: what both come to is compared.
A card follows from its round alone (docs/decisions/0023), so every round is folded by itself. Only the rounds
that are spoken of are kept in memory; one that is laid aside is folded again when somebody comes back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from domain import admission, scoring
from domain.criteria import Block
from domain.events import Event
from domain.points import write
from domain.ranking import Ladder, Place
from domain.scoring import Card, Score
from domain.standing import Standing
from projections.bulk import end_rows, insert_rows
from projections.scoreboard import ANEW, MOVING, MOVING_ALL
from projections.shares import REGISTRY, in_order, names
from projections.tables import OPEN, cell_scores, ranks

CELLS = 50_000
"""So many cells are kept in memory at most, unless one round has more."""
NEEDED = names(REGISTRY + MOVING_ALL + MOVING)
"""The stored names of the events that rows follow from; all others need not be read."""

Key = tuple[str, ...]
Values = tuple[Any, ...]
OfRound = Callable[[str, int], Iterable[Event]]
"""Reads the events of `NEEDED` of a round that lie before a position."""


@dataclass(slots=True)
class Rows:
    """What is to be written into one history table: whole rows, and the ends of some that are there."""

    new: list[Values] = field(default_factory=list)
    ends: list[Values] = field(default_factory=list)
    """The position at which each row ends, then its subject."""


class _History:
    """The rows of one round that hold; when one ends, it goes to those that are written."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._open: dict[Key, tuple[Values, int]] = {}
        self._fresh: set[Key] = set()
        """Those that do not lie in the table yet."""

    def adopt(self, key: Key, values: Values) -> None:
        """Take a row for one that lies in the table."""
        self._open[key] = (values, -1)

    def put(self, key: Key, position: int, values: Values) -> None:
        """From this position on, these values hold; nothing where they did before."""
        before = self._open.get(key)
        if before is not None:
            if before[0] == values:
                return
            if key in self._fresh:
                self._rows.new.append((*key, *before[0], before[1], position))
            else:
                self._rows.ends.append((position, *key))
        self._open[key] = (values, position)
        self._fresh.add(key)

    def flush(self) -> None:
        """Write down what holds."""
        for key in self._fresh:
            values, since = self._open[key]
            self._rows.new.append((*key, *values, since, OPEN))
        self._fresh.clear()


class _Round:
    """One round in memory: its standing, cards and places, and the rows that hold."""

    def __init__(self, code: str, registry: Iterable[Event], cells: Rows, places: Rows) -> None:
        self.code = code
        self.standing = Standing()
        self.cards: dict[str, Card] = {}
        self._ladders: dict[Block, Ladder] = {}
        self._results: dict[str, tuple[Card, Values]] = {}
        self.size = 0
        """How many cells there are: as many as on the day it was opened."""
        self.cells, self.places = _History(cells), _History(places)
        for event in registry:
            admission.move(self.standing, event)

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
            self.places.put((self.code, agency), event.position, self._values(place))

    def remember(self, events: Iterable[Event]) -> None:
        """Follow events whose rows were written before."""
        for event in events:
            admission.move(self.standing, event)
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
        else:
            changed = (event.criterion,) if event.criterion else ()
            card = scoring.again(self.standing, self.code, last, changed)
        if card is last:
            return None
        self.cards[agency] = card
        before = last.scores if last is not None else {}
        for code, score in card.scores.items():
            if before.get(code) is not score:
                self.cells.put((self.code, agency, code), event.position, cell_values(score))
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
        self._of_round = of_round
        self._limit = cells
        self._registry: list[Event] = []
        self._rounds: dict[str, _Round] = {}
        """Those in memory; the one spoken of last stands last."""
        self._aside: set[str] = set()
        self._newest: str | None = None
        self._cells, self._places = Rows(), Rows()

    def take(self, event: Event) -> None:
        """Follow one event."""
        if event.round is None:
            self._registry.append(event)
            for its in self._rounds.values():
                admission.move(its.standing, event)
        else:
            self._round(event.round, event.position).take(event)

    def write(self, connection: Connection, cells: Table = cell_scores, places: Table = ranks) -> None:
        """Write the rows that ended since the last time; those that hold are kept back."""
        for table, rows in ((cells, self._cells), (places, self._places)):
            insert_rows(connection, table, rows.new)
            end_rows(connection, table, rows.ends)
            rows.new.clear()
            rows.ends.clear()

    def flush(self) -> None:
        """Let the rows that hold be written, too; the tables are whole then."""
        for its in self._rounds.values():
            its.flush()

    def _round(self, code: str, position: int) -> _Round:
        if code == self._newest:
            return self._rounds[code]
        its = self._rounds.pop(code, None) or _Round(code, self._registry, self._cells, self._places)
        if code in self._aside:
            self._aside.remove(code)
            its = _Round(code, (), self._cells, self._places)
            its.remember(in_order(self._registry, self._of_round(code, position)))
        self._rounds[code] = its
        self._newest = code
        self._lay_aside()
        return its

    def _lay_aside(self) -> None:
        """Let go of the rounds that nobody has spoken of for longest, while there are too many cells."""
        cells = sum(its.size for its in self._rounds.values())
        while cells > self._limit and len(self._rounds) > 1:
            code = next(iter(self._rounds))
            its = self._rounds.pop(code)
            its.flush()
            cells -= its.size
            self._aside.add(code)


def cell_values(score: Score) -> Values:
    """Write a score as its row of `cell_scores`, in the order of the columns."""
    return (
        write(score.points),
        score.stage.value,
        " ".join(map(str, score.positions)),
        " ".join(score.flags),
        score.counts,
    )


def result_values(card: Card) -> Values:
    """Write what a row of `ranks` has of a card, in the order of the columns."""
    return (
        write(card.total),
        write(card.bonus),
        write(card.deductions),
        write(card.ranking_score),
        card.rating,
        " ".join(f"{code}={write(total)}" for code, total in card.results.items()),
    )
