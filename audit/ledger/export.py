"""An export: the log as static files, laid out as C2SP tlog-tiles has it, that anybody can verify and keep.

Hash tiles and checkpoints are for everybody; entries are for those who may read them, and words only where
they were asked for.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from audit.ledger.cosignatures import cosigned_note
from audit.ledger.errors import ExportRefused
from audit.ledger.stamping import kept_tokens
from audit.ledger.tables import checkpoints, head, openings, stored_events, tiles
from audit.proofs.merkle import HASH_SIZE
from audit.proofs.tiles import TILE_HEIGHT, TILE_WIDTH, write_bundle
from audit.proofs.tiles import tiles as tile_names

Progress = Callable[[int, int], None]


def export_log(
    connection: Connection,
    folder: Path,
    *,
    entries: bool = True,
    words: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write the log, as it is committed, into a new folder; return its size.

    Without `entries` only hash tiles and checkpoints are written, which say nothing of what was stated.
    Raises ExportRefused `export.not_empty`, `export.nothing`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportRefused("export.not_empty", path=str(folder))
    size = connection.execute(select(head.c.size)).scalar_one()
    newest = cosigned_note(connection, size)
    if newest is None:
        raise ExportRefused("export.nothing", size=size)
    folder.mkdir(parents=True, exist_ok=True)
    _write_hashes(connection, folder, size)
    if entries:
        _write_entries(connection, folder, size, progress)
    if words:
        _write_words(connection, folder)
    for known in connection.execute(select(checkpoints.c.size).order_by(checkpoints.c.size)).scalars().all():
        _write(folder / "checkpoints" / str(known), cosigned_note(connection, known) or b"")
    _write_tokens(connection, folder)
    _write(folder / "checkpoint", newest)
    return int(size)


def _write_hashes(connection: Connection, folder: Path, size: int) -> None:
    level = 0
    while count := size >> TILE_HEIGHT * level:
        for index, name in enumerate(tile_names(f"tile/{level}", count)):
            found = select(tiles.c.hashes).where(tiles.c.level == level, tiles.c["index"] == index)
            width = min(TILE_WIDTH, count - index * TILE_WIDTH)
            _write(folder / name, connection.execute(found).scalar_one()[: width * HASH_SIZE])
        level += 1


def _write_entries(connection: Connection, folder: Path, size: int, progress: Progress | None) -> None:
    for index, name in enumerate(tile_names("tile/entries", size)):
        _write(folder / name, write_bundle(_entries(connection, index * TILE_WIDTH, size)))
        if progress is not None:
            progress(min(size, (index + 1) * TILE_WIDTH), size)


def _entries(connection: Connection, start: int, size: int) -> Iterator[bytes]:
    its = stored_events.c
    end = min(start + TILE_WIDTH, size)
    found = select(its.state).where(its.position >= start, its.position < end).order_by(its.position)
    yield from connection.execute(found).scalars()


def _write_words(connection: Connection, folder: Path) -> None:
    stated: dict[str, list[dict[str, str]]] = {}
    for row in connection.execute(select(openings).where(openings.c.value.is_not(None))):
        opening = {"field": row.field, "salt": row.salt.hex(), "value": row.value}
        stated.setdefault(row.statement_id, []).append(opening)
    _write(folder / "openings.json", json.dumps(stated, ensure_ascii=False, indent=1).encode())


def _write_tokens(connection: Connection, folder: Path) -> None:
    """They are over checkpoints, and for everybody as these are."""
    stated = [
        {
            "size": token.size,
            "authority": token.authority,
            "token": base64.b64encode(token.response).decode(),
            "sha256": token.sha256.hex(),
        }
        for token in kept_tokens(connection)
    ]
    if stated:
        _write(folder / "timestamps.json", json.dumps(stated, ensure_ascii=False, indent=1).encode())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
