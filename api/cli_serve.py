"""The command that serves a log over HTTP."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, NoReturn

import typer

from api.cli_options import Data, Lang, refusals
from api.errors import CommandError
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
    where, site = settings(data), site or f"http://localhost:{port}"
    with refusals(lang), listening(host, port, lang) as ears:
        if workers > 1:
            _serve_together(where, ears, site, workers, lang)
        else:
            serve_log(where, ears, site, lang)


def _serve_together(where: Settings, ears: socket.socket, site: str, workers: int, lang: Language) -> None:
    from api.service.workers import serve_together

    host, port = ears.getsockname()[:2]
    sys.stderr.write(term("service", "serving", lang).format(host=host, port=port) + "\n")
    serve_together(where, ears, site, workers, GRACE, lang)


class PortTaken(CommandError):
    """Somebody else listens there."""


@contextmanager
def listening(host: str, port: int, lang: Language, others: int = 0) -> Iterator[socket.socket]:
    """Listen at a port, or the first free one of so many behind it; raises PortTaken."""
    for tried in range(port, port + others + 1):
        try:
            opened = socket.create_server((host, tried))
        except OSError as wrong:
            if wrong.errno != errno.EADDRINUSE:
                raise PortTaken(f"{host}:{tried}: {wrong.strerror}") from None
            continue
        with opened:
            yield opened
        return
    raise PortTaken(term("service", "port_taken", lang).format(port=port, next=port + others + 1))


def serve_log(where: Settings, ears: socket.socket, site: str, lang: Language, *, last: str = "") -> None:
    """Serve a log until the process is told to stop; `last` is said when it can be asked."""
    import uvicorn  # the HTTP side, which no other command needs

    from api.service.app import create_app
    from api.service.log_lines import Lines, lines

    log = lines()
    logging.basicConfig(handlers=[Lines(log)], level=logging.WARNING)
    host, port = ears.getsockname()[:2]
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _end)  # which the server, once it has ended its requests, hands on to
    with writing(where) as runtime:
        if not key_is_apart(where):
            sys.stderr.write(term("service", "key_beside", lang).format(path=where.evidence_key) + "\n")
        sys.stderr.write(term("service", "serving", lang).format(host=host, port=port) + "\n")
        config = uvicorn.Config(
            create_app(runtime, where, site, log=log),
            log_level="warning",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=GRACE,
        )
        sys.stdout.write(last)
        sys.stdout.flush()
        uvicorn.Server(config).run([ears])


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave in order: the log is closed on the way out."""
    raise SystemExit(0)
