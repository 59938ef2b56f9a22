"""Which events a card follows from: the grounds that all cards share, and one agency's own share.

A card looks at the round, one dossier and its cells. Only the kinds named here write what it reads there;
so one agency's card can be folded again, with or without some events, from its share alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from heapq import merge
from typing import Any, Protocol

from domain import admission, scoring
from domain.events import CATALOGUE, Event
from domain.scoring import Card
from domain.standing import Standing
from domain.stated.registry import (
    AgencyClosed,
    AgencyMerged,
    AgencyRegistered,
    CriteriaSetIssued,
    LogOpened,
)
from projections.scoreboard import MOVING, MOVING_ALL

REGISTRY: tuple[type[Any], ...] = (
    LogOpened,
    AgencyRegistered,
    AgencyMerged,
    AgencyClosed,
    CriteriaSetIssued,
)
"""What a round is opened on, outside of it."""
GROUNDS = REGISTRY + MOVING_ALL
SHARE = MOVING
"""What an agency's own card follows from."""


def names(kinds: Collection[type[Any]]) -> frozenset[str]:
    """Return the stored names of kinds, as a reader of the log asks for them."""
    return frozenset(name for name, kind in CATALOGUE.items() if kind.body in kinds)


class Shares(Protocol):
    """Reads of one round's events, up to a size of the log, each in the order of the log."""

    def grounds(self) -> Sequence[Event]:
        """Return the events of `GROUNDS`: of the registry, and of the round."""

    def about(self, agency: str) -> Sequence[Event]:
        """Return the events of `SHARE` that are about an agency in the round."""


class Told:
    """Shares of events that are all at hand."""

    def __init__(self, events: Iterable[Event], round_code: str) -> None:
        self._grounds: list[Event] = []
        self._about: dict[str, list[Event]] = {}
        for event in events:
            if isinstance(event.body, REGISTRY):
                self._grounds.append(event)
            elif event.round != round_code:
                continue
            elif isinstance(event.body, MOVING_ALL):
                self._grounds.append(event)
            elif isinstance(event.body, SHARE) and event.agency is not None:
                self._about.setdefault(event.agency, []).append(event)

    def grounds(self) -> Sequence[Event]:
        """Return the events that every card of the round follows from."""
        return self._grounds

    def about(self, agency: str) -> Sequence[Event]:
        """Return the events that an agency's card follows from besides."""
        return self._about.get(agency, [])


def in_order(*shares: Iterable[Event]) -> Iterable[Event]:
    """Merge shares into the order of the log."""
    return merge(*shares, key=lambda event: event.position)


def fold(events: Iterable[Event], without: Collection[int] = ()) -> Standing:
    """Follow events but for those that are left out."""
    standing = Standing()
    for event in events:
        if event.position not in without:
            admission.follow(standing, event)
    return standing


def card_of(
    shares: Shares, round_code: str, agency: str, without: Collection[int] = (), added: Sequence[Event] = ()
) -> Card | None:
    """Fold one agency's card again; nothing where it is not ranked then."""
    events = (*in_order(shares.grounds(), shares.about(agency)), *added)
    return card_in(fold(events, without), round_code, agency)


def card_in(standing: Standing, round_code: str, agency: str) -> Card | None:
    """Return the card of an agency that is ranked in a round; else nothing."""
    found = standing.rounds.get(round_code)
    ranked = found is not None and agency in found.agencies
    return scoring.card(standing, round_code, agency) if ranked else None
