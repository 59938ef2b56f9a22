"""How a log lies in static files (C2SP tlog-tiles): what tiles and bundles are called, and what is in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.proofs.merkle import HASH_SIZE

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""


def tiles(folder: str, size: int) -> Iterator[str]:
    """Name the tiles over so many hashes or entries (C2SP tlog-tiles, "Merkle Tree" and "Log entries")."""
    for index in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        partial = "" if width == TILE_WIDTH else f".p/{width}"
        yield f"{folder}/{_number(index)}{partial}"


def _number(index: int) -> str:
    """1234067 is written x001/x234/067."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups)


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Write entries one after the other, each behind its length in two bytes."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def read_bundle(data: bytes) -> Iterator[bytes]:
    """Yield the entries of a bundle; raises ValueError after those that are whole where it is cut short."""
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2])
        if len(data) < place + 2 + length:
            raise ValueError("an entry bundle is cut short")
        yield data[place + 2 : place + 2 + length]
        place += 2 + length


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of tiles, one after the other."""
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]
