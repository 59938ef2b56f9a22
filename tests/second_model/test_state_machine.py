"""Whole rounds, stated step by step: the domain and a second model of its rules never disagree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from domain import (
    council,
    decisions,
    delegation,
    disputes,
    fitting,
    meetings,
    ranking,
    registry,
    scoring,
    survey,
)
from domain.events import CATALOGUE as KINDS
from tests.second_model.catalogue import CATALOGUE
from tests.second_model.drafts import Dice, Thrown
from tests.second_model.mischief import altered
from tests.second_model.play import PROPOSALS, Play, Tally
from tests.second_model.verdict import CONSEQUENCES, DEMANDS

ROUNDS, STEPS = 14, 400
TRIES = 20
PLAYERS = ("__init__", "drafts", "mischief", "play", "test_", "world")
MODEL = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith(PLAYERS))
"""The modules of the second model: all but those of the players."""
POOL = st.binary(min_size=8, max_size=8)


class Drawn(Dice):
    """Dice that Hypothesis throws, many at once."""

    def __init__(self, data: Any) -> None:
        self.data, self.pool, self.left = data, 0, 1

    def below(self, n: int) -> int:
        """Take a digit to the base of n off a number that was drawn, as long as there are any."""
        if self.left < n:
            self.pool, self.left = int.from_bytes(self.data.draw(POOL), "big"), 1 << 64
        self.pool, digit = divmod(self.pool, n)
        self.left //= n
        return digit


def machine(tally: Tally) -> type[RuleBasedStateMachine]:
    """Return a state machine whose every step is one statement, put to both models."""

    class WholeRounds(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.play = Play(tally)

        @rule(data=st.data())
        def somebody_states_something(self, data: Any) -> None:
            self.play.step(Drawn(data))

    return WholeRounds


@pytest.mark.slow
def test_domain_and_second_model_never_disagree() -> None:
    """In whole rounds the same is admitted, refused by the same rules, scored to the fraction and ranked."""
    tally = Tally()
    run_state_machine_as_test(
        machine(tally),
        settings=settings(
            max_examples=ROUNDS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            verbosity=Verbosity.quiet,
            suppress_health_check=tuple(HealthCheck),
        ),
    )
    both = {kind for kind in CATALOGUE if tally.admitted[kind] and tally.refused[kind]}
    assert tally.steps >= 5_000
    assert len(both) >= 0.9 * len(CATALOGUE), sorted(CATALOGUE.keys() - both)
    assert {"DisputeDecided", "ResultPublished", "AwardGranted"} <= both
    assert len(tally.rules) >= 160, sorted(tally.rules)


@pytest.mark.parametrize("kind", ["CriteriaSetIssued", "RoundOpened"])
def test_what_is_large_is_judged_alike(kind: str) -> None:
    """Of a criteria set or a round's opening, with any one thing in it changed, both say the same."""
    tally = Tally()
    one, dice = Play(tally), Thrown(0)
    for _ in range(2_000):
        draft = PROPOSALS[kind](one.table, dice)
        one.ask(replace(draft, body=altered(one.table, dice, draft.body)))
    assert len(tally.rules) >= 9, sorted(tally.rules)


# --- the check can fail ---------------------------------------------------------------------------------


def _nothing(*_: Any) -> Iterator[Any]:
    return iter(())


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "a decision without a quorum": (decisions, "enough", _nothing),
    "the secretariat on its own dossier": (registry, "_stranger_signed", lambda *_: True),
    "anybody's delegation": (delegation, "allowed", _nothing),
    "quantities that cannot be": (fitting, "_possible", _nothing),
    "small groups in a tally": (survey, "_small", _nothing),
    "an opinion that was not sealed": (council, "_sealed_as", lambda *_: "00" * 32),
    "rounding down": (scoring, "hundredths", lambda value: int(value * 100)),
    "bonus points that nobody decided": (scoring, "_capped", lambda *_: Fraction(0)),
    "ties that are not broken": (ranking, "_tie", lambda *_: Fraction(0)),
    "ranks that a claim would not move": (disputes, "materiality", lambda *_: frozenset()),
    "claims above the maximum": (disputes, "fits_maximum", _nothing),
    "a vote before the parties were heard": (disputes, "_ripe", _nothing),
    "members who are cut off from voting": (meetings, "_voting", lambda *_: frozenset()),
    "the secretariat's own agency": (registry, "of_the_secretariat", lambda *_: False),
}
"""What could be wrong with the domain: a function of it and what stands in its place."""
FOUND_IN = {"ties that are not broken": 13}
"""The round that finds what is rare, to be played first."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_domain_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put something wrong in the place of a rule, and the second model disagrees."""
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(AssertionError):
        play_on(TRIES, FOUND_IN.get(fault, 0))


def play_on(rounds: int, first: int) -> None:
    """Play so many rounds, each with dice of its own."""
    for turn in range(rounds):
        one, dice = Play(Tally()), Thrown((first + turn) % rounds)
        for _ in range(STEPS):
            one.step(dice)


# --- the second model stands apart ----------------------------------------------------------------------


def _imported(module: str) -> set[str]:
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text("utf-8"))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    plain = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    return {
        *(
            f"{node.module}.{alias.name}" if node.module == "domain" else str(node.module)
            for node in named
            for alias in node.names
        ),
        *(alias.name for node in plain for alias in node.names),
    }


@pytest.mark.parametrize("module", MODEL)
def test_the_second_model_imports_no_rule(module: str) -> None:
    """It stands on the standard library and itself, and reads events and criteria as data."""
    foreign = {name for name in _imported(module) if name.split(".")[0] not in sys.stdlib_module_names}
    own = {f"tests.second_model.{name}" for name in MODEL}
    assert foreign <= own | {"domain.events"}


def test_the_second_model_knows_every_type() -> None:
    """Its table and its demands name exactly what the catalogue has."""
    assert {f"{name}.v1" for name in CATALOGUE} == KINDS.keys()
    assert DEMANDS.keys() == CATALOGUE.keys() >= CONSEQUENCES.keys()
