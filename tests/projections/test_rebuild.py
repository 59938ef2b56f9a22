"""Rebuild: tables made anew beside those that are served, compared with them, and swapped in one step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    inspect,
    select,
    text,
    update,
)

from api.following import FOLLOWED, LogSource, catch_up, rebuilding
from api.histories import check_histories
from api.settings import Settings
from api.verification import examine
from projections.beside import SUFFIX
from projections.differences import Difference
from projections.digests import digest
from projections.follower import Stopped
from projections.mentions import registry_mentions
from projections.rebuild import Rebuilt, rebuild
from projections.search_tables import SEARCH_TABLES
from projections.tables import INLINE
from tests.projections.counting import Counting
from tests.worlds import World, agency, found

SERVED = (*INLINE, *SEARCH_TABLES, registry_mentions)
FILLED = [table for table in SERVED if table.name != "search_sealed"]
"""Those that the log of these tests has rows in."""


class Broken(Exception):
    """What interrupts a rebuild."""


@pytest.fixture
def source(world: World) -> LogSource:
    """The log as the read side asks for it."""
    return LogSource(world.runtime.log)


def served(source: LogSource) -> str:
    """Return the digest of all that is served."""
    with source.read() as connection:
        return digest(connection, SERVED)


def shape(source: LogSource) -> dict[str, Any]:
    """Return the tables that there are, with their indexes."""
    with source.read() as connection:
        seen = inspect(connection)
        return {
            name: sorted(
                (sorted(filter(None, one["column_names"])), one["unique"]) for one in seen.get_indexes(name)
            )
            for name in sorted(seen.get_table_names())
        }


def other(column: Column[Any]) -> Any:
    """Return another value of the same kind."""
    if isinstance(column.type, Boolean):
        return ~column
    if isinstance(column.type, Integer | BigInteger):
        return column + 1_000_000
    if isinstance(column.type, LargeBinary):
        return b"\x07\x00"
    return column + "x"


def alter(connection: Connection, table: Table, column: Column[Any]) -> tuple[Any, ...]:
    """Change one value of one row by hand; return the key of the row as it was."""
    row = connection.execute(select(table).where(column.is_not(None)).limit(1)).one()
    keys = list(table.primary_key)
    here = (key == row._mapping[key.name] for key in keys)
    changed = connection.execute(update(table).where(*here).values({column.name: other(column)}))
    assert changed.rowcount == 1
    return tuple(row._mapping[key.name] for key in keys)


def altered(source: LogSource, tables: Sequence[Table] = FILLED) -> str:
    """Change the last column of a row of every table; return the digest of what is served then."""
    with source.begin() as connection:
        for table in tables:
            alter(connection, table, list(table.columns)[-1])
    return served(source)


def named(done: Rebuilt) -> set[str]:
    """Return the tables of whose rows something differed."""
    return {one.table for one in done.differences}


def test_what_is_sound_is_found_to_be_the_same(world: World, source: LogSource) -> None:
    """Digest by digest; the tables are there as before, with their indexes, and nothing beside them."""
    before, tables = served(source), shape(source)
    done = rebuild(source, FOLLOWED)
    assert (done.same, done.size, done.differences) == (True, world.size, ())
    assert [one.table for one in done.tables] == [table.name for table in SERVED]
    assert (served(source), shape(source)) == (before, tables)
    assert rebuild(source, FOLLOWED).same  # names that were taken are free again
    assert shape(source) == tables


def test_what_comes_later_goes_on_from_a_rebuilt_table(world: World, source: LogSource) -> None:
    """The intake and the followers write on where the rebuild ended."""
    rebuild(source, FOLLOWED)
    world.state("AgencyRegistered", "dk-1", body=agency("AN"))
    assert catch_up(world.runtime.log) == ()
    assert rebuild(source, FOLLOWED).same
    with source.read() as connection:
        assert check_histories(world.runtime.log, connection) == []


@pytest.mark.parametrize("table", INLINE, ids=lambda table: table.name)
def test_any_value_altered_by_hand_is_named(world: World, source: LogSource, table: Table) -> None:
    """Every column of the table, key or not: row and column are named, and nothing else is."""
    for column in table.columns:
        with suppress(Broken), source.begin() as connection:
            key = alter(connection, table, column)
            findings = check_histories(world.runtime.log, connection)
            assert {one.rule for one in findings} == {f"projection.{table.name}_differ"}
            expected = "row" if column.primary_key else column.name
            subject = f"{'/'.join(map(str, key[:-1]))} #{key[-1]}"
            assert (subject, expected) in {(one.facts["subject"], one.facts["column"]) for one in findings}
            assert len(findings) == (2 if column.primary_key else 1)
            raise Broken  # and all is as it was
    with source.read() as connection:
        assert check_histories(world.runtime.log, connection) == []


@pytest.mark.parametrize("table", INLINE, ids=lambda table: table.name)
def test_a_row_that_is_missing_is_named(world: World, source: LogSource, table: Table) -> None:
    """What somebody deleted is found as what somebody changed."""
    with suppress(Broken), source.begin() as connection:
        row = connection.execute(select(table).limit(1)).one()
        connection.execute(table.delete().where(*(c == row._mapping[c.name] for c in table.primary_key)))
        (found,) = check_histories(world.runtime.log, connection)
        assert (found.rule, found.facts["column"]) == (f"projection.{table.name}_differ", "row")
        assert (found.facts["shown"], found.facts["folded"]) == ("missing", "there")
        raise Broken


def test_a_rebuild_heals_and_tells_what_differed(source: LogSource) -> None:
    """Each table that was altered is named with its rows, and is afterwards as it was before."""
    before = served(source)
    assert altered(source) != before
    done = rebuild(source, FOLLOWED)
    assert named(done) == {table.name for table in FILLED}
    assert {one.table for one in done.tables if one.served != one.folded} == named(done)
    assert not done.same
    assert served(source) == before
    assert rebuild(source, FOLLOWED).same


def test_tables_of_another_shape_are_made_as_they_should_be(source: LogSource) -> None:
    """What another version left, or did not make at all, is named and healed."""
    before, tables = served(source), shape(source)
    with source.begin() as connection:
        connection.execute(text("ALTER TABLE ranks ADD COLUMN remark TEXT"))
        connection.execute(text("DROP TABLE states"))
    done = rebuild(source, FOLLOWED)
    assert {one.table: one.shown for one in done.differences} == {
        "ranks": "of other columns",
        "states": "of other columns",
    }
    assert Difference("states", "*", "row", "of other columns", "there") in done.differences
    assert (served(source), shape(source)) == (before, tables)


def test_the_old_ones_are_served_meanwhile(world: World, source: LogSource) -> None:
    """Whoever reads while the new ones are being made is shown what was there, to the last row."""
    before = served(source)
    old = altered(source)
    seen = []

    def look(done: int, size: int) -> None:
        assert done == size == world.size
        seen.append(served(source))

    rebuild(source, FOLLOWED, look)
    assert seen == [old]
    assert served(source) == before


def test_interrupted_it_leaves_what_was_served(source: LogSource) -> None:
    """Nothing is left beside the tables, and they are as they were."""
    old, tables = altered(source), shape(source)

    def interrupt(_done: int, _size: int) -> None:
        raise Broken

    with pytest.raises(Broken):
        rebuild(source, FOLLOWED, interrupt)
    assert (served(source), shape(source)) == (old, tables)


def test_what_a_dead_rebuild_left_is_swept_away(source: LogSource) -> None:
    """The next one begins anew, whatever lies beside the tables."""
    before, tables = served(source), shape(source)
    with source.begin() as connection:
        for table in SERVED:
            connection.execute(text(f'CREATE TABLE "{table.name}{SUFFIX}" (left_over TEXT)'))
    assert rebuild(source, FOLLOWED).same
    assert (served(source), shape(source)) == (before, tables)


def test_stopped_at_what_it_cannot_apply_it_leaves_what_was_served(world: World, source: LogSource) -> None:
    """The entry is named; the tables are as they were."""
    wrong = 17

    def disturb(entry: Any) -> None:
        if entry.position == wrong:
            raise ValueError("not to be counted")

    catch_up(world.runtime.log, [Counting()])
    old, tables = altered(source), shape(source)
    with pytest.raises(Stopped) as stopped:
        rebuild(source, [*FOLLOWED, Counting(disturb=disturb)])
    assert (stopped.value.name, stopped.value.position) == ("counting", wrong)
    assert (served(source), shape(source)) == (old, tables)


def test_what_is_appended_meanwhile_is_taken_in(world: World, source: LogSource) -> None:
    """The log goes on while the new tables are made; they end at its head."""
    told: list[int] = []

    def append(_done: int, _size: int) -> None:
        if not told:
            told.append(world.state("AgencyRegistered", "dk-1", body=agency("AN")))

    done = rebuild(source, FOLLOWED, append)
    assert (done.size, done.same) == (told[0] + 1, True)
    with source.read() as connection:
        assert source.reached(connection, "search") == world.size == done.size
        assert check_histories(world.runtime.log, connection) == []


def test_verify_names_what_rebuild_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify --projections` finds each table that was altered, and finds nothing after `rebuild`."""
    monkeypatch.delenv("MINHCHUNG_DATABASE_URL", raising=False)
    world = found(tmp_path / "data")
    assert catch_up(world.runtime.log) == ()
    altered(LogSource(world.runtime.log))
    world.close()
    rules = {one.rule for one in examine(tmp_path / "data", histories=True).findings}
    assert rules == {*(f"projection.{table.name}_differ" for table in INLINE), "projection.followed_differs"}
    with rebuilding(Settings(tmp_path / "data")) as source:
        assert not rebuild(source, FOLLOWED).same
    assert examine(tmp_path / "data", histories=True).findings == ()
