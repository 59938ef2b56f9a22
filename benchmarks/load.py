"""A service under load: served in a process of its own, asked over raw sockets by offices and readers."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter, sleep
from urllib.request import urlopen

from api.settings import Settings

_LENGTH = b"content-length: "
Connected = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Told:
    """What was answered: how long each answer took, by status, and what was acknowledged."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    acknowledged: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Accepted statements a second."""
        return len(self.acknowledged) / self.elapsed

    @property
    def answers(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.elapsed

    def within(self, share: float) -> float:
        """Return the seconds within which this share of the answers came."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]

    def odd(self, *expected: int) -> int:
        """Count the answers with another status."""
        return sum(n for status, n in self.statuses.items() if status not in expected)


@contextmanager
def serving(where: Settings, *options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve a log in a process of its own; give its port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["-m", "api.cli", "serve", "--port", str(port), "--data", str(where.data), *options]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, *command], stdout=quiet, stderr=quiet)
    try:
        _wait_for(server, port)
        yield port, server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/livez"):
                return
        except OSError:
            assert server.poll() is None, "the service did not start"
            sleep(0.05)


def served(where: Settings, boxes: Sequence[Sequence[bytes]], *options: str) -> Told:
    """Let everybody send at once until all outboxes are empty."""
    with serving(where, *options) as (port, _):
        return asyncio.run(everybody(port, boxes))


async def everybody(port: int, boxes: Sequence[Sequence[bytes]]) -> Told:
    """Send what is in all outboxes, each over a connection of its own."""
    told = Told()
    started = perf_counter()
    await asyncio.gather(*(office(port, box, told) for box in boxes))
    told.elapsed = perf_counter() - started
    return told


async def office(port: int, box: Sequence[bytes], told: Told, every: float = 0.0) -> None:
    """Send what is in an outbox, in its order, not before its time; what was not taken is sent again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = perf_counter()
    for number, request in enumerate(box):
        await until(begun + number * every)
        status = 503
        while status in (429, 503):
            status, body = await ask((reader, writer), request, told, perf_counter())
        if status in (200, 201):
            told.acknowledged.append(json.loads(body)["id"])
    writer.close()
    await writer.wait_closed()


async def until(moment: float) -> None:
    """Wait for a moment, if it is not over."""
    if (left := moment - perf_counter()) > 0:
        await asyncio.sleep(left)


async def ask(connected: Connected, request: bytes, told: Told, due: float) -> tuple[int, bytes]:
    """Ask, and note how long after it was due the answer came."""
    reader, writer = connected
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.lower().find(_LENGTH)
    length = int(head[at + len(_LENGTH) : head.index(b"\r", at)]) if at >= 0 else 0
    body = await reader.readexactly(length)
    status = int(head[9:12])
    told.seconds.append(perf_counter() - due)
    told.statuses[status] += 1
    return status, body
