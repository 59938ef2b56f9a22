"""Certificates for the tests: a small authority that issues what a real one does, and what it must not."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

FROM, UNTIL = datetime(2016, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)
SIGNS = ("digital_signature", "content_commitment")
ISSUES = ("key_cert_sign", "crl_sign")


@cache
def rsa_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """Return an RSA key, made once for each size and number."""
    del number
    return rsa.generate_private_key(65537, bits)


@cache
def dsa_key() -> dsa.DSAPrivateKey:
    """Return a key of a kind that nobody here takes."""
    return dsa.generate_private_key(2048)


@cache
def ec_key(curve: str, number: int = 0) -> ec.EllipticCurvePrivateKey:
    """Return a key on a curve, made once."""
    del number
    curves: dict[str, Any] = {
        "secp256r1": ec.SECP256R1(),
        "secp384r1": ec.SECP384R1(),
        "secp521r1": ec.SECP521R1(),
        "secp224r1": ec.SECP224R1(),
    }
    return ec.generate_private_key(curves[curve])


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a certificate says; the issuer is another draft, or nobody for one that signs itself."""

    subject: str
    key: Any
    issuer: Draft | None = None
    since: datetime = FROM
    until: datetime = UNTIL
    ca: bool | None = False
    path_length: int | None = None
    usage: Sequence[str] | None = SIGNS
    purposes: Sequence[str] = ()
    critical: x509.ExtensionType | None = None
    issuer_name: str | None = None

    def issue(self) -> x509.Certificate:
        """Return the certificate."""
        issuer = self.issuer or self
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(self.subject))
            .issuer_name(_name(self.issuer_name or issuer.subject))
            .public_key(self.key.public_key())
            .serial_number(int.from_bytes(sha256(self.subject.encode()).digest()[:8]))
            .not_valid_before(self.since)
            .not_valid_after(self.until)
        )
        for extension, critical in self._extensions():
            made = made.add_extension(extension, critical)
        signed = None if isinstance(issuer.key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        return made.sign(issuer.key, signed)

    def _extensions(self) -> list[tuple[x509.ExtensionType, bool]]:
        found: list[tuple[x509.ExtensionType, bool]] = []
        if self.ca is not None:
            found.append((x509.BasicConstraints(self.ca, self.path_length), True))
        if self.usage is not None:
            found.append((x509.KeyUsage(**{**USAGE, **dict.fromkeys(self.usage, True)}), True))
        if self.purposes:
            named = [x509.ObjectIdentifier(purpose) for purpose in self.purposes]
            found.append((x509.ExtendedKeyUsage(named), False))
        if self.critical is not None:
            found.append((self.critical, True))
        return found


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


ROOT = Draft(subject="CA gốc", key=rsa_key(3072), ca=True, usage=ISSUES)
SUB = Draft(
    subject="CA cơ quan nhà nước", key=ec_key("secp384r1"), issuer=ROOT, ca=True, path_length=0, usage=ISSUES
)
PERSON = Draft(subject="Nguyễn Thị Bình", key=ec_key("secp256r1"), issuer=SUB)


def chain_of(person: Draft) -> tuple[x509.Certificate, ...]:
    """Return a draft's certificate and those above it, up to the one that signed itself."""
    found, draft = [person.issue()], person
    while draft.issuer is not None:
        draft = draft.issuer
        found.append(issued(draft))
    return tuple(found)


_ISSUED: dict[int, tuple[Draft, x509.Certificate]] = {}


def issued(draft: Draft) -> x509.Certificate:
    """Return an issuer's certificate: the same for the same draft, so that it can be an anchor."""
    return _ISSUED.setdefault(id(draft), (draft, draft.issue()))[1]


def digest(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate's DER."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def prove(key: Any, data: bytes) -> str:
    """Sign as the card with this key would."""
    if isinstance(key, rsa.RSAPrivateKey):
        return base64.b64encode(key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        by_size = {"secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}
        return base64.b64encode(
            key.sign(data, ec.ECDSA(by_size.get(key.curve.name, hashes.SHA256())))
        ).decode()
    return base64.b64encode(key.sign(data)).decode() if isinstance(key, ed25519.Ed25519PrivateKey) else "AAAA"


def but(draft: Draft = PERSON, **changes: Any) -> Draft:
    """Return a draft that differs in a few things."""
    return replace(draft, **changes)
