"""The command that serves a log over HTTP."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from api.cli_options import Data, Lang, refusals
from api.evidence import key_is_apart
from api.runtime import writing
from api.settings import Settings, settings
from api.terms import term
from api.wording import Language

app = typer.Typer()

GRACE = 10
"""Seconds that requests under way have to end when the service is told to stop."""


@app.command()
def serve(
    port: Annotated[int, typer.Option("--port", help="The port to listen on.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    site: Annotated[
        str | None,
        typer.Option(
            "--site",
            envvar="MINHCHUNG_SITE",
            help="How browsers know the service (https://...); else http://localhost and the port.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes that serve together, on PostgreSQL.")
    ] = 1,
    data: Data = None,
    lang: Lang = Language.VI,
) -> None:
    """Serve a log over HTTP: statements come in, receipts and public answers go out."""
    import uvicorn  # the HTTP side, which no other command needs

    from api.service.app import create_app
    from api.service.log_lines import Lines, lines

    log = lines()
    logging.basicConfig(handlers=[Lines(log)], level=logging.WARNING)

    where = settings(data)
    if workers > 1:
        _serve_together(where, host, port, site, workers, lang)
        return
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _end)  # which the server, once it has ended its requests, hands on to
    with refusals(lang), writing(where) as runtime:
        if not key_is_apart(where):
            sys.stderr.write(term("service", "key_beside", lang).format(path=where.evidence_key) + "\n")
        sys.stderr.write(term("service", "serving", lang).format(host=host, port=port) + "\n")
        uvicorn.run(
            create_app(runtime, where, site or f"http://localhost:{port}", log=log),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=GRACE,
        )


def _serve_together(
    where: Settings, host: str, port: int, site: str | None, workers: int, lang: Language
) -> None:
    from api.service.workers import serve_together

    with refusals(lang), socket.create_server((host, port)) as listening:
        sys.stderr.write(term("service", "serving", lang).format(host=host, port=port) + "\n")
        serve_together(where, listening, site or f"http://localhost:{port}", workers, GRACE, lang)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave in order: the log is closed on the way out."""
    raise SystemExit(0)
