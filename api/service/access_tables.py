"""The tables of access: sessions, tokens, spent challenges, who read what; beside the log, never in it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text

access = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

secrets = Table(
    "access_secrets",
    access,
    Column("name", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)
"""What all processes of a service share: the secret that marks its own challenges."""

spent = Table(
    "access_spent",
    access,
    Column("nonce", Text, primary_key=True),
    Column("until", _NUMBER, nullable=False),
)
"""Challenges that were signed in with, for as long as they could be tried again."""

sessions = Table(
    "access_sessions",
    access,
    Column("id_sha256", LargeBinary, primary_key=True),
    Column("key", Text, nullable=False),
    Column("size", _NUMBER, nullable=False),
    Column("until", _NUMBER, nullable=False),
)
"""Who is signed in with which key, and how long the log was then; of the cookie, only its hash."""

tokens = Table(
    "access_tokens",
    access,
    Column("id", Text, primary_key=True),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("key", Text, nullable=False),
    Column("size", _NUMBER, nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("until", _NUMBER, nullable=False),
)
"""API tokens of a key's holder: what each may be used for, and until when; of its secret, only the hash."""

reads = Table(
    "access_reads",
    access,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("token", Text),
    Column("asked", Text, nullable=False),
    Column("allowed", Boolean, nullable=False),
)
"""Every question for something confidential, in order: whose, what for, and whether it was let in."""
