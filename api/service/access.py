"""Sessions and tokens as they are kept: hashes only, each until it ends, and who read what."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from api.service import access_tables as kept
from audit.ledger.database import Database

SESSION = 12 * 3600
"""Seconds that a session lasts: a working day."""
LONGEST_TOKEN = 90 * 86400
NOTED = timedelta(days=800)
"""How long it is kept who read what: over a round's year, its disputes, and the audit of the year after."""
_PREFIX = "mc"


@dataclass(frozen=True, slots=True)
class Credential:
    """With what somebody came: the key that they signed in with, when, and of a token what it is for."""

    key: str
    size: int
    token: str | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody came with: a token, or the cookie of a session."""

    token: str | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for something confidential: when, whose, with which token, and whether it was let in."""

    at: str
    actor: str
    token: str | None
    asked: str
    allowed: bool


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

    # --- who comes --------------------------------------------------------------------------------------

    def recognised(self, brought: Sequence[Brought], now: int) -> list[Credential | None]:
        """Return what each may be let in with, if it lasts.

        A token that is not there takes as long as one that is wrong.
        """
        cookies = {_hash(one.cookie) for one in brought if one.cookie is not None}
        named = {_parts(one.token)[0] for one in brought if one.token is not None}
        with self._database.read() as connection:
            begun, issued = kept.sessions.c.id_sha256, kept.tokens.c.id
            sessions = _rows(connection, select(kept.sessions).where(begun.in_(cookies)), cookies)
            tokens = _rows(connection, select(kept.tokens).where(issued.in_(named)), named)
        found = {bytes(row.id_sha256): row for row in sessions} | {row.id: row for row in tokens}
        return [_credential(one, found, now) for one in brought]

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

    def note(self, asked: Sequence[Asked]) -> None:
        """Write down who asks for something confidential, all of them at once, before it is told."""
        with self._database.begin() as connection:
            connection.execute(insert(kept.reads), [asdict(one) for one in asked])

    def forget(self, before: datetime) -> None:
        """Give up what was noted before a moment; numbers go on as they were."""
        its = kept.reads.c
        with self._database.begin() as connection:
            oldest = select(its.number).where(its.at >= before.isoformat()).order_by(its.number).limit(1)
            stays = connection.execute(oldest).scalar()
            newest = connection.execute(select(func.max(its.number))).scalar()
            if newest is not None:
                connection.execute(
                    delete(kept.reads).where(its.number < (newest if stays is None else stays))
                )

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


def _rows(connection: Connection, query: Select[Any], wanted: Collection[object]) -> Sequence[Any]:
    return connection.execute(query).all() if wanted else ()


def _credential(brought: Brought, found: Mapping[bytes | str, Any], now: int) -> Credential | None:
    if brought.token is not None:
        row = found.get(_parts(brought.token)[0])
        wanted = bytes(32) if row is None else bytes(row.secret_sha256)
        same = hmac.compare_digest(_hash(_parts(brought.token)[1]), wanted)
        if row is None or not same or row.until <= now or not brought.token.startswith(f"{_PREFIX}_"):
            return None
        return Credential(row.key, row.size, row.id, frozenset(row.scopes.split()))
    row = None if brought.cookie is None else found.get(_hash(brought.cookie))
    return Credential(row.key, row.size) if row is not None and row.until > now else None


def _parts(token: str) -> tuple[str, str]:
    """Return the id of a token and its secret."""
    name, _, secret = token.partition("_")[2].partition("_")
    return name, secret
