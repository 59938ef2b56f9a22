"""What a check in the browser is given, over HTTP: modules unchanged, addresses by rights, public proofs."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from api.checking import public_agencies
from api.cli_serve import PortTaken, listening
from api.clock import ScriptedClock
from api.pages.demo_people import own_path
from api.pages.modules import FOLDERS, HOUSE, modules
from api.runtime import open_runtime
from api.settings import DATABASE_VARIABLE, Settings
from api.tour import STOPS, tour
from api.wording import Language
from audit.proofs.attested import read_attestation
from audit.proofs.entry import parse_entry
from audit.proofs.keys import SigningKey
from audit.proofs.state_proof import state_proof_from_json, verify_state_proof
from audit.proofs.statement import parse_statement
from audit.proofs.trust_file import parse_trust
from tests.api.pages.reading import BROWSER, read
from tests.api.service.people import Person, sign_in, site
from tests.api.service.serving import Answer, Client, serving
from tests.tour_pages import key_of
from tests.worlds import KEYS, NOW, World, begin

AUDITOR, COUNCILLOR, HEAD, OTHER = "kt-1", "hd-2", "snv-1", "stc-1"
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"([^"]+)"', re.MULTILINE)
SCORE = "/check?round=2016&agency=SNV&criterion=A3.2"


@pytest.fixture(scope="module")
def data(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the whole demo."""
    data = tmp_path_factory.mktemp("check") / "data"
    shutil.copytree(demo_data, data)
    return data


@pytest.fixture(scope="module")
def world(data: Path) -> Iterator[World]:
    """Opened."""
    opened = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, data: Path) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(data)) as asks:
        yield asks


@pytest.fixture(scope="module")
def people(world: World, client: Client) -> dict[str, Person]:
    """Some who are signed in."""
    return {one: sign_in(client, key_of(world.runtime, one)) for one in (AUDITOR, COUNCILLOR, HEAD, OTHER)}


def plan(told: Answer) -> Any:
    """Read what a page of a check is to fetch."""
    assert told.status == 200, told.body[:300]
    text = told.body.decode().partition('id="plan">')[2].partition("</script>")[0]
    return json.loads(text)


# --- the modules ----------------------------------------------------------------------------------------


def test_modules_are_served_as_they_lie_here(client: Client) -> None:
    """Byte for byte, with the type of a module, for ever, and under a policy that lets nothing else run."""
    page = read(client, "/check")
    linked = [its["href"] for tag, its in page.elements if tag == "link" and its["rel"] == "modulepreload"]
    assert {Path(one).name for one in linked} >= {"page.js", "words.js"}
    start = linked[0].partition("api/")[0]
    for name in ("audit/browser/merkle.js", "audit/browser/fold/fold.js", "api/static/check/worker.js"):
        told = client.ask("GET", start + name)
        assert told.body == (HOUSE / name).read_bytes()
        assert told.headers["content-type"] == "text/javascript; charset=utf-8"
        assert told.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert told.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    for wrong in ("audit/browser/../../api/app.py", "audit/browser/none.js", "api/service/app.py"):
        assert client.ask("GET", start + wrong).status == 404
    assert client.ask("GET", linked[0].replace(linked[0].split("/")[3], "0" * 16)).status == 404


def test_every_module_of_the_folders_is_there() -> None:
    """What one imports is among them, by a relative path: none is needed from elsewhere."""
    there = modules()
    assert {name.rpartition("/")[0].removesuffix("/fold") for name in there} == set(FOLDERS)
    for name, source in there.items():
        for path in IMPORT.findall(source.decode()):
            assert path.startswith("."), (name, path)
            found = (HOUSE / name).parent.joinpath(path).resolve().relative_to(HOUSE).as_posix()
            assert found in there, (name, path)


