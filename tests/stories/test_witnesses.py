"""The demo's log before two witnesses of different operators: they cosign it, and convict a forked copy."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from api.demo import LOG_KEY
from api.demo_witnesses import OFFICES
from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE, Settings
from audit.ledger import tree
from audit.ledger.database import open_database
from audit.ledger.publisher import Publisher
from audit.ledger.tables import checkpoints, cosignatures, head, stored_events, tiles
from audit.proofs.contradiction import verify_contradiction
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.merkle import leaf_hash
from audit.proofs.tiles import TILE_WIDTH
from audit.proofs.trust_file import format_trust, parse_trust
from tests.cli_page import run
from tests.conftest import ROOT

PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Scene:
    """A copy of the demo, its two witnesses running, and a trust file that says where they are."""

    data: Path
    trust: Path
    memories: tuple[Path, ...]


@contextmanager
def running(config: Path) -> Iterator[str]:
    """Run `minhchung witness` on its file until it answers; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "api.cli", "witness", "--config", str(config), "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT)
    try:
        _await(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail("the witness ended before it answered")


@pytest.fixture(scope="module")
def scene(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Both offices run what the demo left them; nobody else has their keys or their memory."""
    folder = tmp_path_factory.mktemp("witnesses")
    shutil.copytree(demo_data, folder / "data")
    offices = [folder / name for name in OFFICES]
    for office in offices:
        shutil.move(folder / "data" / "witnesses" / office.name, office)
    trust = parse_trust((folder / "data" / "trust.json").read_bytes())
    first, second = (running(office / "witness.json") for office in offices)
    with pytest.MonkeyPatch.context() as environment, first as one, second as other:
        for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
            environment.delenv(variable, raising=False)
        at = dict(zip(OFFICES, (one, other), strict=True))
        known = tuple(replace(witness, url=at[witness.name]) for witness in trust.policy.witnesses)
        asked = replace(trust, policy=replace(trust.policy, witnesses=known))
        (folder / "trust.json").write_bytes(format_trust(asked))
        yield Scene(folder / "data", folder / "trust.json", tuple(office / "state" for office in offices))


def told(data: Path, *words: str, status: int) -> Any:
    """Ask for JSON; the command must end with this status."""
    ended = run(data, *words, "--json")
    assert ended.returncode == status, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def fork(data: Path, into: Path) -> int:
    """Copy the log, and have its operator sign another last entry: it came a year earlier. Return its size.

    Every signature of the fork is true, and it is as long as the log.
    """
    shutil.copytree(data, into)
    database = open_database(Settings(into, beside_data=True).database_url)
    with database.begin() as connection:
        size = connection.execute(select(head.c.size)).scalar_one()
        last = stored_events.c.position == size - 1
        entry = parse_entry(connection.execute(select(stored_events.c.state).where(last)).scalar_one())
        year = int(entry.arrived_at[:4]) - 1
        state = encode_entry(replace(entry, arrived_at=f"{year}{entry.arrived_at[4:]}"))
        connection.execute(update(stored_events).where(last).values(state=state))
        for table in (checkpoints, cosignatures):
            connection.execute(delete(table).where(table.c.size == size))
        place = (tiles.c.level == 0) & (tiles.c["index"] == (size - 1) // TILE_WIDTH)
        hashes = connection.execute(select(tiles.c.hashes).where(place)).scalar_one()
        connection.execute(update(tiles).where(place).values(hashes=hashes[:-32]))
        root = tree.append(connection, size - 1, [leaf_hash(state)])
        connection.execute(update(head).values(root=root))
        Publisher(DEMO_ORIGIN, demo_signing_key(LOG_KEY)).checkpoint(connection, size, root)
    database.close()
    return int(size)


def test_the_demo_is_verified_by_its_trust_file(demo_data: Path) -> None:
    """It ends with 0, and says what was checked, and by whose witnesses, in words and as JSON."""
    trust = ("--trust", str(Settings(demo_data).trust))
    answer = told(demo_data, "verify", *trust, status=0)
    assert (answer["trust"], answer["ranks"], answer["findings"]) == ("as trusted", "recomputed", [])
    assert [one["operator"] for one in answer["witnessed"]["by"]] == list(OFFICES.values())
    assert not any(one["of_the_operator"] for one in answer["witnessed"]["by"])
    assert (answer["witnessed"]["covered"], answer["witnessed"]["beyond"]) == (answer["size"], 0)
    assert answer["without_trust"] == {"ok": True, "findings": 0}
    checked = answer["checked"]
    assert checked["keys_kept_by_the_platform"] == checked["keys"] > 0
    for what in ("entries", "signatures", "checkpoints", "openings", "evidence_files", "cells", "ranked"):
        assert checked[what] > 0, what
    spoken = run(demo_data, "verify", *trust, "--lang", "en").stdout.replace("│", "")
    words = " ".join(spoken.split())
    assert all(operator in words for operator in OFFICES.values())
    assert f"{checked['signatures']}" in words


def test_its_witnesses_go_on_from_what_they_remember(scene: Scene) -> None:
    """Run by themselves, each from its file and folder, both have cosigned the newest checkpoint already."""
    answer = told(scene.data, "cosign", "--trust", str(scene.trust), status=0)
    assert (answer["met"], answer["witnesses"]) == (True, [])


def test_both_convict_a_forked_copy_of_the_demo(scene: Scene, tmp_path: Path) -> None:
    """Neither cosigns it, each keeps a file that convicts the log by its own key; verify names the fork."""
    size = fork(scene.data, tmp_path / "fork")
    beside = told(tmp_path / "fork", "verify", status=1)
    assert {found["rule"] for found in beside["findings"]} == {"anchor.other_root"}
    refused = run(tmp_path / "fork", "cosign", "--trust", str(scene.trust))
    assert (refused.returncode, "anchor" in refused.stderr) == (1, True)
    Settings(tmp_path / "fork").anchor.unlink()  # the operator has that disk, too
    told(tmp_path / "fork", "anchor", "--adopt", status=0)
    alone = told(tmp_path / "fork", "verify", status=0)
    assert (alone["size"], alone["trust"]) == (size, "consistent with itself")
    asked = told(tmp_path / "fork", "cosign", "--trust", str(scene.trust), status=1)
    assert {one["operator"]: one["rule"] for one in asked["witnesses"]} == dict.fromkeys(
        OFFICES.values(), "witness.remembers_another"
    )
    vkeys = parse_trust(scene.trust.read_bytes()).logs[0].vkeys
    for memory in scene.memories:
        (evidence,) = (path for path in memory.rglob("*contradiction*") if path.is_file())
        verify_contradiction(evidence.read_bytes(), vkeys=list(vkeys))
    judged = told(tmp_path / "fork", "verify", "--trust", str(scene.trust), status=1)
    assert "trust.contradicted" in {found["rule"] for found in judged["findings"]}
    assert judged["without_trust"] == {"ok": True, "findings": 0}
