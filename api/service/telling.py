"""Notices over HTTP: one's own, where else one wants to be told, what became of it; a calendar."""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.calendar import calendar
from api.notices import Level, sentence
from api.register import entry_at
from api.runtime import Runtime
from api.service.answering import BRIEFLY, cached
from api.service.errors import BodyMalformed, NotThere, RequestRefused
from api.service.guard import Guard
from api.service.notice_store import Channel, NoticeStore
from api.service.post import Post
from api.service.problems import language_of
from api.service.wire import read_body, read_json
from api.wording import Language
from audit.proofs.entry import read_time

LIMIT = 8192
MOST = 1000
MANY = 10
"""So many destinations somebody may have."""
_NO_STORE = {"Cache-Control": "no-store"}
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


class NotOffered(RequestRefused):
    """Nobody is told this way here."""

    status = 422

    def __init__(self, kind: str) -> None:
        super().__init__("notice.not_offered", kind=kind)


def telling(runtime: Runtime, guard: Guard, store: NoticeStore, out: Post) -> APIRouter:
    """Return the routes of notices."""
    router = APIRouter(prefix="/v1")

    @router.get("/notices")
    async def notices(request: Request, after: Annotated[int, Query(ge=0, lt=2**63)] = 0) -> Response:
        """Answer with one's own notices after a number, oldest first, each in both languages."""
        rows = await run_in_threadpool(store.of, request.state.caller.actor, after, MOST)
        told = [_noticed(row) for row in rows]
        answer = {"notices": told, "next": told[-1]["number"] if told else None}
        return JSONResponse(answer, headers=_NO_STORE)

    @router.get("/notices/deliveries")
    async def deliveries(request: Request) -> Response:
        """Answer with what became of everything that was sent to oneself, newest first."""
        rows = await run_in_threadpool(store.log, request.state.caller.actor)
        names = ("number", "kind", "target", "state", "tries", "last", "at")
        told = [{name: getattr(row, name) for name in names} for row in rows]
        for one, row in zip(told, rows, strict=True):
            one["notices"] = json.loads(row.notices)
        return JSONResponse({"deliveries": told}, headers=_NO_STORE)

    @router.get("/notices/destinations")
    async def destinations(request: Request) -> Response:
        """Answer where one wants to be told."""
        found = await run_in_threadpool(store.destinations, request.state.caller.actor)
        told = [
            {"id": its.id, "kind": its.kind.value, "target": its.target, "language": its.language}
            for its in found
        ]
        return JSONResponse({"destinations": told}, headers=_NO_STORE)

    @router.post("/notices/destinations", status_code=201)
    async def add(request: Request) -> Response:
        """Be told elsewhere too, `{"kind", "target", "language"}`; a webhook's secret is told once."""
        actor = request.state.caller.actor
        kind, target, language = _asked(read_json(await read_body(request.stream(), LIMIT)))
        if not out.offers(kind):
            raise NotOffered(kind.value)
        if kind is Channel.WEBHOOK and not await run_in_threadpool(out.may_call, target):
            raise BodyMalformed("target")
        if len(await run_in_threadpool(store.destinations, actor)) >= MANY:
            raise BodyMalformed("destinations")
        made = base64.b64encode(secrets.token_bytes(32)).decode()
        secret = f"whsec_{made}" if kind is Channel.WEBHOOK else None
        name = await run_in_threadpool(store.add, actor, kind, target, language, secret)
        return JSONResponse({"id": name, "secret": secret}, 201, _NO_STORE)

    @router.delete("/notices/destinations/{name}", status_code=204)
    async def remove(request: Request, name: str) -> Response:
        """Be told there no more."""
        if not await run_in_threadpool(store.remove, request.state.caller.actor, name):
            raise NotThere("destination")
        return Response(None, 204, _NO_STORE)

    @router.get("/rounds/{code}/deadlines.ics")
    async def deadlines(request: Request, code: str, lang: Language | None = None) -> Response:
        """Answer with the deadlines of a round as a calendar."""
        found = runtime.intake.standing.rounds.get(code)
        if found is None:
            raise NotThere("round")
        language = lang or language_of(request.headers.get("accept-language"))

        opened = await run_in_threadpool(entry_at, runtime.log, found.position)
        stamped = read_time(opened.entry.received_at)
        told = calendar(found, runtime.origin, stamped, language)
        response = cached(request, Response(told, media_type="text/calendar; charset=utf-8"), BRIEFLY)
        response.headers["Vary"] = "Accept-Language"
        return response

    return router


def _noticed(row: Any) -> dict[str, Any]:
    told = json.loads(row.told)
    words = {one.value: sentence(Level(row.level), told, one) for one in Language}
    return {"number": row.number, "at": row.at, "round": row.round, "level": row.level, **told, **words}


def _asked(stated: Any) -> tuple[Channel, str, str]:
    if not isinstance(stated, dict) or stated.keys() != {"kind", "target", "language"}:
        raise BodyMalformed("members")
    kind, target, language = stated["kind"], stated["target"], stated["language"]
    if kind not in list(Channel):
        raise BodyMalformed("kind")
    if language not in list(Language):
        raise BodyMalformed("language")
    if not isinstance(target, str) or len(target) > 2048:
        raise BodyMalformed("target")
    if kind == Channel.EMAIL and not _ADDRESS.fullmatch(target):
        raise BodyMalformed("target")
    return Channel(kind), target, language
