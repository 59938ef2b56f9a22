"""ML-DSA-44 keys (FIPS 204): signatures that a quantum computer does not forge, for checkpoints of record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audit.proofs.errors import BadSignature, UnsafeKey

KEY_SIZE = 1312
SIGNATURE_SIZE = 2420


@dataclass(frozen=True)
class MlDsaKey:
    """A public key of ML-DSA-44 (FIPS 204). `id` is the SHA-256 of its 1,312 bytes, in hex."""

    raw: bytes
    id: str = field(compare=False)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise BadSignature unless `signature` is this key's over `data`, with no context."""
        try:
            self._backend.verify(signature, data)
        except InvalidSignature:
            raise BadSignature("signature.bad", key=self.id) from None

    @cached_property
    def _backend(self) -> MLDSA44PublicKey:
        return MLDSA44PublicKey.from_public_bytes(self.raw)


@lru_cache(maxsize=1024)
def load_ml_dsa_key(raw: bytes) -> MlDsaKey:
    """Read 1,312 bytes as a public key; raises UnsafeKey `key.unsafe`."""
    if len(raw) != KEY_SIZE:
        raise UnsafeKey("key.unsafe", reason="not 1312 bytes")
    key = MlDsaKey(raw, hashlib.sha256(raw).hexdigest())
    try:
        key._backend  # noqa: B018 - whether this build can verify is known now, not at the first signature
    except UnsupportedAlgorithm:
        raise UnsafeKey("key.unsafe", reason="no ML-DSA here") from None
    return key


class MlDsaSigningKey:
    """An ML-DSA-44 key in memory. Its file is an unencrypted PKCS #8 PEM of the 32-byte seed."""

    def __init__(self, private: MLDSA44PrivateKey) -> None:
        self._private = private
        self.public_key = load_ml_dsa_key(private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> MlDsaSigningKey:
        """Make a new key."""
        return cls(MLDSA44PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> MlDsaSigningKey:
        """Make the key of a 32-byte seed."""
        return cls(MLDSA44PrivateKey.from_seed_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> MlDsaSigningKey:
        """Read a PEM; raises UnsafeKey `key.not_ml_dsa` for any other kind of key."""
        private = load_pem_private_key(pem, password)
        if not isinstance(private, MLDSA44PrivateKey):
            raise UnsafeKey("key.not_ml_dsa", kind=type(private).__name__)
        return cls(private)

    def to_pem(self) -> bytes:
        """Write a PEM."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, data: bytes) -> bytes:
        """Return the 2,420 bytes of FIPS 204 over `data`: randomised, so that no two are alike."""
        return self._private.sign(data)
