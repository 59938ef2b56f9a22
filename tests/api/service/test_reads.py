"""What is read over HTTP is what commands answer: as of any moment, once, as a table, entry by entry."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.following import bring_up
from api.service.doors import Scope
from api.settings import Settings
from audit.proofs import merkle
from audit.proofs.dossier import parse_dossier
from audit.proofs.receipt import parse_receipt
from tests.api.service.people import Person, sign_in, token_of
from tests.api.service.serving import Client, serving
from tests.cli_page import said
from tests.furnished import COUNCIL, FILED, PUBLISHED
from tests.worlds import KEYS, World, reopen


@pytest.fixture(scope="module")
def data(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small log with an auditor who is nothing else there, indexed."""
    data = tmp_path_factory.mktemp("reads") / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    world.state("RoleGranted", "dk-2", body={"officer": "snv-4", "role": "AUDITOR"})
    world.close()
    assert list(bring_up(Settings(data))) == []
    return data


@pytest.fixture(scope="module")
def world(data: Path) -> Iterator[World]:
    """The log, open."""
    opened = reopen(data)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, data: Path) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(data)) as asks:
        yield asks


@pytest.fixture(scope="module")
def auditor(client: Client) -> Person:
    """Who may read everything that is not sealed."""
    return token_of(sign_in(client, KEYS["snv-4"]), *Scope)


BOTH = [
    ("rankings", ("rank",)),
    ("rankings?block=DEPARTMENT&as_of=150", ("rank", "--block", "DEPARTMENT", "--as-of", "150")),
    ("agencies/STC/trace", ("trace", "STC")),
    ("agencies/STC/trace?criterion=A1.1", ("trace", "STC", "A1.1")),
    ("agencies/STC/criteria/A1.1/case", ("case", "STC", "A1.1")),
    ("inbox", ("inbox",)),
    ("inbox?role=COUNCIL_MEMBER", ("inbox", "--role", "COUNCIL_MEMBER")),
    ("progress", ("progress",)),
    ("findings", ("findings",)),
    ("diff?since=120&until=160", ("diff", "120", "160")),
    ("what-if?adjust=STC/A1.1=0", ("what-if", "--adjust", "STC/A1.1=0")),
    ("search?q=cham", ("search", "cham")),
    ("pivotal", ("pivotal",)),
    ("robustness", ("robustness",)),
    ("council/agenda", ("council", "agenda")),
    ("council/decisions", ("council", "decisions")),
    ("council/precedents?criterion=A1.1", ("council", "precedents", "A1.1")),
    ("conflicts", ("conflicts",)),
    ("changes", ("changes",)),
    ("disputes", ("dispute", "list")),
]


@pytest.mark.parametrize(("path", "words"), BOTH, ids=[path for path, _ in BOTH])
def test_an_auditor_reads_what_the_command_says(
    data: Path, auditor: Person, path: str, words: tuple[str, ...]
) -> None:
    """One way from the log to an answer, two doors."""
    told = auditor.get(f"/v1/rounds/{COUNCIL}/{path}")
    command = json.loads(said(data, 0, *words, "--round", COUNCIL, "--json"))
    assert _without_times(told.json) == _without_times(command)


def _without_times(told: Any) -> Any:
    """Leave out what only the command adds: whose word a time rests on."""
    if isinstance(told, list):
        return [_without_times(one) for one in told]
    if not isinstance(told, dict):
        return told
    added = ("time", "times", "not_before", "not_after", "between")
    return {name: _without_times(value) for name, value in told.items() if name not in added}


# --- how an answer goes out -----------------------------------------------------------------------------


def test_what_is_confidential_is_kept_nowhere(auditor: Person) -> None:
    """No cache on the way keeps it; who has it, and it still stands, is told so and no more."""
    path = f"/v1/rounds/{PUBLISHED}/rankings"
    first = auditor.get(path)
    again = auditor.ask("GET", path, If_None_Match=first.headers["etag"])
    assert "no-store" in first.headers["cache-control"]
    assert (again.status, again.body) == (304, b"")


def test_a_table_says_the_same(auditor: Person) -> None:
    """Cell by cell, in UTF-8 that spreadsheets know for such."""
    base = f"/v1/rounds/{COUNCIL}/agencies/STC/scores"
    told, table = auditor.get(base).json["cells"], auditor.get(f"{base}.csv")
    rows = list(csv.DictReader(io.StringIO(table.body.decode("utf-8-sig"))))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [(r["criterion"], r["points"], r["name_vi"]) for r in rows] == [
        (one["criterion"], one["points"], one["name_vi"]) for one in told
    ]


