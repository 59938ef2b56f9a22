"""Entries of the log read for what they say alone: their form was checked when they were admitted.

That takes a third of the time. Whoever has to judge bytes reads them by `codec`, as `verify` does.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Connection

from audit.proofs.entry import read_time
from audit.proofs.keyring import KEY_EVENTS
from domain.events import CATALOGUE, Event, kind_of, read_body
from domain.refusals import Malformed
from domain.stated.erasure import OpeningsErased

TOMBSTONE = "OpeningsErased.v1"
# For the driver itself: a row is a plain tuple of it.
_ROWS = (
    "SELECT position, topic, state FROM stored_events"
    " WHERE position >= {0} AND position < {0} ORDER BY position"
)
_OF_ROUND = (
    "SELECT position, topic, state FROM stored_events WHERE position < {0}"
    " AND (originator_id = {0} OR (originator_id{1} >= {0} AND originator_id{1} < {0})) ORDER BY position"
)
_MARK = {"sqlite": ("?", ""), "postgresql": ("%s", ' COLLATE "C"')}


_KNOWN = KEY_EVENTS | CATALOGUE.keys()


class Beside(Protocol):
    """What lies beside the log, as it is when it is asked for."""

    def texts(self, statement: str) -> Mapping[str, str]:
        """Return the words of a statement that are still there: field -> words."""

    def positions(self, statements: Sequence[str]) -> Mapping[str, int]:
        """Return where statements lie in the log."""


class Admitted:
    """One entry; what is not asked for is not read."""

    def __init__(self, position: int, type: str, state: bytes) -> None:  # noqa: A002 - as statements call it
        self.position = position
        self.type = type
        self.state = state
        self.beside: Beside | None = None

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        try:
            found = json.loads(self.state)
            found["stated"] = json.loads(b64decode(found["envelope"]["payload"]))
        except (ValueError, KeyError, TypeError) as wrong:
            raise Malformed("entry.malformed", field=type(wrong).__name__) from wrong
        return found  # type: ignore[no-any-return]

    @property
    def known(self) -> bool:
        """Whether it is in the closed set of things that can be stated."""
        return self.type in _KNOWN

    @property
    def id(self) -> str:
        """The id of the statement."""
        return self._entry["stated"]["id"]  # type: ignore[no-any-return]

    @property
    def keys(self) -> tuple[str, ...]:
        """Of a key event, the ids of the keys that it is about."""
        if self.type not in KEY_EVENTS:
            return ()
        body = self._entry["stated"]["body"]
        named = [body[name] for name in ("key", "replaces") if name in body]
        brought = [sha256(b64decode(body["public_key"])).hexdigest()] if "public_key" in body else []
        return (*named, *brought)

    @property
    def received_at(self) -> datetime:
        """When it was admitted."""
        return read_time(self._entry["received_at"])

    @property
    def actors(self) -> tuple[str, ...]:
        """Whose signatures are on it, by pseudonym."""
        stated = self._entry["stated"]
        if "signers" not in stated:
            return (stated["actor"],)
        signed = {signature["keyid"] for signature in self._entry["envelope"]["signatures"]}
        named = zip(stated["signers"], stated["actors"], strict=True)
        return tuple(actor for key, actor in named if key in signed)

    @property
    def signers(self) -> tuple[str, ...]:
        """The ids of the keys that are named as signing it."""
        stated = self._entry["stated"]
        return tuple(stated["signers"]) if "signers" in stated else (stated["key"],)

    @property
    def texts(self) -> Mapping[str, str]:
        """The words beside it that were not erased by now: field -> words."""
        return {} if self.beside is None else self.beside.texts(self.id)

    @property
    def erases(self) -> tuple[tuple[int, str], ...]:
        """Which words it erases: the position of their statement, and their field."""
        body = self.event.body if self.type == TOMBSTONE and self.event is not None else None
        if self.beside is None or not isinstance(body, OpeningsErased):
            return ()
        places = self.beside.positions([named.statement for named in body.erased])
        return tuple((places[named.statement], name) for named in body.erased for name in named.fields)

    @cached_property
    def event(self) -> Event | None:
        """The statement as the domain sees it; raises UnknownEvent and Malformed."""
        if self.type in KEY_EVENTS:
            return None
        kind, stated = kind_of(self.type), self._entry["stated"]
        if stated["type"] != self.type:
            raise Malformed("row.other_subject", stated=self.type, expected=stated["type"])
        return Event(
            position=self.position,
            id=stated["id"],
            kind=kind,
            body=read_body(kind, stated["body"]),
            signed_by=self.actors,
            arrived_at=read_time(self._entry["arrived_at"]),
            round=stated.get("round"),
            agency=stated.get("agency"),
            criterion=stated.get("criterion"),
            matter=stated.get("matter"),
            on_behalf_of=stated.get("on_behalf_of"),
            delegation=stated.get("delegation"),
            expects=stated.get("expects"),
            attachments=len(stated["attachments"]),
            texts=frozenset(stated["commitments"]),
        )


@lru_cache(maxsize=8192)
def remembered(position: int, type: str, state: bytes) -> Admitted:  # noqa: A002 - as statements call it
    """Return an entry; where the same bytes were asked for lately, what was read of them already.

    For answers that ask for few entries, and often for the same ones; nothing is put beside these.
    """
    return Admitted(position, type, state)


def entries(connection: Connection, start: int, end: int) -> list[Admitted]:
    """Read the entries from one position up to another."""
    query = _ROWS.format(*_MARK[connection.dialect.name])
    return [Admitted(*row) for row in connection.exec_driver_sql(query, (start, end)).cursor.fetchall()]


def of_round(connection: Connection, round_code: str, size: int) -> Iterator[Admitted]:
    """Read the entries of a round's streams when the log had `size` entries, in the order of the log."""
    query = _OF_ROUND.format(*_MARK[connection.dialect.name])
    inner = f"{round_code}/", f"{round_code}0"  # 0 comes after the slash
    found = connection.exec_driver_sql(query, (size, round_code, *inner)).cursor
    while taken := found.fetchmany(1000):
        yield from (Admitted(*row) for row in taken)
