"""States: what is read of any size of a log is what a fold of it up to there comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from domain.dossiers import Act, Activity, Cell, Dispute, Motion, Opinion, Opinions
from domain.events import Event
from domain.standing import Standing
from domain.stated.choices import Choice, Ground, Matter, Outcome, Path, Quality, ReasonCategory
from domain.stated.disputes import DisputeDecided
from projections.differences import differences
from projections.scoreboard import Scoreboard
from projections.state_values import read, written
from projections.states import KINDS, lay
from projections.tables import OPEN, create_tables, states
from tests.domain.specification import ROUND, fold
from tests.domain.whole_round import whole_round

EVENTS = whole_round().events
OPENED = next(e.position for e in EVENTS if e.kind.name == "RoundOpened.v1")
LAST = EVENTS[-1].position


@pytest.fixture
def connection() -> Iterator[Connection]:
    """Empty read tables."""
    engine = create_engine("sqlite://")
    with engine.begin() as opened:
        create_tables(opened)
        yield opened
    engine.dispose()


def written_in(connection: Connection, batches: Sequence[Sequence[Event]]) -> Scoreboard:
    """Write events batch by batch, as they were committed."""
    board = Scoreboard()
    for batch in batches:
        board.inline(connection, batch)()
    return board


def cut(places: Sequence[int]) -> list[Sequence[Event]]:
    """Cut the log into batches."""
    edges = [0, *sorted(set(places)), len(EVENTS)]
    return [EVENTS[a:b] for a, b in pairwise(edges) if a < b]


def kept(standing: Standing, kind: str) -> dict[Any, Any]:
    """Return what is kept of the values of a kind, by key."""
    its = KINDS[kind]
    values = getattr(standing, its.table)
    return values if its.kept is None else {k: attrgetter(*its.kept)(v) for k, v in values.items()}


def read_at(connection: Connection, size: int) -> Standing:
    """Lay the rows over a standing that knows the round as its own stream tells it."""
    standing = fold([e for e in EVENTS if e.position < size and e.stream in (ROUND, "registry")])
    lay(standing, connection, ROUND, size)
    return standing


@settings(max_examples=25, deadline=None)
@drawn(
    places=st.lists(st.integers(0, len(EVENTS)), max_size=12),
    size=st.integers(OPENED + 1, LAST + 1),
)
def test_what_is_read_of_any_size_is_what_was_folded(places: list[int], size: int) -> None:
    """Wherever the log was cut into batches, at every size."""
    engine = create_engine("sqlite://")
    with engine.begin() as opened:
        create_tables(opened)
        written_in(opened, cut(places))
        found, folded = read_at(opened, size), fold([e for e in EVENTS if e.position < size])
    engine.dispose()
    for kind in KINDS:
        assert kept(found, kind) == kept(folded, kind)
    declared = {key: dossier.declared for key, dossier in found.dossiers.items() if dossier.declared}
    assert declared == {k: d.declared for k, d in folded.dossiers.items() if d.declared}


def test_every_kind_of_subject_is_in_the_whole_round(connection: Connection) -> None:
    """The property above looks at all of them."""
    written_in(connection, [EVENTS])
    assert {*connection.execute(select(states.c.kind)).scalars()} == {*KINDS}


def test_rows_follow_each_other_without_a_gap(connection: Connection) -> None:
    """Of each subject one row ends where the next begins, and the last one is open."""
    written_in(connection, cut(range(0, len(EVENTS), 7)))
    c = states.c
    rows = connection.execute(select(states).order_by(c.round, c.kind, c.subject, c.valid_from)).all()
    for row, following in pairwise(rows):
        same = row[:3] == following[:3]
        assert row.valid_until == (following.valid_from if same else OPEN)
        assert not same or row.state != following.state


def test_what_was_written_at_once_is_what_holds(connection: Connection) -> None:
    """A log whose history nobody kept shows what stands at its end."""
    board = Scoreboard()
    board.replay(EVENTS)
    board.write(connection, LAST)
    found = read_at(connection, LAST + 1)
    assert kept(found, "cell") == kept(fold(EVENTS), "cell")


def test_batch_that_was_rolled_back_leaves_nothing(connection: Connection) -> None:
    """What was not settled is not in memory: the same events come again."""
    board = Scoreboard()
    half = len(EVENTS) // 2
    board.inline(connection, EVENTS[:half])()
    with connection.begin_nested() as point:
        board.inline(connection, EVENTS[half:])
        point.rollback()
    board.inline(connection, EVENTS[half:])()
    assert [*differences(connection, board)] == []


def test_row_altered_by_hand_is_named(connection: Connection) -> None:
    """The rows that hold are compared with the fold, one by one."""
    board = written_in(connection, [EVENTS])
    decided = next(e for e in EVENTS if isinstance(e.body, DisputeDecided))
    its = (states.c.kind == "dispute") & (states.c.subject == decided.matter)
    state = connection.execute(select(states.c.state).where(its, states.c.valid_until == OPEN)).scalar_one()
    forged = state.replace('"outcome"', '"other"')
    connection.execute(states.update().where(its, states.c.valid_until == OPEN).values(state=forged))
    (found,) = differences(connection, board)
    assert (found.table, found.subject, found.shown) == (
        "states",
        f"{ROUND}/dispute/{decided.matter}",
        forged,
    )


AT = datetime(2017, 2, 10, 7, 30, 0, 1, tzinfo=timezone(timedelta(hours=7)))


@pytest.mark.parametrize(
    "value",
    [
        Cell(),
        Cell(declared=Act(3, AT, Fraction(1, 3)), verified=Act(4, AT, quantities={"a": Fraction(7, 2)})),
        Cell(verified=Act(5, AT, Fraction(2), quality=Quality.INCORRECT), shortcomings=("UNTIMELY",)),
        Cell(
            opinions=Opinions(
                requested=7,
                due=AT,
                sealed={"hd-1": (8, "ab" * 32)},
                opened={"hd-1": Opinion(9, Fraction(0), ReasonCategory.EQUAL_TREATMENT)},
            )
        ),
        Cell(
            motion=Motion(
                position=9,
                meeting="meeting-1",
                matter=Matter.BONUS,
                category=ReasonCategory.COUNCIL_JUDGED,
                by="hd-1",
                points=Fraction(1, 2),
                votes={"hd-2": Choice.AGAINST, "hd-1": Choice.FOR},
                dissents=frozenset({"hd-2"}),
            )
        ),
        Activity(4, AT),
        Dispute(
            name="dispute-1",
            agency="SNV",
            criterion="A1.2",
            path=Path.REVIEW_REQUEST,
            ground=Ground.PROCEDURE,
            version=1,
            claimed=None,
            by="snv-1",
            filed=1,
            filed_at=AT.astimezone(UTC),
            since=None,
            late=False,
            affected=frozenset({"STC", "SNV"}),
            outcome=Outcome.PARTLY,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_read_as_they_were_written(value: Any) -> None:
    """Exact points, moments to the microsecond, sets, mappings, and what is nothing."""
    assert read(type(value), written(value)) == value
    assert written(read(type(value), written(value))) == written(value)


def test_equal_values_are_written_alike() -> None:
    """Whatever the order in which votes came."""
    votes = {"a": Choice.FOR, "b": Choice.ABSTAIN}
    motion = Motion(
        position=1,
        meeting="m",
        matter=Matter.WAIVER,
        category=ReasonCategory.COUNCIL_JUDGED,
        by="a",
        votes=votes,
    )
    other = replace(motion, votes=dict(reversed(votes.items())))
    assert written(motion) == written(other)


def test_days_are_written_as_days() -> None:
    """A promise is due by the end of a day."""
    text = '{"promises":[{"due":"2018-01-31","position":3}]}'
    found = read(Cell, text)
    assert found.promises[0].due == date(2018, 1, 31)
    assert written(found) == text
