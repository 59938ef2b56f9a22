"""Signing in by hand: a challenge that is shown, signed elsewhere, and pasted back; and signing out."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.answers import Answer
from api.pages.demo_people import is_demo, own_path, sign_in_as
from api.pages.look import page
from api.runtime import Runtime
from api.service.access import SESSION
from api.service.answering import NOT_AT_ALL
from api.service.challenge import new_challenge
from api.service.errors import BodyMalformed
from api.service.guard import Guard
from api.service.signing_in import LIMIT, begin_session, set_session
from api.service.wire import read_body
from audit.proofs.grammar import HEX
from audit.proofs.keys import DEMO_ORIGIN

_FIELDS = ({"key"}, {"challenge", "signature"})
_PERSONAS = ({"as"}, {"as", "next"})


def sign_in_pages(runtime: Runtime, guard: Guard, *, openid: bool = False) -> APIRouter:
    """Return the routes; `openid`: there is a provider to sign in by, too."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request, **shown: object) -> Response:
        told: Answer = {
            "challenge": None,
            "caller": None,
            "demo": runtime.origin == DEMO_ORIGIN,
            "openid": openid,
            "personas": is_demo(runtime),
            "next": own_path(request.query_params.get("next", "/")),
            **shown,
        }
        return page(request, "sign_in.html", NOT_AT_ALL, **told)

    @router.get("/sign-in")
    async def start(request: Request) -> Response:
        """Ask for the key."""
        return show(request)

    @router.post("/sign-in")
    async def go_on(request: Request) -> Response:
        """Show a challenge for a key; or begin a session, where a challenge comes back signed."""
        stated = _read(await read_body(request.stream(), LIMIT), _FIELDS)
        if "key" in stated:
            if not HEX.fullmatch(key := stated["key"].strip()):
                raise BodyMalformed("key")
            made = new_challenge(guard.site, runtime.origin, key, guard.now)
            return show(request, challenge=made.marked(guard.access.secret))
        stated["signature"] = "".join(stated["signature"].split())
        before = request.cookies.get(guard.cookie)
        caller, cookie = await run_in_threadpool(begin_session, runtime, guard, stated, before)
        response = show(request, caller=caller)
        set_session(guard, response, cookie, SESSION)
        return response

    @router.post("/sign-in/demo")
    async def demo(request: Request) -> Response:
        """Be somebody of the demo; on no other log."""
        stated = _read(await read_body(request.stream(), LIMIT), _PERSONAS)
        return await run_in_threadpool(sign_in_as, runtime, guard, request, stated)

    @router.post("/sign-out")
    async def end(request: Request) -> Response:
        """End the session, and go home."""
        await run_in_threadpool(guard.access.end_session, request.cookies[guard.cookie])
        response = RedirectResponse("/", 303, {"Cache-Control": NOT_AT_ALL})
        set_session(guard, response, "", 0)
        return response

    return router


def _read(body: bytes, wanted: Collection[set[str]]) -> dict[str, str]:
    """Read a form, whose lines browsers end with CR LF; raises BodyMalformed."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=2)
    except ValueError:
        raise BodyMalformed("members") from None
    if set(fields) not in wanted or any(len(values) > 1 for values in fields.values()):
        raise BodyMalformed("members")
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}
