"""A log killed while it owes an attestation: `python -m tests.api.interrupted DATA STEP`.

It publishes a result, and dies without warning before a step of what the log states of it by itself.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from api.attesting import unattested
from tests.api.falsely import publish
from tests.worlds import reopen

STEPS = ("answering", "inline", "anchor", "settle", "receipts")
"""Before anything is signed; before its commit; before it is anchored, followed, and answered."""


def main(data: Path, step: str) -> None:
    """Publish, and die at the step."""
    world = reopen(data)
    intake: Any = world.intake

    def fatal(*_: Any, **__: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    def owing(events: Any) -> Any:
        if unattested(world.intake.standing):
            setattr(intake, f"_{step}", fatal)
            if step == "answering":
                fatal()
        return answering(events)

    answering = intake._answering
    intake._answering = owing
    publish(world)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
