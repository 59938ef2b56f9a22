"""Followers and rebuilds killed before a step: `python -m tests.projections.killed DATA < lines`.

Each line names what is done and a number. A child does it, and kills itself before the step with that number:
a statement to the database, or a commit. It says on the standard output, in lines of JSON, before what it
died, or what it passed if it lived.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from api.following import FOLLOWED, rebuilding
from api.settings import Settings
from projections.follower import Follower
from projections.rebuild import rebuild
from tests.projections.counting import Counting

BATCH = 5


def say(**told: object) -> None:
    """Write a line that arrives although the writer dies at once."""
    os.write(1, json.dumps(told).encode() + b"\n")


class Steps:
    """Counts statements and commits, and dies before the one with a number."""

    def __init__(self, fatal: int) -> None:
        self._fatal = fatal
        self.passed: list[str] = []

    def before(self, name: str) -> None:
        """Pass a step, or die before it."""
        if len(self.passed) == self._fatal:
            say(died_before=name)
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(name)

    def watch(self) -> None:
        """Count on every database that is opened from now on."""
        event.listen(
            Engine,
            "before_cursor_execute",
            lambda _connection, _cursor, sql, *_rest: self.before(" ".join(sql.split()[:3])),
        )
        event.listen(Engine, "commit", lambda _connection: self.before("commit"))


def run(data: Path, act: str, number: int) -> None:
    """Follow or rebuild, and die on the way."""
    with rebuilding(Settings(data), (*FOLLOWED, Counting())) as source:
        steps = Steps(number)
        steps.watch()
        if act == "rebuild":
            rebuild(source, FOLLOWED)
        else:
            Follower(source, Counting(), BATCH).catch_up()
        say(lived=steps.passed)


def main(data: Path) -> None:
    """Run a child for each line."""
    for line in sys.stdin:
        act, number = line.split()
        child = os.fork()
        if child == 0:
            run(data, act, int(number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say(status=status)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
