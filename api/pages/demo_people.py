"""One click to be somebody of the demo: its keys come from a public seed, so that everybody is anybody there.

Nowhere else: the log must be the demo's by its origin and have a scripted clock, and the key be a demo key.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from api.runtime import Runtime
from api.service.access import SESSION
from api.service.answering import NOT_AT_ALL
from api.service.challenge import new_challenge
from api.service.errors import NotThere
from api.service.guard import Guard
from api.service.signing_in import begin_session, set_session
from audit.proofs.keys import DEMO_KEYS, DEMO_ORIGIN, SigningKey, demo_signing_key
from domain.standing import Standing
from domain.stated.choices import Role

TOURED = "SNV"
"""The head of an agency is that of the one whose score the tour tells, where there is one."""


def is_demo(runtime: Runtime) -> bool:
    """Whether a log is the demo's, where nobody's key is a secret."""
    return runtime.origin == DEMO_ORIGIN and runtime.intake.keyring.genesis.clock == "scripted"


def sign_in_as(runtime: Runtime, guard: Guard, request: Request, stated: Mapping[str, str]) -> Response:
    """Sign somebody of the demo in, by their own demo key, and go on; raises NotThere on any other log."""
    if not is_demo(runtime):
        raise NotThere("page")
    guard.catch_up()
    key = _key_of(runtime, stated["as"])
    challenge = new_challenge(guard.site, runtime.origin, key.public_key.id, guard.now)
    text = challenge.marked(guard.access.secret)
    signed = {"challenge": text, "signature": _base64(key.sign(text.encode()))}
    _, cookie = begin_session(runtime, guard, signed, request.cookies.get(guard.cookie))
    response = RedirectResponse(own_path(stated.get("next", "/")), 303, {"Cache-Control": NOT_AT_ALL})
    set_session(guard, response, cookie, SESSION)
    return response


def own_path(stated: str) -> str:
    """Return where to go on: a path of this service, or home."""
    parts = urlsplit(stated)
    ours = stated.startswith("/") and not stated.startswith(("//", "/\\")) and not parts.netloc
    return stated if ours and stated.isascii() and stated.isprintable() else "/"


def _key_of(runtime: Runtime, persona: str) -> SigningKey:
    """Return the demo key of somebody who is that; raises NotThere."""
    actors = _actors(runtime.intake.standing, persona)
    live = {
        its.actor: key for key, its in list(runtime.intake.keyring.records.items()) if its.ended_at is None
    }
    for actor in actors:
        if (number := _numbers().get(live.get(actor, ""))) is not None:
            return demo_signing_key(number)
    raise NotThere("page")


def _actors(standing: Standing, persona: str) -> list[str]:
    if persona == "council":
        return [
            m for its in list(standing.rounds.values()) if its.council for m in sorted(its.council.members)
        ]
    role = {"auditor": Role.AUDITOR, "agency": Role.AGENCY_HEAD}.get(persona)
    held = [
        (agency != TOURED, actor)
        for actor, officer in list(standing.officers.items())
        for its, agency in officer.offices
        if its == role
    ]
    return [actor for _, actor in sorted(held)]


@cache
def _numbers() -> Mapping[str, int]:
    return {demo_signing_key(number).public_key.id: number for number in range(DEMO_KEYS)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
