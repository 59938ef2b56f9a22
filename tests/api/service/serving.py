"""A service that runs: a small log behind a real HTTP server on loopback, and a client that asks it."""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from structlog.typing import FilteringBoundLogger

from api.clock import real_clock
from api.service.app import ROOM, create_app
from api.service.following import Following
from api.service.log_lines import lines
from api.settings import Settings
from audit.ledger.submission import Clock, Submission
from tests.worlds import World


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Client:
    """Asks one server; a connection for each question."""

    port: int

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask; what is not bytes (or a generator of them, sent in chunks) is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        raw = body is None or isinstance(body, bytes) or hasattr(body, "__next__")
        try:
            connection.request(
                method,
                path,
                body if raw else json.dumps(body).encode(),
                dict(headers or {}),
                encode_chunked=hasattr(body, "__next__"),
            )
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def submit(self, *submissions: Submission, **headers: str) -> Answer:
        """Send one statement, or several together."""
        sent = [over_the_wire(submission) for submission in submissions]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if len(sent) == 1:
            return self.ask("POST", "/v1/statements", sent[0], named)
        return self.ask("POST", "/v1/statements/together", {"together": sent}, named)


def over_the_wire(submission: Submission) -> dict[str, Any]:
    """Write a submission as it is sent."""
    return {
        "envelope": json.loads(submission.envelope),
        "openings": [
            {"field": opening.field, "salt": opening.salt.hex(), "value": opening.value}
            for opening in submission.openings
        ],
    }


@contextmanager
def serving(
    world: World,
    settings: Settings,
    *,
    room: int = ROOM,
    clock: Clock = real_clock,
    following: Following | None = None,
    log: FilteringBoundLogger | None = None,
    port: int = 0,
    **otherwise: Any,
) -> Iterator[Client]:
    """Serve a log on a free port, or where one was served before; what it writes down goes nowhere."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        site = f"http://localhost:{listening.getsockname()[1]}"
        log = log or lines(io.StringIO())
        app = create_app(
            world.runtime, settings, site, room=room, clock=clock, following=following, log=log, **otherwise
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield Client(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
