"""When something fails: nothing half done is left, nothing acknowledged is lost, nobody waits for ever."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from api.settings import Settings
from audit.ledger.errors import LogStopped
from audit.ledger.submission import Accepted, Submission
from audit.proofs.entry import read_time
from domain.events import Event
from domain.stated.registry import AgencyRegistered
from tests.audit.ledger.callers import Gate, held, in_short, joined, nothing, registering
from tests.conftest import ROOT
from tests.furnished import furnish
from tests.traces import check_whole, memory, register, tables
from tests.worlds import World, found, reopen


class Unforeseen(Exception):
    """What a fault of the program raises."""


def _stumble(events: Sequence[Event]) -> None:
    for event in events:
        if isinstance(event.body, AgencyRegistered) and event.body.code == "BREAKS":
            raise Unforeseen


def test_what_nobody_foresaw_fails_only_its_caller(world: World) -> None:
    """Of several callers in one commit, the one whose statement breaks the program fails alone."""
    gated = joined(world, gate := Gate(_stumble))
    desk = gated.desk()
    with held(gated, gate, registering(gated, "FIRST", desk=desk)) as join:
        fine = join(registering(gated, "FINE", "dk-2", desk))
        broken = join(registering(gated, "BREAKS", desk=desk))
    assert in_short(fine.result()) == [2]
    with pytest.raises(LogStopped, match="no trace") as failed:
        broken.result()
    assert isinstance(failed.value.__cause__, Unforeseen)
    assert in_short(gated.submit(registering(gated, "AFTER"))) == [3]
    check_whole(gated)


# --- when something fails -------------------------------------------------------------------------------


def _bad_query(connection: Connection) -> None:
    connection.execute(text("SELECT * FROM nowhere"))


def _unsettled(connection: Connection) -> None:
    """Violate a constraint that the database looks at when it commits."""
    connection.execute(text("INSERT INTO child VALUES (1)"))


def _fault(_connection: Connection) -> None:
    raise Unforeseen


def _full(_connection: Connection) -> None:
    raise OSError(28, "No space left on device")


FAILURES: dict[str, tuple[Callable[[Connection], None], bool]] = {
    "the program": (_fault, False),
    "the database in the middle": (_bad_query, True),
    "the database when it commits": (_unsettled, True),
    "the disk": (_full, True),
}
"""What fails, and whether nobody can know then what the database holds."""


@pytest.mark.parametrize("failing", FAILURES)
def test_failed_batch_leaves_tables_and_memory_as_they_were(
    world: World, settings: Settings, failing: str
) -> None:
    """Everything is rolled back. After an error of storage nothing is acknowledged until a restart."""
    fail, stops = FAILURES[failing]
    with world.runtime.log.database.begin() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        connection.execute(
            text("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
        )
    broken: list[bool] = []

    def inline(connection: Connection, _events: Sequence[Event]) -> Callable[[], None]:
        if not broken:
            broken.append(True)
            fail(connection)
        return nothing

    failing_world = joined(world, inline)
    before = (tables(world), memory(failing_world), register(world))
    statement, refused = registering(failing_world, "A"), Submission(b"{}")
    with pytest.raises(LogStopped, match="restart" if stops else "no trace"):
        failing_world.submit(statement, refused)
    assert (tables(world), memory(failing_world), register(world)) == before
    if stops:
        with pytest.raises(LogStopped, match="restart"):
            failing_world.submit(registering(failing_world, "B", "dk-2"))
        assert (tables(world), memory(failing_world), register(world)) == before
        failing_world.close()
        failing_world = reopen(settings.data)
    assert in_short(failing_world.submit(statement)) == [1]
    check_whole(failing_world)
    failing_world.close()


def test_failure_after_the_commit_stops_the_log_and_loses_nothing(world: World, settings: Settings) -> None:
    """Where memory could not follow what is on disk, nothing more goes in; a restart finds it."""

    def inline(_connection: Connection, _events: Sequence[Event]) -> Callable[[], None]:
        return lambda: _fault(_connection)

    failing = joined(world, inline)
    statement = registering(failing, "A")
    with pytest.raises(LogStopped, match="restart"):
        failing.submit(statement)
    with pytest.raises(LogStopped, match="restart"):
        failing.submit(registering(failing, "B", "dk-2"))
    failing.close()
    reopened = reopen(settings.data)
    (again,) = reopened.submit(statement)
    assert isinstance(again, Accepted)
    assert (again.position, again.repeated) == (1, True)
    assert len(check_whole(reopened)) == 2
    reopened.close()


def test_interrupted_commit_leaves_nobody_waiting(world: World) -> None:
    """An interrupt in one caller's thread reaches those it was committing for, too."""

    def interrupt(_events: Sequence[Event]) -> None:
        if len(_events) == 2:
            raise KeyboardInterrupt

    gated = joined(world, gate := Gate(interrupt))
    desk = gated.desk()
    with held(gated, gate, registering(gated, "FIRST", desk=desk)) as join:
        told = [join(registering(gated, "A", desk=desk)), join(registering(gated, "B", desk=desk))]
    ended = sorted(type(answer.exception(timeout=30)).__name__ for answer in told)
    assert ended == ["KeyboardInterrupt", "LogStopped"]
    assert len(check_whole(world)) == 2


