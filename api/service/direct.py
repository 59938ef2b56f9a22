"""Straight to the route: an address without parameters is known by itself, whatever else there is.

The framework looks through all routes for each request, and solves for each what its endpoint takes. An
endpoint that takes the request alone needs neither; statements come in by such a one. Nor does a question
whose answer is kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import signature

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.service.errors import RequestRefused
from api.service.guard import Guard
from api.service.kept import Kept

Refusing = Callable[[Request, Exception], Awaitable[Response]]
_Named = tuple[str, str]


class Direct:
    """Answers what it knows by method and path, behind the same guard; everything else is the framework's."""

    def __init__(self, app: ASGIApp, routes: FastAPI, guard: Guard, kept: Kept, refused: Refusing) -> None:
        self._app = app
        self._routes = dict(_direct(routes))
        self._guard = guard
        self._kept = kept
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        answer: ASGIApp | None = None
        if scope["type"] == "http":
            answer = await self._told(Request(scope, receive, send))
        await (answer or self._app)(scope, receive, send)

    async def _told(self, request: Request) -> Response | None:
        try:
            return await self._answer(request)
        except RequestRefused as wrong:
            return await self._refused(request, wrong)

    async def _answer(self, request: Request) -> Response | None:
        scope = request.scope
        if (route := self._routes.get((scope["method"], scope["path"]))) is not None:
            scope.update(route=route, endpoint=route.endpoint, path_params={})
            await self._guard(request)
            return await route.endpoint(request)  # type: ignore[no-any-return]
        if scope["method"] != "GET":
            return None
        place = self._kept.place(scope["path"], scope["query_string"].decode("latin-1"))
        if place is None:
            return None
        route, params = place
        scope["route"] = route
        await self._guard(request)
        return self._kept.at_once(request, self._guard.reach(request, params["code"]))


def _direct(app: FastAPI) -> Iterator[tuple[_Named, APIRoute]]:
    """Yield the routes whose address and endpoint have no parameters."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and "{" not in route.path and _takes(route) == ["request"]:
            yield from (((method, route.path), route) for method in _methods(route))


def _takes(route: APIRoute) -> list[str]:
    return list(signature(route.endpoint).parameters)


def _methods(route: APIRoute) -> Iterable[str]:
    return route.methods or ()
