"""The state tree: every cell, total and rank of a published result, blinded, each provable alone.

An RFC 6962 tree over items in ascending order of their keys, so that two neighbours prove what is not
there. Scores can be guessed, and so every leaf is hidden behind 32 bytes that nobody can guess, and that are
shown with its proof. What an item says is not this module's business.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from audit.proofs import canonical
from audit.proofs.errors import StateError
from audit.proofs.merkle import EMPTY_ROOT, HASH_SIZE, leaf_hash

BLINDING = b"minhchung.state-blinding/v1\n"
SECRET_SIZE = 32
_PART = "[0-9A-Za-z-]{1,16}"
KEY = re.compile(rf"{_PART}/{_PART}/(?:[0-9A-Z.]{{1,16}}|rank|total)", re.ASCII)
"""round/agency/criterion, round/agency/rank or round/agency/total."""
_KEYS = re.compile(rf"(?:{KEY.pattern}\n)*", re.ASCII)

Value = tuple[tuple[str, str], ...]
"""What an item says, as (name, text), names in ascending order."""


class StateItem(Protocol):
    """One cell, total or rank: whatever has this shape can be an item."""

    @property
    def key(self) -> str:
        """What it is found by."""

    @property
    def value(self) -> Value:
        """What it says."""

    @property
    def made_by(self) -> tuple[int, ...]:
        """The positions of the acts that made the value."""

    @property
    def events(self) -> tuple[int, ...]:
        """The positions of all statements about it."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it was read from a proof."""

    key: str
    value: Value
    made_by: tuple[int, ...]
    events: tuple[int, ...]


def encode_item(item: StateItem) -> bytes:
    """Spell an item canonically."""
    return encode_items([item])[0]


def encode_items(items: Sequence[StateItem]) -> list[bytes]:
    """Spell items; by hand, because a state has thousands, with plain keys and few escapes."""
    told = ((item.events, item.key, item.made_by, _spelled(item.value)) for item in items)
    return [
        (_template(len(events), len(acts)) % (*events, key, *acts, value)).encode()
        for events, key, acts, value in told
    ]


@lru_cache(maxsize=1 << 10)
def _template(events: int, acts: int) -> str:
    """Spell an item about so many events, of so many acts, but for what stands in it."""
    numbers, made_by = (",".join(["%d"] * count) for count in (events, acts))
    return f'{{"events":[{numbers}],"key":"%s","made_by":[{made_by}],"value":%s}}'


@lru_cache(maxsize=1 << 14)
def _spelled(value: Value) -> str:
    plain = ",".join([f'"{name}":"{text}"' for name, text in value])
    if plain.isascii() and plain.isprintable() and plain.count('"') == 4 * len(value) and "\\" not in plain:
        return f"{{{plain}}}"
    return canonical.encode(dict(value)).decode()


def item_leaf(item: StateItem, blinding: bytes) -> bytes:
    """Return the leaf hash: SHA-256(0x00 || blinding || item)."""
    return leaf_hash(blinding + encode_item(item))


def blindings(secret: bytes, count: int) -> list[bytes]:
    """Return what hides each leaf: SHAKE256(label || secret), 32 bytes after 32 bytes.

    Whoever is shown some of them learns nothing of the others. The secret is 32 random bytes, and of one
    attestation alone. Raises StateError `state.malformed_secret`.
    """
    if len(secret) != SECRET_SIZE:
        raise StateError("state.malformed_secret", size=len(secret))
    stream = hashlib.shake_256(BLINDING + secret).digest(HASH_SIZE * count)
    return [stream[i : i + HASH_SIZE] for i in range(0, len(stream), HASH_SIZE)]


class StateTree:
    """The tree over a whole state; whoever has the secret and the items builds the same one."""

    def __init__(self, items: Sequence[StateItem], secret: bytes) -> None:
        """Raise StateError `state.malformed_key`, `state.unsorted`, `state.malformed_secret`."""
        keys = [item.key for item in items]
        if keys and not _KEYS.fullmatch("\n".join(keys) + "\n"):
            raise StateError("state.malformed_key")
        for one, other in pairwise(keys):
            if one >= other:
                raise StateError("state.unsorted", key=other)
        self.items = items
        self._keys = keys
        self._blindings = blindings(secret, len(items))
        sha256 = hashlib.sha256
        leaves = [
            sha256(b"\x00" + blinding + item).digest()
            for item, blinding in zip(encode_items(items), self._blindings, strict=True)
        ]
        self._levels = list(_levels(leaves))

    @property
    def root(self) -> bytes:
        """The state root."""
        return self._levels[-1][0] if self.items else EMPTY_ROOT

    def prove(self, key: str) -> StateProof:
        """Prove the item of a key, or that there is none."""
        after = bisect_left(self._keys, key)
        if after < len(self._keys) and self._keys[after] == key:
            return StateProof(len(self._keys), (self._shown(after),))
        neighbours = [place for place in (after - 1, after) if 0 <= place < len(self._keys)]
        return StateProof(len(self._keys), tuple(map(self._shown, neighbours)), absent=key)

    def _shown(self, place: int) -> Shown:
        hashes, index = [], place
        for level in self._levels[:-1]:
            if (sibling := index ^ 1) < len(level):
                hashes.append(level[sibling])
            index >>= 1
        return Shown(_read(self.items[place]), self._blindings[place], place, tuple(hashes))


def _levels(leaves: list[bytes]) -> Iterator[list[bytes]]:
    """Hash level after level; an odd node goes up as it is, which makes the tree of RFC 6962."""
    sha256, level = hashlib.sha256, leaves
    yield level
    while len(level) > 1:
        odd = level[-1:] if len(level) & 1 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
        yield level


def _read(item: StateItem) -> Item:
    return Item(item.key, item.value, item.made_by, item.events)


@dataclass(frozen=True, slots=True)
class Shown:
    """One leaf laid open, with its path to the state root."""

    item: Item
    blinding: bytes
    index: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StateProof:
    """One item shown; or `absent`, a key that lies between the neighbours that are shown."""

    count: int
    shown: tuple[Shown, ...]
    absent: str | None = None

    @property
    def key(self) -> str:
        """What it is about."""
        return self.shown[0].item.key if self.absent is None else self.absent
