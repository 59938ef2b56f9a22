"""Bodies are read as strictly in JavaScript as in Python: whatever is wrong in one, both refuse it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import CATALOGUE, kind_of, read_body
from domain.refusals import Malformed
from domain.shapes import write
from tests.audit.browser.fold.folding import Ask
from tests.audit.browser.fold.shaping import TABLE, table
from tests.domain.whole_round import first_of_each_kind

node = pytest.mark.node
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**53 - 1, "", "1", "-1", "05", "1.50", "1/3", "2/6", "1.23456", "٣"),
    *("2017-02-28", "2017-02-30", "0000-01-01", "2017-1-1", "2017-01-01T00", "FULL", "full", "toString"),
    *([], {}, [None], [1], ["A1.1"], {"kind": "stated"}, {"kind": "toString"}, {"__proto__": 1}, {"a": "1"}),
)


@cache
def bodies() -> dict[str, Any]:
    """Return a good body of every kind."""
    return {name: write(event.body) for name, event in first_of_each_kind().items()}


def in_python(kind: str, body: Any) -> bool:
    """Whether the domain can read it."""
    try:
        read_body(kind_of(kind), body)
    except Malformed:
        return False
    return True


def in_javascript(ask: Ask, kind: str, body: Any) -> bool:
    """Whether the modules take it for a body of its kind."""
    fits: bool = ask("fits", kind=kind, body=body)
    return fits


def test_table_is_that_of_the_domain() -> None:
    """The table of shapes is what the domain's bodies are made of, today."""
    assert TABLE.read_text("utf-8") == table()


@node
def test_every_good_body_is_taken(ask: Ask) -> None:
    """A body of each kind, as it is stated, has its shape on both sides."""
    assert bodies().keys() == CATALOGUE.keys()
    for kind, body in bodies().items():
        assert in_python(kind, body)
        assert in_javascript(ask, kind, body)


@node
def test_one_change_in_any_body_is_judged_alike(ask: Ask) -> None:
    """A field left out, added, or holding something odd, at any depth: both take it, or neither does."""
    judged = [
        (in_python(kind, changed), in_javascript(ask, kind, changed), kind, changed)
        for kind, body in bodies().items()
        for changed in _changed(body)
    ]
    assert [one for one in judged if one[0] != one[1]] == []
    assert {one[0] for one in judged} == {True, False}


def _changed(body: Any) -> Iterator[Any]:
    for path in list(_paths(body))[:60]:
        for what in (*ODD, "left out", "added"):
            yield _with(body, path, what)
    yield from ODD


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, 0))


def _with(body: Any, path: tuple[Any, ...], what: Any) -> Any:
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[step]
    if what == "left out":
        del at[path[-1]]
    elif what == "added" and isinstance(at, dict):
        at["added"] = 1
    else:
        at[path[-1]] = what
    return changed


@node
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False), kind=st.sampled_from(sorted(CATALOGUE)))
def test_some_changes_in_any_body_are_judged_alike(chance: Random, kind: str, ask: Ask) -> None:
    """Of several changes at once the same becomes, in criteria sets, too."""
    body = copy.deepcopy(bodies()[kind])
    for _ in range(chance.randrange(1, 4)):
        paths = list(_paths(body)) if isinstance(body, dict | list) else []
        if not paths:
            break
        body = _with(body, chance.choice(paths), chance.choice(ODD))
    assert in_javascript(ask, kind, json.loads(json.dumps(body))) == in_python(kind, body)


@node
def test_malformed_body_stops_the_fold(ask: Ask) -> None:
    """The fold names the position and kind of a body that it cannot read."""
    stated = {"type": "PhaseOpened.v1", "round": "2016", "body": {"phase": "LUNCH"}}
    one = {"position": 7, "arrived_at": "", "received_at": "", "statement": stated}
    its = ask("thrown", statements=[one])
    assert (its["rule"], its["facts"]) == ("fold.malformed", {"position": 7, "kind": "PhaseOpened.v1"})
