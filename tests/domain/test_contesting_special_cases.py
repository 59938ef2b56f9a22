"""Contesting the decision about a special case: what is claimed is to be out of the denominator."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain import ranking
from domain.criteria import StatedRule
from domain.deadlines import Phase
from domain.events import kind_of, read_body
from domain.scoring import Flag
from domain.shapes import write
from domain.standing import Standing
from domain.stated.assessment import SpecialCaseClaimed
from domain.stated.choices import Ground, Outcome, Path
from domain.stated.disputes import DisputeFiled
from tests.domain.contesting import (
    CELL,
    DISPUTE,
    accepts,
    ends,
    files,
    finds_again,
    is_heard,
    names_reviewer,
    notifies,
    withdraws,
)
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.sitting import decide, moved, settles
from tests.domain.specification import ROUND, Story, admitted, fold, refused, states
from tests.domain.stating import declares, notes
from tests.domain.world import given


def decided_case(outcome: Outcome = Outcome.REJECTED, points: str | None = None) -> Story:
    """SNV is first with 1.5 for A1.2; STC has 1, and the council decided its special case; published."""
    before = (declares("SNV/A1.2", "1.5"), declares(CELL, "1.5"), notes("SNV/A1.2", "1.5"), notes(CELL, "1"))
    claimed = states("head-STC", SpecialCaseClaimed(), CELL)
    story = given(Phase.SELF_ASSESSMENT, *before, claimed).reach(Phase.COUNCIL)
    return decide(story, settles(claim_of(story), outcome, points), CELL).reach(Phase.PUBLISHED)


def claim_of(story: Story) -> int:
    """Return the position of STC's claim."""
    return story.cell(CELL).special_claim or 0


def contested_case(story: Story) -> Story:
    """STC contests the decision; it was taken up, everybody was told and heard, and it was looked at anew."""
    story.given(files(None, special_case=claim_of(story)), accepts())
    others = sorted(story.dispute("dispute-1").affected - {"STC"})
    story.given(notifies(*others), *map(is_heard, others), names_reviewer(), finds_again("1"))
    return story


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.PARTLY])
def test_decision_about_a_special_case_is_contested(outcome: Outcome) -> None:
    """Rejected, or accepted in part only, it can be claimed whole: without points, by naming the claim."""
    story = decided_case(outcome, "1.25" if outcome is Outcome.PARTLY else None)
    claim, before = claim_of(story), story.card("STC")
    story.when(files(None, special_case=claim)).then(admitted)
    found = story.dispute("dispute-1")
    assert (found.claimed, found.special_case, found.late, found.open) == (None, claim, False, True)
    assert story.card("STC") == before


@pytest.mark.parametrize(
    ("claimed", "which", "refusal"),
    [
        (None, None, refused("dispute.malformed_claim")),
        ("2", 0, refused("dispute.malformed_claim")),
        (None, 1, refused("dispute.no_such_decision")),
    ],
)
def test_one_thing_is_claimed(claimed: str | None, which: int | None, refusal: Any) -> None:
    """Points or a special case, not both and not neither; and no other claim than the cell's own."""
    story = decided_case()
    special_case = None if which is None else claim_of(story) + which
    story.when(files(claimed, special_case=special_case)).then(refusal)


def test_case_that_nobody_decided_is_not_contested() -> None:
    """Where the council has not decided a claim there is no decision; nor where nothing was claimed."""
    story = given(Phase.SELF_ASSESSMENT, states("head-STC", SpecialCaseClaimed(), CELL))
    claim = claim_of(story)
    story.reach(Phase.PUBLISHED)
    act = files(None, special_case=claim)
    story.when(act).then(refused("dispute.no_such_decision", claim=claim))
    other = files(None, "STC/A1.1/dispute-1", special_case=claim)
    story.when(other).then(refused("dispute.no_such_decision", claim=claim))


def test_accepted_case_has_nothing_more_to_claim() -> None:
    """What is out of the denominator already is not contested."""
    story = decided_case(Outcome.ACCEPTED)
    act = files(None, special_case=claim_of(story))
    story.when(act).then(refused("criterion.not_adjusted", criterion="A1.2"))


def test_materiality_is_replayed_without_the_criterion() -> None:
    """Whose rank could move is what would be another one if the criterion did not count for the agency."""
    two = criteria_set(criterion("A1.1", "10", StatedRule()), criterion("A1.2", "10", StatedRule()))
    points = {"SNV/A1.1": "6", "SNV/A1.2": "6", "STC/A1.1": "10", CELL: "0"}
    before = (
        *(declares(about, stated) for about, stated in points.items()),
        *(notes(about, stated) for about, stated in points.items()),
    )
    claimed = states("head-STC", SpecialCaseClaimed(), CELL)
    story = given(Phase.SELF_ASSESSMENT, *before[:4], claimed, *before[4:], criteria=two).reach(Phase.COUNCIL)
    decide(story, settles(claim_of(story), Outcome.REJECTED), CELL).reach(Phase.PUBLISHED)
    upheld = contested_case(story.branch())
    affected = upheld.dispute("dispute-1").affected
    before_it = _standing(upheld)
    decide(upheld, ends(Outcome.ACCEPTED), DISPUTE)
    assert affected == {a for a, its in _standing(upheld).items() if its != before_it[a]}
    assert affected == {"STC", "SNV"}


