"""The command line, imported once: every command has a process of its own, forked from one that waits for it.

So a test pays for what a command does, and not each time for its imports (`test_cli_later.py` counts those).
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import api

ROOT = Path(__file__).parent.parent
PATIENCE = 300
"""Seconds; a command that has not ended by then is ended."""


class Commands:
    """The process that waits, and what is asked of it: one command after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.commands"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run `python -m api.cli` with these words, in this environment alone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            asked = {"words": [*words], "environment": {**environment}, "folder": folder}
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            out, err = ((Path(folder) / name).read_text("utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess([*words], status, out, err)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)


@cache
def commands() -> Commands:
    """Return the one process that waits."""
    started = Commands()
    atexit.register(started.close)
    return started


def _become(words: Sequence[str], environment: Mapping[str, str], folder: str) -> NoReturn:
    """Be the process that `python -m api.cli` would be."""
    signal.alarm(PATIENCE)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate((os.devnull, f"{folder}/stdout", f"{folder}/stderr")):
        opened = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["minhchung", *words]
    runpy.run_module("api.cli", run_name="__main__", alter_sys=True)
    sys.exit(0)


def main() -> None:
    """Import what commands stand on, and fork one for every line that is asked."""
    for module in pkgutil.iter_modules(api.__path__, "api."):
        if module.name != "api.cli":  # it runs as the main module, as on a terminal
            import_module(module.name)
    gc.freeze()  # what all of them share is nobody's to collect
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(**json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
