"""Killed between any two steps of a commit, the log starts in the one right state."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from audit.ledger.anchor import Anchor
from audit.ledger.submission import Accepted, Submission
from tests.audit.ledger.killed import CALLS, SEAMS
from tests.conftest import ROOT
from tests.traces import check_whole
from tests.worlds import World, reopen

pytestmark = pytest.mark.slow

STEPS = 200
"""More than a commit has."""


class Killer:
    """The process whose children die one step later each time."""

    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.audit.ledger.killed", str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def kill_before(self, number: int) -> dict[str, Any]:
        """Let a child die before the step with this number; return what it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        told: dict[str, Any] = {}
        while "status" not in told:
            told |= json.loads(self._process.stdout.readline())
        return told

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0


def _anchored(settings: Settings) -> int:
    newest = Anchor.open(settings.anchor).newest
    assert newest is not None
    return newest.checkpoint.size


def _check(settings: Settings, told: dict[str, Any]) -> bool:
    """Start again, and return whether what was not acknowledged is in the log; a retry goes in once."""
    reopened = reopen(settings.data)
    with reopened.runtime.log.database.begin() as connection:
        reopened.runtime.log.recorder.lock_head(connection)  # a server ends what the dead process began
    recorded = check_whole(reopened)
    assert _anchored(settings) == len(recorded)
    assert recorded[told["kept"]].statement.id == told["id"]
    second = Submission(base64.b64decode(told["sent"]))
    (retry,), (again,) = reopened.submit(second), reopened.submit(second)
    assert isinstance(retry, Accepted)
    assert isinstance(again, Accepted)
    was_in = len(recorded) > int(told["kept"]) + 1
    assert (retry.position, retry.repeated) == (told["kept"] + 1, was_in)
    assert (again.position, again.repeated) == (told["kept"] + 1, True)
    assert _anchored(settings) == len(check_whole(reopened)) == told["kept"] + 2
    reopened.close()
    return was_in


def test_killed_before_any_step_of_a_commit_the_log_starts_right(world: World, settings: Settings) -> None:
    """What was acknowledged is there; what was not is in as a whole or not at all, and its retry once."""
    world.close()
    killer = Killer(settings.data)
    died: list[str] = []
    kept: list[bool] = []
    for number in range(STEPS):
        told = killer.kill_before(number)
        if "lived" in told:
            break
        assert told["status"] == signal.SIGKILL
        died.append(told["died_before"])
        kept.append(_check(settings, told))
    killer.close()
    committed = died.index("commit")
    assert kept == [number > committed for number in range(len(died))]
    before, after = died[:committed], died[committed + 1 :]
    for table in ("stored_events", "statement_ids", "checkpoints"):
        assert f"INSERT INTO {table}" in before
    assert "receipts" in before
    assert "inline" in before
    assert [name for name in after if name in (*CALLS, *SEAMS, "answer")] == [
        "anchor",
        "open",
        "write",
        "fsync",
        "settle",
        "vouch",
        "answering",
        "answer",
    ]
