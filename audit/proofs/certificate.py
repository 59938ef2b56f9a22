"""A certificate of the public service bound to a key: its chain at the log's time, and proof of possession.

RFC 5280 section 6 for the chain as it is given: each certificate issued by the next, the last one an anchor.
The verifier in `cryptography.x509.verification` is made for servers on the web: it knows no Ed25519 and
takes RSA keys of 1024 bits. No network is asked; whether an issuer revoked a certificate is not seen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from audit.proofs.entry import read_time, write_time
from audit.proofs.errors import CertificateError
from audit.proofs.keyring import Bound, KeyRecord, Keyring
from audit.proofs.statement import Statement

MAX_CHAIN = 6
MIN_RSA = 2048
"""What the cards of the public service carry today; a proof made with one is dated by the log itself."""
CURVES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
HASHES = ("sha256", "sha384", "sha512")
PURPOSES = {
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # document signing, RFC 9336
    x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # document signing, as it was called before
}
UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}
"""Extensions that may be critical: those that are looked at, and the names, which are only shown."""

Chain = Sequence[x509.Certificate]
Extension = TypeVar("Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Certified:
    """Whom a certificate names, who issued it, when it holds, and the anchor (SHA-256) of its chain."""

    certificate: str
    subject: str
    issuer: str
    serial: str
    valid_from: str
    valid_until: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A certificate bound to a key at a position; `certified` is nothing where the chain was erased.

    `trusted`: whether the verifier's own trust names its anchor; nothing where it names none at all.
    """

    position: int
    actor: str
    key: str
    certificate: str
    certified: Certified | None
    trusted: bool | None = None


def possession(*, log: str, key: str, actor: str, enrolled_at: int, certificate: str) -> bytes:
    """Return what the certificate's key signs: the key it vouches for, whose, and where it was enrolled."""
    lines = ("minhchung.certificate/v1", log, key, actor, str(enrolled_at), certificate)
    return "".join(f"{line}\n" for line in lines).encode()


def verify_binding(
    statement: Statement, chain: str, keyring: Keyring, received_at: str, anchors: Collection[str]
) -> Certified:
    """Verify what a `CertificateBound.v1`, which the keyring admits, binds to its key.

    1. The chain is certificates in base64 of DER, one a line, the first of them the one that is stated.
    2. The last is an anchor.
    3. Every key and hash is strong enough.
    4. Each is issued by the next: by name and by signature, and by one that may issue.
    5. The first may sign for a person; nothing critical in any of them goes unread.
    6. All are valid when the entry was received.
    7. Its key is the key it is bound to, or signed for it.

    Raises CertificateError `certificate.malformed`, `certificate.other`, `certificate.not_anchored`,
    `certificate.weak_key`, `certificate.weak_hash`, `certificate.broken_chain`, `certificate.not_an_issuer`,
    `certificate.other_purpose`, `certificate.not_understood`, `certificate.not_yet_valid`,
    `certificate.expired`, `certificate.no_possession`.
    """
    found = read_chain(chain)  # 1
    if _digest(found[0]) != statement.body["certificate"]:
        raise CertificateError("certificate.other", certificate=_digest(found[0]))
    try:
        _verify_chain(found, read_time(received_at), anchors)
        _verify_possession(statement, found[0], keyring.records[statement.body["key"]])  # 7
        return _certified(found)
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("certificate.malformed", index=0) from None


def read_chain(text: str) -> tuple[x509.Certificate, ...]:
    """Read a chain; raises CertificateError `certificate.malformed`."""
    lines = text.split("\n")
    if not 2 <= len(lines) <= MAX_CHAIN:
        raise CertificateError("certificate.malformed", index=len(lines))
    return tuple(_read(index, line) for index, line in enumerate(lines))


def _read(index: int, line: str) -> x509.Certificate:
    """Standard base64 of DER: read, written back, compared."""
    try:
        found = x509.load_der_x509_certificate(_raw(line))
        found.extensions  # noqa: B018  (whether they can be read)
        if found.version is x509.Version.v3 and _line(found) == line:
            return found
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        pass
    raise CertificateError("certificate.malformed", index=index)


def _raw(text: str) -> bytes:
    """Read standard base64; raises ValueError for any other spelling."""
    raw = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("another spelling")
    return raw


def write_chain(chain: Chain) -> str:
    """Write a chain the way it is committed to."""
    return "\n".join(map(_line, chain))


