"""The tree in JavaScript: the same roots, and proofs refused by the same rules."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.proofs import merkle
from tests.audit.browser.asked import Asked
from tests.audit.browser.heard import Case, heard
from tests.audit.proofs.test_merkle import KNOWN_DATA, KNOWN_ROOTS, LEAVES

pytestmark = pytest.mark.node


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_rfc_6962(size: int, node: Asked) -> None:
    """Known leaves give the known roots, the empty tree included."""
    leaves = [node("leafHash", bytes.fromhex(data)) for data in KNOWN_DATA[:size]]
    assert node("root", leaves).hex() == KNOWN_ROOTS[size]


def test_leaf_and_node_cannot_be_mistaken_for_each_other(node: Asked) -> None:
    """A leaf hashes 0x00 first and a node 0x01."""
    left, right = LEAVES[:2]
    assert node("leafHash", left + right) == sha256(b"\0" + left + right).digest()
    assert node("nodeHash", left, right) == sha256(b"\1" + left + right).digest()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 15, 16, 17, 33, 63, 64, 65])
def test_growing_tree_has_the_defined_root(size: int, node: Asked) -> None:
    """Leaf by leaf, from subtrees kept earlier or level by level: the same root."""
    expected = merkle.root(LEAVES[:size])
    assert node("root", LEAVES[:size]) == node("grownRoot", LEAVES[:size], size // 2) == expected


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_public_proof_vectors(node: Asked, vectors: Path) -> None:
    """All 196 inclusion and consistency vectors are accepted or refused as they should be."""
    data = vectors / "transparency-dev-merkle" / "testdata"
    checked = 0
    for kind in ("inclusion", "consistency"):
        for file in sorted((data / kind).rglob("*.json")):
            vector = json.loads(file.read_text())
            stated: dict[str, Any] = {"proof": [_bytes(item) for item in vector["proof"] or ()]}
            if kind == "inclusion":
                stated |= {"index": vector["leafIdx"], "size": vector["treeSize"]}
                stated |= {"leaf": _bytes(vector["leafHash"]), "root": _bytes(vector["root"])}
            else:
                stated |= {"size1": vector["size1"], "size2": vector["size2"]}
                stated |= {"root1": _bytes(vector["root1"]), "root2": _bytes(vector["root2"])}
            assert (node.rule_of(kind, stated) != "accepted") == vector["wantErr"], file
            checked += 1
    assert checked == 196


def _askable(case: Case) -> bool:
    """JavaScript has one kind of number, and one kind of bytes."""
    return not any(isinstance(value, float | bytearray) for value in case.options.values())


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_proofs_are_judged_alike(kind: str, node: Asked) -> None:
    """Every proof that the tests in Python show is accepted here, too, or refused by the same rule."""
    cases = [case for case in heard("test_merkle", f"verify_{kind}") if _askable(case)]
    for case in cases:
        stated = dict(case.options)
        if "leaf_hash" in stated:
            stated["leaf"] = stated.pop("leaf_hash")
        assert node.rule_of(kind, stated) == case.rule, case
    assert len({case.rule for case in cases}) >= 6
