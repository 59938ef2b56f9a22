"""The events that cards follow from, read out of the log: a few streams and kinds, never all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from eventsourcing.persistence import Notification
from sqlalchemy import ColumnElement, Connection, select

from api.errors import UnknownSubject
from api.runtime import Log
from audit.ledger.tables import stored_events
from audit.proofs.statement import REGISTRY_STREAM
from domain.criteria import Block
from domain.events import Event
from domain.standing import Round
from domain.stated.survey import SurveyTallied
from projections import cards
from projections.leaving_out import SURVEY
from projections.shares import GROUNDS, SHARE, fold, names
from projections.what_if import WhatIf

_STREAM = stored_events.c.originator_id
_COLUMNS = tuple(stored_events.c)


class LogShares:
    """The shares of one round up to a size; each is read once."""

    def __init__(self, log: Log, connection: Connection, round_code: str, size: int) -> None:
        self._log = log
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
            told += (e for e in self._read(self._disputes(), SHARE) if e.agency == agency)
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
            raise UnknownSubject(f"no round {self._round} had been opened at size {self._size}")
        return self._found

    def _disputes(self) -> ColumnElement[bool]:
        """The streams `R/dispute-...`: a range of the index, in the order of bytes."""
        name = _STREAM if self._connection.dialect.name == "sqlite" else _STREAM.collate("C")
        return (name >= f"{self._round}/dispute-") & (name < f"{self._round}/dispute.")

    def _read(self, streams: ColumnElement[bool], kinds: Collection[type[Any]]) -> list[Event]:
        return read_events(self._log, self._connection, streams, kinds, self._size)


def read_events(
    log: Log, connection: Connection, streams: ColumnElement[bool], kinds: Collection[type[Any]], size: int
) -> list[Event]:
    """Read the events of some streams and kinds, up to a size, in the order of the log."""
    wanted = streams & stored_events.c.topic.in_(sorted(names(kinds)))
    rows = connection.execute(select(*_COLUMNS).where(wanted, stored_events.c.position < size)).all()
    told = (
        log.mapper.to_domain_event(
            Notification(
                originator_id=row.originator_id,
                originator_version=row.originator_version,
                topic=row.topic,
                state=row.state,
                id=row.position + 1,
            )
        ).event
        for row in sorted(rows, key=lambda row: row.position)
    )
    return [event for event in told if event is not None]


def what_if(log: Log, connection: Connection, round_code: str, size: int) -> WhatIf:
    """Stand at a size of the log, ready to be asked; raises UnknownSubject for a round that is not there."""
    shares = LogShares(log, connection, round_code, size)
    found = shares.round()

    def read(block: Block) -> dict[str, Any]:
        return cards.cards(connection, found, size, block)

    return WhatIf(found, shares, read)
