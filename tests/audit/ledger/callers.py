"""How callers meet at the log in tests: one commit is held while others queue behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event as Signal
from time import monotonic, sleep

from sqlalchemy import Connection, select

from api.signing import Desk
from audit.ledger.intake import Intake
from audit.ledger.publisher import Publisher
from audit.ledger.seams import Inline
from audit.ledger.submission import Accepted, Outcome, Submission
from audit.ledger.tables import checkpoints
from audit.proofs.keyring import LOG_ACTOR
from domain.events import Event
from tests.worlds import World, agency


def registering(world: World, code: str, by: str = "dk-1", desk: Desk | None = None) -> Submission:
    """Let a registrar sign that an agency is registered."""
    return (desk or world.desk()).sign(world.draft("AgencyRegistered", by, body=agency(code)))


def in_short(outcomes: Sequence[Outcome]) -> list[object]:
    """Return the position of what was accepted, and the rule of what was refused."""
    return [o.position if isinstance(o, Accepted) else o.refusal.rule for o in outcomes]


def joined(world: World, inline: Inline) -> World:
    """Open the same log with something else written inline than the scoreboard."""
    publisher = Publisher(world.origin, world.keys[LOG_ACTOR])
    runtime = world.runtime
    intake = Intake(runtime.log.recorder, publisher, runtime.evidence, world.clock, inline=inline)
    intake.catch_up()
    return replace(world, runtime=replace(runtime, intake=intake))


def nothing() -> None:
    """Do nothing."""


Join = Callable[..., Future[list[Outcome]]]


class Gate:
    """Holds the first commit until it is let go; goes over the others with what it is given."""

    def __init__(self, then: Callable[[Sequence[Event]], None] = lambda _events: None) -> None:
        self.entered, self.go = Signal(), Signal()
        self._then = then

    def __call__(self, _connection: Connection, events: Sequence[Event]) -> Callable[[], None]:
        if not self.entered.is_set():
            self.entered.set()
            assert self.go.wait(30)
        self._then(events)
        return nothing


@contextmanager
def held(world: World, gate: Gate, first: Submission) -> Iterator[Join]:
    """Hold the commit of the first statement while others queue behind it, one after the other."""
    waiting = world.intake._waiting
    with ThreadPoolExecutor(8) as pool:
        told = pool.submit(world.submit, first)
        assert gate.entered.wait(30)

        def join(*submissions: Submission, together: bool = False) -> Future[list[Outcome]]:
            queued, since = len(waiting) + 1, monotonic()
            answer = pool.submit(world.submit, *submissions, together=together)
            while len(waiting) < queued and monotonic() < since + 30:
                sleep(0.001)
            assert len(waiting) == queued
            return answer

        yield join
        gate.go.set()
        assert in_short(told.result()) == [1]


def checkpoint_sizes(world: World) -> list[int]:
    """Return the sizes that the log signed for."""
    with world.runtime.log.database.read() as connection:
        return list(connection.execute(select(checkpoints.c.size).order_by(checkpoints.c.size)).scalars())
