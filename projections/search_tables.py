"""The tables of the search index: in which entries a key or a word occurs, and what names stand for.

Keys are what an entry is about (`agency:SNV`), words are folded (`word:noi`), both with the class of those
who may see them. Rows lie in the order of the log, so that what is new is written at the end.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, MetaData, Table, Text

search_side = MetaData()
_POSITION = BigInteger().with_variant(Integer, "sqlite")
_PLAIN = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared byte by byte, so that words with one beginning are neighbours whatever the database's language."""

search_postings = Table(
    "search_postings",
    search_side,
    Column("stretch", Integer, primary_key=True, autoincrement=False),
    Column("key", _PLAIN, primary_key=True),
    Column("seen_by", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("places", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Where a key occurs within a stretch of the log; `field` names the text beside the log that a word is from.

A text that is erased takes its words with it: those of its field, at its position, and no others.
"""

search_names = Table(
    "search_names",
    search_side,
    Column("word", _PLAIN, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("seen_by", Text, nullable=False),
    Column("field", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What agencies, officers and criteria are called: each word of each name, and the entry that gave it."""

search_subjects = Table(
    "search_subjects",
    search_side,
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("name_vi", Text),
    Column("name_en", Text),
)
"""The agencies, officers and criteria that there are, by the entries that named them.

What officers are called is nowhere but beside the log, where it can be erased.
"""

search_sealed = Table(
    "search_sealed",
    search_side,
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("round", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("criterion", Text, nullable=False),
)
"""Opened opinions of cells whose opening has not been closed: nobody may find what they say."""

search_phases = Table(
    "search_phases",
    search_side,
    Column("round", Text, primary_key=True),
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("phase", Text, nullable=False),
)
"""From which entry on a round was in which phase."""

SEARCH_TABLES = (search_postings, search_names, search_subjects, search_sealed, search_phases)


def create_tables(connection: Connection) -> None:
    """Make what is not there yet."""
    search_side.create_all(connection)
