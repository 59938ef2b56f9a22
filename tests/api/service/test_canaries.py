"""Canaries: what is confidential is planted in a log, and looked for in whatever anybody is answered."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from api.following import bring_up
from api.service.doors import DOORS, Who
from api.settings import Settings
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import serving
from tests.furnished import COUNCIL, FILED, INSPECTED, MEETING, PUBLISHED, motion_of, opened_by, salt_of
from tests.worlds import AGENCIES, KEYS, World, a_file, reopen

PEOPLE = ("stc-1", "nhs-2", "nhs-4", "hd-2", "hd-3", "tk-1", "ub-1", "ct-4", "snv-4", "dk-1")
OPINION, TITLE, NAME = "hoàng yến niêm phong", "hoàng yến tài liệu", "Người thử"
CRITERION = "A1.7"
"""Two members have sealed their opinions on it; one opens now, and opening is not closed."""
_PAYLOAD = re.compile(rb'"payload":"([A-Za-z0-9+/=]+)"')
_STATE = re.compile(rb'"([A-Za-z0-9+/]{80,}={0,2})"')


@pytest.fixture(scope="module")
def planted(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small log with an opinion that is opened but not shown yet, and evidence that STC submitted."""
    data = tmp_path_factory.mktemp("canaries") / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    world.state("RoleGranted", "dk-2", body={"officer": "ct-4", "role": "AUDITOR"})
    world.state(
        "OpinionOpened", "hd-2", round=COUNCIL, agency="STC", criterion=CRITERION,
        body=opened_by("hd-2", CRITERION), texts={"reason": OPINION},
    )  # fmt: skip
    world.state(
        "EvidenceSubmitted", "stc-2", round=INSPECTED, agency="STC", criterion="A1.1",
        body={"serial": "22/BC-STC", "version": 1}, texts={"title": TITLE}, files=[a_file("Báo cáo")],
    )  # fmt: skip
    world.close()
    assert list(bring_up(Settings(data))) == []
    world = reopen(data)
    yield world
    world.close()


@pytest.fixture(scope="module")
def told(planted: World, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Everything that each person is answered, as one text: all routes, agencies, entries, and searches."""
    with serving(planted, Settings(tmp_path_factory.mktemp("disk"))) as client:
        people = {actor: sign_in(client, KEYS[actor]) for actor in PEOPLE}
        found = {actor: b"\n".join(_everything(planted, person)) for actor, person in people.items()}
        found["nobody"] = b"\n".join(_everything(planted, Person(client, {})))
    return found


def _everything(world: World, person: Person) -> Iterator[bytes]:
    for path in _paths(world):
        answer = person.get(path)
        assert answer.status in (200, 401, 404, 422), (path, answer.body)
        yield answer.body
        yield from _inside(answer.body)


def _inside(body: bytes) -> Iterator[bytes]:
    """Yield what lies in an answer in base64: payloads of envelopes, entries and their payloads."""
    for coded in (*_PAYLOAD.findall(body), *_STATE.findall(body)):
        if len(coded) % 4 == 0:
            inner = base64.b64decode(coded)
            yield inner
            yield from (base64.b64decode(its) for its in _PAYLOAD.findall(inner))


def _paths(world: World) -> Iterator[str]:
    for method, path in DOORS:
        if method != "GET" or DOORS[method, path].who is not Who.READERS:
            continue
        if "/council/" in path or "/disputes/" in path or "{chart}" in path:
            motion = str(motion_of(world, "STC"))
            for code, name in ((COUNCIL, MEETING), (PUBLISHED, FILED)):
                filled = path.replace("{code}", code).replace("{name}", name).replace("{chart}", "members")
                yield filled.replace("{position}", motion)
            continue
        if "{position}" in path:
            yield from (path.replace("{position}", str(at)) for at in range(world.size - 3, world.size))
            continue
        for code in (COUNCIL, INSPECTED) if "{code}" in path else ("",):
            for agency in AGENCIES if "{agency}" in path else ("",):
                filled = (
                    path.replace("{code}", code).replace("{agency}", agency).replace("{block}", "DEPARTMENT")
                )
                yield from _asked(filled)


def _asked(path: str) -> Iterator[str]:
    criteria = ("A1.1", CRITERION)
    if path.endswith("/trace"):
        yield from (f"{path}?criterion={criterion}" for criterion in criteria)
    if path.endswith(("/search", "/search.json", "/what-if", "/diff")):
        asked = {
            "search": ["?q=hoang%20yen", "?limit=1000"],
            "what-if": ["?adjust=STC/A1.1=0"],
            "diff": ["?since=5"],
        }
        asked["search.json"] = asked["search"][:1]
        yield from (path + query for query in asked[path.rpartition("/")[2]])
        return
    yield from (path.replace("{criterion}", c) for c in (criteria if "{criterion}" in path else ("",)))


@pytest.mark.parametrize("actor", [*PEOPLE, "nobody"])
def test_an_opinion_that_is_sealed_yet_is_told_to_nobody(told: Mapping[str, bytes], actor: str) -> None:
    """Neither its reason nor the salt that would let its points be guessed: not even to its author."""
    assert OPINION.encode() not in told[actor]
    assert salt_of("hd-2", CRITERION).encode() not in told[actor]


@pytest.mark.parametrize("actor", ["nhs-2", "snv-4", "ub-1", "dk-1", "nobody"])
def test_the_title_of_anothers_evidence_is_not_told(told: Mapping[str, bytes], actor: str) -> None:
    """Another agency, an inspector of others, the authority, a registrar, the public: none of them."""
    assert TITLE.encode() not in told[actor]
    assert b"22/BC-STC" not in told[actor]


@pytest.mark.parametrize("actor", ["stc-1", "nhs-4", "hd-2", "tk-1", "ct-4"])
def test_it_is_told_to_the_parties(told: Mapping[str, bytes], actor: str) -> None:
    """The agency, its inspection team, council, secretariat and auditors: the canary can be seen."""
    assert TITLE.encode() in told[actor]


@pytest.mark.parametrize("actor", [*PEOPLE, "nobody"])
def test_names_are_told_to_auditors_alone(told: Mapping[str, bytes], actor: str) -> None:
    """Everybody else reads pseudonyms."""
    assert (NAME.encode() in told[actor]) is (actor == "ct-4")


def test_once_opening_is_closed_the_council_reads_it(planted: World, tmp_path: Path) -> None:
    """The seal is what kept it back, and nothing else."""
    cell = {"round": COUNCIL, "agency": "STC", "criterion": CRITERION}
    planted.state(
        "OpinionOpened", "hd-3", **cell, body=opened_by("hd-3", CRITERION), texts={"reason": "Chậm."}
    )
    planted.state("OpinionsClosed", "tk-1", **cell)
    with serving(planted, Settings(tmp_path)) as client:
        path = f"/v1/rounds/{COUNCIL}/agencies/STC/trace?criterion={CRITERION}"
        auditor = sign_in(client, KEYS["ct-4"]).get(path)
        agency = sign_in(client, KEYS["stc-1"]).get(path)
    assert OPINION in auditor.body.decode()
    assert OPINION not in agency.body.decode()
