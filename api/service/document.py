"""The document of the API: every route with its body, its answers, their types and examples (OpenAPI 3.1).

What a route is called, and its parameters, the framework knows; whom it answers, the table of doors; what it
answers with, `openapi.yaml` beside this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.service.doors import DOORS, Door, Who
from api.service.problems import MEDIA_TYPE

Written = dict[str, Any]
_REFUSALS = ("Problem", "Refusal")
_NO_BODY = "-"
_UNSAFE = ("post", "put", "patch", "delete")
_FRESH = ("enrolment", "notices", "sign-in", "watching")
"""What has no name that a program could ask by whether it is still the same."""


@cache
def told() -> Any:
    """Return what is written about the answers."""
    return yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text("utf-8"))


def document(app: FastAPI, cookie: str) -> Written:
    """Write the document of an application whose sessions come in a cookie of this name."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": said} for name, said in told()["tags"].items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method, path)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(told()["scalars"] | {name: _shape(its) for name, its in told()["shapes"].items()})
    for name, example in told()["examples"].items():
        schemas[name]["examples"] = [example]
    made["components"]["securitySchemes"] = _ways_in(cookie)
    return made


DESCRIPTION = """\
Mỗi phát biểu là một nội dung có chữ ký trong sổ không sửa được; mọi con số đều dẫn về phát biểu làm nên nó.

Every statement is signed and lies in a tamper-evident log; every number names the statements that made it.
Whatever says no is `application/problem+json` (RFC 9457) with a stable `rule`, in the language that
`Accept-Language` asks for.
"""


def _complete(operation: Written, method: str, path: str) -> None:
    """Say what a route is sent and answers, in place of what the framework supposes."""
    row = told()["routes"].get(f"{method.upper()} {path}", {})
    door = _door(method.upper(), path)
    answers = _implied(operation, method, door, has_body="body" in row) | _answers(row)
    operation["responses"] = {str(status): _answer(status, its) for status, its in sorted(answers.items())}
    if method == "get" and row.get("tag") not in _FRESH and "fresh" not in row:
        operation["responses"]["304"] = {"description": "It is what the program has already."}
        operation["responses"]["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    if "tag" in row:
        operation["tags"] = [row["tag"]]
    if "body" in row:
        operation["requestBody"] = {"required": True, "content": _content(row["body"])}
    operation["security"] = _security(method, path, door)
    if path.startswith("/v1/blobs/"):
        operation.setdefault("parameters", []).append(_OFFSET)


def _answers(row: Mapping[Any, Any]) -> dict[int, str]:
    return {status: str(its) for status, its in row.items() if isinstance(status, int)}


def _door(method: str, path: str) -> Door:
    found = DOORS.get((method, path)) or DOORS.get((method, path.replace("{path}", "{path:path}")))
    return found or DOORS["GET", path]


def _implied(operation: Written, method: str, door: Door, *, has_body: bool) -> dict[int, str]:
    """Return the refusals that follow from whom a route answers and how it is asked."""
    found: dict[int, str] = {}
    if has_body or operation.get("parameters") or method in _UNSAFE:
        found[400] = "Problem"
    if has_body:
        found[413] = "Problem"
    if door.who in (Who.READERS, Who.SIGNED_IN):
        found |= {401: "Problem", 403: "Problem"}
    if method in _UNSAFE:
        found[403] = "Problem"
    if door.who is Who.READERS:
        found[404] = "Problem"
    return found


def _answer(status: int, its: str) -> Written:
    said: Written = {"description": HTTPStatus(status).phrase}
    if its != _NO_BODY:
        kind = MEDIA_TYPE if its in _REFUSALS else None
        said["content"] = _content(its, kind)
    return said


def _content(its: str, kind: str | None = None) -> Written:
    """Return a body by its type: JSON of a shape (or of one of several), or bytes."""
    if "/" in its:
        return {its: {"schema": {"type": "string"}}}
    return {kind or "application/json": {"schema": _shape(its)}}


def _shape(its: Any) -> Written:
    """Write a shape as a schema."""
    if isinstance(its, list):
        return {"type": "array", "items": _shape(its[0])}
    if isinstance(its, dict):
        return {
            "type": "object",
            "properties": {name.removesuffix("~"): _shape(one) for name, one in its.items()},
            "required": [name for name in its if not name.endswith("~")],
        }
    names = its.split("|")
    several = [{"type": "null"} if one == "null" else _named(one) for one in names]
    return several[0] if len(several) == 1 else {"anyOf": several}


def _named(name: str) -> Written:
    return {"$ref": f"#/components/schemas/{name}"}


_OFFSET: Written = {
    "name": "Upload-Offset",
    "in": "header",
    "required": False,
    "description": "Where the body begins: how many bytes are there already.",
    "schema": {"type": "integer", "minimum": 0, "default": 0},
}


def _ways_in(cookie: str) -> Written:
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "POST /v1/session."},
        "token": {"type": "http", "scheme": "bearer", "description": "POST /v1/tokens; for programs."},
        "upload": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Minhchung-Upload`: a key signs for log, digest, size and end; docs/service.md.",
        },
    }


def _security(method: str, path: str, door: Door) -> list[Written]:
    if path.startswith("/v1/blobs/"):
        return [{"upload": []}]
    if door.who is Who.SIGNED_IN:
        return [{"session": []}]
    return [{"session": []}, {"token": []}] if door.who is Who.READERS else []


def unwritten(made: Written) -> Iterator[str]:
    """Yield the routes of a document of which nothing is written, and what is written of none."""
    there = {f"{method.upper()} {path}" for path, its in made["paths"].items() for method in its}
    yield from sorted(there ^ told()["routes"].keys())
