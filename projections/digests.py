"""The digest of a table: its rows in one order, value by value, the same in SQLite and in PostgreSQL.

Rows about one subject (a round and an agency) are digested together, and a table's digest is that of its
subjects: so where two tables differ is found without holding either in memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Connection, Table, Text, text

AT_ONCE = 2000
TOGETHER = 2
"""Rows that agree in so many columns of their key are digested together."""

Row = tuple[Any, ...]
Key = tuple[Any, ...]


def digest(connection: Connection, tables: Sequence[Table]) -> str:
    """Return the digest of some tables together, in hexadecimal."""
    whole = hashlib.sha256()
    for table in tables:
        whole.update(bytes.fromhex(table_digest(connection, table)))
    return whole.hexdigest()


def table_digest(connection: Connection, table: Table) -> str:
    """Return the digest of one table, whatever it is called."""
    return digest_of(subject_digest(key, rows) for key, rows in subjects(connection, table))


def digest_of(of_subjects: Iterator[bytes]) -> str:
    """Return the digest of a table by those of its subjects, in their order."""
    whole = hashlib.sha256()
    for one in of_subjects:
        whole.update(one)
    return whole.hexdigest()


def subject_digest(key: Key, rows: Sequence[Row]) -> bytes:
    """Return the digest of all rows about a subject."""
    written = json.dumps([key, rows], ensure_ascii=False, separators=(",", ":"), default=bytes.hex)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).digest()


def subjects(connection: Connection, table: Table) -> Iterator[tuple[Key, list[Row]]]:
    """Read a table subject by subject, in the order of their keys."""
    places = [table.columns.keys().index(column.name) for column in leading(table)]
    several = len(places) > 1
    for key, rows in groupby(_rows(connection, table), itemgetter(*places)):
        yield (key if several else (key,)), list(rows)


def leading(table: Table) -> list[Any]:
    """Return the columns of the key that name a subject."""
    keys = list(table.primary_key)
    return keys[: max(1, min(TOGETHER, len(keys) - 1))]


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    """Read the rows in the order of their keys, as the driver gives them: no value is made another."""
    columns, keys = list(table.columns), list(table.primary_key)
    postgres = connection.dialect.name == "postgresql"
    wanted = (_value(column) if postgres else _name(column) for column in columns)
    order = (_name(key) + (' COLLATE "C"' if postgres and isinstance(key.type, Text) else "") for key in keys)
    query = f'SELECT {", ".join(wanted)} FROM "{table.name}"'  # noqa: S608 - of our own tables
    query += f" ORDER BY {', '.join(order)}"
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(query).cursor
        while part := found.fetchmany(AT_ONCE):
            yield from part
        return
    asked = text(query).execution_options(yield_per=AT_ONCE)
    for partition in connection.execute(asked).partitions():
        yield from map(tuple, partition)


def _name(column: Any) -> str:
    return f'"{column.name}"'


def _value(column: Any) -> str:
    """Truth values are 1 and 0, as SQLite has them."""
    return f"CAST({_name(column)} AS integer)" if isinstance(column.type, Boolean) else _name(column)
