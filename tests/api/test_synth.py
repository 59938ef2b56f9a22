"""Made-up logs: lawful, the same for the same seed, and what the intake makes of the same statements."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api import synth
from api.cli import app
from api.clock import ScriptedClock
from api.errors import LogInTheWay, UnfitShape
from api.log_copy import copy_of, notes, prefix_of, rows
from api.runtime import open_runtime, reading
from api.settings import DATABASE_VARIABLE, Settings
from api.story_values import ZONE
from api.synth import build_synth
from api.synth_script import DOCUMENT, Shape
from api.verification import examine
from audit.ledger import tree
from audit.ledger.attested import ATTESTED
from audit.ledger.submission import Accepted, Submission
from audit.proofs.commitment import Opening
from audit.proofs.entry import parse_entry, read_time
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import SYNTH_ORIGIN, is_demo_key
from audit.proofs.statement import parse_statement
from audit.proofs.verifier import verify_log
from projections.tables import INLINE

SHAPE = Shape(agencies=3, criteria=7, signers=17, events=300, seed=5, batch=50)
"""Some small rounds, the last of them open."""
ROUND = replace(SHAPE, events=0)
"""One whole round."""


@pytest.fixture(autouse=True)
def _on_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up log of some rounds, in batches of fifty."""
    data = tmp_path_factory.mktemp("synth") / "data"
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        build_synth(Settings(data), SHAPE)
    return data


