"""What leads a round on: answers of the secretariat, teams, tallies, phases, approval, publication."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.criteria import SurveyRule
from domain.deadlines import Phase
from domain.dossiers import Cell
from domain.stated import assessment as a
from domain.stated import council as c
from domain.stated import rounds as r
from domain.stated import survey as v
from domain.stated.attestation import AttestationConfirmed
from domain.stated.choices import Role
from projections.pending import Desk, Office, Pending

_BEFORE_NOTES = (Phase.PREPARATION, Phase.SELF_ASSESSMENT, Phase.INSPECTION)
_SURVEYED = (Phase.SELF_ASSESSMENT, Phase.INSPECTION, Phase.EXPLANATION, Phase.COUNCIL)
_FROZEN = (Phase.EXPLANATION, Phase.COUNCIL)


def of_the_round(desk: Desk) -> Iterator[Pending]:
    """What the secretariat, the approving authority and auditors have before them."""
    yield from _answers(desk)
    yield from _teams_and_dossiers(desk)
    yield from _survey(desk)
    yield from _claims(desk)
    yield from _phases(desk)
    yield from _result(desk)
    yield from _attestation(desk)


def _by_secretariat(desk: Desk, act: type[Any], **what: Any) -> Pending:
    return desk.pending(act, Office.SECRETARIAT, desk.holding(Role.SECRETARIAT), **what)


def _answers(desk: Desk) -> Iterator[Pending]:
    tables = (
        (r.QuestionAnswered, desk.standing.questions),
        (r.FeedbackAnswered, desk.standing.feedback),
    )
    for act, asked in tables:
        for (code, position), its in asked.items():
            if code == desk.round.code and its.answer is None:
                yield _by_secretariat(desk, act, since=position, agency=its.agency)


def _teams_and_dossiers(desk: Desk) -> Iterator[Pending]:
    """Agencies without a team before notes are due; dossiers with minutes that are not frozen yet."""
    for agency in sorted(desk.round.agencies):
        dossier = desk.standing.dossier(desk.round.code, agency)
        if dossier.team is None and desk.round.phase in _BEFORE_NOTES:
            due = desk.by_phase(Phase.SELF_ASSESSMENT)
            yield _by_secretariat(desk, r.TeamAssigned, since=desk.round.position, agency=agency, **due)
        if dossier.minutes is not None and dossier.compiled is None and desk.round.phase in _FROZEN:
            due = desk.by_phase(Phase.COUNCIL)
            yield _by_secretariat(desk, a.DossierCompiled, since=dossier.minutes, agency=agency, **due)


def _survey(desk: Desk) -> Iterator[Pending]:
    """Waves that are open, and what can be tallied of those that are closed."""
    if desk.round.phase not in _SURVEYED:
        return
    waves = {group: wave for (code, group), wave in desk.standing.waves.items() if code == desk.round.code}
    due = desk.by_phase(Phase.COUNCIL)
    for group, wave in sorted(waves.items()):
        if wave.valid is None:
            since = desk.marks.waves.get(group, desk.round.position)
            yield _by_secretariat(desk, v.SurveyWaveClosed, since=since, matter=group, **due)
    closed = {group for group, wave in waves.items() if wave.valid is not None}
    for agency, block in sorted(desk.round.agencies.items()):
        codes = tuple(
            criterion.code
            for criterion in desk.round.criteria.criteria
            if block in criterion.applies_to
            and isinstance(criterion.rule, SurveyRule)
            and {*criterion.rule.groups} & waves.keys() <= closed
            and {*criterion.rule.groups} & closed
            and desk.standing.cell(desk.round.code, agency, criterion.code).tally is None
        )
        if codes:
            since = max((desk.marks.waves.get(group, -1) for group in closed), default=-1)
            yield _by_secretariat(desk, v.SurveyTallied, since=since, agency=agency, criteria=codes, **due)


def _claims(desk: Desk) -> Iterator[Pending]:
    """Claims that nobody was asked about yet, while the council sits."""
    if desk.round.phase is not Phase.COUNCIL:
        return
    for (code, agency, criterion), cell in sorted(desk.standing.cells.items()):
        if code == desk.round.code and cell.opinions is None and cell.motion is None:
            claims = _claimed(cell) - cell.claims_decided
            if claims:
                about = {"since": max(claims), "agency": agency, "criteria": (criterion,)}
                yield _by_secretariat(desk, c.OpinionRequested, **about, **desk.by_phase(Phase.COUNCIL))


def _claimed(cell: Cell) -> set[int]:
    claims = (cell.special_claim, cell.policy_claim, cell.bonus_claim)
    return {claim for claim in claims if claim is not None}


def _phases(desk: Desk) -> Iterator[Pending]:
    """A phase whose day has passed is followed by the next one, up to approval."""
    now = desk.round.phase
    if now.place < Phase.APPROVAL.place and desk.round.is_late(now, desk.now):
        yield _by_secretariat(desk, r.PhaseOpened, since=desk.since(now), **desk.by_phase(now))


def _result(desk: Desk) -> Iterator[Pending]:
    """A version is proposed, approved and published, each by who has the office for it."""
    found = desk.round
    due = desk.by_phase(Phase.APPROVAL) if not found.published else {}
    if found.approved > found.published:
        since = desk.marks.approved.get(found.approved, found.position)
        yield _by_secretariat(desk, r.ResultPublished, since=since, **due)
    elif found.proposed > max(found.approved, found.published):
        since = desk.marks.proposed.get(found.proposed, found.position)
        able = [o for o in desk.holding(Role.APPROVING_AUTHORITY) if o not in desk.holding(Role.SECRETARIAT)]
        yield desk.pending(r.ResultApproved, Office.APPROVING_AUTHORITY, able, since=since, **due)
    elif found.phase is Phase.APPROVAL or found.corrected:
        yield _by_secretariat(desk, r.ApprovalProposed, since=_moved(desk), **due)


def _moved(desk: Desk) -> int:
    """Where the result that is to be proposed was made: the phase, or the newest decided dispute."""
    decided = (
        dispute.decided
        for (code, _), dispute in desk.standing.disputes.items()
        if code == desk.round.code and dispute.decided is not None
    )
    return max((desk.since(Phase.APPROVAL), *decided))


def _attestation(desk: Desk) -> Iterator[Pending]:
    """Auditors may fold again what the log attested of a version, and confirm it."""
    for (code, _), attested in sorted(desk.standing.attested.items()):
        for auditor in desk.holding(Role.AUDITOR) if code == desk.round.code else ():
            if auditor not in attested.confirmed:
                yield desk.pending(
                    AttestationConfirmed, Office.AUDITOR, (auditor,), since=attested.position, owed=False
                )
