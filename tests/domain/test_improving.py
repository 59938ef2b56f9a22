"""What an agency promises to mend after an inspection, and what it reports as kept (R57)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.deadlines import Phase
from domain.dossiers import Promise
from domain.stated.assessment import ImprovementCommitted, ImprovementReported
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.stating import notes
from tests.domain.test_inspecting import NOTE, finds, inspected

DUE = date(2017, 12, 31)


def noted() -> tuple[Story, int]:
    """A note was recorded on STC's A1.2; its position."""
    story = inspected(finds(NOTE))
    return story, story.last_position


def promises(note: int, about: str = "STC/A1.2", who: str = "head-STC") -> Act:
    """The head promises to mend what a note found."""
    return states(who, ImprovementCommitted(about=note, due=DUE), about)


def reports(promise: int, about: str = "STC/A1.2", who: str = "head-STC") -> Act:
    """The head reports a promise as kept."""
    return states(who, ImprovementReported(commitment=promise), about)


@pytest.mark.parametrize(
    ("offset", "about", "who", "rule"),
    [
        (0, "STC/A1.2", "head-STC", None),
        (0, "STC/A1.2", "focal-STC", "role.missing"),
        (0, "STC/A1.2", "head-SNV", "agency.other_agency"),
        (0, "STC/A1.3", "head-STC", "explanation.no_such_note"),
        (-1, "STC/A1.2", "head-STC", "explanation.no_such_note"),
    ],
)
def test_promise_is_about_a_note_of_the_cell(offset: int, about: str, who: str, rule: str | None) -> None:
    """The head promises, about something that was found there."""
    story, note = noted()
    story.when(promises(note + offset, about, who)).then(refused(rule) if rule else admitted)


def test_promise_is_kept_in_sight_until_it_is_reported() -> None:
    """Several can be open; each is reported once, by the head, also after the result."""
    story, note = noted()
    story.given(promises(note), promises(note))
    first, second = story.last_position - 1, story.last_position
    assert story.cell("STC/A1.2").promises == (Promise(first, DUE), Promise(second, DUE))
    story.given(notes("STC/A1.3", done=8, planned=10)).reach(Phase.PUBLISHED)
    story.when(reports(note)).then(refused("improvement.unknown", commitment=note))
    story.when(reports(first, "STC/A1.3")).then(refused("improvement.unknown"))
    story.when(reports(first, who="focal-STC")).then(refused("role.missing"))
    story.when(reports(first)).then(admitted)
    kept = story.last_position
    assert story.cell("STC/A1.2").promises == (Promise(first, DUE, kept), Promise(second, DUE))
    story.when(reports(first)).then(refused("improvement.already_reported", commitment=first))
    story.when(reports(second)).then(admitted)
