"""What is submitted is found: followers go on while the log is served, and one that stops holds up nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Table

from api.runtime import open_runtime
from api.search import Question, answer
from api.service.following import Following
from api.settings import Settings
from audit.ledger import database
from projections.followed import Entry
from projections.search_index import SearchIndex
from tests.api.service.serving import serving
from tests.api.service.test_statements import declared
from tests.worlds import World, found

PATIENCE = 60.0
"""Seconds after which a follower that was woken counts as stuck."""


class Unable:
    """A projection that can take nothing in."""

    name = "unable"
    tables: tuple[Table, ...] = ()

    def over(self, tables: tuple[Table, ...]) -> Unable:
        """Return itself: it has no tables."""
        return self

    def apply(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Refuse every entry."""
        raise ValueError(entries[0].position)


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A small log whose round is being declared, on a database of either kind."""
    made = found(settings.data)
    yield made
    made.close()


def test_what_was_acknowledged_is_found(world: World, settings: Settings) -> None:
    """After the receipt the statement gets into the index without anybody asking for it."""
    following = Following(world.runtime.log)
    with serving(world, settings, following=following) as client:
        assert client.submit(declared(world)).status == 201
        size = world.runtime.log.size
        assert following.wait_for("search", size, PATIENCE)
        with world.runtime.log.database.read() as connection:
            told = answer(world.runtime.log, connection, Question(type="SelfScoreDeclared"), size)
    assert [event["position"] for event in told["events"]] == [size - 1]


def test_readers_in_plenty_hold_up_nobody(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where as many read as can, in more steps than one, all are answered, and log and followers go on."""
    world.close()
    monkeypatch.setattr(database, "READERS", 2)
    narrow = World(open_runtime(settings, clock=world.clock), world.clock)
    following = Following(narrow.runtime.log)
    try:
        with serving(narrow, settings, following=following) as client, ThreadPoolExecutor(24) as many:
            asked = [many.submit(client.ask, "GET", "/v1/rounds/2016/result") for _ in range(60)]
            assert client.submit(declared(narrow)).status == 201
            assert following.wait_for("search", narrow.runtime.log.size, PATIENCE)
            assert {one.result().status for one in asked} == {404}
    finally:
        narrow.close()


def test_a_follower_that_stops_holds_up_nobody(world: World, settings: Settings) -> None:
    """It is named with the entry before which it stopped; statements are taken, and others go on."""
    following = Following(world.runtime.log, (SearchIndex(), Unable()))
    with serving(world, settings, following=following) as client:
        assert client.submit(declared(world)).status == 201
        assert following.wait_for("search", world.runtime.log.size, PATIENCE)
        assert not following.wait_for("unable", 1, PATIENCE)
        ready = client.ask("GET", "/readyz")
    assert (ready.status, ready.json["stopped"]) == (200, {"unable": 0})
