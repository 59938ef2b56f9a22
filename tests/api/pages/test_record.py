"""The pages of those signed in: what each may read, at any moment, with hostile texts in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import Settings
from tests.api.pages.reading import Page, read
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, serving
from tests.furnished import COUNCIL, PUBLISHED, opened_by
from tests.worlds import KEYS, OPEN, World, reopen

SCORE = f"/rounds/{OPEN}/agencies/STC/criteria/A1.1"
OPINION = "Chưa ai được đọc ý kiến này."
MARKUP = "</blockquote><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def world(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small log, with an auditor who is nothing else there."""
    data = tmp_path_factory.mktemp("record") / "data"
    shutil.copytree(small_log, data)
    opened = reopen(data)
    opened.state("RoleGranted", "dk-2", body={"officer": "snv-4", "role": "AUDITOR"})
    opened.state(
        "OpinionOpened", "hd-2", round=COUNCIL, agency="STC", criterion="A1.7",
        body=opened_by("hd-2", "A1.7"), texts={"reason": OPINION},
    )  # fmt: skip
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path_factory.mktemp("elsewhere"))) as asks:
        yield asks


@pytest.fixture(scope="module")
def auditor(client: Client) -> Person:
    """Who may read everything that is not sealed."""
    return sign_in(client, KEYS["snv-4"])


def look(person: Person, path: str, status: int = 200, **headers: str) -> Page:
    """Open a page as somebody."""
    return read(person.client, path, status, **person.headers, **headers)


PATHS = [f"/rounds/{OPEN}/ranking", f"/rounds/{OPEN}/agencies/STC", SCORE]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_a_record_without_signing_in(client: Client, path: str) -> None:
    """401, whether there is such a thing or not."""
    assert read(client, path, 401).text == read(client, path.replace("STC", "XXX"), 401).text


@pytest.mark.parametrize("path", PATHS)
def test_what_is_confidential_is_kept_by_nobody(auditor: Person, path: str) -> None:
    """No cache on the way, nor in the browser."""
    assert look(auditor, path).answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("path", PATHS)
def test_both_languages_have_the_same_structure(auditor: Person, path: str) -> None:
    """Nothing is told in one language alone."""
    assert look(auditor, f"{path}?lang=vi").tags == look(auditor, f"{path}?lang=en").tags


def test_what_others_own_looks_like_what_is_not_there(client: Client) -> None:
    """An agency gets its own record; of another's, the page of what does not exist, with its own offered."""
    head = sign_in(client, KEYS["stc-1"])
    assert "Cơ quan STC" in look(head, f"/rounds/{OPEN}/agencies/STC").text
    foreign = look(head, f"/rounds/{OPEN}/agencies/SNV", 404)
    assert foreign.text == look(head, f"/rounds/{OPEN}/agencies/XXX", 404).text
    assert [link for link in foreign.links if "/agencies/" in link] == [f"/rounds/{OPEN}/agencies/STC"]


def test_an_agency_finds_itself_alone_in_the_ranking(client: Client) -> None:
    """Its own place, and nobody else's."""
    page = look(sign_in(client, KEYS["stc-1"]), f"/rounds/{PUBLISHED}/ranking")
    assert {link for link in page.links if "/agencies/" in link} == {f"/rounds/{PUBLISHED}/agencies/STC"}


def test_every_number_leads_to_the_event_that_made_it(auditor: Person) -> None:
    """The score's links are places of its story; each event leads to its exact bytes, which are there."""
    page = look(auditor, SCORE)
    ids = {its["id"] for _, its in page.elements if "id" in its}
    data = auditor.get(f"{SCORE}.json").json
    made = data["cells"][0]["made_by"]
    assert made
    assert {f"event-{position}" for position in made} <= ids
    assert {link[1:] for link in page.links if link.startswith("#event-")} <= ids
    for link in [link for link in page.links if link.startswith("/v1/entries/")]:
        assert auditor.get(link).status == 200


