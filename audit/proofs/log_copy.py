"""A copy of a log, to be verified: its rows, and everything that is stored beside them to prove them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from audit.proofs.commitment import Opening

Words = Mapping[str, Sequence[Opening]]
"""Statement id -> the openings beside it."""
OpeningsOf = Callable[[Sequence[str]], Words]


class Row(NamedTuple):
    """A stored event as it lies in the database; `entry` are its exact bytes."""

    position: int
    stream: str
    version: int
    topic: str
    entry: bytes


@dataclass(frozen=True, slots=True)
class LogCopy:
    """What is verified: the rows, and everything stored beside them to prove them."""

    rows: Iterable[Row]
    leaf_hashes: Sequence[bytes]
    head: tuple[int, bytes]
    checkpoints: Sequence[tuple[int, bytes]]
    openings: Words = field(default_factory=dict)
    openings_of: OpeningsOf | None = None
    """Looks up the openings of some statements, where `openings` does not hold all of them at once."""
    sizes: Collection[int] = ()
    """Further sizes at which the root is to be noted (`Verdict.roots`), for whoever compares it."""
