"""Signing in by a signed challenge, sessions, and tokens for programs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.runtime import Runtime
from api.service.access import LONGEST_TOKEN, SESSION, Credential
from api.service.caller import Caller
from api.service.challenge import Challenge, WrongChallenge, new_challenge, read_challenge
from api.service.doors import Scope
from api.service.errors import BodyMalformed, ChallengeOver, NotThere, SignatureWrong, TextUnwelcome
from api.service.guard import Guard
from api.service.wire import read_body, read_json
from audit.proofs.canonical import check_text
from audit.proofs.errors import AuditError, CanonicalError
from audit.proofs.grammar import HEX

LIMIT = 8192
_NO_STORE = {"Cache-Control": "no-store"}
_LABEL = 80


def signing_in(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes of sessions and tokens."""
    router = APIRouter(prefix="/v1")

    @router.post("/session/challenge")
    async def challenge(request: Request) -> Response:
        """Make a challenge for a key, `{"key"}`, to be signed within two minutes; for any key at all."""
        stated = await _read(request, {"key"})
        if not HEX.fullmatch(stated["key"]):
            raise BodyMalformed("key")
        made = new_challenge(guard.site, runtime.origin, stated["key"], guard.now)
        told = {"challenge": made.marked(guard.access.secret), "until": made.until}
        return JSONResponse(told, headers=_NO_STORE)

    @router.post("/session", status_code=201)
    async def sign_in(request: Request) -> Response:
        """Begin a session with a challenge and its signature, `{"challenge", "signature"}` (base64).

        A session that the browser had ends; the new one has a new id.
        """
        stated = await _read(request, {"challenge", "signature"})
        before = request.cookies.get(guard.cookie)
        caller, cookie = await run_in_threadpool(begin_session, runtime, guard, stated, before)
        response = JSONResponse(_told(caller), 201, _NO_STORE)
        set_session(guard, response, cookie, SESSION)
        return response

    @router.get("/session")
    async def session(request: Request) -> Response:
        """Say who is signed in, and what they are by the log at its newest position."""
        return JSONResponse(_told(request.state.caller), headers=_NO_STORE)

    @router.delete("/session", status_code=204)
    async def sign_out(request: Request) -> Response:
        """End the session."""
        await run_in_threadpool(guard.access.end_session, request.cookies[guard.cookie])
        response = Response(None, 204, _NO_STORE)
        set_session(guard, response, "", 0)
        return response

    @router.post("/tokens", status_code=201)
    async def issue(request: Request) -> Response:
        """Make a token for a program, `{"label", "scopes", "days"}`; the token itself is told once."""
        stated = read_json(await read_body(request.stream(), LIMIT))
        label, scopes, days = _asked(stated)
        caller, until = request.state.caller, guard.now + days * 86400
        name, token = await run_in_threadpool(
            guard.access.issue, caller.key, runtime.intake.size, label, scopes, until
        )
        return JSONResponse({"id": name, "token": token, "until": until}, 201, _NO_STORE)

    @router.get("/tokens")
    async def tokens(request: Request) -> Response:
        """List the tokens that were made with the same key."""
        rows = await run_in_threadpool(guard.access.tokens_of, request.state.caller.key)
        told = [
            {"id": row.id, "label": row.label, "scopes": row.scopes.split(), "until": row.until}
            for row in rows
        ]
        return JSONResponse({"tokens": told}, headers=_NO_STORE)

    @router.delete("/tokens/{name}", status_code=204)
    async def withdraw(request: Request, name: str) -> Response:
        """Take a token back; from then on nothing is answered to it."""
        if not await run_in_threadpool(guard.access.withdraw, request.state.caller.key, name):
            raise NotThere("token")
        return Response(None, 204, _NO_STORE)

    return router


def begin_session(
    runtime: Runtime, guard: Guard, stated: Mapping[str, str], before: str | None
) -> tuple[Caller, str]:
    """Begin a session with a signed challenge, and end the one there was; return who it is, and its cookie.

    Raises ChallengeOver, SignatureWrong.
    """
    signed = _signed(runtime, guard, stated)
    if not guard.access.spend(signed.nonce, signed.until, guard.now):
        raise ChallengeOver
    size = runtime.intake.size
    caller = guard.caller(Credential(signed.key, size))
    if caller is None:
        raise SignatureWrong
    if before:
        guard.access.end_session(before)
    return caller, guard.access.begin_session(signed.key, size, guard.now)


def _signed(runtime: Runtime, guard: Guard, stated: Mapping[str, str]) -> Challenge:
    """Return the challenge that a key signed which may sign now; raises ChallengeOver, SignatureWrong."""
    try:
        its = read_challenge(stated["challenge"], guard.access.secret, guard.site, runtime.origin, guard.now)
        signature = base64.b64decode(stated["signature"], validate=True)
    except (WrongChallenge, binascii.Error, ValueError):
        raise ChallengeOver from None
    guard.catch_up()
    record = runtime.intake.keyring.records.get(its.key)
    try:
        if record is None:
            raise SignatureWrong
        record.public.verify(signature, stated["challenge"].encode())
    except AuditError:
        raise SignatureWrong from None
    return its


def set_session(guard: Guard, response: Response, value: str, seconds: int) -> None:
    """Give a browser its session, or (empty, for no time) take it away."""
    response.set_cookie(
        guard.cookie,
        value,
        max_age=seconds,
        path="/",
        secure=guard.secure,
        httponly=True,
        samesite="strict",
    )


async def _read(request: Request, names: set[str]) -> dict[str, str]:
    """Read an object of texts; raises BodyMalformed, BodyTooLarge."""
    stated = read_json(await read_body(request.stream(), LIMIT))
    if not isinstance(stated, dict) or stated.keys() != names:
        raise BodyMalformed("members")
    if not all(isinstance(value, str) for value in stated.values()):
        raise BodyMalformed("members")
    return stated


def _asked(stated: Any) -> tuple[str, list[Scope], int]:
    """Read what a token is to be for; raises BodyMalformed, TextUnwelcome."""
    if not isinstance(stated, dict) or stated.keys() != {"label", "scopes", "days"}:
        raise BodyMalformed("members")
    label, scopes, days = stated["label"], stated["scopes"], stated["days"]
    if not isinstance(label, str) or not 0 < len(label) <= _LABEL:
        raise BodyMalformed("label")
    try:
        check_text(label)
    except CanonicalError as wrong:
        raise TextUnwelcome(wrong) from None
    if type(days) is not int or not 0 < days <= LONGEST_TOKEN // 86400:
        raise BodyMalformed("days")
    if not isinstance(scopes, list) or not scopes or not all(one in list(Scope) for one in scopes):
        raise BodyMalformed("scopes")
    return label, [Scope(one) for one in scopes], days


def _told(caller: Caller) -> dict[str, Any]:
    return {
        "actor": caller.actor,
        "key": caller.key,
        "capacities": sorted(caller.capacities),
        "agencies": sorted(caller.own),
        "inspects": {code: sorted(agencies) for code, agencies in sorted(caller.inspects.items())},
    }
