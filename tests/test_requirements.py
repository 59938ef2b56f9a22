"""The table of requirements has all of them, and names nothing that is not there."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from domain.events import CATALOGUE
from tests.bad_input import casting
from tests.bad_input.test_bad_input import CASES

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "requirements.md").read_text("utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| R[0-9]{2} \|", line)]
CONTESTING = [
    line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| D[0-9]{2} \|", line)
]
SHOWN_ELSEWHERE = PAGE.rpartition("Beyond the account")[2]
EVENTS = {name.partition(".")[0] for name in CATALOGUE}
SENTENCES = {case.sentence for case in (*CASES, *casting.BALLOTS)}
BAD_INPUT = "bad input: "


def names(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def functions_of(file: str) -> frozenset[str]:
    """Return the names of the test functions of a file."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(
        n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name[:5] == "test_"
    )


def is_there(name: str) -> bool:
    """Whether a statement, or a `module.function`, or a class in a module exists."""
    if "." not in name:
        return name in EVENTS
    module, *inner = _module(name)
    found: object = importlib.import_module(module)
    for part in inner:
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return bool(inner)


def _module(name: str) -> tuple[str, ...]:
    """Split a dotted name where the module ends."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        path = TESTS.parent.joinpath(*parts[:end])
        if path.with_suffix(".py").is_file():
            return ".".join(parts[:end]), *parts[end:]
    raise AssertionError(f"no module in {name}")


def is_shown(name: str) -> bool:
    """Whether a test, or a line of the table of bad input, exists."""
    if name.startswith(BAD_INPUT):
        return name.removeprefix(BAD_INPUT) in SENTENCES
    file, _, test = name.partition("::")
    return (TESTS / file).is_file() and test in functions_of(file)


def test_every_requirement_has_its_row() -> None:
    """R01 to R66 stand in the table, each once and in order, with four cells."""
    assert [row[0] for row in ROWS] == [f"R{n:02d}" for n in range(1, 67)]
    assert {len(row) for row in ROWS} == {4}


def test_every_part_of_contesting_has_its_row() -> None:
    """D01 and the rest stand in the second table, each once and in order, with four cells."""
    assert [row[0] for row in CONTESTING] == [f"D{n:02d}" for n in range(1, len(CONTESTING) + 1)]
    assert len(CONTESTING) >= 10
    assert {len(row) for row in CONTESTING} == {4}


@pytest.mark.parametrize("row", [*ROWS, *CONTESTING], ids=lambda row: row[0])
def test_a_row_names_what_serves_and_what_shows_it(row: list[str]) -> None:
    """A requirement is served by something that exists and shown by a test that does, or is context only."""
    _, asked, served, shown = row
    assert asked
    if served.startswith("context only"):
        assert names(served) == []
    else:
        assert names(served), served
        assert names(shown), shown
    assert [name for name in names(served) if not is_there(name)] == []
    assert [name for name in names(shown) if not is_shown(name)] == []


def test_what_stands_beyond_the_account_is_shown() -> None:
    """The tests named under the table exist, too."""
    assert names(SHOWN_ELSEWHERE)
    assert [name for name in names(SHOWN_ELSEWHERE) if not is_shown(name)] == []


def test_every_story_shows_a_requirement() -> None:
    """No story about requirements is left out of the page."""
    told = {
        f"stories/{file.name}::{test}"
        for file in (TESTS / "stories").glob("test_requirements*.py")
        for test in functions_of(f"stories/{file.name}")
    }
    assert told - set(names(PAGE)) == set()


@pytest.mark.parametrize(
    "wrong",
    ["ScoreErased", "domain.rounds.round_erased", "domain.standing.Round.is_early"],
)
def test_a_name_that_is_not_there_is_found(wrong: str) -> None:
    """The check is not empty: other names are told apart."""
    assert not is_there(wrong)
    assert not is_shown("stories/test_requirements.py::test_nothing")
    assert not is_shown(f"{BAD_INPUT}nothing is wrong")
