"""The tree of RFC 6962: proofs that hold, and all the ways in which one must not."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs.errors import MerkleError
from audit.proofs.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(b"entry %d" % n) for n in range(70)]
KNOWN_DATA = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
KNOWN_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Roots over the first 0 to 8 leaves of the data above, as the logs of certificate transparency have them."""


def rule_of(check: Any, arguments: dict[str, Any]) -> str:
    """Return the rule by which a proof is refused; `accepted` when it is not."""
    try:
        check(**arguments)
    except MerkleError as wrong:
        return wrong.rule
    return "accepted"


def inclusion(index: int, size: int) -> dict[str, Any]:
    """Return what proves a leaf."""
    path = inclusion_proof(LEAVES[:size], index)
    return {
        "index": index,
        "size": size,
        "leaf_hash": LEAVES[index],
        "proof": path,
        "root": root(LEAVES[:size]),
    }


def consistency(size1: int, size2: int) -> dict[str, Any]:
    """Return what proves that a tree grew out of another."""
    return {
        "size1": size1,
        "size2": size2,
        "root1": root(LEAVES[:size1]),
        "root2": root(LEAVES[:size2]),
        "proof": consistency_proof(LEAVES, size1, size2),
    }


# --- roots ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_rfc_6962(size: int) -> None:
    """Known leaves give the known roots, the empty tree included."""
    leaves = [leaf_hash(bytes.fromhex(data)) for data in KNOWN_DATA[:size]]
    assert root(leaves).hex() == KNOWN_ROOTS[size]


def test_leaf_and_node_cannot_be_mistaken_for_each_other() -> None:
    """A leaf hashes 0x00 first and a node 0x01, so that no leaf's bytes pass for a node."""
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) == sha256(b"\0" + left + right).digest()
    assert node_hash(left, right) == sha256(b"\1" + left + right).digest()
    assert sha256(b"").digest() == EMPTY_ROOT


def _definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = max(power for power in (1 << n for n in range(8)) if power < len(leaves))
    return sha256(b"\1" + _definition(leaves[:k]) + _definition(leaves[k:])).digest()


