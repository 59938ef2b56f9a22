"""Admission: one statement decided against what holds, in a log of one whole round and in one of a dozen.

The demo's round is told again under other names, so that what holds grows as it would in other years; the
last telling is decided statement by statement, at its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from api.runtime import reading
from api.settings import Settings
from benchmarks.measure import Line, within
from domain import admission
from domain.events import Body, Event
from domain.standing import Standing
from domain.stated.registry import OfficerTransferred
from domain.stated.survey import BallotsRecorded, SurveyWaveOpened

ROUND = "2016"
TELLINGS = 12
"""So many whole rounds are about 100,000 events."""
LIMIT = 0.000_1
NO_SLOWER = 1.5


def one_statement(demo: Path, rounds: int) -> list[Line]:
    """Decide a round's statements with nothing but the registry before them, and with eleven rounds more."""
    with reading(Settings(demo)) as log:
        events = [recorded.event for recorded in log.entries() if recorded.event is not None]
    # Nobody moves between the tellings: whoever was lent in one has the same home in the next.
    registry = [e for e in events if e.round is None and not isinstance(e.body, OfficerTransferred)]
    told = [event for event in events if event.round == ROUND]
    small, large = _standing(registry, told, 1), _standing(registry, told, TELLINGS)
    seconds: list[list[float]] = [[], []]
    for _ in range(rounds):
        for taken, standing in zip(seconds, (small, large), strict=True):
            taken.append(_median(standing.fork(), told))
    ours, grown = median(seconds[0]), median(seconds[1])
    many = len(registry) + len(told) * TELLINGS
    return [
        within(
            f"admission of one statement, {len(registry) + len(told):,} events before",
            ours,
            LIMIT,
            milliseconds=True,
        ),
        within(f"admission of one statement, {many:,} events before", grown, LIMIT, milliseconds=True),
        Line(
            "  the second beside the first",
            f"{grown / ours:.2f}",
            f"limit: {NO_SLOWER}",
            "",
            grown <= NO_SLOWER * ours,
        ),
    ]


def _standing(registry: Sequence[Event], told: Sequence[Event], tellings: int) -> Standing:
    """Fold the registry, and the round under so many names."""
    standing = Standing()
    for event in registry:
        admission.follow(standing, event)
    for number in range(tellings):
        for event in _named(told, f"r{number}"):
            admission.follow(standing, event)
    return standing


def _named(told: Sequence[Event], name: str) -> list[Event]:
    """Say the same of another round; its survey has tokens and ballots of its own."""
    return [replace(event, round=name, body=_of_its_own(event.body, name)) for event in told]


def _of_its_own(body: Body, name: str) -> Body:
    if isinstance(body, SurveyWaveOpened):
        return replace(body, tokens=_another(body.tokens, name))
    return replace(body, root=_another(body.root, name)) if isinstance(body, BallotsRecorded) else body


def _another(root: str, name: str) -> str:
    return hashlib.sha256(f"{name} {root}".encode()).hexdigest()


def _median(standing: Standing, told: Sequence[Event]) -> float:
    """Decide and follow each statement in its turn; return the median seconds of deciding."""
    taken = []
    for event in told:
        started = perf_counter()
        refusal = admission.admit(standing, event)
        taken.append(perf_counter() - started)
        assert refusal is None, refusal
        admission.follow(standing, event)
    return median(taken)
