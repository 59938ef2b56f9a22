"""One check removed at a time from the proofs: each of them is missed by a test."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.mutating import FOLDER, NOTICED, PATIENCE, ROOT, read_mutation

MUTATIONS = sorted(path.name for path in FOLDER.glob("*.txt"))
MODULES = {read_mutation(FOLDER / name).module.name for name in MUTATIONS}
PARTS = 4
"""So many processes, one after the other or beside each other; each collects its tests once."""


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_of_the_module_as_it_is(name: str) -> None:
    """Its lines stand in the module, once, and what stands instead is Python."""
    mutation = read_mutation(FOLDER / name)
    assert (ROOT / mutation.module).read_text("utf-8").count(mutation.lines) == 1
    compile(mutation.source(), name, "exec")


@pytest.mark.mutations
@pytest.mark.parametrize("part", range(PARTS))
def test_a_check_that_is_removed_is_missed(part: int) -> None:
    """With any check of the proofs taken out, one of the tests named for it fails."""
    names = MUTATIONS[part * len(MUTATIONS) // PARTS : (part + 1) * len(MUTATIONS) // PARTS]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.mutating", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE * len(names),
        check=True,
    )
    found = dict(line.split(" ", 1) for line in ended.stdout.splitlines())
    assert list(found) == names, ended.stderr[-2000:]
    assert {name: status for name, status in found.items() if status != NOTICED} == {}


def test_every_module_that_checks_has_a_mutation() -> None:
    """Modules of the proofs that refuse something are all here."""
    checking = {
        path.name
        for path in (ROOT / "audit" / "proofs").glob("*.py")
        if "Error(" in path.read_text("utf-8") or "Refused(" in path.read_text("utf-8")
    }
    assert checking - {"errors.py", "__main__.py", "reading.py", "authorship.py"} <= MODULES
