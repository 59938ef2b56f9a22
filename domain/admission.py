"""Start here: for every kind of event the rule that admits it and what follows; an unknown one raises.

`admit` decides about one statement against what holds now and changes nothing. `follow` applies an
admitted one and never refuses, so that any log can be folded again, with or without some of its events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import (
    assessment,
    attestation,
    awards,
    claims,
    council,
    decisions,
    delegation,
    disputes,
    erasure,
    guidance,
    inspection,
    meetings,
    registry,
    rounds,
    survey,
    teams,
)
from domain.deadlines import Phase
from domain.dossiers import Activity
from domain.events import Event, Scope, Signing
from domain.refusals import Refusal, UnknownEvent, refuse
from domain.standing import Standing
from domain.stated import assessment as a
from domain.stated import attestation as t
from domain.stated import council as c
from domain.stated import disputes as d
from domain.stated import erasure as x
from domain.stated import registry as g
from domain.stated import rounds as r
from domain.stated import survey as v

May = Callable[[Standing, Event, Any], Iterator[Refusal]]
Follow = Callable[[Standing, Event, Any], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may state it and when, and what follows from it.

    `until` is the phase whose deadline it falls under; `contents` marks what goes into a dossier, and so not
    into a frozen one.
    """

    may: May
    follow: Follow
    phases: tuple[Phase, ...] = ()
    until: Phase | None = None
    contents: bool = False


def _from(first: Phase, last: Phase) -> tuple[Phase, ...]:
    return tuple(phase for phase in Phase if first.place <= phase.place <= last.place)


PREPARED = _from(Phase.PREPARATION, Phase.INSPECTION)
KEPT = _from(Phase.PREPARATION, Phase.EXPLANATION)
RUNNING = _from(Phase.PREPARATION, Phase.APPROVAL)
EVER = _from(Phase.PREPARATION, Phase.PUBLISHED)
UNSETTLED = _from(Phase.PREPARATION, Phase.COUNCIL)
DECLARING = (Phase.SELF_ASSESSMENT,)
SUPPLIED = _from(Phase.SELF_ASSESSMENT, Phase.EXPLANATION)
INSPECTED = (Phase.INSPECTION, Phase.EXPLANATION)
SURVEYED = _from(Phase.SELF_ASSESSMENT, Phase.COUNCIL)
FROZEN = _from(Phase.EXPLANATION, Phase.COUNCIL)
DECIDING = (Phase.COUNCIL,)
MEETING = (Phase.COUNCIL, Phase.PUBLISHED)
APPROVING = (Phase.APPROVAL, Phase.PUBLISHED)
CONTESTED = (Phase.PUBLISHED,)

_DECLARED = Phase.SELF_ASSESSMENT
_EXPLAINED = Phase.EXPLANATION

