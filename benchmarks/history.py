"""Other moments and other decisions: what-if, pivotal decisions, a block's ranking at an earlier size.

Each question is asked cold: nothing of it was read before, and everything that it reads is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection

from api.answers import trace
from api.following import bring_up
from api.runtime import Log, reading
from api.search import Question, answer
from api.settings import Settings
from api.shares import what_if
from api.synth import build_synth
from api.synth_script import OFFICES, STAFF, Shape
from benchmarks.measure import Line, unlimited, within
from domain.criteria import Block
from domain.events import Event
from projections import queries
from projections.pivotal import DECISIONS, each_without, pivotal
from projections.shares import SHARE

ROUND = "2016"
ROUNDS = 9
PIVOTAL = 5
AS_OF = 0.02
LONGER = 25
FLAT = 1.3
"""So much longer an answer may take, however much longer the log is."""


def questions(demo: Path) -> Iterator[Line]:
    """Ask the demo: all pivotal decisions, one what-if, one block as of the middle of the log."""
    bring_up(Settings(demo))
    with reading(Settings(demo)) as log, log.database.read() as connection:

        def all_pivotal() -> None:
            assert pivotal(each_without(what_if(connection, ROUND, log.size)))

        yield within("all pivotal decisions of the demo", _median(all_pivotal, 3), PIVOTAL)
        yield from _asked(log, connection, ROUND, 0.1)
        yield from _searched(log, connection)


def larger_round(folder: Path, agencies: int, criteria: int, limit: float) -> Iterator[Line]:
    """Ask one whole made-up round, with the history of its scores."""
    data = folder / f"synth-{agencies}-{criteria}"
    if not data.exists():
        signers = OFFICES + STAFF * agencies
        build_synth(Settings(data), Shape(agencies, criteria, signers, events=0, seed=1))
        bring_up(Settings(data))
    with reading(Settings(data)) as log, log.database.read() as connection:
        (code, *_) = queries.rounds(connection, log.size)
        yield from _asked(log, connection, code, limit)


def longer_log(folder: Path, sizes: tuple[int, int]) -> Iterator[Line]:
    """Ask a shorter and a longer log of the same few agencies, over many rounds, the same questions."""
    taken: dict[str, list[float]] = {}
    for events in sizes:
        data = folder / f"synth-rounds-{events}"
        if not data.exists():
            build_synth(Settings(data), Shape(10, 20, OFFICES + STAFF * 10, events=events, seed=1))
            bring_up(Settings(data))
        with reading(Settings(data)) as log, log.database.read() as connection:
            code = queries.rounds(connection, log.size)[-1]
            for what, once in _reads(log, connection, code, log.size * 3 // 4):
                taken.setdefault(what, []).append(_median(once, LONGER))
    for what, (shorter, longer) in taken.items():
        yield Line(
            f"{what}, {sizes[1]:,} events",
            f"{longer * 1000:.3g} ms",
            f"{sizes[0]:,} events: {shorter * 1000:.3g} ms",
            f"{longer / shorter:.2f}, at most {FLAT}",
            longer <= FLAT * shorter,
        )


def _reads(
    log: Log, connection: Connection, code: str, size: int
) -> Iterator[tuple[str, Callable[[], object]]]:
    (first, *_) = queries.ranking(connection, code, size)
    (cell, *_) = queries.scores(connection, code, first.agency, size)
    block = first.block
    yield "ranking of a block as of an earlier size", lambda: queries.ranking(connection, code, size, block)
    yield "trace of one cell", lambda: trace(log, connection, code, first.agency, cell.criterion, size)


def _asked(log: Log, connection: Connection, code: str, limit: float) -> Iterator[Line]:
    chosen = _chosen(log, connection, code)

    def without() -> None:
        assert what_if(connection, code, log.size).suppose([chosen]).refolded == (chosen.agency,)

    size = log.size * 3 // 4

    def as_of() -> None:
        assert queries.ranking(connection, code, size, Block.DEPARTMENT)

    def traced() -> None:
        assert trace(log, connection, code, chosen.agency or "", chosen.criterion, log.size)["events"]

    yield within(f"what-if in a log of {log.size:,} events", _median(without), limit, milliseconds=True)
    yield within("  ranking of a block as of an earlier size", _median(as_of), AS_OF, milliseconds=True)
    yield within("  trace of one cell", _median(traced), AS_OF, milliseconds=True)


def _searched(log: Log, connection: Connection) -> Iterator[Line]:
    """Search all of a log for words that are often there, and for some that never are together."""
    for what, words in (("a page of what is found", "giai trinh"), ("what nobody said", "giai trinh zzz")):

        def search(words: str = words) -> None:
            answer(log, connection, Question(words=words), log.size)

        yield unlimited(f"  search for {what}", _median(search), milliseconds=True)


def _chosen(log: Log, connection: Connection, code: str) -> Event:
    """Return a decision, or where there is none the newest event that moves a score."""
    asked = what_if(connection, code, log.size)
    agency = next(iter(asked.round.agencies))
    events = [e for e in asked.shares.about(agency) if isinstance(e.body, SHARE)]
    return next((e for e in events if isinstance(e.body, DECISIONS)), events[-1])


def _median(once: Callable[[], object], rounds: int = ROUNDS) -> float:
    taken = []
    for _ in range(rounds):
        started = perf_counter()
        once()
        taken.append(perf_counter() - started)
    return median(taken)
