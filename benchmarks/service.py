"""The service at the deadline hour: offices that all send at once, and a server, on the same cores.

Every office sends one signed statement after the other, each as soon as the one before was answered, over a
connection of its own. All statements are lawful, of a made-up log, and signed before the clock starts.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter

from sqlalchemy import select

from api.runtime import reading
from api.settings import DATABASE_VARIABLE, Settings
from api.signing import Desk
from api.synth import build_synth, fill
from api.synth_script import Shape, script
from audit.ledger.submission import Submission
from audit.ledger.tables import head, statement_ids
from benchmarks.databases import NoPostgres, of_its_own, postgres_server
from benchmarks.load import Told, served
from benchmarks.measure import Line

STATEMENTS = 6000
"""So many are sent, about: the fewer offices, the more from each."""
LEAST = 600
"""Accepted statements a second."""
PATIENCE = {64: 0.4, 256: 1.0}
"""So many offices at once -> seconds within which 99 of 100 are answered."""
FEWER = min(PATIENCE)
EXPECTED = (200, 201, 429, 503)
WORKERS = 2
SHARE = 0.8
"""So much of the speed on SQLite two workers on PostgreSQL reach at least."""
SYNCS_FOR = 1.0


def deadline_hour(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Measure 64 offices, and 256, each at a log of so many agencies; then 64 on PostgreSQL."""
    statements = STATEMENTS // (4 if quick else 1)
    rates = {}
    for offices, patience in PATIENCE.items():
        where, boxes = furnished(folder / f"served-{offices}", offices, statements)
        syncs = syncs_a_second(where.data)
        told = served(where, boxes)
        rates[offices] = told.rate
        yield from _lines(offices, patience, told, where, syncs)
        shutil.rmtree(where.data)
    try:
        with postgres_server() as url:
            yield _on_postgres(folder / "served-together", url, statements, rates[FEWER])
    except NoPostgres as wrong:
        print(f"service on PostgreSQL left out: {wrong}")


def furnished(data: Path, offices: int, statements: int) -> tuple[Settings, list[list[bytes]]]:
    """Make a log up in whose newest round every agency is about to declare; return it and the outboxes."""
    where = Settings(data)
    shape = shape_of(offices, statements // 2 // offices)
    build = fill if DATABASE_VARIABLE in os.environ else build_synth
    build(where, shape, history=False)
    return where, [list(map(_request, box)) for box in outboxes(shape, where)]


def _on_postgres(data: Path, url: str, statements: int, on_sqlite: float) -> Line:
    """Measure two workers on PostgreSQL beside the one on SQLite of this run."""
    with of_its_own(url, f"served{os.getpid()}"):
        where, boxes = furnished(data, FEWER, statements)
        told = served(where, boxes, "--workers", str(WORKERS))
        lost = len(set(told.acknowledged) - _there(where))
    ratio = told.rate / on_sqlite
    return Line(
        f"service: {FEWER} offices at once, {WORKERS} workers on PostgreSQL",
        f"{told.rate:,.0f} accepted/s, p99 {told.within(0.99) * 1000:.0f} ms",
        f"SQLite: {on_sqlite:,.0f}/s; acknowledged and lost: {lost}",
        f"{ratio:.2f}, at least {SHARE}",
        ratio >= SHARE and not lost and not told.odd(*EXPECTED),
    )


def _lines(offices: int, patience: float, told: Told, where: Settings, syncs: float) -> Iterator[Line]:
    odd = told.odd(*EXPECTED)
    lost = len(set(told.acknowledged) - _there(where))
    least = LEAST if offices == FEWER else 0
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


def shape_of(offices: int, criteria: int) -> Shape:
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
