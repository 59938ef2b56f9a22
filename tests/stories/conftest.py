"""The demo, read once for all stories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.runtime import reading
from api.settings import DATABASE_VARIABLE, Settings
from tests.stories.told import Told


@pytest.fixture(scope="session")
def told(demo_data: Path) -> Iterator[Told]:
    """The demo's log and read tables, open for reading."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        with reading(Settings(demo_data)) as log, log.database.read() as connection:
            yield Told(log, connection)
