"""The power cut: a service that is killed under load loses nothing that it acknowledged."""

from __future__ import annotations

import http.client
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.settings import Settings
from audit.ledger.submission import Submission
from tests.api.service.serving import Answer, Client
from tests.worlds import found

pytestmark = pytest.mark.slow

AGENCIES = ("stc", "nhs", "snv", "ct")
KILLS = 5
EACH = 60


@dataclass(slots=True)
class Sender:
    """One agency's outbox: signed bytes, and the receipts they got; it sends the next after an answer."""

    outbox: Sequence[Submission]
    receipts: list[str] = field(default_factory=list)

    def send(self, client: Client, enough: threading.Event) -> None:
        """Send until there is enough, or nobody answers any more."""
        try:
            while not enough.is_set() and len(self.receipts) < len(self.outbox):
                answer = client.submit(self.outbox[len(self.receipts)])
                assert answer.status in (200, 201), answer.json
                self.receipts.append(answer.json["receipt"])
        except (OSError, http.client.HTTPException):
            return  # it was killed: whether the last one went in, nobody knows yet


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """Given a service under load, when it is killed and started again, each retry gets its first receipt."""
    settings, chance = Settings(tmp_path / "data"), random.Random(20161201)  # noqa: S311 - when to kill
    senders = _signed(settings)
    for _ in range(KILLS):
        _, process, client = _served(settings)
        _retry_all(client, senders)
        _send_and_kill(client, senders, process, after=chance.randrange(5, 40))
    _, process, client = _served(settings)
    _retry_all(client, senders)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    verified = subprocess.run(
        [sys.executable, "-m", "api.cli", "verify", "--data", str(settings.data)],
        capture_output=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout.decode()
    assert sum(len(sender.receipts) for sender in senders) > KILLS


def _signed(settings: Settings) -> list[Sender]:
    """Found a log; every agency signs one declaration after the other, each building on those before it."""
    world = found(settings.data)
    desk = world.desk()
    senders = [
        Sender([
            desk.sign(
                world.draft(
                    "SelfScoreDeclared", f"{agency}-2", round="2016", agency=agency.upper(), criterion="A1.1",
                    body={"points": ("1", "0.5")[number % 2]},
                )
            )
            for number in range(EACH)
        ])
        for agency in AGENCIES
    ]  # fmt: skip
    world.close()
    return senders


def _served(settings: Settings) -> tuple[int, subprocess.Popen[bytes], Client]:
    """Start the service and wait until it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--data", str(settings.data)]
    process, client = subprocess.Popen(command, stderr=subprocess.PIPE), Client(port)
    while not _lives(client):
        if process.poll() is not None:
            pytest.fail(process.stderr.read().decode() if process.stderr else "it did not start")
        time.sleep(0.02)  # between two questions whether it is there
    return port, process, client


def _lives(client: Client) -> bool:
    try:
        return client.ask("GET", "/livez").status == 200
    except OSError:
        return False


def _send_and_kill(
    client: Client, senders: Sequence[Sender], process: subprocess.Popen[bytes], *, after: int
) -> None:
    """Let everybody send at once; kill the service in the middle."""
    enough, before = threading.Event(), _acknowledged(senders)
    threads = [threading.Thread(target=sender.send, args=(client, enough)) for sender in senders]
    for thread in threads:
        thread.start()
    while _acknowledged(senders) < before + after and any(thread.is_alive() for thread in threads):
        threads[0].join(0.001)
    process.kill()
    process.wait()
    enough.set()
    for thread in threads:
        thread.join()


def _acknowledged(senders: Sequence[Sender]) -> int:
    return sum(len(sender.receipts) for sender in senders)


def _retry_all(client: Client, senders: Sequence[Sender]) -> None:
    """Send again what was acknowledged: it is there, under the same receipt."""
    for sender in senders:
        for submission, receipt in zip(sender.outbox, sender.receipts, strict=False):
            again: Answer = client.submit(submission)
            assert (again.status, again.json["receipt"]) == (200, receipt)
