"""Keys in JavaScript: WebCrypto believes unsafe ones, and so they are refused before it sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs.errors import UnsafeKey
from audit.proofs.keys import DEMO_KEYS, demo_signing_key, load_public_key
from tests import demo_keys
from tests.audit.browser.asked import Asked, Refused
from tests.audit.proofs.test_keys import LOW_ORDER, UNSAFE, add, decode, encode

pytestmark = pytest.mark.node


@pytest.mark.parametrize("case", UNSAFE)
def test_refuses_unsafe_key(case: str, node: Asked) -> None:
    """A key of low order, in a second spelling, off the curve or of another length is refused."""
    raw, reason = UNSAFE[case]
    assert node("loadKey", bytes.fromhex(raw)) == Refused("UnsafeKey", "key.unsafe", {"reason": reason})


@pytest.mark.parametrize("case", [name for name in LOW_ORDER if name != "order 1"])
def test_refuses_point_of_mixed_order(case: str, node: Asked) -> None:
    """A good key with a point of low order added to it is refused, though its own signatures may verify."""
    good = decode(demo_signing_key(0).public_key.raw)
    mixed = encode(add(good, decode(bytes.fromhex(LOW_ORDER[case]))))
    reason = {"reason": "outside the prime-order subgroup"}
    assert node("loadKey", mixed) == Refused("UnsafeKey", "key.unsafe", reason)


@settings(max_examples=80, deadline=None)
@given(raw=st.binary(min_size=32, max_size=32))
def test_arbitrary_bytes_are_judged_alike(node: Asked, raw: bytes) -> None:
    """Whatever 32 bytes come, both load them under the same id or refuse them for the same reason."""
    try:
        expected: object = load_public_key(raw).id
    except UnsafeKey as wrong:
        expected = Refused("UnsafeKey", wrong.rule, wrong.facts)
    assert node("loadKey", raw) == expected


def test_verdicts_of_wycheproof(node: Asked, vectors: Path) -> None:
    """Every Ed25519 vector of Wycheproof is accepted or refused as it should be."""
    checked = 0
    for file in sorted((vectors / "wycheproof").rglob("ed25519_test.json")):
        for group in json.loads(file.read_text())["testGroups"]:
            raw = bytes.fromhex(group["publicKey"]["pk"])
            for test in group["tests"]:
                found = node.rule_of("verify", raw, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
                assert (found == "accepted") == (test["result"] == "valid"), test
                checked += 1
    assert checked > 100


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_refuses_what_is_no_signature(signature: bytes, node: Asked) -> None:
    """A signature of another length, or that fits no message, is refused, and the key is named."""
    key = demo_signing_key(0).public_key
    found = node("verify", key.raw, signature, b"words")
    assert found == Refused("BadSignature", "signature.bad", {"key": key.id})


def test_signature_is_over_these_words_alone(node: Asked) -> None:
    """What a key signed verifies, and nothing else does."""
    key = demo_signing_key(1)
    signature = key.sign(b"words")
    assert node.rule_of("verify", key.public_key.raw, signature, b"words") == "accepted"
    assert node.rule_of("verify", key.public_key.raw, signature, b"other words") == "signature.bad"
    assert node.rule_of("verify", demo_signing_key(2).public_key.raw, signature, b"words") == "signature.bad"


@pytest.mark.parametrize("number", [0, 1, 500, DEMO_KEYS - 1])
def test_keys_that_everybody_can_make_are_known(number: int, node: Asked) -> None:
    """All demo keys are told from others, the last one included."""
    assert node("isDemoKey", demo_signing_key(number).public_key.raw) is True


def test_the_beginnings_of_demo_keys_are_theirs(node: Asked) -> None:
    """The list was written from the keys that it names, and a key that only begins alike is another one."""
    assert demo_keys.BROWSER.read_text("utf-8") == demo_keys.browser_module()
    begins = {beginning: n for n, beginning in enumerate(demo_keys.beginnings())}
    assert len(begins) == DEMO_KEYS
    alike = next(raw for raw in _points(demo_signing_key(0).public_key.raw[: demo_keys.BEGINNING]))
    assert node("isDemoKey", alike) is False


def _points(beginning: bytes) -> Iterator[bytes]:
    """Yield keys that begin so."""
    for n in range(10_000):
        raw = beginning + n.to_bytes(28, "big")
        with suppress(UnsafeKey):
            yield load_public_key(raw).raw


def test_other_keys_are_nobody_elses(node: Asked) -> None:
    """A key of another seed is no demo key."""
    from audit.proofs.keys import SigningKey

    assert node("isDemoKey", SigningKey.from_seed(b"\1" * 32).public_key.raw) is False
