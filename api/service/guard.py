"""The guard at every route: who asks, whether the route's row answers them, and that it was asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from api.clock import real_clock
from api.runtime import Runtime
from api.service.access import Access, Credential
from api.service.caller import Caller, Reach, caller_of
from api.service.doors import DOORS, Door, Who
from api.service.errors import BodyMalformed, BodyTooLarge, FromElsewhere, NotForThat, NotSignedIn, NotThere
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
            self._check_origin(request, signing_in=request.url.path.startswith(_SIGN_IN), cookie=cookie)
        if door.who in (Who.SIGNED_IN, Who.READERS):
            request.state.door = door
            request.state.caller = await run_in_threadpool(self._let_in, request, door, brought, cookie)

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

    def _let_in(self, request: Request, door: Door, brought: str, cookie: str | None) -> Caller:
        caller = self.caller(self._credential(brought, cookie))
        if caller is None:
            raise NotSignedIn
        if door.who is Who.SIGNED_IN:
            if caller.scopes is not None:
                raise NotForThat("-")
            return caller
        opens = caller.scopes is None or door.scope in caller.scopes
        allowed = opens and not caller.capacities.isdisjoint(door.extents)
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.access.note(self.time, caller.actor, caller.token, asked, allowed=allowed)
        if not opens:
            raise NotForThat(str(door.scope))
        if not allowed:
            raise NotThere("page")
        return caller

    def _credential(self, brought: str, cookie: str | None) -> Credential | None:
        if brought.lower().startswith(_BEARER):
            return self.access.token(brought[len(_BEARER) :].strip(), self.now)
        return self.access.session(cookie, self.now) if cookie else None

    def caller(self, credential: Credential | None) -> Caller | None:
        """Return whose it is by the log at its newest position; nobody where the key may not sign now."""
        if credential is None:
            return None
        self.catch_up()
        intake = self._runtime.intake
        return caller_of(credential, intake.keyring, intake.standing)

    def catch_up(self) -> None:
        """Follow what another process has committed since."""
        intake = self._runtime.intake
        with self._runtime.log.database.read() as connection:
            size = connection.execute(select(head.c.size)).scalar_one()
        if size > intake.size:
            intake.catch_up()

    def reach(self, request: Request, code: str) -> Reach:
        """Return what a question about a round may be answered from."""
        door, caller = request.state.door, request.state.caller
        opened = self._runtime.intake.standing.rounds.get(code)
        own: Iterable[Visibility] = opened.publication.own_record if opened else ()
        return Reach(caller.grants(door.extents, code, own))


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
