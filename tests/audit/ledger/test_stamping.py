"""Time tokens of a local OpenSSL authority: verified with its root, refused for whatever is not in order."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import insert

from audit.ledger.database import Database
from audit.ledger.errors import StampingRefused
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.stamping import (
    keep_token,
    kept_tokens,
    make_request,
    require_extra,
)
from audit.ledger.tables import checkpoints
from audit.proofs.errors import TimeRefused
from audit.proofs.timestamp import MAX_TOKEN, TimeAuthority, Token
from audit.proofs.tokens import token_verifier, verify_token
from tests.authority import Authority, certificate, found_authority, known

pytest.importorskip("rfc3161_client", reason="the extra `timestamps` is not installed")

TEXT = b"minhchung.example/log\n7\nJtgW8eoXjZxPv73+SS5L/TilPIvdHtp7Qk3RJTNhL0w=\n"
SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is here to be refused


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A time authority that does everything right."""
    return found_authority(tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    """Its token over the text."""
    return authority.stamp(TEXT)


def refused(response: bytes, authority: TimeAuthority, text: bytes = TEXT, **rest: int) -> str:
    """The rule by which a token is refused."""
    with pytest.raises(TimeRefused) as caught:
        verify_token(response, text, authority, **rest)
    return caught.value.rule


def test_token_tells_its_time(authority: Authority, token: bytes) -> None:
    """Verified with the root, it says when it was made, to its accuracy."""
    told = verify_token(token, TEXT, authority.known)
    assert abs(datetime.now(UTC) - told.time) < timedelta(minutes=5)
    assert told.time.tzinfo is UTC
    assert told.accuracy == timedelta(seconds=2, milliseconds=500, microseconds=100)


def test_request_is_answered(authority: Authority) -> None:
    """A request asks for the SHA-256 of the text, and its answer repeats its number."""
    asked = make_request(TEXT)
    assert asked.nonce is not None
    answer = authority.answer(asked.data)
    verify_token(answer, TEXT, authority.known, nonce=asked.nonce)
    assert refused(answer, authority.known, nonce=asked.nonce + 1) == "time.other_request"


def test_token_is_over_this_text(authority: Authority, token: bytes) -> None:
    """Of another checkpoint it says nothing, and neither does one over another digest of this one."""
    assert refused(token, authority.known, TEXT.replace(b"\n7\n", b"\n8\n")) == "time.other_text"
    assert refused(authority.stamp(TEXT, digest="sha512"), authority.known) == "time.other_text"


def test_token_leads_to_the_root_that_is_trusted(token: bytes, tmp_path: Path) -> None:
    """A token of somebody else, however good, does not count, even under the same names."""
    assert refused(token, found_authority(tmp_path / "other").known) == "time.not_trusted"


@pytest.mark.parametrize(
    "options",
    [
        {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING,), "critical": True, "until": timedelta(days=-1)},
        {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING,), "key": SHORT},
        {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING,), "key": ec.generate_private_key(ec.SECP192R1())},
    ],
    ids=["expired", "RSA-1024", "P-192"],
)
def test_certificate_that_stamps_is_in_order(options: dict[str, object], tmp_path: Path) -> None:
    """One that had expired when it stamped, or whose key is too short, does not count."""
    made = found_authority(tmp_path / "tsa", **options)  # type: ignore[arg-type]
    expected = {"time.not_trusted"} if "until" in options else {"authority.weak_key"}
    assert refused(made.stamp(TEXT), made.known) in expected


def test_token_brings_its_certificate_and_no_other(authority: Authority) -> None:
    """One that embeds its chain too is refused with what to ask the authority for; so is one without any."""
    chain = authority.stamp(TEXT, "-chain", "root.pem")
    assert refused(chain, authority.known) in ("time.certificates", "time.malformed")
    assert refused(authority.stamp(TEXT, certificate=False), authority.known) == "time.certificates"


def _flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda token: bytes([*token[:at], token[at] ^ 1, *token[at + 1 :]])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: b"",
        lambda token: token[:-1],
        lambda token: token + b"\x00",
        lambda token: token * 2,
        lambda token: b"\x30" * 20,
        lambda token: bytes(MAX_TOKEN + 1),
        _flipped(0),
        _flipped(3),
    ],
    ids=["empty", "cut", "longer", "twice", "noise", "too long", "tag", "length"],
)
def test_what_is_no_token_is_refused(
    authority: Authority, token: bytes, spoil: Callable[[bytes], bytes]
) -> None:
    """Bytes that are not one response, exactly, are malformed."""
    assert refused(spoil(token), authority.known) == "time.malformed"


def test_no_flipped_bit_changes_what_it_says(authority: Authority, token: bytes) -> None:
    """Wherever a bit of a token is flipped, it is refused, or says the same: some bytes nobody signs."""
    told, passed = verify_token(token, TEXT, authority.known), 0
    for at in range(0, len(token), max(1, len(token) // 150)):
        try:
            assert verify_token(_flipped(at)(token), TEXT, authority.known) == told
            passed += 1
        except TimeRefused:
            pass
    assert passed < 5


def test_extra_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package nothing is verified, and a command is told what to install."""
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    assert token_verifier() is None
    for needs in (require_extra, lambda: make_request(TEXT)):
        with pytest.raises(StampingRefused) as caught:
            needs()
        assert caught.value.rule == "stamp.extra_missing"


BOTH = ((7, b"one"), (3, b"two"))


def test_tokens_lie_beside_checkpoints(database: Database) -> None:
    """The first of an authority at a size stays; all come back by size."""
    LedgerRecorder(database)
    first, second = (Token(size, "tsa", text, sha256(text).digest()) for size, text in BOTH)
    with database.begin() as connection:
        connection.execute(insert(checkpoints), [{"size": 7, "root": b"", "note": b""}])
        kept = [keep_token(connection, one) for one in (first, second, Token(7, "tsa", b"three", b""))]
    assert kept == [True, True, False]
    with database.read() as connection:
        assert list(kept_tokens(connection)) == [second, first]


# --- authorities ----------------------------------------------------------------------------------------


def test_authority_is_a_root_with_a_long_key() -> None:
    """A certificate of no authority, or with a short key, is refused before anything is asked of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = certificate("a", key.public_key(), key, "a")
    short = certificate("a", SHORT.public_key(), SHORT, "a", ca=True)
    for made, rule in ((leaf, "authority.malformed"), (short, "authority.weak_key")):
        with pytest.raises(TimeRefused) as caught:
            known(made)
        assert caught.value.rule == rule


@pytest.mark.parametrize("spoil", [lambda der: der[:-1], lambda der: der + b"\x00", lambda der: b""])
def test_certificate_has_one_spelling(authority: Authority, spoil: Callable[[bytes], bytes]) -> None:
    """Bytes that are not exactly one certificate are refused."""
    with pytest.raises(TimeRefused) as caught:
        TimeAuthority("tsa", "ai đó", spoil(authority.known.certificate))
    assert caught.value.rule == "authority.malformed"
