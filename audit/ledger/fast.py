"""A faster signature check where PyNaCl is installed (the `fast` extra): half the time for each.

What libsodium accepts is a strict subset of what OpenSSL accepts: its yes is final, its no is asked again.
"""

from __future__ import annotations

from importlib.util import find_spec

from audit.proofs.errors import BadSignature
from audit.proofs.keys import SIGNATURE_SIZE, Check, PublicKey


def check_with_sodium(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Raise BadSignature unless libsodium, or else the usual check, accepts the signature."""
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import BadSignatureError

    if len(signature) != SIGNATURE_SIZE:
        raise BadSignature("signature.bad", key=key.id)
    try:
        crypto_sign_open(signature + data, key.raw)
    except (BadSignatureError, ValueError, TypeError):
        key.verify(signature, data)


def fastest_check() -> Check:
    """Return libsodium's check in front of the usual one, or the usual one alone."""
    return check_with_sodium if find_spec("nacl") else PublicKey.verify
