"""The service: one application over one log that is open for writing while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from structlog.typing import FilteringBoundLogger

from api.clock import real_clock
from api.pages.check import check_pages
from api.pages.council import council_pages
from api.pages.deliberation import Deliberation
from api.pages.demo_people import is_demo
from api.pages.disputes import dispute_pages
from api.pages.log import log_pages
from api.pages.oversight import oversight_pages
from api.pages.public import public_pages
from api.pages.record import record_pages
from api.pages.refused import NotAmong, refused_page, wants_page
from api.pages.sign_in import sign_in_pages
from api.runtime import Runtime
from api.service.blobs import blobs
from api.service.direct import Direct
from api.service.documentation import documentation
from api.service.doors import check_doors, methods_of
from api.service.enrolling import enrolling
from api.service.entries import entries
from api.service.errors import BodyMalformed, NotThere, OtherMethod, RequestRefused
from api.service.following import Following
from api.service.guard import Guard
from api.service.kept import Kept
from api.service.linking import linking
from api.service.live import News
from api.service.log_lines import lines
from api.service.metrics import Metrics
from api.service.notice_store import NoticeStore
from api.service.notifying import EVERY, Notifying
from api.service.observed import Observed
from api.service.oidc import provider
from api.service.post import post
from api.service.problems import language_of, problem
from api.service.public import public
from api.service.queue import Queue
from api.service.reviews import reviews
from api.service.rounds import answered, rounds
from api.service.signing_in import signing_in
from api.service.statements import statements
from api.service.telemetry import telemetry
from api.service.telling import telling
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
    log: FilteringBoundLogger | None = None,
    notices_every: float = EVERY,
) -> FastAPI:
    """Return the application that browsers know by the origin `site`; sessions end by the `clock`.

    While it runs, what follows the log takes in what is committed. Raises DoorMissing where a route does not
    say whom it answers, NoSite.
    """
    guard = Guard(runtime, site, clock)
    following = following or Following(runtime.log)
    kept = Kept(runtime, partial(answered, runtime.log))
    news, metrics = News(), Metrics()

    def taken() -> None:
        following.wake()
        news.tell()

    queue = Queue(runtime, room, taken, metrics.committed)

    out, openid = post(guard.site), provider(guard.site)
    notifying = Notifying(runtime, NoticeStore(runtime.log.database), out, clock, notices_every)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with following.running(), queue.running(), notifying.running():
            yield

    app = FastAPI(
        title="Minh Chứng",
        summary="Chấm điểm, xếp hạng cải cách hành chính: mọi số liệu có chữ ký, có bằng chứng.",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        telemetry=telemetry(),
        dependencies=[Depends(guard)],
    )
    app.include_router(statements(runtime, queue))
    app.include_router(blobs(runtime, settings))
    app.include_router(public(runtime))
    app.include_router(signing_in(runtime, guard))
    app.include_router(linking(runtime, guard, openid))
    app.include_router(telling(runtime, guard, notifying.store, out))
    app.include_router(enrolling(runtime, guard, queue))
    app.include_router(rounds(runtime, guard, kept))
    app.include_router(reviews(runtime, guard))
    app.include_router(entries(runtime, guard, news))
    app.include_router(watch(runtime, settings, following, queue, metrics))
    app.include_router(documentation(guard.cookie))
    app.include_router(public_pages(runtime, guard))
    app.include_router(record_pages(runtime, guard))
    deliberation = Deliberation()
    app.include_router(dispute_pages(runtime, guard, deliberation))
    app.include_router(council_pages(runtime, guard, deliberation))
    app.include_router(oversight_pages(runtime, guard, deliberation))
    app.include_router(log_pages(runtime, guard))
    app.include_router(check_pages(runtime, settings, guard))
    app.include_router(sign_in_pages(runtime, guard, openid=openid is not None))
    app.state.personas = is_demo(runtime)
    check_doors(app)

    async def refused(request: Request, wrong: Exception) -> Response:
        if isinstance(wrong, RequestRefused):
            metrics.refusals.labels(wrong.rule).inc()
        return await _refused(request, wrong)

    app.add_middleware(Direct, routes=app, guard=guard, kept=kept, refused=refused)
    app.add_middleware(Observed, metrics, log or lines())
    app.add_exception_handler(RequestRefused, refused)
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
    if isinstance(wrong, HTTPException) and wrong.status_code == 405:
        return await _refused(request, OtherMethod(request.method, methods_of(request.url.path)))
    return await _refused(request, NotThere("page"))
