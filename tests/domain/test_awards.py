"""Certificates of merit: for a published place that the rule rewards; flagged when it moves, not deleted."""

from __future__ import annotations

import pytest

from domain.awards import flagged
from domain.criteria import StatedRule
from domain.deadlines import Phase
from domain.dossiers import Award
from domain.stated.assessment import AwardGranted
from domain.stated.choices import Outcome
from tests.domain.contesting import accepts, ends, files, finds_again, names_reviewer, notifies
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.sitting import decide
from tests.domain.specification import ROUND, Act, Story, admitted, refused, states
from tests.domain.stating import declares, notes
from tests.domain.world import given

HUNDRED = criteria_set(criterion("A1.1", "100", StatedRule()))
POINTS = {"STC": "90", "SNV": "85", "HC": "79"}
DISPUTE = "STP/A1.1/dispute-1"


def published() -> Story:
    """STC has 90 and is first, SNV 85 and second, STP nothing; HC is first of its block with 79."""
    acts = [declares(f"{agency}/A1.1", points) for agency, points in POINTS.items()]
    acts += [notes(f"{agency}/A1.1", points) for agency, points in POINTS.items()]
    return given(Phase.SELF_ASSESSMENT, *acts, criteria=HUNDRED).reach(Phase.PUBLISHED)


def rewards(agency: str, rank: int, version: int = 1, who: str = "authority") -> Act:
    """The authority grants an award; the round's rule says up to rank 2, and at least good."""
    return states(who, AwardGranted(version=version, rank=rank, decision="5/QĐ-UBND"), agency)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (rewards("STC", 1), None),
        (rewards("SNV", 2), None),
        (rewards("STC", 2), "award.wrong_rank"),
        (rewards("STP", 3), "award.not_eligible"),
        (rewards("HC", 1), "award.not_eligible"),
        (rewards("STC", 1, version=0), "award.not_newest_version"),
        (rewards("STC", 1, version=2), "award.not_newest_version"),
        (rewards("STC", 1, who="secretariat"), "role.missing"),
    ],
)
def test_award_follows_from_rank_and_class(act: Act, rule: str | None) -> None:
    """High enough and good enough, of the published version: 79 is fair, though first (R37)."""
    published().when(act).then(refused(rule) if rule else admitted)


def test_award_needs_a_published_result() -> None:
    """Before there is a result nobody is rewarded, and an agency is rewarded once."""
    given(Phase.APPROVAL).when(rewards("STC", 1)).then(refused("phase.not_open"))
    story = published().given(rewards("STC", 1))
    assert story.standing.awards == {(ROUND, "STC"): Award(story.last_position, 1, 1)}
    story.when(rewards("STC", 1)).then(refused("award.already_granted", agency="STC"))


def upheld(story: Story, points: str) -> Story:
    """STP is given so many points in a dispute."""
    story.given(files(points, DISPUTE), accepts(DISPUTE))
    others = sorted(story.dispute("dispute-1").affected - {"STP"})
    story.given(notifies(*others, about=DISPUTE), names_reviewer(about=DISPUTE))
    story.given(finds_again(points, about=DISPUTE))
    return decide(story, ends(Outcome.ACCEPTED, points), DISPUTE)


def corrected(story: Story, points: str) -> Story:
    """STP is given so many points in a dispute, and the result is corrected."""
    return upheld(story, points).publish()


@pytest.mark.parametrize(("points", "moved"), [("50", ()), ("85", ()), ("89", ("SNV",)), ("95", ("SNV",))])
def test_award_whose_place_moved_is_flagged(points: str, moved: tuple[str, ...]) -> None:
    """A correction that takes a rewarded place away shows, and takes nothing away (R36)."""
    story = published().given(rewards("STC", 1), rewards("SNV", 2))
    before = dict(story.standing.awards)
    assert flagged(story.standing, ROUND) == ()
    corrected(story, points)
    assert flagged(story.standing, ROUND) == moved
    assert dict(story.standing.awards) == before


def test_place_is_that_of_the_published_version() -> None:
    """While a correction waits for its publication, what was published is what is rewarded."""
    story = upheld(published(), "95")
    story.when(rewards("STP", 1)).then(refused("award.wrong_rank", stated=1, rank=3))
    story.when(rewards("STC", 1)).then(admitted)


def test_new_award_is_for_the_corrected_version() -> None:
    """Who comes up is rewarded by the newest version, and only by that."""
    story = corrected(published(), "95")
    story.when(rewards("STP", 1)).then(refused("award.not_newest_version", newest=2))
    story.when(rewards("STP", 1, version=2)).then(admitted)


def test_flags_are_of_one_round() -> None:
    """Awards of another round are looked at there."""
    story = published().given(rewards("STC", 1))
    story.standing.awards["2017", "HC"] = Award(0, 1, 1)
    assert flagged(story.standing, ROUND) == ()
