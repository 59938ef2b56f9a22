"""The faster signature check accepts no more than the usual one."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from audit.ledger import fast
from audit.ledger.fast import check_with_sodium, fastest_check
from audit.proofs.errors import BadSignature
from audit.proofs.keys import SigningKey

pytest.importorskip("nacl.bindings", reason="PyNaCl is not installed (the `fast` extra)")

KEY = SigningKey.from_seed(bytes(range(32)))
DATA = b"what was signed"
SIGNATURE = KEY.sign(DATA)


@pytest.fixture(params=["libsodium itself", "the documented door"], autouse=True)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PyNaCl as it is, and a release of it that keeps libsodium elsewhere."""
    if request.param == "the documented door":
        monkeypatch.setitem(sys.modules, "nacl._sodium", None)
    fast._sodium.cache_clear()
    yield
    fast._sodium.cache_clear()


def test_it_is_used_where_it_is_installed() -> None:
    """With PyNaCl at hand its check comes first, and accepts what was signed."""
    assert fastest_check() is check_with_sodium
    check_with_sodium(KEY.public_key, SIGNATURE, DATA)


@pytest.mark.parametrize(
    ("signature", "data"),
    [
        (SIGNATURE, DATA + b"."),
        (bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:], DATA),
        (SIGNATURE[:63], SIGNATURE[63:] + DATA),
        (SIGNATURE + DATA[:1], DATA[1:]),
        (SIGNATURE[:63], DATA),
        (b"", SIGNATURE + DATA),
    ],
    ids=["other data", "a flipped bit", "a byte moved out", "a byte moved in", "too short", "nothing"],
)
def test_what_was_not_signed_so_is_refused(signature: bytes, data: bytes) -> None:
    """A signature is 64 bytes of its own: bytes do not move between it and what was signed."""
    with pytest.raises(BadSignature):
        check_with_sodium(KEY.public_key, signature, data)
