"""A plugin for pytest that imports one module as a mutation has it: `-p tests.mutating`, named by MUTATION.

The file in the tree is never touched, so that many may run at once.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "mutations"
VARIABLE = "MUTATION"


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


if VARIABLE in os.environ:
    sys.meta_path.insert(0, _Finder(read_mutation(FOLDER / os.environ[VARIABLE])))
