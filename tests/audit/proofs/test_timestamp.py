"""Tokens beside checkpoints: each is asked of an authority that is trusted, and counts once verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from audit.proofs.errors import TimeRefused
from audit.proofs.head import Cosigned
from audit.proofs.policy import Witness
from audit.proofs.timestamp import (
    NO_STAMPS,
    Source,
    Stamp,
    Stamped,
    TimeAuthority,
    Token,
    Told,
    check_tokens,
    cosigned_stamps,
    read_certificate,
    token_digest,
)
from tests.authority import OPERATOR, certificate, known

KEY = ec.generate_private_key(ec.SECP256R1())
TSA = known(certificate("Gốc", KEY.public_key(), KEY, "Gốc", ca=True))
AT = datetime(2017, 2, 1, 8, tzinfo=UTC)
TEXTS = {7: b"seven\n"}


def token(size: int = 7, authority: str = "tsa", response: bytes = b"seven\n") -> Token:
    """A token whose response repeats what it stamps."""
    return Token(size, authority, response, token_digest(size, authority, response))


def verify(response: bytes, text: bytes, authority: TimeAuthority) -> Told:
    """What verifies tokens, on the other side of the seam."""
    assert authority is TSA
    if response != text:
        raise TimeRefused("time.other_text")
    return Told(AT, timedelta(seconds=2))


GOOD = Stamp(7, AT + timedelta(seconds=2), Source.TIMESTAMP, "tsa", OPERATOR)


def test_verified_token_is_a_stamp() -> None:
    """It says that the checkpoint was there when its accuracy ends, at the latest."""
    assert check_tokens([token()], TEXTS, [TSA], verify) == Stamped((GOOD,), (), 0, 1)
    assert check_tokens([], TEXTS, [TSA], verify) == NO_STAMPS


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (token(size=8), "time.no_checkpoint"),
        (token(response=b"eight\n"), "time.other_text"),
        (replace(token(), sha256=bytes(32)), "time.other_bytes"),
        (replace(token(), response=b"seven"), "time.other_bytes"),
        (replace(token(), authority="other"), "time.other_bytes"),
    ],
)
def test_token_that_is_wrong_is_found(wrong: Token, rule: str) -> None:
    """It is named with its size and authority, and those beside it count as before."""
    checked = check_tokens([wrong, token()], TEXTS, [TSA], verify)
    assert (checked.stamps, checked.unchecked, checked.tokens) == ((GOOD,), 0, 2)
    (finding,) = checked.findings
    assert (finding.layer, finding.position, finding.rule) == ("time", None, rule)
    assert dict(finding.facts) == {"size": wrong.size, "authority": wrong.authority}


def test_token_of_nobody_who_is_trusted_is_left_unchecked() -> None:
    """Neither a stamp nor a finding: nobody can say, and that is said."""
    assert check_tokens([token(authority="other")], TEXTS, [TSA], verify) == Stamped((), (), 1, 1)
    assert check_tokens([token()], TEXTS, [], verify) == Stamped((), (), 1, 1)
    assert check_tokens([token()], TEXTS, [TSA], None) == Stamped((), (), 1, 1)


def test_changed_token_is_found_even_where_nothing_is_trusted() -> None:
    """Without trust, its size and its hash are still checked."""
    wrongs = token(size=8), replace(token(), sha256=bytes(32))
    rules = [found.rule for found in check_tokens(wrongs, TEXTS, [], None).findings]
    assert rules == ["time.no_checkpoint", "time.other_bytes"]


def test_cosignature_is_a_stamp() -> None:
    """A witness saw it when it says that it did."""
    seen = Cosigned(Witness("thanh-tra", "w+1+key", "Thanh tra"), 1485936000)
    (stamp,) = cosigned_stamps(9, [seen])
    assert stamp == Stamp(9, AT, Source.COSIGNATURE, "thanh-tra", "Thanh tra")


def test_root_is_read_as_it_is() -> None:
    """The certificate comes back."""
    assert TSA.root == read_certificate(TSA.certificate)


def test_certificate_of_another_kind_of_key_is_refused() -> None:
    """What tokens are not signed with is no authority's."""
    other = ed25519.Ed25519PrivateKey.generate()
    made = certificate("Gốc", other.public_key(), KEY, "Gốc", ca=True)  # type: ignore[arg-type]
    with pytest.raises(TimeRefused) as caught:
        known(made)
    assert caught.value.rule == "authority.weak_key"
