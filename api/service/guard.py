"""The guard at every route: who asks, whether the route's row answers them, and that it was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy import select

from api.clock import real_clock
from api.runtime import Runtime
from api.service.access import NOTED, Access, Asked, Brought, Credential
from api.service.caller import Caller, Reach, caller_of
from api.service.doors import DOORS, Door, Who
from api.service.errors import BodyMalformed, BodyTooLarge, FromElsewhere, NotForThat, NotSignedIn, NotThere
from api.service.gathering import Gathering
from api.service.wire import MAX_BATCH
from audit.ledger.submission import Clock
from audit.ledger.tables import head
from domain.visibility import Visibility

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BEARER = "bearer "
_FILES = "/v1/blobs/{sha256}"
"""The one route whose bodies are longer, and do not stay in memory."""
_ZERO = re.compile(r"\0|%00")
"""Not in any name, and not every database takes it."""
_SIGN_IN = ("/v1/session", "/sign-")


class NoSite(ValueError):
    """What a service is called must be https, or http on this machine alone."""

    def __init__(self, site: str) -> None:
        super().__init__(f"{site} is no address such as https://minhchung.example or http://localhost:8000")


class Guard:
    """Lets in whom a route's row answers; `site` is the origin that browsers know the service by."""

    def __init__(self, runtime: Runtime, site: str, clock: Clock = real_clock) -> None:
        self.access = Access(runtime.log.database)
        self.site, self.secure = _origin(site)
        self.cookie = "__Host-minhchung" if self.secure else "minhchung"
        """Browsers keep the prefix's promises over https; not all of them take http://localhost for it."""
        self._runtime = runtime
        self._clock = clock
        self._at_the_door = Gathering(self._let_in)
        self._known: tuple[int, dict[Credential, Caller | None]] = (0, {})
        self._tidied: date | None = None

    @property
    def now(self) -> int:
        """The present in seconds: sessions end by the machine's clock, whatever clock the log goes by."""
        return int(self.time.timestamp())

    @property
    def time(self) -> datetime:
        """The present."""
        return self._clock()

    async def __call__(self, request: Request) -> None:
        """Raise RequestRefused, or let in; who it is then stands in `request.state`."""
        door = _door(request)
        if _ZERO.search(request.url.path):
            raise NotThere("page")
        if _ZERO.search(request.url.query):
            raise BodyMalformed("parameters")
        if request.scope["route"].path != _FILES and _stated_length(request) > MAX_BATCH:
            raise BodyTooLarge(MAX_BATCH)
        brought = request.headers.get("authorization", "")
        cookie = None if brought else request.cookies.get(self.cookie)
        if request.method not in _SAFE:
            self._check_origin(request, signing_in=request.scope["path"].startswith(_SIGN_IN), cookie=cookie)
        if door.who in (Who.SIGNED_IN, Who.READERS) and not hasattr(request.state, "caller"):
            request.state.door = door
            asks = _Asks(door, _brought(brought, cookie), _address(request))
            request.state.caller = await self._at_the_door.ask(asks)

    def _check_origin(self, request: Request, *, signing_in: bool, cookie: str | None) -> None:
        """What a browser does with a session, or to get one, it must do from the service's own pages.

        A page elsewhere cannot forge `Origin`; a program that brings no cookie need not name one.
        """
        origin, fetched = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        if origin is None and fetched is None and cookie is None:
            return
        ours = origin == self.site if origin is not None else fetched == "same-origin"
        if not ours and (signing_in or cookie is not None):
            raise FromElsewhere(self.site)

    def _let_in(self, several: Sequence[_Asks]) -> Sequence[Caller | Exception]:
        """Let in who stands at the door: read at once who they are, note at once what they ask for."""
        now = self.time
        self.catch_up()
        known = self.access.recognised([one.brought for one in several], int(now.timestamp()))
        callers = [self._caller(found) for found in known]
        answers = [_answer(asks, caller) for asks, caller in zip(several, callers, strict=True)]
        noted = [
            Asked(now.isoformat(), caller.actor, caller.token, asks.asked, allowed=answer is caller)
            for asks, caller, answer in zip(several, callers, answers, strict=True)
            if caller is not None and asks.door.who is Who.READERS
        ]
        if noted:
            self._note(noted, now)
        return answers

    def _note(self, noted: Sequence[Asked], now: datetime) -> None:
        """Note what is asked for, and once a day forget what is long past."""
        self.access.note(noted)
        if self._tidied != now.date():
            self._tidied = now.date()
            self.access.forget(now - NOTED)

    def _caller(self, credential: Credential | None) -> Caller | None:
        """Return whose it is at the log's size, which answers until it grows."""
        if credential is None:
            return None
        intake = self._runtime.intake
        if self._known[0] != intake.size:
            self._known = (intake.size, {})
        known = self._known[1]
        if credential not in known:
            known[credential] = caller_of(credential, intake.keyring, intake.standing)
        return known[credential]

    def still(self, request: Request) -> bool:
        """Whether whoever asked is let in yet, as it is now; for what goes on being answered."""
        brought = request.headers.get("authorization", "")
        cookie = None if brought else request.cookies.get(self.cookie)
        caller = self.caller(self._recognised(brought, cookie))
        if caller is None or caller.capacities.isdisjoint(request.state.door.extents):
            return False
        request.state.caller = caller
        return True

    def caller(self, credential: Credential | None) -> Caller | None:
        """Return whose it is by the log at its newest position; nobody where the key may not sign now."""
        self.catch_up()
        return self._caller(credential)

    def visitor(self, request: Request) -> Caller | None:
        """Return who is signed in at a page that anybody may read: for what it offers, not what it tells."""
        cookie = request.cookies.get(self.cookie)
        return self.caller(self._recognised("", cookie))

    def _recognised(self, authorization: str, cookie: str | None) -> Credential | None:
        return self.access.recognised([_brought(authorization, cookie)], self.now)[0]

    def catch_up(self) -> None:
        """Follow what another process has committed since; a log on SQLite is written by this one alone."""
        intake, database = self._runtime.intake, self._runtime.log.database
        if database.dialect == "sqlite":
            return
        with database.read() as connection:
            size = connection.execute(select(head.c.size)).scalar_one()
        if size > intake.size:
            intake.catch_up()

    def reach(self, request: Request, code: str) -> Reach:
        """Return what a question about a round may be answered from."""
        door, caller = request.state.door, request.state.caller
        opened = self._runtime.intake.standing.rounds.get(code)
        own: Iterable[Visibility] = opened.publication.own_record if opened else ()
        return Reach(caller.grants(door.extents, code, own))


