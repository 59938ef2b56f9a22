"""The public vectors: a test reads each file; here signatures of certificates and records, and subtrees."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from audit.proofs.certificate import _verify
from audit.proofs.errors import AuditError
from audit.proofs.merkle import verify_consistency, verify_inclusion
from audit.proofs.mldsa import load_ml_dsa_key

READ_BY = {
    "asvs5/asvs-5.0.0-en.flat.json": "no vectors: the list of requirements for a site",
    "blns/blns.json": "test_canonical.py",
    "blns/blns.base64.txt": "the strings of blns.json once more",
    "blns/blns.txt": "the strings of blns.json once more",
    "c2sp-tlog-proof/*.json": "test_receipt.py, test_note.py, test_checkpoint.py",
    "dsse/*.json": "test_statement.py",
    "jsontestsuite/test_*/*.json": "test_canonical.py",
    "rfc8785-jcs/testdata/input/*.json": "test_canonical.py",
    "rfc8785-jcs/testdata/output/*.json": "test_canonical.py",
    "rfc8785-jcs/testdata/outhex/*.txt": "the bytes of output/ once more",
    "transparency-dev-merkle/testdata/consistency/**/*.json": "test_merkle.py",
    "transparency-dev-merkle/testdata/inclusion/**/*.json": "test_merkle.py",
    "transparency-dev-merkle/testdata/subtree*/**/*.json": "here",
    "wycheproof/ed25519_test.json": "test_keys.py",
    "wycheproof/*_test.json": "here",
}
"""Every file of the folder, and who reads it."""
ABOUT = {"LICENSE", "LICENSE.md", "README.md", "SOURCE.txt"}


def test_every_vector_is_read_by_a_test(vectors: Path) -> None:
    """A file that is new in the folder fails here until a test reads it; so does one that is gone."""
    found = {pattern: set(vectors.glob(pattern)) for pattern in READ_BY}
    assert [pattern for pattern, files in found.items() if not files] == []
    there = {path for path in vectors.rglob("*") if path.is_file() and path.name not in ABOUT}
    assert there - set().union(*found.values()) == set()
    named = {word.strip(",") for who in READ_BY.values() for word in who.split() if word.startswith("test_")}
    assert [name for name in named if not Path(__file__).with_name(name).is_file()] == []


# --- signatures -----------------------------------------------------------------------------------------


def _ml_dsa(group: dict[str, Any], test: dict[str, Any]) -> None:
    key = load_ml_dsa_key(bytes.fromhex(group["publicKey"]))
    key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))


def _of_a_certificate(group: dict[str, Any], test: dict[str, Any]) -> None:
    key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
    _verify(key, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))


Judge = Callable[[dict[str, Any], dict[str, Any]], None]
SUITES: dict[str, tuple[Judge, int]] = {
    "mldsa_44_verify_test": (_ml_dsa, 180),
    "rsa_signature_2048_sha256_test": (_of_a_certificate, 259),
    "ecdsa_secp256r1_sha256_test": (_of_a_certificate, 484),
}


def _verdict(judge: Judge, group: dict[str, Any], test: dict[str, Any]) -> str:
    try:
        judge(group, test)
    except (AuditError, InvalidSignature):
        return "invalid"
    return "valid"


@pytest.mark.parametrize("name", SUITES)
def test_signatures_are_judged_as_published(name: str, vectors: Path) -> None:
    """Those over records, where none has a context, and those by keys of certificates: as they should be."""
    judge, count = SUITES[name]
    suite = json.loads((vectors / "wycheproof" / f"{name}.json").read_text("utf-8"))
    told = [
        (test["tcId"], "invalid" if test.get("ctx") else test["result"], _verdict(judge, group, test))
        for group in suite["testGroups"]
        for test in group["tests"]
    ]
    assert len(told) == suite["numberOfTests"] == count
    assert [one for one in told if one[1] != "acceptable" and one[1] != one[2]] == []


def test_signatures_that_are_not_der_are_refused(vectors: Path) -> None:
    """ECDSA has one spelling here: the two numbers side by side, as others write them, are none."""
    suite = json.loads((vectors / "wycheproof" / "ecdsa_secp256r1_sha256_p1363_test.json").read_text("utf-8"))
    verdicts = [
        _verdict(_of_a_certificate, group, test) for group in suite["testGroups"] for test in group["tests"]
    ]
    assert (len(verdicts), set(verdicts)) == (suite["numberOfTests"], {"invalid"})


# --- proofs of subtrees ---------------------------------------------------------------------------------


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except AuditError:
        return False
    return True


def _is_subtree(start: int, end: int) -> bool:
    """Whether a tree has the leaves from `start` to `end` under one node, or under its right edge."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def test_leaves_of_subtrees_are_proved_like_those_of_trees(vectors: Path) -> None:
    """A subtree is a tree of its own: its proofs hold where they should, counted from its first leaf."""
    files = sorted((vectors / "transparency-dev-merkle" / "testdata" / "subtreeinclusion").rglob("*.json"))
    for file in files:
        vector = json.loads(file.read_text("utf-8"))
        start, end = vector["start"], vector["end"]
        stated: dict[str, Any] = {
            "index": vector["leafIdx"] - start,
            "size": end - start,
            "proof": [_bytes(item) for item in vector["proof"] or ()],
            "leaf_hash": _bytes(vector["leafHash"]),
            "root": _bytes(vector["root"]),
        }
        holds = _is_subtree(start, end) and _holds(partial(verify_inclusion, **stated))
        assert holds != vector["wantErr"], (file, vector["desc"])
    assert len(files) > 100


def test_subtrees_from_the_first_leaf_on_are_older_trees(vectors: Path) -> None:
    """Those are what a log proves of itself; it makes no proofs of others, which are judged nowhere."""
    folder = vectors / "transparency-dev-merkle" / "testdata" / "subtreeconsistency"
    judged = 0
    for file in sorted(folder.rglob("*.json")):
        vector = json.loads(file.read_text("utf-8"))
        if vector["start"] != 0:
            continue
        stated: dict[str, Any] = {
            "size1": vector["end"],
            "size2": vector["size"],
            "proof": [_bytes(item) for item in vector["proof"] or ()],
            "root1": _bytes(vector["root1"]),
            "root2": _bytes(vector["root2"]),
        }
        wanted = not vector["wantErr"] and vector["end"] > 0  # nothing is proved of an empty tree
        assert _holds(partial(verify_consistency, **stated)) == wanted, (file, vector["desc"])
        judged += 1
    assert judged > 20
