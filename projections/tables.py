"""The read tables: one row for every value that ever held, with the positions from and until which it did.

`valid_until` of what holds now is OPEN. `made_by` is the position whose event made the row. These tables
are rebuilt from the log, never migrated.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, MetaData, Table, Text

OPEN = 2**62
"""Later than any position: the row still holds."""

read_side = MetaData()
_POSITION = BigInteger().with_variant(Integer, "sqlite")


def _history(name: str, *columns: Column[object], rowid: bool = True) -> Table:
    subject = [column.name for column in columns if column.primary_key]
    return Table(
        name,
        read_side,
        *columns,
        Column("valid_from", _POSITION, primary_key=True, autoincrement=False),
        Column("valid_until", _POSITION, nullable=False),
        Index(f"{name}_as_of", *subject[:1], "valid_until", "valid_from"),
        sqlite_with_rowid=rowid,
    )


cell_scores = _history(
    "cell_scores",
    Column("round", Text, primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("criterion", Text, primary_key=True),
    Column("points", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("flags", Text, nullable=False),
    Column("counts", Boolean, nullable=False),
)
"""Points are exact (`n/d`); `made_by` lists the positions of the acts that made them."""

ranks = _history(
    "ranks",
    Column("round", Text, primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("block", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("total", Text, nullable=False),
    Column("bonus", Text, nullable=False),
    Column("deductions", Text, nullable=False),
    Column("ranking_score", Text, nullable=False),
    Column("rating", Text, nullable=False),
    Column("results", Text, nullable=False),
)
"""One agency's result and its place in its block."""

states = _history(
    "states",
    Column("round", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("state", Text, nullable=False),
    rowid=False,  # most of a row is its key: it is stored once
)
"""What stood about a subject (a cell, a dossier, a dispute: `projections.states`), as canonical JSON."""
INLINE = (cell_scores, ranks, states)
"""The tables that are written in the transaction of the events."""


def create_tables(connection: Connection) -> None:
    """Make what is not there yet."""
    read_side.create_all(connection)
