"""Time authorities in a trust file: a name, who runs it, its root certificate in the one spelling."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from audit.proofs.errors import AuditError
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.timestamp import TimeAuthority
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust, parse_trust
from tests.audit.proofs.witnessed import LOG_VKEY
from tests.authority import certificate, known, tlv, with_extensions

KEY = ec.generate_private_key(ec.SECP256R1())
ROOT = certificate("Gốc", KEY.public_key(), KEY, "Gốc", ca=True)
LEAF = certificate("Lá", KEY.public_key(), KEY, "Gốc")
LOG = TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (LOG_VKEY,))
TRUST = Trust((LOG,), NO_WITNESSES, (known(ROOT), known(ROOT, "other", "http://localhost:1/tsr")))
FILE = format_trust(TRUST)


def edited(**changes: Any) -> bytes:
    """The file with the first authority changed; `None` takes a field away."""
    stated = json.loads(FILE)
    first = stated["authorities"][0] | changes
    stated["authorities"][0] = {name: value for name, value in first.items() if value is not None}
    return json.dumps(stated).encode()


def test_authorities_come_back() -> None:
    """What is written is read as the same trust, byte by byte; without any, nothing is said of them."""
    assert parse_trust(FILE) == TRUST
    assert format_trust(parse_trust(FILE)) == FILE
    assert b"authorities" not in format_trust(Trust((LOG,), NO_WITNESSES))


STATED = json.loads(FILE)["authorities"][0]["certificate"]
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "an unknown field": (lambda: edited(kind="x"), "trust.malformed"),
    "no operator": (lambda: edited(operator=None), "trust.malformed"),
    "an empty name": (lambda: edited(name=""), "trust.malformed"),
    "a name twice": (lambda: edited(name="other"), "trust.malformed"),
    "a certificate that is no base64": (lambda: edited(certificate="-----BEGIN"), "trust.malformed"),
    "a certificate in another spelling": (lambda: edited(certificate=STATED + "\\n"), "trust.malformed"),
    "a certificate without padding": (
        lambda: edited(certificate=STATED[:-1]),
        "trust.malformed",
    ),
    "a certificate that is none": (lambda: edited(certificate="AAAA"), "authority.malformed"),
    "a certificate and more": (
        lambda: edited(certificate=base64.b64encode(base64.b64decode(STATED) + b"\x00").decode()),
        "authority.malformed",
    ),
    "a certificate of no authority": (
        lambda: edited(certificate=base64.b64encode(_der(LEAF)).decode()),
        "authority.malformed",
    ),
    "a certificate with an extension twice": (
        lambda: edited(certificate=_spelled(with_extensions(_der(ROOT), lambda its: [*its, its[0]]))),
        "authority.malformed",
    ),
    "a certificate with an extension that nobody reads": (
        lambda: edited(certificate=_spelled(with_extensions(_der(ROOT), lambda its: [*its, OTHER_NAME]))),
        "authority.malformed",
    ),
    "a certificate that does not say whether it is an authority": (
        lambda: edited(certificate=_spelled(with_extensions(_der(ROOT), lambda its: its[1:]))),
        "authority.malformed",
    ),
    "authorities that are no objects": (
        lambda: FILE.replace(b'"authorities": [', b'"authorities": [5, '),
        "trust.malformed",
    ),
}


OTHER_NAME: bytes = tlv(0x30, bytes.fromhex("0603551d11") + tlv(4, tlv(0x30, tlv(0xA3, b""))))
"""An alternative name of a kind (X.400) that no library reads any more."""


def _spelled(der: bytes) -> str:
    return base64.b64encode(der).decode()


def _der(made: Any) -> bytes:
    return bytes(made.public_bytes(Encoding.DER))


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_file(case: str) -> None:
    """An authority that could be read otherwise than it looks, or is none, is refused."""
    data, rule = REFUSED[case]
    with pytest.raises(AuditError) as refused:
        parse_trust(data())
    assert refused.value.rule == rule


def test_authority_is_checked_where_it_is_made() -> None:
    """Not only in a file."""
    with pytest.raises(AuditError):
        TimeAuthority("a", "b", _der(LEAF))
