"""The table of policy, tried: every route, everybody, every record; each answer is what the row says."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from api.following import bring_up
from api.service.caller import Capacity, Extent
from api.service.doors import DOORS, Door, DoorMissing, Scope, Who, check_doors
from api.settings import Settings
from tests.api.service.people import Person, sign_in, token_of
from tests.api.service.serving import Client, serving
from tests.furnished import COUNCIL, FILED, INSPECTED, PUBLISHED
from tests.worlds import AGENCIES, KEYS, REGISTRARS, World, reopen

CAPACITIES: Mapping[str, frozenset[Capacity]] = {
    "stc-1": frozenset({Capacity.AGENCY}),
    "nhs-2": frozenset({Capacity.AGENCY}),
    "nhs-4": frozenset({Capacity.INSPECTOR}),
    "hd-2": frozenset({Capacity.COUNCIL}),
    "tk-1": frozenset({Capacity.SECRETARIAT}),
    "ub-1": frozenset({Capacity.AUTHORITY}),
    "ct-4": frozenset({Capacity.AUDITOR, Capacity.INSPECTOR}),
    "stc-3": frozenset({Capacity.AGENCY, Capacity.AUDITOR}),
    "snv-4": frozenset(),
    REGISTRARS[0]: frozenset(),
}
"""People of the small log and what they are: of an agency, of another, and so on, to nothing."""
THEIRS = {"stc-1": "STC", "nhs-2": "NHS", "stc-3": "STC", "nhs-4": "STC", "ct-4": "STC"}
"""Whose records those have who have some: the same agency, as it happens, as officers and as inspectors."""
QUERY = {"diff": "?since=5", "what-if": "?adjust=STC/A1.1=0"}
"""What a route cannot do without."""


@dataclass(frozen=True, slots=True)
class Served:
    """A service, its log, and everybody signed in."""

    world: World
    client: Client
    people: Mapping[str, Person]


@pytest.fixture(scope="module")
def served(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A small log that is served and indexed, with auditors who are other things beside."""
    data = tmp_path_factory.mktemp("policy") / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    world.state("RoleGranted", "dk-2", body={"officer": "ct-4", "role": "AUDITOR"})
    world.close()
    assert list(bring_up(Settings(data))) == []
    world = reopen(data)
    with serving(world, Settings(data)) as client:
        yield Served(world, client, {actor: sign_in(client, KEYS[actor]) for actor in CAPACITIES})
    world.close()


READERS = {door: row for door, row in DOORS.items() if row.who is Who.READERS}


def expected(row: Door, actor: str, agency: str | None) -> int:
    """Return what the row says: whether one of somebody's capacities extends to an agency's record."""
    extents = [row.extents[its] for its in CAPACITIES[actor] if its in row.extents]
    if not extents:
        return 404
    reached = agency is None or Extent.EVERY in extents or THEIRS.get(actor) == agency
    return 200 if reached else 404


def _payload(entry: Any) -> Any:
    return json.loads(base64.b64decode(entry["envelope"]["payload"]))


def _paths(world: World, path: str) -> Iterator[tuple[str, str | None]]:
    """Yield a route's addresses, each with the agency whose record it is (or nobody's)."""
    last = path.rpartition("/")[2]
    if "{position}" in path:
        for its in ("STC", "NHS"):
            yield path.replace("{position}", str(_entry_about(world, its))), its
        return
    every: tuple[str | None, ...] = tuple(AGENCIES) if "{agency}" in path else (None,)
    for agency in every:
        filled = path.replace("{code}", INSPECTED).replace("{agency}", str(agency))
        yield (
            filled.replace("{criterion}", "A1.1").replace("{block}", "DEPARTMENT") + QUERY.get(last, ""),
            agency,
        )


def _entry_about(world: World, agency: str) -> int:
    """Return a cell's declaration of STC where it is inspected, a dossier's opening of NHS."""
    kind, code = (
        ("SelfScoreDeclared.v1", INSPECTED) if agency == "STC" else ("FocalOfficerAssigned.v1", "2016")
    )
    its = (r.statement for r in world.runtime.log.entries())
    return next(at for at, s in enumerate(its) if (s.type, s.round, s.agency) == (kind, code, agency))


