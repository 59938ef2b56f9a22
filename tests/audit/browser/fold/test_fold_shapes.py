"""Bodies are read as strictly in JavaScript as in Python: whatever is wrong in one, both refuse it."""

from __future__ import annotations

import copy
import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import CATALOGUE
from tests.audit.browser.fold.altering import ODD, altered, bodies, changed, in_javascript, in_python, paths
from tests.audit.browser.fold.folding import Ask
from tests.audit.browser.fold.shaping import TABLE, table

node = pytest.mark.node


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
        (in_python(kind, one), in_javascript(ask, kind, one), kind, one)
        for kind, body in bodies().items()
        for one in changed(body)
    ]
    assert [one for one in judged if one[0] != one[1]] == []
    assert {one[0] for one in judged} == {True, False}


@node
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False), kind=st.sampled_from(sorted(CATALOGUE)))
def test_some_changes_in_any_body_are_judged_alike(chance: Random, kind: str, ask: Ask) -> None:
    """Of several changes at once the same becomes, in criteria sets, too."""
    body = copy.deepcopy(bodies()[kind])
    for _ in range(chance.randrange(1, 4)):
        ways = list(paths(body))
        if not ways:
            break
        body = altered(body, chance.choice(ways), chance.choice(ODD))
    assert in_javascript(ask, kind, json.loads(json.dumps(body))) == in_python(kind, body)


@node
def test_malformed_body_stops_the_fold(ask: Ask) -> None:
    """The fold names the position and kind of a body that it cannot read."""
    stated = {"type": "PhaseOpened.v1", "round": "2016", "body": {"phase": "LUNCH"}}
    one = {"position": 7, "arrived_at": "", "received_at": "", "statement": stated}
    its = ask("thrown", statements=[one])
    assert (its["rule"], its["facts"]) == ("fold.malformed", {"position": 7, "kind": "PhaseOpened.v1"})
