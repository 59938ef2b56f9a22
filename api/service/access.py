"""Sessions and tokens as they are kept: hashes only, each until it ends, and who read what."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.service import access_tables as kept
from audit.ledger.database import Database

SESSION = 12 * 3600
"""Seconds that a session lasts: a working day."""
LONGEST_TOKEN = 90 * 86400
_PREFIX = "mc"


@dataclass(frozen=True, slots=True)
class Credential:
    """With what somebody came: the key that they signed in with, when, and of a token what it is for."""

    key: str
    size: int
    token: str | None = None
    scopes: frozenset[str] | None = None


class Access:
    """The tables of access, in the database of the log. Moments are seconds since 1970."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as connection:
            kept.access.create_all(connection)
        self.secret = self._secret()

    def _secret(self) -> bytes:
        """Return what all processes share; the first one makes it."""
        its = kept.secrets
        try:
            with self._database.begin() as connection:
                connection.execute(insert(its).values(name="challenge", secret=secrets.token_bytes(32)))
        except IntegrityError:
            pass  # it is there
        with self._database.read() as connection:
            return bytes(connection.execute(select(its.c.secret)).scalar_one())

    # --- sessions ---------------------------------------------------------------------------------------

    def spend(self, nonce: str, until: int, now: int) -> bool:
        """Use a challenge up; whether it had not been before."""
        try:
            with self._database.begin() as connection:
                connection.execute(delete(kept.spent).where(kept.spent.c.until < now))
                connection.execute(delete(kept.sessions).where(kept.sessions.c.until < now))
                connection.execute(insert(kept.spent).values(nonce=nonce, until=until))
        except IntegrityError:
            return False
        return True

    def begin_session(self, key: str, size: int, now: int) -> str:
        """Return the cookie of a new session."""
        cookie = secrets.token_urlsafe(32)
        row = {"id_sha256": _hash(cookie), "key": key, "size": size, "until": now + SESSION}
        with self._database.begin() as connection:
            connection.execute(insert(kept.sessions).values(row))
        return cookie

    def session(self, cookie: str, now: int) -> Credential | None:
        """Return whose session a cookie is, if it is one that lasts."""
        its = kept.sessions.c
        with self._database.read() as connection:
            row = connection.execute(select(kept.sessions).where(its.id_sha256 == _hash(cookie))).first()
        return Credential(row.key, row.size) if row is not None and row.until > now else None

    def end_session(self, cookie: str) -> None:
        """Sign out."""
        its = kept.sessions.c
        with self._database.begin() as connection:
            connection.execute(delete(kept.sessions).where(its.id_sha256 == _hash(cookie)))

    # --- tokens -----------------------------------------------------------------------------------------

    def issue(self, key: str, size: int, label: str, scopes: Collection[str], until: int) -> tuple[str, str]:
        """Return the id of a new token, and the token itself: it is told once."""
        name, secret = secrets.token_hex(8), secrets.token_hex(32)
        row = {
            "id": name,
            "secret_sha256": _hash(secret),
            "key": key,
            "size": size,
            "label": label,
            "scopes": " ".join(sorted(scopes)),
            "until": until,
        }
        with self._database.begin() as connection:
            connection.execute(insert(kept.tokens).values(row))
        return name, f"{_PREFIX}_{name}_{secret}"

    def token(self, brought: str, now: int) -> Credential | None:
        """Return what a token may be used for; one that is not there takes as long as one that is wrong."""
        _, _, rest = brought.partition("_")
        name, _, secret = rest.partition("_")
        with self._database.read() as connection:
            row = connection.execute(select(kept.tokens).where(kept.tokens.c.id == name)).first()
        wanted = bytes(32) if row is None else bytes(row.secret_sha256)
        same = hmac.compare_digest(_hash(secret), wanted)
        if row is None or not same or row.until <= now or not brought.startswith(f"{_PREFIX}_"):
            return None
        return Credential(row.key, row.size, row.id, frozenset(row.scopes.split()))

    def tokens_of(self, key: str) -> Sequence[Any]:
        """Return the tokens of a key's holder, without their secrets."""
        its = kept.tokens.c
        columns = (its.id, its.label, its.scopes, its.until)
        with self._database.read() as connection:
            return connection.execute(select(*columns).where(its.key == key).order_by(its.id)).all()

    def withdraw(self, key: str, name: str) -> bool:
        """Take back a token of a key's holder; whether there was one."""
        its = kept.tokens.c
        with self._database.begin() as connection:
            taken = connection.execute(delete(kept.tokens).where((its.id == name) & (its.key == key)))
        return bool(taken.rowcount)

    # --- who read what ----------------------------------------------------------------------------------

    def note(self, at: datetime, actor: str, token: str | None, asked: str, *, allowed: bool) -> None:
        """Write down that somebody asks for something confidential, before it is told."""
        row = {"at": at.isoformat(), "actor": actor, "token": token, "asked": asked, "allowed": allowed}
        with self._database.begin() as connection:
            connection.execute(insert(kept.reads).values(row))

    def noted(self, after: int, limit: int) -> Sequence[Any]:
        """Return what was noted after a number, oldest first."""
        its = kept.reads
        with self._database.read() as connection:
            query = select(its).where(its.c.number > after).order_by(its.c.number).limit(limit)
            return connection.execute(query).all()

    def noted_before(self, before: int | None, limit: int, actor: str | None = None) -> Sequence[Any]:
        """Return what was noted before a number (all of it), newest first; of one person, if one is named."""
        its = kept.reads
        query = select(its).order_by(its.c.number.desc()).limit(limit)
        query = query if before is None else query.where(its.c.number < before)
        query = query if actor is None else query.where(its.c.actor == actor)
        with self._database.read() as connection:
            return connection.execute(query).all()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
