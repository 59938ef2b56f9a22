"""Which way council members lean over an agency, beside the other members on the same matters.

A member leans where they go further up (or down) than the middle of the others: with an opinion once opening
has closed, with a vote, with a motion. One cell is one case; who says different things about it has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from statistics import median

from domain.events import Event
from domain.refusals import Fact
from domain.stated.choices import Choice, Matter, Outcome
from domain.stated.council import MotionPut, OpinionOpened, OpinionsClosed, VoteCast
from projections.chance import holm, sign_test
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals
from projections.steps import Step

Standing = Callable[[str, str, int], Fraction]
"""The points of an agency's criterion before a position."""


@dataclass(frozen=True, slots=True)
class Said:
    """One act of a member about a cell: further up than the others (1), further down (-1), or neither."""

    member: str
    agency: str
    criterion: str
    position: int
    lean: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A motion that would move points up (1) or down (-1), or neither."""

    member: str
    agency: str
    criterion: str
    position: int
    direction: int


@dataclass(frozen=True, slots=True)
class Leaning:
    """A member and an agency: in how many cells the member leaned, in how many of them upwards."""

    member: str
    agency: str
    cases: int
    up: int
    positions: tuple[int, ...]

    @property
    def always(self) -> bool:
        """Whether all go one way."""
        return self.up in (0, self.cases)


@dataclass(slots=True)
class _Cell:
    opinions: dict[str, tuple[int, Fraction]] = field(default_factory=dict)
    closed: bool = False
    motions: dict[int, Moved] = field(default_factory=dict)
    points: dict[int, Fraction | None] = field(default_factory=dict)
    votes: dict[int, dict[str, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))


def points_before(told: Iterable[Step]) -> Standing:
    """Return what looks up the points of a cell as they stood before a position."""
    by_cell: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in told:
        by_cell[step.agency, step.criterion].append(step)

    def standing(agency: str, criterion: str, position: int) -> Fraction:
        before = (s.points for s in reversed(by_cell[agency, criterion]) if s.position < position)
        return next(before, Fraction(0))

    return standing


def said(events: Iterable[Event], standing: Standing) -> tuple[list[Said], list[Moved]]:
    """Read the council's events about cells of one round: what members said, and what was moved."""
    cells: dict[tuple[str, str], _Cell] = defaultdict(_Cell)
    for event in events:
        if event.agency is not None and event.criterion is not None:
            _take(cells[event.agency, event.criterion], event, standing)
    told = [one for (agency, criterion), cell in cells.items() for one in _said(agency, criterion, cell)]
    motions = [moved for cell in cells.values() for moved in cell.motions.values()]
    return sorted(told, key=lambda one: one.position), sorted(motions, key=lambda one: one.position)


def _take(cell: _Cell, event: Event, standing: Standing) -> None:
    body, who = event.body, event.signed_by[0]
    if isinstance(body, OpinionOpened):
        cell.opinions[who] = event.position, body.points
    elif isinstance(body, OpinionsClosed):
        cell.closed = True
    elif isinstance(body, MotionPut):
        agency, criterion = event.agency or "", event.criterion or ""
        direction = _direction(body, standing(agency, criterion, event.position))
        cell.motions[event.position] = Moved(who, agency, criterion, event.position, direction)
        cell.points[event.position] = body.points
    elif isinstance(body, VoteCast) and body.motion in cell.motions:
        value = {Choice.FOR: 1, Choice.AGAINST: -1, Choice.ABSTAIN: 0}[body.choice]
        cell.votes[body.motion][who] = event.position, value * cell.motions[body.motion].direction


def _direction(body: MotionPut, standing: Fraction) -> int:
    """Which way a motion would move points: a deduction down, out of the denominator up."""
    if body.matter is Matter.DEDUCTION:
        return -1
    if body.points is None:
        return 1 if body.outcome is Outcome.ACCEPTED else 0
    return _sign(body.points - standing)


def _said(agency: str, criterion: str, cell: _Cell) -> Iterator[Said]:
    opinions = cell.opinions if cell.closed else {}
    for member, (position, lean) in _beside(opinions).items():
        yield Said(member, agency, criterion, position, lean)
    for votes in cell.votes.values():
        for member, (position, lean) in _beside(votes).items():
            yield Said(member, agency, criterion, position, lean)
    for moved in cell.motions.values():
        others = [points for who, (_, points) in opinions.items() if who != moved.member]
        points = cell.points[moved.position]
        lean = _sign(points - median(others)) if others and points is not None else moved.direction
        yield Said(moved.member, agency, criterion, moved.position, lean)


def _beside(
    told: Mapping[str, tuple[int, Fraction]] | Mapping[str, tuple[int, int]],
) -> dict[str, tuple[int, int]]:
    """Return where each stands to the middle of all others; of one alone nothing can be said."""
    values = {who: Fraction(value) for who, (_, value) in told.items()}
    return {
        who: (told[who][0], _sign(value - median(v for other, v in values.items() if other != who)))
        for who, value in values.items()
        if len(values) > 1
    }


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def leanings(told: Iterable[Said]) -> tuple[Leaning, ...]:
    """Add up the cases of each member and agency."""
    cases: dict[tuple[str, str], dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for one in told:
        if one.lean:
            cases[one.member, one.agency][one.criterion].append(one)
    return tuple(_leaning(*who, cells.values()) for who, cells in sorted(cases.items()))


def _leaning(member: str, agency: str, cells: Iterable[list[Said]]) -> Leaning:
    clear = [told for told in cells if len({one.lean for one in told}) == 1]
    up = sum(told[0].lean > 0 for told in clear)
    positions = tuple(sorted(one.position for told in clear for one in told))
    return Leaning(member, agency, len(clear), up, positions)


def member_findings(rows: Iterable[Leaning]) -> Looked:
    """Find the members who lean the same way over an agency every time, oftener than chance would have it."""
    with_cases = [row for row in rows if row.cases]
    tested = [row for row in with_cases if row.cases >= THRESHOLDS.least_cases]
    chances = [sign_test(row.cases, row.up) for row in tested]
    found = [
        _finding(row, chance, adjusted, len(tested))
        for row, chance, adjusted in zip(tested, chances, holm(chances), strict=True)
        if row.always and adjusted <= THRESHOLDS.level
    ]
    too_few = len(with_cases) - len(tested)
    return Looked(kind=Kind.ONE_WAY, compared=len(tested), too_few=too_few, found=tuple(found))


def _finding(row: Leaning, chance: Fraction, adjusted: Fraction, tests: int) -> Observation:
    facts: dict[str, Fact] = {
        "actor": row.member,
        "agency": row.agency,
        "cases": row.cases,
        "chance": decimals(chance),
        "adjusted": decimals(adjusted),
        "tests": tests,
    }
    how = "UP" if row.up else "DOWN"
    return Observation(kind=Kind.ONE_WAY, how=how, positions=row.positions, facts=facts)
