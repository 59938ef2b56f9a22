"""The events that cards follow from, read out of the log: a few streams and kinds, never all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection

from api.disputing import dispute_streams
from api.errors import UnknownSubject
from api.kept import rows
from audit.ledger.tables import stored_events
from audit.proofs.statement import REGISTRY_STREAM
from domain.criteria import Block
from domain.events import Event
from domain.refusals import refuse
from domain.standing import Round
from domain.stated.survey import SurveyTallied
from projections import cards
from projections.leaving_out import SURVEY
from projections.shares import GROUNDS, SHARE, fold, names
from projections.what_if import WhatIf

_C = stored_events.c
_STREAM = _C.originator_id


class LogShares:
    """The shares of one round up to a size; each is read once."""

    def __init__(self, connection: Connection, round_code: str, size: int) -> None:
        self._connection = connection
        self._round = round_code
        self._size = size
        self._grounds: list[Event] | None = None
        self._found: Round | None = None
        self._about: dict[str, list[Event]] = {}

    def grounds(self) -> Sequence[Event]:
        """Return the events that every card of the round follows from."""
        if self._grounds is None:
            self._grounds = self._read(_STREAM.in_((REGISTRY_STREAM, self._round)), GROUNDS)
        return self._grounds

    def about(self, agency: str) -> Sequence[Event]:
        """Return the events that an agency's card follows from besides."""
        if agency not in self._about:
            codes = self.round().criteria.by_code
            own = f"{self._round}/{agency}"
            told = self._read(_STREAM.in_((own, *(f"{own}/{code}" for code in codes))), SHARE)
            told += (
                e
                for e in self._read(dispute_streams(self._connection, self._round), SHARE)
                if e.agency == agency
            )
            self._about[agency] = sorted(told, key=lambda event: event.position)
        return self._about[agency]

    def survey(self) -> Iterable[Event]:
        """Return the waves of the round and all that was counted of them."""
        waves = self._read(_STREAM.in_((self._round,)), SURVEY)
        shares = (event for agency in self.round().agencies for event in self.about(agency))
        return (*waves, *(event for event in shares if isinstance(event.body, SurveyTallied)))

    def round(self) -> Round:
        """Return the round as far as cards look at it; raises UnknownSubject."""
        if self._found is None:
            self._found = fold(self.grounds()).rounds.get(self._round)
        if self._found is None:
            raise UnknownSubject(
                refuse("asked.no_round", round=self._round, size=self._size, nearest="-", there="-")
            )
        return self._found

    def _read(self, streams: ColumnElement[bool], kinds: Collection[type[Any]]) -> list[Event]:
        return read_events(self._connection, streams, kinds, self._size)


def read_events(
    connection: Connection, streams: ColumnElement[bool], kinds: Collection[type[Any]], size: int
) -> list[Event]:
    """Read the events of some streams and kinds, up to a size, in the order of the log."""
    wanted = streams & stored_events.c.topic.in_(sorted(names(kinds)))
    told = (entry.event for entry in rows(connection, wanted & (_C.position < size)))
    return [event for event in told if event is not None]


def what_if(connection: Connection, round_code: str, size: int) -> WhatIf:
    """Stand at a size of the log, ready to be asked; raises UnknownSubject for a round that is not there."""
    shares = LogShares(connection, round_code, size)
    found = shares.round()

    def read(block: Block) -> dict[str, Any]:
        return cards.cards(connection, found, size, block)

    return WhatIf(found, shares, read)
