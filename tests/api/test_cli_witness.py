"""Witnesses of a log, from the command line: they are asked, they cosign, and they convict a forked copy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE
from audit.proofs.contradiction import verify_contradiction
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.policy import Group, Policy
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from tests.api.witnesses import begun, install, known, serving
from tests.audit.proofs.witnessed import LOG_VKEY
from tests.cli_page import run
from tests.worlds import agency, begin, reopen

OPERATORS = {"w1": "Thanh tra tỉnh", "w2": "Kiểm toán Nhà nước"}


@dataclass(frozen=True, slots=True)
class Watched:
    """A log of four entries, closed, with two witnesses that run; `policy` asks both."""

    data: Path
    trust: Path
    policy: Policy
    evidence: tuple[Path, ...]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A log that nobody has cosigned yet, and two witnesses of different operators on loopback."""
    for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    world = begin(tmp_path / "data")
    for number in range(1, 4):
        world.state("AgencyRegistered", "dk-1", body=agency(f"A{number}"))
    world.close()
    with ExitStack() as running:
        asked = []
        for name, operator in OPERATORS.items():
            witness = begun(install(tmp_path / name, name, operator))
            asked.append(known(witness, operator, running.enter_context(serving(witness))))
        policy = Policy(tuple(asked), (Group("both", 2, tuple(OPERATORS)),), "both")
        trust = Trust((TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (LOG_VKEY,)),), policy)
        (tmp_path / "trust.json").write_bytes(format_trust(trust))
        evidence = tuple(tmp_path / name / "state" for name in OPERATORS)
        yield Watched(tmp_path / "data", tmp_path / "trust.json", policy, evidence)


def test_witnesses_are_asked_and_the_verdict_names_them(watched: Watched) -> None:
    """Without them a quorum is missing; once they were asked, `verify --trust` says who saw what."""
    before = run(watched.data, "verify", "--trust", str(watched.trust), "--json")
    assert before.returncode == 1
    assert [f["rule"] for f in json.loads(before.stdout)["findings"]] == ["head.no_quorum"]
    asked = run(watched.data, "cosign", "--trust", str(watched.trust), "--json")
    assert asked.returncode == 0, asked.stderr
    assert [one["cosigned"] for one in json.loads(asked.stdout)["witnesses"]] == [True, True]
    after = run(watched.data, "verify", "--trust", str(watched.trust), "--json")
    assert after.returncode == 0, after.stdout
    told = json.loads(after.stdout)
    assert told["trust"] == "as trusted"
    assert (told["witnessed"]["covered"], told["witnessed"]["beyond"]) == (4, 0)
    assert [one["operator"] for one in told["witnessed"]["by"]] == list(OPERATORS.values())
    spoken = run(watched.data, "verify", "--trust", str(watched.trust)).stdout
    assert all(operator in spoken for operator in OPERATORS.values())


def test_cosigning_again_changes_nothing(watched: Watched) -> None:
    """Witnesses that cosigned a checkpoint are not asked again, and what they signed stays as it was."""
    first = run(watched.data, "cosign", "--trust", str(watched.trust))
    again = run(watched.data, "cosign", "--trust", str(watched.trust), "--json")
    assert (first.returncode, again.returncode) == (0, 0)
    assert json.loads(again.stdout)["witnesses"] == []
    assert json.loads(again.stdout)["met"] is True


def test_both_witnesses_convict_a_forked_copy(watched: Watched, tmp_path: Path) -> None:
    """A copy that goes on differently is cosigned by nobody; each witness keeps a file that proves why."""
    shutil.copytree(watched.data, tmp_path / "fork")
    for folder, code in ((watched.data, "B1"), (tmp_path / "fork", "C1")):
        world = reopen(folder)
        world.state("AgencyRegistered", "dk-1", body=agency(code))
        world.close()
        asked = run(folder, "cosign", "--trust", str(watched.trust), "--json")
        told = json.loads(asked.stdout)
        if folder == watched.data:
            assert (asked.returncode, told["met"]) == (0, True)
            assert {one["operator"] for one in told["witnesses"]} == set(OPERATORS.values())
            continue
        assert (asked.returncode, told["met"]) == (1, False)
        assert {one["rule"] for one in told["witnesses"]} == {"witness.remembers_another"}
    for state in watched.evidence:
        (kept,) = [path for path in state.rglob("*") if path.is_file() and "contradiction" in path.name]
        verify_contradiction(kept.read_bytes(), vkeys=[LOG_VKEY])
    judged = run(tmp_path / "fork", "verify", "--trust", str(watched.trust), "--json")
    assert judged.returncode == 1


def test_a_bad_trust_file_is_told_by_its_name(watched: Watched) -> None:
    """What is wrong in a trust file ends the command with 2, names the file, and checks nothing."""
    watched.trust.write_text("{}", "utf-8")
    for command in ("verify", "cosign"):
        ended = run(watched.data, command, "--trust", str(watched.trust))
        assert ended.returncode == 2
        assert str(watched.trust) in ended.stderr


def test_a_witness_without_its_memory_does_not_start(tmp_path: Path) -> None:
    """`minhchung witness` on a folder whose memory was lost says so, and ends with 2."""
    config = install(tmp_path / "w1")
    ended = run(tmp_path, "witness", "--config", str(config), "--port", "0")
    assert ended.returncode == 2
    assert str(config) in ended.stderr
