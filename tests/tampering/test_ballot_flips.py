"""Single bits of the ballot box, over every column that the log speaks of: each is found, at its wave."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from api.recount import check_ballots
from audit.ledger.ballots import BallotBox
from audit.ledger.database import open_database
from audit.ledger.tables import ledger
from domain.standing import Standing
from tests.api.test_recount import Log, example, filled, log, standing
from tests.tampering.test_bit_flips import ELSEWHERE, _flipped

pytestmark = pytest.mark.slow

__all__ = ["example", "filled", "log", "standing"]

TIMES = 6
COLUMNS = {
    "ballot_waves": ("round", "group", "closed"),
    "ballot_tokens": ("round", "group", "token_sha256"),
    "ballot_spent": ("round", "group", "token_sha256"),
    "ballot_batches": ("round", "group", "batch", "ballots", "root"),
    "ballots": ("round", "group", "batch", "leaf", "ballot"),
}
"""Every column that the log's statements about a wave bear out."""
SPENT_AFTER_THE_CLOSE = {("ballot_waves", "form")}
"""What nothing reads once a wave is over: every ballot was checked by the form as it came."""
EMPTY_AFTER_THE_CLOSE = {"ballots_waiting"}
FOLLOWERS = {"tracking"}
"""How far readers have come; one that is ahead of the log is found (tests/audit/ledger)."""
PLACES = [(table, column) for table, columns in COLUMNS.items() for column in columns]


def test_every_column_of_the_box_is_listed() -> None:
    """A new table or column fails here until it is known how damage to it is found."""
    listed = {*PLACES, *SPENT_AFTER_THE_CLOSE}
    tables = ELSEWHERE - EMPTY_AFTER_THE_CLOSE - FOLLOWERS
    assert listed == {(name, column) for name in tables for column in dict(ledger.tables[name].c)}


def _flip(path: Path, table: str, column: str, chance: random.Random) -> str:
    """Flip a bit that the table's own constraints let through; return the group of its row."""
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        keys = [key.name for key in ledger.tables[table].primary_key]
        order = ", ".join(f'"{key}"' for key in keys)
        rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY {order}').fetchall()
        row = chance.choice(rows)
        where = " AND ".join(f'"{key}" = ?' for key in keys)
        while True:
            value = 0 if column == "closed" else _flipped(row[column], chance)
            try:
                ended = connection.execute(
                    f'UPDATE "{table}" SET "{column}" = ? WHERE {where}', (value, *(row[key] for key in keys))
                )
            except sqlite3.IntegrityError:
                continue
            assert ended.rowcount == 1
            break
    connection.close()
    return str(row["group"])


@pytest.mark.parametrize("turn", range(TIMES))
@pytest.mark.parametrize(("table", "column"), PLACES)
def test_a_flipped_bit_of_the_box_is_found_at_its_wave(
    filled: Path, standing: Standing, log: Log, tmp_path: Path, table: str, column: str, turn: int
) -> None:
    """Each is named by the group of its row, at a statement about that group's wave."""
    shutil.copy(filled, tmp_path / "log.db")
    group = _flip(tmp_path / "log.db", table, column, random.Random(f"{table} {column} {turn}"))  # noqa: S311 - repeatable
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    findings = list(check_ballots(BallotBox(database), standing, log))
    database.close()
    about = {event.position for event in log if getattr(event.body, "group", None) == group}
    assert {one.position for one in findings if one.layer == "ballot"} & about, (group, findings)
