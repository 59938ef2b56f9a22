"""Replay: from the stored bytes of the demo's log to the scores and rankings of every round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from api.runtime import Log, reading
from api.settings import Settings
from benchmarks.measure import Line, interleaved, within
from domain import admission, ranking, scoring
from domain.criteria import Block
from domain.events import Event
from domain.scoring import Card
from domain.standing import Round, Standing

LIMIT = 1
LEAST = 7000
"""Events in the demo, at least."""


def whole_log(demo: Path, rounds: int) -> list[Line]:
    """Fold the log while it is read, and fold alone what was read before, turn by turn."""
    with reading(Settings(demo)) as log:
        events = list(_events(log))
        assert len(events) > LEAST
        sides = (lambda _: _fold(_events(log)), lambda _: _fold(events))
        read_and_folded, folded = interleaved(lambda _: None, sides, rounds, warm_up=1)
    return [
        within("replay of the log, from stored bytes to ranks", read_and_folded, LIMIT),
        within("  folding and ranking alone", folded, LIMIT),
    ]


def _events(log: Log) -> Iterator[Event]:
    return (recorded.event for recorded in log.entries() if recorded.event is not None)


def _fold(events: Iterable[Event]) -> None:
    standing = Standing()
    for event in events:
        admission.follow(standing, event)
    for found in standing.rounds.values():
        for block in Block:
            cards = _cards(standing, found, block)
            assert len(ranking.rank(found.criteria, cards)) == len(cards) > 0


def _cards(standing: Standing, found: Round, block: Block) -> list[Card]:
    agencies = [agency for agency, its in found.agencies.items() if its is block]
    return [scoring.card(standing, found.code, agency) for agency in agencies]
