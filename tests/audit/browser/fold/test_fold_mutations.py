"""One rule of the fold in JavaScript altered at a time: the corpus notices each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.audit.browser.fold.corpus import differences
from tests.audit.browser.fold.folding import BROWSER, ROOT, Ask, Told, node
from tests.audit.browser.fold.test_fold_logs import answered, read_log
from tests.mutating import FOLDER, read_mutation

pytestmark = [pytest.mark.node, pytest.mark.mutations]

MUTATIONS = sorted(path.name for path in (FOLDER / "browser").glob("fold-*.txt"))


@pytest.fixture(scope="module")
def ranked(small_log: Path) -> tuple[list[Told], list[str]]:
    """The small log, and what `rank --json` answers at each size since its round was opened."""
    log = read_log(small_log)
    opened = next(one["position"] for one in log if one["statement"]["type"] == "RoundOpened.v1")
    return log, answered(small_log, "2016", range(opened + 1, len(log) + 1))


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_rule_that_is_altered_is_noticed(
    name: str, tmp_path: Path, ranked: tuple[list[Told], list[str]]
) -> None:
    """Its lines stand in the module once; with others instead it still runs, and comes to something else."""
    mutation = read_mutation(FOLDER / "browser" / name)
    assert (ROOT / mutation.module).read_text("utf-8").count(mutation.lines) == 1
    shutil.copytree(BROWSER / "fold", tmp_path / "fold")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "fold" / mutation.module.name).write_text(mutation.source(), "utf-8")
    with node(tmp_path / "fold") as ask:
        assert "acting" in ask("kinds")
        assert next(differences(ask), None) is not None or ranks(ask, *ranked) != ranked[1]


def test_without_a_mutation_the_ranks_are_those_of_the_command(
    ask: Ask, ranked: tuple[list[Told], list[str]]
) -> None:
    """What mutations are held against is what the modules come to as they are."""
    assert ranks(ask, *ranked) == ranked[1]


def ranks(ask: Ask, log: list[Told], expected: list[str]) -> list[str]:
    """Ask for the ranks of the small log at as many sizes."""
    sizes = list(range(len(log) + 1 - len(expected), len(log) + 1))
    told = ask("fold", statements=log, at=sizes, ranks=["2016"])
    return [one["ranks"][0] for one in told.get("at", [])]
