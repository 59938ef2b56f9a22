"""One check removed at a time from the modules in JavaScript: each of them is missed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.audit.browser import asked as asking
from tests.audit.browser.asked import MODULES, Node, written
from tests.audit.browser.questions import ABOUT, questions
from tests.audit.browser.removing import numbered

pytestmark = [pytest.mark.node, pytest.mark.mutations]
UNMISSED: dict[str, tuple[str, ...]] = {
    "keyring.js": (
        'throw new KeyringError("genesis.missing");',
        'throw new KeyringError("key.unknown", { key: id });',
        'throw new KeyringError("key.unknown", { key });',
    ),
    "der.js": (
        "39: throw new NotDer();",  # a value beyond the end leaves something untaken, or too much
        "75: throw new NotDer();",  # such a length is none in its shortest form
        "83: throw new NotDer();",  # as is one that ends before
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
    shutil.copytree(MODULES, tmp_path / "browser")
    source, checks = numbered((MODULES / name).read_text("utf-8"))
    (tmp_path / "browser" / name).write_text(source, "utf-8")
    with Node(tmp_path / "browser") as node:
        answers = [node.told(question) for question in asked]
    assert not any("crash" in answer for answer in answers), "with all of its checks the module is as before"
    monkeypatch.setattr(asking, "PATIENCE", 10)
    unmissed = []
    for number, check in enumerate(checks):
        reaching = [at for at, answer in enumerate(answers) if number in answer.get("reached", ())]
        with Node(tmp_path / "browser", number) as node:
            if all(_same(node.told(asked[at]), answers[at]) for at in reaching):
                unmissed.append(str(check))
    assert [found for found in unmissed if not found.endswith(UNMISSED.get(name, ("\0",)))] == []


def _same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return {**found, "reached": None} == {**expected, "reached": None}


def test_every_module_that_checks_is_here() -> None:
    """Modules that throw, or note what they found, are all asked."""
    checking = {path.name for path in MODULES.glob("*.js") if numbered(path.read_text("utf-8"))[1]}
    assert checking <= ABOUT.keys()
