"""Ed25519 keys: public keys that are safe to believe, and the seam for whatever does the signing.

Common libraries accept signatures under keys of low order and in second spellings, with which one
signature fits any message; such keys are refused before a signature is looked at (RFC 8032 section 5.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audit.proofs.errors import BadSignature, UnsafeKey

KEY_SIZE = 32
SIGNATURE_SIZE = 64
DEMO_ORIGIN = "minhchung.example/da-nang-demo"
DEMO_KEYS = 1000
SYNTH_ORIGIN = "minhchung.example/synth-"
"""How the origins of made-up logs begin: everybody can make all of their keys, too."""

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_TIMES = 2**254 + 40
_DIVIDED = next(
    n for n in range(pow(_TIMES, -1, _L), 2**255, _L) if n >= 2**254 and n % 8 == 0
)  # both are as X25519 wants a scalar (RFC 7748 section 5): 2^254 and more, and a multiple of 8


@dataclass(frozen=True)
class PublicKey:
    """A public key that passed `load_public_key`. `id` is the SHA-256 of its 32 bytes, in hex."""

    raw: bytes
    id: str = field(compare=False)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise BadSignature unless `signature` is this key's over `data`."""
        if len(signature) != SIGNATURE_SIZE:
            raise BadSignature("signature.bad", key=self.id)
        try:
            self._backend.verify(signature, data)
        except InvalidSignature:
            raise BadSignature("signature.bad", key=self.id) from None

    @cached_property
    def _backend(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)


Check = Callable[[PublicKey, bytes, bytes], None]
"""(key, signature, data) -> None or raises BadSignature: where a faster check can be handed in."""


@lru_cache(maxsize=65_536)
def load_public_key(raw: bytes) -> PublicKey:
    """Read 32 bytes as a public key: canonical, on the curve, of prime order.

    Raises UnsafeKey `key.unsafe` with the reason.
    """
    if len(raw) != KEY_SIZE:
        raise UnsafeKey("key.unsafe", reason="not 32 bytes")
    x, y = _decompress(raw)
    u = (1 + y) * pow(1 - y, -1, _P) % _P if x else 0  # as X25519 knows it (RFC 7748 section 4.1)
    if (through := _multiplied(u)) is None:
        raise UnsafeKey("key.unsafe", reason="low order")
    if through != u:
        raise UnsafeKey("key.unsafe", reason="outside the prime-order subgroup")
    return PublicKey(raw, hashlib.sha256(raw).hexdigest())


def _multiplied(u: int) -> int | None:
    """Multiply by n and by 1/n modulo the prime order: what comes back has lost its part of small order.

    Both factors are multiples of 8, the order of that part; a point that consists of nothing else is lost.
    """
    try:
        for factor in (_TIMES, _DIVIDED):
            private = X25519PrivateKey.from_private_bytes(factor.to_bytes(32, "little"))
            public = X25519PublicKey.from_public_bytes(u.to_bytes(32, "little"))
            u = int.from_bytes(private.exchange(public), "little")
    except ValueError:
        return None
    return u


def _decompress(raw: bytes) -> tuple[int, int]:
    """RFC 8032 section 5.1.3, without its leniency for a second spelling of the same point."""
    encoded = int.from_bytes(raw, "little")
    sign, y = encoded >> 255, encoded & (2**255 - 1)
    if y >= _P:
        raise UnsafeKey("key.unsafe", reason="y is not canonical")
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == -u % _P:
        x = x * _SQRT_M1 % _P
    if v * x * x % _P != u:
        raise UnsafeKey("key.unsafe", reason="not on the curve")
    if x == 0 and sign:
        raise UnsafeKey("key.unsafe", reason="sign of zero")
    if x & 1 != sign:
        x = _P - x
    return x, y


class Signer(Protocol):
    """Whatever signs: a key in memory, a card, a module elsewhere."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return 64 bytes over `data`."""
        ...


class SigningKey:
    """A key in memory. Its file is an unencrypted or password-protected PKCS #8 PEM."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = load_public_key(private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Make the key of a 32-byte seed."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> SigningKey:
        """Read a PEM; raises UnsafeKey `key.not_ed25519` for any other kind of key."""
        private = load_pem_private_key(pem, password)
        if not isinstance(private, Ed25519PrivateKey):
            raise UnsafeKey("key.not_ed25519", kind=type(private).__name__)
        return cls(private)

    def to_pem(self, password: bytes | None = None) -> bytes:
        """Write a PEM."""
        locked: KeySerializationEncryption = NoEncryption()
        if password is not None:
            locked = BestAvailableEncryption(password)
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of RFC 8032 section 5.1.6 over `data`."""
        return self._private.sign(data)


@cache
def demo_signing_key(number: int) -> SigningKey:
    """Return demo key 0..999. Everybody can make these: they are refused at every other origin."""
    if not 0 <= number < DEMO_KEYS:
        raise ValueError(f"demo keys are numbered 0..{DEMO_KEYS - 1}, not {number}")
    return SigningKey.from_seed(hashlib.sha256(b"minhchung demo key %d" % number).digest())


@cache
def _demo_key_ids() -> frozenset[str]:
    seeds = (hashlib.sha256(b"minhchung demo key %d" % number).digest() for number in range(DEMO_KEYS))
    publics = (Ed25519PrivateKey.from_private_bytes(seed).public_key() for seed in seeds)
    return frozenset(hashlib.sha256(public.public_bytes_raw()).hexdigest() for public in publics)


def is_demo_key(key: PublicKey) -> bool:
    """Whether a key is one of those that everybody can make."""
    return key.id in _demo_key_ids()