@pytest.mark.parametrize("size", [1, 2, 3, 15, 16, 17, 33, 63, 64, 65])
def test_growing_tree_has_the_defined_root(size: int) -> None:
    """Appending leaf by leaf, also from subtrees kept earlier, ends at the root of the definition."""
    half = CompactRange()
    for leaf in LEAVES[: size // 2]:
        half.append(leaf)
    rest = CompactRange(half.size, half.subtrees)
    for leaf in LEAVES[size // 2 : size]:
        rest.append(leaf)
    assert (rest.size, rest.root()) == (size, _definition(LEAVES[:size]))


# --- public vectors -------------------------------------------------------------------------------------


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_public_proof_vectors(vectors: Path) -> None:
    """All 196 inclusion and consistency vectors are accepted or refused as they should be."""
    data = vectors / "transparency-dev-merkle" / "testdata"
    checked = 0
    for kind in ("inclusion", "consistency"):
        for file in sorted((data / kind).rglob("*.json")):
            vector = json.loads(file.read_text())
            proof = [_bytes(item) for item in vector["proof"] or ()]
            if kind == "inclusion":
                check: Any = verify_inclusion
                stated = {"index": vector["leafIdx"], "size": vector["treeSize"], "proof": proof}
                stated |= {"leaf_hash": _bytes(vector["leafHash"]), "root": _bytes(vector["root"])}
            else:
                check = verify_consistency
                stated = {"size1": vector["size1"], "size2": vector["size2"], "proof": proof}
                stated |= {"root1": _bytes(vector["root1"]), "root2": _bytes(vector["root2"])}
            assert (rule_of(check, stated) != "accepted") == vector["wantErr"], file
            checked += 1
    assert checked == 196


# --- what is refused ------------------------------------------------------------------------------------

LONG, SHORT = "proof.too_long", "proof.too_short"
OUTSIDE, OUT_OF_ORDER = "proof.index_outside_tree", "proof.sizes_out_of_order"
OTHER, SIZE, HASH = "proof.other_root", "proof.malformed_size", "proof.malformed_hash"
EXTRA = LEAVES[-1]

INCLUSION: dict[str, tuple[tuple[int, int], dict[str, Any], str]] = {
    "index is the size": ((4, 5), {"index": 5}, OUTSIDE),
    "index beyond the size": ((4, 5), {"index": 2**40}, OUTSIDE),
    "empty tree": ((0, 1), {"size": 0}, OUTSIDE),
    "empty tree with its root": ((0, 1), {"size": 0, "root": EMPTY_ROOT}, OUTSIDE),
    "negative index": ((0, 1), {"index": -1}, SIZE),
    "negative size": ((0, 1), {"size": -1}, SIZE),
    "index is a boolean": ((1, 2), {"index": True}, SIZE),
    "size is a boolean": ((0, 1), {"size": True}, SIZE),
    "index is a float": ((1, 2), {"index": 1.0}, SIZE),
    "size is text": ((0, 1), {"size": "1"}, SIZE),
    "size is beyond counting": ((0, 1), {"size": MAX_SIZE + 1}, SIZE),
    "path longer by one": ((3, 7), {"proof": [*inclusion_proof(LEAVES[:7], 3), EXTRA]}, LONG),
    "path longer by one, to a root that it makes": (
        (0, 2),
        {"proof": [LEAVES[1], EXTRA], "root": node_hash(root(LEAVES[:2]), EXTRA)},
        LONG,
    ),
    "path for a tree of one, to a root that it makes": (
        (0, 1),
        {"proof": [EXTRA], "root": node_hash(EXTRA, LEAVES[0])},
        LONG,
    ),
    "path shorter by one": ((3, 7), {"proof": inclusion_proof(LEAVES[:7], 3)[:-1]}, SHORT),
    "path shorter, to a root that it makes": (
        (0, 4),
        {"proof": [LEAVES[1]], "root": root(LEAVES[:2])},
        SHORT,
    ),
    "node shown as a leaf": (
        (0, 4),
        {"leaf_hash": root(LEAVES[:2]), "proof": [root(LEAVES[2:4])]},
        SHORT,
    ),
    "no path": ((3, 7), {"proof": []}, SHORT),
    "no path, leaf as root": ((0, 2), {"proof": [], "root": LEAVES[0]}, SHORT),
    "path of another leaf": ((3, 8), {"proof": inclusion_proof(LEAVES[:8], 4)}, OTHER),
    "another leaf": ((3, 8), {"leaf_hash": LEAVES[4]}, OTHER),
    "another index": ((3, 8), {"index": 2}, OTHER),
    "another root": ((3, 8), {"root": root(LEAVES[:9])}, OTHER),
    "path upside down": ((3, 8), {"proof": inclusion_proof(LEAVES[:8], 3)[::-1]}, OTHER),
    "leaf of 31 bytes": ((0, 1), {"leaf_hash": LEAVES[0][:31], "root": LEAVES[0][:31]}, HASH),
    "root of 33 bytes": ((0, 1), {"root": LEAVES[0] + b"\0"}, HASH),
    "empty root": ((0, 1), {"root": b""}, HASH),
    "empty hash in the path": ((0, 2), {"proof": [b""]}, HASH),
    "two hashes run together": ((0, 4), {"proof": [b"".join(inclusion_proof(LEAVES[:4], 0))]}, HASH),
    "hash in hex": ((0, 2), {"proof": [LEAVES[1].hex()]}, HASH),
    "hash that can change": ((0, 1), {"leaf_hash": bytearray(LEAVES[0])}, HASH),
}


@pytest.mark.parametrize("case", INCLUSION)
def test_refuses_inclusion(case: str) -> None:
    """A proof of inclusion that differs in this from a good one is refused, by its rule."""
    (index, size), change, rule = INCLUSION[case]
    good = inclusion(index, size)
    assert rule_of(verify_inclusion, good) == "accepted"
    assert rule_of(verify_inclusion, good | change) == rule


ROOT3, ROOT4, ROOT7 = root(LEAVES[:3]), root(LEAVES[:4]), root(LEAVES[:7])
PROOF37, PROOF47 = consistency_proof(LEAVES, 3, 7), consistency_proof(LEAVES, 4, 7)

CONSISTENCY: dict[str, tuple[tuple[int, int], dict[str, Any], str]] = {
    "from an empty tree": ((1, 2), {"size1": 0}, OUT_OF_ORDER),
    "from an empty tree with its root": (
        (1, 2),
        {"size1": 0, "root1": EMPTY_ROOT, "proof": []},
        OUT_OF_ORDER,
    ),
    "between empty trees": ((1, 1), {"size1": 0, "size2": 0}, OUT_OF_ORDER),
    "backwards": ((3, 7), {"size1": 7, "size2": 3, "root1": ROOT7, "root2": ROOT3}, OUT_OF_ORDER),
    "negative": ((1, 2), {"size1": -1}, SIZE),
    "a boolean": ((1, 2), {"size1": True}, SIZE),
    "both booleans": ((1, 1), {"size1": True, "size2": True}, SIZE),
    "beyond counting": ((1, 2), {"size2": MAX_SIZE + 1}, SIZE),
    "same size, other root": ((3, 3), {"root2": ROOT4}, OTHER),
    "same size with a path": ((3, 3), {"proof": [EXTRA]}, LONG),
    "no path": ((3, 7), {"proof": []}, SHORT),
    "no path from a full tree": ((4, 7), {"proof": []}, SHORT),
    "no path from a full tree, same roots": ((4, 8), {"proof": [], "root2": ROOT4}, SHORT),
    "path longer by one": ((3, 7), {"proof": [*PROOF37, EXTRA]}, LONG),
    "path longer by one from a full tree": ((4, 7), {"proof": [*PROOF47, EXTRA]}, LONG),
    "path longer by one, to a root that it makes": (
        (1, 2),
        {"proof": [LEAVES[1], EXTRA], "root2": node_hash(root(LEAVES[:2]), EXTRA)},
        LONG,
    ),
    "path shorter by one": ((3, 7), {"proof": PROOF37[:-1]}, SHORT),
    "full tree repeated in the path": ((4, 7), {"proof": [ROOT4, *PROOF47]}, LONG),
    "roots exchanged": ((3, 7), {"root1": ROOT7, "root2": ROOT3}, OTHER),
    "another older root": ((3, 7), {"root1": ROOT4}, OTHER),
    "another newer root": ((3, 7), {"root2": root(LEAVES[:8])}, OTHER),
    "path upside down": ((3, 7), {"proof": PROOF37[::-1]}, OTHER),
    "older root of 31 bytes": ((3, 7), {"root1": ROOT3[:31]}, HASH),
    "newer root of 33 bytes": ((3, 7), {"root2": ROOT7 + b"\0"}, HASH),
    "short hash in the path": ((3, 7), {"proof": [PROOF37[0][:31], *PROOF37[1:]]}, HASH),
    "hash in hex": ((3, 7), {"proof": [PROOF37[0].hex(), *PROOF37[1:]]}, HASH),
}


@pytest.mark.parametrize("case", CONSISTENCY)
def test_refuses_consistency(case: str) -> None:
    """A proof of consistency that differs in this from a good one is refused, by its rule."""
    (size1, size2), change, rule = CONSISTENCY[case]
    good = consistency(size1, size2)
    assert rule_of(verify_consistency, good) == "accepted"
    assert rule_of(verify_consistency, good | change) == rule


def test_sizes_are_counted_up_to_63_bits() -> None:
    """A proof may speak of any size up to 2^63 - 1, and of none beyond."""
    assert MAX_SIZE == 2**63 - 1
    largest = inclusion(0, 1) | {"size": MAX_SIZE}
    assert rule_of(verify_inclusion, largest) == SHORT
    assert rule_of(verify_inclusion, largest | {"size": 2**63}) == SIZE


@pytest.mark.parametrize("size1", [1, 3, 7])
def test_growth_up_to_the_last_leaf_is_proved(size1: int) -> None:
    """The newer tree may be all the leaves there are."""
    proof = consistency_proof(LEAVES[:7], size1, 7)
    assert rule_of(verify_consistency, consistency(size1, 7) | {"proof": proof}) == "accepted"


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_proves_no_leaf_outside_the_tree(index: int, size: int) -> None:
    """There is no proof for an index that the tree does not have."""
    with pytest.raises(MerkleError, match=r"index_outside_tree"):
        inclusion_proof(LEAVES[:size], index)


@pytest.mark.parametrize(("size1", "size2"), [(0, 3), (3, 2), (2, 4), (-1, 2)])
def test_proves_no_growth_that_was_none(size1: int, size2: int) -> None:
    """There is no proof from an empty tree, backwards, or beyond the leaves at hand."""
    with pytest.raises(MerkleError, match=r"sizes_out_of_order"):
        consistency_proof(LEAVES[:3], size1, size2)


# --- properties -----------------------------------------------------------------------------------------

sizes = st.integers(1, len(LEAVES))


def _changes(good: dict[str, Any], *hashes: str) -> list[dict[str, Any]]:
    """Every argument set in which one hash of a good one is another."""
    changed = [good | {name: _flip(good[name])} for name in hashes]
    for n, item in enumerate(good["proof"]):
        changed.append(good | {"proof": [*good["proof"][:n], _flip(item), *good["proof"][n + 1 :]]})
    return changed


def _flip(found: bytes, at: int = 17) -> bytes:
    return found[:at] + bytes([found[at] ^ 0x40]) + found[at + 1 :]


@settings(max_examples=60, deadline=None)
@given(st.data(), sizes)
def test_every_leaf_can_be_proved_and_no_other(data: st.DataObject, size: int) -> None:
    """The proof of any leaf holds; with one byte changed anywhere, or for another index, it does not."""
    index = data.draw(st.integers(0, size - 1))
    good = inclusion(index, size)
    assert rule_of(verify_inclusion, good) == "accepted"
    for changed in _changes(good, "leaf_hash", "root"):
        assert rule_of(verify_inclusion, changed) == OTHER
    for other in set(range(size)) - {index}:
        assert rule_of(verify_inclusion, good | {"index": other}) in {OTHER, LONG, SHORT}


@settings(max_examples=60, deadline=None)
@given(st.data(), sizes)
def test_all_growth_can_be_proved_and_no_other(data: st.DataObject, size2: int) -> None:
    """The proof between any two sizes holds; with one byte changed anywhere, it does not."""
    size1 = data.draw(st.integers(1, size2))
    good = consistency(size1, size2)
    assert rule_of(verify_consistency, good) == "accepted"
    for changed in _changes(good, "root1", "root2"):
        assert rule_of(verify_consistency, changed) == OTHER


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(2, 20))
def test_any_single_changed_byte_is_refused(data: st.DataObject, size: int) -> None:
    """Whichever byte of whichever hash changes, and to whatever, the proof is refused."""
    good = inclusion(data.draw(st.integers(0, size - 1)), size)
    at, mask = data.draw(st.integers(0, 31)), data.draw(st.integers(1, 255))
    part = data.draw(st.integers(0, len(good["proof"]) - 1))
    found = good["proof"][part]
    wrong = found[:at] + bytes([found[at] ^ mask]) + found[at + 1 :]
    path = [*good["proof"][:part], wrong, *good["proof"][part + 1 :]]
    assert rule_of(verify_inclusion, good | {"proof": path}) == OTHER
