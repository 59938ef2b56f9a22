"""Whether the service lives, and whether it can take statements: for whoever watches it."""

from __future__ import annotations

import shutil
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.runtime import Runtime
from api.service.following import Following
from api.settings import Settings
from audit.ledger.errors import LogStopped
from audit.ledger.tables import head

RESERVE = 256 * 1024 * 1024
"""Bytes of disk under which nothing more is taken in: a full disk in the middle of a commit stops the log."""


def watch(runtime: Runtime, settings: Settings, following: Following) -> APIRouter:
    """Return the routes that say how the service is."""
    router = APIRouter()

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
        "database": _reads(runtime),
        "disk": shutil.disk_usage(settings.data).free >= RESERVE,
        "anchor": settings.anchor.exists(),
        "clock": _follows(runtime, runtime.clock()),
    }


def _writes(runtime: Runtime) -> bool:
    try:
        runtime.intake.submit([])
    except LogStopped:
        return False
    return True


def _reads(runtime: Runtime) -> bool:
    with runtime.log.database.read() as connection:
        return bool(connection.execute(select(head.c.size)).scalar_one() >= runtime.intake.size)


def _follows(runtime: Runtime, now: datetime) -> bool:
    """A clock that was set back would date what comes in before what is there."""
    last = runtime.intake.last_received
    return last is None or now >= last