@pytest.mark.parametrize("door", READERS, ids=" ".join)
def test_whom_a_route_answers_is_what_its_row_says(served: Served, door: tuple[str, str]) -> None:
    """Role by ownership: every combination is tried, and none differs from the table."""
    wrong = []
    for path, agency in _paths(served.world, door[1]):
        for actor, person in served.people.items():
            told, wanted = person.get(path), expected(DOORS[door], actor, agency)
            if told.status != wanted:
                wrong.append((actor, path, told.status, wanted))
    assert wrong == []


@pytest.mark.parametrize("door", READERS, ids=" ".join)
def test_nobody_reads_without_having_signed_in(served: Served, door: tuple[str, str]) -> None:
    """401, and not a word of it."""
    for path, _ in _paths(served.world, door[1]):
        told = served.client.ask("GET", path)
        assert (told.json["rule"], told.headers["www-authenticate"]) == ("access.not_signed_in", "Bearer")


@pytest.mark.parametrize("door", READERS, ids=" ".join)
def test_a_token_opens_the_doors_of_its_scopes(served: Served, door: tuple[str, str]) -> None:
    """An auditor's token of every other scope does not open it, one of its own does."""
    row, auditor = DOORS[door], served.people["ct-4"]
    assert row.scope is not None
    path, _ = next(_paths(served.world, door[1]))
    assert token_of(auditor, row.scope).get(path).status == 200
    assert token_of(auditor, *(its for its in Scope if its is not row.scope)).get(path).status == 403


def test_what_is_theirs_alone_is_what_an_agency_is_told(served: Served) -> None:
    """Of a ranking its own place, of the inbox what awaits itself, of the log its own entries."""
    stc = served.people["stc-1"]
    blocks = stc.get(f"/v1/rounds/{PUBLISHED}/rankings").json["blocks"]
    assert [place["agency"] for block in blocks for place in block["places"]] == ["STC"]
    pending = stc.get(f"/v1/rounds/{COUNCIL}/inbox?actor=hd-2").json["pending"]
    assert all("stc-1" in [actor["actor"] for actor in one["actors"]] for one in pending)
    lines = stc.get("/v1/entries").body.splitlines()
    about = [_payload(json.loads(line)["entry"])["agency"] for line in lines]
    assert set(about) == {"STC"}
    assert len(about) > 10


def test_what_belongs_to_others_reads_as_what_does_not_exist(served: Served) -> None:
    """Byte for byte: nobody learns whether there is such an agency, cell, dispute or entry."""
    stc, base = served.people["stc-1"], f"/v1/rounds/{COUNCIL}/agencies"
    absent = stc.get(f"{base}/XYZ/scores").body
    for path in (f"{base}/NHS/scores", f"{base}/NHS/trace", f"{base}/NHS/criteria/A1.1/case"):
        assert stc.get(path).body == absent
    size = served.world.size
    theirs = _entry_about(served.world, "NHS")
    assert stc.get(f"/v1/entries/{theirs}").body == stc.get(f"/v1/entries/{size + 5}").body


def test_every_question_is_noted_for_auditors(served: Served) -> None:
    """Who asked for what, and whether they were let in: before they were answered."""
    auditor = served.people["ct-4"]
    last = 0
    while page := auditor.get(f"/v1/reads?after={last}").json["reads"]:
        last = page[-1]["number"]
        if len(page) < 1000:
            break
    asked = f"/v1/rounds/2016/agencies/CT/scores?as_of={served.world.size}"
    served.people["nhs-2"].get(asked)
    served.people["nhs-2"].get("/v1/rounds/2016/findings")
    noted = auditor.get(f"/v1/reads?after={last}").json["reads"]
    told = [(one["actor"], one["asked"], one["allowed"]) for one in noted]
    assert told[-3:-1] == [("nhs-2", asked, True), ("nhs-2", "/v1/rounds/2016/findings", False)]


def test_an_application_without_a_row_is_not_built() -> None:
    """Nor one whose row has no route."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/v1/secrets")(lambda: None)
    with pytest.raises(DoorMissing, match="GET /v1/secrets"):
        check_doors(app)


def test_disputes_are_read_with_their_cell(served: Served) -> None:
    """The agency that filed one finds it in its case, and its entries in its log."""
    told = served.people["stc-1"].get(f"/v1/rounds/{PUBLISHED}/agencies/STC/criteria/A1.1/case").json
    assert [one["name"] for one in told["disputes"]] == [FILED]
