"""Two processes on one PostgreSQL take turns at the head and follow each other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from api.settings import Settings
from audit.ledger.submission import Accepted, Outcome
from audit.proofs.keys import demo_signing_key
from projections.scoreboard import Scoreboard
from tests.audit.ledger.callers import in_short, registering
from tests.furnished import HARD, furnish
from tests.traces import check_whole, memory
from tests.worlds import FOUNDED, World, a_file, enrolment, found, regulation, reopen

on_postgres = pytest.mark.parametrize(
    "settings", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def other(world: World, settings: Settings) -> Iterator[World]:
    """The same log opened by another runtime, whose clock is behind."""
    other = reopen(settings.data)
    other.clock.set(world.clock() - timedelta(hours=1))
    yield other
    other.close()


@on_postgres
def test_processes_follow_each_other(world: World, other: World) -> None:
    """What one admitted, the other builds on: registry, offices, keys, counters, retries."""
    key = demo_signing_key(900)
    (first,) = world.submit(statement := registering(world, "A"))
    assert isinstance(first, Accepted)
    assert other.submit(statement) == [replace(first, repeated=True)]
    body = {"officer": "new-1", "home": "A"}
    assert other.state("OfficerRegistered", "dk-2", body=body, texts={"name": "Người thử"}) == 2
    desk = world.desk(keys={"new-1": key})
    drafts = [
        world.draft("KeyEnrolled", "new-1", "dk-1", "dk-2", body=enrolment("new-1", key)),
        world.draft("RoleGranted", "dk-1", body={"officer": "new-1", "role": "APPROVING_AUTHORITY"}),
    ]
    assert in_short(world.submit(*(desk.sign(draft) for draft in drafts))) == [3, 4]
    issued = world.draft("RegulationIssued", "new-1", body=regulation(), files=[a_file("Quy định")])
    assert in_short(other.submit(other.desk(keys={"new-1": key}).sign(issued))) == [5]
    assert in_short(world.submit(desk.sign(issued))) == ["counter.stale"]
    for runtime in (world, other):
        runtime.intake.catch_up()
        assert len(check_whole(runtime)) == runtime.intake.size == 6
    mine, theirs = memory(world), memory(other)
    assert [mine[part] == theirs[part] for part in ("head", "standing", "keys", "counters")] == [True] * 4


@on_postgres
def test_processes_interleave_without_gaps(world: World, other: World) -> None:
    """Two processes that write at once take turns at the head: every position once, times in order."""

    def register_many(process: World, registrar: str) -> list[Outcome]:
        codes = [f"{registrar[-1]}x{n}" for n in range(15)]
        return [
            outcome for code in codes for outcome in process.submit(registering(process, code, registrar))
        ]

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(register_many, (world, other), ("dk-1", "dk-2")))
    positions = [rule for outcomes in told for rule in in_short(outcomes)]
    assert set(positions) == set(range(1, 31))
    assert len(check_whole(world)) == 31


@on_postgres
def test_processes_show_the_same_scores(settings: Settings) -> None:
    """A round opened by one process, declared in by the other: both go on, and show what the log says."""
    world = found(settings.data)
    other = reopen(settings.data)
    furnish(world)
    score = {"round": HARD, "agency": "STC", "criterion": "A1.5"}
    for runtime, points in ((other, "0.5"), (world, "1")):
        runtime.intake.catch_up()
        declared = runtime.sign("SelfScoreDeclared", "stc-2", **score, body={"points": points})
        early = replace(declared, arrived_at=FOUNDED)
        assert in_short(runtime.submit(early)) == [world.size - 1]
    refolded = Scoreboard()
    refolded.replay(recorded.event for recorded in check_whole(world) if recorded.event)
    other.intake.catch_up()
    assert world.runtime.board.cards == other.runtime.board.cards == refolded.cards
    for runtime in (world, other):
        runtime.close()