def test_progress_comes_as_a_table_too(auditor: Person) -> None:
    """A row for every agency, with what is one value."""
    base = f"/v1/rounds/{COUNCIL}/progress"
    told = auditor.get(base).json["agencies"]
    rows = list(csv.DictReader(io.StringIO(auditor.get(f"{base}.csv").body.decode("utf-8-sig"))))
    assert [(r["agency"], r["name_vi"]) for r in rows] == [(one["agency"], one["name_vi"]) for one in told]
    assert len(rows[0]) > 4


def test_a_dispute_is_what_the_command_says(data: Path, client: Client, auditor: Person) -> None:
    """To its agency, without who voted how; to another agency there is none."""
    path = f"/v1/rounds/{PUBLISHED}/disputes/{FILED}"
    command = json.loads(said(data, 0, "dispute", "show", FILED, "--round", PUBLISHED, "--json"))
    assert _without_times(auditor.get(path).json) == _without_times(command)
    its = sign_in(client, KEYS["stc-1"]).get(path)
    assert (its.status, "decision" in its.json) == (200, False)
    assert its.json["dispute"]["agency"] == "STC"
    assert sign_in(client, KEYS["nhs-2"]).get(path).status == 404
    listed = sign_in(client, KEYS["nhs-2"]).get(f"/v1/rounds/{PUBLISHED}/disputes").json["disputes"]
    assert [one["agency"] for one in listed if one["agency"] != "NHS"] == []


def test_a_dossier_comes_as_its_page(auditor: Person) -> None:
    """To be kept as a file: nothing of it runs on the service's own site."""
    told = auditor.get(f"/v1/rounds/{PUBLISHED}/agencies/STC/dossier.html")
    assert told.headers["content-disposition"] == f'attachment; filename="dossier-{PUBLISHED}-STC.html"'
    assert told.body.startswith(b"<!doctype html>")
    assert told.headers["x-content-type-options"] == "nosniff"


def test_places_come_as_a_table_too(auditor: Person) -> None:
    """With the block of each."""
    base = f"/v1/rounds/{PUBLISHED}/rankings"
    told = auditor.get(base).json["blocks"]
    rows = list(csv.DictReader(io.StringIO(auditor.get(f"{base}.csv").body.decode("utf-8-sig"))))
    assert [(r["block"], r["agency"], r["score"]) for r in rows] == [
        (block["block"], place["agency"], place["score"]) for block in told for place in block["places"]
    ]


def test_a_moment_can_be_a_size_a_time_or_a_stage(world: World, auditor: Person) -> None:
    """All three name a size of the log."""
    path = f"/v1/rounds/{PUBLISHED}/rankings?as_of="
    stage = auditor.get(f"{path}published-v1").json
    assert auditor.get(f"{path}{stage['size']}").json == stage
    assert auditor.get(f"{path}2017-02-08T09:00").json["size"] == world.size


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("rankings?as_of=yesterday", 404), ("rankings?as_of=0", 404), ("rankings?as_of=99999999", 404),
        ("rankings?block=VILLAGE", 400), ("what-if?without=x", 404), ("what-if?without=0-999999", 404),
        ("what-if?without=1", 422), ("what-if?adjust=STC/A1.1=9999", 422),
        ("what-if?adjust=STC/A1.1=x", 422), ("what-if?uphold=dispute-9", 404), ("diff", 400),
        ("diff?since=160&until=120", 404), ("search?limit=0", 400), ("search?after=99999999", 404),
        ("agencies/XYZ/scores", 404), ("agencies/STC/trace?criterion=Z9", 404),
        ("agencies/STC/dossier?dispute=dispute-9", 404), ("inbox?actor=nobody", 404),
        ("disputes/dispute-9", 404), ("council/precedents?criterion=Z9", 404), ("pivotal?as_of=0", 404),
        ("inbox?role=KING", 400), ("findings?kind=x", 400), ("agencies/STC/criteria/Z9/case", 404),
    ],
)  # fmt: skip
def test_odd_questions_are_answered_with_a_problem(auditor: Person, path: str, status: int) -> None:
    """What is not there, what a rule forbids, what cannot be read: never a failure."""
    told = auditor.get(f"/v1/rounds/{COUNCIL}/{path}")
    assert (told.status, told.headers["content-type"]) == (status, "application/problem+json")


