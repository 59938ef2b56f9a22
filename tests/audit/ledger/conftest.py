"""What the tests of the ledger share: a new log on a database of either kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.settings import Settings
from tests.worlds import World, begin


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A log with its genesis and nothing else."""
    world = begin(settings.data)
    yield world
    world.close()
