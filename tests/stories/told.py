"""The whole demo as it was told: its events and statements in order, and what held at any size of the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from api.register import size_at
from api.review import Review
from api.runtime import Log
from audit.proofs.statement import Statement
from domain import admission
from domain.events import Event
from domain.standing import Round, Standing

YEAR = "2016"
Body = TypeVar("Body")


@dataclass
class Told:
    """One log, read once."""

    log: Log
    connection: Connection
    events: list[Event] = field(default_factory=list)
    statements: dict[int, Statement] = field(default_factory=dict)
    now: Standing = field(init=False)
    _reviews: dict[int, Review] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read every entry, in order."""
        for recorded in self.log.entries():
            self.statements[recorded.position] = recorded.statement
            if recorded.event is not None:
                self.events.append(recorded.event)
        self.now = self.standing_at(self.log.size)

    def of(self, *kinds: type[Any], code: str | None = YEAR) -> list[Event]:
        """Return the events of these kinds in a round, oldest first."""
        return [e for e in self.events if isinstance(e.body, kinds) and e.round == code]

    def bodies(self, kind: type[Body], code: str | None = YEAR) -> list[Body]:
        """Return what was stated of this kind in a round, oldest first."""
        return [e.body for e in self.of(kind, code=code)]

    def standing_at(self, size: int) -> Standing:
        """Return what held when the log had so many entries."""
        standing = Standing()
        for event in self.events:
            if event.position >= size:
                break
            admission.follow(standing, event)
        return standing

    @property
    def round(self) -> Round:
        """The round 2016, as it stands at the end."""
        return self.now.rounds[YEAR]

    def size_at(self, moment: str) -> int:
        """Return how many entries the log had at a moment."""
        return size_at(self.log, moment)

    def review(self, size: int | None = None) -> Review:
        """Return what is answered about the round 2016 at a size, by default now."""
        wanted = self.log.size if size is None else size
        if wanted not in self._reviews:
            self._reviews[wanted] = Review(self.log, self.connection, YEAR, wanted)
        return self._reviews[wanted]

    def local(self, moment: datetime) -> str:
        """Write a moment as people in Da Nang would, to the minute."""
        return moment.astimezone(self.round.zone).strftime("%Y-%m-%d %H:%M")
