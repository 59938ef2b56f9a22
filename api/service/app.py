"""The service: one application over one log that is open for writing while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.clock import real_clock
from api.pages.public import public_pages
from api.pages.record import record_pages
from api.pages.refused import NotAmong, refused_page, wants_page
from api.pages.sign_in import sign_in_pages
from api.runtime import Runtime
from api.service.blobs import blobs
from api.service.direct import Direct
from api.service.doors import check_doors
from api.service.entries import entries
from api.service.errors import BodyMalformed, NotThere, OtherMethod, RequestRefused
from api.service.following import Following
from api.service.guard import Guard
from api.service.kept import Kept
from api.service.problems import language_of, problem
from api.service.public import public
from api.service.queue import Queue
from api.service.rounds import answered, rounds
from api.service.signing_in import signing_in
from api.service.statements import statements
from api.service.watch import watch
from api.settings import Settings
from audit.ledger.submission import Clock

ROOM = 512
"""So many submissions may wait at once: twice as many as there are offices that submit in the last hour."""


def create_app(
    runtime: Runtime,
    settings: Settings,
    site: str,
    *,
    room: int = ROOM,
    clock: Clock = real_clock,
    following: Following | None = None,
) -> FastAPI:
    """Return the application that browsers know by the origin `site`; sessions end by the `clock`.

    While it runs, what follows the log takes in what is committed. Raises DoorMissing where a route does not
    say whom it answers, NoSite.
    """
    guard = Guard(runtime, site, clock)
    following = following or Following(runtime.log)
    kept = Kept(runtime, partial(answered, runtime.log))
    queue = Queue(runtime, room, following.wake)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with following.running(), queue.running():
            yield

    app = FastAPI(
        title="Minh Chứng",
        summary="Chấm điểm, xếp hạng cải cách hành chính: mọi số liệu có chữ ký, có bằng chứng.",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=lifespan,
        dependencies=[Depends(guard)],
    )
    app.include_router(statements(runtime, queue))
    app.include_router(blobs(runtime, settings))
    app.include_router(public(runtime))
    app.include_router(signing_in(runtime, guard))
    app.include_router(rounds(runtime, guard, kept))
    app.include_router(entries(runtime, guard))
    app.include_router(watch(runtime, settings, following))
    app.include_router(public_pages(runtime, guard))
    app.include_router(record_pages(runtime, guard))
    app.include_router(sign_in_pages(runtime, guard))
    check_doors(app)
    app.add_middleware(Direct, routes=app, guard=guard, kept=kept, refused=_refused)
    app.add_exception_handler(RequestRefused, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _of_the_protocol)
    return app


async def _refused(request: Request, wrong: Exception) -> Response:
    if not isinstance(wrong, RequestRefused):
        raise wrong
    if wants_page(request):
        answer = refused_page(request, wrong)
    else:
        nearest = [choice.address for choice in wrong.nearest] if isinstance(wrong, NotAmong) else None
        more = {} if nearest is None else {"nearest": nearest}
        language = language_of(request.headers.get("accept-language"))
        answer = problem(wrong.status, wrong.rule, wrong.facts, language, **more)
    answer.headers.update(wrong.headers)
    return answer


async def _malformed(request: Request, _: Exception) -> Response:
    return await _refused(request, BodyMalformed("parameters"))


async def _of_the_protocol(request: Request, wrong: Exception) -> Response:
    """What the framework refuses: no such route, or not that method."""
    other = isinstance(wrong, HTTPException) and wrong.status_code == 405
    return await _refused(request, OtherMethod(request.method) if other else NotThere("page"))
