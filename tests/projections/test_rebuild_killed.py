"""Killed at any step, a rebuild leaves the old tables or the new ones, whole; a follower goes on once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from api.following import FOLLOWED, LogSource, rebuilding
from api.settings import Settings
from audit.ledger.database import open_database
from projections.beside import SUFFIX
from projections.digests import digest
from projections.rebuild import rebuild
from projections.search_tables import SEARCH_TABLES
from projections.tables import INLINE, ranks
from tests.conftest import ROOT
from tests.projections.counting import HEARD, Counting
from tests.worlds import World

pytestmark = pytest.mark.slow

SERVED = (*INLINE, *SEARCH_TABLES)
STEPS = 10_000
"""More than either has."""


class Killer:
    """The process whose children die."""

    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.projections.killed", str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def kill(self, act: str, number: int) -> dict[str, Any]:
        """Let a child die before a step; return what it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{act} {number}\n")
        self._process.stdin.flush()
        told: dict[str, Any] = {}
        while "status" not in told:
            told |= json.loads(self._process.stdout.readline())
        assert told["status"] == (0 if "lived" in told else signal.SIGKILL)
        return told

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(30) == 0


@pytest.fixture
def killer(world: World, settings: Settings) -> Iterator[Killer]:
    """A killer over a log that nobody else has open."""
    world.close()
    killer = Killer(settings.data)
    yield killer
    killer.close()


@contextmanager
def after_death(settings: Settings) -> Iterator[LogSource]:
    """Open the log once the server has ended what the dead process began."""
    with closing(open_database(settings.database_url)) as database, database.read() as connection:
        if database.dialect == "postgresql":
            asked = "SELECT pg_advisory_xact_lock(hashtext('rebuild ' || current_schema()))"
            connection.execute(text(asked))
    with rebuilding(settings, (*FOLLOWED, Counting())) as source:
        yield source


def boundaries(steps: Sequence[str]) -> list[int]:
    """Return the steps to die before: each commit and what follows it, and the first of every kind."""
    commits = {number for number, name in enumerate(steps) if name == "commit"}
    after = {number + 1 for number in commits if number + 1 < len(steps)}
    return sorted(commits | after | {steps.index(name) for name in steps})


def served(source: LogSource) -> str:
    """Return the digest of all that is served."""
    with source.read() as connection:
        return digest(connection, SERVED)


def alter(source: LogSource) -> str:
    """Give everybody another rank by hand; return the digest of what is served then."""
    with source.begin() as connection:
        connection.execute(ranks.update().values(rank=99))
    return served(source)


def beside(source: LogSource) -> list[str]:
    """Return the tables that lie beside those that are served."""
    with source.read() as connection:
        return [name for name in inspect(connection).get_table_names() if name.endswith(SUFFIX)]


@pytest.mark.slow
def test_killed_between_steps_of_a_rebuild_the_old_tables_are_whole(
    settings: Settings, killer: Killer
) -> None:
    """Up to the commit of the swap the altered ones are served, after it healed ones; the next heals."""
    with after_death(settings) as source:
        healed = served(source)
    died: list[str] = []
    kept: list[bool] = []
    for number in boundaries(killer.kill("rebuild", STEPS)["lived"]):
        with after_death(settings) as source:
            old = alter(source)
        assert old != healed
        died.append(killer.kill("rebuild", number)["died_before"])
        with after_death(settings) as source:
            now = served(source)
            assert now in (old, healed)
            kept.append(now == old)
    assert kept == sorted(kept, reverse=True)  # first the old ones, then the new ones
    assert any(name.startswith("ALTER TABLE") for name in died)
    with after_death(settings) as source:
        alter(source)
        assert not rebuild(source, FOLLOWED).same
        assert (served(source), beside(source)) == (healed, [])


def test_killed_before_any_step_of_a_batch_a_follower_goes_on_once(
    settings: Settings, killer: Killer
) -> None:
    """Each of them dies a step later than the one before; nothing is heard twice, and nothing is missed."""
    deaths = 0
    for number in range(0, STEPS, 25):
        if "lived" in killer.kill("follow", number):
            break
        deaths += 1
        with after_death(settings) as source, source.read() as connection:
            reached = source.reached(connection, "counting")
            rows = connection.execute(select(HEARD.c.number, HEARD.c.position).order_by(HEARD.c.number))
            assert [tuple(row) for row in rows] == [(place, place) for place in range(reached)]
    assert deaths > 3
    with after_death(settings) as source, source.read() as connection:
        assert source.reached(connection, "counting") == source.size(connection)
        heard = connection.execute(select(HEARD.c.position).order_by(HEARD.c.number)).scalars()
        assert list(heard) == [*range(source.size(connection))]
