"""The commands as people run them: whole processes, from the start of Python to the exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Line, interleaved, within

ROOT = Path(__file__).parent.parent
DEMO_LIMIT = 20
VERIFY_LIMIT = 3


def demo_and_verify(data: Path, rounds: int) -> list[Line]:
    """Build and verify the demo in a data directory, turn by turn; it is there afterwards."""
    sides = (
        lambda _: _minhchung("demo", "--no-serve", "--data", str(data)),
        lambda _: _minhchung("verify", str(data)),
    )
    _minhchung("--help")  # modules are compiled by now
    demo, verify = interleaved(lambda _: None, sides, rounds, warm_up=0)
    return [
        within("minhchung demo --no-serve", demo, DEMO_LIMIT),
        within("minhchung verify on its log", verify, VERIFY_LIMIT),
    ]


def _minhchung(*arguments: str) -> None:
    environment = {n: v for n, v in os.environ.items() if not n.startswith("MINHCHUNG_")}
    subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