# --- after a restart ------------------------------------------------------------------------------------


def test_restart_finds_the_same_standing_and_keys(settings: Settings) -> None:
    """What an intake holds after following the log is what it held when it wrote it."""
    world = furnish(found(settings.data))
    before = memory(world)
    world.close()
    reopened = reopen(settings.data)
    assert memory(reopened) == before
    assert in_short(reopened.submit(registering(reopened, "A"))) == [world.intake.size]
    reopened.close()


def test_times_of_admission_never_run_back(world: World, settings: Settings) -> None:
    """Where the clock is set back, entries keep the last time; what came is never later than admitted."""
    start = world.clock()
    for hours, by in ((5, "dk-1"), (-9, "dk-2"), (2, "dk-1"), (7, "dk-2")):
        world.clock.set(start + timedelta(hours=hours))
        world.submit(registering(world, f"A{hours % 24}", by))
    ahead = replace(registering(world, "B"), arrived_at=start + timedelta(days=9))
    world.submit(ahead)
    received = [read_time(r.entry.received_at) for r in check_whole(world)]
    assert received == [start] + [start + timedelta(hours=h) for h in (5, 5, 5, 7, 7)]
    world.close()
    reopened = reopen(settings.data)
    reopened.clock.set(start)
    assert in_short(reopened.submit(registering(reopened, "C"))) == [6]
    check_whole(reopened)
    reopened.close()


SCRIPT = """
import base64, sys
from pathlib import Path
from threading import Lock, Thread
from tests.worlds import agency, reopen

world, turn = reopen(Path(sys.argv[1])), Lock()

def say(*words):
    with turn:
        print(*words, flush=True)

def register(registrar):
    for number in range(100_000):
        code = f"{registrar[-1]}x{number}"
        statement = world.sign("AgencyRegistered", registrar, body=agency(code))
        say("sent", code, base64.b64encode(statement.envelope).decode())
        (outcome,) = world.submit(statement)
        say("kept", code, outcome.position)

for registrar in ("dk-1", "dk-2"):
    Thread(target=register, args=(registrar,)).start()
"""


def test_killed_process_loses_nothing_it_acknowledged(world: World, settings: Settings) -> None:
    """After SIGKILL every acknowledged statement is at its position, and retries go in exactly once."""
    world.close()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(settings.data)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    sent: dict[str, Submission] = {}
    kept: dict[str, int] = {}
    for line in process.stdout:
        if not line.endswith("\n"):
            break  # cut off by the kill
        kind, code, told = line.split()
        if kind == "sent":
            sent[code] = Submission(base64.b64decode(told))
        else:
            kept[code] = int(told)
        if len(kept) == 50:
            process.kill()
    assert process.wait() == -signal.SIGKILL
    reopened = reopen(settings.data)
    with reopened.runtime.log.database.begin() as connection:
        reopened.runtime.log.recorder.lock_head(connection)  # a server ends what the dead process began
    at = {r.statement.body["code"]: r.position for r in check_whole(reopened)[1:]}
    assert len(kept) >= 50
    assert kept.items() <= at.items()
    assert at.keys() <= sent.keys()
    for _ in range(2):
        for code, statement in sent.items():
            (outcome,) = reopened.submit(statement)
            assert isinstance(outcome, Accepted), outcome
            assert outcome.repeated == (code in at)
            assert at.setdefault(code, outcome.position) == outcome.position
    assert len(check_whole(reopened)) == 1 + len(sent)
    reopened.close()
