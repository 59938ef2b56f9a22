"""Enrolment over HTTP: a registrar's one-time code, the new key's proof of possession, registrars' approval.

The service signs nothing and decides nothing: what comes of it is a statement that the person and a quorum of
registrars signed, and that the log admits like any other.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.runtime import Runtime
from api.service.errors import BodyMalformed, NotThere, RequestRefused, SignatureWrong
from api.service.guard import Guard
from api.service.invitations import Invitation, Invitations
from api.service.queue import Queue
from api.service.statements import answer_one
from api.service.wire import read_body, read_json
from audit.ledger.submission import Accepted, Submission
from audit.proofs.errors import AuditError
from audit.proofs.keyring import ENROLLED
from audit.proofs.keys import load_public_key
from audit.proofs.statement import Envelope, Statement, pae, parse_statement

LIMIT = 64 * 1024
LONGEST = 30
"""Days that a code can be good for."""
_NO_STORE = {"Cache-Control": "no-store"}


class NotTheInvited(RequestRefused):
    """What was signed is not what was asked for."""

    status = 422

    def __init__(self, part: str) -> None:
        super().__init__("enrolment.other", part=part)


class NotEnrolled(RequestRefused):
    """The log's rules about keys would turn the statement away."""

    status = 422


class CodeOver(RequestRefused):
    """A code that is over, was used, or was never given out."""

    status = 404

    def __init__(self) -> None:
        super().__init__("enrolment.code_over")


def enrolling(runtime: Runtime, guard: Guard, queue: Queue) -> APIRouter:
    """Return the routes of enrolment."""
    router, kept = APIRouter(prefix="/v1/enrolments"), Invitations(runtime.log.database)

    def registrar(request: Request) -> str:
        """Return which registrar asks; raises NotThere for anybody else."""
        if request.state.caller.actor not in runtime.intake.keyring.genesis.registrars:
            raise NotThere("page")
        return str(request.state.caller.actor)

    @router.post("", status_code=201)
    async def invite(request: Request) -> Response:
        """Make a one-time code for a person, `{"actor", "days", "registrars"}`; it is told once.

        `registrars` are those who will sign; where they are none, who asks and as many others as it takes.
        """
        asking, stated = registrar(request), await _read(request, {"actor", "days", "registrars"})
        actor, days, named = stated["actor"], stated["days"], stated["registrars"]
        if not isinstance(actor, str) or type(days) is not int or not 0 < days <= LONGEST:
            raise BodyMalformed("days" if isinstance(actor, str) else "actor")
        if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
            raise BodyMalformed("registrars")
        signing = _signing(runtime, asking, named)
        until = guard.now + days * 86400
        name, code = await run_in_threadpool(kept.invite, actor, signing, until, guard.now)
        told = {"id": name, "code": code, "until": until, "registrars": sorted(signing.values())}
        return JSONResponse(told, 201, _NO_STORE)

    @router.post("/offer")
    async def offer(request: Request) -> Response:
        """Answer what a code, `{"code"}`, asks for: whose key, and which registrars sign with it."""
        stated = await _read(request, {"code"})
        its = await run_in_threadpool(kept.by_code, str(stated["code"]), guard.now)
        if its is None:
            raise CodeOver
        size, root = runtime.intake.checkpoint or (0, "")  # nobody is invited before there is one
        told = {"log": runtime.origin, "actor": its.actor, "registrars": dict(its.registrars)}
        return JSONResponse(told | {"seen": {"size": size, "root": root}}, headers=_NO_STORE)

    @router.post("/possession", status_code=202)
    async def possess(request: Request) -> Response:
        """Take what a person signed with their new key, `{"code", "payload", "signature"}` (base64)."""
        stated = await _read(request, {"code", "payload", "signature"})
        its = await run_in_threadpool(kept.by_code, str(stated["code"]), guard.now)
        if its is None:
            raise CodeOver
        payload, signature = _bytes(stated["payload"]), _bytes(stated["signature"])
        await run_in_threadpool(guard.catch_up)
        key = _possessed(runtime, its, payload, signature)
        if not await run_in_threadpool(kept.use, its.id, payload, key, signature):
            raise CodeOver
        return JSONResponse({"id": its.id, "key": key}, 202, _NO_STORE)

    @router.get("")
    async def waiting(request: Request) -> Response:
        """List the invitations, with what the person signed: to be looked at before it is approved."""
        registrar(request)
        found = await run_in_threadpool(kept.all, guard.now)
        return JSONResponse({"enrolments": list(map(_told, found))}, headers=_NO_STORE)

    @router.delete("/{name}", status_code=204)
    async def decline(request: Request, name: str) -> Response:
        """Take an invitation back."""
        registrar(request)
        if not await run_in_threadpool(kept.end, name):
            raise NotThere("enrolment")
        return Response(None, 204, _NO_STORE)

    @router.post("/{name}/approval")
    async def approve(request: Request, name: str) -> Response:
        """Take a registrar's signature over the same bytes, `{"key", "signature"}`; the last one enrols.

        202 with whose signatures are missing; then what a statement is answered with.
        """
        stated = await _read(request, {"key", "signature"})
        its = await run_in_threadpool(kept.by_id, name, guard.now)
        if its is None or its.payload is None:
            raise NotThere("enrolment")
        await run_in_threadpool(guard.catch_up)
        key, signature = str(stated["key"]), _bytes(stated["signature"])
        _check_registrar(runtime, its, key, signature)
        await run_in_threadpool(kept.sign, name, key, signature)
        signed = {**its.signatures, key: signature}
        if missing := sorted(who for one, who in its.registrars.items() if one not in signed):
            return JSONResponse({"missing": missing}, 202, _NO_STORE)
        envelope = Envelope(its.payload, tuple(sorted(signed.items()))).encode()
        submission = Submission(envelope, (), runtime.clock())
        (outcome,) = await queue.submit([submission], together=False)
        if isinstance(outcome, Accepted):
            await run_in_threadpool(kept.end, name)
        return answer_one(request, outcome)

    return router


