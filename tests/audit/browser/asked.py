"""JavaScript asked from Python: questions and answers in JSON, to one process for many questions."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
MODULES = ROOT / "audit" / "browser"
PATIENCE = 60
"""Seconds; whoever has not answered by then never does."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a check in JavaScript threw."""

    kind: str
    rule: str
    facts: Mapping[str, Any]


class Asked:
    """Whoever answers: Node, or a page in a browser."""

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._answer = answer

    def told(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return an answer as it comes."""
        return self._answer(question)

    def __call__(self, call: str, *args: Any) -> Any:
        """Return what a call returns, or `Refused`; anything else that is thrown fails the test."""
        found = self._answer({"call": call, "args": [written(arg) for arg in args]})
        assert "crash" not in found, found["crash"]
        if "error" in found:
            return Refused(**found["error"])
        return revived(found["ok"])

    def rule_of(self, call: str, *args: Any) -> str:
        """Return the rule by which something is refused; `accepted` when it is not."""
        found = self(call, *args)
        return found.rule if isinstance(found, Refused) else "accepted"


def written(value: Any) -> Any:
    """Write bytes and what JavaScript's numbers do not hold in a way that JSON has."""
    if isinstance(value, bytes | bytearray):
        return {"$base64": base64.b64encode(value).decode()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return {"$bigint": str(value)}
    if isinstance(value, Mapping):
        return {name: written(item) for name, item in value.items()}
    return [written(item) for item in value] if isinstance(value, list | tuple) else value


def revived(value: Any) -> Any:
    """Read what `written` wrote."""
    if isinstance(value, dict):
        if value.keys() == {"$base64"}:
            return base64.b64decode(value["$base64"])
        if value.keys() == {"$bigint"}:
            return int(value["$bigint"])
        return {name: revived(item) for name, item in value.items()}
    return [revived(item) for item in value] if isinstance(value, list) else value


class Node:
    """A process of Node that answers, by modules whose checks are numbered `without` one of them."""

    def __init__(self, modules: Path = MODULES, without: int | None = None) -> None:
        node = shutil.which("node")
        if node is None:
            pytest.skip("no Node.js on PATH: the checks in JavaScript are not run")
        self._process = subprocess.Popen(
            [node, "--no-warnings", str(HERE / "run.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ
            | {"MINHCHUNG_MODULES": f"{modules.as_uri()}/"}
            | ({} if without is None else {"MINHCHUNG_WITHOUT": str(without)}),
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask, and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"crash": "Node has ended"}
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        if not ready:
            self._process.kill()
        line = self._process.stdout.readline() if ready else b""
        if not line:
            return {"crash": "Node has ended"}
        found: dict[str, Any] = json.loads(line)
        return found

    def __enter__(self) -> Asked:
        return Asked(self.answer)

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        if self._process.poll() is None:
            self._process.stdin.close()
        self._process.wait()


@pytest.fixture(scope="module")
def node() -> Iterator[Asked]:
    """Node, which answers all questions of a file."""
    with Node(Path(os.environ.get("MINHCHUNG_BROWSER_MODULES", MODULES))) as asked:
        yield asked


HOME = "http://localhost/"
FLAGS = ["--no-sandbox", "--disable-background-networking"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Asked]:
    """A page in Chromium, which answers all questions of a file; whatever it asks for comes from the disk."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    where = shutil.which("chromium")
    if where is None:
        pytest.skip("no Chromium on PATH: the checks in JavaScript are not run in a browser")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=where, args=FLAGS)
        page = browser.new_page()
        page.route("**/*", _from_disk)
        page.goto(HOME)
        page.evaluate("async () => { globalThis.asked = await import('/tests/audit/browser/calls.js'); }")
        yield Asked(lambda question: page.evaluate("(question) => asked.answer(question)", question))
        browser.close()


def _from_disk(route: Any) -> None:
    """Answer with a module; anything else is nowhere."""
    name = route.request.url.removeprefix(HOME)
    if name.startswith(("audit/browser/", "tests/audit/browser/")) and name.endswith(".js"):
        route.fulfill(path=ROOT / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")
