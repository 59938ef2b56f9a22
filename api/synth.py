"""`minhchung synth`: a lawful signed log of any size, made for tests and measurements and nothing else.

Other processes sign ahead; here every statement goes through the intake, in order, like anybody's. Only
its signatures are not checked on the way in: they were made a moment ago (docs/decisions/0016).
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from multiprocessing import get_context

from api.clock import ScriptedClock
from api.demo import Progress
from api.errors import LogInTheWay, SynthRefused
from api.log_key import keep_key
from api.runtime import Runtime, open_runtime
from api.settings import Settings
from api.signing import Desk, Draft
from api.synth_script import DOCUMENT, Shape, script
from audit.ledger.intake import Intake
from audit.ledger.submission import Accepted, Submission
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import PublicKey

LAG = 4
"""Everybody has seen the checkpoint of so many batches ago: nobody waits for the newest one to sign."""
ALONE_UP_TO = 4000
"""A smaller log is signed before another process would have started."""

Seen = tuple[int, str] | None
Awaited = Callable[[], list[Submission]]
Sign = Callable[[int, Seen], Awaited]


def build_synth(
    settings: Settings, shape: Shape, progress: Progress | None = None, *, history: bool = True
) -> int:
    """Build a log in a data directory that is not there yet; return its size. Raises LogInTheWay.

    Without `history`, the tables of scores and ranks have what holds at the end, and nothing of how it came.
    """
    if settings.data.exists() and any(settings.data.iterdir()):
        raise LogInTheWay(str(settings.data))
    building = settings.data.with_name(f"{settings.data.resolve().name}.building")
    shutil.rmtree(building, ignore_errors=True)
    size = fill(Settings(building, beside_data=True), shape, progress, history=history)
    if settings.data.exists():
        settings.data.rmdir()
    building.replace(settings.data)
    return size


def fill(settings: Settings, shape: Shape, progress: Progress | None = None, *, history: bool = True) -> int:
    """Build a log where there is none yet, on either database, in place; return its size."""
    log_key = shape.keys[LOG_ACTOR]
    keep_key(settings, log_key)
    clock = ScriptedClock(next(script(shape)).occurred_at)
    runtime = open_runtime(
        settings,
        origin=shape.origin,
        log_key=log_key,
        clock=clock,
        entropy=shape.entropy,
        check=signed_a_moment_ago,
        shown=history,
    )
    try:
        runtime.evidence.put(DOCUMENT)
        for submissions in batches(shape, lambda: runtime.intake.checkpoint):
            clock.set(max(s.arrived_at for s in submissions if s.arrived_at is not None))
            _submit(runtime.intake, submissions)
            if progress is not None:
                progress(runtime.intake.size, shape.size)
        if not history:
            _show(runtime)
        return runtime.intake.size
    finally:
        runtime.log.database.close()


def _show(runtime: Runtime) -> None:
    """Write scores and ranks as they are at the end."""
    runtime.board.adopt(runtime.intake.standing)
    with runtime.log.database.begin() as connection:
        runtime.board.write(connection, runtime.intake.size - 1)


def signed_a_moment_ago(_key: PublicKey, _signature: bytes, _data: bytes) -> None:
    """Believe a signature: for what this program has just signed itself, and nothing else."""


def _submit(intake: Intake, submissions: Sequence[Submission]) -> None:
    for outcome in intake.submit(submissions):
        if not isinstance(outcome, Accepted):
            raise SynthRefused(outcome.refusal.rule, str(dict(outcome.refusal.facts)))


def batches(shape: Shape, newest: Callable[[], Seen]) -> Iterator[list[Submission]]:
    """Have the script signed batch by batch, ahead of who commits; `newest` is the checkpoint of the last."""
    total, asked = 1 + -(-(shape.size - 1) // shape.batch), 0
    heads: list[Seen] = [None]
    ahead: deque[Awaited] = deque()
    with _signers(shape) as sign:
        for _ in range(total):
            while asked < total and _seen_by(asked) < len(heads):
                ahead.append(sign(asked, heads[_seen_by(asked)]))
                asked += 1
            yield ahead.popleft()()
            heads.append(newest())


def _seen_by(batch: int) -> int:
    """Return after how many batches came the checkpoint that is seen in this one."""
    return max(1, batch - LAG) if batch else 0


def _cut(drafts: Iterator[Draft], size: int) -> Iterator[list[Draft]]:
    """Cut into batches; genesis goes alone, so that there is something to have seen after it."""
    yield list(islice(drafts, 1))
    while batch := list(islice(drafts, size)):
        yield batch


# --- those who sign -------------------------------------------------------------------------------------


@contextmanager
def _signers(shape: Shape) -> Iterator[Sign]:
    """Start processes that sign; a small log is signed here."""
    if shape.size <= ALONE_UP_TO:
        alone = _Signer(shape)
        yield lambda batch, seen: partial(alone.sign, batch, seen)
        return
    # Each makes the keys by itself: private keys are not handed on.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _begin, (replace(shape),)) as pool:
        yield lambda batch, seen: pool.submit(_sign, batch, seen).result


class _Signer:
    """One process: it follows the whole script, and signs the batches that it is asked for."""

    def __init__(self, shape: Shape) -> None:
        self._desk = Desk(shape.origin, shape.keys, shape.entropy)
        self._batches = enumerate(_cut(script(shape), shape.batch))

    def sign(self, wanted: int, seen: Seen) -> list[Submission]:
        for number, drafts in self._batches:
            if number == wanted:
                self._desk.seen = seen
                return [self._desk.sign(draft) for draft in drafts]
            for draft in drafts:
                self._desk.pass_over(draft)
        raise ValueError(f"batch {wanted} was signed before, or is not in the script")


_signer: list[_Signer] = []
"""The one of this process."""


def _begin(shape: Shape) -> None:
    _signer[:] = [_Signer(shape)]


def _sign(batch: int, seen: Seen) -> list[Submission]:
    return _signer[0].sign(batch, seen)
