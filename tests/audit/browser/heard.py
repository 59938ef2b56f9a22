"""What the tests in Python ask of the checks: heard as they run, so that JavaScript is asked the very same.

A check that a test module calls is replaced, in that module alone, by one that writes down what it is given
and how it ends. So a case that is added there is a case here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib import import_module
from itertools import product
from types import ModuleType
from typing import Any

import pytest

from audit.proofs.errors import AuditError
from audit.proofs.keyring import Keyring
from audit.proofs.statement import Envelope

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Case:
    """A call as a test made it, and the rule by which it was refused."""

    args: tuple[Any, ...]
    options: dict[str, Any]
    rule: str
    result: Any = None


@cache
def heard(module: str, name: str) -> tuple[Case, ...]:
    """Run the tests of a module that need nothing but their table, and return the calls of one check."""
    tests = import_module(f"tests.audit.proofs.{module}")
    cases: list[Case] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tests, name, _listening(getattr(tests, name), cases))
        for test, arguments in _runs(tests):
            test(**arguments)
    assert cases, f"no test of {module} calls {name}"
    return tuple(cases)


@dataclass(slots=True)
class Story:
    """What a keyring was told, in order: envelopes at positions, and what it said to each."""

    keyring: Keyring
    told: list[tuple[Envelope, int, str]] = field(default_factory=list)
    forked: bool = False


@cache
def stories(module: str) -> tuple[Story, ...]:
    """Run the tests of a module that admits statements to keyrings, and return what each keyring was told.

    What happens to forks is their own: a keyring that was forked tells no whole story.
    """
    tests = import_module(f"tests.audit.proofs.{module}")
    found: dict[int, Story] = {}
    fork = Keyring.fork

    def forking(keyring: Keyring) -> Keyring:
        child = fork(keyring)
        for one in (keyring, child):
            found.setdefault(id(one), Story(one)).forked = True
        return child

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keyring, "fork", forking)
        for where in {tests, import_module("tests.audit.proofs.test_keyring")}:
            patch.setattr(where, "admit", _admitting(where.admit, found))
        for test, arguments in _runs(tests):
            test(**arguments)
    return tuple(story for story in found.values() if not story.forked)


def _admitting(admit: Callable[..., None], found: dict[int, Story]) -> Callable[..., None]:
    def admitting(keyring: Keyring, envelope: Envelope, position: int) -> None:
        story = found.setdefault(id(keyring), Story(keyring))
        try:
            admit(keyring, envelope, position)
        except AuditError as wrong:
            story.told.append((envelope, position, wrong.rule))
            raise
        story.told.append((envelope, position, "admitted"))

    return admitting


def _listening(check: Callable[..., Any], cases: list[Case]) -> Callable[..., Any]:
    @wraps(check)
    def listening(*args: Any, **options: Any) -> Any:
        given = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)
        try:
            result = check(*given, **options)
        except AuditError as wrong:
            cases.append(Case(given, options, wrong.rule))
            raise
        cases.append(Case(given, options, ACCEPTED, result))
        return result

    return listening


def _runs(tests: ModuleType) -> Iterator[tuple[Callable[..., Any], dict[str, Any]]]:
    for name, test in list(vars(tests).items()):  # what runs may bring in modules beside it
        if not name.startswith("test_"):
            continue
        marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        for chosen in product(*(_choices(*mark.args) for mark in marks)):
            arguments = {key: value for choice in chosen for key, value in choice.items()}
            if set(inspect.signature(test).parameters) == set(arguments):
                yield test, arguments


def _choices(names: str | tuple[str, ...], values: Any) -> Iterator[dict[str, Any]]:
    listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    for value in values:
        value = value.values if hasattr(value, "values") and hasattr(value, "marks") else value
        yield dict(zip(listed, value, strict=True)) if len(listed) > 1 else {listed[0]: value}
