"""The self-assessment in the story: evidence and scores cell by cell, then the whole by the head."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from fractions import Fraction

from api.acts import Act
from api.story_case import Case, Paper
from api.story_values import ZONE, Calendar
from domain.criteria import Criterion
from domain.deadlines import Phase

LATE_CELLS = 6
"""A late agency is late with its last cells."""


def declaration(case: Case, number: int, *, whole: bool) -> Iterator[Act]:
    """Tell how an agency declares; `whole` where the round gets beyond the self-assessment."""
    plan = case.cast.plan
    due = plan.due(Phase.SELF_ASSESSMENT)
    first = plan.moment("SELF_ASSESSMENT").date() + timedelta(days=number % 4 + 1)
    calendar = Calendar(first, due - timedelta(days=1 if whole else 14), plan.days_off)
    late = datetime.combine(due, time(8), ZONE) + timedelta(days=case.profile.late_days)
    for place, criterion in enumerate(case.criteria):
        at = calendar.at(Fraction(place, len(case.criteria)))
        if case.profile.late_days and place >= len(case.criteria) - LATE_CELLS:
            at = late + timedelta(minutes=7 * place)
        yield from _cell(case, criterion, at, "FOCAL_OFFICER" if place % 5 else "DEPUTY")
    if whole:
        at = late + timedelta(hours=7 if not case.profile.late_days else 8, minutes=number)
        yield case.own("SelfAssessmentSubmitted", at, body={"declared": len(case.criteria)})


def _cell(case: Case, criterion: Criterion, at: datetime, duty: str) -> Iterator[Act]:
    """The area's report, in half of the cells the table behind it, and the declared score."""
    yield case.submit(criterion, Paper.REPORT, at)
    if case.odds(criterion.code, "evidence", 20) < 11:
        yield case.submit(criterion, Paper.TABLE, at)
    stated = case.found(criterion, case.hope(criterion))
    kind = "SelfScoreDeclared" if "points" in stated else "QuantitiesDeclared"
    yield case.own(kind, at + timedelta(minutes=4), duty, criterion=criterion.code, body=stated)
