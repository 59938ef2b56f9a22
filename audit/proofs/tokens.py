"""Reading and verifying a time token (RFC 3161), where the extra `timestamps` is installed.

The one module of the proofs that asks for more than `cryptography`, and only when it is there: without it
tokens are left unchecked, and the verdict says so.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from audit.proofs.errors import TimeRefused
from audit.proofs.timestamp import MAX_TOKEN, TimeAuthority, Told, VerifyToken, read_certificate

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

GRANTED = 0
SHA256 = "2.16.840.1.101.3.4.2.1"


def token_verifier() -> VerifyToken | None:
    """Return what verifies tokens, or nothing where the extra is not installed."""
    try:
        import rfc3161_client  # noqa: F401
    except ImportError:
        return None
    return verify_token


def verify_token(response: bytes, text: bytes, authority: TimeAuthority, *, nonce: int | None = None) -> Told:
    """Verify a token over a text (RFC 3161 section 2.4.2) and return what it says.

    1. It is a response in its one spelling, and was granted (`time.malformed`, `time.not_granted`).
    2. It is over the SHA-256 of this text, and answers this request, where there was one (`time.other_text`,
       `time.other_request`).
    3. It carries the certificate that signed it, and no other; that key is long enough
       (`time.certificates`, `authority.weak_key`).
    4. The signature is of that certificate, made for time stamping and nothing else, valid at the time it
       tells, and leads to the authority's root (`time.not_trusted`).
    """
    read = _parse(response)
    if read.status != GRANTED:  # 1
        raise TimeRefused("time.not_granted", status=read.status)
    imprint = read.tst_info.message_imprint
    digest = hashlib.sha256(text).digest()
    if (imprint.hash_algorithm.dotted_string, imprint.message) != (SHA256, digest):  # 2
        raise TimeRefused("time.other_text")
    if nonce is not None and read.tst_info.nonce != nonce:
        raise TimeRefused("time.other_request")
    _check_signature(read, digest, authority)
    accuracy = read.tst_info.accuracy
    off = timedelta(
        seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
    )
    return Told(read.tst_info.gen_time.astimezone(UTC), off)


def _parse(response: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    if len(response) > MAX_TOKEN:
        raise TimeRefused("time.malformed", length=len(response))
    try:
        read = decode_timestamp_response(response)
        spelled = read.as_bytes()
        if read.status == GRANTED:
            read.tst_info.gen_time  # noqa: B018 - whether there is one
    except ValueError:
        raise TimeRefused("time.malformed", length=len(response)) from None
    if spelled != response:
        raise TimeRefused("time.malformed", length=len(response))
    return read


def _check_signature(read: TimeStampResponse, digest: bytes, authority: TimeAuthority) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    certificates = read.signed_data.certificates
    if len(certificates) != 1:  # 3
        raise TimeRefused("time.certificates", count=len(certificates))
    for certificate in certificates:
        read_certificate(bytes(certificate))
    verifier = VerifierBuilder().add_root_certificate(authority.root).build()
    try:
        verifier.verify(read, digest)  # 4
    except (VerificationError, ValueError) as wrong:
        raise TimeRefused("time.not_trusted", reason=str(wrong)[:200]) from None