RULES: Mapping[type[Any], Rule] = {
    # the registry
    g.LogOpened: Rule(registry.genesis_may, registry.genesis),
    g.AgencyRegistered: Rule(registry.agency_registered_may, registry.agency_registered),
    g.AgencyRenamed: Rule(registry.agency_renamed_may, registry.agency_renamed),
    g.AgencyMerged: Rule(registry.agency_merged_may, registry.agency_merged),
    g.AgencyClosed: Rule(registry.agency_closed_may, registry.agency_closed),
    g.OfficerRegistered: Rule(registry.officer_registered_may, registry.officer_registered),
    g.OfficerTransferred: Rule(registry.officer_transferred_may, registry.officer_transferred),
    g.RoleGranted: Rule(registry.role_granted_may, registry.role_granted),
    g.RoleEnded: Rule(registry.role_ended_may, registry.role_ended),
    g.RegulationIssued: Rule(registry.regulation_issued_may, registry.regulation_issued),
    g.CriteriaSetIssued: Rule(registry.criteria_set_issued_may, registry.criteria_set_issued),
    x.OpeningsErased: Rule(erasure.openings_erased_may, erasure.openings_erased),
    # the round
    r.RoundOpened: Rule(rounds.round_opened_may, rounds.round_opened),
    r.PhaseOpened: Rule(rounds.phase_opened_may, rounds.phase_opened, RUNNING),
    r.DeadlineExtended: Rule(rounds.deadline_extended_may, rounds.deadline_extended, UNSETTLED),
    r.GuidanceIssued: Rule(guidance.guidance_issued_may, guidance.guidance_issued, RUNNING),
    a.GuidanceReceived: Rule(guidance.guidance_received_may, guidance.guidance_received, EVER),
    a.QuestionAsked: Rule(guidance.question_asked_may, guidance.question_asked, RUNNING),
    r.QuestionAnswered: Rule(guidance.question_answered_may, guidance.question_answered, EVER),
    a.CriteriaFeedbackSubmitted: Rule(
        guidance.criteria_feedback_submitted_may, guidance.criteria_feedback_submitted, EVER
    ),
    r.FeedbackAnswered: Rule(guidance.feedback_answered_may, guidance.feedback_answered, EVER),
    r.OfficerSeconded: Rule(teams.officer_seconded_may, teams.officer_seconded, PREPARED),
    r.TeamFormed: Rule(teams.team_formed_may, teams.team_formed, PREPARED),
    r.TeamAssigned: Rule(teams.team_assigned_may, teams.team_assigned, PREPARED),
    r.ApprovalProposed: Rule(rounds.approval_proposed_may, rounds.approval_proposed, APPROVING),
    r.ResultApproved: Rule(rounds.result_approved_may, rounds.result_approved, APPROVING),
    r.ResultPublished: Rule(rounds.result_published_may, rounds.result_published, APPROVING),
    t.ProjectionAttested: Rule(
        attestation.projection_attested_may, attestation.projection_attested, CONTESTED
    ),
    t.AttestationConfirmed: Rule(
        attestation.attestation_confirmed_may, attestation.attestation_confirmed, CONTESTED
    ),
    r.ReviewConferenceHeld: Rule(rounds.review_conference_held_may, rounds.nothing_follows, CONTESTED),
    # the dossier and its cells
    a.FocalOfficerAssigned: Rule(
        assessment.focal_officer_assigned_may, assessment.focal_officer_assigned, EVER
    ),
    a.DelegationGranted: Rule(delegation.delegation_granted_may, delegation.delegation_granted, EVER),
    a.DelegationEnded: Rule(delegation.delegation_ended_may, delegation.delegation_ended, EVER),
    a.PreviousResultRecorded: Rule(
        assessment.previous_result_recorded_may, assessment.previous_result_recorded, KEPT
    ),
    a.EvidenceRequested: Rule(inspection.evidence_requested_may, inspection.evidence_requested, SUPPLIED),
    a.EvidenceSubmitted: Rule(
        assessment.evidence_submitted_may, assessment.evidence_submitted, SUPPLIED, _EXPLAINED, contents=True
    ),
    a.EvidenceReused: Rule(
        assessment.evidence_reused_may, assessment.evidence_reused, SUPPLIED, _EXPLAINED, contents=True
    ),
    a.EvidenceReturned: Rule(
        inspection.evidence_returned_may, inspection.evidence_returned, INSPECTED, _EXPLAINED, contents=True
    ),
    a.SelfScoreDeclared: Rule(
        assessment.self_score_declared_may,
        assessment.self_score_declared,
        DECLARING,
        _DECLARED,
        contents=True,
    ),
    a.QuantitiesDeclared: Rule(
        assessment.quantities_declared_may,
        assessment.quantities_declared,
        DECLARING,
        _DECLARED,
        contents=True,
    ),
    a.SelfAssessmentSubmitted: Rule(
        assessment.self_assessment_submitted_may,
        assessment.self_assessment_submitted,
        DECLARING,
        _DECLARED,
        contents=True,
    ),
    a.InspectionNoteRecorded: Rule(
        inspection.inspection_note_recorded_may,
        inspection.inspection_note_recorded,
        INSPECTED,
        Phase.INSPECTION,
        contents=True,
    ),
    a.InspectionNoteAmended: Rule(
        inspection.inspection_note_amended_may,
        inspection.inspection_note_recorded,
        INSPECTED,
        _EXPLAINED,
        contents=True,
    ),
    a.ExplanationRequested: Rule(
        inspection.explanation_requested_may, inspection.explanation_requested, INSPECTED, contents=True
    ),
    a.ExplanationSubmitted: Rule(
        inspection.explanation_submitted_may,
        inspection.explanation_submitted,
        INSPECTED,
        _EXPLAINED,
        contents=True,
    ),
    a.MinutesSigned: Rule(
        inspection.minutes_signed_may, inspection.minutes_signed, INSPECTED, _EXPLAINED, contents=True
    ),
    a.DossierCompiled: Rule(inspection.dossier_compiled_may, inspection.dossier_compiled, FROZEN),
    a.DossierUnfrozen: Rule(inspection.dossier_unfrozen_may, inspection.dossier_unfrozen, FROZEN),
    a.SpecialCaseClaimed: Rule(
        claims.special_case_claimed_may, claims.special_case_claimed, SUPPLIED, _EXPLAINED, contents=True
    ),
    a.SectorPolicyClaimed: Rule(
        claims.sector_policy_claimed_may, claims.sector_policy_claimed, SUPPLIED, _EXPLAINED, contents=True
    ),
    a.InitiativeClaimed: Rule(
        claims.initiative_claimed_may, claims.initiative_claimed, SUPPLIED, _EXPLAINED, contents=True
    ),
    a.ImprovementCommitted: Rule(
        assessment.improvement_committed_may, assessment.improvement_committed, EVER
    ),
    a.ImprovementReported: Rule(assessment.improvement_reported_may, assessment.improvement_reported, EVER),
    a.AwardGranted: Rule(awards.award_granted_may, awards.award_granted, CONTESTED),
    # the survey
    v.SurveyWaveOpened: Rule(survey.survey_wave_opened_may, survey.survey_wave_opened, SURVEYED),
    v.BallotsRecorded: Rule(survey.ballots_recorded_may, survey.ballots_recorded, SURVEYED),
    v.SurveyWaveClosed: Rule(survey.survey_wave_closed_may, survey.survey_wave_closed, SURVEYED),
    v.SurveyTallied: Rule(survey.survey_tallied_may, survey.survey_tallied, SURVEYED),
    # the council
    c.CouncilEstablished: Rule(council.council_established_may, council.council_established, KEPT),
    c.ScoringMethodAgreed: Rule(council.scoring_method_agreed_may, council.scoring_method_agreed, RUNNING),
    c.RecusalDeclared: Rule(council.recusal_declared_may, council.recusal_declared, EVER),
    c.OpinionRequested: Rule(council.opinion_requested_may, council.opinion_requested, DECIDING),
    c.OpinionSealed: Rule(council.opinion_sealed_may, council.opinion_sealed, DECIDING),
    c.OpinionOpened: Rule(council.opinion_opened_may, council.opinion_opened, DECIDING),
    c.OpinionsClosed: Rule(council.opinions_closed_may, council.opinions_closed, DECIDING),
    c.MeetingOpened: Rule(meetings.meeting_opened_may, meetings.meeting_opened, MEETING),
    c.MeetingClosed: Rule(meetings.meeting_closed_may, meetings.meeting_closed, MEETING),
    c.MotionPut: Rule(disputes.motion_put_may, meetings.motion_put, MEETING),
    c.RemarkMade: Rule(meetings.remark_made_may, rounds.nothing_follows, MEETING),
    c.VoteCast: Rule(meetings.vote_cast_may, meetings.vote_cast, MEETING),
    c.DissentRecorded: Rule(meetings.dissent_recorded_may, meetings.dissent_recorded, EVER),
    c.SpecialCaseDecided: Rule(
        decisions.special_case_decided_may, decisions.special_case_decided, DECIDING, Phase.COUNCIL
    ),
    c.BonusDecided: Rule(decisions.bonus_decided_may, decisions.bonus_decided, DECIDING, Phase.COUNCIL),
    c.DeductionDecided: Rule(
        decisions.deduction_decided_may, decisions.deduction_decided, DECIDING, Phase.COUNCIL
    ),
    c.CouncilAdjustmentMade: Rule(
        decisions.council_adjustment_made_may, decisions.council_adjustment_made, DECIDING, Phase.COUNCIL
    ),
    c.VerificationWaived: Rule(
        decisions.verification_waived_may, decisions.verification_waived, DECIDING, Phase.COUNCIL
    ),
    # disputes
    d.DisputeFiled: Rule(disputes.dispute_filed_may, disputes.dispute_filed, CONTESTED),
    d.DisputeWithdrawn: Rule(disputes.dispute_withdrawn_may, disputes.dispute_withdrawn, CONTESTED),
    d.DisputeAccepted: Rule(disputes.dispute_accepted_may, disputes.dispute_accepted, CONTESTED),
    d.AffectedNotified: Rule(disputes.affected_notified_may, disputes.affected_notified, CONTESTED),
    d.PartyHeard: Rule(disputes.party_heard_may, disputes.party_heard, CONTESTED),
    d.ReviewerAssigned: Rule(disputes.reviewer_assigned_may, disputes.reviewer_assigned, CONTESTED),
    d.ReverificationRecorded: Rule(
        disputes.reverification_recorded_may, disputes.reverification_recorded, CONTESTED
    ),
    d.DisputeDecided: Rule(disputes.dispute_decided_may, disputes.dispute_decided, CONTESTED),
}
"""The whole process in one table."""


