"""The cross-inspection in the story: what a team asks, returns and finds, is told, and both sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from api.acts import Act, Ref
from api.example import TeamPlan, Visit
from api.story_case import Case, Paper
from api.story_values import Calendar, chance
from domain.criteria import Criterion

STRICT = 120
"""By how many thousandths a team finds less where it is corrected later."""


def inspection(case: Case) -> Iterator[Act]:
    """Tell how an agency is inspected, heard, and signs the minutes with the team's leader."""
    team, visit = _visit(case)
    first, last = date.fromisoformat(visit.since), date.fromisoformat(visit.until)
    calendar = Calendar(first, last, case.cast.plan.days_off)
    waived = {(w.agency, w.criterion) for w in case.cast.example.decisions.waivers}
    noted = [c for c in case.criteria if (case.agency.code, c.code) not in waived]
    items: list[dict[str, object]] = []
    for place, criterion in enumerate(noted):
        member = (team.members[place % len(team.members)],)
        at = calendar.at(Fraction(place + 1, len(noted) + 1))
        yield from _asked(case, criterion, member, at)
        yield from _note(case, criterion, member, at)
        yield from _answer(case, criterion, member, place)
        disputed = case.odds(criterion.code, "answer", 26) == 1 and not case.profile.late_days
        concurrence = "DISAGREED" if disputed else "AGREED"
        note = Ref(note_label(case.cast.plan.code, case.agency.code, criterion.code))
        items.append({"criterion": criterion.code, "note": note, "concurrence": concurrence})
    yield _minutes(case, team, items)


def note_label(round_code: str, agency: str, criterion: str) -> str:
    """Return the label of a cell's newest note."""
    return f"note/{round_code}/{agency}/{criterion}"


def _visit(case: Case) -> tuple[TeamPlan, Visit]:
    return next(
        (team, visit)
        for team in case.cast.example.teams
        for visit in team.inspects
        if visit.agency == case.agency.code
    )


def _asked(case: Case, criterion: Criterion, member: tuple[str, ...], at: datetime) -> Iterator[Act]:
    """Where only the report is there, the team may ask for the table behind it."""
    if case.holds(criterion, Paper.TABLE) or case.odds(criterion.code, "asked", 9):
        return
    requests = case.cast.example.phrases.evidence_requests
    words = requests[case.odds(criterion.code, "request", len(requests))]
    due = (at + timedelta(days=2)).date().isoformat()
    asked = at - timedelta(minutes=70)
    yield case.act(
        "EvidenceRequested",
        asked,
        member,
        criterion=criterion.code,
        body={"due": due},
        texts={"reason": words},
    )
    yield case.submit(criterion, Paper.TABLE, asked + timedelta(minutes=12))


def _note(case: Case, criterion: Criterion, member: tuple[str, ...], at: datetime) -> Iterator[Act]:
    """Some evidence is handed back first; of that, a third is never mended."""
    code, phrases = criterion.code, case.cast.example.phrases
    quality = "SOUND"
    if case.odds(code, "returned", 26) == 3:
        body = {"quality": "INCOMPLETE"}
        texts = {"reason": phrases.returned}
        yield case.act(
            "EvidenceReturned", at - timedelta(minutes=50), member, criterion=code, body=body, texts=texts
        )
        if case.odds(code, "mended", 3) == 0:
            quality = "INCOMPLETE"
        else:
            yield case.mend(criterion, Paper.REPORT, at - timedelta(minutes=20))
    strict = STRICT if _explained(case, code) == "amended" else 0
    findings, mistyped = phrases.findings, STRICT if _mistyped(case, code) else 0
    words = phrases.strict_finding if strict else findings[case.odds(code, "words", len(findings))]
    yield case.act(
        "InspectionNoteRecorded",
        at,
        member,
        criterion=code,
        body={
            "quality": quality,
            **case.found(criterion, max(0, case.truth(criterion) - strict - mistyped)),
            **_shortcomings(case, criterion, quality, strict=bool(strict)),
        },
        texts={"finding": words},
        label=note_label(case.cast.plan.code, case.agency.code, code),
    )


def _mistyped(case: Case, criterion: str) -> bool:
    """Whether the dossier is opened again later, because less was typed than was found."""
    plan = case.cast.example.dossiers
    reopened = {(r.agency, r.criterion) for r in plan.reopened if plan.round == case.cast.plan.code}
    return (case.agency.code, criterion) in reopened


def _shortcomings(case: Case, criterion: Criterion, quality: str, *, strict: bool) -> dict[str, Any]:
    """What the note names, by codes of the criteria set: what was wrong, missing, late, or looked down on."""
    named = ["INCOMPLETE", "NO_EVIDENCE"] if quality == "INCOMPLETE" else []
    named += ["UNSYNCHRONISED" if case.odds(criterion.code, "kind", 2) else "INCORRECT"] if strict else []
    named += ["FOLLOW_UP_NEGLECTED"] if case.truth(criterion) <= 500 else []
    if case.profile.late_days and criterion in case.criteria[-1:]:
        named.append("UNTIMELY")
    return {"shortcomings": named} if named else {}


def _explained(case: Case, criterion: str) -> str:
    """What became of the agency's word: nothing was said, it was heard, or the note was amended."""
    odds = case.odds(criterion, "answer", 26)
    if odds in (4, 9):
        return "amended"
    return "heard" if odds in (1, 17) else "silent"


def _answer(case: Case, criterion: Criterion, member: tuple[str, ...], place: int) -> Iterator[Act]:
    outcome, code = _explained(case, criterion.code), criterion.code
    if outcome == "silent":
        return
    phrases, note = case.cast.example.phrases, note_label(case.cast.plan.code, case.agency.code, code)
    late = case.profile.late_days > 1 and outcome == "heard"
    began = case.cast.plan.moment("EXPLANATION")
    at = began + timedelta(days=8 if late else place % 3, minutes=60 + 9 * place)
    if place % 2:
        requests = phrases.explanation_requests
        texts = {"question": requests[case.odds(code, "question", len(requests))]}
        asked = began + timedelta(minutes=5 + place)
        yield case.act(
            "ExplanationRequested", asked, member, criterion=code, body={"about": Ref(note)}, texts=texts
        )
    words = phrases.explanations[case.odds(code, "explanation", len(phrases.explanations))]
    yield case.own(
        "ExplanationSubmitted",
        at,
        criterion=code,
        body={"about": Ref(note)},
        texts={"explanation": words},
        files=(case.file(criterion.area, Paper.TABLE),),
    )
    if outcome == "amended":
        yield case.act(
            "InspectionNoteAmended",
            at + timedelta(days=1 if at.weekday() < 4 else 3),
            member,
            criterion=code,
            body={"amends": Ref(note), "quality": "SOUND", **case.found(criterion, case.truth(criterion))},
            texts={"finding": phrases.findings[0], "reason": phrases.amended},
            label=note,
        )


def _minutes(case: Case, team: TeamPlan, items: list[dict[str, object]]) -> Act:
    at = case.cast.plan.moment("EXPLANATION") + timedelta(days=6, hours=1)
    at += timedelta(minutes=chance(case.profile.seed, "minutes", below=400))
    disagreed = any(item["concurrence"] == "DISAGREED" for item in items)
    reserved = {"reservation": case.cast.example.phrases.reserved} if disagreed else {}
    signers = (team.members[0], *case.cast.head(case.agency.code))
    return case.act("MinutesSigned", at, signers, body={"team": team.team, "items": items}, texts=reserved)
