"""One check removed at a time from the proofs: each of them is missed by a test."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.mutating import FOLDER, ROOT, VARIABLE, read_mutation

PYTEST = (
    sys.executable,
    "-m",
    "pytest",
    "-p",
    "tests.mutating",
    "-x",
    "-q",
    "-p",
    "no:xdist",
    "-p",
    "no:cacheprovider",
)
MUTATIONS = sorted(path.name for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_of_the_module_as_it_is(name: str) -> None:
    """Its lines stand in the module, once, and what stands instead is Python."""
    mutation = read_mutation(FOLDER / name)
    assert (ROOT / mutation.module).read_text("utf-8").count(mutation.lines) == 1
    compile(mutation.source(), name, "exec")


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_check_that_is_removed_is_missed(name: str) -> None:
    """With the check taken out, one of the named tests fails; not by an error in collecting them."""
    mutation = read_mutation(FOLDER / name)
    ended = subprocess.run(
        [*PYTEST, *mutation.tests],
        cwd=ROOT,
        env=os.environ | {VARIABLE: name},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert "error" not in ended.stdout.splitlines()[-1]


def test_every_module_that_checks_has_a_mutation() -> None:
    """Modules of the proofs that refuse something are all here."""
    mutated = {read_mutation(FOLDER / name).module.name for name in MUTATIONS}
    checking = {
        path.name
        for path in (ROOT / "audit" / "proofs").glob("*.py")
        if "raise " in path.read_text("utf-8") and path.name not in {"errors.py", "__main__.py"}
    }
    assert checking <= mutated, checking - mutated
