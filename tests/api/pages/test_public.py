"""The public pages over HTTP: what the policy shows, as page, JSON and table, in both languages."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from api.clock import ScriptedClock
from api.pages.speech import phrases
from api.runtime import open_runtime
from api.settings import Settings
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.note import unverified_text
from tests.api.pages.reading import Page, read
from tests.api.service.serving import Client, serving
from tests.worlds import NOW, World, reopen

PAGES = ["/", "/rounds/2016", "/rounds/2016?version=1", "/rounds/2017"]


@pytest.fixture(scope="module")
def client(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The service of the whole demo."""
    data = tmp_path_factory.mktemp("pages") / "data"
    shutil.copytree(demo_data, data)
    world = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    with serving(world, Settings(data)) as asks:
        yield asks
    world.close()


@pytest.fixture(scope="module")
def small(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The service of a small log."""
    data = tmp_path_factory.mktemp("small") / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    with serving(world, Settings(data)) as asks:
        yield asks
    world.close()


# --- what is shown --------------------------------------------------------------------------------------


def test_home_leads_to_every_round(client: Client) -> None:
    """Each round has its year, its phase, and whether it was published."""
    page = read(client, "/")
    assert {"/rounds/2016", "/rounds/2017"} <= set(page.links)
    assert "09:00 ngày 12/09/2017 · Phiên bản 2" in page.text
    assert "chưa công bố" in page.text


def test_a_result_shows_the_places_of_the_policy_and_no_points(client: Client) -> None:
    """The first three of each block, by name; nothing of the fourth, no score."""
    page = read(client, "/rounds/2016")
    data = client.ask("GET", "/rounds/2016.json").json
    places = [place for block in data["blocks"] for place in block["places"]]
    assert [place["rank"] for place in places] == [1, 2, 3] * 3
    assert all(place["name_vi"] in page.text for place in places)
    assert all(set(place) == {"rank", "shared", "agency", "name_vi", "name_en"} for place in places)
    assert "Sở Xây dựng" not in page.text


def test_the_data_are_what_the_service_answers_programs(client: Client) -> None:
    """The page's own data hold the same places as the published result."""
    data, result = (
        client.ask("GET", "/rounds/2016.json").json,
        client.ask("GET", "/v1/rounds/2016/result").json,
    )
    assert [block["places"] for block in data["blocks"]] == [block["places"] for block in result["blocks"]]


def test_the_places_come_as_a_table(client: Client) -> None:
    """A row for each place shown, without a column that the policy keeps back."""
    answer = client.ask("GET", "/rounds/2016.csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert [row["rank"] for row in rows] == ["1", "2", "3"] * 3
    assert set(rows[0]) == {"block", "rank", "shared", "agency", "name_vi", "name_en"}
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_every_version_stays_readable(client: Client) -> None:
    """An older version says that it was replaced, and leads to the newest; its data are its own."""
    page = read(client, "/rounds/2016?version=1")
    assert "đã được thay bằng phiên bản 2" in page.text
    assert "/rounds/2016.json?version=1" in page.links
    assert client.ask("GET", "/rounds/2016.json?version=1").json["version"]["number"] == 1
    assert "đã được thay" not in read(client, "/rounds/2016").text


def test_what_changed_between_versions_is_told(client: Client) -> None:
    """Of the second version what its shown places changed over the first, and how much came between."""
    versions = client.ask("GET", "/rounds/2016.json").json["versions"]
    assert [version["number"] for version in versions] == [2, 1]
    assert (versions[1]["changes"], versions[1]["entries_since"]) == (None, None)
    assert versions[0]["changes"] == []
    assert versions[0]["entries_since"] == versions[0]["position"] - versions[1]["position"]


def test_how_it_was_computed_adds_up(client: Client) -> None:
    """The areas and their criteria come to the whole."""
    computed = client.ask("GET", "/rounds/2016.json").json["computed"]
    assert computed["maximum"] == "100"
    assert sum(float(area["maximum"]) for area in computed["areas"]) == 100
    assert "Điểm thưởng (tối đa 5)" in read(client, "/rounds/2016").text


def test_the_proof_box_names_the_checkpoint_that_is_served(client: Client) -> None:
    """Root and size are those of the checkpoint, and the witnesses who cosigned it are named."""
    note = client.ask("GET", "/v1/log/checkpoint").body
    checkpoint = parse_checkpoint(unverified_text(note))
    page = read(client, "/rounds/2016")
    assert checkpoint.root.hex() in page.text
    assert "witness.example/kiem-toan" in page.text
    assert "Chữ ký hợp lệ" in page.text
    for link in (link for link in page.links if link.startswith("/v1/") or ".json" in link):
        assert client.ask("GET", link).status == 200


def test_a_round_that_is_open_shows_deadlines_and_nothing_else(client: Client) -> None:
    """No place, no point and no proof of a result before there is one."""
    data = client.ask("GET", "/rounds/2017.json").json
    assert (data["version"], data["proof"], data["versions"]) == (None, None, [])
    assert all(block["places"] == [] for block in data["blocks"])
    assert "chưa được công bố" in read(client, "/rounds/2017").text


# --- languages ------------------------------------------------------------------------------------------


def test_the_reader_chooses_the_language(client: Client) -> None:
    """Vietnamese; English where the browser asks, where it was chosen before, where the address says so."""
    assert read(client, "/").language == "vi"
    assert read(client, "/", Accept_Language="en-GB,en;q=0.9,vi;q=0.3").language == "en"
    chosen = read(client, "/?lang=en", Accept_Language="vi")
    assert chosen.language == "en"
    cookie = chosen.answer.headers["set-cookie"].partition(";")[0]
    assert read(client, "/rounds/2016", Cookie=cookie).language == "en"
    assert read(client, "/?lang=vi", Cookie=cookie).language == "vi"
    assert read(client, "/?lang=fr").language == "vi"


@pytest.mark.parametrize("path", [*PAGES, "/rounds/1999"])
def test_no_phrase_of_the_other_language_is_left(client: Client, path: str) -> None:
    """Whatever has words in both languages shows those that were asked for."""
    status = 404 if "1999" in path else 200
    join = "&" if "?" in path else "?"
    for language, mine, other in (("vi", 0, 1), ("en", 1, 0)):
        page = read(client, f"{path}{join}lang={language}", status)
        assert page.answer.headers["content-language"] == language
        foreign = {words[other] for words in phrases().values() if words[mine] != words[other]}
        assert not {
            text for text in page.words if text in foreign - {words[mine] for words in phrases().values()}
        }


def test_both_languages_have_the_same_structure(client: Client) -> None:
    """Nothing is told in one language alone."""
    for path in PAGES:
        join = "&" if "?" in path else "?"
        assert read(client, f"{path}{join}lang=vi").tags == read(client, f"{path}{join}lang=en").tags


# --- what every page keeps ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, "/rounds/1999", "/nowhere"])
def test_a_page_brings_nothing_that_runs_and_nothing_from_elsewhere(client: Client, path: str) -> None:
    """The policy forbids scripts and whatever is inline; the page has none, and names no other site."""
    page = read(client, path, 200 if path in PAGES else 404)
    policy = page.answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert "unsafe" not in policy
    assert not {"script", "style", "iframe", "object"} & set(page.tags)
    for _, its in page.elements:
        assert not [name for name in its if name.startswith("on") or name == "style"]
        assert all(its[name].startswith(("/", "?", "#")) for name in ("href", "src", "action") if name in its)
    assert page.open == []
    assert len(page.answer.body) < 150_000


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_walked_by_its_outline(client: Client, path: str) -> None:
    """One first heading, no level left out, a way past the navigation, a name for every region."""
    page = read(client, path)
    levels = [int(tag[1]) for tag in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.links[0] == "#main"
    ids = {its["id"] for _, its in page.elements if "id" in its}
    assert {its["aria-labelledby"] for _, its in page.elements if "aria-labelledby" in its} <= ids


def test_the_look_may_be_kept_for_ever(client: Client) -> None:
    """Stylesheet and mark are named by their digest; another digest is not there."""
    page = read(client, "/")
    wanted = [
        its["href"] for tag, its in page.elements if tag == "link" and its["rel"] in ("stylesheet", "icon")
    ]
    assert len(wanted) == 2
    for path in wanted:
        answer = client.ask("GET", path)
        assert (answer.status, "immutable" in answer.headers["cache-control"]) == (200, True)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.ask("GET", path.replace("/static/", "/static/0")).status == 404
    assert client.ask("GET", "/static/0/..%2Fbase.html").status == 404


def test_a_page_that_did_not_change_comes_no_second_time(client: Client) -> None:
    """With its tag, 304; in another language it is another page."""
    first = read(client, "/rounds/2016")
    tag = first.answer.headers["etag"]
    again = client.ask("GET", "/rounds/2016", headers={"Accept": "text/html", "If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert "Accept-Language" in again.headers["vary"]
    assert read(client, "/rounds/2016", Accept_Language="en", If_None_Match=tag).language == "en"


# --- what is not there ----------------------------------------------------------------------------------


def test_a_round_that_is_not_there_leads_to_the_nearest(client: Client) -> None:
    """A person gets a page with choices, a program a problem with the same ones; both 404."""
    page = read(client, "/rounds/2061", 404)
    assert {"/rounds/2016", "/rounds/2017"} <= set(page.links)
    answer = client.ask("GET", "/rounds/2061")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert sorted(answer.json["nearest"]) == ["/rounds/2016", "/rounds/2017"]
    assert client.ask("GET", "/rounds/2061.json", headers={"Accept": "text/html"}).json["status"] == 404


def test_a_version_that_is_not_there_leads_to_those_there_are(client: Client) -> None:
    """404 with the versions; what is no number is told apart."""
    assert "/rounds/2016?version=2" in read(client, "/rounds/2016?version=22", 404).links
    assert read(client, "/rounds/2016?version=x", 400).language == "vi"


HOSTILE = [
    "%3Cscript%3Ealert(1)%3C/script%3E", "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", "%E2%80%AE2016",
    "..%2F..%2Fetc%2Fpasswd", "%7B%7B7*7%7D%7D", "2016%27%20OR%201=1", "%F0%9F%92%A9" * 50,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_addresses_change_no_structure(client: Client, text: str) -> None:
    """Whatever is asked for, the page that says no has the same elements."""
    usual: Page = read(client, "/rounds/xyz", 404)
    for path in (f"/rounds/{text}", f"/rounds/xyz?lang={text}", f"/rounds/xyz?{text}={text}"):
        status = client.ask("GET", path, headers={"Accept": "text/html"}).status
        page = read(client, path, status)
        assert status == 404
        assert "alert(1)" not in page.text
        assert set(page.tags) <= set(usual.tags)
        assert page.open == []


def test_every_round_of_a_small_log_has_its_page(small: Client) -> None:
    """In whatever phase a round is."""
    codes = [one["round"] for one in small.ask("GET", "/rounds.json").json["rounds"]]
    assert len(codes) > 4
    for code in codes:
        assert read(small, f"/rounds/{code}").open == []
        assert small.ask("GET", f"/rounds/{code}.csv").status == 200
