"""Rankings, agencies and scores of the whole demo: other moments, other decisions, and what stands behind."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from api.clock import ScriptedClock
from api.runtime import open_runtime
from api.settings import Settings
from domain.stated.choices import Role
from tests.api.pages.reading import Page, read
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, serving
from tests.tour_pages import AUDITOR, key_of
from tests.worlds import NOW, World

RANKING = "/rounds/2016/ranking"
STC = "/rounds/2016/agencies/STC"
MOVED = f"{RANKING}?as_of=published-v2&since=published-v1"


@pytest.fixture(scope="module")
def world(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The whole demo."""
    data = tmp_path_factory.mktemp("moments") / "data"
    shutil.copytree(demo_data, data)
    opened = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path_factory.mktemp("elsewhere"))) as asks:
        yield asks


@pytest.fixture(scope="module")
def auditor(world: World, client: Client) -> Person:
    """Who reads every agency."""
    return sign_in(client, key_of(world.runtime, AUDITOR))


@pytest.fixture(scope="module")
def head(world: World, client: Client) -> Person:
    """Who reads one agency alone: its head."""
    officers = world.runtime.intake.standing.officers
    actor = next(a for a, one in officers.items() if (Role.AGENCY_HEAD, "STC") in one.offices)
    return sign_in(client, key_of(world.runtime, actor))


def look(person: Person, path: str, status: int = 200) -> Page:
    """Open a page as somebody."""
    return read(person.client, path, status, **person.headers)


# --- other moments --------------------------------------------------------------------------------------


def test_the_slider_is_a_form_over_the_log(auditor: Person) -> None:
    """From the round's opening to the newest entry, with its named moments; it needs no script."""
    page = look(auditor, f"{RANKING}?as_of=inspected")
    data = auditor.get(f"{RANKING}.json?as_of=inspected").json
    (slider,) = [its for tag, its in page.elements if tag == "input" and its.get("type") == "range"]
    limits = [int(slider[name]) for name in ("min", "value", "max")]
    assert limits == [data["first"], data["chosen"], data["newest"]] == sorted(limits)
    assert slider["name"] == "as_of"
    assert {size for size, _ in json.loads(slider["data-moments"])} == set(data["moments"].values())
    assert look(auditor, f"{RANKING}?as_of={limits[0]}").text != page.text


def test_each_moved_rank_is_explained_by_events(auditor: Person) -> None:
    """Whoever has another rank than before is told with the fewest events that made it so."""
    told = auditor.get(f"{RANKING}.json?as_of=published-v2&since=published-v1").json["compared"]
    before, after = (
        {
            place["agency"]: place["rank"]
            for block in auditor.get(f"{RANKING}.json?as_of={moment}").json["blocks"]
            for place in block["places"]
        }
        for moment in ("published-v1", "published-v2")
    )
    moved = {agency for agency, rank in after.items() if before[agency] != rank}
    assert {one["agency"] for one in told["ranks"]} == moved != set()
    assert all(
        told["since"] <= e["position"] < told["until"] for one in told["ranks"] for e in one["because"]
    )
    page = look(auditor, MOVED)
    assert {f"/log/{e['position']}" for one in told["ranks"] for e in one["because"]} <= set(page.links)


def test_two_moments_are_compared_in_the_order_of_the_log(auditor: Person) -> None:
    """Whichever of them is named first."""
    turned = f"{RANKING}.json?as_of=published-v1&since=published-v2"
    assert auditor.get(turned).json["compared"] == auditor.get(MOVED.replace("?", ".json?")).json["compared"]
    assert look(auditor, f"{RANKING}?as_of=decided&since=decided", 404).language == "vi"


def test_an_interval_holds_the_rank(auditor: Person) -> None:
    """Between the best and the worst rank; where both are the same, the page calls it firm."""
    data = auditor.get(f"{RANKING}.json?intervals=true").json
    ranks = {place["agency"]: place["rank"] for block in data["blocks"] for place in block["places"]}
    assert data["firm"].keys() == ranks.keys()
    assert all(one["best"] <= ranks[agency] <= one["worst"] for agency, one in data["firm"].items())
    firm = sum(one["best"] == one["worst"] for one in data["firm"].values())
    assert look(auditor, f"{RANKING}?intervals=true").text.count("vững") >= firm > 0


def test_what_would_tell_of_others_is_not_for_an_agency(head: Person) -> None:
    """No comparison, no intervals; of the ranking and of its chart its own line alone."""
    for path in (MOVED, f"{RANKING}?intervals=true"):
        assert look(head, path, 404).language == "vi"
    svg = head.get(f"{RANKING}/DEPARTMENT.svg").body.decode()
    assert "Sở Tài chính" in svg
    assert "Sở Nội vụ" not in svg


