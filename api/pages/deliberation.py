"""The council's record as one process has read it, and what each decision did to the rank it is about.

An entry never changes, nor what a decision moved: both are read once, and then only what came since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from threading import Lock

from sqlalchemy import Connection, select

from api.answers import Answer
from api.council_record import KINDS
from audit.ledger.admitted import Admitted
from audit.ledger.tables import head, stored_events
from domain.events import Event
from domain.points import published
from domain.stated.council import VoteCast
from projections import queries
from projections.decisions import Decision, decisions
from projections.shares import names

_ITS = stored_events.c


class Deliberation:
    """What the councils of all rounds stated; any thread may ask."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._come = 0
        self._events: list[Event] = []
        self._by_position: dict[int, Event] = {}
        self._decisions: tuple[Decision, ...] = ()
        self._effects: dict[int, Answer] = {}

    def events(self, connection: Connection, code: str) -> list[Event]:
        """Return what the council of a round stated, in the order of the log."""
        self._read(connection)
        return [event for event in self._events if event.round == code]

    def at(self, connection: Connection, positions: Iterable[int]) -> list[Event]:
        """Return some of what the councils stated, by its positions, in that order."""
        self._read(connection)
        return [self._by_position[position] for position in positions]

    def votes(self, connection: Connection, motion: int) -> dict[str, int]:
        """Return who voted on a motion, and where."""
        self._read(connection)
        cast = [e for e in self._events if isinstance(e.body, VoteCast) and e.body.motion == motion]
        return {event.signed_by[0]: event.position for event in cast}

    def decisions(self, connection: Connection) -> tuple[Decision, ...]:
        """Return every motion of every round with what came of it."""
        self._read(connection)
        return self._decisions

    def _read(self, connection: Connection) -> None:
        with self._turn:
            size = connection.execute(select(head.c.size)).scalar_one()
            wanted = sorted(names(KINDS))
            if size <= self._come:
                return
            here = (_ITS.position >= self._come) & (_ITS.position < size)
            query = select(_ITS.position, _ITS.topic, _ITS.state).where(here, _ITS.topic.in_(wanted))
            read = (Admitted(*row).event for row in connection.execute(query.order_by(_ITS.position)).all())
            self._events = [*self._events, *(event for event in read if event is not None)]
            self._by_position = {event.position: event for event in self._events}
            self._decisions = decisions(self._events)
            self._come = size

    def effects(self, connection: Connection, made: Sequence[Decision]) -> dict[int, Answer]:
        """Return by position what decisions did: the agency's rank and score just before and just after."""
        wanted = [one for one in made if one.position is not None]
        for one in wanted:
            if one.position is not None and one.position not in self._effects:
                before, after = (
                    _places(connection, one.round, {one.agency}, size)[one.agency]
                    for size in (one.position, one.position + 1)
                )
                self._effects[one.position] = {"before": before, "after": after}
        return {one.position: self._effects[one.position] for one in wanted if one.position is not None}


def moved(
    connection: Connection, code: str, agencies: Collection[str], position: int
) -> dict[str, tuple[Answer, Answer]]:
    """Return the places of some agencies just before and just after an entry."""
    before, after = (_places(connection, code, agencies, size) for size in (position, position + 1))
    return {agency: (before[agency], after[agency]) for agency in agencies if {agency} <= before.keys()}


def _places(connection: Connection, code: str, agencies: Collection[str], size: int) -> dict[str, Answer]:
    rows = queries.ranking(connection, code, size, agencies=agencies)
    return {row.agency: {"rank": row.rank, "score": published(row.ranking_score)} for row in rows}
