"""Statements by their outside: what kind, about which cell, when it came; not what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.events import CATALOGUE, Event, Kind


@dataclass(frozen=True, slots=True)
class Outline:
    """One statement about an agency of a round; `criterion` is nothing where it is about all of it."""

    position: int
    type: str
    agency: str
    criterion: str | None
    arrived_at: datetime

    @property
    def kind(self) -> Kind:
        """What the catalogue says of it."""
        return CATALOGUE[self.type]


def outlines(events: Iterable[Event], round_code: str) -> list[Outline]:
    """Return the outlines of the events about agencies of a round."""
    return [
        Outline(e.position, e.kind.name, e.agency, e.criterion, e.arrived_at)
        for e in events
        if e.round == round_code and e.agency is not None
    ]
