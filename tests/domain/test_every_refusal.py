"""Every rule by which the domain refuses is expected by a test: one without it is a promise untested."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOMAIN = HERE.parent.parent / "domain"
RULE = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*", re.ASCII)
REFUSING = {"refuse", "Malformed", "_whose", "super().__init__"}
"""What a rule is named in: the value, the errors that carry one, and the choice between two."""


def _trees(folder: Path, pattern: str = "*.py") -> Iterator[ast.Module]:
    yield from (ast.parse(path.read_text("utf-8")) for path in sorted(folder.rglob(pattern)))


def _rules(node: ast.AST) -> set[str]:
    """All texts in a piece of code that read like a rule."""
    texts = (found.value for found in ast.walk(node) if isinstance(found, ast.Constant))
    return {text for text in texts if isinstance(text, str) and RULE.fullmatch(text)}


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@cache
def refusals() -> frozenset[str]:
    """The rules that the domain names where it refuses."""
    calls = (call for tree in _trees(DOMAIN) for call in _calls(tree) if ast.unparse(call.func) in REFUSING)
    return frozenset(rule for call in calls for argument in call.args for rule in _rules(argument))


@cache
def expected() -> frozenset[str]:
    """The rules that tests expect: in `refused(...)`, in a table, or compared with what was answered."""
    found: set[str] = set()
    for tree in _trees(HERE, "test_*.py"):
        for call in _calls(tree):
            if ast.unparse(call.func) in {"refused", "pytest.mark.parametrize"}:
                found |= _rules(call)
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                found |= _rules(node)
    return frozenset(found)


def test_domain_names_its_rules_where_they_are_found() -> None:
    """What is collected is neither empty nor more than rules; all that reads like one is one."""
    named = set().union(*(_rules(tree) for tree in _trees(DOMAIN)))
    assert len(refusals()) > 200
    assert named - refusals() == set()
    assert {"vote.already_cast", "points.negative", "role.not_focal_officer", "event.unknown"} <= refusals()


@pytest.mark.parametrize("rule", sorted(refusals()))
def test_every_rule_is_expected_by_a_test(rule: str) -> None:
    """Some test states a thing that this rule refuses."""
    assert rule in expected()


def test_no_test_expects_a_rule_that_there_is_not() -> None:
    """A rule that was renamed leaves no expectation behind."""
    assert {rule for rule in expected() if rule.partition(".")[0] in _families()} <= refusals()


def _families() -> set[str]:
    return {rule.partition(".")[0] for rule in refusals()}
