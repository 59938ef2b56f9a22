"""JSONTestSuite against every route that reads a body: what is no JSON is refused, and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.api.service.everybody import Served, address, doors, served_to
from tests.api.service.serving import Answer, over_the_wire
from tests.bad_input.forging import evidence

BODIES = sorted(door for door in doors(methods=("POST", "PUT")) if door[1] != "/sign-out")
"""What is sent a body: of statements, challenges and tokens JSON; files and forms are read otherwise."""
NOT_JSON = {"/v1/blobs/{sha256}", "/sign-in", "/sign-in/demo"}
NOT_OPEN = {"/v1/enrolments", "/v1/session/oidc"}
"""Nobody is answered there but registrars, and where there is a provider: whatever is sent."""
STATEMENTS = "/v1/statements"


@pytest.fixture(scope="module")
def served(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service."""
    with served_to(["ct-4"], small_log, tmp_path_factory.mktemp("json")) as its:
        yield its


@pytest.fixture(scope="module")
def suite(vectors: Path) -> dict[str, bytes]:
    """Its files, by name: `y_` must be read, `n_` refused, `i_` either."""
    folder = vectors / "jsontestsuite" / "test_parsing"
    if not folder.is_dir():
        pytest.skip(f"no JSONTestSuite at {folder}")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _send(served: Served, method: str, path: str, body: bytes) -> Answer:
    return served.people["ct-4"].ask(method, address(path), body, Content_Type="application/json")


def _refused_as_it_is(told: Answer) -> bool:
    """As no JSON; or, unread, as longer than the route reads."""
    return told.status == 413 or (told.status, told.json["facts"]) == (400, {"part": "json"})


def test_the_suite_is_whole(suite: dict[str, bytes]) -> None:
    """All 318 files, of which 188 are no JSON."""
    assert (len(suite), sum(name.startswith("n_") for name in suite)) == (318, 188)


@pytest.mark.parametrize("door", BODIES, ids=" ".join)
def test_no_route_breaks_and_what_is_no_json_is_refused(
    served: Served, suite: dict[str, bytes], door: tuple[str, str]
) -> None:
    """0 of 318 answered 5xx; every `n_` is refused as what it is, as no JSON, and is in no log."""
    size = served.world.size
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(suite, pool.map(partial(_send, served, *door), suite.values()), strict=True))
    assert {name: told.status for name, told in answers.items() if told.status >= 500} == {}
    no_json = {name: told for name, told in answers.items() if name[0] == "n"}
    assert {name: told.status for name, told in no_json.items() if told.status < 400} == {}
    if door[1] in NOT_OPEN:
        assert {told.status for told in no_json.values()} <= {404, 413}
    elif door[1] not in NOT_JSON:
        assert [name for name, told in no_json.items() if not _refused_as_it_is(told)] == []
    assert served.world.size == size


def test_what_is_json_is_read(served: Served, suite: dict[str, bytes]) -> None:
    """Every `y_` is told what is wrong with it as a submission; those of a second meaning are not read."""
    for name, body in suite.items():
        if name[0] == "y":
            part = _send(served, "POST", STATEMENTS, body).json["facts"]["part"]
            assert (part == "json") is _tighter(body), name


def _tighter(body: bytes) -> bool:
    """Whether this API reads less than JSON allows: no floats, no name twice, no half of a pair."""
    twice: list[bool] = []

    def pairs(its: list[tuple[str, object]]) -> dict[str, object]:
        twice.append(len(dict(its)) < len(its))
        return dict(its)

    def number(_: str) -> None:
        twice.append(True)

    json.loads(body, object_pairs_hook=pairs, parse_float=number)
    return any(twice)


def test_within_a_statement_too(served: Served, suite: dict[str, bytes]) -> None:
    """Where the words of a good statement stand: what is no JSON there makes the whole none."""
    envelope = json.dumps(over_the_wire(evidence(served.world))["envelope"]).encode()
    for name, body in suite.items():
        told = _send(
            served, "POST", f"{STATEMENTS}/preview", b'{"envelope":%b,"openings":%b}' % (envelope, body)
        )
        assert told.status < 500, name
        if name[0] == "n":
            assert told.json["facts"] == {"part": "json"}, name
