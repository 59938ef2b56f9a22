"""Rebuild: all read tables made anew from a log on SQLite, compared with those served, and swapped in.

Each one runs in a process of its own, so that its memory is known: `python -m benchmarks.rebuild DIR`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

from api.following import FOLLOWED, another_file, rebuilding
from api.settings import Settings
from api.synth import build_synth
from api.synth_script import Shape
from api.uncollected import uncollected
from benchmarks.measure import Line
from projections.rebuild import rebuild

LEAST = 20_000
"""Events a second."""
FLAT = 1.3
"""So much more memory a longer log may take."""


def whole(data: Path) -> Iterator[Line]:
    """Rebuild twice: the first time makes tables whole that were written without their history."""
    _rebuilt(data)
    told = _rebuilt(data)
    assert told["same"]
    speed = told["size"] / told["seconds"]
    yield Line(
        f"rebuild of {told['size']:,} events on SQLite",
        f"{speed:,.0f} events/s",
        f"limit: {LEAST:,} events/s",
        f"{speed / LEAST:.2f} of the limit",
        speed >= LEAST,
    )


def memory(folder: Path, sizes: tuple[int, int]) -> Iterator[Line]:
    """Rebuild a shorter and a longer log of the same agencies: both processes together, at their highest."""
    peaks = []
    for events in sizes:
        data = folder / f"synth-memory-{events}"
        if not data.exists():
            build_synth(Settings(data), Shape(150, 60, 500, events, 1), history=False)
        peaks.append(_rebuilt(data)["peak"])
    shorter, longer = peaks
    yield Line(
        f"memory of a rebuild of {sizes[1]:,} events",
        f"{longer} MiB",
        f"{sizes[0]:,} events: {shorter} MiB",
        f"{longer / shorter:.2f}, at most {FLAT}",
        longer <= FLAT * shorter,
    )


def _rebuilt(data: Path) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.rebuild", str(data)], stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def main(data: Path) -> None:
    """Rebuild, and print what it took, as JSON."""
    settings, started = Settings(data), perf_counter()
    with uncollected(), rebuilding(settings) as source, another_file(settings, source) as elsewhere:
        done = rebuild(source, FOLLOWED, elsewhere=elsewhere)
    seconds = perf_counter() - started
    peak = sum(getrusage(whose).ru_maxrss // 1024 for whose in (RUSAGE_SELF, RUSAGE_CHILDREN))
    print(json.dumps({"size": done.size, "same": done.same, "seconds": seconds, "peak": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
