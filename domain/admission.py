"""Start here: for every kind of event the rule that admits it and what follows; an unknown one raises.

`admit` decides about one statement against what holds now and changes nothing. `follow` applies an
admitted one and never refuses, so that any log can be folded again, with or without some of its events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from domain import assessment, council, events, registry, rounds, survey
from domain.deadlines import Phase
from domain.events import Event, Scope
from domain.refusals import Refusal, UnknownEvent, refuse
from domain.standing import Standing

May = Callable[[Standing, Event, Any], Iterator[Refusal]]
Follow = Callable[[Standing, Event, Any], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may state it and when, and what follows. `until` is the phase whose deadline it falls under."""

    may: May
    follow: Follow
    phases: tuple[Phase, ...] = ()
    until: Phase | None = None


def _from(first: Phase, last: Phase) -> tuple[Phase, ...]:
    return tuple(phase for phase in Phase if first.place <= phase.place <= last.place)


PREPARED = _from(Phase.PREPARATION, Phase.INSPECTION)
KEPT = _from(Phase.PREPARATION, Phase.EXPLANATION)
RUNNING = _from(Phase.PREPARATION, Phase.APPROVAL)
DECLARING = (Phase.SELF_ASSESSMENT,)
SUPPLIED = _from(Phase.SELF_ASSESSMENT, Phase.EXPLANATION)
INSPECTED = (Phase.INSPECTION, Phase.EXPLANATION)
SURVEYED = _from(Phase.INSPECTION, Phase.COUNCIL)
DECIDING = (Phase.COUNCIL,)
APPROVING = (Phase.APPROVAL,)

