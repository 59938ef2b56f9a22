"""A writer killed before a step of its commit: `python -m tests.audit.ledger.killed DATA < numbers`.

For each number on the standard input a child opens the log, lets one statement be acknowledged, and kills
itself before the step with that number of the next one: a statement to the database, a call to the disk, or
what is left to others. It says on the standard output, in lines of JSON, what was acknowledged, what was
sent, and before which step it died.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

from audit.ledger.submission import Accepted
from tests.worlds import World, agency, reopen

_write = os.write
CALLS = ("open", "write", "fsync", "ftruncate")
SEAMS = ("inline", "anchor", "settle", "vouch", "receipts", "answering")
"""What a commit hands to others, and what it does between; `followed` is of what others commit."""


def say(**told: object) -> None:
    """Write a line that arrives although the writer dies at once."""
    _write(1, json.dumps(told).encode() + b"\n")


class Steps:
    """Counts the steps of a commit, and dies before the one with a number."""

    def __init__(self, fatal: int) -> None:
        self._fatal = fatal
        self._passed = 0

    def before(self, name: str) -> None:
        """Pass a step, or die before it."""
        if self._passed == self._fatal:
            say(died_before=name)
            os.kill(os.getpid(), signal.SIGKILL)
        self._passed += 1

    def count(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that is counted."""

        def counted(*args: Any, **named: Any) -> Any:
            self.before(name)
            return call(*args, **named)

        return counted

    def watch(self, world: World) -> None:
        """Count every statement that goes to the database, every call to the disk, and what follows them."""
        for engine in (world.runtime.log.database._writer, world.runtime.log.database._reader):
            event.listen(
                engine,
                "before_cursor_execute",
                lambda _connection, _cursor, sql, *_rest: self.before(" ".join(sql.split()[:3])),
            )
            event.listen(engine, "commit", lambda _connection: self.before("commit"))
        for name in CALLS:
            setattr(os, name, self.count(name, getattr(os, name)))
        intake: Any = world.intake
        for name in SEAMS:
            setattr(intake, f"_{name}", self.count(name, getattr(intake, f"_{name}")))


def run(data: Path, number: int) -> None:
    """Let one statement be acknowledged, and die before a step of the next one."""
    world = reopen(data)
    first, second = (
        world.desk().sign(world.draft("AgencyRegistered", by, body=agency(f"{code}{number}")))
        for code, by in (("A", "dk-1"), ("B", "dk-2"))
    )
    (outcome,) = world.submit(first)
    assert isinstance(outcome, Accepted), outcome
    say(kept=outcome.position, id=outcome.statement_id)
    say(sent=base64.b64encode(second.envelope).decode())
    steps = Steps(number)
    steps.watch(world)
    world.submit(second)
    steps.before("answer")
    say(lived=True)


def main(data: Path) -> None:
    """Run a child for each number that is asked for."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(data, int(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say(status=status)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
