"""What agencies claim before the council in the story: special cases, initiatives, sector policies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from api.acts import Act
from api.story_cast import Cast
from api.story_values import ZONE
from domain.deadlines import Phase

Claim = tuple[str, str, str, dict[str, str], dict[str, str]]
"""(kind, agency, criterion, body, texts)."""


def claims(cast: Cast) -> Iterator[Act]:
    """Heads claim in the last days of the self-assessment."""
    at = datetime.combine(cast.plan.due(Phase.SELF_ASSESSMENT) - timedelta(days=2), time(9), ZONE)
    for number, (kind, agency, criterion, body, texts) in enumerate(_claims(cast)):
        yield cast.by_agency(
            kind,
            at + timedelta(minutes=13 * number),
            agency,
            criterion=criterion,
            body=body,
            texts=texts,
            label=claim_label(agency, criterion),
        )


def claim_label(agency: str, criterion: str) -> str:
    """Return the label of a claim."""
    return f"claim/{agency}/{criterion}"


def _claims(cast: Cast) -> Iterator[Claim]:
    decided = cast.example.decisions
    for case in decided.special_cases:
        yield "SpecialCaseClaimed", case.agency, case.criterion, {}, {"reason": case.claim}
    for idea in decided.initiatives:
        body = {
            "level": idea.level,
            "recognition": idea.recognition,
            "share": idea.share,
            "points": idea.claimed,
        }
        yield "InitiativeClaimed", idea.agency, idea.criterion, body, {"title": idea.title}
    for policy in decided.policies:
        yield "SectorPolicyClaimed", policy.agency, policy.criterion, {}, {"title": policy.title}
