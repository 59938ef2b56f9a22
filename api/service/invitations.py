"""Invitations as they are kept: who is to be enrolled, by whose signatures, and what has been signed yet.

Of the one-time code there is only the hash; what is signed is public in the log later.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from audit.ledger.database import Database

invitation_tables = MetaData()
_rows = Table(
    "access_invitations",
    invitation_tables,
    Column("id", Text, primary_key=True),
    Column("code_sha256", LargeBinary, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("registrars", Text, nullable=False),
    Column("until", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("payload", LargeBinary),
    Column("signatures", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """One person to be enrolled; `registrars` by their keys, `signatures` by the keys that signed."""

    id: str
    actor: str
    registrars: Mapping[str, str]
    until: int
    payload: bytes | None
    signatures: Mapping[str, bytes]


class Invitations:
    """The table, in the database of the log. Moments are seconds since 1970."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as connection:
            invitation_tables.create_all(connection)

    def invite(self, actor: str, registrars: Mapping[str, str], until: int, now: int) -> tuple[str, str]:
        """Return the id of a new invitation, and its code: it is told once."""
        name, secret = secrets.token_hex(8), secrets.token_hex(10)
        code = "-".join(secret[at : at + 5] for at in range(0, 20, 5))
        row = {
            "id": name,
            "code_sha256": _hash(code),
            "actor": actor,
            "registrars": json.dumps(dict(registrars)),
            "until": until,
            "signatures": "{}",
        }
        with self._database.begin() as connection:
            connection.execute(delete(_rows).where(_rows.c.until < now))
            connection.execute(insert(_rows).values(row))
        return name, code

    def by_code(self, code: str, now: int) -> Invitation | None:
        """Return the invitation of a code that was not used yet."""
        found = self._find(_rows.c.code_sha256 == _hash(code), now)
        return next((one for one in found if one.payload is None), None)

    def by_id(self, name: str, now: int) -> Invitation | None:
        """Return an invitation, used or not."""
        return next(iter(self._find(_rows.c.id == name, now)), None)

    def all(self, now: int) -> Sequence[Invitation]:
        """Return all that are not over."""
        return self._find(_rows.c.until > 0, now)

    def use(self, name: str, payload: bytes, key: str, signature: bytes) -> bool:
        """Keep what the person signed; whether nobody had used the code before."""
        its = _rows.c
        values = {"payload": payload, "signatures": json.dumps({key: signature.hex()})}
        with self._database.begin() as connection:
            done = connection.execute(
                update(_rows).where((its.id == name) & its.payload.is_(None)).values(values)
            )
        return bool(done.rowcount)

    def sign(self, name: str, key: str, signature: bytes) -> None:
        """Keep a registrar's signature."""
        with self._database.begin() as connection:
            row = connection.execute(select(_rows.c.signatures).where(_rows.c.id == name)).scalar_one()
            signed = json.loads(row) | {key: signature.hex()}
            connection.execute(update(_rows).where(_rows.c.id == name).values(signatures=json.dumps(signed)))

    def end(self, name: str) -> bool:
        """Forget an invitation; whether there was one."""
        with self._database.begin() as connection:
            return bool(connection.execute(delete(_rows).where(_rows.c.id == name)).rowcount)

    def _find(self, which: Any, now: int) -> list[Invitation]:
        with self._database.read() as connection:
            rows = connection.execute(
                select(_rows).where(which & (_rows.c.until > now)).order_by(_rows.c.id)
            ).all()
        return [
            Invitation(
                row.id,
                row.actor,
                json.loads(row.registrars),
                row.until,
                None if row.payload is None else bytes(row.payload),
                {key: bytes.fromhex(its) for key, its in json.loads(row.signatures).items()},
            )
            for row in rows
        ]


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode()).digest()
