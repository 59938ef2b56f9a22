"""The survey counted again: whatever log and ballot box say differently is found, at its position."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from api.example import Example, load_example
from api.recount import check_ballots
from api.register import entry_at
from api.runtime import reading
from api.settings import Settings
from api.signing import scripted_entropy
from api.story_ballots import fill, survey_ballots, survey_counts, told_waves
from api.story_survey import survey_waves
from api.verification import examine
from audit.ledger.ballots import BallotBox
from audit.ledger.database import Database, open_database
from audit.ledger.tables import (
    ballot_batches,
    ballot_spent,
    ballot_tokens,
    ballot_waves,
    ballots,
    ballots_waiting,
    create_tables,
)
from audit.proofs.ballot import read_ballot, write_ballot
from audit.proofs.verifier import Finding
from domain.criteria import SurveyRule
from domain.events import CATALOGUE, Event, read_body
from domain.standing import Standing
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveClosed, SurveyWaveOpened
from domain.survey import tally
from tests.conftest import ROOT
from tests.surveys import stated, surveyed

Log = list[Event]


@pytest.fixture(scope="module")
def example() -> Example:
    """The example of Da Nang."""
    return load_example(ROOT / "examples" / "danang-2016")


@pytest.fixture(scope="module")
def filled(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the example's ballot box, filled."""
    path = tmp_path_factory.mktemp("box") / "log.db"
    database = open_database(f"sqlite:///{path}")
    with database.begin() as connection:
        create_tables(connection)
    fill(BallotBox(database, scripted_entropy), example, example.rounds[0])
    database.close()
    return path


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of that database, to do harm to."""
    shutil.copy(filled, tmp_path / "log.db")
    opened = open_database(f"sqlite:///{tmp_path}/log.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def log(example: Example) -> Log:
    """What the story states of its survey, from position 100 on: nine statements of waves, then tallies."""
    acts = sorted(survey_waves(example, example.rounds[0]), key=lambda act: act.at)
    waves = [(read_body(CATALOGUE[act.type], dict(act.body)), None, None) for act in acts]
    bodies: list[tuple[Any, str | None, str | None]] = [*waves]
    least = example.criteria.min_ballots
    for (agency, criterion), counts in survey_counts(example, example.rounds[0]).items():
        rule = example.criteria.by_code[criterion].rule
        assert isinstance(rule, SurveyRule)
        shown, withheld = tally(counts, rule.groups, least)
        bodies.append((SurveyTallied(counts=shown, withheld=withheld), agency, criterion))
    return [stated(100 + place, *about) for place, about in enumerate(bodies)]


@pytest.fixture(scope="module")
def standing(example: Example) -> Standing:
    """What holds after those statements, as far as a recount asks."""
    return surveyed(example.criteria, {group: wave.valid for group, wave in example.survey.items()})


def found(database: Database, standing: Standing, log: Log) -> list[tuple[int | None, str]]:
    """Return position and rule of every finding."""
    return [(f.position, f.rule) for f in _found(database, standing, log)]


def _found(database: Database, standing: Standing, log: Log) -> list[Finding]:
    return list(check_ballots(BallotBox(database), standing, log))


def position(log: Log, kind: type[Any], group: str, number: int = 0) -> int:
    """Return where the n-th statement of a kind about a group stands."""
    return [e.position for e in log if isinstance(e.body, kind) and e.body.group == group][number]


def changed(log: Log, at: int, **fields: object) -> Log:
    """Return the log with another body at a position."""
    return [replace(e, body=replace(e.body, **fields)) if e.position == at else e for e in log]


# --- the example ----------------------------------------------------------------------------------------


def test_example_is_as_it_is_stated(database: Database, standing: Standing, log: Log) -> None:
    """The story's tokens, batches, totals and tallies are those of the ballots in the box."""
    assert found(database, standing, log) == []


def test_example_has_654_valid_ballots(example: Example) -> None:
    """As many as the source says, of those that came back; the others are void (R08)."""
    waves = {wave.group: wave for wave in survey_ballots(example, example.rounds[0])}
    assert waves.keys() == example.survey.keys()
    for group, wave in waves.items():
        totals = example.survey[group]
        valid = [answers for answers in wave.returned if answers]
        assert (wave.issued, len(wave.returned), len(valid)) == (totals.issued, totals.returned, totals.valid)
    assert sum(bool(answers) for wave in waves.values() for answers in wave.returned) == 654


def test_example_tells_the_roots_that_the_box_comes_to(example: Example, database: Database) -> None:
    """Told without a database, or done in one: the same tokens and the same batches."""
    kept = BallotBox(database).kept()
    for told in told_waves(example, example.rounds[0]):
        assert kept["2016", told.group].roots == tuple(root for _, root in told.batches)
        assert [len(b.ballots) for b in kept["2016", told.group].batches] == [n for n, _ in told.batches]


def test_log_without_a_survey_needs_no_box(database: Database, standing: Standing) -> None:
    """Where nothing was surveyed there is nothing to find."""
    assert found(database, standing, []) == []


# --- the box was changed --------------------------------------------------------------------------------