def test_the_story_is_told_in_sentences_and_times_of_the_log(auditor: Person) -> None:
    """By what was stated, not by the names of types; in the zone of the log."""
    page = look(auditor, f"{SCORE}?lang=en")
    assert not re.search(r"[A-Z][a-z]+[A-Z][a-z]+\.v1", page.text)
    times = [its["datetime"] for tag, its in page.elements if tag == "time"]
    assert times
    assert all(time.endswith("+07:00") for time in times)


def test_any_moment_can_be_looked_at(client: Client, auditor: Person) -> None:
    """A named moment, a size, a time; the page says that it is the past."""
    now = look(auditor, f"/rounds/{PUBLISHED}/ranking")
    assert "Đang xem quá khứ" not in now.text
    published = client.ask("GET", f"/rounds/{PUBLISHED}.json").json["version"]["position"] + 1
    for moment in ("published-v1", str(published), "2017-01-10T09:00:00"):
        then = look(auditor, f"/rounds/{PUBLISHED}/ranking?as_of={moment}")
        assert "Đang xem quá khứ" in then.text
    assert f"/rounds/{PUBLISHED}/ranking?as_of=published-v1" in now.links


@pytest.mark.parametrize("moment", ["publshed-v1", "yesterday", "99999999", "-5", "1", "%3Cscript%3E", "1e3"])
def test_an_odd_moment_leads_to_those_there_are(auditor: Person, moment: str) -> None:
    """404 with the named moments of the round."""
    page = look(auditor, f"/rounds/{PUBLISHED}/ranking?as_of={moment}", 404)
    assert f"/rounds/{PUBLISHED}/ranking?as_of=published-v1" in page.links


def test_an_odd_criterion_leads_to_the_nearest(auditor: Person) -> None:
    """404 with criteria of the agency; an odd agency with agencies, an odd round with rounds."""
    assert SCORE in look(auditor, SCORE.replace("A1.1", "A1.11"), 404).links
    assert f"/rounds/{OPEN}/agencies/STC" in look(auditor, SCORE.replace("STC", "STX"), 404).links
    assert f"/rounds/{OPEN}" in look(auditor, SCORE.replace(OPEN, "2061"), 404).links


def test_names_are_for_auditors_alone(client: Client, auditor: Person) -> None:
    """The council reads the same story under pseudonyms."""
    member = sign_in(client, KEYS["hd-2"])
    signers = [
        {
            (one["actor"], one["name"])
            for event in who.get(f"{SCORE}.json").json["events"]
            for one in event["signers"]
        }
        for who in (member, auditor)
    ]
    assert {actor for actor, _ in signers[0]} == {actor for actor, _ in signers[1]}
    assert {name for _, name in signers[0]} == {None}
    names = {name for _, name in signers[1] if name}
    assert not [name for name in names if name in look(member, SCORE).text]


def test_sealed_opinions_are_told_to_be_there_and_no_more(auditor: Person) -> None:
    """Whatever the council still keeps under seal shows no body on any page of its round."""
    path = f"/rounds/{COUNCIL}/agencies/STC/criteria/A1.7"
    sealed = [event for event in auditor.get(f"{path}.json").json["events"] if event["sealed"]]
    page = look(auditor, path)
    assert len(sealed) == page.text.count("còn niêm phong") > 0
    assert OPINION not in page.text


def test_hostile_words_change_no_structure(world: World, auditor: Person) -> None:
    """Markup in what was stated is shown as what it is."""
    cell = {"round": OPEN, "agency": "NHS", "criterion": "A1.1"}
    path = f"/rounds/{OPEN}/agencies/NHS/criteria/A1.1"
    world.state(
        "EvidenceSubmitted", "nhs-2", **cell,
        body={"serial": "<b>1</b>", "version": 1},
        texts={"title": MARKUP, "file_names": "a.txt"}, files=(b"a",),
    )  # fmt: skip
    page = look(auditor, path)
    assert MARKUP in page.text
    assert [its["type"] for tag, its in page.elements if tag == "script"] == ["module"]
    assert not [text for text in page.words if "requestSubmit" in text]
    assert not [its for tag, its in page.elements if tag == "img" and its["src"] == "x"]
    assert page.open == []
