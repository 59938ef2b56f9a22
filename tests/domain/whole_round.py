"""One round from genesis to publication, short, in which every kind of event is stated at least once."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache

from domain.criteria import Block
from domain.deadlines import Phase
from domain.events import (
    AgencyClosed,
    AgencyRegistered,
    ApprovalProposed,
    BonusDecided,
    Concurrence,
    CouncilAdjustmentMade,
    DeadlineExtended,
    DeductionDecided,
    Event,
    EvidenceReturned,
    EvidenceSubmitted,
    ExplanationSubmitted,
    InitiativeClaimed,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    MinutesItem,
    MinutesSigned,
    OfficerTransferred,
    Outcome,
    Quality,
    ReasonCategory,
    ResultApproved,
    ResultPublished,
    Role,
    RoleEnded,
    SectorPolicyClaimed,
    SelfAssessmentSubmitted,
    SpecialCaseClaimed,
    SpecialCaseDecided,
    VerificationWaived,
)
from domain.standing import Standing
from tests.domain.specification import Story, fold, states
from tests.domain.world import (
    closes_wave,
    decides,
    declares,
    given,
    grants,
    inspector_of,
    names_focal,
    notes,
    remembers,
    tallies,
)


@cache
def _story() -> Story:
    story = given(Phase.PREPARATION)
    _registry_moves(story)
    _self_assessment(story)
    _inspection(story)
    _council(story)
    return story.given(
        states("secretariat", ApprovalProposed(version=1)),
        states("authority", ResultApproved(version=1)),
        states("secretariat", ResultPublished(version=1)),
    )


def whole_round() -> Story:
    """Tell the whole round; what is added to it stays with the caller."""
    return _story().branch()


@cache
def before(position: int) -> Standing:
    """Return what held before a position of the whole round; take a fork of it."""
    return fold(_story().events[:position])


def first_of_each_kind() -> dict[str, Event]:
    """Return the first event of each kind of the whole round, by the kind's name."""
    return {event.kind.name: event for event in reversed(_story().events)}


def _registry_moves(story: Story) -> None:
    story.given(
        states(
            "registrar-1",
            AgencyRegistered(
                code="VH",
                name_vi="Sở Văn hóa",
                name_en="Culture",
                block=Block.DEPARTMENT,
                since=date(2017, 1, 1),
            ),
        ),
        states("registrar-1", AgencyClosed(code="VH", until=date(2017, 6, 30))),
        states("registrar-1", OfficerTransferred(officer="inspector-HQ", home="STP")),
        grants("nobody", Role.AUDITOR),
        states("registrar-1", RoleEnded(officer="nobody", role=Role.AUDITOR)),
        names_focal("STP", deputy=False),
        remembers("STC", "60"),
    )


def _self_assessment(story: Story) -> None:
    story.given(
        declares("STC/A1.1", "1"),
        declares("STC/A1.2", "1.5"),
        declares("STC/A1.3", done=7, planned=10),
        declares("STC/A2.1", on_time=19, files=20),
        states("focal-STC", EvidenceSubmitted(serial="31/BC-STC"), "STC/A1.1"),
        states("head-STC", SpecialCaseClaimed(), "STC/A1.3"),
        states("head-STC", SectorPolicyClaimed(), "STC/A2.2"),
        states("head-STC", InitiativeClaimed(level="CITY", points=Fraction(2)), "STC/B1"),
        states("head-STC", SelfAssessmentSubmitted(declared=4), "STC"),
    )


def _inspection(story: Story) -> None:
    inspector = inspector_of("STC")
    story.given(
        states(
            inspector,
            EvidenceReturned(quality=Quality.INCOMPLETE),
            "STC/A1.1",
        ),
        notes("STC/A1.1", "0.5", quality=Quality.INCOMPLETE),
        notes("STC/A1.2", "1.5"),
        notes("STC/A1.3", done=7, planned=10),
    )
    note = story.last(InspectionNoteRecorded)
    amended = InspectionNoteAmended(
        amends=note, quality=Quality.SOUND, quantities={"done": Fraction(8), "planned": Fraction(10)}
    )
    story.given(
        states(inspector, amended, "STC/A1.3"),
        states("head-STC", ExplanationSubmitted(about=note), "STC/A1.3"),
        states("authority", DeadlineExtended(phase=Phase.EXPLANATION, due=date(2017, 3, 20))),
    )
    item = MinutesItem(
        criterion="A1.3", note=story.last(InspectionNoteAmended), concurrence=Concurrence.DISAGREED
    )
    minutes = MinutesSigned(team="T2", items=(item,))
    story.given(
        states((inspector, "head-STC"), minutes, "STC", texts=frozenset({"reservation"})),
        closes_wave("STAFF", 20),
        tallies("STC/A3.1", STAFF={"A": 8, "B": 4, "D": 4}),
    )


def _council(story: Story) -> None:
    special, bonus = story.last(SpecialCaseClaimed), story.last(InitiativeClaimed)
    judged = ReasonCategory.COUNCIL_JUDGED
    adjusted = CouncilAdjustmentMade(
        old_points=Fraction("1.5"),
        new_points=Fraction(2),
        category=ReasonCategory.FACTUAL_ERROR,
        references=(story.last(ExplanationSubmitted),),
        votes_for=3,
        votes_against=1,
        abstentions=1,
    )
    story.given(
        decides(
            SpecialCaseDecided(claim=special, outcome=Outcome.PARTLY, points=Fraction("1.25")), "STC/A1.3"
        ),
        decides(BonusDecided(claim=bonus, points=Fraction(1)), "STC/B1"),
        decides(DeductionDecided(points=Fraction("0.5"), category=judged, references=(special,)), "STC/D3"),
        decides(adjusted, "STC/A1.2"),
        decides(VerificationWaived(category=judged), "STC/A2.1"),
    )