@dataclass(frozen=True, slots=True)
class _Asks:
    """Somebody before a door: what they brought, and what they ask for."""

    door: Door
    brought: Brought
    asked: str


def _answer(asks: _Asks, caller: Caller | None) -> Caller | Exception:
    """Return who is let in, or why nobody is."""
    if caller is None:
        return NotSignedIn()
    if asks.door.who is Who.SIGNED_IN:
        return caller if caller.scopes is None else NotForThat("-")
    if caller.scopes is not None and asks.door.scope not in caller.scopes:
        return NotForThat(str(asks.door.scope))
    return NotThere("page") if caller.capacities.isdisjoint(asks.door.extents) else caller


def _brought(authorization: str, cookie: str | None) -> Brought:
    if authorization.lower().startswith(_BEARER):
        return Brought(token=authorization[len(_BEARER) :].strip())
    return Brought(cookie=cookie)


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _stated_length(request: Request) -> int:
    """Return how long a body says that it is; however long it turns out, no more than its limit is read."""
    stated = request.headers.get("content-length", "")
    return int(stated[:20]) if stated.isascii() and stated.isdigit() else 0


def _door(request: Request) -> Door:
    """Return the row of the route that was found; HEAD goes by GET's where it has none of its own."""
    path = str(request.scope["route"].path)
    return DOORS.get((request.method, path)) or DOORS["GET", path]


def _origin(site: str) -> tuple[str, bool]:
    """Return an origin as browsers write it, and whether it is https; raises NoSite."""
    parts = urlsplit(site)
    secure = parts.scheme == "https"
    if not parts.hostname or not (secure or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise NoSite(site)
    return f"{parts.scheme}://{parts.netloc.lower()}", secure