def test_the_page_runs_modules_and_nothing_else(client: Client) -> None:
    """Scripts and workers of this origin, nothing inline; every script has a source, or is data."""
    page = read(client, "/check?round=2016")
    policy = page.answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "worker-src 'self'" in policy
    assert "unsafe" not in policy
    scripts = [its for tag, its in page.elements if tag == "script"]
    assert all("src" in its or its["type"] == "application/json" for its in scripts)
    assert len(page.answer.body) <= 150_000
    assert "script-src" not in read(client, "/rounds/2016").answer.headers["content-security-policy"]


# --- what is offered, by rights ---------------------------------------------------------------------------


def test_whoever_reads_a_score_checks_its_dossier(client: Client, people: dict[str, Person]) -> None:
    """Council, auditors and the agency itself; others see what they see of any page that is not theirs."""
    wanted = "/v1/rounds/2016/agencies/SNV/dossier?criterion=A3.2"
    for one in (AUDITOR, COUNCILLOR, HEAD):
        assert plan(people[one].get(SCORE))["dossier"] == wanted
        assert people[one].get(wanted).status == 200
    assert people[OTHER].get(SCORE).status == people[OTHER].get(SCORE.replace("SNV", "NONE")).status == 404
    assert client.ask("GET", SCORE, headers={"Accept": BROWSER}).status == 401


def test_a_round_is_checked_as_far_as_it_may_be_read(client: Client, people: dict[str, Person]) -> None:
    """Auditors compute all of it again, the council proves ranks, the public what is published."""
    told = plan(people[AUDITOR].get("/check?round=2016"))
    assert (told["dossier"], told["proofs"]) == ("/v1/rounds/2016/dossier", "/v1/rounds/2016/proofs")
    told = plan(people[COUNCILLOR].get("/check?round=2016&version=1"))
    assert (told["dossier"], told["proofs"]) == (None, "/v1/rounds/2016/proofs?version=1")
    told = plan(client.ask("GET", "/check?round=2016"))
    assert (told["dossier"], told["proofs"]) == (None, "/rounds/2016/proof.json")
    assert people[COUNCILLOR].get("/v1/rounds/2016/dossier").status == 404
    for wrong in ("/check?round=2061", "/check?round=2016&version=9", "/check?position=99999999"):
        assert client.ask("GET", wrong, headers={"Accept": BROWSER}).status == 404


def test_an_entry_is_checked_with_its_bytes_by_whoever_may_read_it(
    client: Client, people: dict[str, Person]
) -> None:
    """Others check that there is such a leaf."""
    trace = people[HEAD].get("/v1/rounds/2016/agencies/SNV/trace?criterion=A3.2").json
    position = trace["events"][0]["position"]
    told = plan(people[HEAD].get(f"/check?position={position}"))
    assert told["entry"] == f"/v1/entries/{position}"
    assert told["dossier"] == "/v1/rounds/2016/agencies/SNV/dossier?criterion=A3.2"
    for headers in ({}, people[OTHER].headers):
        told = plan(client.ask("GET", f"/check?position={position}", headers=headers))
        assert (told["entry"], told["dossier"], told["position"]) == (None, None, position)


# --- what everybody is given ------------------------------------------------------------------------------


def test_a_check_begins_with_keys_witnesses_and_checkpoints(client: Client) -> None:
    """The trust is a trust file; both checkpoints are signed by its keys."""
    told = client.ask("GET", "/check.json").json
    trust = parse_trust(json.dumps(told["trust"]).encode())
    assert [log.origin for log in trust.logs] == [told["origin"]]
    assert (told["clock"], len(trust.policy.witnesses)) == ("scripted", 2)
    assert told["checkpoint"].startswith(f"{told['origin']}\n")
    assert told["cosigned"].count("\n— ") >= 3


