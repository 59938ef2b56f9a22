"""Most entries read in one go, as far as the order of the log depends on them: half the time of the long way.

What is told here is what the long way (`reading.read`) would have found. Nothing is refused here: an entry
that does not fit, or whose signature does not verify, is read again the long way, which says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from audit.proofs.entry import plain_entry
from audit.proofs.errors import BadSignature
from audit.proofs.grammar import PLAIN
from audit.proofs.key_events import GENESIS, KEY_EVENTS
from audit.proofs.keys import Check, PublicKey
from audit.proofs.statement import MAX_STATEMENT, is_time, pae, stream_of

_KEY = re.compile(r'"([^"]*)":')
_DIGEST = re.compile(r'"([^"]*)":"([^"]*)"')
_WHOLE = KEY_EVENTS | {GENESIS}

Seen = tuple[int, str]


class Brief(NamedTuple):
    """What is left of an entry whose statement is by one key, and whose signature was checked."""

    received_at: str
    log: str
    id: str
    type: str
    stream: str
    actor: str
    key: str
    counter: int
    seen: tuple[int, str]
    commitments: Mapping[str, str]


def read_brief(state: bytes, keys: Mapping[str, PublicKey], check: Check) -> Brief | None:
    """Read an entry's bytes; nothing where the long way is needed."""
    entry = plain_entry(state)
    if entry is None:
        return None
    _, payload, signer, signature, received_at = entry
    if len(payload) > MAX_STATEMENT or not payload.isascii():
        return None
    found = PLAIN.fullmatch(payload.decode("ascii"))
    if found is None:
        return None
    (
        actor, agency, _files, body, digests, counter, criterion, _, _, number, key, log,
        matter, occurred_at, _, round_code, root, size, kind,
    ) = found.groups()  # fmt: skip
    if signer != key or key not in keys or kind in _WHOLE or not is_time(occurred_at):
        return None
    committed = _DIGEST.findall(digests)
    if not (_ordered(_KEY.findall(body)) and _ordered([name for name, _ in committed])):
        return None
    try:
        check(keys[key], signature, pae(payload))
    except BadSignature:
        return None
    stream = stream_of(round_code, agency, criterion, matter)
    seen = (int(size), root)
    return Brief(received_at, log, number, kind, stream, actor, key, int(counter), seen, dict(committed))


def _ordered(names: list[str]) -> bool:
    return len(names) < 2 or names == sorted(set(names))
