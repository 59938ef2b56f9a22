"""What is kept of sessions and tokens, on either database: hashes, each until it ends; who read what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.service.access import SESSION, Access, Asked, Brought, Credential
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
    found = _recognised(access, NOW + SESSION - 1, cookie=cookie)
    assert found is not None
    assert (found.key, found.size, found.scopes) == (KEY, 7, None)
    assert _recognised(access, NOW + SESSION, cookie=cookie) is None
    assert _recognised(access, NOW, cookie=cookie + "x") is None
    access.end_session(cookie)
    assert _recognised(access, NOW, cookie=cookie) is None


def test_a_token_is_its_keys(access: Access) -> None:
    """Found by all of its text, listed and taken back by its owner."""
    name, token = access.issue(KEY, 7, "tập lệnh", ["RECORD", "LOG"], NOW + 10)
    found = _recognised(access, NOW, token=token)
    assert found is not None
    assert (found.key, found.token, found.scopes) == (KEY, name, frozenset({"LOG", "RECORD"}))
    assert _recognised(access, NOW + 10, token=token) is None
    assert _recognised(access, NOW, token=f"xx{token[2:]}") is None
    assert [row.id for row in access.tokens_of(KEY)] == [name]
    assert not access.withdraw(OTHER, name)
    assert access.withdraw(KEY, name)
    assert _recognised(access, NOW, token=token) is None


def test_each_of_several_is_recognised_by_what_they_brought(access: Access) -> None:
    """Asked together, nobody gets what another one brought."""
    cookie, (_, token) = access.begin_session(KEY, 7, NOW), access.issue(OTHER, 8, "-", ["LOG"], NOW + 10)
    brought = [
        Brought(token=token),
        Brought(),
        Brought(cookie=cookie),
        Brought(cookie=token),
        Brought(cookie),
    ]
    told = access.recognised(brought, NOW)
    assert [one and (one.key, one.size) for one in told] == [(OTHER, 8), None, (KEY, 7), None, None]


def test_reads_are_noted_in_order(access: Access) -> None:
    """Each with its number, from which to go on."""
    access.note([_asked(MONDAY, asked) for asked in ("/a", "/b", "/c")])
    first = access.noted(0, 1)
    told = [(row.asked, row.allowed) for row in access.noted(first[0].number, 10)]
    assert (first[0].asked, told) == ("/a", [("/b", False), ("/c", True)])


def test_what_was_noted_is_given_up_after_its_time(access: Access) -> None:
    """What is older goes, the newest stays whatever its age: so numbers never begin again."""
    days = [MONDAY + timedelta(days=day) for day in range(4)]
    access.note([_asked(day, f"/{number}") for number, day in enumerate(days)])
    numbers = [row.number for row in access.noted(0, 10)]
    access.forget(days[2])
    assert [row.asked for row in access.noted(0, 10)] == ["/2", "/3"]
    access.forget(days[3] + timedelta(days=1))
    assert [row.number for row in access.noted(0, 10)] == numbers[-1:]


MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)


def _asked(at: datetime, asked: str) -> Asked:
    return Asked(at.isoformat(), "stc-1", None, asked, allowed=asked != "/b")


def _recognised(access: Access, now: int, **brought: str) -> Credential | None:
    (found,) = access.recognised([Brought(**brought)], now)
    return found
