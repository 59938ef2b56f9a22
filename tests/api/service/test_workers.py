"""Several processes serve one log on PostgreSQL; a log on SQLite has one."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from api.settings import DATABASE_VARIABLE, Settings
from audit.ledger.submission import Submission
from tests.api.service.people import sign_in
from tests.api.service.serving import Client
from tests.worlds import KEYS, found

pytestmark = pytest.mark.slow

EACH = 10


@contextmanager
def _served(settings: Settings, *options: str) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["-m", "api.cli", "serve", "--port", str(port), "--data", str(settings.data), *options]
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE)
    try:
        yield Client(port), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for(client: Client, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with suppress(OSError):
            if client.ask("GET", "/livez").status == 200:
                return
    raise AssertionError(process.stderr and process.stderr.read().decode())


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
def test_two_workers_take_statements_and_answer_alike(settings: Settings) -> None:
    """Each statement is taken once, whoever takes it; what was acknowledged shows, whoever is asked."""
    world = found(settings.data)
    desk = world.desk()
    boxes = [
        [
            desk.sign(
                world.draft(
                    "SelfScoreDeclared", f"{agency}-2", round="2016", agency=agency.upper(), criterion="A1.1",
                    body={"points": ("1", "0.5")[number % 2]},
                )
            )
            for number in range(EACH)
        ]
        for agency in ("stc", "snv")
    ]  # fmt: skip
    size = world.runtime.log.size
    world.close()
    with _served(settings, "--workers", "2") as (client, process):
        _wait_for(client, process)

        def send(box: Sequence[Submission]) -> list[int]:
            return [client.submit(one).json["position"] for one in box]

        with ThreadPoolExecutor(2) as senders:
            taken = [position for told in senders.map(send, boxes) for position in told]
        reader = sign_in(client, KEYS["tk-1"])
        sizes = {reader.get("/v1/rounds/2016/rankings").json["size"] for _ in range(8)}
        again = client.submit(boxes[0][0])
        assert process.poll() is None
    assert sorted(taken) == list(range(size, size + 2 * EACH))
    assert sizes == {size + 2 * EACH}
    assert (again.status, again.json["position"]) == (200, taken[0])
    assert process.returncode == 0


def test_a_log_on_sqlite_has_one_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for more is told why not, and what it needs."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    found(tmp_path / "data").close()
    with _served(Settings(tmp_path / "data"), "--workers", "2", "--lang", "en") as (_, process):
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "needs PostgreSQL" in said.decode()
