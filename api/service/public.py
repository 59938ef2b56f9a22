"""What everybody may read: the published result as its policy shows it, checkpoints and hashes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api import publication
from api.errors import UnknownSubject
from api.runtime import Runtime
from api.service.answering import BRIEFLY, FOR_EVER, cached
from api.service.errors import NotThere
from audit.ledger import tree
from audit.ledger.cosignatures import cosigned_note
from audit.ledger.tables import head, tiles
from audit.proofs.errors import MerkleError
from audit.proofs.merkle import HASH_SIZE
from audit.proofs.tiles import TILE_HEIGHT, TILE_WIDTH
from domain.criteria import Block

TEXT = "text/plain; charset=utf-8"
_TILE = re.compile(
    r"(?P<level>0|[1-9][0-9]?)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


def public(runtime: Runtime) -> APIRouter:
    """Return the routes that everybody may read."""
    router = APIRouter(prefix="/v1")

    async def ask(question: Callable[[Connection], Any]) -> Any:
        return await run_in_threadpool(_ask, question)

    def _ask(question: Callable[[Connection], Any]) -> Any:
        with runtime.log.database.read() as connection:
            return question(connection)

    @router.get("/rounds/{code}/result")
    async def result(request: Request, code: str, block: Block | None = None) -> Response:
        """Answer with the newest published version of a round, as its policy shows it to the public."""

        def question(connection: Connection) -> Any:
            size = connection.execute(select(head.c.size)).scalar_one()
            return publication.published(runtime.log, connection, code, block and block.value, size)

        try:
            told = await ask(question)
        except UnknownSubject:
            raise NotThere("round") from None
        return cached(request, JSONResponse(told), BRIEFLY)

    @router.get("/log/checkpoint")
    async def checkpoint(request: Request) -> Response:
        """Answer with the newest checkpoint and what witnesses signed under it (C2SP tlog-checkpoint)."""

        def question(connection: Connection) -> bytes | None:
            return cosigned_note(connection, connection.execute(select(head.c.size)).scalar_one())

        note = await ask(question)
        if note is None:
            raise NotThere("checkpoint")
        return cached(request, Response(note, media_type=TEXT), BRIEFLY)

    @router.get("/log/tile/{path:path}")
    async def tile(request: Request, path: str) -> Response:
        """Answer with a tile of hashes (C2SP tlog-tiles); they say nothing of what was stated."""
        found = _TILE.fullmatch(path)
        hashes = None if found is None else await ask(lambda connection: _hashes(connection, found))
        if hashes is None:
            raise NotThere("tile")
        return cached(request, Response(hashes, media_type="application/octet-stream"), FOR_EVER)

    @router.get("/log/consistency")
    async def consistency(request: Request, first: int, second: int) -> Response:
        """Answer with the proof that the log at one size is the beginning of the log at another."""

        def question(connection: Connection) -> list[str]:
            if second > connection.execute(select(head.c.size)).scalar_one():
                raise NotThere("size")
            return [node.hex() for node in tree.consistency_proof(connection, first, second)]

        try:
            proof = await ask(question)
        except MerkleError:
            raise NotThere("size") from None
        return cached(request, JSONResponse({"first": first, "second": second, "proof": proof}), FOR_EVER)

    @router.get("/log/inclusion")
    async def inclusion(request: Request, position: int, size: int) -> Response:
        """Answer with the proof that the log holds an entry at a size; it tells hashes alone."""

        def question(connection: Connection) -> Any:
            if not 0 <= position < size <= connection.execute(select(head.c.size)).scalar_one():
                raise NotThere("size")
            return {
                "position": position,
                "size": size,
                "leaf_hash": next(tree.leaf_hashes(connection, position)).hex(),
                "proof": [n.hex() for n in tree.inclusion_proof(connection, position, size)],
                "root": tree.root_at(connection, size).hex(),
            }

        return cached(request, JSONResponse(await ask(question)), FOR_EVER)

    return router


def _hashes(connection: Connection, name: re.Match[str]) -> bytes | None:
    """Return the hashes of a tile, if the log has that many by now."""
    level, width = int(name["level"]), int(name["width"] or TILE_WIDTH)
    index = int(name["number"].replace("x", "").replace("/", ""))
    if width > TILE_WIDTH or (index * TILE_WIDTH + width) << TILE_HEIGHT * level >= 2**63:
        return None
    size = connection.execute(select(head.c.size)).scalar_one() >> TILE_HEIGHT * level
    if index * TILE_WIDTH + width > size:
        return None
    wanted = select(tiles.c.hashes).where(tiles.c.level == level, tiles.c["index"] == index)
    return bytes(connection.execute(wanted).scalar_one()[: width * HASH_SIZE])
