"""Read your own write: how long after a receipt the statement is in what is read, scores and search."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import func, select

from api.clock import ScriptedClock
from api.following import FOLLOWED
from api.runtime import Runtime, open_runtime
from api.service.following import Following
from api.settings import Settings
from audit.ledger.evidence import Evidence
from audit.ledger.submission import Accepted
from benchmarks.intake import CONTENT, MOMENT, ROUND, Office
from benchmarks.measure import WARM_UP, Line, within
from projections import queries
from projections.tables import states

c = states.c
LIMIT = 0.005
"""Seconds after the receipt."""
PATIENCE = 10.0


def after_a_receipt(demo: Path, folder: Path, rounds: int) -> Iterator[Line]:
    """Submit statements one by one, and look for each as soon as it has its receipt."""
    settings = Settings(folder / "own-write")
    shutil.copytree(demo, settings.data)
    Evidence.at(settings.evidence).put(CONTENT)
    runtime = open_runtime(settings, clock=ScriptedClock(MOMENT))
    try:
        office, following = Office(runtime.intake), Following(runtime.log)
        with following.running():
            assert all(following.wait_for(one.name, runtime.intake.size, PATIENCE) for one in FOLLOWED)
            taken = [_once(runtime, office, following) for _ in range(WARM_UP + rounds)][WARM_UP:]
    finally:
        runtime.log.database.close()
    for what, its in zip(("states and scores", "what is searched"), zip(*taken, strict=True), strict=True):
        yield within(f"read your own write in {what}", median(its), LIMIT, milliseconds=True)


def _once(runtime: Runtime, office: Office, following: Following) -> tuple[float, float]:
    """Return the seconds after which a statement was in the rows, and after which it was in the index."""
    (submission,) = office.sign(0, 1)
    stated = json.loads(b64decode(json.loads(submission.envelope)["payload"]))
    cell = (
        (c.round == ROUND) & (c.kind == "cell") & (c.subject == f"{stated['agency']}/{stated['criterion']}")
    )
    (outcome,) = runtime.intake.submit([submission])
    received = perf_counter()
    assert isinstance(outcome, Accepted)
    following.wake()
    with runtime.log.database.read() as connection:
        newest = connection.execute(select(func.max(c.valid_from)).where(cell)).scalar_one()
        scores = queries.scores(connection, ROUND, stated["agency"], outcome.position + 1)
    read = perf_counter() - received
    assert newest == outcome.position
    assert scores
    assert following.wait_for("search", outcome.position + 1, PATIENCE)
    return read, perf_counter() - received
