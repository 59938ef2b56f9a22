"""Entries as they come: each once, in order, gone on with after the last, and to nobody else."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, over_the_wire, serving
from tests.worlds import KEYS, World, reopen


@pytest.fixture(scope="module")
def world(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small log, with somebody who reads all of it."""
    data = tmp_path_factory.mktemp("live") / "data"
    shutil.copytree(small_log, data)
    opened = reopen(data)
    opened.state("RoleGranted", "dk-2", body={"officer": "snv-4", "role": "AUDITOR"})
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path_factory.mktemp("disk"))) as asks:
        yield asks


class Listening:
    """One connection on which entries come."""

    def __init__(self, person: Person, query: str = "", **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", person.client.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("GET", f"/v1/entries/live{query}", headers={**person.headers, **named})
        self.answer = self._connection.getresponse()

    def next(self) -> tuple[int, dict[str, Any]] | None:
        """Wait for the next entry; nothing where the connection ends."""
        fields: dict[str, str] = {}
        for line in iter(self.answer.readline, b""):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "" and "data" in fields:
                return int(fields["id"]), json.loads(fields["data"])
            fields[name] = value
        return None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _declare(world: World, client: Client, actor: str, agency: str, points: str) -> int:
    drafted = world.sign(
        "SelfScoreDeclared", actor, round="2016", agency=agency, criterion="A1.1", body={"points": points}
    )
    told = client.ask("POST", "/v1/statements", over_the_wire(drafted))
    assert told.status == 201, told.json
    return int(told.json["position"])


def test_what_is_committed_is_told_at_once(world: World, client: Client) -> None:
    """Whoever listens hears of it with its position, as it lies in the log; and of nothing before."""
    with closing(Listening(sign_in(client, KEYS["snv-4"]))) as listening:
        assert listening.answer.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in listening.answer.headers["cache-control"]
        position = _declare(world, client, "stc-2", "STC", "0.5")
        told = listening.next()
    assert told is not None
    assert (told[0], told[1]["position"]) == (position, position)


def test_it_goes_on_after_the_last_that_was_heard(world: World, client: Client) -> None:
    """By `Last-Event-ID`, as a browser sends it by itself, else by `after`: each entry once, in order."""
    auditor = sign_in(client, KEYS["snv-4"])
    heard = []
    with closing(Listening(auditor, "?after=-1&lasts=0", Last_Event_ID="9")) as listening:
        while (told := listening.next()) is not None:
            heard.append(told[0])
    assert heard == list(range(10, world.size))
    with closing(Listening(auditor, f"?after={world.size - 3}&lasts=0")) as listening:
        assert listening.next() is not None


def test_others_hear_nothing_of_it(world: World, client: Client) -> None:
    """An agency hears of its own entries alone."""
    before = world.size - 1
    _declare(world, client, "stc-2", "STC", "1")
    theirs = _declare(world, client, "nhs-2", "NHS", "0.5")
    with closing(Listening(sign_in(client, KEYS["nhs-2"]), f"?after={before}&lasts=0")) as listening:
        told, ended = listening.next(), listening.next()
    assert told is not None
    assert (told[0], ended) == (theirs, None)


def test_a_session_that_ended_hears_no_more(world: World, client: Client) -> None:
    """It is asked at every piece of news who that is."""
    auditor = sign_in(client, KEYS["snv-4"])
    with closing(Listening(auditor)) as listening:
        assert auditor.ask("DELETE", "/v1/session").status == 204
        _declare(world, client, "stc-2", "STC", "0")
        assert listening.next() is None


@pytest.mark.parametrize("query", ["?after=-2", "?lasts=301", "?lasts=-1", "?after=x"])
def test_odd_questions_are_answered_with_a_problem(client: Client, query: str) -> None:
    """400, before anything is told."""
    with closing(Listening(sign_in(client, KEYS["snv-4"]), query)) as listening:
        assert listening.answer.status == 400


def test_an_evidence_file_is_read_with_its_entry(world: World, client: Client) -> None:
    """By who may read the entry: as bytes to be kept; by others it is not there."""
    content = "Báo cáo, đầy đủ\n".encode()
    position = world.state(
        "EvidenceSubmitted", "stc-2", round="2016", agency="STC", criterion="A1.1",
        body={"serial": "31/BC", "version": 1}, texts={"title": "Báo cáo"}, files=[content],
    )  # fmt: skip
    (sha256,) = (its.sha256 for its in list(world.runtime.log.entries())[position].statement.attachments)
    path = f"/v1/entries/{position}/files/{sha256}"
    told = sign_in(client, KEYS["stc-1"]).get(path)
    assert (told.status, told.body) == (200, content)
    assert told.headers["content-type"] == "application/octet-stream"
    assert told.headers["content-disposition"] == f'attachment; filename="{sha256}"'
    assert sign_in(client, KEYS["nhs-2"]).get(path).status == 404
    assert sign_in(client, KEYS["stc-1"]).get(f"/v1/entries/{position}/files/{'0' * 64}").status == 404
