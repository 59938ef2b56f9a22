"""What everybody may read over HTTP: the published result, checkpoints and hashes; and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import ScriptedClock
from api.runtime import open_runtime
from api.settings import Settings
from audit.proofs import merkle
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.note import open_note, vkey
from audit.proofs.tiles import split_hashes
from tests.api.service.serving import Client, serving
from tests.worlds import NOW, World, reopen


@pytest.fixture
def world(small_log: Path, tmp_path: Path) -> Iterator[World]:
    """A small log with a published result."""
    shutil.copytree(small_log, tmp_path / "data")
    opened = reopen(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def client(world: World, tmp_path: Path) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path / "data")) as asks:
        yield asks


def test_the_checkpoint_is_the_logs_signed_head(world: World, client: Client) -> None:
    """Whoever has the log's key can open it, and finds the size and root that the log is at."""
    answer = client.ask("GET", "/v1/log/checkpoint")
    open_note(answer.body, [vkey(world.origin, world.runtime.intake.keyring.genesis.log_key)])
    assert parse_checkpoint(answer.body.partition(b"\n\n")[0] + b"\n").size == world.size


def test_tiles_hold_the_hashes_under_the_checkpoint(world: World, client: Client) -> None:
    """The leaf hashes of all tiles make the checkpoint's root; they may be kept for ever."""
    size = world.size
    names = [f"{index:03d}" for index in range(size // 256)] + [f"{size // 256:03d}.p/{size % 256}"]
    answers = [client.ask("GET", f"/v1/log/tile/0/{name}") for name in names]
    hashes = [found for answer in answers for found in split_hashes(answer.body)]
    assert (len(hashes), merkle.root(hashes).hex()) == world.runtime.intake.checkpoint
    assert "immutable" in answers[0].headers["cache-control"]


def test_a_log_only_grows_and_proves_it(world: World, client: Client) -> None:
    """Between any two sizes there is a proof that verifies."""
    size = world.size
    told = client.ask("GET", f"/v1/log/consistency?first=5&second={size}").json
    hashes = _leaf_hashes(world)
    merkle.verify_consistency(
        size1=5, size2=size, root1=merkle.root(hashes[:5]), root2=merkle.root(hashes),
        proof=[bytes.fromhex(node) for node in told["proof"]],
    )  # fmt: skip


def test_an_entry_is_proven_by_hashes_alone(world: World, client: Client) -> None:
    """Whoever has its bytes checks that the log holds it; the proof tells nothing of what was stated."""
    told = client.ask("GET", f"/v1/log/inclusion?position=7&size={world.size}").json
    merkle.verify_inclusion(
        index=7, size=world.size, leaf_hash=_leaf_hashes(world)[7], root=bytes.fromhex(told["root"]),
        proof=[bytes.fromhex(node) for node in told["proof"]],
    )  # fmt: skip
    assert told["leaf_hash"] == _leaf_hashes(world)[7].hex()


NOT_THERE = [
    "/v1/rounds/1999/result", "/v1/log/tile/0/999", "/v1/log/tile/0/000.p/0", "/v1/log/tile/0/000.p/257",
    "/v1/log/tile/99/000", "/v1/log/tile/0/../../etc", "/v1/log/tile/entries/000", "/v1/log/tile/-1/000",
    "/v1/log/tile/0/%2e%2e", "/v1/log/consistency?first=0&second=5", "/v1/log/consistency?first=9&second=5",
    "/v1/log/consistency?first=5&second=99999999", "/v1/log/inclusion?position=5&size=5",
    "/v1/log/inclusion?position=-1&size=5", "/v1/log/inclusion?position=5&size=99999999", "/v1/evidence",
    "/docs", "/v1/log/tile/0/x999/x999/x999/x999/999",
]  # fmt: skip


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_looks_like_what_may_not_be_seen(client: Client, path: str) -> None:
    """404, in words, the same for everything that is not there."""
    answer = client.ask("GET", path)
    assert (answer.status, answer.json["rule"]) == (404, "request.not_there")


@pytest.mark.parametrize("query", ["first=a&second=5", "first=5", f"first=1&second={10**30}"])
def test_odd_questions_are_told_apart(client: Client, query: str) -> None:
    """A parameter that is no number is answered with a problem, and never with a failure."""
    answer = client.ask("GET", f"/v1/log/consistency?{query}")
    assert answer.status in (400, 404)


def test_another_method_is_not_answered(client: Client) -> None:
    """405, in words."""
    assert client.ask("DELETE", "/v1/log/checkpoint").json["rule"] == "request.method"


@pytest.fixture(scope="module")
def published(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The service of a whole round that was published."""
    data = tmp_path_factory.mktemp("published") / "data"
    shutil.copytree(demo_data, data)
    world = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    with serving(world, Settings(data)) as asks:
        yield asks
    world.close()


def test_the_published_result_is_what_the_policy_shows(published: Client) -> None:
    """The public sees the first places of each block, and no places below."""
    told = published.ask("GET", "/v1/rounds/2016/result").json
    assert [len(block["places"]) for block in told["blocks"]] == [3, 3, 3]
    assert {place["rank"] for block in told["blocks"] for place in block["places"]} == {1, 2, 3}


def test_one_block_can_be_asked_for(published: Client) -> None:
    """Of one block, only that is told; what is no block is said to be none."""
    told = published.ask("GET", "/v1/rounds/2016/result?block=DISTRICT").json
    assert [block["block"] for block in told["blocks"]] == ["DISTRICT"]
    assert published.ask("GET", "/v1/rounds/2016/result?block=VILLAGE").status == 400


def test_who_has_the_answer_gets_it_no_second_time(published: Client) -> None:
    """With the tag of an answer that still stands, 304 and no body."""
    first = published.ask("GET", "/v1/rounds/2016/result")
    again = published.ask("GET", "/v1/rounds/2016/result", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_service_is_alive_and_ready(client: Client) -> None:
    """Whoever watches is told so, part by part."""
    assert client.ask("GET", "/livez").status == 200
    well = dict.fromkeys(("ready", "writer", "database", "disk", "anchor", "clock", "schema"), True)
    assert client.ask("GET", "/readyz").json == well | {"stopped": {}}


def _leaf_hashes(world: World) -> list[bytes]:
    from audit.ledger import tree

    with world.runtime.log.database.read() as connection:
        return list(tree.leaf_hashes(connection))
