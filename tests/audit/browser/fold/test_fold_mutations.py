"""One rule of the fold in JavaScript altered at a time: the corpus notices each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.audit.browser.fold.corpus import differences
from tests.audit.browser.fold.folding import BROWSER, ROOT, node
from tests.mutating import FOLDER, read_mutation

pytestmark = pytest.mark.node

MUTATIONS = sorted(path.name for path in (FOLDER / "browser").glob("fold-*.txt"))


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_rule_that_is_altered_is_noticed(name: str, tmp_path: Path) -> None:
    """Its lines stand in the module once; with others instead it still runs, and comes to something else."""
    mutation = read_mutation(FOLDER / "browser" / name)
    assert (ROOT / mutation.module).read_text("utf-8").count(mutation.lines) == 1
    shutil.copytree(BROWSER / "fold", tmp_path / "fold")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "fold" / mutation.module.name).write_text(mutation.source(), "utf-8")
    with node(tmp_path / "fold") as ask:
        assert "acting" in ask("kinds")
        assert next(differences(ask), None) is not None
