"""The tables of the log: what is signed lies in `stored_events`; the rest proves, indexes or opens it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from audit.proofs.merkle import EMPTY_ROOT

ledger = MetaData()
_POSITION = BigInteger().with_variant(Integer, "sqlite")

stored_events = Table(
    "stored_events",
    ledger,
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("originator_id", Text, nullable=False),
    Column("originator_version", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("state", LargeBinary, nullable=False),
    UniqueConstraint("originator_id", "originator_version", name="one_version_once"),
)
"""Entries in the order of the log: position = leaf index; `state` holds the entry's exact bytes."""

tiles = Table(
    "tiles",
    ledger,
    Column("level", Integer, primary_key=True),
    Column("index", _POSITION, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""C2SP tlog-tiles: up to 256 hashes of tree level 8 x `level`, complete subtrees only."""

head = Table(
    "head",
    ledger,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", _POSITION, nullable=False),
    Column("root", LargeBinary, nullable=False),
)
"""One row: how many entries, and the root over them. Its lock is the order of the log."""

checkpoints = Table(
    "checkpoints",
    ledger,
    Column("size", _POSITION, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
)
"""One signed note per commit batch."""

cosignatures = Table(
    "cosignatures",
    ledger,
    Column("size", _POSITION, primary_key=True, autoincrement=False),
    Column("vkey", Text, primary_key=True),
    Column("line", LargeBinary, nullable=False),
)
"""What others signed under a checkpoint once it was out: witnesses, and the log's key of record."""

timestamps = Table(
    "timestamps",
    ledger,
    Column("size", _POSITION, primary_key=True, autoincrement=False),
    Column("authority", Text, primary_key=True),
    Column("token", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
)
"""Time tokens (RFC 3161 responses) over the texts of checkpoints, by who gave them."""

statement_ids = Table(
    "statement_ids",
    ledger,
    Column("id", String(36), primary_key=True),
    Column("position", _POSITION, nullable=False),
    Column("payload_sha256", LargeBinary, nullable=False),
)
"""Which statement lies where, for answering a retry."""

openings = Table(
    "openings",
    ledger,
    Column("statement_id", String(36), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("salt", LargeBinary),
    Column("value", Text),
    Column("visibility", Text, nullable=False),
)
"""The words behind commitments, beside the log: erasable without touching a proof."""

refusals = Table(
    "refusals",
    ledger,
    Column("number", _POSITION, primary_key=True, autoincrement=True),
    Column("refused_at", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("payload_sha256", Text, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index("refusals_by_payload", "payload_sha256"),
)
"""Every refusal as a note signed by the log's key."""

tracking = Table(
    "tracking",
    ledger,
    Column("application_name", Text, primary_key=True),
    Column("notification_id", _POSITION, nullable=False),
)
"""How far each follower has come."""

# --- the ballot box -------------------------------------------------------------------------------------
#
# No table here has a number, a time or a row id that grows: rows lie in the order of a hash or of a random
# id (on SQLite without row ids at all). What order a disk keeps all the same is undone at each batch.

ballot_waves = Table(
    "ballot_waves",
    ledger,
    Column("round", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("form", LargeBinary, nullable=False),
    Column("closed", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""One respondent group that may answer: the questions and answers of its form, and whether it is over."""

ballot_tokens = Table(
    "ballot_tokens",
    ledger,
    Column("round", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("token_sha256", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
"""The hashes of the tokens that were issued; the tokens themselves are kept nowhere."""

ballot_spent = Table(
    "ballot_spent",
    ledger,
    Column("round", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("token_sha256", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
"""The tokens that were used: that they were, not when, nor for what."""

ballots_waiting = Table(
    "ballots_waiting",
    ledger,
    Column("id", LargeBinary, primary_key=True),
    Column("round", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("answers", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Ballots that wait for a batch to hide in, under random ids."""

ballot_batches = Table(
    "ballot_batches",
    ledger,
    Column("round", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("ballots", Integer, nullable=False),
    Column("root", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The batches of a wave, from 1: how many ballots, and the root over them that the log states."""

ballots = Table(
    "ballots",
    ledger,
    Column("round", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, primary_key=True),
    Column("ballot", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The ballots of each batch in the order of their leaf hashes; `ballot` holds the exact bytes."""


def create_tables(connection: Connection) -> None:
    """Make what is not there yet, and the head of an empty log."""
    ledger.create_all(connection)
    if connection.execute(select(head.c.id)).first() is None:
        connection.execute(insert(head).values(id=1, size=0, root=EMPTY_ROOT))
