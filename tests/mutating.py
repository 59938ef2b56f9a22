"""Runs tests over modules as mutations have them: `python -m tests.mutating NAME...` says how each ended.

The files in the tree are never touched. All tests that are named run once as they are, and have to pass;
then each mutation has a process of its own, forked from there, in which functions have the code that the
mutation gives them. So nothing is imported, collected or built twice.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "mutations"
ALONE = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--assert=plain", "--capture=no")
PATIENCE = 120
"""Seconds; a test that has not ended by then runs for ever, and has noticed nothing."""
NOTICED, UNNOTICED = "noticed", "not noticed"
ENDED = {0: UNNOTICED, 1: NOTICED, -signal.SIGALRM: "ran for ever"}


@dataclass(frozen=True, slots=True)
class Mutation:
    """A module without one of its checks, and the tests that have to notice."""

    module: Path
    tests: tuple[str, ...]
    lines: str
    instead: str

    @property
    def name(self) -> str:
        """The module as it is imported."""
        return ".".join(self.module.with_suffix("").parts)

    def source(self) -> str:
        """Return the module's source as the mutation has it."""
        return (ROOT / self.module).read_text("utf-8").replace(self.lines, self.instead, 1)

    def names(self, item: pytest.Item) -> bool:
        """Whether a test, with whatever it is given, is among those that have to notice."""
        return any(
            item.nodeid == test or item.nodeid.startswith((f"{test}::", f"{test}[")) for test in self.tests
        )


def read_mutation(path: Path) -> Mutation:
    """Read a file of the folder."""
    head, _, change = path.read_text("utf-8").partition("\n---\n")
    lines, _, instead = change.partition("\n+++\n")
    stated = dict(line.split(": ", 1) for line in head.splitlines())
    return Mutation(
        Path(stated["module"]), tuple(stated["tests"].split()), lines + "\n", instead.rstrip("\n") + "\n"
    )


# --- a module altered where it stands -------------------------------------------------------------------


def mutate(mutation: Mutation) -> None:
    """Give each function of the module that is alive the mutation's code, and each constant its value."""
    module = import_module(mutation.name)
    path = str(ROOT / mutation.module)
    old = compile((ROOT / mutation.module).read_text("utf-8"), path, "exec")
    new = compile(mutation.source(), path, "exec")
    codes = dict(_pairs(old, new))
    for function in [its for its in gc.get_objects() if isinstance(its, FunctionType)]:
        if function.__code__.co_filename == path and function.__code__ in codes:
            function.__code__ = codes[function.__code__]
    _set_constants(module, new)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pair the code of functions that stand in both: by name, and by order where several have one."""
    before, after = _by_name(old), _by_name(new)
    for name, codes in before.items():
        if len(codes) == len(after[name]):
            yield from zip(codes, after[name], strict=True)


def _by_name(code: CodeType) -> defaultdict[str, list[CodeType]]:
    found: defaultdict[str, list[CodeType]] = defaultdict(list)
    for inner in (const for const in code.co_consts if isinstance(const, CodeType)):
        found[inner.co_qualname].append(inner)
        for name, codes in _by_name(inner).items():
            found[name].extend(codes)
    return found


def _set_constants(module: ModuleType, new: CodeType) -> None:
    made = ModuleType(module.__name__)
    made.__file__ = module.__file__
    exec(new, vars(made))  # noqa: S102 - our own module
    for name, value in vars(made).items():
        if isinstance(value, str | int | bytes) and not name.startswith("__"):
            setattr(module, name, value)


# --- the tests ------------------------------------------------------------------------------------------


class _Mutating:
    """Runs all tests once as pytest would, and those named for a mutation in a process of its own."""

    def __init__(self, mutations: dict[str, Mutation]) -> None:
        self.mutations = mutations
        self.told: dict[str, str] = {}
        self._failed = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test failed while it ran: one that could not be set up has noticed nothing."""
        self._failed = self._failed or (report.when == "call" and report.failed)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        if session.testsfailed:
            raise session.Failed("what cannot be collected notices nothing")
        if wrong := [item.nodeid for item in self._failing(session.items)] or session.testsfailed:
            raise session.Failed(f"without any mutation these fail: {wrong}")
        if (status := self._forked(None, session.items)) != UNNOTICED:
            raise session.Failed(f"in a process of their own, without any mutation: {status}")
        for name, mutation in self.mutations.items():
            self.told[name] = self._forked(mutation, [item for item in session.items if mutation.names(item)])
        return True

    def _failing(self, items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
        """Run tests, and yield those that fail; what they share is there until the last is done."""
        for item, following in zip_longest(items, items[1:]):
            self._failed = False
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                yield item

    def _forked(self, mutation: Mutation | None, items: Sequence[pytest.Item]) -> str:
        child = os.fork()
        if child:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            return ENDED.get(status, f"ended with {status}")
        signal.alarm(PATIENCE)
        try:
            if mutation is not None:
                mutate(mutation)
            os._exit(any(self._failing(items)))
        finally:
            os._exit(2)


def mutated(names: Sequence[str]) -> dict[str, str]:
    """Return how each ended: `noticed`, `not noticed`, `ran for ever`, or what else became of its process."""
    mutating = _Mutating({name: read_mutation(FOLDER / name) for name in names})
    tests = sorted({test for mutation in mutating.mutations.values() for test in mutation.tests})
    pytest.main([*ALONE, *tests], plugins=[mutating])
    return mutating.told


def main(names: Sequence[str]) -> None:
    """Print what each came to; what pytest says goes where errors go."""
    answers = os.dup(1)
    os.dup2(2, 1)
    os.chdir(ROOT)
    told = mutated(names)
    with os.fdopen(answers, "w") as answering:
        answering.writelines(f"{name} {status}\n" for name, status in told.items())


if __name__ == "__main__":
    main(sys.argv[1:])
