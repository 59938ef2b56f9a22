"""Every bad input is refused with its rule, in words and in the log's signed hand, and leaves no trace."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.settings import DATABASE_VARIABLE
from api.wording import Language, word
from audit.ledger.ballots import BallotBox
from audit.ledger.publisher import REFUSAL
from audit.ledger.submission import Accepted, Refused, Submission
from audit.ledger.tables import openings
from audit.proofs.entry import write_time
from audit.proofs.errors import AuditError, BallotRefused
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.note import open_note, vkey
from audit.proofs.statement import parse_envelope
from projections.queries import scores
from tests.bad_input import attesting, casting, doubt, erasing, order, process, rules, signing, spelling
from tests.bad_input.forging import Case, adjustment, evidence, note, quantities, score
from tests.traces import memory, register, tables
from tests.worlds import KEYS, OPEN, REGISTRARS, ZONE, World, begin, reopen

CASES = (
    *signing.SIGNATURES,
    *signing.KEYS_REFUSED,
    *doubt.KEYS_IN_DOUBT,
    *doubt.CERTIFICATES,
    *order.ELSEWHERE_CASES,
    *order.ORDER,
    *spelling.FIELDS,
    *spelling.BYTES,
    *spelling.TEXT,
    *rules.POINTS,
    *rules.TIME,
    *rules.EVIDENCE,
    *rules.PERSONS,
    *rules.DECISIONS,
    *rules.RESULTS,
    *process.OPINIONS,
    *process.MEETINGS,
    *process.DISPUTES,
    *erasing.ERASURE,
    *attesting.ATTESTATIONS,
)


@pytest.fixture(scope="module")
def shared() -> Iterator[list[World]]:
    """The copy of the log that bad input meets, one after the other: none leaves a trace."""
    copies: list[World] = []
    yield copies
    for copy in copies:
        copy.close()


@pytest.fixture
def unchanged(small_log: Path, shared: list[World], tmp_path: Path) -> Iterator[World]:
    """The shared copy; a new one after a test that did change it, so that it fails alone."""
    if not shared:
        shared.append(_copy(small_log, tmp_path))
    size = shared[0].size
    yield shared[0]
    if shared[0].size != size:
        shared.pop().close()


@pytest.fixture
def world(small_log: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of the log for one test."""
    copy = _copy(small_log, tmp_path)
    yield copy
    copy.close()


def _copy(small_log: Path, into: Path) -> World:
    shutil.copytree(small_log, into / "data")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        return reopen(into / "data")


def _traces(world: World) -> dict[str, Any]:
    """Everything that a submission could leave a trace in, but for the register of refusals."""
    found = tables(world)
    assert found.keys() >= {"stored_events", "head", "tiles", "checkpoints", "statement_ids", "openings"}
    assert all(found[name] for name in ("stored_events", "openings", "cell_scores", "ranks"))
    return {"tables": found, "memory": memory(world), "evidence": list(world.runtime.evidence.names())}


def _digest(submission: Submission) -> str:
    """What the sender can compute, too: over the payload, or over what was sent where there is none."""
    try:
        return hashlib.sha256(parse_envelope(submission.envelope).payload).hexdigest()
    except AuditError:
        return hashlib.sha256(submission.envelope).hexdigest()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_bad_input_is_refused_and_leaves_no_trace(case: Case, unchanged: World) -> None:
    """It is refused with its rule, in two languages and a signed line of the register, and nothing else."""
    submission = case.forge(unchanged)
    before, refused_before = _traces(unchanged), register(unchanged)

    (outcome,) = unchanged.submit(submission)

    assert isinstance(outcome, Refused), f"admitted at {outcome.position}"
    assert outcome.refusal.rule == case.rule, outcome.refusal
    assert outcome.refusal.facts.items() >= (case.facts or {}).items()
    assert _traces(unchanged) == before
    at, digest = write_time(unchanged.clock()), _digest(submission)
    assert register(unchanged) == [*refused_before, (at, case.rule, digest, outcome.line)]
    signed = open_note(outcome.line, [vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key)])
    told = {name: str(fact) for name, fact in outcome.refusal.facts.items()}
    *head, facts = signed.text.decode().removesuffix("\n").split("\n")
    assert head == [REFUSAL, DEMO_ORIGIN, at, case.rule, digest]
    assert json.loads(facts) == told
    vietnamese, english = (word(case.rule, outcome.refusal.facts, language) for language in Language)
    assert vietnamese.what
    assert vietnamese.todo
    assert english.what not in ("", vietnamese.what)
    assert english.todo not in ("", vietnamese.todo)


