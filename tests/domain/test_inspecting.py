"""What a team finds: about agencies that are home to none of it, beside what was declared, never over it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from domain.deadlines import Phase
from domain.events import Body
from domain.scoring import Stage
from domain.stated.assessment import (
    EvidenceReturned,
    ExplanationRequested,
    ExplanationSubmitted,
    InspectionNoteAmended,
    InspectionNoteRecorded,
)
from domain.stated.choices import Quality
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.stating import amounts, declares, notes, submits
from tests.domain.world import forms, given, names_focal, seconds


def inspected(*acts: Act) -> Story:
    """STC has declared A1.2 and A1.3, and its team (T2: HC, LC) is at work."""
    declared = (declares("STC/A1.2", "2"), declares("STC/A1.3", done=8, planned=10))
    return given(Phase.SELF_ASSESSMENT, *declared).reach(Phase.INSPECTION).given(*acts)


def finds(body: Body, about: str = "STC/A1.2", who: str = "inspector-LC") -> Act:
    """A team member states something about a cell."""
    return states(who, body, about)


NOTE = InspectionNoteRecorded(quality=Quality.SOUND, points=Fraction(1))


def test_note_stands_beside_the_declared_score() -> None:
    """A verified score comes before the declared one and changes nothing of it (R12, R21)."""
    story = inspected().when(finds(NOTE)).then(admitted)
    assert (story.score("STC/A1.2").points, story.score("STC/A1.2").stage) == (Fraction(1), Stage.VERIFIED)
    declared = story.cell("STC/A1.2").declared
    assert declared is not None
    assert declared.points == 2


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (finds(NOTE, who="inspector-SNV"), "inspection.not_in_team"),
        (finds(NOTE, who="inspector-STC"), "inspection.home_agency"),
        (finds(NOTE, who="secretariat"), "inspection.not_in_team"),
        (finds(NOTE, "STP/A1.2"), "inspection.not_in_team"),
        (finds(NOTE, "STC/A1.1"), "inspection.nothing_declared"),
        (notes("STC/A1.2", "2.5"), "score.above_max"),
        (notes("STC/A1.3", "1"), "score.wrong_kind"),
        (notes("STC/A1.2", done=1, planned=1), "score.wrong_kind"),
        (notes("STC/A1.3", done=1), "quantities.wrong_names"),
        (notes("STC/A1.3", done=3, planned=2), "quantities.share_above_whole"),
        (finds(InspectionNoteRecorded(quality=Quality.SOUND)), "score.wrong_kind"),
        (
            finds(
                InspectionNoteRecorded(
                    quality=Quality.SOUND, points=Fraction(1), quantities=amounts(done=1, planned=1)
                )
            ),
            "score.wrong_kind",
        ),
    ],
)
def test_note_is_by_the_assigned_team_and_fits_the_rule(act: Act, rule: str) -> None:
    """A stranger, a note on nothing, or points where quantities make them: refused."""
    inspected().when(act).then(refused(rule))


def test_team_without_a_name_opens_no_door() -> None:
    """A team called nothing does not become the team of the agencies that have none."""
    nameless = (seconds("inspector-HV", "HV"), forms("", "inspector-HV"))
    story = given(Phase.SELF_ASSESSMENT, *nameless, names_focal("STP"), declares("STP/A1.2", "1")).reach(
        Phase.INSPECTION
    )
    story.when(finds(NOTE, "STP/A1.2", "inspector-HV")).then(refused("inspection.not_in_team"))


def test_note_is_recorded_once_and_amended_from_then_on() -> None:
    """A second note is refused; an amendment names the newest one and takes its place (R21)."""
    story = inspected(finds(NOTE))
    first = story.events[-1].position
    story.when(finds(NOTE)).then(refused("inspection.already_noted", note=first))
    amended = InspectionNoteAmended(amends=first, quality=Quality.INCOMPLETE, points=Fraction("0.5"))
    story.when(finds(amended)).then(admitted)
    assert story.score("STC/A1.2").points == Fraction("0.5")
    assert story.cell("STC/A1.2").notes == (first, first + 1)
    story.when(finds(amended)).then(refused("inspection.not_newest_note", newest=first + 1))


@pytest.mark.parametrize(
    ("body", "about", "rule"),
    [
        (InspectionNoteAmended(amends=0, quality=Quality.SOUND, points=Fraction(1)), "STC/A1.3", "-"),
        (InspectionNoteAmended(amends=1, quality=Quality.SOUND, points=Fraction(1)), "STC/A1.2", None),
    ],
)
def test_amendment_names_a_note(body: Body, about: str, rule: str | None) -> None:
    """There is nothing to amend in a cell without a note, or at another position."""
    newest = {} if rule is None else {"newest": rule}
    inspected(finds(NOTE)).when(finds(body, about)).then(refused("inspection.not_newest_note", **newest))


def test_amendment_fits_the_rule_and_the_team() -> None:
    """An amendment is held to the same as a note."""
    story = inspected(finds(NOTE))
    above = InspectionNoteAmended(amends=story.events[-1].position, quality=Quality.SOUND, points=Fraction(3))
    story.when(finds(above)).then(refused("score.above_max"))
    story.when(finds(above, who="inspector-CT")).then(refused("inspection.not_in_team"))


def test_evidence_is_handed_back_when_something_is_wrong() -> None:
    """A team returns submitted evidence that is incorrect or incomplete (R60)."""
    back = finds(EvidenceReturned(quality=Quality.INCORRECT))
    story = inspected().when(back).then(refused("evidence.none_submitted"))
    story.given(submits("STC/A1.2"))
    story.when(finds(EvidenceReturned(quality=Quality.SOUND))).then(refused("evidence.nothing_wrong"))
    story.when(finds(EvidenceReturned(quality=Quality.INCORRECT), who="head-STC")).then(
        refused("inspection.home_agency")
    )
    story.when(back).then(admitted)
    assert story.cell("STC/A1.2").returned == (story.events[-1].position,)


def test_agency_explains_about_a_note_of_the_cell() -> None:
    """The head explains a note that there is; each explanation is kept (R20)."""
    story = inspected(finds(NOTE))
    note = story.events[-1].position
    explains = states("head-STC", ExplanationSubmitted(about=note), "STC/A1.2")
    story.when(states("head-STC", ExplanationSubmitted(about=note), "STC/A1.3")).then(
        refused("explanation.no_such_note", note=note)
    )
    story.when(states("focal-STC", ExplanationSubmitted(about=note), "STC/A1.2")).then(
        refused("role.missing")
    )
    story.when(explains).then(admitted)
    assert story.cell("STC/A1.2").explained == (note + 1,)
    assert [report.phase for report in story.dossier("STC").reports] == [Phase.EXPLANATION]


def test_team_asks_for_an_explanation_about_a_note_of_the_cell() -> None:
    """Each question is kept; it is about something that the team noted there."""
    story = inspected(finds(NOTE))
    note = story.last_position
    question = ExplanationRequested(about=note)
    story.when(finds(question, "STC/A1.3")).then(refused("explanation.no_such_note", note=note))
    story.when(finds(question, who="secretariat")).then(refused("inspection.not_in_team"))
    story.when(finds(question, who="head-STC")).then(refused("inspection.home_agency"))
    for asked in ((note + 1,), (note + 1, note + 2)):
        story.when(finds(question)).then(admitted)
        assert story.cell("STC/A1.2").questions == asked


# --- shortcomings ---------------------------------------------------------------------------------------


def lacks(*codes: str) -> Act:
    """A team member notes what is missing, by the words of the criteria set."""
    return finds(InspectionNoteRecorded(quality=Quality.INCOMPLETE, points=Fraction(1), shortcomings=codes))


@pytest.mark.parametrize("codes", [(), ("NO_PLAN",), ("NO_DATE", "NO_PLAN")])
def test_note_names_shortcomings_of_the_set(codes: tuple[str, ...]) -> None:
    """What is found missing is named in the words of the round's set (R64)."""
    story = inspected().when(lacks(*codes)).then(admitted)
    assert story.cell("STC/A1.2").shortcomings == codes


def test_shortcoming_that_the_set_does_not_know_is_refused() -> None:
    """A new kind comes with a new version of the set, not by the way."""
    unknown = refused("shortcoming.unknown", stated="NO_STAMP", known="NO_PLAN, NO_DATE")
    story = inspected().when(lacks("NO_PLAN", "NO_STAMP")).then(unknown)
    story.given(lacks("NO_PLAN"))
    amended = InspectionNoteAmended(
        amends=story.last_position, quality=Quality.SOUND, points=Fraction(1), shortcomings=("NO_STAMP",)
    )
    story.when(finds(amended)).then(unknown)
    story.when(finds(replace(amended, shortcomings=()))).then(admitted)
    assert story.cell("STC/A1.2").shortcomings == ()
