"""What the council has before it in the story: every matter in one form, with the act that decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from api.acts import Asked, Ref
from api.example_council import Adjustment, Voted
from api.story_asked import points_now
from api.story_cast import Cast
from api.story_claims import claim_label
from api.story_inspection import note_label
from api.story_values import level
from domain.stated.choices import Matter, Outcome

DECIDED_BY = {
    Matter.ADJUSTMENT: "CouncilAdjustmentMade",
    Matter.SPECIAL_CASE: "SpecialCaseDecided",
    Matter.BONUS: "BonusDecided",
    Matter.DEDUCTION: "DeductionDecided",
    Matter.WAIVER: "VerificationWaived",
    Matter.DISPUTE: "DisputeDecided",
}


@dataclass(frozen=True, kw_only=True)
class AgendaItem:
    """One matter: what is moved, how it goes, and what the decision says beside its motion."""

    agency: str
    criterion: str
    matter: Matter
    voted: Voted
    decision: Mapping[str, Any]
    outcome: Outcome | None = None
    points: str | None = None
    opinions: bool = False
    """Whether members are asked before the meeting."""
    moved: bool = True
    """Whether anything is moved; a policy may be looked at and left as it is."""
    dispute: str | None = None

    @property
    def motion(self) -> dict[str, str]:
        """What the motion says: matter, category, outcome and points where the matter has them."""
        told = {"matter": self.matter.value, "category": self.voted.category.value}
        told |= {"outcome": self.outcome.value} if self.outcome else {}
        return told | ({"points": self.points} if self.points is not None else {})


def agenda(cast: Cast) -> Iterator[AgendaItem]:
    """Return the matters of a round, as its plan has them, without disputes."""
    yield from _special_cases(cast)
    yield from _initiatives(cast)
    yield from _policies(cast)
    for adjustment in cast.example.decisions.adjustments:
        yield _adjustment(cast, adjustment)
    yield from _others(cast)


def _special_cases(cast: Cast) -> Iterator[AgendaItem]:
    for case in cast.example.decisions.special_cases:
        points = {"points": case.points} if case.points is not None else {}
        claim = Ref(claim_label(case.agency, case.criterion))
        yield AgendaItem(
            agency=case.agency,
            criterion=case.criterion,
            matter=Matter.SPECIAL_CASE,
            voted=case,
            decision={"claim": claim, "outcome": case.outcome.value, **points},
            outcome=case.outcome,
            points=case.points,
            opinions=True,
        )


def _initiatives(cast: Cast) -> Iterator[AgendaItem]:
    for idea in cast.example.decisions.initiatives:
        yield AgendaItem(
            agency=idea.agency,
            criterion=idea.criterion,
            matter=Matter.BONUS,
            voted=idea,
            decision={"claim": Ref(claim_label(idea.agency, idea.criterion)), "points": idea.points},
            points=idea.points,
            opinions=True,
        )


def _policies(cast: Cast) -> Iterator[AgendaItem]:
    for policy in cast.example.decisions.policies:
        yield AgendaItem(
            agency=policy.agency,
            criterion=policy.criterion,
            matter=Matter.ADJUSTMENT,
            voted=policy,
            decision=_new_points(cast, policy, policy.agency, policy.criterion, policy.to),
            points=policy.to,
            opinions=True,
            moved=policy.to is not None,
        )


def _adjustment(cast: Cast, plan: Adjustment) -> AgendaItem:
    return AgendaItem(
        agency=plan.agency,
        criterion=plan.criterion,
        matter=Matter.ADJUSTMENT,
        voted=plan,
        decision=_new_points(cast, plan, plan.agency, plan.criterion, plan.to),
        points=plan.to,
        opinions=plan.opinions,
    )


def _new_points(cast: Cast, voted: Voted, agency: str, criterion: str, to: str | None) -> dict[str, Any]:
    return {
        "old_points": Asked(points_now),
        "new_points": to,
        "category": voted.category.value,
        "references": [Ref(note_label(cast.plan.code, agency, criterion))],
    }


def _others(cast: Cast) -> Iterator[AgendaItem]:
    for off in cast.example.decisions.deductions:
        note = Ref(note_label(cast.plan.code, off.agency, off.about))
        yield AgendaItem(
            agency=off.agency,
            criterion=off.criterion,
            matter=Matter.DEDUCTION,
            voted=off,
            decision={"points": off.points, "category": off.category.value, "references": [note]},
            points=off.points,
        )
    for waiver in cast.example.decisions.waivers:
        yield AgendaItem(
            agency=waiver.agency,
            criterion=waiver.criterion,
            matter=Matter.WAIVER,
            voted=waiver,
            decision={"category": waiver.category.value},
        )


def middle(cast: Cast, item: AgendaItem) -> Fraction:
    """Return the points that opinions lie around: those that are moved, else what the agency earned."""
    maximum = cast.example.criteria_of(cast.plan).by_code[item.criterion].max_points
    if item.points is not None:
        return Fraction(item.points)
    if item.outcome is Outcome.ACCEPTED:
        return maximum
    return maximum * level(cast.example.profiles[item.agency], item.criterion) / 1000


def members_able(cast: Cast, agency: str) -> tuple[str, ...]:
    """Return the members who take part in an agency's matters."""
    recused = {r.member for r in cast.example.council.recusals if r.agency == agency}
    members = cast.example.of_duty("COUNCIL_MEMBER")
    return tuple(m for m in members if cast.example.home(m) != agency and m not in recused)
