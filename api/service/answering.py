"""How an answer goes out: named by its digest, kept or not to be kept, as JSON or as a table."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=1"
NOT_AT_ALL = "private, no-store"
"""What is confidential is kept by nobody on the way, nor by a browser; a program may name what it has."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it goes out, with the name that its digest gives it."""

    body: bytes
    media_type: str
    tag: str


def written(body: bytes, media_type: str) -> Written:
    """Name what is written by its digest."""
    return Written(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def as_json(told: Any) -> Written:
    """Write plain values."""
    return written(bytes(JSONResponse(told).body), "application/json")


def cached(request: Request, response: Response, how: str) -> Response:
    """Name the answer by its digest; say nothing again to who has it (RFC 9110, 13.1.2)."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": how}
    if _has(request, tag):
        return Response(None, 304, headers)
    response.headers.update(headers)
    return response


def sent(request: Request, told: Written, how: str) -> Response:
    """Answer with what is written already, or say that whoever asks has it."""
    headers = {"ETag": told.tag, "Cache-Control": how}
    if _has(request, told.tag):
        return Response(None, 304, headers)
    return Response(told.body, 200, headers, told.media_type)


def _has(request: Request, tag: str) -> bool:
    wanted = request.headers.get("if-none-match", "")
    return tag in (one.strip().removeprefix("W/") for one in wanted.split(","))


def confidential(request: Request, told: Any) -> Response:
    """Answer in JSON what is not everybody's."""
    return cached(request, JSONResponse(told), NOT_AT_ALL)


def as_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Written:
    """Write a table (RFC 4180) that spreadsheets read as UTF-8."""
    lines = io.StringIO()
    table = csv.writer(lines)
    table.writerow(columns)
    table.writerows([_cell(row[name]) for name in columns] for row in rows)
    return written(lines.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def table(
    request: Request, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], how: str = NOT_AT_ALL
) -> Response:
    """Answer with a table."""
    return sent(request, as_table(columns, rows), how)


def _cell(value: Any) -> str:
    """Write a value; a text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = "" if value is None else str(value)
    if text.startswith(_FORMULA) and not text.lstrip("+-").replace(".", "", 1).isdigit():
        return f"'{text}"
    return text
