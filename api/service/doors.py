"""Who may use which route: one declared row for each; without one an application is not built."""

from __future__ import annotations

from enum import StrEnum

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts


class Who(StrEnum):
    """Whom a route answers."""

    ANYBODY = "ANYBODY"
    """It tells only what is everybody's."""
    WHO_SIGNED = "WHO_SIGNED"
    """Whoever brings it: what is sent carries its author's signature, and is taken on its strength alone."""


DOORS: dict[tuple[str, str], Who] = {
    ("POST", "/v1/statements"): Who.WHO_SIGNED,
    ("POST", "/v1/statements/together"): Who.WHO_SIGNED,
    ("POST", "/v1/statements/preview"): Who.WHO_SIGNED,
    ("PUT", "/v1/blobs/{sha256}"): Who.WHO_SIGNED,
    ("HEAD", "/v1/blobs/{sha256}"): Who.WHO_SIGNED,
    ("GET", "/v1/rounds/{code}/result"): Who.ANYBODY,
    ("GET", "/v1/log/checkpoint"): Who.ANYBODY,
    ("GET", "/v1/log/tile/{path:path}"): Who.ANYBODY,
    ("GET", "/v1/log/consistency"): Who.ANYBODY,
    ("GET", "/v1/openapi.json"): Who.ANYBODY,
    ("GET", "/livez"): Who.ANYBODY,
    ("GET", "/readyz"): Who.ANYBODY,
}


class DoorMissing(Exception):
    """A route has no row, or a row no route."""


def check_doors(app: FastAPI) -> None:
    """Raise DoorMissing unless rows and routes are the same."""
    routes = {
        (method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in _methods(route.methods or set())
    }
    if odd := routes ^ DOORS.keys():
        raise DoorMissing(", ".join(f"{method} {path}" for method, path in sorted(odd)))


def _methods(methods: set[str]) -> set[str]:
    """HEAD goes in by the same door as GET, where there is one."""
    return methods - {"HEAD"} if "GET" in methods else methods
