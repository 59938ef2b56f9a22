"""Readers at the deadline hour: a ranking that moves with every statement, read while others submit.

Everybody keeps to a time: what came late is counted from when it was due, whoever kept it waiting.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter, time

from api.runtime import writing
from api.service.access import Access
from api.settings import Settings
from api.synth_script import SECRETARIAT
from benchmarks.load import Told, ask, office, serving, until
from benchmarks.measure import Line
from benchmarks.service import FEWER, furnished, shape_of, syncs_a_second

READS = 500
"""Rankings a second."""
SUBMITTED = 100
"""Statements a second meanwhile."""
READERS = 25
SENDERS = 20
PATIENCE = 0.05


def rankings_meanwhile(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Read the ranking of the newest round as its secretariat, while agencies declare in it."""
    seconds = 4 if quick else 10
    where, boxes = furnished(folder / "read", FEWER, 2 * SUBMITTED * seconds)
    token, code = _let_in(where)
    request = f"GET /v1/rounds/{code}/rankings HTTP/1.1\r\nHost: log\r\nAuthorization: Bearer {token}\r\n\r\n"
    syncs = syncs_a_second(where.data)
    with serving(where) as (port, _):
        read, sent = asyncio.run(_meanwhile(port, request.encode(), boxes, seconds))
    shutil.rmtree(where.data)
    kept_up = read.answers >= 0.98 * READS and sent.rate >= 0.98 * SUBMITTED
    p99 = read.within(0.99)
    yield Line(
        f"service: rankings while statements come in (half: {read.within(0.5) * 1000:.0f} ms)",
        f"{read.answers:,.0f}/s, p99 {p99 * 1000:.0f} ms; {sent.rate:,.0f} accepted/s",
        f"limit: {READS}/s, {PATIENCE * 1000:.0f} ms, {SUBMITTED}/s; the disk alone: {syncs:,.0f} fsyncs/s",
        f"{p99 / PATIENCE:.2f} of the limit",
        kept_up and p99 <= PATIENCE and not read.odd(200) and not sent.odd(201),
    )


def _let_in(where: Settings) -> tuple[str, str]:
    """Give the secretariat a token, and name the newest round."""
    with writing(where) as runtime:
        key = shape_of(FEWER, 1).keys[SECRETARIAT].public_key.id
        access = Access(runtime.log.database)
        _, token = access.issue(key, runtime.intake.size, "load", ["RESULTS"], int(time()) + 3600)
        return token, max(runtime.intake.standing.rounds)


async def _meanwhile(
    port: int, request: bytes, boxes: Sequence[Sequence[bytes]], seconds: int
) -> tuple[Told, Told]:
    read, sent = Told(), Told()
    each = SUBMITTED * seconds // SENDERS
    senders = [office(port, box[:each], sent, SENDERS / SUBMITTED) for box in boxes[:SENDERS]]
    readers = [_reader(port, request, number, READS * seconds // READERS, read) for number in range(READERS)]
    started = perf_counter()

    async def timed(told: Told, *these: object) -> None:
        await asyncio.gather(*these)  # type: ignore[call-overload]
        told.elapsed = perf_counter() - started

    await asyncio.gather(timed(read, *readers), timed(sent, *senders))
    return read, sent


async def _reader(port: int, request: bytes, number: int, count: int, told: Told) -> None:
    """Read at fixed times, each reader a little after the one before."""
    connected = await asyncio.open_connection("127.0.0.1", port)
    begun = perf_counter() + number / READS
    for turn in range(count):
        due = begun + turn * READERS / READS
        await until(due)
        await ask(connected, request, told, due)
    connected[1].close()
