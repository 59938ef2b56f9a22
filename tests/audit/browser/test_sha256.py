"""SHA-256 written out in JavaScript: what the standard publishes, and what Python makes of any bytes."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audit.browser.asked import Asked

pytestmark = pytest.mark.node
PUBLISHED = {
    b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
    b"mnopqrstnopqrstu": "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    b"a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}
"""The examples that NIST publishes with FIPS 180-4."""


@pytest.mark.parametrize("data", PUBLISHED, ids=len)
def test_published_examples(data: bytes, node: Asked) -> None:
    """The examples of the standard have the digests of the standard."""
    assert node("sha256", data).hex() == PUBLISHED[data]


def test_every_length_of_the_last_blocks(node: Asked) -> None:
    """However much is left for the last block, and whether the length still fits in it or not."""
    for length in range(200):
        data = bytes(n * 7 % 256 for n in range(length))
        assert node("sha256", data) == sha256(data).digest(), length


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_are_hashed_alike(node: Asked, data: bytes) -> None:
    """Any bytes have one digest, whoever makes it."""
    assert node("sha256", data) == sha256(data).digest()
