"""The council meets with a quorum, in one meeting after the other, and moves what it is to decide (R25)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from domain.deadlines import Phase
from domain.stated.choices import Matter, Outcome
from domain.stated.council import (
    MeetingClosed,
    MeetingOpened,
    MotionPut,
)
from tests.domain.opining import agrees, asks, closes_when_over
from tests.domain.sitting import (
    CHAIR,
    JUDGED,
    adjourns,
    adjusts,
    carried,
    decide,
    meets,
    motion,
    moved_at,
    puts,
)
from tests.domain.specification import ROUND, Act, Story, admitted, refused, states
from tests.domain.stating import declares, notes
from tests.domain.test_opinions import all_in
from tests.domain.world import MEMBERS, QUORUM, given

CELL = "STC/A1.2"
DECISION = adjusts("1", "2")


def assembled(*present: str) -> Story:
    """The council has met over STC, whose A1.2 was verified at 1."""
    story = given(Phase.COUNCIL, declares(CELL, "1.5"), notes(CELL, "1"))
    return story.given(meets(story, *present))


def tabled(*present: str) -> Story:
    """It was moved that A1.2 be worth 2."""
    return puts(assembled(*present), DECISION, CELL)


# --- meetings -------------------------------------------------------------------------------------------


def opens(present: tuple[str, ...], about: str = "meeting-1", who: str = CHAIR) -> Act:
    """A meeting is opened."""
    return states(who, MeetingOpened(present=present), about)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (opens(QUORUM), None),
        (opens(QUORUM, who="secretariat"), None),
        (opens(("member-1", "member-2", "member-5")), None),
        (opens(QUORUM[:2]), "meeting.no_quorum"),
        (opens(()), "meeting.no_quorum"),
        (opens((*QUORUM, QUORUM[0])), "council.member_twice"),
        (opens(("authority", *QUORUM)), "council.not_a_member"),
        (opens(QUORUM, "meeting-2"), "meeting.not_next"),
        (opens(QUORUM, "meeting-0"), "meeting.not_next"),
        (opens(QUORUM, "first"), "meeting.not_next"),
        (opens(QUORUM, who="member-4"), "role.missing"),
        (opens(QUORUM, who="authority"), "role.missing"),
    ],
)
def test_meeting_opens_with_a_quorum_of_members(act: Act, rule: str | None) -> None:
    """Chair or secretariat open the next one; enough members are there, each once (R25)."""
    story = given(Phase.COUNCIL)
    story.when(act).then(refused(rule) if rule else admitted)
    assert story.round.meeting == (None if rule else "meeting-1")


def test_meetings_follow_each_other() -> None:
    """There are several in a round (R52), one at a time, each under its number."""
    story = assembled()
    story.when(meets(story)).then(refused("meeting.another_open", meeting="meeting-1"))
    story.given(adjourns(story)).when(opens(QUORUM)).then(refused("meeting.not_next", expected="meeting-2"))
    story.when(meets(story)).then(admitted)
    assert (story.round.meeting, story.round.meetings) == ("meeting-2", 2)
    assert story.standing.meetings[ROUND, "meeting-1"].closed is not None


def test_meeting_closes_with_the_number_of_its_motions() -> None:
    """What was moved is counted, whatever became of it; a meeting that is over is not closed again."""
    story = puts(tabled(), adjusts("0", "1"), "STC/A1.1")
    for wrong in (1, 3):
        closing = states(CHAIR, MeetingClosed(motions=wrong), "meeting-1")
        story.when(closing).then(refused("meeting.wrong_count", stated=wrong, expected=2))
    story.when(states("member-4", MeetingClosed(motions=2), "meeting-1")).then(refused("role.missing"))
    story.when(states("secretariat", MeetingClosed(motions=2), "meeting-1")).then(admitted)
    for name in ("meeting-1", "meeting-9"):
        closing = states(CHAIR, MeetingClosed(motions=2), name)
        story.when(closing).then(refused("meeting.not_open", meeting=name))


def test_everybody_can_be_present() -> None:
    """Members from the agency concerned may sit in the meeting; they take no part in its matters."""
    story = assembled(*MEMBERS)
    assert story.standing.meetings[ROUND, "meeting-1"].present == set(MEMBERS)
    decide(story, DECISION, CELL)


# --- motions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matter", "outcome", "points", "field"),
    [
        (Matter.ADJUSTMENT, None, "1", None),
        (Matter.ADJUSTMENT, None, None, "points"),
        (Matter.ADJUSTMENT, Outcome.ACCEPTED, "1", "outcome"),
        (Matter.BONUS, None, None, "points"),
        (Matter.DEDUCTION, None, None, "points"),
        (Matter.SPECIAL_CASE, None, "1", "outcome"),
        (Matter.SPECIAL_CASE, Outcome.REJECTED, None, None),
        (Matter.SPECIAL_CASE, Outcome.PARTLY, "1", None),
        (Matter.DISPUTE, None, "1", "outcome"),
        (Matter.WAIVER, None, None, None),
        (Matter.WAIVER, Outcome.ACCEPTED, None, "outcome"),
    ],
)
def test_motion_says_what_is_to_be_decided(
    matter: Matter, outcome: Outcome | None, points: str | None, field: str | None
) -> None:
    """Points where the matter is about points, an outcome where it has one, and no other (R31)."""
    body = MotionPut(
        meeting="meeting-1",
        matter=matter,
        category=JUDGED,
        outcome=outcome,
        points=None if points is None else Fraction(points),
    )
    expected = refused("motion.malformed", matter=matter, field=field) if field else admitted
    assembled().when(states(CHAIR, body, CELL)).then(expected)


@pytest.mark.parametrize(
    ("who", "present", "rule"),
    [
        ("member-1", (), None),
        ("member-2", (), "council.home_agency"),
        ("member-1", QUORUM, "meeting.not_present"),
        ("secretariat", (), "council.not_a_member"),
    ],
)
def test_member_who_is_present_moves(who: str, present: tuple[str, ...], rule: str | None) -> None:
    """Not the absent, not one from the agency concerned, not the secretariat."""
    act = states(who, motion(DECISION, "meeting-1"), CELL)
    assembled(*present).when(act).then(refused(rule) if rule else admitted)


def test_motion_is_put_in_a_meeting_that_is_going_on() -> None:
    """Before, after, or in a meeting that never was, nothing can be moved."""
    story = assembled()
    story.given(adjourns(story))
    for name in ("meeting-1", "meeting-2", ""):
        act = states(CHAIR, motion(DECISION, name), CELL)
        story.when(act).then(refused("meeting.not_open", meeting=name))


def test_one_motion_at_a_time_about_a_cell() -> None:
    """Another one waits until the first is decided or the meeting is over; other cells have their own."""
    story = tabled()
    first = moved_at(story, CELL)
    again = states(CHAIR, motion(adjusts("1", "1.5"), "meeting-1"), CELL)
    story.when(again).then(refused("motion.another_open", motion=first))
    story.when(states(CHAIR, motion(DECISION, "meeting-1"), "STC/A1.1")).then(admitted)
    fallen = story.branch()
    fallen.given(adjourns(fallen)).given(meets(fallen))
    fallen.when(states(CHAIR, motion(DECISION, "meeting-2"), CELL)).then(admitted)
    story.given(carried(story, DECISION, CELL)).when(again).then(admitted)


def test_opinions_that_were_asked_for_come_first() -> None:
    """While opinions are sealed or opened nothing is moved about the cell; once closed it is (R24)."""
    story = all_in()
    story.given(meets(story))
    act = states(CHAIR, motion(DECISION, "meeting-1"), CELL)
    story.when(act).then(refused("motion.opinions_open", criterion="A1.2"))
    story.given(closes_when_over()).when(act).then(admitted)
    untouched = assembled().given(agrees(), asks("STC/A1.1"))
    untouched.when(act).then(admitted)