def _line(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _digest(certificate: x509.Certificate) -> str:
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


# --- the chain ------------------------------------------------------------------------------------------


def _verify_chain(chain: Chain, at: datetime, anchors: Collection[str]) -> None:
    if _digest(chain[-1]) not in anchors:  # 2
        raise CertificateError("certificate.not_anchored", certificate=_digest(chain[-1]))
    for index, certificate in enumerate(chain):
        _check_strength(index, certificate, is_anchor=index == len(chain) - 1)  # 3
        _check_understood(index, certificate)
        _check_time(index, certificate, at)  # 6
    for index, issuer in enumerate(chain[1:], start=1):  # 4
        try:
            chain[index - 1].verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise CertificateError("certificate.broken_chain", index=index - 1) from None
        _check_issuer(index, issuer)
    _check_purpose(chain[0])  # 5


def _check_strength(index: int, certificate: x509.Certificate, *, is_anchor: bool) -> None:
    key = certificate.public_key()
    strong = isinstance(key, ed25519.Ed25519PublicKey)
    if isinstance(key, rsa.RSAPublicKey):
        strong = key.key_size >= MIN_RSA
    if isinstance(key, ec.EllipticCurvePublicKey):
        strong = key.curve.name in CURVES
    if not strong:
        size = getattr(key, "key_size", 0)
        raise CertificateError("certificate.weak_key", index=index, kind=type(key).__name__, bits=size)
    signed_with = certificate.signature_hash_algorithm
    if not is_anchor and signed_with is not None and signed_with.name not in HASHES:
        raise CertificateError("certificate.weak_hash", index=index, hash=signed_with.name)


def _check_understood(index: int, certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in UNDERSTOOD:
            raise CertificateError("certificate.not_understood", index=index, oid=extension.oid.dotted_string)


def _check_time(index: int, certificate: x509.Certificate, at: datetime) -> None:
    if at < certificate.not_valid_before_utc:
        since = write_time(certificate.not_valid_before_utc)
        raise CertificateError("certificate.not_yet_valid", index=index, since=since, received=write_time(at))
    if at > certificate.not_valid_after_utc:
        until = write_time(certificate.not_valid_after_utc)
        raise CertificateError("certificate.expired", index=index, until=until, received=write_time(at))


def _check_issuer(index: int, certificate: x509.Certificate) -> None:
    """An issuer says that it is one, may sign certificates, and allows the chain below it."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    if constraints is None or not constraints.ca or usage is None or not usage.key_cert_sign:
        raise CertificateError("certificate.not_an_issuer", index=index)
    if constraints.path_length is not None and index - 1 > constraints.path_length:
        raise CertificateError("certificate.not_an_issuer", index=index)


def _check_purpose(certificate: x509.Certificate) -> None:
    """A person signs with it: it is no issuer's, and neither a server's nor for encryption alone."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    signs = usage is not None and (usage.digital_signature or usage.content_commitment)
    for_this = purposes is None or not PURPOSES.isdisjoint(purposes)
    if not signs or not for_this or (constraints is not None and constraints.ca):
        raise CertificateError("certificate.other_purpose")


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


# --- the key --------------------------------------------------------------------------------------------


def _verify_possession(statement: Statement, certificate: x509.Certificate, record: KeyRecord) -> None:
    """Whose key the certificate's is needs no other proof: the statement is signed with it."""
    key, proof = certificate.public_key(), statement.body.get("possession")
    if isinstance(key, ed25519.Ed25519PublicKey) and key.public_bytes_raw() == record.public.raw:
        if proof is not None:
            raise CertificateError("certificate.no_possession", key=record.public.id)
        return
    signed = possession(
        log=statement.log,
        key=record.public.id,
        actor=record.actor,
        enrolled_at=record.enrolled_at,
        certificate=statement.body["certificate"],
    )
    try:
        _verify(key, _raw(proof or ""), signed)
    except (InvalidSignature, ValueError):
        raise CertificateError("certificate.no_possession", key=record.public.id) from None


def _verify(key: object, signature: bytes, data: bytes) -> None:
    """RSA as cards do it (PKCS #1 v1.5, SHA-256), ECDSA with the hash of the curve's size, Ed25519."""
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(CURVES[key.curve.name]))
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, data)
    else:
        raise InvalidSignature


# --- what is shown --------------------------------------------------------------------------------------


def _certified(chain: Chain) -> Certified:
    first = chain[0]
    return Certified(
        certificate=_digest(first),
        subject=first.subject.rfc4514_string(),
        issuer=first.issuer.rfc4514_string(),
        serial=f"{first.serial_number:x}",
        valid_from=write_time(first.not_valid_before_utc),
        valid_until=write_time(first.not_valid_after_utc),
        anchor=_digest(chain[-1]),
    )


def describe(chain: str) -> Certified | None:
    """Return what a chain says that was verified before; nothing where it cannot be read."""
    try:
        return _certified(read_chain(chain))
    except (CertificateError, ValueError):
        return None


def bindings(
    keyring: Keyring, certified: dict[int, Certified], trusted: Collection[str]
) -> Iterator[Binding]:
    """Give the bindings of all keys, in the order of the log, with what was found behind each."""
    held = [(bound, record) for record in keyring.records.values() for bound in record.certificates]
    for bound, record in sorted(held, key=lambda pair: pair[0].position):
        yield _binding(bound, record, certified.get(bound.position), trusted)


def _binding(
    bound: Bound, record: KeyRecord, certified: Certified | None, trusted: Collection[str]
) -> Binding:
    known = certified.anchor in trusted if certified is not None and trusted else None
    return Binding(bound.position, record.actor, record.public.id, bound.certificate, certified, known)