def _standing(story: Story) -> dict[str, tuple[int, str]]:
    """Rank and class of each agency of the block."""
    cards = [story.card(agency) for agency in ("SNV", "STC", "STP")]
    return {p.card.agency: (p.rank, p.card.rating) for p in ranking.rank(story.round.criteria, cards)}


@pytest.mark.parametrize(
    ("outcome", "points", "counts", "score", "corrected"),
    [
        (Outcome.ACCEPTED, None, False, Fraction(0), 1),
        (Outcome.PARTLY, "1.75", True, Fraction("1.75"), 1),
        (Outcome.REJECTED, None, True, Fraction(1), 0),
    ],
)
def test_upheld_takes_the_criterion_out(
    outcome: Outcome, points: str | None, counts: bool, score: Fraction, corrected: int
) -> None:
    """Upheld is out of the denominator, partly changes points, rejected nothing; what moves is corrected."""
    story = contested_case(decided_case())
    before = story.round.versions
    story.when(moved(story, ends(outcome, points), DISPUTE)).then(admitted)
    found = story.score(CELL)
    assert (found.counts, found.points) == (counts, score)
    assert (Flag.SPECIAL_CASE in found.flags) is not counts
    assert story.cell(CELL).excluded == (None if counts else story.last_position)
    assert (story.dispute("dispute-1").outcome, story.round.corrected) == (outcome, corrected)
    assert story.round.versions == before


@pytest.mark.parametrize(
    ("outcome", "points", "refusal"),
    [
        (Outcome.ACCEPTED, "2", refused("claim.points_mismatch", outcome=Outcome.ACCEPTED)),
        (Outcome.PARTLY, None, refused("claim.points_mismatch", outcome=Outcome.PARTLY)),
        (Outcome.PARTLY, "1", refused("dispute.changes_nothing", points="1")),
        (Outcome.PARTLY, "2.5", refused("score.above_max", maximum="2")),
        (Outcome.REJECTED, "1", refused("claim.points_mismatch", outcome=Outcome.REJECTED)),
    ],
)
def test_decision_fits_what_was_claimed(outcome: Outcome, points: str | None, refusal: Any) -> None:
    """A special case that is upheld comes without points; in part, with others than those that stand."""
    story = contested_case(decided_case())
    story.when(moved(story, ends(outcome, points), DISPUTE)).then(refusal)


def test_upheld_case_is_published_as_a_next_version() -> None:
    """The first version stays as it was; the second one has the criterion out of the denominator."""
    story = contested_case(decided_case())
    decide(story, ends(Outcome.ACCEPTED), DISPUTE).publish()
    first, second = story.round.versions
    key = f"{ROUND}/{CELL}"
    cells = [dict(item.value) for v in (first, second) for item in v.state if item.key == key]
    assert [cell["counts"] for cell in cells] == ["true", "false"]
    assert cells[1]["flags"] == "SPECIAL_CASE"
    assert second.results["STC"].total == story.card("STC").total


def test_withdrawn_case_can_be_contested_again() -> None:
    """It was filed for a special case, and may be filed again for points."""
    story = decided_case()
    story.given(files(None, special_case=claim_of(story)), withdraws())
    story.when(files("2", "STC/A1.2/dispute-2")).then(admitted)


def test_decision_stands_without_its_filing() -> None:
    """With the filing left out of the fold the council's decision is still an act of its own."""
    story = contested_case(decided_case())
    decide(story, ends(Outcome.ACCEPTED), DISPUTE)
    rest: Standing = fold([e for e in story.events if not isinstance(e.body, DisputeFiled)])
    assert not rest.disputes
    assert rest.cell(ROUND, "STC", "A1.2").excluded == story.cell(CELL).excluded


def test_filing_for_points_is_written_as_it_always_was() -> None:
    """A body with points and without a special case reads and writes the same, field for field."""
    body = {"path": "REVIEW_REQUEST", "ground": "FACTUAL_ERROR", "version": 1, "claimed": "2"}
    read = read_body(kind_of("DisputeFiled.v1"), body)
    assert read == DisputeFiled(
        path=Path.REVIEW_REQUEST, ground=Ground.FACTUAL_ERROR, version=1, claimed=Fraction(2)
    )
    assert write(read) == body
