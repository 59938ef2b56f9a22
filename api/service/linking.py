"""Signing in by an OpenID provider: for identities that the holder of a key linked to it, and for no others.

The provider says who sits there; which key that is, and so what they may read, only the key's holder said.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Column, MetaData, Table, Text, delete, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.pages.look import page
from api.runtime import Runtime
from api.service.access import SESSION, Credential
from api.service.answering import NOT_AT_ALL
from api.service.caller import Caller
from api.service.errors import ChallengeOver, NotThere, SignatureWrong, SignInRefused
from api.service.guard import Guard
from api.service.oidc import Errand, Identity, Provider, errand
from api.service.signing_in import set_session
from audit.ledger.database import Database
from audit.proofs.keys import DEMO_ORIGIN

LASTS = 600
"""Seconds in which one comes back from the provider."""
_NO_STORE = {"Cache-Control": "no-store"}
_metadata = MetaData()
_links = Table(
    "access_links",
    _metadata,
    Column("identity_sha256", Text, primary_key=True),
    Column("key", Text, nullable=False, index=True),
)


class NotLinked(SignInRefused):
    """Nobody who holds a key said that this is them."""

    def __init__(self) -> None:
        super().__init__("access.not_linked")


class Links:
    """Which identity is whose, by the hash of what a provider calls them; beside the log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.begin() as connection:
            _metadata.create_all(connection)

    def link(self, identity: Identity, key: str) -> None:
        """Keep that an identity is a key's holder."""
        row = {"identity_sha256": _hash(identity), "key": key}
        with self._database.begin() as connection:
            connection.execute(delete(_links).where(_links.c.identity_sha256 == row["identity_sha256"]))
            connection.execute(insert(_links).values(row))

    def key_of(self, identity: Identity) -> str | None:
        """Return whose an identity is."""
        query = select(_links.c.key).where(_links.c.identity_sha256 == _hash(identity))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def unlink(self, key: str) -> int:
        """Forget all identities of a key's holder; return how many there were."""
        with self._database.begin() as connection:
            return connection.execute(delete(_links).where(_links.c.key == key)).rowcount


def linking(runtime: Runtime, guard: Guard, provider: Provider | None) -> APIRouter:
    """Return the routes; without a provider there is nothing at them."""
    router, links = APIRouter(), Links(runtime.log.database)
    name = f"{guard.cookie}-oidc"

    def there() -> Provider:
        if provider is None:
            raise NotThere("page")
        return provider

    async def send(response_of: Any, key: str | None) -> Response:
        """Send a browser to the provider; its cookie keeps what it was sent with, marked as ours."""
        made = errand()
        address = await run_in_threadpool(there().address, made, anew=key is not None)
        response: Response = response_of(address)
        kept = {**asdict(made), "key": key, "until": guard.now + LASTS}
        response.set_cookie(
            name,
            _marked(guard.access.secret, kept),
            max_age=LASTS,
            path="/",
            secure=guard.secure,
            httponly=True,
            samesite="lax",  # one comes back from another site
        )
        return response

    @router.get("/sign-in/oidc", include_in_schema=False)
    async def start() -> Response:
        """Send the browser to the provider."""
        return await send(lambda address: RedirectResponse(address, 303, _NO_STORE), None)

    @router.post("/v1/session/oidc", status_code=201)
    async def link(request: Request) -> Response:
        """Answer where to go, so that from now on one signs in by the provider too; as whoever signed in."""
        key = request.state.caller.key
        return await send(lambda address: JSONResponse({"address": address}, 201, _NO_STORE), key)

    @router.delete("/v1/session/oidc", status_code=204)
    async def unlink(request: Request) -> Response:
        """Forget all identities that were linked to one's key."""
        await run_in_threadpool(links.unlink, request.state.caller.key)
        return Response(None, 204, _NO_STORE)

    @router.get("/sign-in/oidc/callback", include_in_schema=False)
    async def back(request: Request, state: str = "", code: str = "") -> Response:
        """Begin a session as whom the provider speaks of; or link that to the key one had signed in with."""
        kept = _read(guard.access.secret, request.cookies.get(name, ""))
        if kept is None or kept["until"] <= guard.now or not hmac.compare_digest(kept["state"], state):
            raise ChallengeOver
        if not await run_in_threadpool(guard.access.spend, kept["state"], kept["until"], guard.now):
            raise ChallengeOver
        made = Errand(kept["state"], kept["nonce"], kept["verifier"])
        identity = await run_in_threadpool(there().identity, code, made)
        caller, cookie = await run_in_threadpool(_begin, runtime, guard, links, identity, kept["key"])
        demo = runtime.origin == DEMO_ORIGIN
        response = page(request, "sign_in.html", NOT_AT_ALL, caller=caller, challenge=None, demo=demo)
        response.delete_cookie(name, path="/", secure=guard.secure, httponly=True, samesite="lax")
        set_session(guard, response, cookie, SESSION)
        return response

    return router


def _begin(
    runtime: Runtime, guard: Guard, links: Links, identity: Identity, linking_key: str | None
) -> tuple[Caller, str]:
    """Return who that is and their new session; raises NotLinked, SignatureWrong (their key may not sign)."""
    if linking_key is not None:
        links.link(identity, linking_key)
    key = links.key_of(identity)
    if key is None:
        raise NotLinked
    size = runtime.intake.size
    caller = guard.caller(Credential(key, size))
    if caller is None:
        raise SignatureWrong
    return caller, guard.access.begin_session(key, size, guard.now)


def _hash(identity: Identity) -> str:
    return hashlib.sha256(f"{identity.issuer}\n{identity.subject}".encode()).hexdigest()


def _marked(secret: bytes, kept: Mapping[str, Any]) -> str:
    told = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{told}.{_mark(secret, told)}"


def _read(secret: bytes, cookie: str) -> dict[str, Any] | None:
    told, _, mark = cookie.partition(".")
    if not hmac.compare_digest(_mark(secret, told).encode(), mark.encode()):
        return None
    try:
        kept: dict[str, Any] = json.loads(base64.urlsafe_b64decode(told))
    except (binascii.Error, ValueError):
        return None
    return kept


def _mark(secret: bytes, told: str) -> str:
    return hmac.new(secret, b"oidc\n" + told.encode(), hashlib.sha256).hexdigest()
