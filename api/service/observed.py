"""Around every request: its id, its line in the log, its count; what breaks is told without its why."""

from __future__ import annotations

import re
import secrets
from time import perf_counter

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.service.errors import Broken
from api.service.log_lines import where
from api.service.metrics import Metrics
from api.service.problems import language_of, problem

HEADER = "X-Request-Id"
_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_NO_ROUTE = "-"
GONE = 499
"""What is counted for a request whose sender went away: no status of HTTP, and never sent."""


class Observed:
    """An application whose requests are counted and written down."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: structlog.typing.FilteringBoundLogger) -> None:
        self._app = app
        self._metrics = metrics
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: with the id that a proxy gave it, else with one of its own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, began = Headers(scope=scope), perf_counter()
        given = headers.get(HEADER, "")
        name = given if _ID.fullmatch(given) else secrets.token_hex(8)
        status = 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            status = GONE  # before all of the body had come: nobody hears an answer
        except Exception as wrong:
            self._log.error("broken", id=name, route=_route(scope), where=where(wrong))
            if status:  # half of an answer has gone out; the connection is cut
                raise
            broken, language = Broken(name), language_of(headers.get("accept-language"))
            answer = problem(broken.status, broken.rule, broken.facts, language)
            await answer(scope, receive, sent)
        finally:
            self._note(scope, name, status, perf_counter() - began)

    def _note(self, scope: Scope, name: str, status: int, seconds: float) -> None:
        method, route = scope["method"], _route(scope)
        if route == _NO_ROUTE:  # methods too are whatever somebody thinks of
            method = _NO_ROUTE
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.request_seconds.observe(seconds)
        self._log.info(
            "request", id=name, method=method, route=route, status=status, seconds=round(seconds, 6)
        )


def _route(scope: Scope) -> str:
    """Return a route as it is declared: what somebody filled in stays with them."""
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))
