"""Logs small enough to be folded again under every mutation, and what Python makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from random import Random
from typing import Any

from domain import admission
from domain.events import Event, Signing, kind_of
from domain.standing import Standing
from domain.stated.registry import AgencyRenamed
from tests.audit.browser.fold.altering import bodies, changed, in_python
from tests.audit.browser.fold.folding import Answer, Ask, Told, digest, folded, question, told
from tests.audit.browser.fold.inventing import calendars, flaws, invented, nothing_left, officers, registries
from tests.audit.browser.fold.test_fold_rules import NUMBERS, VECTORS, in_javascript
from tests.domain.whole_round import whole_round

INVENTED = 48
SOME = 23
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


@cache
def judged() -> tuple[tuple[str, Any, bool], ...]:
    """Return some bodies with something wrong in them, and whether Python takes each."""
    every = [(kind, one) for kind, body in bodies().items() for one in changed(body)]
    odd: tuple[Any, ...] = ([], {}, None)
    instead = [(kind, one) for kind in bodies() for one in odd]
    return tuple((kind, one, in_python(kind, one)) for kind, one in (*every[::SOME], *instead))


@cache
def renaming() -> tuple[list[Told], list[list[Any]]]:
    """Return the whole round, and a ranked agency renamed; with phase, version and names at each size."""
    events = whole_round().events
    named = AgencyRenamed(code="HC", name_vi="Quận Hải Châu", name_en="Hai Chau", since=date(2017, 1, 1))
    event = replace(events[-1], kind=kind_of("AgencyRenamed.v1"), body=named, round=None, agency=None)
    standing, found = Standing(), []
    log = [*events, replace(event, criterion=None, matter=None, position=len(events))]
    for one in log:
        admission.follow(standing, one)
        if opened := standing.rounds.get("2016"):
            known = [standing.agencies[code] for code in opened.agencies]
            names = {agency.code: [agency.name_vi, agency.name_en] for agency in known}
            found.append([opened.phase.value, opened.published, names])
    return [told(one) for one in log], found


def _headlines(ask: Ask) -> list[list[Any]]:
    log, expected = renaming()
    at = list(range(len(log) - len(expected) + 1, len(log) + 1))
    its = ask("fold", statements=log, at=at, ranks=["2016"]).get("at", [])
    return [_headline(json.loads(one["ranks"][0])) for one in its]


def _headline(answer: dict[str, Any]) -> list[Any]:
    places = [place for block in answer["blocks"] for place in block["places"]]
    names = {place["agency"]: [place["name_vi"], place["name_en"]] for place in places}
    return [answer["phase"], answer["published_version"], names]


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
    for kind, body, fits in judged():
        if ask("fits", kind=kind, body=body) != fits:
            yield f"{kind}: {body}"
    for text in TEXTS:
        if ask("reads", text=text) != "RangeError":
            yield f"read as a number: {text}"
    if _headlines(ask) != renaming()[1]:
        yield "headlines"
    yield from _unreadable(ask)


TEXTS = ("05", "1.50", "0.0", "2/4", "10/1", "1/2", "1/0", "1.23456", "-1")
"""What no number is written like."""


def _unreadable(ask: Ask) -> Iterator[str]:
    """A log with one statement that cannot be read: the fold stops, and nothing of it is compared."""
    for kind, stated in UNREADABLE:
        log = signed(whole_round().events)
        wrong = next(one for one in log if one["statement"]["type"] == kind)
        wrong["statement"].update(stated)
        if "signers" not in stated and not ask("thrown", statements=log):
            yield f"{kind} {stated}: folded"
        ask("log", name="unread", statements=log)
        if ask("states", name="unread") != {}:
            yield f"{kind} {stated}: answered"


UNREADABLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("PhaseOpened.v1", {"body": {}}),
    ("PhaseOpened.v1", {"signers": ["key"]}),
    ("MinutesSigned.v1", {"signers": None}),
    ("PhaseOpened.v1", {"type": "Unheard.v1"}),
)
"""What becomes of the first statement of a kind, so that nobody can read it."""


def signed(events: list[Event]) -> list[Told]:
    """Write statements as readers show them: with several signers where the kind is signed together."""
    return [_signed(told(event)) for event in events]


def _signed(one: Told) -> Told:
    together = kind_of(one["statement"]["type"]).signing is Signing.TOGETHER
    plain = {"criterion": None, "matter": None, "signers": ["key"] if together else None}
    return {**one, "entry": {"arrived_at": one["arrived_at"]}, "statement": plain | one["statement"]}
