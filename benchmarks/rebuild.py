"""Rebuild: all read tables made anew from a log on SQLite, compared with those served, and swapped in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from api.following import FOLLOWED, another_file, rebuilding
from api.settings import Settings
from api.uncollected import uncollected
from benchmarks.measure import Line
from projections.rebuild import rebuild

LEAST = 20_000
"""Events a second."""


def whole(data: Path) -> Iterator[Line]:
    """Rebuild twice: the first time makes tables whole that were written without their history."""
    settings = Settings(data)
    with uncollected(), rebuilding(settings) as source, another_file(settings, source) as elsewhere:
        rebuild(source, FOLLOWED, elsewhere=elsewhere)
        started = perf_counter()
        done = rebuild(source, FOLLOWED, elsewhere=elsewhere)
        seconds = perf_counter() - started
    assert done.same
    speed = done.size / seconds
    yield Line(
        f"rebuild of {done.size:,} events on SQLite",
        f"{speed:,.0f} events/s",
        f"limit: {LEAST:,} events/s",
        f"{speed / LEAST:.2f} of the limit",
        speed >= LEAST,
    )