def _other_answer(connection: Connection, box: BallotBox) -> None:
    stored = box.kept()["2016", "STAFF"].batches[1].ballots[7]
    read = read_ballot(stored)
    cell, answer = next(iter(read.answers.items()))
    forged = replace(read, answers={**read.answers, cell: "A" if answer != "A" else "B"})
    connection.execute(update(ballots).where(ballots.c.ballot == stored).values(ballot=write_ballot(forged)))


def _one_less(connection: Connection, box: BallotBox) -> None:
    stored = box.kept()["2016", "STAFF"].batches[1].ballots[7]
    connection.execute(delete(ballots).where(ballots.c.ballot == stored))


def _no_batches(connection: Connection, _box: BallotBox) -> None:
    connection.execute(delete(ballots).where((ballots.c.group == "STAFF") & (ballots.c.batch == 2)))


def _one_token_more(connection: Connection, _box: BallotBox) -> None:
    row = {"round": "2016", "group": "STAFF", "token_sha256": bytes(32)}
    connection.execute(insert(ballot_tokens).values(row))


def _one_token_less(connection: Connection, box: BallotBox) -> None:
    token = box.kept()["2016", "STAFF"].tokens[3]
    connection.execute(delete(ballot_tokens).where(ballot_tokens.c.token_sha256 == token))


def _one_unspent(connection: Connection, _box: BallotBox) -> None:
    spent = connection.execute(ballot_spent.select().where(ballot_spent.c.group == "STAFF")).first()
    assert spent is not None
    connection.execute(delete(ballot_spent).where(ballot_spent.c.token_sha256 == spent.token_sha256))


def _one_spent_for_nothing(connection: Connection, _box: BallotBox) -> None:
    row = {"round": "2016", "group": "STAFF", "token_sha256": bytes(32)}
    connection.execute(insert(ballot_spent).values(row))


def _unspent(connection: Connection) -> bytes:
    """Return the hash of a token that was issued and not used."""
    spent = select(ballot_spent.c.token_sha256)
    its = (ballot_tokens.c.group == "STAFF") & ballot_tokens.c.token_sha256.not_in(spent)
    return bytes(connection.execute(select(ballot_tokens.c.token_sha256).where(its)).scalars().first() or b"")


def _another_spent(connection: Connection, _box: BallotBox) -> None:
    spent = connection.execute(select(ballot_spent).where(ballot_spent.c.group == "STAFF")).first()
    assert spent is not None
    its = ballot_spent.c.token_sha256 == spent.token_sha256
    connection.execute(update(ballot_spent).where(its).values(token_sha256=bytes(32)))


def _opened_again(connection: Connection, _box: BallotBox) -> None:
    connection.execute(update(ballot_waves).where(ballot_waves.c.group == "STAFF").values(closed=False))


def _noted_otherwise(connection: Connection, _box: BallotBox) -> None:
    its = (ballot_batches.c.group == "STAFF") & (ballot_batches.c.batch == 2)
    connection.execute(update(ballot_batches).where(its).values(ballots=1))


def _no_wave(connection: Connection, _box: BallotBox) -> None:
    connection.execute(delete(ballot_waves).where(ballot_waves.c.group == "STAFF"))


@pytest.mark.parametrize(
    ("harm", "kind", "number", "rules"),
    [
        (_other_answer, BallotsRecorded, 1, ["ballot.other_batch"]),
        (_one_token_more, SurveyWaveOpened, 0, ["ballot.other_tokens"]),
        (_one_token_less, SurveyWaveOpened, 0, ["ballot.other_tokens"]),
        (_one_unspent, SurveyWaveOpened, 0, ["ballot.more_than_spent"]),
        (_one_spent_for_nothing, SurveyWaveClosed, 0, ["ballot.lost"]),
        (_another_spent, SurveyWaveOpened, 0, ["ballot.spent_unissued"]),
        (_opened_again, SurveyWaveClosed, 0, ["ballot.still_open"]),
        (_noted_otherwise, BallotsRecorded, 1, ["ballot.other_batch"]),
        (_no_wave, SurveyWaveOpened, 0, ["ballot.wave_missing"]),
    ],
)
def test_change_in_the_box_is_found(
    database: Database,
    standing: Standing,
    log: Log,
    harm: Callable[[Connection, BallotBox], None],
    kind: type[Any],
    number: int,
    rules: list[str],
) -> None:
    """Each change is found once, at the statement that it contradicts."""
    box = BallotBox(database)
    with database.begin() as connection:
        harm(connection, box)
    where = position(log, kind, "STAFF", number)
    assert found(database, standing, log) == [(where, rule) for rule in rules]


@pytest.mark.parametrize("harm", [_one_less, _no_batches])
def test_missing_ballots_are_found_and_counted(
    database: Database, standing: Standing, log: Log, harm: Callable[[Connection, BallotBox], None]
) -> None:
    """Ballots taken away leave a batch that is not the stated one, and tokens spent for nothing."""
    box = BallotBox(database)
    with database.begin() as connection:
        harm(connection, box)
    batch, closed = position(log, BallotsRecorded, "STAFF", 1), position(log, SurveyWaveClosed, "STAFF")
    assert found(database, standing, log) == [(batch, "ballot.other_batch"), (closed, "ballot.lost")]


