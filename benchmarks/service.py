"""The service at the deadline hour: offices that all send at once, and a server, on the same cores.

Every office sends one signed statement after the other, each as soon as the one before was answered, over a
connection of its own. All statements are lawful, of a made-up log, and signed before the clock starts.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep
from urllib.request import urlopen

from sqlalchemy import select

from api.runtime import reading
from api.settings import Settings
from api.signing import Desk
from api.synth import build_synth
from api.synth_script import Shape, script
from audit.ledger.submission import Submission
from audit.ledger.tables import head, statement_ids
from benchmarks.measure import Line

STATEMENTS = 6000
"""So many are sent, about: the fewer offices, the more from each."""
LEAST = 600
"""Accepted statements a second."""
PATIENCE = {64: 0.4, 256: 1.0}
"""So many offices at once -> seconds within which 99 of 100 are answered."""
SYNCS_FOR = 1.0
_LENGTH = b"content-length: "


@dataclass(slots=True)
class Told:
    """What the offices were answered: how long each answer took, by status, and what was acknowledged."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    acknowledged: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Accepted statements a second."""
        return len(self.acknowledged) / self.elapsed

    def within(self, share: float) -> float:
        """Return the seconds within which this share of the answers came."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]


def deadline_hour(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Measure 64 offices, and 256, each at a log of so many agencies."""
    for offices, patience in PATIENCE.items():
        where = Settings(folder / f"served-{offices}")
        shape = _shape(offices, STATEMENTS // (8 if quick else 2) // offices)
        build_synth(where, shape, history=False)
        boxes = [list(map(_request, box)) for box in outboxes(shape, where)]
        syncs = syncs_a_second(where.data)
        yield from _lines(offices, patience, served(where, boxes), where, syncs)
        shutil.rmtree(where.data)


def _lines(offices: int, patience: float, told: Told, where: Settings, syncs: float) -> Iterator[Line]:
    odd = sum(n for status, n in told.statuses.items() if status not in (200, 201, 429, 503))
    lost = len(set(told.acknowledged) - _there(where))
    least = LEAST if offices == min(PATIENCE) else 0
    yield Line(
        f"service: {offices} offices at once",
        f"{told.rate:,.0f} accepted/s",
        f"{f'limit: {least}/s; ' if least else ''}the disk alone: {syncs:,.0f} fsyncs/s",
        f"{told.rate / LEAST:.2f}",
        told.rate >= least and not odd and not lost,
    )
    p99 = told.within(0.99)
    yield Line(
        f"  99 of 100 answered within (half: {told.within(0.5) * 1000:.0f} ms)",
        f"{p99 * 1000:.0f} ms",
        f"limit: {patience * 1000:.0f} ms; acknowledged and lost: {lost}; other answers: {odd}",
        f"{p99 / patience:.2f} of the limit",
        p99 <= patience,
    )


def _shape(offices: int, criteria: int) -> Shape:
    """A log in whose newest round every agency is about to declare."""
    whole = Shape(offices, criteria, 4 + 3 * offices, 0, 7)
    return replace(whole, events=whole.size - whole.of_round + 2 + 4 * offices)


def outboxes(shape: Shape, where: Settings) -> list[list[Submission]]:
    """Sign what every agency declares after the end of a log: evidence and points, cell after cell."""
    desk, drafts = Desk(shape.origin, shape.keys), script(replace(shape, events=0))
    for draft in islice(drafts, shape.size):
        desk.pass_over(draft)
    with reading(where) as log, log.database.read() as connection:
        newest = connection.execute(select(head.c.size, head.c.root)).one()
    desk.seen = (newest.size, newest.root.hex())
    boxes: dict[str, list[Submission]] = defaultdict(list)
    for draft in islice(drafts, shape.agencies * (2 * shape.criteria + 1)):
        boxes[draft.agency or ""].append(desk.sign(draft))
    return list(boxes.values())


def _request(submission: Submission) -> bytes:
    openings = [{"field": o.field, "salt": o.salt.hex(), "value": o.value} for o in submission.openings]
    body = json.dumps({"envelope": json.loads(submission.envelope), "openings": openings}).encode()
    line = f"POST /v1/statements HTTP/1.1\r\nHost: log\r\nContent-Length: {len(body)}\r\n\r\n"
    return line.encode() + body


# --- sending --------------------------------------------------------------------------------------------


def served(where: Settings, boxes: Sequence[Sequence[bytes]], *options: str) -> Told:
    """Serve a log in a process of its own, and let everybody send at once until all outboxes are empty."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["-m", "api.cli", "serve", "--port", str(port), "--data", str(where.data), *options]
    server = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(server, port)
        return asyncio.run(_everybody(port, boxes))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/livez"):
                return
        except OSError:
            assert server.poll() is None, "the service did not start"
            sleep(0.05)


async def _everybody(port: int, boxes: Sequence[Sequence[bytes]]) -> Told:
    told = Told()
    started = perf_counter()
    await asyncio.gather(*(_office(port, box, told) for box in boxes))
    told.elapsed = perf_counter() - started
    return told


async def _office(port: int, box: Sequence[bytes], told: Told) -> None:
    """Send what is in an outbox, in its order; what was not taken is sent again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in box:
        status = 503
        while status in (429, 503):
            started = perf_counter()
            writer.write(request)
            status, body = await _answer(reader)
            told.seconds.append(perf_counter() - started)
            told.statuses[status] += 1
        if status in (200, 201):
            told.acknowledged.append(json.loads(body)["id"])
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    told = await reader.readuntil(b"\r\n\r\n")
    at = told.lower().index(_LENGTH) + len(_LENGTH)
    length = int(told[at : told.index(b"\r", at)])
    return int(told[9:12]), await reader.readexactly(length)


# --- what stands beside it ------------------------------------------------------------------------------


def _there(where: Settings) -> set[str]:
    with reading(where) as log, log.database.read() as connection:
        return set(connection.execute(select(statement_ids.c.id)).scalars())


def syncs_a_second(folder: Path) -> float:
    """Count how often this disk takes four kilobytes for certain, one after the other."""
    with tempfile.TemporaryFile(dir=folder) as file:
        started, count = perf_counter(), 0
        while (passed := perf_counter() - started) < SYNCS_FOR:
            os.pwrite(file.fileno(), bytes(4096), count * 4096)
            os.fsync(file.fileno())
            count += 1
    return count / passed
