"""What an agency claims before the council: special cases, policies, shares in initiatives (R26-R28, R55)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from domain.criteria import CountRule, Section, StatedRule
from domain.deadlines import Phase
from domain.stated.assessment import SectorPolicyClaimed, SpecialCaseClaimed
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.specification import Act, admitted, refused, states
from tests.domain.stating import claims_bonus
from tests.domain.world import given

DECLARING = Phase.SELF_ASSESSMENT
COUNTED = criterion("B1", "2", CountRule(of="n", each=Fraction(1)), section=Section.BONUS)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (states("head-STC", SpecialCaseClaimed(), "STC/B1"), "claim.wrong_section"),
        (states("head-STC", SpecialCaseClaimed(), "STC/D3"), "claim.wrong_section"),
        (claims_bonus("STC/A1.2", "2"), "claim.wrong_section"),
        (claims_bonus("STC/D3", "2"), "claim.wrong_section"),
        (claims_bonus("STC/B1", "1", level="AGENCY"), "claim.below_city_level"),
        (claims_bonus("STC/B1", "3.5"), "score.above_max"),
    ],
)
def test_claim_is_made_where_it_belongs(act: Act, rule: str) -> None:
    """A special case within the 100, an initiative of city level or above for the bonus (R26, R27, R55)."""
    given(DECLARING).when(act).then(refused(rule))


def test_claims_wait_for_the_council() -> None:
    """A special case and an initiative are claimed once; of policies the newest claim is looked at."""
    story = given(DECLARING)
    special, policy = (
        states("head-STC", body, "STC/A1.1") for body in (SpecialCaseClaimed(), SectorPolicyClaimed())
    )
    bonus = claims_bonus("STC/B1", "3", level="NATIONAL")
    for act in (special, policy, bonus):
        story.when(act).then(admitted)
    last = story.events[-1].position
    story.when(special).then(refused("claim.already_made", claim=last - 2))
    story.when(bonus).then(refused("claim.already_made", claim=last))
    story.when(policy).then(admitted)
    cell = story.cell("STC/A1.1")
    assert (cell.special_claim, cell.policy_claim) == (last - 2, last + 1)
    assert story.cell("STC/B1").bonus_claim == last
    assert story.card("STC").total == given(DECLARING).card("STC").total


# --- an initiative of several agencies ------------------------------------------------------------------

SHARED = "7/QĐ-UBND"
"""A recognition in which several agencies have a part."""


@pytest.mark.parametrize(
    ("share", "points", "rule"),
    [
        ("0.6", "1.2", None),
        ("0.6", "1.8", None),
        ("0.6", "1.8001", "score.above_max"),
        ("0.6001", "1", "claim.shares_above_whole"),
        ("1", "1", "claim.shares_above_whole"),
        ("0", "0", "claim.shares_above_whole"),
    ],
)
def test_shares_in_one_recognition_never_exceed_the_whole(share: str, points: str, rule: str | None) -> None:
    """HC has two fifths; STC may claim up to the rest, and as large a part of the points (R27)."""
    story = given(DECLARING, claims_bonus("HC/B1", "1.2", "0.4", recognition=SHARED))
    story.when(claims_bonus("STC/B1", points, share, recognition=SHARED)).then(
        refused(rule) if rule else admitted
    )


def test_other_recognition_has_shares_of_its_own() -> None:
    """What was claimed in one initiative takes nothing from another one, nor another cell's of the agency."""
    story = given(DECLARING, claims_bonus("HC/B1", "3", recognition=SHARED))
    story.when(claims_bonus("STC/B1", "3", recognition="8/QĐ-UBND")).then(admitted)
    again = claims_bonus("HC/B2", "0.3", "0.1", recognition=SHARED)
    story.when(again).then(refused("claim.shares_above_whole", left="0"))


@pytest.mark.parametrize("spelt", ["7/qđ-ubnd", "  7/QĐ-UBND ", "7/QĐ-Ubnd"])
def test_recognition_is_the_same_however_it_is_written(spelt: str) -> None:
    """Other capitals or spaces make no second initiative of one that is claimed as a whole (R27)."""
    story = given(DECLARING, claims_bonus("HC/B1", "3", recognition=SHARED))
    story.when(claims_bonus("STC/B1", "3", recognition=spelt)).then(
        refused("claim.shares_above_whole", left="0")
    )


def test_claimed_points_fit_the_rule_too() -> None:
    """A bonus that is counted has no points to be claimed."""
    story = given(DECLARING, criteria=criteria_set(criterion("A1.1", "2", StatedRule()), COUNTED))
    story.when(claims_bonus("STC/B1", "1")).then(refused("score.wrong_kind", criterion="B1"))