@pytest.mark.parametrize("ballot", casting.BALLOTS, ids=lambda ballot: ballot.sentence)
def test_bad_ballot_is_refused_and_leaves_no_trace(ballot: casting.BadBallot, world: World) -> None:
    """It is refused with its rule and words, a good one is taken after it, and nothing else has changed."""
    box = BallotBox(world.runtime.log.database)
    tokens = casting.prepared(box)
    before, refused_before = _traces(world), register(world)

    with pytest.raises(BallotRefused) as caught:
        ballot.cast(box, tokens)

    assert caught.value.rule == ballot.rule
    assert (_traces(world), register(world)) == (before, refused_before)
    vietnamese, english = (word(ballot.rule, caught.value.facts, language) for language in Language)
    assert all((vietnamese.what, vietnamese.todo, english.what, english.todo))
    assert english.what != vietnamese.what
    box.cast(OPEN, casting.GROUP, tokens["fresh"], {casting.QUESTION: "B"})


def test_what_it_is_forged_from_is_admitted(world: World) -> None:
    """Nothing is wrong with the statements of the table but what is done to them."""
    goods = (score, evidence, adjustment, process.opened, process.vote, process.filed, attesting.confirmed)
    for good in (*goods, partial(note, inspector="nhs-4")):
        (outcome,) = world.submit(good(world))
        assert isinstance(outcome, Accepted), outcome
    (outcome,) = world.submit(quantities(world, completed_tasks="3", planned_tasks="4"))
    assert isinstance(outcome, Accepted), outcome
    assert register(world) == []


def test_same_statement_again_gets_the_same_receipt(world: World) -> None:
    """A replay of what is in the log is answered with its position, and neither recorded nor refused."""
    statement = evidence(world)
    (first,) = world.submit(statement)
    assert isinstance(first, Accepted)
    before = _traces(world)
    for again in (statement, replace(statement, arrived_at=world.clock())):
        assert world.submit(again) == [replace(first, repeated=True)]
    assert _traces(world) == before
    assert register(world) == []


def test_replay_into_another_log_is_refused(world: World, tmp_path: Path) -> None:
    """What one log admitted is turned away by another, whose origin is another."""
    (first,) = world.submit(statement := score(world))
    assert isinstance(first, Accepted)
    keys = {actor: SigningKey.generate() for actor in (LOG_ACTOR, *REGISTRARS)}
    elsewhere = begin(tmp_path / "elsewhere", "minhchung.example/another-log", keys)
    (outcome,) = elsewhere.submit(statement)
    assert isinstance(outcome, Refused)
    assert outcome.refusal.rule == "log.other"
    assert elsewhere.size == 1
    elsewhere.close()


def test_late_act_under_a_soft_deadline_is_admitted_and_flagged(world: World) -> None:
    """After a soft deadline a score counts and is flagged late, by the arrival of its first byte."""
    arrived = {
        "A1.5": datetime(2017, 1, 31, 23, 59, 59, tzinfo=ZONE),
        "A1.7": datetime(2017, 2, 1, tzinfo=ZONE),
    }
    for criterion, at in arrived.items():
        (outcome,) = world.submit(replace(score(world, criterion=criterion), arrived_at=at))
        assert isinstance(outcome, Accepted), outcome
    with world.runtime.log.database.read() as connection:
        cells = {row.criterion: row for row in scores(connection, OPEN, "STC", world.size)}
    assert (cells["A1.5"].points, cells["A1.5"].flags) == (Fraction(1, 2), ())
    assert (cells["A1.7"].points, cells["A1.7"].flags) == (Fraction(1, 2), ("LATE",))


def test_line_feeds_are_fine_in_openings(world: World) -> None:
    """Words may have several lines; they are kept as they are."""
    words = "Báo cáo năm 2016\nPhụ lục kèm theo"
    (outcome,) = world.submit(evidence(world, title=words))
    assert isinstance(outcome, Accepted), outcome
    query = select(openings.c.value).where(openings.c.statement_id == outcome.statement_id)
    with world.runtime.log.database.read() as connection:
        assert connection.execute(query).scalar_one() == words
