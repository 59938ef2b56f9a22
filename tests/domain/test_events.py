"""The closed set of events: each with a name, a rule, a shape, and a class of visibility for every word."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from fractions import Fraction
from types import ModuleType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest

from domain.admission import RULES
from domain.events import CATALOGUE, Event, Kind, kind_of, read_body
from domain.refusals import Malformed, UnknownEvent
from domain.stated import assessment, choices, council, disputes, erasure, registry, rounds, survey
from domain.visibility import HEADER, Visibility, parties, public, sealed, seen_by
from domain.visibility import council as for_council

STATED = (assessment, council, disputes, erasure, registry, rounds, survey)
KINDS = [pytest.param(kind, id=kind.name) for kind in CATALOGUE.values()]


def test_set_is_closed() -> None:
    """What can be stated, what the catalogue names and what has a rule are the same things."""
    bodies = {kind.body for kind in CATALOGUE.values()}
    assert bodies == RULES.keys()
    assert len(bodies) == len(CATALOGUE)
    assert {kind.name for kind in CATALOGUE.values()} == CATALOGUE.keys()


@pytest.mark.parametrize("module", STATED, ids=lambda module: module.__name__)
def test_nothing_lies_beside_the_set(module: ModuleType) -> None:
    """Every record that is written down is the body of a kind, or a part of one."""
    known = set().union(*(_records(kind.body) for kind in CATALOGUE.values()))
    written = {x for x in vars(module).values() if is_dataclass(x) and x.__module__ == module.__name__}
    assert written
    assert written <= known


def test_closed_lists_are_written_as_they_are_named() -> None:
    """A word that statements choose from is stored under its own name."""
    words = [x for x in vars(choices).values() if isinstance(x, type) and issubclass(x, Enum)]
    assert all(member.value == member.name for found in words for member in found)


@pytest.mark.parametrize("name", ["", "Nonsense.v1", "EvidenceSubmitted", "EvidenceSubmitted.v2", "x" * 500])
def test_unknown_type_raises(name: str) -> None:
    """A type outside the set raises, and its name is not repeated at any length."""
    with pytest.raises(UnknownEvent) as refused:
        kind_of(name)
    assert refused.value.refusal.rule == "event.unknown"
    assert refused.value.refusal.facts == {"type": name[:80]}


@pytest.mark.parametrize("kind", KINDS)
def test_name_is_given_with_a_version(kind: Kind) -> None:
    """A stored name is words and a version, and finds its kind."""
    assert re.fullmatch(r"[A-Z][A-Za-z]+\.v[1-9]", kind.name)
    assert kind_of(kind.name) is kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_class(kind: Kind) -> None:
    """Who may see a field is said of every field of every event."""
    assert {f.name for f in fields(kind.body) if not isinstance(seen_by(f), Visibility)} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_committed_text_has_a_class(kind: Kind) -> None:
    """What must be committed may be, has a class, and is not a field of the body as well."""
    assert kind.required <= kind.texts.keys()
    assert all(isinstance(seen, Visibility) for seen in kind.texts.values())
    assert not kind.texts.keys() & {f.name for f in fields(kind.body)}


@pytest.mark.parametrize("kind", KINDS)
def test_body_is_frozen_and_closed(kind: Kind) -> None:
    """A body, and whatever lies in it, is a frozen record of known shapes."""
    for record in _records(kind.body):
        assert record.__dataclass_params__.frozen, record
        assert not any(isinstance(shape, type) and shape is float for shape in _hints(record)), record


def test_every_header_field_has_a_class() -> None:
    """A statement's own fields have classes too, whatever its type."""
    assert all(isinstance(seen, Visibility) for seen in HEADER.values())
    assert {"type", "round", "agency", "criterion", "expects", "attachments"} <= HEADER.keys()


def test_field_declares_who_sees_it() -> None:
    """Each declaration gives its class, and a field without one has none."""

    @dataclass(frozen=True)
    class Declared:
        everybody: str = public()
        dossier: str = parties(default="")
        members: str = for_council(default="")
        opinion: str = sealed(default="")
        forgotten: str = ""

    assert [seen_by(f) for f in fields(Declared)] == [
        Visibility.PUBLIC,
        Visibility.PARTIES,
        Visibility.COUNCIL,
        Visibility.SEALED,
        None,
    ]


def test_malformed_body_names_its_field() -> None:
    """A body that does not fit is refused with the path of what is wrong."""
    with pytest.raises(Malformed) as refused:
        read_body(kind_of("SelfScoreDeclared.v1"), {"points": "1.50"})
    assert refused.value.refusal.rule == "points.malformed"
    assert refused.value.refusal.facts["field"] == "body.points"


@pytest.mark.parametrize(
    ("subject", "stream"),
    [
        ({}, "registry"),
        ({"round": "2016"}, "2016"),
        ({"round": "2016", "agency": "STC"}, "2016/STC"),
        ({"round": "2016", "agency": "STC", "criterion": "A1.1"}, "2016/STC/A1.1"),
        ({"round": "2016", "matter": "meeting-1"}, "2016/meeting-1"),
        (
            {"round": "2016", "agency": "STC", "criterion": "A1.1", "matter": "dispute-1"},
            "2016/dispute-1",
        ),
    ],
)
def test_event_belongs_to_one_stream(subject: dict[str, str], stream: str) -> None:
    """Registry, round, dossier and cell have streams; so have meetings and disputes, each by its name."""
    assert event(**subject).stream == stream


def test_act_is_of_whom_it_was_stated_for() -> None:
    """Who signs first acts, unless it is on somebody's behalf."""
    assert event(signed_by=("deputy-STC", "head-HC")).actor == "deputy-STC"
    assert event(signed_by=("deputy-STC",), on_behalf_of="head-STC").actor == "head-STC"


def event(**changes: Any) -> Event:
    """An event of some kind, with this about it."""
    plain = {"signed_by": ("head-STC",), "arrived_at": datetime(2017, 1, 1, tzinfo=UTC)}
    return Event(position=0, id="0", kind=kind_of("QuestionAsked.v1"), body=None, **(plain | changes))  # type: ignore[arg-type]


def _hints(record: type[Any]) -> list[Any]:
    return list(get_type_hints(record, include_extras=True).values())


def _records(shape: Any) -> set[Any]:
    """The dataclasses that a shape is made of, itself included."""
    found: set[Any] = set()
    waiting = [shape]
    while waiting:
        shape = waiting.pop()
        if get_origin(shape) is Annotated:
            assert get_args(shape)[0] is Fraction
        elif get_args(shape):
            waiting += [arg for arg in get_args(shape) if arg is not type(None) and arg is not ...]
        elif is_dataclass(shape) and shape not in found:
            found.add(shape)
            waiting += _hints(shape)  # type: ignore[arg-type]
        else:
            assert shape in (str, int, bool, date) or is_dataclass(shape) or issubclass(shape, Enum), shape
    return found
