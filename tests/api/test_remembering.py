"""What a process keeps of a log: it saves reading, and changes no answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.answers import ranking
from api.excerpt import excerpt
from api.moments import moments_of
from api.register import read_register
from api.runtime import log_over
from audit.ledger.codec import RememberingMapper
from tests.furnished import PUBLISHED
from tests.worlds import World, reopen


@pytest.fixture
def world(small_log: Path, tmp_path: Path) -> Iterator[World]:
    """A small log."""
    shutil.copytree(small_log, tmp_path / "data")
    opened = reopen(tmp_path / "data")
    yield opened
    opened.close()


def test_an_answer_is_the_same_the_second_time(world: World) -> None:
    """At any size, and for a process that has kept nothing."""
    log = world.runtime.log
    with log.database.read() as connection:
        fresh = log_over(log.database, create=False)
        for size in (log.size, log.size - 1, log.size):
            its = ranking(log, connection, PUBLISHED, None, size)
            assert its == ranking(fresh, connection, PUBLISHED, None, size)
        assert moments_of(log, connection, PUBLISHED) == moments_of(fresh, connection, PUBLISHED) != {}


def test_what_is_laid_over_one_register_is_in_no_other(world: World) -> None:
    """Each answer builds on a fork of what is kept."""
    log = world.runtime.log
    with log.database.read() as connection:
        for read in (excerpt, read_register):
            first, second = (read(log, connection, log.size, PUBLISHED) for _ in range(2))
            first.standing.agencies.clear()
            first.standing.cells["2016", "X", "Y"] = None  # type: ignore[assignment]
            assert ("2016", "X", "Y") not in second.standing.cells
            assert len(read(log, connection, log.size, PUBLISHED).standing.agencies) > 0


def test_what_comes_in_later_is_seen(world: World) -> None:
    """An officer who was registered after the last answer is in the next one."""
    log = world.runtime.log
    with log.database.read() as connection:
        before = read_register(log, connection, log.size, PUBLISHED)
    world.state(
        "OfficerRegistered", "dk-1", body={"officer": "moi-1", "home": "STC"}, texts={"name": "Người Mới"}
    )
    with log.database.read() as connection:
        after = read_register(log, connection, log.size, PUBLISHED)
        names = after.names.get("moi-1")
    assert "moi-1" not in before.standing.officers
    assert (after.standing.officers["moi-1"].home, names) == ("STC", "Người Mới")


def test_other_bytes_at_the_same_place_are_read_anew(world: World) -> None:
    """What was read before stands only as long as the same bytes lie there."""
    log = world.runtime.log
    first, second = log.notifications.select(start=1, limit=2)
    mapper = RememberingMapper()
    read = mapper.to_domain_event(first)
    assert mapper.to_domain_event(first) is read
    altered = mapper.to_domain_event(replace(second, id=first.id))
    assert (altered.position, altered.state) == (read.position, second.state)
    assert mapper.to_domain_event(first) == read