def test_a_round_that_is_not_there_is_none(auditor: Person) -> None:
    """404 at every route about a round."""
    for path in ("rankings", "progress", "findings", "inbox", "search?q=x", "agencies/STC/trace"):
        assert auditor.get(f"/v1/rounds/1999/{path}").status == 404


# --- entries --------------------------------------------------------------------------------------------


def test_the_log_is_streamed_from_a_position(world: World, auditor: Person) -> None:
    """Page after page, all of it comes in order, and its leaf hashes make the checkpoint's root."""
    lines, after = [], "-1"
    while after:
        told = auditor.get(f"/v1/entries?after={after}&limit=50")
        lines += told.body.splitlines()
        after = told.headers.get("minhchung-next", "")
    assert [json.loads(line)["position"] for line in lines] == list(range(world.size))
    leaves = [merkle.leaf_hash(line[len(b'{"entry":') : line.rindex(b',"position":')]) for line in lines]
    assert (len(leaves), merkle.root(leaves).hex()) == world.runtime.intake.checkpoint


def test_an_entry_comes_as_it_lies_in_the_log(world: World, auditor: Person, client: Client) -> None:
    """Its bytes are what the public proof of its hash is about; its receipt is the one that was given."""
    entry = auditor.get("/v1/entries/9").body
    proof = client.ask("GET", f"/v1/log/inclusion?position=9&size={world.size}").json
    assert merkle.leaf_hash(entry).hex() == proof["leaf_hash"]
    assert parse_receipt(auditor.get("/v1/entries/9/receipt").body).index == 9


@pytest.mark.parametrize("position", ["-1", "99999999", "9" * 30, "x"])
def test_an_entry_that_is_not_there_is_none(auditor: Person, position: str) -> None:
    """A problem, whatever the number."""
    assert auditor.get(f"/v1/entries/{position}").status in (400, 404)


def test_a_dossier_is_one_that_can_be_read(client: Client, auditor: Person) -> None:
    """For whom it is made follows from who asks."""
    path = f"/v1/rounds/{PUBLISHED}/agencies/STC/dossier"
    readers = {"stc-1": "agency", "hd-2": "council", "tk-1": "council"}
    for actor, reader in readers.items():
        assert parse_dossier(sign_in(client, KEYS[actor]).get(path).body).reader == reader
    assert parse_dossier(auditor.get(path).body).reader == "auditor"


def test_what_others_did_shows_at_once(world: World, client: Client, auditor: Person) -> None:
    """What was acknowledged is in the next answer, and the tag is another."""
    path = "/v1/rounds/2016/agencies/NHS/scores"
    before = auditor.get(path)
    world.state(
        "SelfScoreDeclared", "nhs-2", round="2016", agency="NHS", criterion="A1.1", body={"points": "1"}
    )
    after = auditor.ask("GET", path, If_None_Match=before.headers["etag"])
    assert after.status == 200
    assert hashlib.sha256(after.body) != hashlib.sha256(before.body)
    points = {one["criterion"]: one["exact"] for one in after.json["cells"]}
    assert points["A1.1"] == "1"


def test_what_is_kept_is_the_readers_and_ends_with_the_next_statement(
    world: World, client: Client, auditor: Person
) -> None:
    """Asked again it is the same; others get what is theirs; and after a statement it is told anew."""
    path = "/v1/rounds/2016/rankings"
    first, again = auditor.get(path), auditor.get(path)
    assert (again.status, again.body, again.headers["etag"]) == (200, first.body, first.headers["etag"])
    assert auditor.ask("GET", path, if_none_match=first.headers["etag"]).status == 304
    assert client.ask("GET", path).status == 401
    head = sign_in(client, KEYS["stc-1"])
    theirs = [place["agency"] for one in head.get(path).json["blocks"] for place in one["places"]]
    assert theirs == ["STC"]
    world.state(
        "SelfScoreDeclared", "nhs-2", round="2016", agency="NHS", criterion="A1.1", body={"points": "0.5"}
    )
    anew = auditor.get(path)
    assert anew.json["size"] == first.json["size"] + 1
    last = auditor.get("/v1/reads?limit=1000").json["reads"][-4:]
    assert [one["actor"] for one in last] == ["snv-4", "stc-1", "snv-4", "snv-4"]
