"""Sets of positions as the search index keeps them: one small row for each key in each stretch of the log.

A set is an integer in memory, bit n for the n-th position of the stretch, so that words meet in one `&`.
On disk a sparse one is a list of places of two bytes each, a dense one the bits themselves.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence

STRETCH = 4096
"""How many positions a row is about."""
ALL = (1 << STRETCH) - 1
_BYTES = STRETCH // 8


def of(places: Iterable[int]) -> int:
    """Return the set of these places of a stretch."""
    made = bytearray(_BYTES)
    for place in places:
        made[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(made, "little")


def places(bits: int) -> Iterator[int]:
    """Yield the places of a set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def pack(bits: int) -> bytes:
    """Write a set: as a list where that is shorter than the bits."""
    if bits.bit_count() * 2 >= _BYTES:
        return bits.to_bytes(_BYTES, "little")
    return _two_bytes(array("H", places(bits))).tobytes()


def pack_places(listed: Sequence[int]) -> bytes:
    """Write the set of these places, lowest first and each once, as `pack` does."""
    if len(listed) * 2 >= _BYTES:
        return of(listed).to_bytes(_BYTES, "little")
    return _two_bytes(array("H", listed)).tobytes()


def unpack(data: bytes) -> int:
    """Read a set."""
    if len(data) == _BYTES:
        return int.from_bytes(data, "little")
    return of(_two_bytes(array("H", data)))


def _two_bytes(listed: array[int]) -> array[int]:
    """Turn a list to the order of bytes that is kept, and back."""
    if sys.byteorder == "big":
        listed.byteswap()
    return listed


def span(first: int, until: int) -> int:
    """Return the set of all places from the first on, up to and without the last; both may lie outside."""
    first, until = max(first, 0), min(max(until, 0), STRETCH)
    return ((1 << until) - 1) & ~((1 << first) - 1) if first < until else 0
