"""What a time token (RFC 3161) over a checkpoint says: by then, all that the checkpoint covers was there.

A token is read and verified behind a seam, `VerifyToken`, so that nothing here parses one. What is stamped
is the text of the checkpoint's note, without its signatures: cosigned or not, it stays the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from audit.proofs.cosignature import moment_of
from audit.proofs.errors import AuditError, TimeRefused
from audit.proofs.finding import Finding
from audit.proofs.head import Cosigned

MIN_RSA_BITS = 2048
MIN_EC_BITS = 256
MAX_TOKEN = 64 * 1024


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """Who stamps: a name, who runs it, and the root certificate (DER) that its tokens lead to.

    Raises TimeRefused `authority.malformed`, `authority.weak_key`.
    """

    name: str
    operator: str
    certificate: bytes
    url: str | None = None

    def __post_init__(self) -> None:
        read = read_certificate(self.certificate)
        try:
            constraints = read.extensions.get_extension_for_class(x509.BasicConstraints).value
        except Exception:  # noqa: BLE001 - what is wrong with another extension has many errors of its own
            raise TimeRefused("authority.malformed", reason="no basic constraints") from None
        if not constraints.ca:
            raise TimeRefused("authority.malformed", reason="not of an authority")

    @property
    def root(self) -> x509.Certificate:
        """The certificate, as it was read."""
        return x509.load_der_x509_certificate(self.certificate)


def read_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate in its one spelling, with a key that is long enough.

    Raises TimeRefused `authority.malformed`, `authority.weak_key`.
    """
    try:
        read = x509.load_der_x509_certificate(der)
        key = read.public_key()
    except (ValueError, TypeError):
        raise TimeRefused("authority.malformed", reason="not a certificate") from None
    except Exception:  # noqa: BLE001 - an algorithm that the library does not know has an error of its own
        raise TimeRefused("authority.weak_key", key="unknown") from None
    if read.public_bytes(Encoding.DER) != der:
        raise TimeRefused("authority.malformed", reason="not its one spelling")
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= MIN_EC_BITS
    )
    if not strong:
        raise TimeRefused("authority.weak_key", key=f"{type(key).__name__} {getattr(key, 'key_size', 0)}")
    return read


@dataclass(frozen=True, slots=True)
class Token:
    """A time token beside a checkpoint: of which size, by which authority, its bytes, and the hash of it all.

    Some bytes of a response are under nobody's signature: the hash tells whether it was always this.
    """

    size: int
    authority: str
    response: bytes
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a verified token says: its time, and how far that may be off."""

    time: datetime
    accuracy: timedelta = timedelta(0)


def token_digest(size: int, authority: str, response: bytes) -> bytes:
    """Return the SHA-256 that is kept with a token: over its place and its bytes."""
    return hashlib.sha256(f"{size}\n{authority}\n".encode() + response).digest()


VerifyToken = Callable[[bytes, bytes, TimeAuthority], Told]
"""(response, stamped bytes, authority) -> what it says; raises TimeRefused where it does not count."""


class Source(StrEnum):
    """Whose word a bound is."""

    RECEIVED = "received"
    COSIGNATURE = "cosignature"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Somebody's word that a checkpoint was there, at this moment at the latest."""

    size: int
    at: datetime
    source: Source
    by: str
    operator: str


@dataclass(frozen=True, slots=True)
class Stamped:
    """The stamps that count, what is wrong with others, and how many tokens nobody could be asked about."""

    stamps: tuple[Stamp, ...] = ()
    findings: tuple[Finding, ...] = ()
    unchecked: int = 0
    tokens: int = 0

    @property
    def alone(self) -> tuple[Finding, ...]:
        """What is found whoever is trusted; the rest is found by the word of those who are."""
        return tuple(found for found in self.findings if found.rule in _WHOEVER_IS_TRUSTED)


_WHOEVER_IS_TRUSTED = {"time.no_checkpoint", "time.other_bytes"}
NO_STAMPS = Stamped()


def check_tokens(
    tokens: Sequence[Token],
    texts: Mapping[int, bytes],
    authorities: Iterable[TimeAuthority],
    verify: VerifyToken | None,
) -> Stamped:
    """Verify the tokens beside a log's checkpoints, whose texts are given by size.

    1. There is a checkpoint of the token's size (`time.no_checkpoint`).
    2. Place and bytes have the hash that was kept with them (`time.other_bytes`).
    3. Its authority is one that is trusted, and tokens can be read here; else it is left unchecked.
    4. The token is over the checkpoint's text, signed by a certificate for time stamping that leads to the
       authority's root, all keys long enough (`time.*`, `authority.*`).
    5. What it says holds from the end of its accuracy on.
    """
    known = {authority.name: authority for authority in authorities}
    stamps: list[Stamp] = []
    findings: list[Finding] = []
    unchecked = 0
    for token in tokens:
        if token.size not in texts:  # 1
            missing = TimeRefused("time.no_checkpoint", size=token.size, authority=token.authority)
            findings.append(_finding(missing, token))
        elif token_digest(token.size, token.authority, token.response) != token.sha256:  # 2
            changed = TimeRefused("time.other_bytes", size=token.size, authority=token.authority)
            findings.append(_finding(changed, token))
        elif verify is None or (authority := known.get(token.authority)) is None:  # 3
            unchecked += 1
        else:
            try:
                told = verify(token.response, texts[token.size], authority)  # 4
            except AuditError as wrong:
                findings.append(_finding(wrong, token))
                continue
            at = told.time + told.accuracy  # 5
            stamps.append(Stamp(token.size, at, Source.TIMESTAMP, authority.name, authority.operator))
    return Stamped(tuple(stamps), tuple(findings), unchecked, len(tokens))


def _finding(wrong: AuditError, token: Token) -> Finding:
    facts = {**wrong.facts, "size": token.size, "authority": token.authority}
    return Finding("time", None, wrong.rule, facts)


def cosigned_stamps(size: int, cosigned: Iterable[Cosigned]) -> Iterator[Stamp]:
    """Yield the stamps of witnesses: each saw the checkpoint when it says that it did."""
    for one in cosigned:
        at = moment_of(one.time)
        yield Stamp(size, at, Source.COSIGNATURE, one.witness.name, one.witness.operator)
