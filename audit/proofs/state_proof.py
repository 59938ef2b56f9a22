"""Proofs of single items of a state, or of their absence: read in one spelling only, and checked."""

from __future__ import annotations

import re
from typing import Any

from audit.proofs import canonical
from audit.proofs.errors import StateError
from audit.proofs.merkle import EMPTY_ROOT, HASH_SIZE, verify_inclusion
from audit.proofs.state import KEY, Item, Shown, StateProof, item_leaf

VERSION = "minhchung.state-proof/v1"
MAX_PROOF = 256 * 1024
MAX_HASHES = 63
_HASH = re.compile(rf"[0-9a-f]{{{2 * HASH_SIZE}}}", re.ASCII)


def state_proof_to_json(proof: StateProof) -> dict[str, object]:
    """Return a proof as what its canonical JSON holds."""
    shown = [
        {
            "blinding": one.blinding.hex(),
            "events": list(one.item.events),
            "hashes": [found.hex() for found in one.hashes],
            "index": one.index,
            "key": one.item.key,
            "made_by": list(one.item.made_by),
            "value": dict(one.item.value),
        }
        for one in proof.shown
    ]
    absent = {} if proof.absent is None else {"absent": proof.absent}
    return {"count": proof.count, "shown": shown, "v": VERSION} | absent


def format_state_proof(proof: StateProof) -> bytes:
    """Write a state proof."""
    return canonical.encode(state_proof_to_json(proof))


def parse_state_proof(data: bytes) -> StateProof:
    """Read a state proof; nothing in it is verified.

    Raises CanonicalError for any but the one spelling, StateError `state.malformed` with the field.
    """
    return state_proof_from_json(canonical.decode(data, limit=MAX_PROOF))


def state_proof_from_json(stated: Any) -> StateProof:
    """Read a state proof that was decoded already; raises StateError `state.malformed` with the field."""
    if not isinstance(stated, dict) or stated.keys() - {"absent"} != {"count", "shown", "v"}:
        raise StateError("state.malformed", field="proof")
    if stated["v"] != VERSION:
        raise StateError("state.malformed", field="v")
    absent, shown = stated.get("absent"), stated["shown"]
    if "absent" in stated and not (isinstance(absent, str) and KEY.fullmatch(absent)):
        raise StateError("state.malformed", field="absent")
    if not isinstance(shown, list) or (len(shown) != 1 if absent is None else len(shown) > 2):
        raise StateError("state.malformed", field="shown")
    return StateProof(_number(stated, "count"), tuple(map(_shown, shown)), absent)


def _shown(stated: Any) -> Shown:
    fields = {"blinding", "events", "hashes", "index", "key", "made_by", "value"}
    if not isinstance(stated, dict) or stated.keys() != fields:
        raise StateError("state.malformed", field="shown")
    hashes = stated["hashes"]
    if not isinstance(hashes, list) or len(hashes) > MAX_HASHES:
        raise StateError("state.malformed", field="hashes")
    return Shown(
        _item(stated),
        _hash(stated["blinding"], "blinding"),
        _number(stated, "index"),
        tuple(_hash(one, "hashes") for one in hashes),
    )


def _item(stated: dict[str, Any]) -> Item:
    key, value = stated["key"], stated["value"]
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise StateError("state.malformed", field="key")
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise StateError("state.malformed", field="value")
    return Item(
        key,
        tuple(value.items()),  # canonical JSON, and so in order
        _positions(stated["made_by"], "made_by"),
        _positions(stated["events"], "events"),
    )


def _positions(stated: Any, field: str) -> tuple[int, ...]:
    """Positions in ascending order, none twice."""
    good = isinstance(stated, list) and all(type(one) is int and one >= 0 for one in stated)
    if not good or stated != sorted(set(stated)):
        raise StateError("state.malformed", field=field)
    return tuple(stated)


def _hash(stated: Any, field: str) -> bytes:
    if not isinstance(stated, str) or not _HASH.fullmatch(stated):
        raise StateError("state.malformed", field=field)
    return bytes.fromhex(stated)


def _number(stated: dict[str, Any], field: str) -> int:
    if type(stated[field]) is not int or stated[field] < 0:
        raise StateError("state.malformed", field=field)
    return int(stated[field])


# --- checking -------------------------------------------------------------------------------------------


def verify_state_proof(proof: StateProof, *, key: str, count: int, root: bytes) -> None:
    """Raise unless a state of `count` items with this root has the item of a key, or has none, as it says.

    1. The proof is about that key, and about a state of so many items.
    2. Every leaf that it shows is at its index of the tree with that root.
    3. If it shows the item itself, that is all.
    4. If it says that there is none: of two neighbours the one is right behind the other and the key lies
       between them; a single one is the first of all and behind the key, or the last of all and before it;
       none at all means that the state is empty.

    Raises StateError `state.other_key`, `state.other_count`, `state.not_neighbours`, `state.not_between`,
    `state.not_the_edge`, `state.not_empty`; MerkleError.
    """
    if proof.key != key:  # 1
        raise StateError("state.other_key", stated=proof.key, expected=key)
    if proof.count != count:
        raise StateError("state.other_count", stated=proof.count, expected=count)
    for one in proof.shown:  # 2
        leaf = item_leaf(one.item, one.blinding)
        verify_inclusion(index=one.index, size=count, leaf_hash=leaf, proof=one.hashes, root=root)
    if proof.absent is not None:  # 3, 4
        _verify_absence(proof, key, root)


def _verify_absence(proof: StateProof, key: str, root: bytes) -> None:
    if not proof.shown:
        if proof.count != 0 or root != EMPTY_ROOT:
            raise StateError("state.not_empty", count=proof.count)
        return
    first, last = proof.shown[0], proof.shown[-1]
    if len(proof.shown) == 1:
        before_all = first.index == 0 and key < first.item.key
        if not before_all and not (last.index == proof.count - 1 and last.item.key < key):
            raise StateError("state.not_the_edge", index=first.index, count=proof.count)
        return
    if first.index + 1 != last.index:
        raise StateError("state.not_neighbours", left=first.index, right=last.index)
    if not first.item.key < key < last.item.key:
        raise StateError("state.not_between", left=first.item.key, right=last.item.key)
