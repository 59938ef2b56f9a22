"""What is kept of sessions and tokens, on either database: hashes, each until it ends; who read what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.service.access import SESSION, Access
from audit.ledger.database import Database

KEY, OTHER = "a" * 64, "b" * 64
NOW = 1_800_000_000


@pytest.fixture
def access(database: Database) -> Access:
    """Tables that were just made."""
    return Access(database)


def test_all_processes_share_one_secret(database: Database, access: Access) -> None:
    """What one made a challenge with, another knows it by; a restart changes nothing."""
    assert Access(database).secret == access.secret
    assert len(access.secret) == 32


def test_a_challenge_is_spent_once(access: Access) -> None:
    """The second time it was there; when it could not be tried again it is forgotten."""
    assert access.spend("x", NOW + 120, NOW)
    assert not access.spend("x", NOW + 120, NOW)
    assert access.spend("x", NOW + 500, NOW + 121)


def test_a_session_is_found_by_its_cookie_until_it_ends(access: Access) -> None:
    """With the key and the size of the log at which it began."""
    cookie = access.begin_session(KEY, 7, NOW)
    found = access.session(cookie, NOW + SESSION - 1)
    assert found is not None
    assert (found.key, found.size, found.scopes) == (KEY, 7, None)
    assert access.session(cookie, NOW + SESSION) is None
    assert access.session(cookie + "x", NOW) is None
    access.end_session(cookie)
    assert access.session(cookie, NOW) is None


def test_a_token_is_its_keys(access: Access) -> None:
    """Found by all of its text, listed and taken back by its owner."""
    name, token = access.issue(KEY, 7, "tập lệnh", ["RECORD", "LOG"], NOW + 10)
    found = access.token(token, NOW)
    assert found is not None
    assert (found.key, found.token, found.scopes) == (KEY, name, frozenset({"LOG", "RECORD"}))
    assert access.token(token, NOW + 10) is None
    assert access.token(f"xx{token[2:]}", NOW) is None
    assert [row.id for row in access.tokens_of(KEY)] == [name]
    assert not access.withdraw(OTHER, name)
    assert access.withdraw(KEY, name)
    assert access.token(token, NOW) is None


def test_reads_are_noted_in_order(access: Access) -> None:
    """Each with its number, from which to go on."""
    at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    for asked in ("/a", "/b", "/c"):
        access.note(at, "stc-1", None, asked, allowed=asked != "/b")
    first = access.noted(0, 1)
    told = [(row.asked, row.allowed) for row in access.noted(first[0].number, 10)]
    assert (first[0].asked, told) == ("/a", [("/b", False), ("/c", True)])
