"""A published result and a dispute over it: SNV is first, STC second, and STC contests what it got for A1.2.

contested().when(names_reviewer("inspector-CT")).then(admitted)
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from domain.deadlines import Phase
from domain.stated.choices import Ground, Outcome, Path, Quality
from domain.stated.disputes import (
    AffectedNotified,
    DisputeAccepted,
    DisputeDecided,
    DisputeFiled,
    DisputeWithdrawn,
    PartyHeard,
    ReverificationRecorded,
    ReviewerAssigned,
)
from tests.domain.specification import Act, Story, states
from tests.domain.stating import declares, notes
from tests.domain.world import given, serves

CELL = "STC/A1.2"
DISPUTE = "STC/A1.2/dispute-1"
REVIEWER = "inspector-CT"
"""Of no party's agency, and not in the team that inspected STC."""


def published(*acts: Act) -> Story:
    """SNV has 1.5 for A1.2 and is first of its block, STC 1 and is second, STP nothing; it is published."""
    before = (
        declares("SNV/A1.2", "1.5"),
        declares(CELL, "1.5"),
        notes("SNV/A1.2", "1.5"),
        notes(CELL, "1"),
    )
    return given(Phase.SELF_ASSESSMENT, *before).given(*acts).reach(Phase.PUBLISHED)


def contested(claimed: str = "2", **changes: Any) -> Story:
    """STC's dispute was filed and taken up."""
    return published().given(files(claimed, **changes), accepts())


def verified_again(claimed: str = "2", points: str = "2") -> Story:
    """The parties were notified and the reviewer has found something."""
    story = contested(claimed)
    others = story.dispute("dispute-1").affected - {"STC"}
    return story.given(notifies(*sorted(others)), names_reviewer(), finds_again(points))


# --- what the parties state -----------------------------------------------------------------------------


def files(claimed: str | None = "2", about: str = DISPUTE, **changes: Any) -> Act:
    """The head files a dispute; what `DisputeFiled` does not have is of the statement itself."""
    plain: dict[str, Any] = {"path": Path.REVIEW_REQUEST, "ground": Ground.FACTUAL_ERROR, "version": 1}
    plain |= {"special_case": None, "claimed": None if claimed is None else Fraction(claimed)}
    stated = {name: changes.pop(name, usual) for name, usual in plain.items()}
    who = changes.pop("who", f"head-{about.partition('/')[0]}")
    return states(who, DisputeFiled(**stated), about, **changes)


def withdraws(about: str = DISPUTE) -> Act:
    """The head withdraws."""
    return states(f"head-{about.partition('/')[0]}", DisputeWithdrawn(), about)


def accepts(about: str = DISPUTE) -> Act:
    """The secretariat takes a dispute up."""
    return states(serves(about), DisputeAccepted(), about)


def notifies(*agencies: str, about: str = DISPUTE) -> Act:
    """The secretariat notifies those whose rank could move."""
    return states(serves(about), AffectedNotified(agencies=agencies), about)


def is_heard(agency: str, about: str = DISPUTE) -> Act:
    """The head of an agency says its word."""
    return states(f"head-{agency}", PartyHeard(heard=agency), about)


def names_reviewer(officer: str = REVIEWER, about: str = DISPUTE) -> Act:
    """The secretariat names the second reviewer."""
    return states(serves(about), ReviewerAssigned(officer=officer), about)


def finds_again(points: str, who: str = REVIEWER, about: str = DISPUTE) -> Act:
    """The reviewer records a finding."""
    body = ReverificationRecorded(quality=Quality.SOUND, points=Fraction(points))
    return states(who, body, about)


def ends(outcome: Outcome, points: str | None = None) -> DisputeDecided:
    """What the council decides; the motion is filled in when it was put."""
    stated = None if points is None else Fraction(points)
    return DisputeDecided(motion=0, outcome=outcome, points=stated)
