"""Logs small enough to be folded again under every mutation, and what Python makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from domain.events import Event
from tests.audit.browser.fold.folding import Answer, Ask, Told, digest, folded, told
from tests.audit.browser.fold.inventing import calendars, invented, registries
from tests.audit.browser.fold.test_fold_rules import NUMBERS, VECTORS, in_javascript
from tests.domain.whole_round import whole_round

INVENTED = 40


@dataclass(frozen=True)
class Case:
    """A log, what is left out of it, and what it comes to in Python at each of the sizes."""

    log: list[Told]
    leave: tuple[int, ...]
    at: tuple[int, ...]
    mine: Answer = field(repr=False)


def _case(events: list[Event], *leave: int, first: int = 1) -> Case:
    at = tuple(range(first, len(events) + 1))
    return Case([told(event) for event in events], leave, at, folded(events, leave, at))


def _cases() -> Iterator[Case]:
    whole = whole_round().events
    yield _case(whole, first=len(whole) - 30)
    yield _case(whole, whole[-1].position, first=len(whole))
    for events in (*registries(), *calendars()):
        yield _case(events, first=len(events) - 60 if len(events) > 130 else len(events) - 2)
    for seed in range(INVENTED):
        events = invented(Random(seed), 60)  # noqa: S311 - the same every time
        yield _case(events, first=len(events) - 57)


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
        if _answer(ask, case) != _expected(case):
            yield f"case {n}"


def _answer(ask: Ask, case: Case) -> Any:
    ask("log", name="case", statements=case.log)
    told_back = ask("fold", name="case", leave=case.leave, at=case.at)
    if "failed" in told_back:
        return told_back["failed"]
    return [one["lines"] for one in told_back["at"]], told_back["versions"]


def _expected(case: Case) -> Any:
    sizes, versions = case.mine
    return list(map(digest, sizes)), [[*version[:3], digest(version[3])] for version in versions]
