"""Signing in by hand, over HTTP: a challenge that is shown, signed with a key, and pasted back."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from api.settings import Settings
from audit.proofs.keys import Signer
from tests.api.pages.reading import BROWSER, Page, read
from tests.api.service.people import site
from tests.api.service.serving import Answer, Client, serving
from tests.worlds import KEYS, OPEN, reopen

HEAD = KEYS["stc-1"]


@pytest.fixture(scope="module")
def client(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The service of a small log."""
    data = tmp_path_factory.mktemp("sign-in") / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    with serving(world, Settings(data)) as asks:
        yield asks
    world.close()


def send(client: Client, form: dict[str, str], path: str = "/sign-in", **headers: str) -> Answer:
    """Send a form as a browser does from the service's own page."""
    named = {"Accept": BROWSER, "Origin": site(client), "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({name: value.replace("\n", "\r\n") for name, value in form.items()}).encode()
    return client.ask("POST", path, body, {**named, **headers})


def challenged(client: Client, key: Signer) -> str:
    """Return the challenge that a page shows for a key, as it is to be signed."""
    shown = send(client, {"key": key.public_key.id}).body.decode()
    inside = shown[shown.index('<textarea id="challenge"') :].partition("</textarea>")[0]
    return unescape(inside.partition(">\n")[2])


def answered(client: Client, challenge: str, key: Signer, **headers: str) -> Answer:
    """Send a challenge back, signed."""
    signature = base64.b64encode(key.sign(challenge.encode())).decode()
    return send(client, {"challenge": challenge, "signature": f"{signature}\n"}, **headers)


def test_whoever_signs_the_challenge_is_signed_in_and_out(client: Client) -> None:
    """The session reads what is theirs, until it is ended."""
    told = answered(client, challenged(client, HEAD), HEAD)
    assert told.status == 200
    assert "HttpOnly" in told.headers["set-cookie"]
    assert "stc-1" in Page(told).text
    cookie = told.headers["set-cookie"].partition(";")[0]
    path = f"/rounds/{OPEN}/agencies/STC"
    assert "/sign-in" not in read(client, path, Cookie=cookie).links
    out = send(client, {}, "/sign-out", Cookie=cookie)
    assert (out.status, out.headers["location"]) == (303, "/")
    assert "/sign-in" in read(client, path, 401, Cookie=cookie).links


def test_a_challenge_is_good_once_and_for_its_key(client: Client) -> None:
    """A second time, with another key's signature, or changed: 401, as a page."""
    challenge = challenged(client, HEAD)
    assert answered(client, challenge, KEYS["stc-2"]).status == 401
    assert answered(client, challenge.replace("stc", "snv") + "0", HEAD).status == 401
    assert answered(client, challenge, HEAD).status == 200
    again = answered(client, challenge, HEAD)
    assert (again.status, again.headers["content-type"]) == (401, "text/html; charset=utf-8")


def test_nobody_is_signed_in_from_elsewhere(client: Client) -> None:
    """A page of another site cannot sign a visitor in, nor out."""
    challenge = challenged(client, HEAD)
    assert answered(client, challenge, HEAD, Origin="https://elsewhere.example").status == 403
    assert (
        send(client, {}, "/sign-out", Origin="https://elsewhere.example", Cookie="minhchung=x").status == 403
    )


@pytest.mark.parametrize(
    "form", [{}, {"key": "x"}, {"key": "<script>"}, {"challenge": "x"}, {"key": "a", "signature": "b"}]
)
def test_an_odd_form_is_told_apart(client: Client, form: dict[str, str]) -> None:
    """400 in words, never a failure; whoever is challenged is not told whether a key is known."""
    assert send(client, form).status == 400
    assert send(client, {"key": "0" * 64}).status == 200


def test_who_has_to_sign_in_is_led_there(client: Client) -> None:
    """The page of a record leads to signing in, and comes with the same policy as others."""
    page = read(client, f"/rounds/{OPEN}/ranking", 401)
    assert "/sign-in" in page.links
    assert "form-action 'self'" in read(client, "/sign-in").answer.headers["content-security-policy"]
    assert read(client, "/sign-in?lang=en").tags == read(client, "/sign-in?lang=vi").tags
