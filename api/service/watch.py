"""Whether the service lives, and whether it can take statements: for whoever watches it."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.runtime import Runtime
from api.service.following import Following
from api.service.metrics import MEDIA_TYPE, Metrics
from api.service.queue import Queue
from api.settings import Settings
from audit.ledger.anchor import HEADER
from audit.ledger.database import Database
from audit.ledger.errors import LogStopped
from audit.ledger.tables import head, ledger

RESERVE = 256 * 1024 * 1024
"""Bytes of disk under which nothing more is taken in: a full disk in the middle of a commit stops the log."""


def watch(
    runtime: Runtime, settings: Settings, following: Following, queue: Queue, metrics: Metrics
) -> APIRouter:
    """Return the routes that say how the service is."""
    router = APIRouter()
    metrics.gauge("queue_length", "Calls that wait for the log.", lambda: queue.length)
    metrics.gauge("log_size", "Entries of the log.", lambda: runtime.intake.size)
    metrics.gauge("disk_free_bytes", "Of the disk with the log.", lambda: _free(settings))
    metrics.gauge("stopped_projections", "Of those that follow the log.", lambda: len(following.stopped))

    @router.get("/metrics")
    async def measured() -> Response:
        """Answer with what this process counted since it began (the text format of Prometheus)."""
        told = await run_in_threadpool(metrics.told)
        return Response(told, headers={"Cache-Control": "no-store"}, media_type=MEDIA_TYPE)

    @router.get("/livez")
    async def livez() -> Response:
        """Answer: the process runs."""
        return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})

    @router.get("/readyz")
    async def readyz() -> Response:
        """Answer whether statements can be taken, part by part; 503 where one is not well.

        `stopped` names followed projections that cannot go on: what they answer stays behind, and no
        statement waits for them.
        """
        parts = await run_in_threadpool(_parts, runtime, settings)
        ready = all(parts.values())
        told = {"ready": ready, "stopped": {name: w.position for name, w in following.stopped.items()}}
        return JSONResponse(told | parts, 200 if ready else 503, {"Cache-Control": "no-store"})

    return router


def _parts(runtime: Runtime, settings: Settings) -> dict[str, bool]:
    return {
        "writer": _writes(runtime),
        "database": _holds(runtime),
        "schema": _has_columns(runtime.log.database),
        "disk": _free(settings) >= RESERVE,
        "anchor": _can_grow(settings.anchor),
        "clock": _follows(runtime, runtime.clock()),
    }


def _writes(runtime: Runtime) -> bool:
    try:
        runtime.intake.submit([])
    except LogStopped:
        return False
    return True


def _holds(runtime: Runtime) -> bool:
    """Whether the database has all that this process has seen; another one may have written more."""
    seen = runtime.intake.size
    try:
        with runtime.log.database.read() as connection:
            return bool(connection.execute(select(head.c.size)).scalar_one() >= seen)
    except SQLAlchemyError:
        return False


def _has_columns(database: Database) -> bool:
    """Whether each table of the log has the columns that are written."""
    try:
        with database.read() as connection:
            for table in ledger.sorted_tables:
                connection.execute(select(table).limit(0))
    except SQLAlchemyError:
        return False
    return True


def _can_grow(anchor: Path) -> bool:
    """Whether the anchor is there, is one, and takes what comes next."""
    try:
        with anchor.open("r+b") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        return False


def _free(settings: Settings) -> int:
    return shutil.disk_usage(settings.data).free


def _follows(runtime: Runtime, now: datetime) -> bool:
    """A clock that was set back would date what comes in before what is there."""
    last = runtime.intake.last_received
    return last is None or now >= last