def test_no_points_are_told_that_the_policy_withholds(
    world: World, client: Client, people: dict[str, Person]
) -> None:
    """The public gets the entries behind the result; the council every rank, an agency its own."""
    public = client.ask("GET", "/rounds/2016/proof.json").json
    assert public["states"] == []
    statement = parse_statement(parse_entry(public["attested"]["entry"].encode()).envelope.payload)
    stated = read_attestation(statement)
    whole = people[COUNCILLOR].get("/v1/rounds/2016/proofs").json["states"]
    assert len(whole) == 34
    for one in whole:
        proof = state_proof_from_json(one)
        verify_state_proof(proof, key=proof.key, count=stated.count, root=bytes.fromhex(stated.state_root))
    (own,) = people[HEAD].get("/v1/rounds/2016/proofs").json["states"]
    assert own["shown"][0]["key"] == "2016/SNV/rank"
    found = world.intake.standing.rounds["2016"]
    places = {"blocks": [{"places": [{"agency": "SNV"}]}]}
    assert public_agencies(found, places) == ()
    shows = replace(found, publication=replace(found.publication, public_scores=True))
    assert public_agencies(shows, places) == ["SNV"]
    assert client.ask("GET", "/rounds/2017/proof.json").json["version"] is None


# --- the demo's people ------------------------------------------------------------------------------------


def click(client: Client, persona: str, onwards: str = "/rounds/2016", origin: str | None = None) -> Answer:
    """Press one of the buttons."""
    named = {"Origin": origin or site(client), "Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", "/sign-in/demo", urlencode({"as": persona, "next": onwards}).encode(), named)


@pytest.mark.parametrize(
    ("persona", "path"),
    [("auditor", "/v1/reads"), ("council", "/rounds/2016/ranking"), ("agency", "/rounds/2016/agencies/SNV")],
)
def test_one_click_makes_somebody_of_the_demo(client: Client, persona: str, path: str) -> None:
    """The session is theirs, and leads on to where one wanted to go; from another site nobody clicks."""
    told = click(client, persona, path)
    assert (told.status, told.headers["location"]) == (303, path)
    cookie = told.headers["set-cookie"].partition(";")[0]
    assert client.ask("GET", path, headers={"Cookie": cookie}).status == 200
    assert click(client, persona, origin="https://elsewhere.example").status == 403
    refused = client.ask("GET", "/rounds/2016/ranking", headers={"Accept": BROWSER})
    assert (refused.status, b'action="/sign-in/demo"' in refused.body) == (401, True)


def test_nobody_is_somebody_by_a_click_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on a log of another origin, and not on one by that origin whose clock is real."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    own = {actor: SigningKey.from_seed(hashlib.sha256(actor.encode()).digest()) for actor in KEYS}
    other, real = tmp_path / "other", tmp_path / "real"
    for data, world in (
        (other, begin(other, "log.danang.example", own, clock="scripted")),
        (real, begin(real, clock="real")),
    ):
        with serving(world, Settings(data)) as client:
            assert click(client, "auditor").status == 404
            assert b"/sign-in/demo" not in read(client, "/sign-in").answer.body
        world.close()


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\r\nB: c", "/\u202e"],
)
def test_a_sign_in_leads_nowhere_else(elsewhere: str) -> None:
    """Only to a path of this service, or home."""
    assert own_path(elsewhere) == "/"
    assert own_path("/check?round=2016&version=1") == "/check?round=2016&version=1"


# --- the end of the demo ----------------------------------------------------------------------------------


def test_the_tour_has_six_stops(client: Client, people: dict[str, Person]) -> None:
    """Each stands on its own line, in both languages; the public ones are there for anybody."""
    for language in Language:
        told = tour(site(client), language)
        assert [line.strip() for line in told.splitlines() if "http" in line] == [
            f"{site(client)}{path}" for path in STOPS.values()
        ]
    for name in ("result", "check"):
        read(client, STOPS[name])
    for name in ("story", "difference"):
        assert people[AUDITOR].get(STOPS[name]).status == 200


def test_a_port_in_use_is_told_or_passed_by() -> None:
    """Who named a port is told which one is free; a demo takes the next."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"{port}"), listening("127.0.0.1", port, Language.EN):
            pass
        with listening("127.0.0.1", port, Language.EN, others=9) as ears:
            assert port < ears.getsockname()[1] <= port + 9