RULES: Mapping[type[Any], Rule] = {
    events.LogOpened: Rule(registry.genesis_may, registry.genesis),
    events.AgencyRegistered: Rule(registry.agency_registered_may, registry.agency_registered),
    events.AgencyClosed: Rule(registry.agency_closed_may, registry.agency_closed),
    events.OfficerRegistered: Rule(registry.officer_registered_may, registry.officer_registered),
    events.OfficerTransferred: Rule(registry.officer_transferred_may, registry.officer_transferred),
    events.RoleGranted: Rule(registry.role_granted_may, registry.role_granted),
    events.RoleEnded: Rule(registry.role_ended_may, registry.role_ended),
    events.CriteriaSetIssued: Rule(registry.criteria_set_issued_may, registry.criteria_set_issued),
    events.RoundOpened: Rule(rounds.round_opened_may, rounds.round_opened),
    events.PhaseOpened: Rule(rounds.phase_opened_may, rounds.phase_opened, RUNNING),
    events.DeadlineExtended: Rule(rounds.deadline_extended_may, rounds.deadline_extended, RUNNING),
    events.OfficerSeconded: Rule(rounds.officer_seconded_may, rounds.officer_seconded, PREPARED),
    events.TeamFormed: Rule(rounds.team_formed_may, rounds.team_formed, PREPARED),
    events.TeamAssigned: Rule(rounds.team_assigned_may, rounds.team_assigned, PREPARED),
    events.CouncilEstablished: Rule(rounds.council_established_may, rounds.council_established, KEPT),
    events.SurveyWaveClosed: Rule(survey.survey_wave_closed_may, survey.survey_wave_closed, SURVEYED),
    events.ApprovalProposed: Rule(rounds.approval_proposed_may, rounds.approval_proposed, APPROVING),
    events.ResultApproved: Rule(rounds.result_approved_may, rounds.result_approved, APPROVING),
    events.ResultPublished: Rule(rounds.result_published_may, rounds.result_published, APPROVING),
    events.FocalOfficerAssigned: Rule(
        assessment.focal_officer_assigned_may, assessment.focal_officer_assigned, KEPT
    ),
    events.PreviousResultRecorded: Rule(
        assessment.previous_result_recorded_may, assessment.previous_result_recorded, KEPT
    ),
    events.SelfAssessmentSubmitted: Rule(
        assessment.self_assessment_submitted_may,
        assessment.self_assessment_submitted,
        DECLARING,
        Phase.SELF_ASSESSMENT,
    ),
    events.MinutesSigned: Rule(
        assessment.minutes_signed_may, assessment.minutes_signed, INSPECTED, Phase.EXPLANATION
    ),
    events.EvidenceSubmitted: Rule(
        assessment.evidence_submitted_may, assessment.evidence_submitted, SUPPLIED, Phase.EXPLANATION
    ),
    events.EvidenceReturned: Rule(
        assessment.evidence_returned_may, assessment.evidence_returned, INSPECTED, Phase.EXPLANATION
    ),
    events.SelfScoreDeclared: Rule(
        assessment.self_score_declared_may,
        assessment.self_score_declared,
        DECLARING,
        Phase.SELF_ASSESSMENT,
    ),
    events.QuantitiesDeclared: Rule(
        assessment.quantities_declared_may,
        assessment.quantities_declared,
        DECLARING,
        Phase.SELF_ASSESSMENT,
    ),
    events.InspectionNoteRecorded: Rule(
        assessment.inspection_note_recorded_may,
        assessment.inspection_note_recorded,
        INSPECTED,
        Phase.INSPECTION,
    ),
    events.InspectionNoteAmended: Rule(
        assessment.inspection_note_amended_may,
        assessment.inspection_note_recorded,
        INSPECTED,
        Phase.EXPLANATION,
    ),
    events.ExplanationSubmitted: Rule(
        assessment.explanation_submitted_may,
        assessment.explanation_submitted,
        INSPECTED,
        Phase.EXPLANATION,
    ),
    events.SpecialCaseClaimed: Rule(
        assessment.special_case_claimed_may, assessment.special_case_claimed, SUPPLIED, Phase.EXPLANATION
    ),
    events.SectorPolicyClaimed: Rule(
        assessment.sector_policy_claimed_may, assessment.sector_policy_claimed, SUPPLIED, Phase.EXPLANATION
    ),
    events.InitiativeClaimed: Rule(
        assessment.initiative_claimed_may, assessment.initiative_claimed, SUPPLIED, Phase.EXPLANATION
    ),
    events.SurveyTallied: Rule(survey.survey_tallied_may, survey.survey_tallied, SURVEYED),
    events.SpecialCaseDecided: Rule(council.special_case_decided_may, council.special_case_decided, DECIDING),
    events.BonusDecided: Rule(council.bonus_decided_may, council.bonus_decided, DECIDING),
    events.DeductionDecided: Rule(council.deduction_decided_may, council.deduction_decided, DECIDING),
    events.CouncilAdjustmentMade: Rule(
        council.council_adjustment_made_may, council.council_adjustment_made, DECIDING
    ),
    events.VerificationWaived: Rule(council.verification_waived_may, council.verification_waived, DECIDING),
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
    """Apply an admitted event. Where one it builds on was left out of the fold, it has no effect."""
    with suppress(KeyError):
        rule_for(event).follow(standing, event, event.body)
    standing.versions[event.stream] = standing.versions.get(event.stream, 0) + 1


def _refusals(standing: Standing, event: Event, rule: Rule) -> Iterator[Refusal]:
    yield from _form(event)
    yield from _subject(standing, event)
    yield from _time(standing, event, rule)
    yield from rule.may(standing, event, event.body)
    yield from _order(standing, event)


def _form(event: Event) -> Iterator[Refusal]:
    """The header, texts, attachments and number of signers that the kind asks for."""
    kind = event.kind
    stated = (event.round is not None, event.agency is not None, event.criterion is not None)
    if stated != _HEADERS[kind.scope]:
        yield refuse("scope.mismatch", type=kind.name, scope=kind.scope)
    if not kind.jointly and len(event.signed_by) != 1:
        yield refuse("signature.one_expected", signed=len(event.signed_by))
    if missing := kind.required - event.texts:
        yield refuse("text.missing", field=min(missing))
    if unknown := event.texts - kind.texts.keys():
        yield refuse("text.unknown", field=min(unknown)[:40])
    if event.attachments and not kind.attachments:
        yield refuse("evidence.not_expected", type=kind.name)


_HEADERS = {
    Scope.REGISTRY: (False, False, False),
    Scope.ROUND: (True, False, False),
    Scope.DOSSIER: (True, True, False),
    Scope.CELL: (True, True, True),
}


def _subject(standing: Standing, event: Event) -> Iterator[Refusal]:
    """The round is open, the agency is ranked in it, the criterion applies to it."""
    if event.round is None or isinstance(event.body, events.RoundOpened):
        return
    found = standing.rounds.get(event.round)
    if found is None:
        yield refuse("round.unknown", round=event.round)
        return
    if event.agency is not None and event.agency not in found.agencies:
        yield refuse("agency.not_in_round", agency=event.agency, round=event.round)
        return
    if event.agency is not None and event.criterion is not None:
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
        yield refuse("deadline.missed", phase=rule.until, due=due, arrived=event.arrived_at.isoformat())


def _order(standing: Standing, event: Event) -> Iterator[Refusal]:
    """The signer saw the newest version of the stream, where the kind asks for that."""
    now = standing.versions.get(event.stream, 0)
    if not event.kind.expects and event.expects is not None:
        yield refuse("expects.forbidden", type=event.kind.name)
    elif event.kind.expects and event.expects is None:
        yield refuse("expects.missing", type=event.kind.name)
    elif event.kind.expects and event.expects != now:
        yield refuse("expects.stale", stated=event.expects or 0, now=now, stream=event.stream)
