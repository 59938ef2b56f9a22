"""Signing in: a signed challenge, good once; sessions and tokens that end; nothing from elsewhere."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.clock import ScriptedClock
from api.service.access import SESSION
from api.service.access_tables import sessions, tokens
from api.service.app import create_app
from api.service.challenge import LASTS
from api.service.guard import Guard, NoSite
from api.settings import Settings
from audit.proofs.keys import demo_signing_key
from tests.api.service.people import COOKIE, Person, answer, challenged, sign_in, site, token_of
from tests.api.service.serving import Client, serving
from tests.worlds import KEYS, World, reopen

HEAD = KEYS["stc-1"]
TODAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
RECORD = "/v1/rounds/2016/agencies/STC/scores"


@pytest.fixture
def world(small_log: Path, tmp_path: Path) -> Iterator[World]:
    """A small log."""
    shutil.copytree(small_log, tmp_path / "data")
    opened = reopen(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ScriptedClock:
    """The machine's clock, by which sessions end."""
    return ScriptedClock(TODAY)


@pytest.fixture
def client(world: World, tmp_path: Path, clock: ScriptedClock) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path / "data"), clock=clock) as asks:
        yield asks


# --- the challenge --------------------------------------------------------------------------------------


def test_whoever_holds_an_enrolled_key_signs_in(client: Client) -> None:
    """The session says who it is, and what they are by the registry."""
    told = sign_in(client, HEAD).get("/v1/session").json
    assert told == {
        "actor": "stc-1",
        "key": HEAD.public_key.id,
        "capacities": ["AGENCY"],
        "agencies": ["STC"],
        "inspects": {},
    }


def test_a_challenge_is_good_once(client: Client) -> None:
    """The same signed challenge again, by whoever overheard it: no second session."""
    challenge = challenged(client, HEAD)
    assert answer(client, challenge, HEAD).status == 201
    again = answer(client, challenge, HEAD)
    assert (again.status, again.json["rule"]) == (401, "access.challenge_over")


def test_a_challenge_is_soon_over(client: Client, clock: ScriptedClock) -> None:
    """Two minutes later it is too late."""
    challenge = challenged(client, HEAD)
    clock.set(TODAY + timedelta(seconds=LASTS))
    assert answer(client, challenge, HEAD).json["rule"] == "access.challenge_over"


@pytest.mark.parametrize("line", range(7))
def test_a_challenge_of_another_making_is_none(client: Client, line: int) -> None:
    """With another title, site, log, key, end, nonce or mark it is not the service's, whoever signs it."""
    lines = challenged(client, HEAD).split("\n")
    lines[line] = {4: str(int(lines[4]) + 1)}.get(
        line, lines[line][:-1] + ("0" if lines[line][-1] != "0" else "1")
    )
    assert answer(client, "\n".join(lines), HEAD).json["rule"] == "access.challenge_over"


def test_a_challenge_names_site_and_log(world: World, client: Client) -> None:
    """A signature that was got by another site, or for another log, says so in what it is over."""
    _, its_site, log, key, *_ = challenged(client, HEAD).split("\n")
    assert (its_site, log, key) == (site(client), world.origin, HEAD.public_key.id)


def test_the_challenge_of_another_service_is_foreign(
    world: World, client: Client, tmp_path: Path, clock: ScriptedClock
) -> None:
    """What one service made is nothing to another, even over the same log and its secret."""
    with serving(world, Settings(tmp_path / "data"), clock=clock) as other:
        challenge = challenged(other, HEAD)
    assert answer(client, challenge, HEAD).json["rule"] == "access.challenge_over"


@pytest.mark.parametrize("odd", ["", "x", "\n\n\n\n\n\n", "é" * 3000, "a\nb\nc\nd\ne\nf\ng\nh"])
def test_no_text_makes_it_fail(client: Client, odd: str) -> None:
    """Whatever is sent as a challenge is answered with a problem."""
    assert answer(client, odd, HEAD).status in (401, 413)


@pytest.mark.parametrize("signature", ["", "AA==", "not base64", base64.b64encode(bytes(64)).decode()])
def test_only_the_keys_own_signature_counts(client: Client, signature: str) -> None:
    """No signature, a wrong one, something else: nobody is signed in."""
    sent = {"challenge": challenged(client, HEAD), "signature": signature}
    assert client.ask("POST", "/v1/session", sent).status == 401


def test_another_key_does_not_sign_for_it(client: Client) -> None:
    """A challenge for one key, signed by another that is enrolled too."""
    told = answer(client, challenged(client, HEAD), KEYS["nhs-1"])
    assert (told.status, told.json["rule"]) == (401, "access.signature_wrong")


@pytest.mark.parametrize("actor", ["log", "nhs-3", "ct-3", "cu-1"])
def test_keys_that_may_not_sign_do_not_sign_in(client: Client, actor: str) -> None:
    """The log's own, a suspended, a compromised and a lost key: none is let in."""
    key = KEYS[actor]
    assert answer(client, challenged(client, key), key).json["rule"] == "access.signature_wrong"


