"""A faster signature check where PyNaCl is installed (the `fast` extra): half the time for each.

What libsodium accepts is a strict subset of what OpenSSL accepts: its yes is final, its no is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from audit.proofs.errors import BadSignature
from audit.proofs.keys import SIGNATURE_SIZE, Check, PublicKey


def check_with_sodium(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Raise BadSignature unless libsodium, or else the usual check, accepts the signature."""
    if len(signature) != SIGNATURE_SIZE:
        raise BadSignature("signature.bad", key=key.id)
    opened, its_no = _sodium()
    try:
        opened(signature + data, key.raw)
    except its_no:
        key.verify(signature, data)


@cache
def _sodium() -> tuple[Callable[[bytes, bytes], bytes], tuple[type[Exception], ...]]:
    """Import it when it is first asked, and only then."""
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import BadSignatureError

    return crypto_sign_open, (BadSignatureError, ValueError, TypeError)


def fastest_check() -> Check:
    """Return libsodium's check in front of the usual one, or the usual one alone."""
    return check_with_sodium if find_spec("nacl") else PublicKey.verify
