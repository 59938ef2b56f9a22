"""Ways to change a dossier at random, one deeper than the other, each sealed again as a forger would.

A character that is changed is found by the form or the seal, nearly always. So values are changed as well,
with a digest that fits again; and what is stated in an entry, with its leaf, and signed anew by a key that
everybody can make.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

from audit.proofs import canonical
from audit.proofs.dossier import seal
from audit.proofs.errors import AuditError
from audit.proofs.keys import DEMO_KEYS, SigningKey, demo_signing_key
from audit.proofs.merkle import leaf_hash
from audit.proofs.statement import sign_payload

Change = Callable[[bytes, Random], bytes]


def character(dossier: bytes, chosen: Random) -> bytes:
    """Change one character of the file."""
    place = chosen.randrange(len(dossier))
    other = chosen.choice([c for c in range(32, 127) if c != dossier[place]])
    return dossier[:place] + bytes([other]) + dossier[place + 1 :]


def value(dossier: bytes, chosen: Random) -> bytes:
    """Change one value of what the file holds."""
    inner = json.loads(dossier)["dossier"]
    _change_in(inner, chosen)
    return _sealed(inner) or character(dossier, chosen)


def statement(dossier: bytes, chosen: Random) -> bytes:
    """Change what one entry states, with its leaf; half of them are signed anew, where that can be."""
    inner = json.loads(dossier)["dossier"]
    held = chosen.choice([one for one in inner["entries"] if "entry" in one])
    entry = json.loads(held["entry"])
    envelope = entry["envelope"]
    stated = json.loads(base64.b64decode(envelope["payload"]))
    _change_in(stated, chosen)
    try:
        payload = canonical.encode(stated)
    except AuditError:
        return character(dossier, chosen)
    envelope["payload"] = base64.b64encode(payload).decode()
    if chosen.random() < 0.5:
        _sign_anew(envelope, payload)
    changed = json.dumps(entry, separators=(",", ":"), sort_keys=True)
    held["entry"], held["leaf"] = changed, leaf_hash(changed.encode()).hex()
    return _sealed(inner) or character(dossier, chosen)


DEPTHS: Mapping[str, Change] = {"character": character, "value": value, "statement": statement}


def _sealed(inner: dict[str, Any]) -> bytes | None:
    try:
        return seal(canonical.encode(inner))
    except AuditError:
        return None  # cannot be written in the one spelling


def _sign_anew(envelope: dict[str, Any], payload: bytes) -> None:
    known = _demo_keys()
    signers = [known[each["keyid"]] for each in envelope["signatures"] if each["keyid"] in known]
    if len(signers) == len(envelope["signatures"]):
        envelope["signatures"] = [
            {"keyid": key, "sig": base64.b64encode(signature).decode()}
            for key, signature in sign_payload(payload, signers).signatures
        ]


@cache
def _demo_keys() -> dict[str, SigningKey]:
    keys = (demo_signing_key(number) for number in range(DEMO_KEYS))
    return {key.public_key.id: key for key in keys}


# --- one value ------------------------------------------------------------------------------------------

Place = tuple[Any, Any]
"""An object or a list, and the key or index of one value in it."""


def _places(within: Any) -> Iterator[Place]:
    items = within.items() if isinstance(within, dict) else enumerate(within)
    for key, item in list(items):
        yield within, key
        if isinstance(item, dict | list):
            yield from _places(item)


def _change_in(whole: dict[str, Any], chosen: Random) -> None:
    """Change one place: most of them lie deep, so the depth is chosen before the place."""
    by_depth = [place for place in _places(whole) if isinstance(place[0], dict) or len(place[0]) < 64]
    within, key = chosen.choice(by_depth if chosen.random() < 0.7 else list(_places(whole)))
    chosen.choice(WAYS)(within, key, chosen)


def _left_out(within: Any, key: Any, _: Random) -> None:
    del within[key]


def _other_kind(within: Any, key: Any, chosen: Random) -> None:
    within[key] = chosen.choice([None, True, 0, -1, 2**53 - 1, "", "0", [], {}, [within[key]]])


def _nearly(within: Any, key: Any, chosen: Random) -> None:
    """Another value of the same kind."""
    found = within[key]
    if isinstance(found, bool):
        within[key] = not found
    elif isinstance(found, int):
        within[key] = found + chosen.choice([-1, 1])
    elif isinstance(found, str):
        at = chosen.randrange(len(found) + 1)
        within[key] = found[:at] + chosen.choice("0159afzAZ. -\nàệ€") + found[at + chosen.randrange(2) :]
    elif isinstance(found, list):
        chosen.shuffle(found)
    elif isinstance(found, dict):
        found[chosen.choice(["v", "x", "position", "zzz"])] = chosen.choice([1, "a", None])


def _from_elsewhere(within: Any, key: Any, chosen: Random) -> None:
    """A value of a neighbour in its place, or once more beside it."""
    others = list(within.values()) if isinstance(within, dict) else within
    taken = chosen.choice(others)
    if isinstance(within, list) and chosen.random() < 0.5:
        within.insert(key, taken)
    else:
        within[key] = taken


WAYS = (_left_out, _other_kind, _nearly, _nearly, _from_elsewhere)
