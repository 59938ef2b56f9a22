"""Logs small enough to be folded again under every mutation, and what Python makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from random import Random
from typing import Any

from domain.events import Event
from tests.audit.browser.fold.folding import Answer, Ask, Told, digest, folded, question, told
from tests.audit.browser.fold.inventing import calendars, flaws, invented, nothing_left, officers, registries
from tests.audit.browser.fold.test_fold_rules import NUMBERS, VECTORS, in_javascript
from tests.domain.whole_round import whole_round

INVENTED = 48
STEP = 4
"""After so many statements each, the lines are compared."""


@dataclass(frozen=True)
class Case:
    """A log, what is left out of it, and what it comes to in Python at each of the sizes."""

    log: list[Told]
    leave: tuple[int, ...]
    at: tuple[int, ...]
    mine: Answer = field(repr=False)

    @cached_property
    def question(self) -> str:
        """What Node is asked, spelled once."""
        return question("fold", statements=self.log, leave=self.leave, at=self.at)

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What Node answers where both agree."""
        sizes, versions = self.mine
        stated = [[*version[:3], digest(version[3])] for version in versions]
        return {"at": [{"lines": digest(lines), "ranks": []} for lines in sizes], "versions": stated}


def _case(events: list[Event], *leave: int, first: int = 1) -> Case:
    at = tuple(reversed(range(len(events), first - 1, -STEP)))
    return Case([told(event) for event in events], leave, at, folded(events, leave, at))


def _cases() -> Iterator[Case]:
    for seed in range(INVENTED):
        events = invented(Random(seed), 60)  # noqa: S311 - the same every time
        yield _case(events, first=len(events) - 57)
    whole = whole_round().events
    yield _case(whole, first=len(whole) - 30)
    yield _case(whole, whole[-1].position, first=len(whole))
    yield _terse(whole)
    for events in (nothing_left(), *registries(), *officers(), *flaws()):
        yield _case(events, first=len(events) - 2)
    for events in calendars():
        yield _case(events, first=len(events) - 60)


def _terse(events: list[Event]) -> Case:
    """Leave out of a criteria set whatever goes without saying; the events are the same."""
    plain = _case(events, first=len(events))
    return Case([_without(DEFAULTS, one) for one in plain.log], plain.leave, plain.at, plain.mine)


DEFAULTS: dict[str, Any] = {
    "bonus_ranks": True,
    "section": "main",
    "area": "",
    "evidence": "",
    "note": "",
    "empty": "zero",
    "choices": [],
    "results": [],
    "shortcomings": [],
    "withheld": 0,
    "touches": [],
}


def _without(defaults: dict[str, Any], value: Any) -> Any:
    if isinstance(value, list):
        return [_without(defaults, item) for item in value]
    if not isinstance(value, dict):
        return value
    said = {name: item for name, item in value.items() if name not in defaults or item != defaults[name]}
    return {name: _without(defaults, item) for name, item in said.items()}


@cache
def corpus() -> tuple[Case, ...]:
    """Return all cases."""
    return tuple(_cases())


def differences(ask: Ask) -> Iterator[str]:
    """Yield where the modules come to something else than Python did."""
    for vector in VECTORS:
        if in_javascript(ask, vector) != vector["points"]:
            yield f"rule: {vector['says']}"
    for number in NUMBERS:
        written = ask("number", above=number["above"], below=number["below"])
        if isinstance(written, dict) or written[:2] != [number["written"], number["published"]]:
            yield f"number: {number}"
    for n, case in enumerate(corpus()):
        if ask.spelled(case.question) != case.expected:
            yield f"case {n}"
