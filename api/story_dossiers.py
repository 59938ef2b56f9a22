"""The dossiers in the story: frozen for the council, one of them opened again, mended and frozen anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from api.acts import Act, Asked, Ref
from api.example_plans import Reopened
from api.story_asked import statements_now
from api.story_case import Case, Paper
from api.story_cast import moment
from api.story_inspection import note_label


def dossier(case: Case, number: int) -> Iterator[Act]:
    """Tell how an agency's dossier is frozen, and what happens to it before the council meets."""
    plan = case.cast.example.dossiers
    if plan.round != case.cast.plan.code:
        return
    yield _compiled(case, moment(plan.compiled) + timedelta(minutes=9 * number))
    for reopened in plan.reopened:
        if reopened.agency == case.agency.code:
            yield from _reopened(case, reopened)


def _compiled(case: Case, at: datetime) -> Act:
    signers = case.cast.secretariat(case.agency.code)
    return case.act("DossierCompiled", at, signers, body={"statements": Asked(statements_now)})


def _reopened(case: Case, reopened: Reopened) -> Iterator[Act]:
    """The agency sends its document once more, the team amends the note."""
    signers = case.cast.secretariat(case.agency.code)
    body, texts = {"category": reopened.category.value}, {"reason": reopened.reason}
    yield case.act("DossierUnfrozen", moment(reopened.at), signers, body=body, texts=texts)
    criterion = next(c for c in case.criteria if c.code == reopened.criterion)
    mended = moment(reopened.mended)
    yield case.mend(criterion, Paper.REPORT, mended - timedelta(minutes=90))
    note = note_label(case.cast.plan.code, case.agency.code, criterion.code)
    teams = case.cast.example.teams
    team = next(t for t in teams if any(v.agency == case.agency.code for v in t.inspects))
    yield case.act(
        "InspectionNoteAmended",
        mended,
        team.members[:1],
        criterion=criterion.code,
        body={"amends": Ref(note), "quality": "SOUND", **case.found(criterion, case.truth(criterion))},
        texts={"finding": reopened.finding, "reason": reopened.why},
        label=note,
    )
    yield _compiled(case, moment(reopened.compiled))
