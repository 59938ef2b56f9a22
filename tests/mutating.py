"""Runs tests over a module as a mutation has it: `python -m tests.mutating NAME...` prints what each came to.

The file in the tree is never touched, so that many may run at once. What all of them import is imported once,
and each mutation has a process of its own, forked from there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "mutations"
QUIET = ("-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider")
PATIENCE = 240
"""Seconds; a check whose absence lets a test run for ever is missed, too."""


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


def read_mutation(path: Path) -> Mutation:
    """Read a file of the folder."""
    head, _, change = path.read_text("utf-8").partition("\n---\n")
    lines, _, instead = change.partition("\n+++\n")
    stated = dict(line.split(": ", 1) for line in head.splitlines())
    return Mutation(
        Path(stated["module"]), tuple(stated["tests"].split()), lines + "\n", instead.rstrip("\n") + "\n"
    )


class _Mutated(SourceFileLoader):
    """Compiles the mutated source, and neither reads nor writes bytecode."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__(mutation.name, str(ROOT / mutation.module))
        self._mutation = mutation

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._mutation.source(), self.path, "exec")


class _Finder(MetaPathFinder):
    """Finds the mutated module before anybody else does."""

    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self._mutation.name:
            return None
        return spec_from_file_location(fullname, self._mutation.module, loader=_Mutated(self._mutation))


class _Noticed:
    """Whether a test failed while it ran: one that could not be set up has noticed nothing."""

    failed = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed = self.failed or (report.when == "call" and report.failed)


def _run(mutation: Mutation, *more: str) -> int:
    """Run the tests of a mutation in a process of its own; return 1 where one of them failed."""
    import pytest

    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    signal.alarm(PATIENCE)
    sys.meta_path.insert(0, _Finder(mutation))
    noticed = _Noticed()
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        pytest.main([*QUIET, *more, *mutation.tests], plugins=[noticed])
    os._exit(int(noticed.failed))


def _missed(mutation: Mutation) -> int:
    """Most tests of the proofs need nothing that others share; asking for that takes longer."""
    return _run(mutation, "--noconftest") or _run(mutation)


def main(names: Sequence[str]) -> None:
    """Print each name with its exit status: 1 where a test missed the check, as it should."""
    import cryptography.hazmat.primitives.asymmetric.ed25519
    import eventsourcing.application
    import fastapi
    import hypothesis
    import rich.console
    import sqlalchemy
    import typer
    import yaml

    del cryptography, eventsourcing, fastapi, hypothesis, rich, sqlalchemy, typer, yaml
    for name in names:
        sys.stdout.write(f"{name} {_missed(read_mutation(FOLDER / name))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
