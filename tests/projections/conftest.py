"""What the tests of the read side share: a small log on a database of either kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.following import catch_up
from api.settings import Settings
from tests.worlds import World, found


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A log with a round being declared; all that follows it has come to its head."""
    world = found(settings.data)
    assert catch_up(world.runtime.log) == ()
    yield world
    world.close()
