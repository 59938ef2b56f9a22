"""Evidence files over HTTP: sent in pieces, gone on with where a line broke, kept once whole and right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.evidence import keep_evidence_key
from api.runtime import Runtime
from api.service.content import ENOUGH, media_type
from api.service.errors import (
    BodyTooLarge,
    NotThere,
    OtherContent,
    OtherOffset,
    OverQuota,
    UnderWay,
    UnwelcomeType,
)
from api.settings import Settings
from api.upload_right import UploadRight, may_upload
from audit.ledger.errors import EvidenceError
from audit.ledger.incoming import Incoming

MAX_FILE = 256 * 1024 * 1024
QUOTA = 2 * 1024 * 1024 * 1024
"""Bytes that one key may bring within a day."""
PIECE = 1024 * 1024
"""Bytes that are in memory at most before they are written."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,12}", re.ASCII)


def blobs(runtime: Runtime, settings: Settings) -> APIRouter:
    """Return the routes that take evidence files."""
    router, store = APIRouter(prefix="/v1/blobs"), runtime.evidence
    incoming = Incoming(settings.incoming, store, keep_evidence_key(settings))
    under_way: set[tuple[str, str]] = set()

    def right(request: Request, sha256: str) -> UploadRight:
        if not _DIGEST.fullmatch(sha256):
            raise NotThere("blob")
        now = runtime.clock().timestamp()
        header = request.headers.get("authorization")
        return may_upload(header, sha256, runtime.origin, runtime.intake.keyring, now)

    @contextmanager
    def alone(sender: str, sha256: str) -> Iterator[None]:
        if (sender, sha256) in under_way:
            raise UnderWay
        under_way.add((sender, sha256))
        try:
            yield
        finally:
            under_way.discard((sender, sha256))

    @router.head("/{sha256}")
    async def offset(request: Request, sha256: str) -> Response:
        """Answer how many bytes of a file are there: where its sender goes on."""
        its = right(request, sha256)
        return _answer(its, await run_in_threadpool(incoming.offset, its.key, sha256))

    @router.put("/{sha256}")
    async def send(request: Request, sha256: str) -> Response:
        """Take a file, or what is left of it from `Upload-Offset` on.

        204 with the new offset while bytes are missing; 201 with its type once it is whole; 409 with the
        offset where that is another one; 413 past the size that was signed; 422 where it is another file.
        """
        its = right(request, sha256)
        with alone(its.key, sha256):
            at = await run_in_threadpool(_begin, incoming, its, request)
            if at < its.size or (at == its.size == 0 and store.size(sha256) is None):
                at = await _receive(incoming, its, request, at)
                if at < its.size:
                    return _answer(its, at)
                kind = await run_in_threadpool(_finish, incoming, its)
                return JSONResponse({"sha256": sha256, "size": at, "media_type": kind}, 201, _offset(at))
        return _answer(its, at)

    return router


def _begin(incoming: Incoming, right: UploadRight, request: Request) -> int:
    """Return where the body begins; raises what keeps it from being read at all."""
    if right.size > MAX_FILE:
        raise BodyTooLarge(MAX_FILE)
    there = incoming.offset(right.key, right.sha256)
    stated = request.headers.get("upload-offset", "0")
    if there == right.size > 0:
        return there
    if there > right.size:
        raise OtherContent(right.sha256)
    if not _NUMBER.fullmatch(stated) or int(stated) != there:
        raise OtherOffset(there)
    length = request.headers.get("content-length", "0")
    if not _NUMBER.fullmatch(length) or int(length) > right.size - there:
        raise BodyTooLarge(right.size)
    if incoming.taken(right.key) + right.size - there > QUOTA:
        raise OverQuota(QUOTA)
    return there


async def _receive(incoming: Incoming, right: UploadRight, request: Request, at: int) -> int:
    """Write the body piece by piece; whatever ends it, what came before is kept and can be gone on with."""
    waiting = bytearray()

    async def write() -> None:
        nonlocal at
        await run_in_threadpool(incoming.write, right.key, right.sha256, at, bytes(waiting))
        at += len(waiting)
        waiting.clear()

    try:
        async for chunk in request.stream():
            if at + len(waiting) + len(chunk) > right.size:
                waiting.clear()
                raise BodyTooLarge(right.size)
            waiting += chunk
            if len(waiting) >= PIECE:
                await write()
    finally:
        await write()
    return at


def _finish(incoming: Incoming, right: UploadRight) -> str:
    """Keep a whole file; return its type."""
    kind = media_type(incoming.beginning(right.key, right.sha256, ENOUGH))
    if kind is None:
        incoming.drop(right.key, right.sha256)
        raise UnwelcomeType
    try:
        incoming.keep(right.key, right.sha256)
    except EvidenceError:
        raise OtherContent(right.sha256) from None
    return kind


def _answer(right: UploadRight, at: int) -> Response:
    return Response(None, 200 if at == right.size else 204, _offset(at))


def _offset(at: int) -> dict[str, str]:
    return {"Upload-Offset": str(at), "Cache-Control": "no-store"}
