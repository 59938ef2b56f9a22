"""Filing a dispute: by the head, in time, on a ground, over a published cell; and whom it could move."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from domain.criteria import StatedRule
from domain.deadlines import Phase
from domain.stated.assessment import SpecialCaseClaimed
from domain.stated.choices import Ground, Outcome, Path, Step
from tests.domain.contesting import CELL, accepts, files, published, withdraws
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.sitting import decide, deducts, rewards, settles
from tests.domain.specification import ZONE, Act, admitted, refused, states
from tests.domain.stating import claims_bonus, declares, notes
from tests.domain.world import given

TOO_LATE = {
    Path.REVIEW_REQUEST: datetime(2017, 8, 16, tzinfo=ZONE),
    Path.STATUTORY_COMPLAINT: datetime(2017, 10, 31, tzinfo=ZONE),
}
"""Ten working days, and ninety days, after the publication on the first of August."""
SECOND = timedelta(seconds=1)


# --- who, what and why ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize("ground", [g for g in Ground if g is not Ground.DIFFERENCE_OF_OPINION])
def test_head_contests_a_cell_on_a_ground(path: Path, ground: Ground) -> None:
    """On either path, for a clear error, overlooked evidence, a misapplied rule, procedure or a conflict."""
    story = published().when(files(path=path, ground=ground)).then(admitted)
    found = story.dispute("dispute-1")
    assert (found.path, found.ground, found.claimed, found.by) == (path, ground, Fraction(2), "head-STC")
    assert (found.late, found.open, found.filed) == (False, True, story.last_position)
    assert story.cell(CELL).dispute == "dispute-1"
    assert story.score(CELL).points == 1


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (files(who="focal-STC"), refused("role.missing", role="AGENCY_HEAD")),
        (files(who="nobody"), refused("role.missing")),
        (files(who="head-SNV"), refused("agency.other_agency", agency="STC")),
        (
            files(ground=Ground.DIFFERENCE_OF_OPINION),
            refused("dispute.difference_of_opinion"),
        ),
        (files(version=0), refused("dispute.not_newest_version", stated=0, newest=1)),
        (files(version=2), refused("dispute.not_newest_version", stated=2, newest=1)),
        (files("2.5"), refused("score.above_max", stated="2.5", maximum="2")),
        (files("1"), refused("dispute.claims_nothing", points="1")),
        (files(about="STC/A1.2/case-1"), refused("dispute.name_taken", dispute="case-1")),
        (files(about="STC/A3.3/dispute-1"), refused("criterion.not_applicable")),
        (files(texts=frozenset()), refused("text.missing", field="grounds")),
    ],
)
def test_filing_is_refused_where_there_is_nothing_to_contest(act: Act, refusal: Any) -> None:
    """By a focal officer, against another agency's cell, for another opinion, or without a claim: refused."""
    published().when(act).then(refusal)


def test_nobody_files_on_the_heads_behalf() -> None:
    """Contesting is done in person."""
    story = published()
    act = files(who="deputy-STC", on_behalf_of="head-STC", delegation="ffffffff")
    story.when(act).then(refused("delegation.not_delegable", type="DisputeFiled.v1"))


def test_result_must_be_published() -> None:
    """Before there is a result there is nothing to contest."""
    given(Phase.APPROVAL).when(files(version=0)).then(refused("phase.not_open", allowed="PUBLISHED"))


def test_cell_is_contested_once() -> None:
    """A second dispute over the cell is refused, under any name, open or decided; its name is taken too."""
    story = published().given(files())
    story.when(files(about="STC/A1.2/dispute-2")).then(refused("dispute.already_filed", dispute="dispute-1"))
    story.when(files()).then(refused("dispute.name_taken", dispute="dispute-1"))
    story.when(files("1", about="SNV/A1.1/dispute-1")).then(refused("dispute.name_taken"))
    story.when(files("1", about="SNV/A1.1/dispute-2")).then(admitted)
    story.when(files("1", about="STC/A1.1/dispute-3")).then(admitted)


def test_withdrawn_dispute_can_be_filed_again() -> None:
    """Under another name, while there is time."""
    story = published().given(files(), withdraws())
    story.when(files(about="STC/A1.2/dispute-2")).then(admitted)
    assert story.cell(CELL).dispute == "dispute-2"


