"""The end of the story: claims, the council's decisions at its meetings, approval and publication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta

from api.acts import Act, CurrentPoints, Ref
from api.example import Example, RoundPlan
from api.story_values import ZONE
from domain.shapes import write


def decisions(example: Example, plan: RoundPlan) -> Iterator[Act]:
    """Tell what agencies claim and what the council decides, up to publication."""
    yield from _claims(example, plan)
    yield from _on_claims(example, plan)
    yield from _adjustments(example, plan)
    yield from _others(example, plan)
    yield from _results(example, plan)


def _claims(example: Example, plan: RoundPlan) -> Iterator[Act]:
    due = plan.deadlines[0].on or date.max
    at = datetime.combine(due - timedelta(days=2), time(9), ZONE)
    told: list[tuple[str, str, str, dict[str, object], dict[str, str]]] = [
        ("SpecialCaseClaimed", c.agency, c.criterion, {}, {"reason": c.claim})
        for c in example.decisions.special_cases
    ]
    told += [
        (
            "InitiativeClaimed",
            i.agency,
            i.criterion,
            {"level": i.level, "points": i.claimed},
            {"title": i.title},
        )
        for i in example.decisions.initiatives
    ]
    told += [
        ("SectorPolicyClaimed", p.agency, p.criterion, {}, {"title": p.title})
        for p in example.decisions.policies
    ]
    for number, (kind, agency, criterion, body, texts) in enumerate(told):
        yield Act(
            at=at + timedelta(minutes=13 * number),
            type=f"{kind}.v1",
            signers=example.of_duty("AGENCY_HEAD", agency),
            round=plan.code,
            agency=agency,
            criterion=criterion,
            body=body,
            texts=texts,
            label=f"claim/{agency}/{criterion}",
        )


def _signers(example: Example, agency: str, absent: int) -> tuple[str, ...]:
    """Members whose home is another agency; some of them abstain or vote against, and do not sign."""
    able = [m for m in example.of_duty("COUNCIL_MEMBER") if example.home(m) != agency]
    return tuple(able[: max(5, len(able) - absent)])


def _decided(
    example: Example,
    plan: RoundPlan,
    at: datetime,
    kind: str,
    subject: tuple[str, str],
    body: Mapping[str, object],
    reason: str,
    absent: int = 0,
) -> Act:
    agency, criterion = subject
    return Act(
        at=at,
        type=f"{kind}.v1",
        signers=_signers(example, agency, absent),
        round=plan.code,
        agency=agency,
        criterion=criterion,
        body=body,
        texts={"reason": reason},
    )


def _meeting(plan: RoundPlan, number: int, item: int) -> datetime:
    return datetime.fromisoformat(plan.meetings[number - 1]) + timedelta(minutes=12 * item)


def _on_claims(example: Example, plan: RoundPlan) -> Iterator[Act]:
    for item, case in enumerate(example.decisions.special_cases):
        claim = Ref(f"claim/{case.agency}/{case.criterion}")
        body: dict[str, object] = {"claim": claim, "outcome": case.outcome.value}
        points = {"points": case.points} if case.points else {}
        subject = (case.agency, case.criterion)
        at = _meeting(plan, 1, item)
        yield _decided(example, plan, at, "SpecialCaseDecided", subject, body | points, case.reason)
    for item, initiative in enumerate(example.decisions.initiatives):
        subject = (initiative.agency, initiative.criterion)
        body = {
            "claim": Ref(f"claim/{initiative.agency}/{initiative.criterion}"),
            "points": initiative.points,
        }
        at = _meeting(plan, 2, item)
        yield _decided(example, plan, at, "BonusDecided", subject, body, initiative.reason)


def _adjustments(example: Example, plan: RoundPlan) -> Iterator[Act]:
    for item, adjustment in enumerate(example.decisions.adjustments):
        absent = adjustment.votes_against + adjustment.abstentions
        signed = len(_signers(example, adjustment.agency, absent))
        body = {
            "old_points": CurrentPoints(),
            "new_points": adjustment.to,
            "category": adjustment.category.value,
            "references": [Ref(f"note/{adjustment.agency}/{adjustment.criterion}")],
            "votes_for": signed,
            "votes_against": adjustment.votes_against,
            "abstentions": adjustment.abstentions,
        }
        at = _meeting(plan, adjustment.meeting, 15 + item % 25)
        subject = (adjustment.agency, adjustment.criterion)
        yield _decided(example, plan, at, "CouncilAdjustmentMade", subject, body, adjustment.reason, absent)


def _others(example: Example, plan: RoundPlan) -> Iterator[Act]:
    for item, deduction in enumerate(example.decisions.deductions):
        body = {
            "points": deduction.points,
            "category": deduction.category.value,
            "references": [Ref(f"note/{deduction.agency}/{deduction.about}")],
        }
        subject = (deduction.agency, deduction.criterion)
        at = _meeting(plan, 3, 41 + item)
        yield _decided(example, plan, at, "DeductionDecided", subject, body, deduction.reason)
    for item, waiver in enumerate(example.decisions.waivers):
        subject = (waiver.agency, waiver.criterion)
        at = _meeting(plan, 3, 44 + item)
        body = {"category": write(waiver.category)}
        yield _decided(example, plan, at, "VerificationWaived", subject, body, waiver.reason)


def _results(example: Example, plan: RoundPlan) -> Iterator[Act]:
    told = (
        (plan.proposed, "ApprovalProposed", "SECRETARIAT"),
        (plan.approved, "ResultApproved", "APPROVING_AUTHORITY"),
        (plan.published, "ResultPublished", "SECRETARIAT"),
    )
    for moment, kind, duty in told:
        if moment is not None:
            yield Act(
                at=datetime.fromisoformat(moment),
                type=f"{kind}.v1",
                signers=example.of_duty(duty)[:1],
                round=plan.code,
                body={"version": 1},
            )
