"""One round from genesis to a corrected result, in which every kind of event is stated at least once."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache

from domain.criteria import Block
from domain.deadlines import Phase
from domain.events import Event
from domain.standing import Standing
from domain.stated.assessment import (
    AwardGranted,
    CriteriaFeedbackSubmitted,
    DelegationEnded,
    DelegationGranted,
    DossierCompiled,
    DossierUnfrozen,
    EvidenceRequested,
    EvidenceReturned,
    EvidenceReused,
    EvidenceSubmitted,
    ExplanationRequested,
    ExplanationSubmitted,
    GuidanceReceived,
    ImprovementCommitted,
    ImprovementReported,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    MinutesItem,
    MinutesSigned,
    QuestionAsked,
    SectorPolicyClaimed,
    SelfAssessmentSubmitted,
    SpecialCaseClaimed,
)
from domain.stated.choices import Choice, Concurrence, ErasureCategory, Outcome, Quality, ReasonCategory, Role
from domain.stated.council import DissentRecorded, MotionPut, RecusalDeclared, RemarkMade
from domain.stated.registry import (
    AgencyClosed,
    AgencyMerged,
    AgencyRegistered,
    AgencyRenamed,
    OfficerTransferred,
    RoleEnded,
)
from domain.stated.rounds import (
    DeadlineExtended,
    FeedbackAnswered,
    GuidanceIssued,
    QuestionAnswered,
    ReviewConferenceHeld,
)
from tests.domain.attesting import attests, confirms
from tests.domain.contesting import (
    accepts,
    ends,
    files,
    finds_again,
    is_heard,
    names_reviewer,
    notifies,
    withdraws,
)
from tests.domain.erasing import erases, name_of
from tests.domain.opining import agrees, asks, closes_when_over, opens, seals
from tests.domain.sitting import (
    adjourns,
    adjusts,
    carried,
    decide,
    deducts,
    puts,
    rewards,
    settles,
    votes,
    waives,
)
from tests.domain.specification import Story, fold, states
from tests.domain.stating import (
    claims_bonus,
    declares,
    holds_wave,
    inspector_of,
    notes,
    remembers,
    submits,
    tallies,
)
from tests.domain.world import QUORUM, given, grants, names_focal


@cache
def _story() -> Story:
    story = given(Phase.PREPARATION)
    for chapter in (
        _registry_moves,
        _preparation,
        _self_assessment,
        _inspection,
        _minutes,
        _opinions,
        _decisions,
        _publication,
        _dispute,
    ):
        chapter(story)
    return story


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


# --- before scoring -------------------------------------------------------------------------------------


def _registry_moves(story: Story) -> None:
    new = {"block": Block.DEPARTMENT, "since": date(2017, 1, 1)}
    for code in ("VH", "TTT"):
        body = AgencyRegistered(code=code, name_vi=f"Sở {code}", name_en=code, **new)  # type: ignore[arg-type]
        story.given(states("registrar-1", body))
    renamed = AgencyRenamed(code="VH", name_vi="Sở Văn hóa", name_en="Culture", since=date(2017, 2, 1))
    story.given(
        states("registrar-1", renamed),
        states("registrar-1", AgencyMerged(code="TTT", into="VH", until=date(2017, 5, 31))),
        states("registrar-1", AgencyClosed(code="VH", until=date(2017, 6, 30))),
        states("registrar-1", OfficerTransferred(officer="inspector-HQ", home="STP")),
        grants("nobody", Role.AUDITOR),
        states("registrar-1", RoleEnded(officer="nobody", role=Role.AUDITOR)),
        erases(ErasureCategory.SUBJECT_REQUEST, (name_of(story, "nobody"), "name")),
        names_focal("STP", deputy=False),
        remembers("STC", "60"),
    )


def _preparation(story: Story) -> None:
    letter = GuidanceIssued(number="15/SNV-CCHC", issued_on=date(2017, 1, 16), addressees=("STC", "HC"))
    story.given(states("secretariat", letter))
    story.given(states("head-STC", GuidanceReceived(guidance=story.last(GuidanceIssued)), "STC"))
    story.given(states("focal-STC", QuestionAsked(), "STC"))
    story.given(states("secretariat", QuestionAnswered(question=story.last(QuestionAsked))))
    story.given(states("head-STC", CriteriaFeedbackSubmitted(criterion="A1.2"), "STC"))
    told = FeedbackAnswered(feedback=story.last(CriteriaFeedbackSubmitted), outcome=Outcome.REJECTED)
    story.given(states("secretariat", told), agrees())
    acts = ("SelfAssessmentSubmitted.v1",)
    days = {"since": date(2017, 1, 16), "until": date(2017, 3, 31)}
    story.given(states("head-STC", DelegationGranted(to="deputy-STC", acts=acts, **days), "STC"))
    story.given(states("head-STC", DelegationEnded(delegation=story.events[-1].id), "STC"))


def _self_assessment(story: Story) -> None:
    story.given(
        declares("STC/A1.1", "1"),
        declares("STC/A1.2", "1.5"),
        declares("STC/A1.3", done=7, planned=10),
        declares("STC/A1.4", online=8, all=10),
        declares("STC/A2.1", on_time=19, files=20),
        declares("STC/A2.2", reforms=4),
        declares("STC/A2.5", remedied=1, found=1, checks=4),
        declares("HC/A1.2", "0.5"),
        submits("STC/A1.1", "31/BC-STC"),
    )
    story.given(
        states("focal-STC", EvidenceReused(source=story.last(EvidenceSubmitted)), "STC/A1.2"),
        states("head-STC", SpecialCaseClaimed(), "STC/A1.3"),
        states("head-STC", SectorPolicyClaimed(), "STC/A2.2"),
        claims_bonus("STC/B1", "2"),
        states("head-STC", SelfAssessmentSubmitted(declared=7), "STC"),
    )


# --- inspection -----------------------------------------------------------------------------------------


def _inspection(story: Story) -> None:
    inspector = inspector_of("STC")
    story.given(
        states(inspector, EvidenceRequested(due=date(2017, 2, 20)), "STC/A2.1"),
        states(inspector, EvidenceReturned(quality=Quality.INCOMPLETE), "STC/A1.1"),
        notes("STC/A1.1", "0.5", quality=Quality.INCOMPLETE),
        notes("STC/A1.2", "1.5"),
        notes("STC/A1.4", online=8, all=10),
        notes("STC/A2.2", reforms=4),
        notes("STC/A2.5", remedied=1, found=1, checks=4),
        notes("HC/A1.2", "0.5"),
        notes("STC/A1.3", done=7, planned=10),
    )
    note = story.last(InspectionNoteRecorded)
    amended = InspectionNoteAmended(
        amends=note, quality=Quality.SOUND, quantities={"done": Fraction(8), "planned": Fraction(10)}
    )
    story.given(
        states(inspector, amended, "STC/A1.3"),
        states(inspector, ExplanationRequested(about=note), "STC/A1.3"),
        states("head-STC", ExplanationSubmitted(about=note), "STC/A1.3"),
        states("authority", DeadlineExtended(phase=Phase.EXPLANATION, due=date(2017, 3, 20))),
        states("head-STC", ImprovementCommitted(about=note, due=date(2017, 12, 31)), "STC/A1.3"),
    )


def _minutes(story: Story) -> None:
    item = MinutesItem(
        criterion="A1.3", note=story.last(InspectionNoteAmended), concurrence=Concurrence.DISAGREED
    )
    minutes = MinutesSigned(team="T2", items=(item,))
    signed = states((inspector_of("STC"), "head-STC"), minutes, "STC", texts=frozenset({"reservation"}))
    story.given(
        signed,
        *holds_wave("STAFF", 20),
        tallies("STC/A3.1", STAFF={"A": 8, "B": 4, "D": 4}),
    )
    for unfrozen in (True, False):
        statements = story.statements("STC")
        story.given(states("secretariat", DossierCompiled(statements=statements), "STC"))
        if unfrozen:
            reason = DossierUnfrozen(category=ReasonCategory.EVIDENCE_OVERLOOKED)
            story.given(states("secretariat", reason, "STC"))


# --- the council ----------------------------------------------------------------------------------------


def _opinions(story: Story) -> None:
    story.given(states("member-1", RecusalDeclared(member="member-1"), "HC"), asks("STC/A1.2"))
    able = ("member-1", *QUORUM)
    for n, member in enumerate(able):
        story.given(seals(member, f"1.{n}", "STC/A1.2"))
    for n, member in enumerate(able[:3]):
        story.given(opens(member, f"1.{n}", "STC/A1.2"))
    story.given(closes_when_over("STC/A1.2"))


def _decisions(story: Story) -> None:
    special, bonus = story.cell("STC/A1.3").special_claim, story.cell("STC/B1").bonus_claim
    decide(story, settles(special, Outcome.PARTLY, "1.25"), "STC/A1.3")
    decide(story, rewards(bonus, "1"), "STC/B1")
    decide(story, deducts("0.5", (special or 0,)), "STC/D3")
    adjusted = adjusts("1.5", "2", references=(story.last(ExplanationSubmitted),))
    puts(story, adjusted, "STC/A1.2")
    motion = story.last(MotionPut)
    story.given(states("member-4", RemarkMade(motion=motion), "STC/A1.2"))
    votes(story, "STC/A1.2", {"member-1": Choice.AGAINST})
    story.given(
        carried(story, adjusted, "STC/A1.2"),
        states("member-1", DissentRecorded(motion=motion), "STC/A1.2"),
    )
    decide(story, waives(), "STC/A2.1").given(adjourns(story))


# --- the result -----------------------------------------------------------------------------------------


def _publication(story: Story) -> None:
    story.reach(Phase.PUBLISHED).given(
        states("secretariat", ReviewConferenceHeld(on=date(2017, 8, 1))),
        states("authority", AwardGranted(version=1, rank=1, decision="5/QĐ-UBND"), "STC"),
    )
    story.given(attests(story), grants("nobody", Role.AUDITOR), confirms(story))
    promise = story.last(ImprovementCommitted)
    story.given(states("head-STC", ImprovementReported(commitment=promise), "STC/A1.3"))


def _dispute(story: Story) -> None:
    """LC, that declared nothing for A1.2, gets half of what it claims, and with it the first rank of HC."""
    withdrawn, about = "STC/A1.1/dispute-1", "LC/A1.2/dispute-2"
    story.given(files("1", withdrawn), withdraws(withdrawn))
    story.given(
        files("2", about),
        accepts(about),
        notifies("HC", "HV", about=about),
        is_heard("HC", about),
        names_reviewer(about=about),
        finds_again("1", about=about),
    )
    decide(story, ends(Outcome.PARTLY, "1"), about).given(adjourns(story)).publish()
