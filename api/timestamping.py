"""Having a checkpoint stamped: a request to an authority, or a token that was fetched elsewhere."""

from __future__ import annotations

import http.client
import urllib.request

from sqlalchemy import Connection, select

from audit.ledger.database import Database
from audit.ledger.errors import StampingRefused
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.stamping import keep_token, make_request, require_extra
from audit.ledger.tables import checkpoints
from audit.proofs.errors import AuditError
from audit.proofs.note import unverified_text
from audit.proofs.timestamp import MAX_TOKEN, TimeAuthority, Token, Told, token_digest
from audit.proofs.tokens import verify_token

TIMEOUT = 30.0
WEB = ("http://", "https://")
QUERY = "application/timestamp-query"


def checkpoint_text(connection: Connection, size: int | None = None) -> tuple[int, bytes]:
    """Return the size and the text of a checkpoint, the newest where no size is given.

    Raises StampingRefused `stamp.no_checkpoint`.
    """
    if size is None:
        newest = latest_checkpoint(connection)
        size, note = (0, None) if newest is None else (newest[0], newest[2])
    else:
        note = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
    if note is None:
        raise StampingRefused("stamp.no_checkpoint", size=size)
    return size, unverified_text(note)


def stamp_now(database: Database, authority: TimeAuthority, *, timeout: float = TIMEOUT) -> tuple[int, Told]:
    """Have the newest checkpoint stamped, verify the token and keep it; return its size and time.

    Raises StampingRefused `stamp.*`, and with the rule that a token did not meet.
    """
    with database.read() as connection:
        size, text = checkpoint_text(connection)
    request = make_request(text)
    response = _post(authority, request.data, timeout)
    return size, _keep(database, size, response, text, authority, request.nonce)


def add_token(
    database: Database, authority: TimeAuthority, size: int | None, response: bytes
) -> tuple[int, Told]:
    """Verify a token that was fetched elsewhere, and keep it; raises as `stamp_now` does."""
    require_extra()
    with database.read() as connection:
        size, text = checkpoint_text(connection, size)
    return size, _keep(database, size, response, text, authority, None)


def _keep(
    database: Database, size: int, response: bytes, text: bytes, authority: TimeAuthority, nonce: int | None
) -> Told:
    token = Token(size, authority.name, response, token_digest(size, authority.name, response))
    try:
        told = verify_token(response, text, authority, nonce=nonce)
    except AuditError as wrong:
        raise StampingRefused(wrong.rule, **wrong.facts) from None
    with database.begin() as connection:
        keep_token(connection, token)
    return told


def _post(authority: TimeAuthority, body: bytes, timeout: float) -> bytes:
    """Send a request; whatever the network does ends as an answer or as `stamp.unreachable`."""
    url = authority.url or ""
    if not url.startswith(WEB):
        raise StampingRefused("stamp.no_address", authority=authority.name)
    request = urllib.request.Request(url, body, {"Content-Type": QUERY}, method="POST")  # noqa: S310 - http(s)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310 - seen to be http(s)
            answer: bytes = response.read(MAX_TOKEN + 1)
            return answer
    except (OSError, http.client.HTTPException) as wrong:
        raise StampingRefused(
            "stamp.unreachable", authority=authority.name, reason=str(wrong)[:200]
        ) from None
