"""Minutes are signed by both sides, item by item, and a disagreement says why."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain.stated.assessment import InspectionNoteAmended, MinutesItem, MinutesSigned
from domain.stated.choices import Concurrence, Quality, Role
from domain.stated.registry import OfficerTransferred
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.test_inspecting import NOTE, finds, inspected
from tests.domain.world import grants

BOTH = ("inspector-HC", "head-STC")


def item(note: int, concurrence: Concurrence = Concurrence.AGREED, criterion: str = "A1.2") -> MinutesItem:
    """One item of the minutes."""
    return MinutesItem(criterion=criterion, note=note, concurrence=concurrence)


def signs(*items: MinutesItem, who: tuple[str, ...] = BOTH, team: str = "T2", **unusual: Any) -> Act:
    """Minutes are signed."""
    return states(who, MinutesSigned(team=team, items=items), "STC", **unusual)


def noted() -> tuple[Story, int]:
    """One note has been recorded; its position."""
    story = inspected(finds(NOTE))
    return story, story.events[-1].position


def test_minutes_are_signed_by_leader_and_head() -> None:
    """Both signatures, in either order, make the minutes (R22)."""
    story, note = noted()
    for who in (BOTH, BOTH[::-1]):
        story.branch().when(signs(item(note), who=who)).then(admitted)
    story.given(signs(item(note)))
    assert story.dossier("STC").minutes == story.events[-1].position


@pytest.mark.parametrize(
    "who",
    [
        BOTH[:1],
        BOTH[1:],
        ("inspector-LC", "head-STC"),
        ("inspector-HC", "head-SNV"),
        ("inspector-HC", "focal-STC"),
        (*BOTH, "inspector-LC"),
    ],
)
def test_minutes_need_both_signatures_and_no_other(who: tuple[str, ...]) -> None:
    """One side alone, or anybody in its place or beside it, makes no minutes."""
    story, note = noted()
    story.when(signs(item(note), who=who)).then(
        refused("minutes.both_signatures_needed", leader="inspector-HC")
    )


def test_one_person_does_not_sign_for_both_sides() -> None:
    """A leader who heads the agency too needs its other head beside them, not a bystander."""
    story, note = noted()
    story.given(grants("inspector-HC", Role.AGENCY_HEAD, "STC"))
    for other in ("inspector-LC", "focal-STC"):
        story.when(signs(item(note), who=("inspector-HC", other))).then(
            refused("minutes.both_signatures_needed")
        )
    story.when(signs(item(note))).then(admitted)


@pytest.mark.parametrize("team", ["T1", "T9", ""])
def test_minutes_are_of_the_team_that_inspects(team: str) -> None:
    """Another team, or one that does not exist, signs no minutes of this agency."""
    story, note = noted()
    story.when(signs(item(note), team=team)).then(refused("inspection.not_in_team"))


def test_minutes_need_a_leader_from_another_agency() -> None:
    """A leader who was transferred to the agency signs no minutes about it (R18)."""
    story, note = noted()
    story.given(states("registrar-1", OfficerTransferred(officer="inspector-HC", home="STC")))
    story.when(signs(item(note))).then(refused("inspection.home_agency", actor="inspector-HC"))


def test_minutes_have_items_each_once_about_the_newest_note() -> None:
    """Empty minutes, a doubled item, a note that was amended or never was: refused."""
    story, note = noted()
    story.when(signs()).then(refused("minutes.item_twice_or_none", items=0))
    story.when(signs(item(note), item(note))).then(refused("minutes.item_twice_or_none", items=2))
    story.when(signs(item(note, criterion="A1.3"))).then(refused("minutes.not_newest_note"))
    story.when(signs(item(note, criterion="XX"))).then(refused("minutes.not_newest_note"))
    amended = InspectionNoteAmended(amends=note, quality=Quality.SOUND, points=Fraction(2))
    story.given(finds(amended)).when(signs(item(note))).then(refused("minutes.not_newest_note", note=note))
    story.when(signs(item(note + 1))).then(admitted)


def test_disagreement_says_why() -> None:
    """An item without concurrence needs the words of the reservation; with them it is signed."""
    story, note = noted()
    disagreed = item(note, Concurrence.DISAGREED)
    story.when(signs(disagreed)).then(refused("text.missing", field="reservation"))
    story.when(signs(disagreed, texts=frozenset({"reservation"}))).then(admitted)
