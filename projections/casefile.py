"""A cell, with the disputes over it, as one story in the order of the log: what happened, and what it did.

Of each event it tells the chapter, what superseded it, and what the cell and its agency's rank were
before and after: from the history rows, never by a fold. Who reads it decides which words may be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import Connection, Table, select

from domain.events import Event, Scope
from domain.points import exact
from domain.scoring import Stage
from domain.stated import assessment as a
from domain.stated import council as c
from domain.stated.rounds import ResultPublished
from domain.stated.survey import SurveyTallied
from projections.acts import acts, stage_of
from projections.tables import cell_scores, ranks


class Chapter(StrEnum):
    """The parts of the story of a cell."""

    DECLARATION = "DECLARATION"
    INSPECTION = "INSPECTION"
    EXPLANATION = "EXPLANATION"
    SURVEY = "SURVEY"
    DELIBERATION = "DELIBERATION"
    DECISION = "DECISION"
    PUBLICATION = "PUBLICATION"
    DISPUTE = "DISPUTE"
    IMPROVEMENT = "IMPROVEMENT"


_CHAPTERS: dict[type[object], Chapter] = {
    a.InspectionNoteRecorded: Chapter.INSPECTION,
    a.InspectionNoteAmended: Chapter.INSPECTION,
    a.EvidenceRequested: Chapter.INSPECTION,
    a.EvidenceReturned: Chapter.INSPECTION,
    a.ExplanationRequested: Chapter.EXPLANATION,
    a.ExplanationSubmitted: Chapter.EXPLANATION,
    a.MinutesSigned: Chapter.EXPLANATION,
    a.ImprovementCommitted: Chapter.IMPROVEMENT,
    a.ImprovementReported: Chapter.IMPROVEMENT,
    SurveyTallied: Chapter.SURVEY,
    c.OpinionRequested: Chapter.DELIBERATION,
    c.OpinionSealed: Chapter.DELIBERATION,
    c.OpinionOpened: Chapter.DELIBERATION,
    c.OpinionsClosed: Chapter.DELIBERATION,
    c.MotionPut: Chapter.DELIBERATION,
    c.RemarkMade: Chapter.DELIBERATION,
    c.VoteCast: Chapter.DELIBERATION,
    c.DissentRecorded: Chapter.DECISION,
    c.VerificationWaived: Chapter.DECISION,
    ResultPublished: Chapter.PUBLICATION,
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a cell and its agency's rank were at some size; nothing before the round was open."""

    points: Fraction | None
    stage: str | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the story."""

    event: Event
    chapter: Chapter
    superseded_by: int | None
    before: Held
    after: Held

    @property
    def moved(self) -> bool:
        """Whether it changed the cell's points or stage, or the agency's rank."""
        return self.before != self.after


def chapter_of(event: Event) -> Chapter:
    """Return the part of the story that an event belongs to."""
    if event.kind.scope is Scope.DISPUTE:
        return Chapter.DISPUTE
    if (chapter := _CHAPTERS.get(type(event.body))) is not None:
        return chapter
    return Chapter.DECISION if stage_of(event) is Stage.DECIDED else Chapter.DECLARATION


def casefile(
    connection: Connection, round_code: str, agency: str, criterion: str, events: Iterable[Event]
) -> tuple[Happened, ...]:
    """Tell the story of a cell from its events, those of its disputes, and the publications of the round."""
    told = sorted((e for e in events if _about(e, round_code, agency, criterion)), key=lambda e: e.position)
    stands = {act.position: act.superseded_by for act in acts(told)}
    cells = _history(connection, cell_scores, round_code, agency, criterion)
    places = _history(connection, ranks, round_code, agency)
    return tuple(
        Happened(
            event,
            chapter_of(event),
            stands.get(event.position),
            _held(cells, places, event.position),
            _held(cells, places, event.position + 1),
        )
        for event in told
    )


def _about(event: Event, round_code: str, agency: str, criterion: str) -> bool:
    if event.round != round_code:
        return False
    if isinstance(event.body, ResultPublished):
        return True
    if isinstance(event.body, a.MinutesSigned):
        return event.agency == agency and any(item.criterion == criterion for item in event.body.items)
    return (event.agency, event.criterion) == (agency, criterion)


_Row = tuple[int, int, tuple[object, ...]]


def _history(
    connection: Connection, table: Table, round_code: str, agency: str, criterion: str | None = None
) -> list[_Row]:
    """Return what held, from which position until which, oldest first."""
    its = (table.c.round == round_code) & (table.c.agency == agency)
    columns = [table.c.rank] if criterion is None else [table.c.points, table.c.stage]
    if criterion is not None:
        its &= table.c.criterion == criterion
    query = select(table.c.valid_from, table.c.valid_until, *columns).where(its)
    return [
        (row[0], row[1], tuple(row[2:])) for row in connection.execute(query.order_by(table.c.valid_from))
    ]


def _at(rows: Sequence[_Row], size: int) -> tuple[object, ...] | None:
    return next((value for since, until, value in rows if since < size <= until), None)


def _held(cells: Sequence[_Row], places: Sequence[_Row], size: int) -> Held:
    cell, place = _at(cells, size), _at(places, size)
    points, stage = (exact(cell[0]), str(cell[1])) if cell else (None, None)
    return Held(points, stage, int(str(place[0])) if place else None)
