"""Certificates of time authorities in JavaScript: read in one way, and refused as Python refuses them."""

from __future__ import annotations

import base64
import json
import random
import warnings
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from audit.proofs.errors import AuditError
from audit.proofs.trust_file import parse_trust
from tests.audit.browser.asked import Asked
from tests.audit.proofs.test_trust_authorities import FILE, REFUSED
from tests.authority import Key, certificate, tlv, with_extensions

pytestmark = pytest.mark.node
KEYS: dict[str, Key] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "a curve that browsers do not know": ec.generate_private_key(ec.BrainpoolP256R1()),
    "a curve that is too short": ec.generate_private_key(ec.SECP224R1()),
    "RSA of 2048 bits": rsa.generate_private_key(65537, 2048),
    "RSA of 1024 bits": rsa.generate_private_key(65537, 1024),  # noqa: S505 - to be refused
}
STRONG = [name for name in KEYS if "1024" not in name and "short" not in name]


def made(key: str, *, ca: bool = True) -> bytes:
    """Return a certificate that signs itself."""
    its = KEYS[key]
    return certificate("Gốc", its.public_key(), its, "Gốc", ca=ca).public_bytes(Encoding.DER)


def file(der: bytes) -> bytes:
    """Return a trust file with an authority of that certificate."""
    stated = json.loads(FILE)
    stated["authorities"] = [stated["authorities"][0] | {"certificate": base64.b64encode(der).decode()}]
    return json.dumps(stated).encode()


def rule_in_python(data: bytes) -> str:
    """Return the rule by which Python refuses a trust file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a serial number that is none
        try:
            parse_trust(data)
        except AuditError as wrong:
            return wrong.rule
    return "accepted"


READ_BY_ONE = "a certificate with an extension that nobody reads"
"""Extensions that do not matter are not read in a browser; a library refuses what it does not know."""


@pytest.mark.parametrize("case", [case for case in REFUSED if case != READ_BY_ONE])
def test_refuses_file(case: str, node: Asked) -> None:
    """What Python refuses of an authority is refused by the same rule."""
    data, rule = REFUSED[case]
    assert node.rule_of("trust", data()) == rule


@pytest.mark.parametrize("key", KEYS)
def test_keys_that_are_long_enough(key: str, node: Asked) -> None:
    """The length of the key counts, and then whether it is an authority's certificate."""
    assert node.rule_of("trust", file(made(key))) == ("accepted" if key in STRONG else "authority.weak_key")
    for_nobody = node.rule_of("trust", file(made(key, ca=False)))
    assert for_nobody == ("authority.malformed" if key in STRONG else "authority.weak_key")


@pytest.mark.parametrize("key", ["P-256", "RSA of 2048 bits"])
def test_any_changed_byte_is_judged_alike(key: str, node: Asked) -> None:
    """One byte changed anywhere: accepted by both, or refused by the same rule."""
    for der in changed(made(key)):
        assert node.rule_of("trust", file(der)) == rule_in_python(file(der)), der.hex()


def changed(der: bytes) -> Iterator[bytes]:
    """Yield a certificate with each of its bytes changed."""
    chance = random.Random(len(der))  # noqa: S311 - to find, not to hide
    for at, byte in enumerate(der):
        new = chance.choice([other for other in (0, 0xFF, byte ^ 1, byte ^ 0x80) if other != byte])
        yield der[:at] + bytes([new]) + der[at + 1 :]


def oid(text: str) -> bytes:
    """Write an object identifier from its bytes in hex."""
    return tlv(6, bytes.fromhex(text))


EXTENSIONS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "none but the constraints": lambda its: its[:1],
    "the constraints last": lambda its: [*its[1:], its[0]],
    "one that is unknown": lambda its: [*its, tlv(0x30, oid("2a0304") + tlv(4, b"?"))],
    "one that is critical": lambda its: [*its, tlv(0x30, oid("2a0304") + b"\1\1\xff" + tlv(4, b"?"))],
    "one that is not critical, and says so": lambda its: [
        *its,
        tlv(0x30, oid("2a0304") + b"\1\1\0" + tlv(4, b"?")),
    ],
    "a use of the key": lambda its: [*its, tlv(0x30, oid("551d0f") + tlv(4, b"\3\2\1\6"))],
    "a use of the key cut short": lambda its: [*its, tlv(0x30, oid("551d0f") + tlv(4, b"\3\2"))],
    "one that is more than two": lambda its: [*its, tlv(0x30, oid("2a0304") + tlv(4, b"?") + tlv(5, b""))],
    "something that is none": lambda its: [*its, tlv(4, b"")],
    "constraints of a path": lambda its: [
        tlv(0x30, oid("551d13") + tlv(4, tlv(0x30, b"\1\1\xff\2\1\3"))),
        *its[1:],
    ],
    "constraints that are false": lambda its: [
        tlv(0x30, oid("551d13") + tlv(4, tlv(0x30, b"\1\1\0"))),
        *its[1:],
    ],
    "constraints that are almost true": lambda its: [
        tlv(0x30, oid("551d13") + tlv(4, tlv(0x30, b"\1\1\1"))),
        *its[1:],
    ],
    "constraints and more": lambda its: [
        tlv(0x30, oid("551d13") + tlv(4, tlv(0x30, b"\1\1\xff") + b"\5\0")),
        *its[1:],
    ],
}


@pytest.mark.parametrize("case", EXTENSIONS)
def test_extensions_are_judged_alike(case: str, node: Asked) -> None:
    """What stands in the extensions decides whether it is an authority, in both."""
    data = file(with_extensions(made("P-256"), EXTENSIONS[case]))
    assert node.rule_of("trust", data) == rule_in_python(data)