def test_excluded_cell_has_no_points_to_contest() -> None:
    """What was accepted as a special case is out of the denominator."""
    story = given(Phase.COUNCIL, states("head-STC", SpecialCaseClaimed(), CELL))
    decide(story, settles(story.cell(CELL).special_claim, Outcome.ACCEPTED), CELL).reach(Phase.PUBLISHED)
    story.when(files()).then(refused("criterion.not_adjusted", criterion="A1.2"))


def test_deductions_and_bonus_are_contested_too() -> None:
    """What was taken off, and what was given for an initiative, is a cell like any other."""
    story = given(Phase.COUNCIL, claims_bonus("STC/B1", "2"))
    decide(story, rewards(story.cell("STC/B1").bonus_claim, "1"), "STC/B1")
    decide(story, deducts("2"), "STC/D3").reach(Phase.PUBLISHED)
    story.when(files("2", "STC/B1/dispute-1")).then(admitted)
    story.when(files("0", "STC/D3/dispute-2")).then(admitted)


# --- in time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize(("beyond", "late"), [(-SECOND, False), (timedelta(0), True), (SECOND, True)])
def test_lateness_is_computed_from_the_arrival(path: Path, beyond: timedelta, late: bool) -> None:
    """One second decides, by when the first byte came, and before anything else is."""
    story = published().when(files(path=path, arrived_at=TOO_LATE[path] + beyond)).then(admitted)
    found = story.dispute("dispute-1")
    assert (found.late, found.open) == (late, not late)
    story.when(accepts()).then(refused("dispute.out_of_time", dispute="dispute-1") if late else admitted)


def test_late_dispute_bars_no_path_that_is_still_open() -> None:
    """Too late for a review, the cell can be contested by a complaint within its own time."""
    story = published().given(files(arrived_at=TOO_LATE[Path.REVIEW_REQUEST]))
    complaint = files(about="STC/A1.2/dispute-2", path=Path.STATUTORY_COMPLAINT)
    story.when(complaint).then(admitted)
    assert story.dispute("dispute-2").open


def test_correction_starts_no_clock_for_what_it_leaves_alone() -> None:
    """A cell that the first version showed is contested within the time of the first version."""
    story = published()
    story.standing.rounds["2016"] = replace(story.round, corrected=1)
    story.now = datetime(2017, 8, 30, 8, tzinfo=ZONE)
    story.publish().when(files(version=1)).then(refused("dispute.not_newest_version", newest=2))
    story.when(files(version=2)).then(admitted)
    assert story.dispute("dispute-1").late


def test_step_without_a_timer_has_no_end() -> None:
    """Only what the round gives a clock runs out: hearing has none here."""
    found = published().round
    assert found.due_after(Path.REVIEW_REQUEST, Step.HEAR, TOO_LATE[Path.REVIEW_REQUEST]) is None


# --- materiality ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "affected"),
    [
        ("2", {"STC", "SNV"}),
        ("1.5", {"STC"}),
        ("1.25", set()),
        ("0", set()),
    ],
)
def test_whose_rank_could_move_is_replayed_at_filing(claimed: str, affected: set[str]) -> None:
    """STC passes SNV with 2, shares the first rank with 1.5, and stays second with less."""
    story = published().given(files(claimed))
    assert story.dispute("dispute-1").affected == affected


def test_falling_behind_moves_the_others() -> None:
    """Who claims less than it has lets another one pass."""
    story = published().given(files("0.5", "SNV/A1.2/dispute-1"))
    assert story.dispute("dispute-1").affected == {"SNV", "STC"}


def test_class_counts_as_a_move_too() -> None:
    """A rank may stay while the class does not: from 79 to 80 an agency is good."""
    hundred = criteria_set(criterion("A1.1", "100", StatedRule()))
    story = given(
        Phase.SELF_ASSESSMENT, declares("STC/A1.1", "79"), notes("STC/A1.1", "79"), criteria=hundred
    ).reach(Phase.PUBLISHED)
    for claimed, affected in (("79.5", set()), ("80", {"STC"})):
        trial = story.branch().given(files(claimed, "STC/A1.1/dispute-1"))
        assert trial.dispute("dispute-1").affected == affected


def test_replay_changes_nothing() -> None:
    """Looking at what could be leaves everything as it is."""
    story = published()
    before = [story.card(agency) for agency in ("SNV", "STC", "STP")]
    story.given(files())
    assert [story.card(agency) for agency in ("SNV", "STC", "STP")] == before
