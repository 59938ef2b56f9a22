"""Many rows at once: through the driver itself, without a look at every value of every row before.

SQLite takes them one by one, at its own speed; PostgreSQL takes them as one COPY.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table

from projections.tables import OPEN

_Rows = Sequence[tuple[Any, ...]]


def insert_rows(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert whole rows, with their values in the order of the table's columns."""
    if not rows:
        return
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in table.columns)
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608
        return
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
    finally:
        cursor.close()


def end_rows(connection: Connection, table: Table, ends: _Rows) -> None:
    """Let rows of a history table that hold end: each is given as where it ends, and its subject."""
    if not ends:
        return
    subject = [column.name for column in table.primary_key if column.name != "valid_from"]
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    here = " AND ".join(f'"{name}" = {mark}' for name in subject)
    held = f"valid_until = {OPEN} AND valid_from < {mark}"  # not the one that begins where this one ends
    query = f'UPDATE "{table.name}" SET valid_until = {mark} WHERE {here} AND {held}'  # noqa: S608
    connection.exec_driver_sql(query, [(*end, end[0]) for end in ends])