def rule_for(event: Event) -> Rule:
    """Look up the rule of an event; raises UnknownEvent for one outside the closed set."""
    try:
        return RULES[type(event.body)]
    except KeyError:
        raise UnknownEvent(type(event.body).__name__) from None


def admit(standing: Standing, event: Event) -> Refusal | None:
    """Decide about one statement: nothing when it is admitted, else the first rule it does not meet."""
    rule = rule_for(event)
    return next(_refusals(standing, event, rule), None)


def follow(standing: Standing, event: Event) -> None:
    """Apply an admitted event; where what it builds on was left out, nothing or less follows from it."""
    move(standing, event)
    _remember(standing, event)


def _remember(standing: Standing, event: Event) -> None:
    """Count it, and note the texts that it commits to."""
    erasure.commits(standing, event)
    count(standing, event)
    standing.versions[event.stream] = standing.versions.get(event.stream, 0) + 1


def lead(standing: Standing, event: Event) -> None:
    """Apply an admitted event of the registry or of a round's own stream, where no cells are followed."""
    if isinstance(event.body, r.ResultPublished):
        if _has_ground(standing, event):
            rounds.result_noted(standing, event, event.body)
        _remember(standing, event)
    else:
        follow(standing, event)


def move(standing: Standing, event: Event) -> None:
    """Apply what an admitted event states, and no more: a fold of scores asks for no versions or counts."""
    rule = rule_for(event)
    if _has_ground(standing, event):
        rule.follow(standing, event, event.body)


