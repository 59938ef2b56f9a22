"""Several processes that serve one log on PostgreSQL, at one port; on SQLite a log has one that writes.

The parent only listens and starts them; one that dies is started again. What two of them would make at the
same moment (tables, the shared secret) is made before the first one starts.
"""

from __future__ import annotations

import os
from socket import socket

from fastapi import FastAPI
from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from api.errors import CommandError
from api.runtime import open_runtime, writing
from api.service.app import create_app
from api.service.following import Following
from api.settings import DATA_VARIABLE, Settings, settings
from api.terms import term
from api.wording import Language

SITE_VARIABLE = "MINHCHUNG_SITE"
PATIENCE = 60
"""Seconds that a worker may take to say that it lives: in the deadline hour it has other things to do."""


class OneWorker(CommandError):
    """A log on SQLite is served by one process."""

    def __init__(self, language: Language) -> None:
        super().__init__(term("service", "one_worker", language))


def serve_together(
    where: Settings, listening: socket, site: str, count: int, grace: int, language: Language
) -> None:
    """Serve until the process is told to stop; each worker answers what is under way, then they end.

    Raises OneWorker, and what opening the log raises.
    """
    if where.database_url.startswith("sqlite"):
        raise OneWorker(language)
    with writing(where) as runtime, Following(runtime.log).running():
        create_app(runtime, where, site)
    os.environ |= {DATA_VARIABLE: str(where.data), SITE_VARIABLE: site}
    config = Config(
        f"{__name__}:application",
        factory=True,
        workers=count,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=grace,
        timeout_worker_healthcheck=PATIENCE,
    )
    listening.set_inheritable(True)
    Multiprocess(config, sockets=[listening]).run()


def application() -> FastAPI:
    """Return the application of a worker, as its parent's environment says."""
    where = settings()
    return create_app(open_runtime(where), where, os.environ[SITE_VARIABLE])
