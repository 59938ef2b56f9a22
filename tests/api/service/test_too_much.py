"""Bodies over the limit, in every shape that they come in: 413, and the service's memory does not grow."""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.service.blobs import MAX_FILE
from api.service.wire import MAX_BATCH, MAX_SUBMISSION
from api.settings import DATABASE_VARIABLE
from api.upload_right import sign_right
from tests.api.service.serving import Client
from tests.worlds import KEYS, reopen

GROWTH = 40 * 1024 * 1024
"""Bytes: twice the longest body that is read at all, and far less than what is sent."""
SENT = 96 * 1024 * 1024
"""So much is pushed at most."""
CHUNK = bytes(64 * 1024)
ROUTES = {
    "/v1/statements": MAX_SUBMISSION,
    "/v1/statements/together": MAX_BATCH,
    "/v1/statements/preview": MAX_BATCH,
    "/v1/session": 8192,
    "/sign-in": 8192,
}
Pieces = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Process:
    """A service in a process of its own, and the right to send a file there."""

    port: int
    pid: int
    right: str
    began: int
    """Its memory before anything was sent (bytes)."""

    @property
    def peak(self) -> int:
        """The most memory that it ever had (bytes)."""
        return _peak(self.pid)


def _peak(pid: int) -> int:
    told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert told is not None
    return int(told[1]) * 1024


@pytest.fixture(scope="module")
def process(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The service."""
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is read from /proc")
    data = tmp_path_factory.mktemp("too-much") / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    origin, until = world.origin, int(world.clock().timestamp()) + 86400
    world.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--data", str(data)]
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _lives(port):
            assert running.poll() is None
            time.sleep(0.05)  # between two questions whether it is there
        right = sign_right(KEYS["stc-2"], origin, _NAME, 1024, until)
        yield Process(port, running.pid, right, _peak(running.pid))
    finally:
        running.terminate()
        running.wait(30)


_NAME = hashlib.sha256(bytes(1024)).hexdigest()


def _lives(port: int) -> bool:
    try:
        return Client(port).ask("GET", "/livez").status == 200
    except OSError:
        return False


@contextmanager
def _asked(process: Process, head: str, *more: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as connection:
        lines = (head, "Host: localhost", *more, "", "")
        connection.sendall("\r\n".join(lines).encode())
        yield connection


def _push(connection: socket.socket, pieces: Iterator[bytes]) -> bytes:
    """Send until all is sent or the service has had enough; return its answer's beginning."""
    try:
        for piece in pieces:
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        return connection.recv(65536)
    except (ConnectionResetError, TimeoutError):
        return b""


def _chunked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _much(piece: bytes, most: int = SENT) -> Iterator[bytes]:
    return itertools.repeat(piece, most // len(piece))


def _is_413(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("route", ROUTES)
def test_by_its_length(process: Process, route: str) -> None:
    """The header says that it is longer than anything that is read: refused before a byte of it came."""
    with _asked(process, f"POST {route} HTTP/1.1", f"Content-Length: {SENT}") as connection:
        assert _is_413(connection.recv(65536))
        _push(connection, _much(CHUNK))
    assert process.peak < process.began + GROWTH


@pytest.mark.parametrize("route", ROUTES)
def test_in_chunks(process: Process, route: str) -> None:
    """No header says anything: 413 as soon as there is too much, and what follows goes nowhere."""
    with _asked(process, f"POST {route} HTTP/1.1", "Transfer-Encoding: chunked") as connection:
        answer = _push(connection, _chunked(_much(CHUNK)))
    assert _is_413(answer) or answer == b""  # where the line was cut before it was read
    assert process.peak < process.began + GROWTH


@pytest.mark.parametrize("route", ROUTES)
def test_with_a_length_that_lies(process: Process, route: str) -> None:
    """What comes beyond a length is no part of the body, nor a request that anybody answers with 2xx."""
    with _asked(process, f"POST {route} HTTP/1.1", "Content-Length: 2") as connection:
        answer = _push(connection, itertools.chain([b"{}"], _much(CHUNK)))
    statuses = re.findall(rb"HTTP/1\.1 (\d)", answer)
    assert set(statuses) <= {b"4"}
    with _asked(process, f"POST {route} HTTP/1.1", f"Content-Length: {10**18}") as connection:
        assert _is_413(connection.recv(65536))
    with _asked(process, f"POST {route} HTTP/1.1", f"Content-Length: {'9' * 400}") as connection:
        assert re.match(rb"HTTP/1\.1 4(00|13)", _push(connection, iter(()))) is not None
    assert process.peak < process.began + GROWTH


@pytest.mark.parametrize("route", ["/v1/session", "/sign-in", "/v1/statements"])
def test_in_many_small_pieces(process: Process, route: str) -> None:
    """One byte at a time, and over the limit yet."""
    piece = b"x" if ROUTES[route] < 10_000 else b"x" * 64
    with _asked(process, f"POST {route} HTTP/1.1", "Transfer-Encoding: chunked") as connection:
        pieces = _chunked(_much(piece, ROUTES[route] + 64 * 1024))
        answer = _push(connection, pieces)
    assert _is_413(answer) or answer == b""
    assert process.peak < process.began + GROWTH


@pytest.mark.parametrize("lies", ["length", "chunked", "more", "small"])
def test_files(process: Process, lies: str) -> None:
    """A file that is longer than its sender signed for, in all four shapes; one over every limit as well."""
    head, signed = f"PUT /v1/blobs/{_NAME} HTTP/1.1", f"Authorization: {process.right}"
    how = {
        "length": f"Content-Length: {MAX_FILE + 1}",
        "more": "Content-Length: 1025",
    }.get(lies, "Transfer-Encoding: chunked")
    pieces = {
        "length": iter(()),
        "more": iter([bytes(1025)]),
        "chunked": _chunked(_much(CHUNK)),
        "small": _chunked(_much(b"x", 4096)),
    }
    with _asked(process, head, signed, how) as connection:
        answer = _push(connection, pieces[lies])
    assert _is_413(answer) or (answer == b"" and lies == "chunked")
    assert process.peak < process.began + GROWTH


def test_who_goes_away_leaves_nothing(process: Process) -> None:
    """Half of a body, and then nothing: the service goes on, and counts it as nobody's mistake of its own."""
    for _ in range(20):
        with _asked(process, "POST /v1/statements HTTP/1.1", "Content-Length: 1000") as connection:
            connection.sendall(b"{")
    told = Client(process.port).ask("GET", "/metrics").body.decode()
    assert 'status="500"' not in told
    assert Client(process.port).ask("GET", "/readyz").status == 200
