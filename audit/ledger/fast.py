"""A faster signature check where PyNaCl is installed (the `fast` extra): half the time for each.

What libsodium accepts is a strict subset of what OpenSSL accepts: its yes is final, its no is asked again.
"""

from __future__ import annotations

from audit.proofs.keys import Check, PublicKey


def fastest_check() -> Check:
    """Return libsodium's check in front of the usual one, or the usual one alone."""
    try:
        from nacl.exceptions import BadSignatureError
        from nacl.signing import VerifyKey
    except ImportError:
        return PublicKey.verify

    def check(key: PublicKey, signature: bytes, data: bytes) -> None:
        try:
            VerifyKey(key.raw).verify(data, signature)
        except (BadSignatureError, ValueError, TypeError):
            key.verify(signature, data)

    return check