@pytest.mark.parametrize(("language", "said"), [("vi", "Khối sở, ban, ngành"), ("en", "Departments")])
def test_a_chart_names_itself_in_the_language_of_the_page(auditor: Person, language: str, said: str) -> None:
    """Well-formed, with a title; whose line stands out is bold, and not by its colour alone."""
    answer = auditor.get(f"{RANKING}/DEPARTMENT.svg?agency=STC&lang={language}")
    drawn = ElementTree.fromstring(answer.body)  # noqa: S314 - our own answer
    title = drawn.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert said in (title.text or "")
    texts = drawn.iter("{http://www.w3.org/2000/svg}text")
    bold = [one.text for one in texts if one.get("font-weight") in ("700", "bold")]
    assert len(bold) == 1
    assert answer.headers["cache-control"] == "private, no-store"
    assert "script-src" not in answer.headers["content-security-policy"]


def test_the_table_below_a_chart_holds_its_numbers(auditor: Person) -> None:
    """Every rank at every moment, as a table of the page and as CSV."""
    data = auditor.get(f"{RANKING}.json").json
    rows = list(csv.DictReader(io.StringIO(auditor.get(f"{RANKING}.csv").body.decode("utf-8-sig"))))
    assert len(rows) == sum(len(block["places"]) for block in data["blocks"])
    for row in rows:
        for moment, ranks in data["stages"].items():
            assert row[f"rank_{moment}"] == str(ranks[row["agency"]])


# --- an agency ------------------------------------------------------------------------------------------


def test_the_median_of_a_block_stands_beside_each_area(head: Person) -> None:
    """The agency sees where the middle is, and nobody else's points."""
    areas = head.get(f"{STC}.json").json["areas"]
    assert len(areas) == 8
    assert all(0 < float(area["median"]) <= float(area["maximum"]) for area in areas)
    assert "Sở Nội vụ" not in look(head, STC).text


def test_an_agency_supposes_what_it_claimed_and_sees_its_own_place(auditor: Person, head: Person) -> None:
    """Other points are for those who read every agency; they are also told who else would move."""
    claim = head.get(f"{STC}.json").json["claims"][0]
    asked = f"{STC}.json?win={claim['criterion']}"
    own, tried = head.get(asked).json["won"], head.get(f"{asked}&points=0").json["won"]
    assert own == tried
    assert (own["points"], own["others"]) == (claim["claimed"], [])
    assert float(own["after"]["score"]) > float(own["before"]["score"])
    less = auditor.get(f"{asked}&points=0").json["won"]
    assert float(less["after"]["score"]) < float(less["before"]["score"])
    assert less["others"] != []
    assert "Hạng" in look(head, f"{STC}?win={claim['criterion']}").text
    assert look(head, f"{STC}?win=A9.9", 404).language == "vi"
    assert look(auditor, f"{STC}?win=A1.2&points=many", 422).language == "vi"


def test_the_rank_over_time_is_that_of_the_rankings(auditor: Person) -> None:
    """At every named moment, the rank that the ranking of that moment shows."""
    places = auditor.get(f"{STC}.json").json["places"]
    stages = auditor.get(f"{RANKING}.json").json["stages"]
    assert {one["moment"]: one["rank"] for one in places} == {n: r["STC"] for n, r in stages.items()}


def test_what_is_missing_is_listed_while_a_round_is_open(auditor: Person) -> None:
    """Each criterion that nobody declared yet leads to its page."""
    path = "/rounds/2017/agencies/STC"
    affairs = auditor.get(f"{path}.json").json["affairs"]
    assert affairs["missing"] != []
    assert {f"{path}/criteria/{code}" for code in affairs["missing"]} <= set(look(auditor, path).links)
    assert affairs["declared"] + len(affairs["missing"]) == affairs["due"]


# --- a score --------------------------------------------------------------------------------------------


def test_a_score_shows_its_files_minutes_and_disputes(auditor: Person) -> None:
    """Files with digest and size, those too that were sent for another score; who signed the minutes."""
    path = "/rounds/2016/agencies/SNV/criteria/A3.2"
    data, page = auditor.get(f"{path}.json").json, look(auditor, path)
    assert data["evidence"] != []
    assert all(one["reused"] and one["sha256"] in page.text for one in data["evidence"])
    assert "Đủ hai chữ ký" in page.text
    assert {f"/log/{event['position']}" for event in data["events"]} <= set(page.links)
    assert "công bố đúng hạn 55" in page.text
    assert "announced on time 55" in look(auditor, f"{path}?lang=en").text
    contested = "/rounds/2016/agencies/SGTVT"
    names = {
        name
        for cell in auditor.get(f"{contested}.json").json["cells"]
        for name in auditor.get(f"{contested}/criteria/{cell['criterion']}.json").json["disputes"]
    }
    assert names != set()


@pytest.mark.parametrize("path", [RANKING, MOVED, STC, f"{STC}/criteria/A1.2"])
def test_a_page_is_light_and_runs_its_own_module_alone(auditor: Person, path: str) -> None:
    """At most 150 KB; one module of this origin, which the policy allows, and nothing inline."""
    page = look(auditor, path)
    assert len(page.answer.body) <= 150_000
    scripts = [its for tag, its in page.elements if tag == "script"]
    assert [its["src"].startswith("/static/") for its in scripts] == [True]
    assert page.answer.headers["content-security-policy"].endswith("; script-src 'self'")
    assert page.open == []
    assert auditor.get(scripts[0]["src"]).headers["content-type"].startswith("text/javascript")
