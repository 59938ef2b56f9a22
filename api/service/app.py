"""The service: one application over one log that is open for writing while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.runtime import Runtime
from api.service.blobs import blobs
from api.service.doors import check_doors
from api.service.errors import BodyMalformed, NotThere, OtherMethod, RequestRefused
from api.service.following import Following
from api.service.problems import language_of, problem
from api.service.public import public
from api.service.queue import Queue
from api.service.statements import statements
from api.service.watch import watch
from api.settings import Settings

ROOM = 512
"""So many submissions may wait at once: twice as many as there are offices that submit in the last hour."""


def create_app(
    runtime: Runtime, settings: Settings, *, room: int = ROOM, following: Following | None = None
) -> FastAPI:
    """Return the application; raises DoorMissing where a route does not say whom it answers.

    While it runs, what follows the log takes in what is committed.
    """
    following = following or Following(runtime.log)
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
    )
    app.include_router(statements(runtime, queue))
    app.include_router(blobs(runtime, settings))
    app.include_router(public(runtime))
    app.include_router(watch(runtime, settings, following))
    check_doors(app)
    app.add_exception_handler(RequestRefused, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _of_the_protocol)
    return app


async def _refused(request: Request, wrong: Exception) -> Response:
    if not isinstance(wrong, RequestRefused):
        raise wrong
    language = language_of(request.headers.get("accept-language"))
    answer = problem(wrong.status, wrong.rule, wrong.facts, language)
    answer.headers.update(wrong.headers)
    return answer


async def _malformed(request: Request, _: Exception) -> Response:
    return await _refused(request, BodyMalformed("parameters"))


async def _of_the_protocol(request: Request, wrong: Exception) -> Response:
    """What the framework refuses: no such route, or not that method."""
    other = isinstance(wrong, HTTPException) and wrong.status_code == 405
    return await _refused(request, OtherMethod(request.method) if other else NotThere("page"))