def _signing(runtime: Runtime, asking: str, named: list[str]) -> dict[str, str]:
    """Return the keys of the registrars who are to sign; raises NotThere, BodyMalformed (too few)."""
    keyring = runtime.intake.keyring
    quorum, registrars = keyring.genesis.quorum, keyring.genesis.registrars
    able = {
        record.actor: key
        for key, record in keyring.records.items()
        if record.actor in registrars and record.ended_at is None and record.suspended_at is None
    }
    chosen = named or sorted(able, key=lambda actor: (actor != asking, actor))[:quorum]
    if not set(chosen) <= able.keys():
        raise NotThere("registrar")
    if len(set(chosen)) < quorum:
        raise BodyMalformed("registrars")
    return {able[actor]: actor for actor in chosen}


def _possessed(runtime: Runtime, its: Invitation, payload: bytes, signature: bytes) -> str:
    """Return the new key that signed what the invitation asks for; raises NotTheInvited, RequestRefused."""
    try:
        statement = parse_statement(payload)
        runtime.intake.keyring.check(statement, runtime.intake.size)
        public = load_public_key(base64.b64decode(statement.body["public_key"]))
        public.verify(signature, pae(payload))
    except AuditError as wrong:
        raise NotEnrolled(wrong.rule, **wrong.facts) from None
    for part, right in _asked_for(runtime, its, statement, public.id).items():
        if not right:
            raise NotTheInvited(part)
    return public.id


def _asked_for(runtime: Runtime, its: Invitation, statement: Statement, key: str) -> dict[str, bool]:
    """Return part by part whether a statement is what was asked for."""
    named = dict(zip(statement.signers, statement.actors, strict=True))
    return {
        "type": statement.type == ENROLLED,
        "log": statement.log == runtime.origin,
        "actor": statement.body.get("actor") == its.actor,
        "custody": statement.body.get("custody") == "person",
        "signers": named == {**its.registrars, key: its.actor},
    }


def _check_registrar(runtime: Runtime, its: Invitation, key: str, signature: bytes) -> None:
    record = runtime.intake.keyring.records.get(key)
    if key not in its.registrars or record is None or its.payload is None:
        raise SignatureWrong
    try:
        record.public.verify(signature, pae(its.payload))
    except AuditError:
        raise SignatureWrong from None


async def _read(request: Request, names: set[str]) -> dict[str, Any]:
    """Read an object of these members; raises BodyMalformed, BodyTooLarge."""
    stated = read_json(await read_body(request.stream(), LIMIT))
    if not isinstance(stated, dict) or stated.keys() != names:
        raise BodyMalformed("members")
    return stated


def _bytes(stated: object) -> bytes:
    try:
        return base64.b64decode(str(stated), validate=True)
    except (binascii.Error, ValueError):
        raise BodyMalformed("base64") from None


def _told(its: Invitation) -> dict[str, Any]:
    return {
        "id": its.id,
        "actor": its.actor,
        "until": its.until,
        "registrars": dict(its.registrars),
        "payload": None if its.payload is None else base64.b64encode(its.payload).decode(),
        "signed": sorted(its.signatures),
    }
