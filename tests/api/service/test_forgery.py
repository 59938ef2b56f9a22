"""Requests that are forged: from other sites' pages, with sessions fixed beforehand, with tokens guessed."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from api.service import access
from api.service.access_tables import sessions
from api.service.doors import Who
from tests.api.service.everybody import UNSAFE, Served, address, doors, served_to
from tests.api.service.people import Person, answer, challenged, sign_in, token_of
from tests.worlds import KEYS

UNSAFE_ROUTES = sorted(doors(methods=UNSAFE))
ELSEWHERE: tuple[Mapping[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost.evil.example:8000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Referer": "http://localhost:8000/"},
    {},
)
"""How a page elsewhere can make a browser ask; the last says nothing at all, as old browsers do."""
SIGNING_IN = ("/v1/session", "/v1/session/challenge", "/sign-in", "/sign-out")


@pytest.fixture(scope="module")
def served(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service."""
    with served_to(["stc-1", "ct-4"], small_log, tmp_path_factory.mktemp("forgery")) as its:
        yield its


@pytest.mark.parametrize("door", UNSAFE_ROUTES, ids=" ".join)
@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=str)
def test_no_page_elsewhere_acts_for_who_is_signed_in(
    served: Served, door: tuple[str, str], elsewhere: Mapping[str, str]
) -> None:
    """Every route that changes anything: 403 before anything is read, and the session goes on."""
    method, path = door
    person = served.people["stc-1"]
    told = served.client.ask(method, address(path), b"{}", {**person.headers, **elsewhere})
    assert (told.status, told.json["rule"]) == (403, "access.from_elsewhere")
    assert "set-cookie" not in told.headers
    assert person.get("/v1/session").status == 200


@pytest.mark.parametrize("path", SIGNING_IN[:3])
@pytest.mark.parametrize("elsewhere", ELSEWHERE[:7], ids=str)
def test_no_page_elsewhere_signs_anybody_in(served: Served, path: str, elsewhere: Mapping[str, str]) -> None:
    """Who is not signed in is not signed in as somebody else either."""
    told = served.client.ask("POST", path, b"{}", elsewhere)
    assert (told.status, told.json["rule"]) == (403, "access.from_elsewhere")


@pytest.mark.parametrize("door", UNSAFE_ROUTES, ids=" ".join)
def test_a_token_needs_no_origin_and_brings_no_session(served: Served, door: tuple[str, str]) -> None:
    """A program is no browser: what it brings is looked at for itself, and a cookie beside it is not."""
    program = token_of(served.people["ct-4"], "LOG")
    told = served.client.ask(
        door[0], address(door[1]), b"{}", {**program.headers, **served.people["ct-4"].headers}
    )
    if doors(Who.SIGNED_IN).get(door):
        assert (told.status, told.json["rule"]) == (403, "access.token_scope")
    elif door[1] not in SIGNING_IN:
        assert told.json["rule"] != "access.from_elsewhere"


def test_a_session_is_never_the_one_that_somebody_prepared(served: Served) -> None:
    """A cookie that was planted before signing in is not taken over, and opens nothing afterwards."""
    client = served.client
    planted = "minhchung=" + "A" * 43
    key = KEYS["stc-2"]
    told = answer(client, challenged(client, key), key, Cookie=planted)
    assert told.status == 201
    given = told.headers["set-cookie"].partition(";")[0]
    assert given != planted
    assert Person(client, {"Cookie": planted}).get("/v1/session").status == 401
    assert Person(client, {"Cookie": given}).get("/v1/session").json["actor"] == "stc-2"


def test_signing_in_again_ends_the_session_there_was(served: Served) -> None:
    """Whoever has an old cookie, however they came by it, has nothing."""
    before = sign_in(served.client, KEYS["stc-2"])
    after = sign_in(served.client, KEYS["stc-2"], Cookie=before.headers["Cookie"])
    assert (before.get("/v1/session").status, after.get("/v1/session").status) == (401, 200)


def test_a_session_comes_in_its_cookie_alone(served: Served) -> None:
    """Neither in the address nor in a header: nothing that a link could carry."""
    name, _, value = served.people["stc-1"].headers["Cookie"].partition("=")
    assert served.client.ask("GET", f"/v1/session?{name}={value}").status == 401
    for headers in ({"Authorization": f"Bearer {value}"}, {name: value}, {"Cookie": f"x{name}={value}"}):
        assert served.client.ask("GET", "/v1/session", headers=headers).status == 401


def test_a_cookie_is_for_this_site_and_no_script(served: Served) -> None:
    """HttpOnly, SameSite=Strict, for the whole site, without a domain."""
    key = KEYS["stc-2"]
    told = answer(served.client, challenged(served.client, key), key).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {one.strip() for one in told.split(";")}
    assert "domain" not in told


@pytest.mark.parametrize(
    "brought", ["{name}_" + "0" * 64, "0" * 16 + "_{secret}", "{name}_{secret}0", "{name}_"]
)
def test_a_token_is_compared_whole_whether_or_not_it_is_there(
    served: Served, monkeypatch: pytest.MonkeyPatch, brought: str
) -> None:
    """Digest against digest, in time that does not depend on them: for a wrong token as for none."""
    token = token_of(served.people["ct-4"], "LOG").headers["Authorization"].removeprefix("Bearer mc_")
    name, _, secret = token.partition("_")
    compared, constant = list[tuple[int, int]](), hmac.compare_digest

    def digest(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return constant(one, other)

    monkeypatch.setattr(hmac, "compare_digest", digest)
    headers = {"Authorization": f"Bearer mc_{brought.format(name=name, secret=secret)}"}
    told = served.client.ask("GET", "/v1/entries", headers=headers)
    assert (told.status, told.json["rule"]) == (401, "access.not_signed_in")
    assert compared == [(32, 32)]


def test_sessions_are_looked_up_by_their_digest(served: Served) -> None:
    """What a database compares letter by letter is a digest: its time tells nothing of the cookie."""
    cookie = served.people["stc-1"].headers["Cookie"].partition("=")[2]
    dump = "\n".join(_dumped(served))
    assert access._hash(cookie).hex() in dump
    assert cookie not in dump


def _dumped(served: Served) -> Iterator[str]:
    with served.world.runtime.log.database.read() as connection:
        for row in connection.execute(sessions.select()):
            yield " ".join(its.hex() if isinstance(its, bytes) else str(its) for its in row)


@pytest.mark.parametrize("door", sorted(doors(methods=(*UNSAFE, "GET"))), ids=" ".join)
def test_no_other_origin_may_read_an_answer(served: Served, door: tuple[str, str]) -> None:
    """No answer says to a browser that a page elsewhere may read it (CORS)."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": door[0]}
    for method in (door[0], "OPTIONS"):
        told = served.client.ask(method, address(door[1]), headers=headers)
        assert not [name for name in told.headers if name.startswith("access-control-")]
