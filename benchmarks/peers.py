"""The intake beside plain eventsourcing, in one process, on one PostgreSQL, a thread for every client.

Ours checks every signature and every rule, hashes, keeps the tree, and writes scores and ranks; theirs signs,
hashes and projects nothing. Each client states one thing after the other; both sides take turns, on the same
bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from api.runtime import Runtime, open_runtime
from api.settings import Settings
from api.synth import fill
from audit.ledger.database import open_database
from audit.ledger.submission import Accepted, Submission
from benchmarks.databases import of_its_own
from benchmarks.measure import Line
from benchmarks.service import outboxes, shape_of

Box = TypeVar("Box")
LEAST = {8: 1.5, 64: 2.0}
"""So many clients at once -> how many times their events a second ours come to."""
EACH = {8: 24, 64: 6}
"""So many statements each client makes in its turn."""


def beside_eventsourcing(folder: Path, url: str, rounds: int) -> Iterator[Line]:
    """Let 8 clients take turns with 8 of the other side, then 64 with 64."""
    for clients, least in LEAST.items():
        schema = f"peers{clients}"
        with of_its_own(url, schema):
            where = Settings(folder / schema)
            criteria = (rounds + 1) * EACH[clients] // 2 + 1
            shape = shape_of(clients, criteria)
            fill(where, shape, history=False)
            boxes = outboxes(shape, where)
            runtime = open_runtime(where)
        datastore = _datastore(url, schema, clients)
        try:
            ours, theirs = _turns(runtime, datastore, boxes, EACH[clients], rounds)
        finally:
            datastore.close()
            runtime.log.database.close()
            shutil.rmtree(where.data)
        events, ratio = clients * EACH[clients], theirs / ours
        yield Line(
            f"intake on PostgreSQL, {clients} clients in one process",
            f"{events / ours:,.0f} events/s",
            f"eventsourcing, unsigned: {events / theirs:,.0f} events/s",
            f"{ratio:.2f}, at least {least}",
            ratio >= least,
        )


def _datastore(url: str, schema: str, clients: int) -> PostgresDatastore:
    """Give the other side a connection for every client."""
    named = f"{schema}_theirs"
    open_database(url, schema=named).close()
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return PostgresDatastore(
        dbname=given["dbname"],
        host=given["host"],
        port=given.get("port", "5432"),
        user=given["user"],
        password=given.get("password", ""),
        pool_size=clients,
        schema=named,
        originator_id_type="text",
    )


def _turns(
    runtime: Runtime,
    datastore: PostgresDatastore,
    boxes: Sequence[Sequence[Submission]],
    each: int,
    rounds: int,
) -> tuple[float, float]:
    """Return the median seconds of a turn, of ours and of theirs; the first turn warms up."""
    recorder = PostgresApplicationRecorder(datastore)
    recorder.create_table()

    def state(box: Sequence[Submission]) -> None:
        for one in box:
            (outcome,) = runtime.intake.submit([one])
            assert isinstance(outcome, Accepted), outcome

    def insert(box: Sequence[StoredEvent]) -> None:
        for one in box:
            recorder.insert_events([one])

    seconds: tuple[list[float], list[float]] = ([], [])
    with ThreadPoolExecutor(len(boxes)) as clients:
        for turn in range(rounds + 1):
            signed = [box[turn * each : (turn + 1) * each] for box in boxes]
            plain = [list(_plain(f"{number}", turn * each, box)) for number, box in enumerate(signed)]
            seconds[0].append(_timed(clients, state, signed))
            seconds[1].append(_timed(clients, insert, plain))
    held = recorder.max_notification_id() or 0
    assert held == len(boxes) * each * (rounds + 1)
    return median(seconds[0][1:]), median(seconds[1][1:])


def _plain(stream: str, before: int, box: Sequence[Submission]) -> Iterator[StoredEvent]:
    for version, one in enumerate(box, before + 1):
        yield StoredEvent(stream, version, "Stated", one.envelope)


def _timed(clients: ThreadPoolExecutor, act: Callable[[Box], None], boxes: Sequence[Box]) -> float:
    started = perf_counter()
    list(clients.map(act, boxes))
    return perf_counter() - started
