"""Tables beside those that are served: made, filled, and put in their place in one step.

Whatever bears such a name is swept away before new ones are made: nobody reads it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Index, MetaData, Table, inspect, text
from sqlalchemy.exc import OperationalError

PATIENCE = "2s"
"""Who waits for a table keeps others waiting: not longer than this."""
SUFFIX = "_beside"


class InUse(Exception):
    """Somebody has been reading these tables for longer than the log can be held; try again later."""


def beside(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Return tables of the same columns under other names; their indexes are made at the end."""
    apart = MetaData()
    made = [table.to_metadata(apart, name=table.name + SUFFIX) for table in tables]
    for table in made:
        table.indexes.clear()
    return tuple(made)


def sweep(connection: Connection, tables: Sequence[Table]) -> None:
    """Drop what an interrupted rebuild left beside these tables."""
    for table in tables:
        connection.execute(text(f'DROP TABLE IF EXISTS "{table.name}{SUFFIX}"'))


def make(connection: Connection, tables: Sequence[Table]) -> None:
    """Make the tables beside, empty."""
    sweep(connection, tables)
    for table in beside(tables):
        table.create(connection)


def index(connection: Connection, tables: Sequence[Table]) -> None:
    """Give the tables beside their indexes; while the old ones are there, by names that are still free."""
    found = inspect(connection)
    for table, new in zip(tables, beside(tables), strict=True):
        taken = (
            {one["name"] for one in found.get_indexes(table.name)} if found.has_table(table.name) else set()
        )
        for old in table.indexes:
            name = old.name if old.name not in taken else f"{old.name}_too"
            columns = [new.columns[column.name] for column in old.columns]
            Index(name, *columns, unique=old.unique, **old.dialect_kwargs).create(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text(f'ANALYZE "{new.name}"'))


def hold(connection: Connection, tables: Sequence[Table]) -> None:
    """Keep everybody from the tables that are served until this is committed; raises InUse.

    Readers of SQLite have a snapshot of their own, and notice nothing.
    """
    if connection.dialect.name == "sqlite":
        return
    found = inspect(connection)
    there = [f'"{table.name}"' for table in tables if found.has_table(table.name)]
    try:
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        connection.execute(text(f"LOCK TABLE {', '.join(there)} IN ACCESS EXCLUSIVE MODE"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
    except OperationalError as wrong:
        raise InUse(str(wrong.orig)) from wrong


def swap(connection: Connection, tables: Sequence[Table]) -> None:
    """Put the tables beside in the place of those that are served; both happens when this is committed."""
    for table in tables:
        connection.execute(text(f'DROP TABLE IF EXISTS "{table.name}"'))
        connection.execute(text(f'ALTER TABLE "{table.name}{SUFFIX}" RENAME TO "{table.name}"'))