def test_a_challenge_does_not_tell_who_has_a_key(client: Client) -> None:
    """For a key that nobody enrolled there is one as well, and no session."""
    stranger = demo_signing_key(777)
    assert answer(client, challenged(client, stranger), stranger).json["rule"] == "access.signature_wrong"


# --- sessions -------------------------------------------------------------------------------------------


def test_the_cookie_is_for_the_browser_alone(client: Client) -> None:
    """No script reads it, no other site's page sends it, no other path or host gets it."""
    told = answer(client, challenged(client, HEAD), HEAD).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in told.split(";")}
    assert "domain" not in told


def test_over_https_the_cookie_keeps_the_hosts_prefix(world: World) -> None:
    """Its name promises Secure, and browsers hold it to that; on this machine alone it may be http."""
    guard = Guard(world.runtime, "https://minhchung.example")
    assert (guard.cookie, guard.secure, guard.site) == (
        "__Host-minhchung",
        True,
        "https://minhchung.example",
    )


@pytest.mark.parametrize("odd", ["http://minhchung.example", "minhchung.example", "", "ftp://localhost"])
def test_a_service_is_https_or_at_home(world: World, tmp_path: Path, odd: str) -> None:
    """Sessions do not go over a network in the clear: such an application is not built."""
    with pytest.raises(NoSite):
        create_app(world.runtime, Settings(tmp_path / "data"), odd)


def test_a_session_id_is_never_one_that_was_brought(client: Client) -> None:
    """Fixation: whoever put a cookie there before the sign-in has nothing after it."""
    planted = f"{COOKIE}=planted-by-somebody-else"
    person = sign_in(client, HEAD, Cookie=planted)
    assert person.headers["Cookie"] != planted
    assert Person(client, {"Cookie": planted}).get("/v1/session").status == 401


def test_a_new_sign_in_ends_the_session_before(client: Client) -> None:
    """Whoever signs in again in the same browser has one session, under a new id."""
    first = sign_in(client, HEAD)
    second = sign_in(client, KEYS["nhs-1"], Cookie=first.headers["Cookie"])
    assert first.get("/v1/session").status == 401
    assert second.get("/v1/session").json["actor"] == "nhs-1"


def test_signing_out_ends_it(client: Client) -> None:
    """The cookie is worth nothing any more, wherever it was copied to."""
    person = sign_in(client, HEAD)
    assert person.ask("DELETE", "/v1/session").status == 204
    assert person.get("/v1/session").status == 401


def test_a_session_ends_by_itself(client: Client, clock: ScriptedClock) -> None:
    """After a working day."""
    person = sign_in(client, HEAD)
    clock.set(TODAY + timedelta(seconds=SESSION - 1))
    assert person.get("/v1/session").status == 200
    clock.set(TODAY + timedelta(seconds=SESSION))
    assert person.get("/v1/session").status == 401


@pytest.mark.parametrize("name", ["KeySuspended", "KeyRevoked"])
def test_a_key_that_may_not_sign_ends_its_sessions_and_tokens(
    world: World, client: Client, name: str
) -> None:
    """At the very next question, by the log at its newest position."""
    person = sign_in(client, HEAD)
    program = token_of(person, "RECORD")
    assert (person.get(RECORD).status, program.get(RECORD).status) == (200, 200)
    body = {"key": HEAD.public_key.id, "category": "SUSPECTED" if name == "KeySuspended" else "LOST"}
    world.state(name, *(("stc-1",) if name == "KeySuspended" else ("dk-1", "dk-2")), body=body)
    assert (person.get(RECORD).status, program.get(RECORD).status) == (401, 401)


def test_a_key_that_is_reinstated_brings_no_session_back(world: World, client: Client) -> None:
    """Whoever got hold of the session does not get it back; the owner signs in anew."""
    person = sign_in(client, HEAD)
    key = {"key": HEAD.public_key.id}
    world.state("KeySuspended", "stc-1", body=key | {"category": "SUSPECTED"})
    world.state("KeyReinstated", "dk-1", "dk-2", body=key)
    assert person.get("/v1/session").status == 401
    assert sign_in(client, HEAD).get("/v1/session").status == 200


def test_roles_are_those_of_the_newest_position(world: World, client: Client) -> None:
    """An office that ends is gone at the next question, one that begins is there."""
    person = sign_in(client, HEAD)
    world.state("RoleEnded", "dk-1", body={"officer": "stc-1", "role": "AGENCY_HEAD", "agency": "STC"})
    assert person.get(RECORD).status == 404
    world.state("RoleGranted", "dk-1", body={"officer": "stc-1", "role": "AUDITOR"})
    assert person.get("/v1/rounds/2016/agencies/NHS/scores").status == 200


# --- tokens ---------------------------------------------------------------------------------------------


