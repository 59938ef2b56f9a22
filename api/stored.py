"""What the tables of a log and of its read side hold, for whoever looks whether a file is one."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table

from audit.ledger.tables import ledger
from audit.proofs.stored import Shape
from projections.tables import read_side


def shape_of_log() -> Shape:
    """Return all tables that are read, with the kind of each column."""
    tables = [*ledger.tables.values(), *read_side.tables.values()]
    return {table.name: _columns(table) for table in tables}


def _columns(table: Table) -> dict[str, str]:
    return {column.name: _kind(column) for column in table.columns}


def _kind(column: Column[object]) -> str:
    kind = "integer"
    if isinstance(column.type, LargeBinary):
        kind = "blob"
    elif isinstance(column.type, String):
        kind = "text"
    return f"{kind}?" if column.nullable else kind
