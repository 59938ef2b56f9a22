"""The follower takes each entry in once, in order, wherever it is killed; where it cannot, it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import Connection, delete, select

from api.following import LogSource, catch_up, create_followed
from api.runtime import Log
from audit.ledger.tables import tracking
from projections.digests import digest
from projections.followed import Entry, Followed
from projections.follower import Follower, Stopped
from projections.search_index import SearchIndex
from projections.search_tables import SEARCH_TABLES
from tests.projections.counting import HEARD, Counting
from tests.worlds import World, agency


class Killed(BaseException):
    """The process is gone; nobody catches this."""


class Dying(LogSource):
    """A log whose follower dies at its next commit: just before it, or just after."""

    def __init__(self, log: Log, *, after: bool) -> None:
        super().__init__(log)
        self._after = after

    def begin(self) -> AbstractContextManager[Connection]:
        """Open the last transaction."""
        return self._begin()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with super().begin() as connection:
            yield connection
            if not self._after:
                raise Killed
        raise Killed


@pytest.fixture
def source(world: World) -> LogSource:
    """The log as it is followed, with tables to count in."""
    source = LogSource(world.runtime.log)
    with source.begin() as connection:
        create_followed(connection, [Counting()])
    return source


def heard(source: LogSource) -> list[tuple[int, int]]:
    """Return as the how-manieth which entry was taken in."""
    with source.read() as connection:
        rows = connection.execute(select(HEARD.c.number, HEARD.c.position).order_by(HEARD.c.number))
        return [(row.number, row.position) for row in rows]


def in_order(size: int) -> list[tuple[int, int]]:
    """Return what is heard by who heard everything once."""
    return [(place, place) for place in range(size)]


def stopping_at(position: int) -> Callable[[Entry], None]:
    """Return what raises at one entry."""

    def disturb(entry: Entry) -> None:
        if entry.position == position:
            raise ValueError("not to be counted")

    return disturb


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_every_entry_is_taken_in_once_and_in_order(world: World, source: LogSource, batch: int) -> None:
    """However entries fall into batches, and however often it is asked to catch up."""
    follower = Follower(source, Counting(), batch)
    assert follower.reached() == 0
    assert follower.catch_up() == follower.catch_up() == world.size
    assert heard(source) == in_order(world.size)
    world.state("AgencyRegistered", "dk-1", body=agency("AN"))
    assert follower.catch_up() == follower.reached() == world.size
    assert heard(source) == in_order(world.size)


def test_it_stops_at_what_it_cannot_apply_and_names_it(world: World, source: LogSource) -> None:
    """It holds what came before, goes no further however often it is asked, and on when that is mended."""
    wrong = 11
    for batch in (4, 1000):
        with pytest.raises(Stopped) as stopped:
            Follower(source, Counting(disturb=stopping_at(wrong)), batch).catch_up()
        assert (stopped.value.name, stopped.value.position) == ("counting", wrong)
        assert "ValueError: not to be counted" in stopped.value.reason
        assert str(wrong) in str(stopped.value)
        assert heard(source) == in_order(wrong)
        assert Follower(source, Counting()).reached() == wrong
    assert Follower(source, Counting()).catch_up() == world.size
    assert heard(source) == in_order(world.size)


def test_one_that_stops_keeps_no_other_from_going_on(world: World, source: LogSource) -> None:
    """All are asked to catch up; the one that stopped is told."""
    others = Counting(name="others")
    told = catch_up(world.runtime.log, [Counting(disturb=stopping_at(3)), SearchIndex()])
    assert [(one.name, one.position) for one in told] == [("counting", 3)]
    assert Follower(source, SearchIndex()).reached() == world.size
    assert Follower(source, others).reached() == 0


@pytest.mark.parametrize("followed", [Counting(), SearchIndex()], ids=["counting", "search"])
def test_killed_at_every_commit_it_comes_to_the_same(
    world: World, source: LogSource, followed: Followed
) -> None:
    """Before a commit nothing of the entry is there, after it all is; the next one goes on from there."""
    log = world.runtime.log
    Follower(source, followed).catch_up()
    with source.read() as connection:
        undisturbed = digest(connection, followed.tables)
    with source.begin() as connection:
        source.place(connection, followed.name, 0)
        for table in followed.tables:
            connection.execute(delete(table))
    for position in range(world.size):
        for after in (False, True):
            with pytest.raises(Killed):
                Follower(Dying(log, after=after), followed, batch=1).catch_up()
            assert Follower(source, followed).reached() == position + after
    assert Follower(source, followed).catch_up() == world.size
    with source.read() as connection:
        assert digest(connection, followed.tables) == undisturbed


def test_two_that_follow_under_one_name_take_turns(world: World, source: LogSource) -> None:
    """Nothing is taken in twice, whoever comes first."""
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(Follower(source, Counting(), 3).catch_up) for _ in range(2)]
        assert [one.result(60) for one in both] == [world.size, world.size]
    assert heard(source) == in_order(world.size)


def test_a_position_is_moved_from_where_it_is_and_from_nowhere_else(world: World, source: LogSource) -> None:
    """The first step makes it, and a second first step is told that it came too late."""
    with source.begin() as connection:
        assert source.step(connection, "anew", 0, 5)
        assert not source.step(connection, "anew", 0, 5)
        assert not source.step(connection, "anew", 4, 6)
        assert source.step(connection, "anew", 5, 9)
        assert source.reached(connection, "anew") == 9
        source.place(connection, "anew", 0)
        assert source.step(connection, "anew", 0, 2)
        assert source.reached(connection, "anew") == 2
        assert connection.execute(select(tracking).where(tracking.c.application_name == "anew")).one()


def test_words_that_are_searched_follow_too(world: World, source: LogSource) -> None:
    """The index that the program itself follows with has rows for the whole log."""
    with source.read() as connection:
        assert connection.execute(select(SEARCH_TABLES[0])).first() is not None
        assert source.reached(connection, "search") == world.size
