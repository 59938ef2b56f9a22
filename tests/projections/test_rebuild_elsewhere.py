"""A rebuild in two processes: what one process makes, down to the row; and when the other one fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import text

from api.following import FOLLOWED, AnotherFile, LogSource, another_file, catch_up
from api.settings import Settings
from projections.elsewhere import Failed
from projections.follower import Stopped
from projections.rebuild import rebuild
from tests.projections.test_rebuild import FILLED, altered, named, served, shape
from tests.worlds import World, agency, found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A log on SQLite; all that follows it has come to its head."""
    monkeypatch.delenv("MINHCHUNG_DATABASE_URL", raising=False)
    world = found(tmp_path / "data")
    assert catch_up(world.runtime.log) == ()
    yield world
    world.close()


@pytest.fixture
def source(world: World) -> LogSource:
    """The log as the read side asks for it."""
    return LogSource(world.runtime.log)


@pytest.fixture
def elsewhere(source: LogSource, tmp_path: Path) -> Iterator[AnotherFile]:
    """A place for the other process, however small the log is."""
    with another_file(Settings(tmp_path / "data"), source, alone_up_to=0) as place:
        assert place is not None
        yield place


def test_two_processes_make_what_one_makes(world: World, source: LogSource, elsewhere: AnotherFile) -> None:
    """Every table is as before, with its indexes; what differed is named; what comes meanwhile is in."""
    before, tables = served(source), shape(source)
    done = rebuild(source, FOLLOWED, elsewhere=elsewhere)
    assert (done.same, done.differences) == (True, ())
    assert done.tables == rebuild(source, FOLLOWED).tables
    assert (served(source), shape(source)) == (before, tables)

    altered(source)
    done = rebuild(source, FOLLOWED, elsewhere=elsewhere)
    assert named(done) == {table.name for table in FILLED}
    assert (served(source), shape(source)) == (before, tables)

    told: list[int] = []

    def append(_done: int, _size: int) -> None:
        if not told:
            told.append(world.state("AgencyRegistered", "dk-1", body=agency("AN")))

    assert rebuild(source, FOLLOWED, append, elsewhere).size == told[0] + 1
    assert rebuild(source, FOLLOWED, elsewhere=elsewhere).same
    with source.read() as connection:
        assert source.reached(connection, "search") == world.size


def test_stopped_in_either_process_the_tables_are_as_they_were(
    source: LogSource, elsewhere: AnotherFile
) -> None:
    """An entry of which only states follow stops the other process, and its place in the log is told."""
    old, tables = served(source), shape(source)
    with source.begin() as connection:
        asked = "UPDATE stored_events SET topic = 'Unheard.v9' WHERE position = 17"
        connection.execute(text(asked))
    with pytest.raises(Stopped) as stopped:
        rebuild(source, FOLLOWED, elsewhere=elsewhere)
    assert (stopped.value.position, stopped.value.type) == (17, "Unheard.v9")
    assert (served(source), shape(source)) == (old, tables)


@dataclass(frozen=True)
class Nowhere(AnotherFile):
    """A place where nobody can work."""

    def opened(self) -> NoReturn:
        """Find no room."""
        raise OSError("no room left")


def test_what_the_other_process_died_of_is_said(source: LogSource, elsewhere: AnotherFile) -> None:
    """The tables are as they were, and nothing is left beside them."""
    old, tables = served(source), shape(source)
    with pytest.raises(Failed, match="OSError: no room left"):
        rebuild(source, FOLLOWED, elsewhere=Nowhere(elsewhere.url, elsewhere.file))
    assert (served(source), shape(source)) == (old, tables)
