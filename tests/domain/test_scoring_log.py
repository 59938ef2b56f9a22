"""Rules that read the log: focal officers in time, entries on time, late reports, evidence never mended."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from domain.criteria import (
    Measure,
    StatedRule,
)
from domain.deadlines import Phase
from domain.scoring import Score, Stage
from domain.stated.assessment import (
    EvidenceReturned,
    FocalOfficerAssigned,
    InspectionNoteAmended,
    SelfAssessmentSubmitted,
    SpecialCaseClaimed,
)
from domain.stated.choices import Outcome, Quality
from tests.domain.rules import COUNT, FOCAL, late, out_of_four, parts, ratio, reads_log
from tests.domain.sitting import decide, settles
from tests.domain.specification import Act, Story, states
from tests.domain.stating import declares, inspector_of, notes, submits
from tests.domain.world import given, names_focal

DECLARING = Phase.SELF_ASSESSMENT


def test_focal_officer_is_in_time_until_the_self_assessment_opens() -> None:
    """Officer and deputy named in the preparation give the points and are named as their reason."""
    prepared = given(Phase.PREPARATION).score("STC/A2.4")
    opened = given(DECLARING)
    position = opened.dossier("STC").focal_position
    assert position is not None
    assert (
        prepared == opened.score("STC/A2.4") == Score(Fraction(1), Fraction(1), Stage.COMPUTED, (position,))
    )
    assert opened.score("STP/A2.4").points == 0
    late_named = opened.given(names_focal("STP")).score("STP/A2.4")
    assert late_named.points == 0
    assert late_named.positions == (opened.events[-1].position,)


@pytest.mark.parametrize(("delay", "points"), [(0, 1), (1, 0)])
def test_focal_officer_is_in_time_to_the_moment(delay: int, points: int) -> None:
    """Named at the very moment of the opening is in time; a microsecond later is not."""
    story = given(DECLARING)
    act, opened = names_focal("STP"), story.round.opened[DECLARING]
    story.given(states(act.who, act.body, act.about, arrived_at=opened + timedelta(microseconds=delay)))
    assert story.score("STP/A2.4").points == points


def test_focal_officer_without_deputy_is_not_enough() -> None:
    """Both must be named; an officer alone earns nothing, and there is no position to show."""
    alone = states("head-STP", FocalOfficerAssigned(officer="focal-STP"), "STP")
    score = given(Phase.PREPARATION, alone).score("STP/A2.4")
    assert score.points == 0
    assert score.positions == ()


ON_TIME = out_of_four(
    reads_log(Measure.ON_TIME_ENTRIES, Measure.REQUIRED_ENTRIES),
    ("A1.2", "2", StatedRule()),
    ("A1.3", "2", COUNT),
    ("A1.4", "2", StatedRule()),
)


def test_entries_on_time_are_counted_against_those_required() -> None:
    """One on time, one late and one missing of three: a third of the points."""
    acts = (declares("STC/A1.2", "1"), late(declares("STC/A1.3", n=1)))
    story = given(DECLARING, *acts, criteria=ON_TIME)
    assert story.score("STC/A1.1").points == Fraction(4, 3)
    story.given(late(declares("STC/A1.2", "2")))
    assert story.score("STC/A1.1").points == 0


def test_entry_out_of_the_denominator_is_not_required() -> None:
    """An accepted special case leaves two required entries, one of them on time."""
    claim = states("head-STC", SpecialCaseClaimed(), "STC/A1.4")
    story = given(Phase.COUNCIL, declares("STC/A1.2", "1"), claim, criteria=ON_TIME)
    decide(story, settles(story.last(SpecialCaseClaimed), Outcome.ACCEPTED), "STC/A1.4")
    assert story.score("STC/A1.1").points == 2


def test_nothing_required_is_nothing_on_time() -> None:
    """Where nothing has to be declared the share is zero, not an error."""
    only = out_of_four(reads_log(Measure.ON_TIME_ENTRIES, Measure.REQUIRED_ENTRIES))
    assert given(DECLARING, criteria=only).score("STC/A1.1").points == 0


def submitted(*, on_time: bool) -> Act:
    """The head submits an empty self-assessment."""
    act = states("head-STC", SelfAssessmentSubmitted(declared=0), "STC")
    return act if on_time else late(act)


@pytest.mark.parametrize(
    ("times", "each", "points"),
    [(0, "1.5", "0"), (1, "1.5", "1.5"), (3, "1.5", "4"), (0, None, "0"), (3, None, "4")],
)
def test_late_reports_are_counted_up_to_the_maximum(times: int, each: str | None, points: str) -> None:
    """So much a piece, or all for the first one; those on time do not count."""
    rule = reads_log(Measure.LATE_REPORTS, each=each)
    acts = [submitted(on_time=True), *[submitted(on_time=False)] * times]
    story = given(DECLARING, *acts, criteria=out_of_four(rule))
    score = story.score("STC/A1.1")
    assert score.points == Fraction(points)
    assert score.positions == tuple(e.position for e in story.events[len(story.events) - times :])


def flawed(*qualities: Quality, returned: bool) -> Story:
    """Evidence for A1.2, handed back or not, then a note and its amendments of these qualities."""
    story = given(DECLARING, submits("STC/A1.2"), declares("STC/A1.2", "1")).reach(Phase.INSPECTION)
    if returned:
        story.given(states(inspector_of("STC"), EvidenceReturned(quality=Quality.INCOMPLETE), "STC/A1.2"))
    for n, quality in enumerate(qualities):
        note = InspectionNoteAmended(amends=len(story.events) - 1, quality=quality, points=Fraction(1))
        amended = states(inspector_of("STC"), note, "STC/A1.2")
        story.given(amended if n else notes("STC/A1.2", "1", quality=quality))
    return story


@pytest.mark.parametrize(
    ("qualities", "returned", "points"),
    [
        ((Quality.INCOMPLETE,), True, "0.25"),
        ((Quality.INCORRECT,), True, "0.25"),
        ((Quality.INCORRECT,), False, "0"),
        ((Quality.SOUND,), True, "0"),
        ((Quality.INCORRECT, Quality.SOUND), True, "0"),
        ((Quality.SOUND, Quality.INCOMPLETE), True, "0.25"),
        ((), True, "0"),
    ],
)
def test_flawed_evidence_is_what_was_handed_back_and_not_mended(
    qualities: tuple[Quality, ...], returned: bool, points: str
) -> None:
    """Evidence costs points if it is still wrong after a reminder."""
    story = flawed(*qualities, returned=returned)
    score = story.score("STC/D2")
    assert score.points == Fraction(points)
    assert score.positions == ((story.events[-1].position,) if score.points else ())


def test_log_and_quantities_may_stand_in_one_sum() -> None:
    """A part that reads the log waits, like the others, for what has to be declared."""
    mixed = parts(("1", FOCAL), ("3", ratio()))
    story = given(DECLARING, criteria=out_of_four(mixed))
    assert story.score("STC/A1.1") == Score(Fraction(0), Fraction(4), Stage.MISSING)
    score = story.given(declares("STC/A1.1", a=1, b=2)).score("STC/A1.1")
    assert (score.points, score.stage) == (Fraction("2.5"), Stage.DECLARED)
    assert score.positions == (story.events[-1].position, story.dossier("STC").focal_position)


def test_sum_of_what_the_log_says_needs_no_declaration() -> None:
    """Where all parts read the log the points are there at once."""
    story = given(
        DECLARING, criteria=out_of_four(parts(("1", FOCAL), ("3", reads_log(Measure.LATE_REPORTS))))
    )
    score = story.score("STC/A1.1")
    assert (score.points, score.stage) == (Fraction(1), Stage.COMPUTED)
