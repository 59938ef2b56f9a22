"""One check removed at a time from the modules in JavaScript: each of them is missed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.audit.browser import asked as asking
from tests.audit.browser.asked import MODULES, Node, written
from tests.audit.browser.questions import ABOUT, questions
from tests.audit.browser.removing import removed

pytestmark = [pytest.mark.node, pytest.mark.slow]
UNMISSED: dict[str, tuple[str, ...]] = {
    "keyring.js": (
        'throw new KeyringError("genesis.missing");',
        'throw new KeyringError("key.unknown", { key: id });',
        'throw new KeyringError("key.unknown", { key });',
    ),
    "key_events.js": ('throw malformedKeyEvent("public_key");', 'throw malformedGenesis("body");'),
}
"""Checks that others stand behind, so that nothing that is asked can tell whether they are there."""


@pytest.mark.parametrize("name", ABOUT)
def test_a_check_that_is_removed_is_missed(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With any check of the module taken out, one of the answers is another one, or there is none."""
    data = request.getfixturevalue("small_log") if ABOUT[name] == ("dossiers",) else None
    asked = [{"call": call, "args": written(args)} for call, *args in questions(*ABOUT[name], data=data)]
    with Node() as node:
        answers = [node.told(question) for question in asked]
    monkeypatch.setattr(asking, "PATIENCE", 10)
    shutil.copytree(MODULES, tmp_path / "browser")
    unmissed = []
    for mutation in removed((MODULES / name).read_text("utf-8")):
        (tmp_path / "browser" / name).write_text(mutation.source, "utf-8")
        with Node(tmp_path / "browser") as node:
            if all(node.told(question) == answer for question, answer in zip(asked, answers, strict=True)):
                unmissed.append(str(mutation))
    assert [found for found in unmissed if not found.endswith(UNMISSED.get(name, ("\0",)))] == []


def test_every_module_that_checks_is_here() -> None:
    """Modules that throw, or note what they found, are all asked."""
    checking = {
        path.name for path in MODULES.glob("*.js") if next(removed(path.read_text("utf-8")), None) is not None
    }
    assert checking <= ABOUT.keys()