def tables(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with sqlite3.connect(data / "minhchung.db") as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {
            name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall() for (name,) in names
        }
    connection.close()
    return found


def submissions(data: Path) -> list[tuple[str, Submission]]:
    """Return what was submitted, read back out of a log, each with the time it was received at."""
    found = []
    with sqlite3.connect(data / "minhchung.db") as connection:
        words: dict[str, list[Opening]] = {}
        for statement_id, field, salt, value, _ in connection.execute("SELECT * FROM openings"):
            words.setdefault(statement_id, []).append(Opening(field, salt, value))
        for (state,) in connection.execute("SELECT state FROM stored_events ORDER BY position"):
            entry = parse_entry(state)
            statement = parse_statement(entry.envelope.payload)
            if statement.type == ATTESTED:
                continue  # the log states that by itself, here as there
            opened = words.get(statement.id, [])
            arrived = read_time(entry.arrived_at)
            found.append((entry.received_at, Submission(entry.envelope.encode(), tuple(opened), arrived)))
    connection.close()
    return found


def test_verify_accepts_it(made: Path) -> None:
    """Every signature, rule, score and rank holds; the verdict says whose keys and what clock they are."""
    examined = examine(made)
    assert examined.findings == ()
    verdict = examined.verdict
    assert verdict.size == 300 + examined.refolded.attested
    assert verdict.origin == f"{SYNTH_ORIGIN}5"
    assert (verdict.clock, verdict.platform_keys) == ("scripted", verdict.keys)
    assert verdict.keys == 17 + 1


def test_it_is_bit_for_bit_what_intake_makes(made: Path, tmp_path: Path) -> None:
    """The same statements, checked and submitted batch by batch, leave the same tables and anchor."""
    told = submissions(made)
    data, clock = tmp_path / "data", ScriptedClock(read_time(told[0][0]).astimezone(ZONE))
    key = SHAPE.keys[LOG_ACTOR]
    runtime = open_runtime(
        Settings(data), origin=f"{SYNTH_ORIGIN}5", log_key=key, clock=clock, entropy=SHAPE.entropy
    )
    try:
        runtime.evidence.put(DOCUMENT)
        for received_at in dict.fromkeys(received_at for received_at, _ in told):
            clock.set(read_time(received_at).astimezone(ZONE))
            batch = [submission for at, submission in told if at == received_at]
            assert all(isinstance(outcome, Accepted) for outcome in runtime.intake.submit(batch))
    finally:
        runtime.log.database.close()
    assert tables(data) == tables(made)
    assert (data / "anchor").read_bytes() == (made / "anchor").read_bytes()


def test_the_same_seed_makes_the_same_log(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed in other processes or here, the bytes are the same; another seed makes another log."""
    monkeypatch.setattr(synth, "ALONE_UP_TO", 0)
    build_synth(Settings(tmp_path / "again"), SHAPE)
    build_synth(Settings(tmp_path / "other"), replace(SHAPE, seed=6))
    assert tables(tmp_path / "again") == tables(made)
    assert tables(tmp_path / "other")["head"] != tables(made)["head"]


def test_whole_round_ends_published(tmp_path: Path) -> None:
    """Without a number of events there is one round, led from its opening to its publication."""
    size = build_synth(Settings(tmp_path / "data"), ROUND)
    assert size == ROUND.size + 1
    with reading(Settings(tmp_path / "data")) as log, log.database.read() as connection:
        kinds = Counter(row.topic for row in rows(connection))
    assert kinds["ResultPublished.v1"] == kinds[ATTESTED] == 1
    assert kinds["SelfScoreDeclared.v1"] == kinds["InspectionNoteRecorded.v1"] == 3 * 7
    assert examine(tmp_path / "data").ok


def test_a_round_of_the_whole_country_can_be_told() -> None:
    """34 provinces of 150 units, 60 criteria, are a shape like any other; provinces differ by seed."""
    country = Shape(agencies=34 * 150, criteria=60, signers=15_304, events=0, seed=1)
    assert (country.size, len(country.staff)) == (984_318, 5100)
    province = Shape(agencies=150, criteria=60, signers=2000, events=0, seed=1)
    assert len({replace(province, seed=number).origin for number in range(34)}) == 34


def test_without_history_the_end_is_shown(tmp_path: Path, made: Path) -> None:
    """Left out is only how scores and ranks came about: the log is the same, and so is what holds."""
    build_synth(Settings(tmp_path / "data"), SHAPE, history=False)
    bare, whole = tables(tmp_path / "data"), tables(made)
    history = {table.name for table in INLINE}
    assert {n: found for n, found in bare.items() if n not in history} == {
        n: found for n, found in whole.items() if n not in history
    }
    assert len(bare["ranks"]) < len(whole["ranks"])
    assert examine(tmp_path / "data").ok


def test_delta_from_any_checkpoint_is_good(made: Path) -> None:
    """Out of the tiles of a real log comes all that verifying from a checkpoint on needs."""
    with reading(Settings(made)) as log, log.database.read() as connection:
        whole = verify_log(copy_of(connection))
        sizes = [size for size, _ in notes(connection)]
        for size in (sizes[0], sizes[1], sizes[len(sizes) // 2], sizes[-1]):
            prefix = prefix_of(connection, size, tree.root_at(connection, size))
            verdict = verify_log(copy_of(connection, size), since=prefix)
            assert (verdict.findings, verdict.root, verdict.keys) == ((), whole.root, whole.keys)


def test_its_keys_are_nobody_elses() -> None:
    """No key of it is a demo key; those of another seed are others."""
    keys = {key.public_key.id for key in SHAPE.keys.values()}
    others = {key.public_key.id for key in replace(SHAPE, seed=6).keys.values()}
    assert not keys & others
    assert not any(is_demo_key(key.public_key) for key in SHAPE.keys.values())


@pytest.mark.parametrize("shape", [(1, 7, 99), (3, 0, 99), (3, 7, 12), (200_000, 7, 999_999)])
def test_impossible_sizes_are_refused(shape: tuple[int, int, int]) -> None:
    """Too few people for the agencies, or nothing to score, is said before anything is made."""
    with pytest.raises(UnfitShape):
        Shape(*shape, events=0, seed=1)


def test_a_log_is_never_written_over(made: Path) -> None:
    """A directory that holds something is left as it is."""
    before = tables(made)
    with pytest.raises(LogInTheWay):
        build_synth(Settings(made), SHAPE)
    assert tables(made) == before


def test_command_says_what_it_made(tmp_path: Path) -> None:
    """The command names origin and size; the verdict on it says that it is made up."""
    sized = ["--agencies", "2", "--criteria", "3", "--signers", "10", "--events", "60"]
    run = CliRunner().invoke(app, ["synth", *sized, "--data", str(tmp_path / "data"), "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert (told["log"], told["size"]) == (f"{SYNTH_ORIGIN}1", 60)
    run = CliRunner().invoke(app, ["verify", str(tmp_path / "data"), "--lang", "en"])
    assert run.exit_code == 0
    assert "made up" in run.stdout