def test_ballot_beside_the_batches_is_found(database: Database, standing: Standing, log: Log) -> None:
    """A batch that nobody stated holds more ballots than tokens were spent, and is out of the log."""
    more = {"round": "2016", "group": "STAFF", "batch": 3, "leaf": b"x", "ballot": b"{}"}
    with database.begin() as connection:
        connection.execute(insert(ballots).values(more))
    opened, closed = position(log, SurveyWaveOpened, "STAFF"), position(log, SurveyWaveClosed, "STAFF")
    assert found(database, standing, log) == [
        (opened, "ballot.more_than_spent"),
        (closed, "ballot.unrecorded"),
    ]


def test_ballots_that_wait_while_a_wave_is_open_are_not_lost(
    database: Database, standing: Standing, log: Log
) -> None:
    """Before the close, what waits is expected, and batches may be ahead of the log."""
    begun = [e for e in log if isinstance(e.body, SurveyWaveOpened)]
    with database.begin() as connection:
        wave = {"round": "2016", "group": "STAFF"}
        connection.execute(insert(ballot_spent).values(**wave, token_sha256=_unspent(connection)))
        connection.execute(insert(ballots_waiting).values(**wave, id=bytes(16), answers=b"{}"))
    assert found(database, standing, begun) == []


@pytest.mark.slow
def test_verify_counts_the_survey_again(demo_data: Path, tmp_path: Path) -> None:
    """One answer of one ballot changed in a data directory: the verdict names the batch, and nothing else."""
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    opened = open_database(f"sqlite:///{data}/minhchung.db")
    with opened.begin() as connection:
        _other_answer(connection, BallotBox(opened))
    opened.close()
    (finding,) = examine(data).findings
    assert (finding.layer, finding.rule) == ("ballot", "ballot.other_batch")
    assert (finding.facts["group"], finding.facts["batch"]) == ("STAFF", 2)
    with reading(Settings(data)) as log_:
        assert finding.position is not None
        assert entry_at(log_, finding.position).statement.type == "BallotsRecorded.v1"


# --- the log says otherwise -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number", "fields", "rule"),
    [
        (SurveyWaveOpened, 0, {"tokens": "0" * 64}, "ballot.other_tokens"),
        (SurveyWaveOpened, 0, {"issued": 451}, "ballot.other_tokens"),
        (BallotsRecorded, 0, {"root": "0" * 64}, "ballot.other_batch"),
        (BallotsRecorded, 1, {"ballots": 222}, "ballot.other_batch"),
        (SurveyWaveClosed, 0, {"valid": 421}, "ballot.other_valid"),
    ],
)
def test_statement_about_a_wave_that_is_not_so_is_found(
    database: Database,
    standing: Standing,
    log: Log,
    kind: type[Any],
    number: int,
    fields: dict[str, object],
    rule: str,
) -> None:
    """Roots, numbers and totals that the box does not bear out are found where they were stated."""
    where = position(log, kind, "STAFF", number)
    assert found(database, standing, changed(log, where, **fields)) == [(where, rule)]


def test_batch_stated_but_not_kept_is_found(database: Database, standing: Standing, log: Log) -> None:
    """A batch that was only ever stated has no ballots to count."""
    more = stated(999, BallotsRecorded(group="STAFF", ballots=5, root="1" * 64))
    assert found(database, standing, [*log, more]) == [(999, "ballot.batch_missing")]


def _tallied(log: Log) -> Event:
    return next(e for e in log if isinstance(e.body, SurveyTallied) and len(e.body.counts) == 2)


def _one_moved(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    group = sorted(counts)[0]
    answers = counts[group]
    return {**counts, group: {**answers, "A": answers["A"] - 1, "D": answers.get("D", 0) + 1}}


def _one_group(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {group: counts[group] for group in sorted(counts)[1:]}


@pytest.mark.parametrize("forge", [_one_moved, _one_group])
def test_tally_that_does_not_recount_is_found(
    database: Database,
    standing: Standing,
    log: Log,
    forge: Callable[[dict[str, dict[str, int]]], dict[str, dict[str, int]]],
) -> None:
    """One answer moved to another mark, or a group left out, is found at the tally, with both counts."""
    event = _tallied(log)
    counts = {group: dict(answers) for group, answers in event.body.counts.items()}
    (finding,) = _found(database, standing, changed(log, event.position, counts=forge(counts)))
    assert (finding.layer, finding.position, finding.rule) == ("ballot", event.position, "ballot.other_tally")
    assert finding.facts["group"] == sorted(counts)[0]
    assert finding.facts["stated"] != finding.facts["counted"]


def test_withheld_answers_that_are_enough_are_found(database: Database, standing: Standing, log: Log) -> None:
    """A cell cannot be made to look as if too few had answered."""
    event = _tallied(log)
    rules = found(database, standing, changed(log, event.position, counts={}, withheld=4))
    assert rules == [(event.position, "ballot.other_tally")] * 2 + [(event.position, "ballot.other_withheld")]