def _has_ground(standing: Standing, event: Event) -> bool:
    """Whether the round and the agency that an event is about are there; a what-if may have left them out."""
    if event.round is None or isinstance(event.body, r.RoundOpened):
        return True
    found = standing.rounds.get(event.round)
    return found is not None and (event.agency is None or event.agency in found.agencies)


def count(standing: Standing, event: Event) -> None:
    """There is one more statement about an agency, if it is about one; it may be the agency's own."""
    if event.round is None or event.agency is None:
        return
    subject = (event.round, event.agency)
    before = standing.activity(*subject)
    own = event.arrived_at if standing.at_home(event.actor, event.agency) else before.own_act
    standing.activities[subject] = Activity(before.statements + 1, own)
    about = (*subject, event.criterion or "")
    standing.acts[about] = (*standing.acts.get(about, ()), event.position)


def _refusals(standing: Standing, event: Event, rule: Rule) -> Iterator[Refusal]:
    yield from _form(event)
    yield from _subject(standing, event)
    yield from _time(standing, event, rule)
    yield from delegation.allowed(standing, event)
    if (
        rule.contents
        and (since := standing.dossier(event.round or "", event.agency or "").compiled) is not None
    ):
        yield refuse("dossier.frozen", agency=event.agency or "", since=since)
    yield from rule.may(standing, event, event.body)
    yield from _order(standing, event)


