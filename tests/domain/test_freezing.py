"""A dossier is frozen for the council: what goes into it waits until it is opened again, with a reason."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from domain.admission import RULES, admit
from domain.deadlines import Phase
from domain.events import CATALOGUE
from domain.stated.assessment import (
    DossierCompiled,
    DossierUnfrozen,
    ExplanationSubmitted,
    InspectionNoteAmended,
    SpecialCaseClaimed,
)
from domain.stated.choices import Quality, ReasonCategory
from tests.domain.opining import agrees, asks
from tests.domain.sitting import adjusts, moved
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.stating import declares, notes, submits
from tests.domain.whole_round import before, first_of_each_kind
from tests.domain.world import given

NOTED = (declares("STC/A1.2", "1.5"), notes("STC/A1.2", "1"))


def compiles(statements: int, who: str = "secretariat") -> Act:
    """The secretariat freezes STC's dossier."""
    return states(who, DossierCompiled(statements=statements), "STC")


def unfreezes(who: str = "secretariat") -> Act:
    """The secretariat opens STC's dossier again."""
    return states(who, DossierUnfrozen(category=ReasonCategory.EVIDENCE_OVERLOOKED), "STC")


def explained() -> Story:
    """STC's dossier before it is frozen."""
    return given(Phase.EXPLANATION, *NOTED)


def frozen() -> Story:
    """STC's dossier was frozen in time for explanations still to come."""
    story = explained()
    return story.given(compiles(story.statements("STC")))


def test_freeze_says_how_many_statements_it_holds() -> None:
    """Every statement about the agency is counted, whoever made it; a wrong count is refused (R23)."""
    story = explained()
    about = sum(e.agency == "STC" for e in story.events)
    assert story.statements("STC") == about
    for wrong in (about - 1, about + 1, -1):
        story.when(compiles(wrong)).then(refused("dossier.wrong_count", stated=wrong, expected=about))
    story.when(compiles(about, "head-STC")).then(refused("role.missing", role="SECRETARIAT"))
    story.when(compiles(about)).then(admitted)
    assert story.dossier("STC").compiled == story.last_position


def test_frozen_dossier_is_not_frozen_again() -> None:
    """A second freeze is refused, and so is opening what is open."""
    explained().when(unfreezes()).then(refused("dossier.not_frozen", agency="STC"))
    story = frozen()
    again = compiles(story.statements("STC"))
    story.when(again).then(refused("dossier.frozen", since=story.last_position))


@pytest.mark.parametrize(
    "act",
    [
        submits("STC/A1.2"),
        states("head-STC", SpecialCaseClaimed(), "STC/A1.2"),
        states(
            "inspector-HC",
            InspectionNoteAmended(amends=0, quality=Quality.SOUND, points=Fraction(1)),
            "STC/A1.2",
        ),
        states("head-STC", ExplanationSubmitted(about=0), "STC/A1.2"),
    ],
)
def test_nothing_goes_into_a_frozen_dossier(act: Act) -> None:
    """Evidence, claims, amendments and explanations wait; another agency's dossier is open."""
    story = frozen()
    since = story.dossier("STC").compiled
    assert since is not None
    story.when(act).then(refused("dossier.frozen", agency="STC", since=since))
    story.when(submits("HC/A1.2")).then(admitted)


CONTENTS = {kind.name for kind in CATALOGUE.values() if RULES[kind.body].contents}


@pytest.mark.parametrize("name", sorted(CONTENTS))
def test_every_kind_of_content_stops_at_a_freeze(name: str) -> None:
    """Whatever a dossier is made of is refused while it is frozen, each kind of it."""
    event = first_of_each_kind()[name]
    standing = before(event.position).fork()
    subject = (event.round or "", event.agency or "")
    standing.dossiers[subject] = replace(standing.dossier(*subject), compiled=7)
    assert admit(standing, event) == refused("dossier.frozen", agency=event.agency or "", since=7)


def test_contents_are_what_the_agency_and_its_inspectors_put_in() -> None:
    """Declarations, evidence, notes, explanations, claims and minutes are contents; requests need none."""
    assert {
        "SelfScoreDeclared.v1",
        "EvidenceSubmitted.v1",
        "InspectionNoteRecorded.v1",
        "ExplanationSubmitted.v1",
        "SpecialCaseClaimed.v1",
        "MinutesSigned.v1",
    } <= CONTENTS
    assert not CONTENTS & {"OpinionRequested.v1", "CouncilAdjustmentMade.v1", "DossierUnfrozen.v1"}


def test_dossier_is_opened_again_with_a_reason() -> None:
    """The reason is committed beside its category; then statements are taken, and it can be frozen anew."""
    story = frozen()
    bare = states("secretariat", unfreezes().body, "STC", texts=frozenset())
    story.when(bare).then(refused("text.missing", field="reason"))
    story.when(unfreezes("authority")).then(refused("role.missing", role="SECRETARIAT"))
    story.when(unfreezes()).then(admitted)
    story.when(submits("STC/A1.2")).then(admitted)
    story.when(compiles(story.statements("STC"))).then(admitted)


def test_council_works_on_a_frozen_dossier() -> None:
    """What the council states is no content of a dossier: it asks and decides about what is frozen."""
    story = frozen().given(agrees(), asks())
    assert story.cell("STC/A1.2").opinions is not None
    story = frozen()
    story.when(moved(story, adjusts("1", "2"), "STC/A1.2")).then(admitted)
