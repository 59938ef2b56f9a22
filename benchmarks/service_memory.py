"""What the server holds in memory while every office submits and large evidence files come in."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from api.synth_script import Shape
from api.upload_right import sign_right
from benchmarks.load import Told, ask, everybody, serving
from benchmarks.measure import Line
from benchmarks.service import EXPECTED, PATIENCE, furnished, shape_of

OFFICES = max(PATIENCE)
FILES = 10
MEGABYTES = 20
"""Of each file; together 200 MB are under way."""
PIECE = 256 * 1024
LIMIT = 400
"""MiB of memory that the server held at any moment."""
UNTIL = 9_999_999_999


def under_uploads(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Let 256 offices submit, and ten more people send a file each meanwhile."""
    where, boxes = furnished(folder / "uploads", OFFICES, OFFICES * (4 if quick else 12))
    with serving(where) as (port, server):
        sent, files = asyncio.run(_both(port, boxes, shape_of(OFFICES, 1)))
        status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    shutil.rmtree(where.data)
    (held,) = (int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
    odd = sent.odd(*EXPECTED) + files.odd(201)
    yield Line(
        f"service: memory at {OFFICES} offices and {FILES * MEGABYTES} MB of uploads",
        f"{held:,.0f} MiB at most; {sent.rate:,.0f} accepted/s",
        f"limit: {LIMIT} MiB; files that came whole: {files.statuses[201]}; other answers: {odd}",
        f"{held / LIMIT:.2f} of the limit",
        held <= LIMIT and not odd,
    )


async def _both(port: int, boxes: list[list[bytes]], shape: Shape) -> tuple[Told, Told]:
    files = Told()
    uploads = [asyncio.create_task(_upload(port, shape, number, files)) for number in range(FILES)]
    sent = await everybody(port, boxes)
    await asyncio.gather(*uploads)
    return sent, files


async def _upload(port: int, shape: Shape, number: int, told: Told) -> None:
    """Send one file in pieces, as fast as the server takes it."""
    content = b"%%PDF-%d\n" % number + bytes(MEGABYTES * 1000 * 1000)
    name = hashlib.sha256(content).hexdigest()
    signer = shape.keys[shape.staff[number][0]]
    right = sign_right(signer, shape.origin, name, len(content), UNTIL)
    head = f"PUT /v1/blobs/{name} HTTP/1.1\r\nHost: log\r\nAuthorization: {right}\r\nUpload-Offset: 0\r\n"
    connected = await asyncio.open_connection("127.0.0.1", port)
    started = perf_counter()
    connected[1].write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode())
    for at in range(0, len(content), PIECE):
        connected[1].write(content[at : at + PIECE])
        await connected[1].drain()
    await ask(connected, b"", told, started)
    connected[1].close()