def _form(event: Event) -> Iterator[Refusal]:
    """The header, texts, attachments and number of signers that the kind asks for."""
    kind = event.kind
    if kind.for_everyone and event.agency is not None:
        yield refuse("scope.for_everyone", type=kind.name, agency=event.agency)
    stated = tuple(x is not None for x in (event.round, event.agency, event.criterion, event.matter))
    if stated != _HEADERS[kind.scope]:
        yield refuse("scope.mismatch", type=kind.name, scope=kind.scope)
    if len(set(event.signed_by)) != len(event.signed_by):
        yield refuse("signature.twice", signed=len(event.signed_by))
    if kind.signing is Signing.ALONE and len(event.signed_by) != 1:
        yield refuse("signature.one_expected", signed=len(event.signed_by))
    if missing := kind.required - event.texts:
        yield refuse("text.missing", field=min(missing))
    if unknown := event.texts - kind.texts.keys():
        yield refuse("text.unknown", field=min(unknown)[:40])
    if event.attachments and not kind.attachments:
        yield refuse("evidence.not_expected", type=kind.name)


_HEADERS = {
    Scope.REGISTRY: (False, False, False, False),
    Scope.ROUND: (True, False, False, False),
    Scope.DOSSIER: (True, True, False, False),
    Scope.CELL: (True, True, True, False),
    Scope.MEETING: (True, False, False, True),
    Scope.DISPUTE: (True, True, True, True),
}


def _subject(standing: Standing, event: Event) -> Iterator[Refusal]:
    """The round is open, the agency is ranked in it, the criterion applies to it."""
    if event.round is None or isinstance(event.body, r.RoundOpened):
        return
    found = standing.rounds.get(event.round)
    if found is None:
        yield refuse("round.unknown", round=event.round)
    elif event.agency is not None and event.agency not in found.agencies:
        yield refuse("agency.not_in_round", agency=event.agency, round=event.round)
    elif event.agency is not None and event.criterion is not None:
        if event.criterion not in found.criteria.by_code:
            yield refuse("criterion.unknown", criterion=event.criterion)
        elif found.criterion_for(event.agency, event.criterion) is None:
            yield refuse("criterion.not_applicable", criterion=event.criterion, agency=event.agency)


def _time(standing: Standing, event: Event, rule: Rule) -> Iterator[Refusal]:
    """The act belongs to the round's phase, and has not missed a hard deadline."""
    if event.round is None or not rule.phases:
        return
    found = standing.rounds[event.round]
    if found.phase not in rule.phases:
        allowed = ", ".join(rule.phases)
        yield refuse("phase.not_open", type=event.kind.name, now=found.phase, allowed=allowed)
    if rule.until and found.is_late(rule.until, event.arrived_at) and found.deadlines[rule.until].hard:
        due = found.deadlines[rule.until].due.isoformat()
        arrived = event.arrived_at.astimezone(found.zone).isoformat(timespec="seconds")
        yield refuse("deadline.missed", phase=rule.until, due=due, arrived=arrived)


def _order(standing: Standing, event: Event) -> Iterator[Refusal]:
    """The signer saw the newest version of the stream, where the kind asks for that."""
    now = standing.versions.get(event.stream, 0)
    if not event.kind.expects and event.expects is not None:
        yield refuse("expects.forbidden", type=event.kind.name)
    elif event.kind.expects and event.expects is None:
        yield refuse("expects.missing", type=event.kind.name)
    elif event.kind.expects and event.expects != now:
        yield refuse("expects.stale", stated=event.expects or 0, now=now, stream=event.stream)