def test_a_token_is_for_what_it_was_made(client: Client) -> None:
    """With another scope, or for sessions and tokens themselves, it is refused."""
    program = token_of(sign_in(client, HEAD), "RESULTS")
    assert program.get("/v1/rounds/2016/rankings").status == 200
    assert (program.get(RECORD).status, program.get(RECORD).json["facts"]) == (403, {"scope": "RECORD"})
    for method, path in (("GET", "/v1/tokens"), ("POST", "/v1/tokens"), ("GET", "/v1/session")):
        assert program.ask(method, path).status == 403


def test_a_token_ends(client: Client, clock: ScriptedClock) -> None:
    """By itself on its day, or when it is taken back."""
    person = sign_in(client, HEAD)
    program, other = token_of(person, "RECORD", days=2), token_of(person, "RECORD", days=3)
    clock.set(TODAY + timedelta(days=2))
    assert (program.get(RECORD).status, other.get(RECORD).status) == (401, 200)
    again = sign_in(client, HEAD)
    for told in again.get("/v1/tokens").json["tokens"]:
        assert again.ask("DELETE", f"/v1/tokens/{told['id']}").status == 204
    assert other.get(RECORD).status == 401


def test_a_token_is_its_owners(client: Client) -> None:
    """Somebody else neither sees nor withdraws it."""
    person = sign_in(client, HEAD)
    program = token_of(person, "RECORD")
    (told,) = person.get("/v1/tokens").json["tokens"]
    stranger = sign_in(client, KEYS["nhs-1"])
    assert stranger.get("/v1/tokens").json["tokens"] == []
    assert stranger.ask("DELETE", f"/v1/tokens/{told['id']}").status == 404
    assert program.get(RECORD).status == 200


@pytest.mark.parametrize("odd", ["", "mc", "mc_", "mc__", "mc_0011223344556677_00", "x_y_z", "mc_é_é"])
def test_no_other_text_is_a_token(client: Client, odd: str) -> None:
    """Whatever is brought as one is answered with 401."""
    asked = client.ask(
        "GET", RECORD, headers={"Authorization": f"Bearer {odd}".encode("latin-1").decode("latin-1")}
    )
    assert asked.status == 401


def test_a_token_with_another_secret_is_none(client: Client) -> None:
    """Nor one with another's id: of the secret every digit counts."""
    brought = token_of(sign_in(client, HEAD), "RECORD").headers["Authorization"]
    for at in (-1, -40, 12):
        other = "0" if brought[at] != "0" else "1"
        wrong = brought[:at] + other + (brought[at + 1 :] if at != -1 else "")
        assert client.ask("GET", RECORD, headers={"Authorization": wrong}).status == 401


ODD_TOKENS = [
    {}, [], {"label": "x", "scopes": ["RECORD"]}, {"label": "", "scopes": ["RECORD"], "days": 1},
    {"label": "x", "scopes": [], "days": 1}, {"label": "x", "scopes": ["ALL"], "days": 1},
    {"label": "x", "scopes": ["RECORD"], "days": 91}, {"label": "x", "scopes": ["RECORD"], "days": 0},
    {"label": "x", "scopes": ["RECORD"], "days": True}, {"label": "x", "scopes": [[]], "days": 1},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_TOKENS)
def test_a_token_says_what_for_and_how_long(client: Client, odd: object) -> None:
    """Without a scope that there is, or for longer than a quarter of a year, none is made."""
    assert sign_in(client, HEAD).ask("POST", "/v1/tokens", odd).status == 400


def test_only_hashes_are_kept(world: World, client: Client) -> None:
    """Whoever reads the database can neither sign in with a session nor use a token."""
    person = sign_in(client, HEAD)
    program = token_of(person, "RECORD")
    cookie = person.headers["Cookie"].partition("=")[2]
    secret = program.headers["Authorization"].rpartition("_")[2]
    with world.runtime.log.database.read() as connection:
        kept = [str(tuple(row)) for its in (sessions, tokens) for row in connection.execute(its.select())]
    assert kept
    assert not [row for row in kept if cookie in row or secret in row]


# --- from elsewhere -------------------------------------------------------------------------------------


def test_no_other_page_signs_somebody_in(client: Client) -> None:
    """A page elsewhere cannot make a browser anybody's: its own challenge and signature are refused."""
    told = answer(client, challenged(client, HEAD), HEAD, Origin="https://elsewhere.example")
    assert (told.status, told.json["rule"]) == (403, "access.from_elsewhere")


def test_a_refusal_is_said_in_both_languages(client: Client) -> None:
    """What to do next, in Vietnamese and in English."""
    vi, en = (client.ask("GET", "/v1/session", headers={"Accept-Language": its}).json for its in ("vi", "en"))
    assert vi["rule"] == en["rule"] == "access.not_signed_in"
    assert "Đăng nhập" in vi["todo"]
    assert "Sign in" in en["todo"]
