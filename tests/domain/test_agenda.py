"""The agenda: what members disagree on most comes first, as long as it has not been moved (R54)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from domain.agenda import Item, agenda
from domain.criteria import StatedRule
from domain.deadlines import Phase
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.opining import agrees, asks, closes_when_over, opens, seals
from tests.domain.sitting import adjourns, adjusts, decide, meets, puts
from tests.domain.specification import ROUND, Story
from tests.domain.world import QUORUM, given

ABLE = ("member-1", *QUORUM)


def opined(**points: tuple[str, ...]) -> Story:
    """Members have given opinions on these cells of STC and opened as many as there are points."""
    story = given(Phase.COUNCIL, agrees())
    for code, stated in points.items():
        opine(story, f"STC/{code.replace('_', '.')}", *stated)
    return story


def opine(story: Story, about: str, *stated: str) -> Story:
    """All four seal on a cell, the first ones open, and it is closed."""
    padded = (*stated, *["0"] * (len(ABLE) - len(stated)))
    story.given(asks(about), *(seals(m, p, about) for m, p in zip(ABLE, padded, strict=True)))
    opened = (opens(m, p, about) for m, p in zip(ABLE, stated, strict=False))
    return story.given(*opened, closes_when_over(about))


def codes(story: Story) -> list[str]:
    """The criteria on the agenda, in their order."""
    return [item.criterion for item in agenda(story.standing, ROUND)]


def test_widest_disagreement_comes_first() -> None:
    """How far opinions lie apart counts as a share of the maximum: 1 of 1 before 1 of 2; then by name."""
    story = opined(
        A1_2=("1", "2", "1.5", "1.5"),
        A1_1=("0", "1", "1", "1"),
        A1_3=("1", "1", "1", "1"),
        A1_4=("0.5", "1.5", "1", "1"),
    )
    assert codes(story) == ["A1.1", "A1.2", "A1.4", "A1.3"]


def test_item_says_what_was_given_opened_and_how_far_apart() -> None:
    """An opinion never opened is given, and void: it widens nothing."""
    (item,) = agenda(opined(A1_2=("0.5", "1.5")).standing, ROUND)
    assert item == Item("STC", "A1.2", Fraction(1, 2), 4, 2, Fraction(1, 2), Fraction(3, 2))
    (silent,) = agenda(opined(A1_2=()).standing, ROUND)
    assert silent == Item("STC", "A1.2", Fraction(0), 4, 4, None, None)


def test_cell_is_ready_when_opening_has_closed() -> None:
    """What is only asked for, sealed or opened is shown to nobody (R24)."""
    story = given(Phase.COUNCIL, agrees(), asks("STC/A1.2"))
    assert agenda(story.standing, ROUND) == ()
    story.given(*(seals(member) for member in ABLE), opens("member-3"))
    assert agenda(story.standing, ROUND) == ()
    story.given(closes_when_over())
    assert codes(story) == ["A1.2"]


def test_cell_leaves_the_agenda_when_its_meeting_is_over() -> None:
    """What was moved stays in sight while the meeting goes on, decided or not, and is done when it ends."""
    story = opined(A1_2=("0.5", "1.5"), A1_1=("0", "1"))
    story.given(meets(story))
    puts(story, adjusts("0", "1"), "STC/A1.1")
    decide(story, adjusts("0", "1"), "STC/A1.2")
    assert codes(story) == ["A1.1", "A1.2"]
    story.given(adjourns(story))
    assert codes(story) == []


@pytest.mark.parametrize("phase", [Phase.APPROVAL, Phase.PUBLISHED])
def test_council_that_has_risen_has_no_agenda(phase: Phase) -> None:
    """After its phase there is nothing to put."""
    story = opined(A1_2=("0.5", "1.5"))
    assert codes(story.reach(phase)) == []


def test_agenda_is_of_one_round() -> None:
    """Cells of another round do not come up."""
    story = opined(A1_2=("0.5", "1.5"))
    story.standing.rounds["2017"] = story.round
    assert agenda(story.standing, "2017") == ()


def test_criterion_worth_nothing_divides_nobody() -> None:
    """Where there are no points to be given the opinions lie nowhere apart."""
    nothing = criteria_set(criterion("A1.1", "0", StatedRule()), criterion("A1.2", "1", StatedRule()))
    story = given(Phase.COUNCIL, agrees(), criteria=nothing)
    opine(story, "STC/A1.1", "0", "0", "0", "0")
    (item,) = agenda(story.standing, ROUND)
    assert [item.spread, item.lowest, item.highest] == [Fraction(0)] * 3
