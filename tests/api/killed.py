"""A witness killed at every call to the disk in turn: `python -m tests.api.killed CONFIG < request`.

Each time a child counts its calls and kills itself without warning at the next one; then a fresh witness
looks at what is there. Prints a line of JSON for each: whether it was killed, whether it answered, what is
remembered.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.witness import load_witness

CALLS = ("open", "fdopen", "fsync", "replace", "close")


def count_and_kill(limit: int) -> None:
    """From here on, die at the call to the disk with this number."""
    done = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            nonlocal done
            if done == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return call(*args, **named)

        return run

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))


def attempt(config: Path, request: bytes, call: int) -> tuple[bool, bool]:
    """Ask a witness that dies at a call; return whether it was killed, and whether it answered before."""
    answers, child = os.pipe()
    process = os.fork()
    if process == 0:
        witness = load_witness(config)
        count_and_kill(call)
        os.write(child, witness.add_checkpoint(request))
        os._exit(0)
    os.close(child)
    answer = os.read(answers, 10_000)
    os.close(answers)
    _, status = os.waitpid(process, 0)
    return os.WIFSIGNALED(status), bool(answer)


def main(config: Path, request: bytes, origin: str) -> None:
    """Kill at the first call, at the second, and so on, until one lives to the end."""
    (kept,) = load_witness(config).store.directory.glob("head-*.note")
    before, call, killed = kept.read_bytes(), 0, True
    while killed:
        kept.write_bytes(before)
        killed, answered = attempt(config, request, call)
        with load_witness(config).store.memory(origin) as memory:
            size = memory.checkpoint.size if memory.checkpoint else 0
        sys.stdout.write(json.dumps({"killed": killed, "answered": answered, "size": size}) + "\n")
        call += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.stdin.buffer.read(), sys.argv[2])
