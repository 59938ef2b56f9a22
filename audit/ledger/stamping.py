"""Time tokens (RFC 3161): asked for and kept beside checkpoints, with the extra `timestamps`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from audit.ledger.errors import StampingRefused
from audit.ledger.tables import timestamps
from audit.proofs.timestamp import Token
from audit.proofs.tokens import token_verifier


def require_extra() -> None:
    """Raise StampingRefused `stamp.extra_missing` unless tokens can be read here."""
    if token_verifier() is None:
        raise StampingRefused("stamp.extra_missing")


# --- one token ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a token, and the number that its answer must repeat."""

    data: bytes
    nonce: int | None


def make_request(text: bytes) -> Request:
    """Write a request to stamp a checkpoint's text by its SHA-256; raises StampingRefused."""
    require_extra()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    made = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    return Request(made.as_bytes(), made.nonce)


# --- kept beside checkpoints ----------------------------------------------------------------------------


def keep_token(connection: Connection, token: Token) -> bool:
    """Keep a token that was verified; return whether it is new. The first of an authority at a size stays."""
    its = timestamps.c
    known = select(its.size).where(its.size == token.size, its.authority == token.authority)
    if connection.execute(known).first() is not None:
        return False
    row = {"size": token.size, "authority": token.authority, "token": token.response, "sha256": token.sha256}
    connection.execute(insert(timestamps), [row])
    return True


def kept_tokens(connection: Connection) -> Iterator[Token]:
    """Read all tokens, by size and authority."""
    its = timestamps.c
    for row in connection.execute(select(timestamps).order_by(its.size, its.authority)):
        yield Token(row.size, row.authority, row.token, row.sha256)
