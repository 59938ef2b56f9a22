"""Current scores, block rankings and states, written in the same transaction as the events that made them.

The board folds the events a second time, on its own standing, so that the read side needs nothing from
the write side but the events. It recomputes only the cards an event touches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from domain import admission, scoring
from domain.criteria import Block
from domain.events import Event
from domain.points import write
from domain.ranking import Ladder, Place
from domain.scoring import Card, Score
from domain.standing import Round, Standing
from domain.stated.assessment import (
    EvidenceReturned,
    ExplanationSubmitted,
    FocalOfficerAssigned,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    PreviousResultRecorded,
    QuantitiesDeclared,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
)
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    DeductionDecided,
    SpecialCaseDecided,
    VerificationWaived,
)
from domain.stated.disputes import DisputeDecided
from domain.stated.rounds import DeadlineExtended, PhaseOpened, RoundOpened
from domain.stated.survey import SurveyTallied
from projections.bulk import end_rows, insert_rows
from projections.states import Changes, state_rows
from projections.tables import OPEN, cell_scores, ranks, states

Key = tuple[str, ...]
STATE = ("round", "kind", "subject")
MOVING_ALL = (RoundOpened, DeadlineExtended, PhaseOpened)
"""Events that can move the scores of every agency of a round."""
ANEW = (RoundOpened, DeadlineExtended)
"""After these a card is not made from the one before it."""
MOVING = (
    FocalOfficerAssigned,
    PreviousResultRecorded,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
    QuantitiesDeclared,
    EvidenceReturned,
    InspectionNoteRecorded,
    InspectionNoteAmended,
    ExplanationSubmitted,
    SurveyTallied,
    SpecialCaseDecided,
    BonusDecided,
    DeductionDecided,
    CouncilAdjustmentMade,
    VerificationWaived,
    DisputeDecided,
)
"""Events that can move a score of the agency they are about; no other event moves any."""


class Scoreboard:
    """Cards and places of every round, in memory and in the tables."""

    def __init__(self) -> None:
        self.standing = Standing()
        self.cards: dict[tuple[str, str], Card] = {}
        self.places: dict[tuple[str, str], Place] = {}
        self.ladders: dict[tuple[str, Block], Ladder] = {}

    def replay(self, events: Iterable[Event]) -> None:
        """Follow events that are in the tables already."""
        for event in events:
            admission.follow(self.standing, event)
        self.adopt(self.standing)

    def follow(self, events: Iterable[Event]) -> None:
        """Follow events that another process committed, with the rows they made."""
        turn = _Turn(self)
        for event in events:
            turn.take(event)
        turn.settle()

    def adopt(self, standing: Standing) -> None:
        """Take over a standing that was folded elsewhere, and compute all cards and places of it."""
        self.standing = standing
        for found in standing.rounds.values():
            for agency in found.agencies:
                self.cards[found.code, agency] = scoring.card(self.standing, found.code, agency)
            for block in Block:
                ladder = Ladder(found.criteria, self.block_cards(self.cards, found, block))
                self.ladders[found.code, block] = ladder
                self.places |= {(found.code, agency): place for agency, place in ladder.places.items()}

    def inline(self, connection: Connection, events: Sequence[Event]) -> Callable[[], None]:
        """Write what a batch of events changes; return what makes memory follow once it has committed."""
        turn = _Turn(self)
        for event in events:
            turn.take(event)
        turn.write(connection)
        return turn.settle

    def write(self, connection: Connection, position: int) -> None:
        """Write all that holds now into empty tables, as from a position on, without how it came about."""
        cells = HistoryRows(cell_scores, ("round", "agency", "criterion"))
        places = HistoryRows(ranks, ("round", "agency"))
        for key, card in self.cards.items():
            for code, score in card.scores.items():
                cells.put((*key, code), position, cell_row(score))
        for key, place in self.places.items():
            places.put(key, position, place_row(place))
        stood = HistoryRows(states, STATE)
        for subject, row in state_rows(self.standing).items():
            stood.put(subject, position, row)
        for rows in (cells, places, stood):
            rows.write(connection)

    @staticmethod
    def block_cards(cards: dict[tuple[str, str], Card], found: Round, block: Block) -> list[Card]:
        """Return the cards of one block."""
        return [cards[found.code, agency] for agency, its in found.agencies.items() if its is block]


class _Turn:
    """One batch: what it changes is kept apart until it has committed."""

    def __init__(self, board: Scoreboard) -> None:
        self._board = board
        self._standing = board.standing.fork()
        self._changes = Changes(self._standing)
        self._cards = dict(board.cards)
        self._places = dict(board.places)
        self._ladders: dict[tuple[str, Block], Ladder] = {}
        self._cells = HistoryRows(cell_scores, ("round", "agency", "criterion"))
        self._ranks = HistoryRows(ranks, ("round", "agency"))

    def settle(self) -> None:
        """Let the board follow."""
        self._standing.settle()
        self._board.cards, self._board.places = self._cards, self._places
        self._board.ladders |= self._ladders

    def write(self, connection: Connection) -> None:
        """Close rows that no longer hold, open those that do."""
        self._cells.write(connection)
        self._ranks.write(connection)
        stood = HistoryRows(states, STATE)
        for changed in self._changes.rows():
            stood.put(changed.subject, changed.position, changed.row, first=changed.first)
        stood.write(connection)

    def take(self, event: Event) -> None:
        """Follow one event; recompute the cards it can have changed, then their blocks."""
        admission.follow(self._standing, event)
        self._changes.take(event.position)
        if event.round is None or not isinstance(event.body, MOVING + MOVING_ALL):
            return
        found = self._standing.rounds.get(event.round)
        if found is None:  # what it was opened on was left out
            return
        moved = [
            agency for agency in self._touched(found, event) if self._card(event, agency, event.criterion)
        ]
        for block in sorted({found.agencies[agency] for agency in moved}):
            its = [agency for agency in moved if found.agencies[agency] is block]
            self._rank(event.position, found, block, its)

    @staticmethod
    def _touched(found: Round, event: Event) -> list[str]:
        if event.agency is None:
            return list(found.agencies)
        return [event.agency] if event.agency in found.agencies else []

    def _card(self, event: Event, agency: str, criterion: str | None) -> bool:
        """Recompute a card and note the cells that changed; say whether anything did."""
        key = (event.round or "", agency)
        before = self._cards.get(key)
        if before is None or isinstance(event.body, ANEW):
            after = scoring.card(self._standing, *key)
            moved: Collection[str] = after.scores
        else:
            after, moved = scoring.next_card(
                self._standing, key[0], before, (criterion,) if criterion else ()
            )
        if after is before:
            return False
        self._cards[key] = after
        for code in moved:
            score = after.scores[code]
            old = before.scores.get(code) if before is not None else None
            if old is not score and old != score:
                self._cells.put((*key, code), event.position, cell_row(score))
        return before is None or _result(before) != _result(after)

    def _rank(self, position: int, found: Round, block: Block, moved: Sequence[str]) -> None:
        """Rank a block again after the cards of some of its agencies moved; note the places that changed."""
        places = self._renewed(found, block, moved)
        for agency, place in places.items():
            key = (found.code, agency)
            before = self._places.get(key)
            self._places[key] = place
            if before is None or _standing_of(before) != _standing_of(place):
                self._ranks.put(key, position, place_row(place))

    def _renewed(self, found: Round, block: Block, moved: Sequence[str]) -> dict[str, Place]:
        ladder = self._ladders.get((found.code, block))
        if ladder is None:
            known = self._board.ladders.get((found.code, block))
            if known is None:  # the round has just been opened
                ladder = Ladder(found.criteria, Scoreboard.block_cards(self._cards, found, block))
                self._ladders[found.code, block] = ladder
                return ladder.places
            self._ladders[found.code, block] = ladder = known.fork()
        return {
            place.card.agency: place
            for agency in moved
            for place in ladder.put(self._cards[found.code, agency])
        }


class HistoryRows:
    """The rows of one history table that a batch closes and opens."""

    def __init__(self, table: Table, subject: Key) -> None:
        self._table = table
        self._subject = subject
        self._open: dict[Key, dict[str, Any]] = {}
        self._new: list[dict[str, Any]] = []
        self._closed: dict[Key, int] = {}

    def put(self, key: Key, position: int, values: dict[str, Any], *, first: bool = False) -> None:
        """From this position on, these values hold; of a subject's `first` row none has to end."""
        before = self._open.get(key)
        if before is None:
            if not first:
                self._closed[key] = position
        elif before["valid_from"] == position:
            before.update(values)
            return
        else:
            before["valid_until"] = position
        row = dict(zip(self._subject, key, strict=True)) | values
        self._open[key] = row | {"valid_from": position, "valid_until": OPEN}
        self._new.append(self._open[key])

    def write(self, connection: Connection) -> None:
        """Write the batch: what held before ends where the first new row begins."""
        names = self._table.columns.keys()
        end_rows(connection, self._table, [(position, *key) for key, position in self._closed.items()])
        insert_rows(connection, self._table, [tuple(row[name] for name in names) for row in self._new])


def cell_row(score: Score) -> dict[str, Any]:
    """Write a score as its row of `cell_scores`, without subject and positions."""
    return {
        "points": write(score.points),
        "stage": score.stage.value,
        "made_by": " ".join(map(str, score.positions)),
        "flags": " ".join(score.flags),
        "counts": score.counts,
    }


def _result(card: Card) -> tuple[object, ...]:
    return card.total, card.bonus, card.deductions, card.rating, card.results, card.areas


def _standing_of(place: Place) -> tuple[object, ...]:
    return place.rank, place.shared, *_result(place.card)[:-1]


def place_row(place: Place) -> dict[str, Any]:
    """Write a place as its row of `ranks`, without subject and positions."""
    card = place.card
    return {
        "block": card.block.value,
        "rank": place.rank,
        "shared": place.shared,
        "total": write(card.total),
        "bonus": write(card.bonus),
        "deductions": write(card.deductions),
        "ranking_score": write(card.ranking_score),
        "rating": card.rating,
        "results": " ".join(f"{code}={write(total)}" for code, total in card.results.items()),
    }
