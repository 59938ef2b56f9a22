"""Commitments to free text: the log holds a salted digest, the words lie beside it and can be erased."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from audit.proofs.canonical import check_text
from audit.proofs.errors import StatementError

SALT_SIZE = 32
MAX_VALUE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """The words behind a commitment, with the salt that keeps them from being guessed."""

    field: str
    salt: bytes
    value: str


def commit(*, salt: bytes, log: str, statement_id: str, field: str, value: str) -> str:
    """Return SHA-256(salt || log || id || field || value) in hex.

    Log, id and field are given by the statement that carries the digest, so only `value` is open.
    """
    if len(salt) != SALT_SIZE:
        raise StatementError("opening.malformed", field=field, reason="salt is not 32 bytes")
    return hashlib.sha256(salt + f"{log}{statement_id}{field}{value}".encode()).hexdigest()


class Committed(Protocol):
    """Whatever says what was committed to: a statement, or what is left of it."""

    @property
    def log(self) -> str:
        """The origin."""
        ...

    @property
    def id(self) -> str:
        """The id of the statement."""
        ...

    @property
    def commitments(self) -> Mapping[str, str]:
        """Field -> digest."""
        ...


def verify_opening(statement: Committed, opening: Opening) -> None:
    """Raise unless the opening is what the statement committed to.

    StatementError `opening.unknown_field`, `opening.empty`, `opening.too_long`, `opening.malformed`,
    `opening.mismatch`; CanonicalError `text.hidden`, `text.not_nfc` (line feeds are fine).
    """
    if opening.field not in statement.commitments:
        raise StatementError("opening.unknown_field", field=opening.field[:40])
    if not opening.value.strip():
        raise StatementError("opening.empty", field=opening.field)
    check_text(opening.value, line_feeds=True)
    if len(opening.value.encode()) > MAX_VALUE:
        raise StatementError("opening.too_long", field=opening.field, limit=MAX_VALUE)
    digest = commit(
        salt=opening.salt,
        log=statement.log,
        statement_id=statement.id,
        field=opening.field,
        value=opening.value,
    )
    if digest != statement.commitments[opening.field]:
        raise StatementError("opening.mismatch", field=opening.field)
