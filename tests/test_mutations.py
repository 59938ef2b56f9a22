"""One check removed at a time from the proofs: each of them is missed by a test."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

import pytest

from tests.mutating import FOLDER, PATIENCE, ROOT, read_mutation

MUTATIONS = sorted(path.name for path in FOLDER.glob("*.txt"))
BY_MODULE: defaultdict[str, list[str]] = defaultdict(list)
for mutation in MUTATIONS:
    BY_MODULE[read_mutation(FOLDER / mutation).module.name].append(mutation)
MISSED = {"1", str(-14)}
"""A test failed, or ran for ever (SIGALRM)."""


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_of_the_module_as_it_is(name: str) -> None:
    """Its lines stand in the module, once, and what stands instead is Python."""
    mutation = read_mutation(FOLDER / name)
    assert (ROOT / mutation.module).read_text("utf-8").count(mutation.lines) == 1
    compile(mutation.source(), name, "exec")


@pytest.mark.mutations
@pytest.mark.parametrize("module", BY_MODULE)
def test_a_check_that_is_removed_is_missed(module: str) -> None:
    """With any check of the module taken out, one of the tests named for it fails."""
    names = BY_MODULE[module]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.mutating", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE * len(names),
        check=True,
    )
    found = dict(line.split(" ") for line in ended.stdout.splitlines())
    assert list(found) == names
    assert {name: status for name, status in found.items() if status not in MISSED} == {}


def test_every_module_that_checks_has_a_mutation() -> None:
    """Modules of the proofs that refuse something are all here."""
    checking = {
        path.name
        for path in (ROOT / "audit" / "proofs").glob("*.py")
        if "Error(" in path.read_text("utf-8") or "Refused(" in path.read_text("utf-8")
    }
    assert checking - {"errors.py", "__main__.py", "reading.py", "authorship.py"} <= BY_MODULE.keys()
