"""Pages as the service makes them: each asked for again and again inside one process, without a network.

Whoever asks is of the secretariat, which reads every page that is measured here.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, time

from httpx import ASGITransport, AsyncClient

from api.following import bring_up
from api.runtime import Runtime, writing
from api.service.access import Access
from api.service.app import create_app
from api.settings import Settings
from benchmarks.measure import Line, within
from domain.stated.choices import Role
from projections import queries
from projections.mentions import Mentions

SITE = "http://localhost:8000"
COOKIE = "minhchung"
ASKED = 20
SMALL, LARGE = 0.05, 0.1
"""Seconds that a page may take: at the demo, at a million entries."""
LARGER = 500_000


def every_page(data: Path) -> Iterator[Line]:
    """Ask for each page of the newest published round of a log, which is opened for writing."""
    bring_up(Settings(data), (Mentions(),))
    with writing(Settings(data)) as runtime:
        size = runtime.intake.size
        yield from asyncio.run(_measured(runtime, Settings(data), LARGE if size >= LARGER else SMALL))


def of_a_copy(data: Path, folder: Path) -> Iterator[Line]:
    """Measure a copy of a log: whoever reads is written down in it."""
    copy = folder / "pages"
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.lock"))
    yield from every_page(copy)
    shutil.rmtree(copy)


async def _measured(runtime: Runtime, settings: Settings, limit: float) -> list[Line]:
    app = create_app(runtime, settings, SITE)
    cookies = {COOKIE: _session(runtime)}
    lines = []
    async with AsyncClient(transport=ASGITransport(app), base_url=SITE, cookies=cookies) as client:
        for name, path in _paths(runtime).items():
            taken = []
            for _ in range(ASKED + 1):
                started = perf_counter()
                answer = await client.get(path, headers={"Accept": "text/html"})
                taken.append(perf_counter() - started)
                assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
            what = f"page: {name}, {len(answer.content) / 1000:.0f} kB, {runtime.intake.size:,} events"
            lines.append(within(what, median(taken[1:]), limit, milliseconds=True))
    return lines


def _session(runtime: Runtime) -> str:
    """Begin a session for somebody of the secretariat."""
    officers = runtime.intake.standing.officers
    staff = {a for a, one in officers.items() if any(r is Role.SECRETARIAT for r, _ in one.offices)}
    records = runtime.intake.keyring.records
    key = next(key for key, its in records.items() if its.actor in staff and its.ended_at is None)
    return Access(runtime.log.database).begin_session(key, runtime.intake.size, int(time()))


def _paths(runtime: Runtime) -> dict[str, str]:
    opened = runtime.intake.standing.rounds
    code = max(code for code, found in opened.items() if found.versions)
    with runtime.log.database.read() as connection:
        first = queries.ranking(connection, code, runtime.intake.size)[0]
        cells = queries.scores(connection, code, first.agency, runtime.intake.size)
    cell = max(cells, key=lambda row: (len(row.made_by), row.since))
    record = f"/rounds/{code}/agencies/{first.agency}"
    return {
        "rounds": "/",
        "public result": f"/rounds/{code}",
        "ranking": f"/rounds/{code}/ranking",
        "ranking at another moment": f"/rounds/{code}/ranking?as_of={opened[code].versions[0].position}",
        "agency": record,
        "score": f"{record}/criteria/{cell.criterion}",
    }


if __name__ == "__main__":
    for line in every_page(Path(sys.argv[1])):
        sys.stdout.write(f"{line.what}: {line.ours}; {line.other}\n")
