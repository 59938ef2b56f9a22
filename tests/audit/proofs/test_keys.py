"""Keys: those under which a signature proves nothing are refused before a signature is looked at."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs.errors import BadSignature, UnsafeKey
from audit.proofs.keys import (
    DEMO_KEYS,
    PublicKey,
    SigningKey,
    demo_signing_key,
    is_demo_key,
    load_public_key,
)

KEY = demo_signing_key(0)
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


# --- the curve, in plain affine coordinates -------------------------------------------------------------


def decode(raw: bytes) -> Point:
    """Read a point; a second spelling is read as the first."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number % 2**255 % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (P - x) % P if x % 2 != sign else x, y


def encode(point: Point) -> bytes:
    """Write a point."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def add(p: Point, q: Point) -> Point:
    """Add two points by the law of the twisted Edwards curve."""
    (x1, y1), (x2, y2) = p, q
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


# --- unsafe keys ----------------------------------------------------------------------------------------

IDENTITY = "01" + "00" * 31
LOW_ORDER = {
    "order 1": IDENTITY,
    "order 2": "ec" + "ff" * 30 + "7f",
    "order 4": "00" * 32,
    "order 4, other sign": "00" * 31 + "80",
    "order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, other sign": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "order 8, other y": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order 8, other y and sign": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}
SECOND_SPELLINGS = {
    "order 1 with the sign of zero": ("01" + "00" * 30 + "80", "sign of zero"),
    "order 2 with the sign of zero": ("ec" + "ff" * 31, "sign of zero"),
    "order 1, y + p": ("ee" + "ff" * 30 + "7f", "y is not canonical"),
    "order 1, y + p, with the sign of zero": ("ee" + "ff" * 31, "y is not canonical"),
    "order 4, y + p": ("ed" + "ff" * 30 + "7f", "y is not canonical"),
    "order 4, y + p, other sign": ("ed" + "ff" * 31, "y is not canonical"),
    "y + p of a point of high order": ((P + 3).to_bytes(32, "little").hex(), "y is not canonical"),
    "largest y there is room for": ("ff" * 31 + "7f", "y is not canonical"),
}
MALFORMED = {
    "nothing": ("", "not 32 bytes"),
    "31 bytes": (KEY.public_key.raw[:31].hex(), "not 32 bytes"),
    "33 bytes": (KEY.public_key.raw.hex() + "00", "not 32 bytes"),
    "hex of a key": (KEY.public_key.raw.hex().encode().hex(), "not 32 bytes"),
    "y = 2, which no point has": ("02" + "00" * 31, "not on the curve"),
    "y = 2, other sign": ("02" + "00" * 30 + "80", "not on the curve"),
    "y = 7, which no point has": ("07" + "00" * 31, "not on the curve"),
}
UNSAFE = {name: (raw, "low order") for name, raw in LOW_ORDER.items()} | SECOND_SPELLINGS | MALFORMED


@pytest.mark.parametrize("case", UNSAFE)
def test_refuses_unsafe_key(case: str) -> None:
    """A key of low order, in a second spelling, off the curve or of another length is refused."""
    raw, reason = UNSAFE[case]
    with pytest.raises(UnsafeKey) as refused:
        load_public_key(bytes.fromhex(raw))
    assert (refused.value.rule, refused.value.facts) == ("key.unsafe", {"reason": reason})


@pytest.mark.parametrize("case", [name for name in LOW_ORDER if name != "order 1"])
@pytest.mark.parametrize("number", [0, 1])
def test_refuses_point_of_mixed_order(case: str, number: int) -> None:
    """A good key with a point of low order added to it is refused, though its own signatures may verify."""
    good = decode(demo_signing_key(number).public_key.raw)
    mixed = encode(add(good, decode(bytes.fromhex(LOW_ORDER[case]))))
    with pytest.raises(UnsafeKey, match="outside the prime-order subgroup"):
        load_public_key(mixed)
    assert load_public_key(encode(add(good, decode(bytes.fromhex(IDENTITY))))).raw == encode(good)


def test_library_alone_believes_the_identity_key() -> None:
    """Under the identity point one signature fits every message: why keys are looked at first."""
    anything = bytes.fromhex("58" + "66" * 31) + (1).to_bytes(32, "little")
    for message in (b"one", b"another"):
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(IDENTITY)).verify(anything, message)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_arbitrary_bytes_are_a_safe_key_or_refused(raw: bytes) -> None:
    """Whatever 32 bytes come, they load as they are or raise UnsafeKey."""
    try:
        loaded = load_public_key(raw)
    except UnsafeKey:
        return
    assert (loaded.raw, loaded.id) == (raw, sha256(raw).hexdigest())
    assert encode(decode(raw)) == raw


# --- signatures -----------------------------------------------------------------------------------------


def test_verdicts_of_wycheproof(vectors: Path) -> None:
    """Every Ed25519 vector of Wycheproof is accepted or refused as it should be."""
    suite = json.loads((vectors / "wycheproof" / "ed25519_test.json").read_text())
    verdicts = []
    for group in suite["testGroups"]:
        key = load_public_key(bytes.fromhex(group["publicKey"]["pk"]))
        for test in group["tests"]:
            found = _verdict(key, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            assert found == test["result"], test["tcId"]
            verdicts.append(found)
    assert len(verdicts) == suite["numberOfTests"] == 151
    assert {"valid", "invalid"} == set(verdicts)


def _verdict(key: PublicKey, signature: bytes, data: bytes) -> str:
    try:
        key.verify(signature, data)
    except BadSignature:
        return "invalid"
    return "valid"


SIGNED = b"what was signed"
SIGNATURE = KEY.sign(SIGNED)
ORDER = 2**252 + 27742317777372353535851937790883648493


def _with_s_plus_order(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + s.to_bytes(32, "little")


@pytest.mark.parametrize(
    ("signature", "data"),
    [
        (b"", SIGNED),
        (SIGNATURE[:63], SIGNED),
        (SIGNATURE + b"\0", SIGNED),
        (bytes(64), SIGNED),
        (SIGNATURE[32:] + SIGNATURE[:32], SIGNED),
        (_with_s_plus_order(SIGNATURE), SIGNED),
        (demo_signing_key(1).sign(SIGNED), SIGNED),
        (SIGNATURE, SIGNED + b"."),
        (SIGNATURE, b""),
    ],
)
def test_refuses_signature(signature: bytes, data: bytes) -> None:
    """A signature of another length, spelling, key or text is refused, and names the key."""
    KEY.public_key.verify(SIGNATURE, SIGNED)
    with pytest.raises(BadSignature) as refused:
        KEY.public_key.verify(signature, data)
    assert (refused.value.rule, refused.value.facts) == ("signature.bad", {"key": KEY.public_key.id})


# --- keys that sign -------------------------------------------------------------------------------------


def test_rfc_8032_first_vector() -> None:
    """A seed gives the key and the signature of RFC 8032 section 7.1, test 1."""
    key = SigningKey.from_seed(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.public_key.raw.hex() == public
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


@pytest.mark.parametrize("password", [None, b"b\xc3\xad m\xe1\xba\xadt"])
def test_key_file_comes_back(password: bytes | None) -> None:
    """A key written to PEM, with or without a password, reads back as the same key."""
    key = SigningKey.generate()
    pem = key.to_pem(password)
    assert SigningKey.from_pem(pem, password).public_key == key.public_key
    assert (b"ENCRYPTED" in pem) == (password is not None)


def test_key_file_of_another_kind_is_refused() -> None:
    """A PEM of another algorithm is no signing key here."""
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UnsafeKey, match=r"key\.not_ed25519"):
        SigningKey.from_pem(pem)


def test_demo_keys_are_known_for_what_they_are() -> None:
    """All demo keys are told from other keys, and there are no others to ask for."""
    assert all(is_demo_key(demo_signing_key(number).public_key) for number in (0, 1, 500, DEMO_KEYS - 1))
    assert not is_demo_key(SigningKey.generate().public_key)
    assert DEMO_KEYS == 1000
    for number in (-1, DEMO_KEYS):
        with pytest.raises(ValueError, match="numbered"):
            demo_signing_key(number)
