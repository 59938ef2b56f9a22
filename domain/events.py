"""The closed set of things that can be stated: one frozen shape per event, under a name given by hand.

A statement is the event; a name and version is a contract for decades. `CATALOGUE` is the whole set: what
is not in it does not exist. Who may state what, and when, is decided in `admission`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.criteria import Block, CriteriaSet
from domain.deadlines import DeadlineRule, Phase
from domain.refusals import UnknownEvent
from domain.shapes import Exact, Stated, read
from domain.visibility import Visibility, council, parties, public


class Role(StrEnum):
    """Offices that are granted to persons. Team and focal roles come from their own events."""

    AGENCY_HEAD = "AGENCY_HEAD"
    SECRETARIAT = "SECRETARIAT"
    APPROVING_AUTHORITY = "APPROVING_AUTHORITY"
    COUNCIL_MEMBER = "COUNCIL_MEMBER"
    AUDITOR = "AUDITOR"


class TeamRole(StrEnum):
    """Places in a cross-inspection team."""

    LEADER = "LEADER"
    MEMBER = "MEMBER"


class Quality(StrEnum):
    """What an inspector finds wrong with evidence (R60); lateness is never typed."""

    SOUND = "SOUND"
    INCORRECT = "INCORRECT"
    INCOMPLETE = "INCOMPLETE"


class Outcome(StrEnum):
    """How a claim ends."""

    ACCEPTED = "ACCEPTED"
    PARTLY = "PARTLY"
    REJECTED = "REJECTED"


class Concurrence(StrEnum):
    """What the agency says to one item of the minutes (R22)."""

    AGREED = "AGREED"
    DISAGREED = "DISAGREED"


class ReasonCategory(StrEnum):
    """Why the council moves points; the words of the reason are committed beside it."""

    FACTUAL_ERROR = "FACTUAL_ERROR"
    EVIDENCE_OVERLOOKED = "EVIDENCE_OVERLOOKED"
    EVIDENCE_INSUFFICIENT = "EVIDENCE_INSUFFICIENT"
    RULE_MISAPPLIED = "RULE_MISAPPLIED"
    EQUAL_TREATMENT = "EQUAL_TREATMENT"
    COUNCIL_JUDGED = "COUNCIL_JUDGED"


REGISTRY_STREAM = "registry"
"""The one stream outside the rounds; no round may be called that."""


class Scope(StrEnum):
    """What a statement is about; with it come the header fields it must carry."""

    REGISTRY = "registry"
    ROUND = "round"
    DOSSIER = "round/agency"
    CELL = "round/agency/criterion"


# --- the registry: agencies, officers, offices, criteria sets -------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarKey:
    """One registrar named at the opening of the log."""

    actor: str
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """Which witnesses (as note verifier keys), and how many of them, a checkpoint of record needs."""

    witnesses: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """The log that a new epoch continues: its last checkpoint, and the positions lost with its tail."""

    origin: str
    size: int
    root: str
    checkpoint: str
    missing_from: int
    missing_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOpened:
    """Genesis: the log's own key, its registrars, its clock and zone. Position 0, nowhere else."""

    log_key: str = public()
    registrars: tuple[RegistrarKey, ...] = public()
    quorum: int = public()
    witness_policy: WitnessPolicy = public()
    time_zone: str = public()
    utc_offset: str = public()
    clock: str = public()
    continues: Continued | None = public(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRegistered:
    """An agency, its block and the first day it exists (R03)."""

    code: str = public()
    name_vi: str = public()
    name_en: str = public()
    block: Block = public()
    since: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyClosed:
    """The last day an agency existed."""

    code: str = public()
    until: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerRegistered:
    """A person under a pseudonym, with a home agency; the name is committed, not written (R13)."""

    officer: str = parties()
    home: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerTransferred:
    """A person's home agency changes; team membership is checked against the new one at once (R18)."""

    officer: str = parties()
    home: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    """An office, for an agency where the office belongs to one."""

    officer: str = parties()
    role: Role = parties()
    agency: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnded:
    """The end of an office."""

    officer: str = parties()
    role: Role = parties()
    agency: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaSetIssued:
    """A version of a criteria set; a round freezes one by naming it (R47)."""

    criteria_set: CriteriaSet = public()


# --- the round: opening, phases, teams, council, results ------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpened:
    """A round with its frozen criteria set, declared block sizes and deadlines (R02, R17, R19)."""

    evaluated_year: int = public()
    execution_year: int = public()
    criteria_set: str = public()
    criteria_version: str = public()
    blocks: Mapping[str, int] = public()
    deadlines: tuple[DeadlineRule, ...] = public()
    holidays: tuple[date, ...] = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseOpened:
    """The round enters its next phase."""

    phase: Phase = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExtended:
    """A phase is due later, for everyone alike (R61)."""

    phase: Phase = public()
    due: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerSeconded:
    """An official is lent to the cross-inspection (trưng tập, R15)."""

    officer: str = parties()
    lender: str = public()
    decision: str = public()
    since: date = public()
    until: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """One seat of a team."""

    officer: str
    role: TeamRole


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFormed:
    """A cross-inspection team and its members (R16)."""

    team: str = public()
    members: tuple[TeamMember, ...] = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAssigned:
    """A team inspects an agency, from day to day (R16, R18, R19)."""

    team: str = public()
    inspects: str = public()
    since: date = public()
    until: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilEstablished:
    """The appraisal council: its members, and how many must sign a decision."""

    members: tuple[str, ...] = parties()
    quorum: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyWaveClosed:
    """The control totals of one respondent group (R08-R11)."""

    group: str = public()
    issued: int = public()
    returned: int = public()
    valid: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalProposed:
    """The secretariat submits the result for approval (tờ trình, R04)."""

    version: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultApproved:
    """The approving authority approves what was proposed (R04)."""

    version: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPublished:
    """The approved result is published."""

    version: int = public()


# --- the dossier: one agency in one round ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FocalOfficerAssigned:
    """The officer who keeps the dossier, and a deputy; without one a dossier does not open (R63)."""

    officer: str = parties()
    deputy: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousResultRecorded:
    """Last round's published total of this agency, for the rules that compare with it."""

    evaluated_year: int = parties()
    total: Stated = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAssessmentSubmitted:
    """The head submits the self-assessment as a whole (R39): so many cells are declared."""

    declared: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesItem:
    """One criterion of the minutes; `note` is the position of the note that was discussed."""

    criterion: str
    note: int
    concurrence: Concurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesSigned:
    """The minutes of an inspection, signed by team leader and agency head together (R22)."""

    team: str = parties()
    items: tuple[MinutesItem, ...] = parties()


# --- the cell: one criterion of one agency in one round -------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSubmitted:
    """Evidence files for a cell, by digest; `serial` is the document's number and symbol."""

    serial: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReturned:
    """The team hands evidence back to be mended (a reminder, R60)."""

    quality: Quality = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfScoreDeclared:
    """The agency declares points where the rule says that points are stated."""

    points: Stated = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantitiesDeclared:
    """The agency declares quantities; the rule makes the points."""

    quantities: Mapping[str, Stated] = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionNoteRecorded:
    """What a team member found, and the points or quantities that follow from it (R21)."""

    quality: Quality = parties()
    points: Stated | None = parties(default=None)
    quantities: Mapping[str, Stated] | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionNoteAmended:
    """A note is corrected by a new one with a reason; `amends` is the position of the old (R21)."""

    amends: int = parties()
    quality: Quality = parties()
    points: Stated | None = parties(default=None)
    quantities: Mapping[str, Stated] | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationSubmitted:
    """The agency explains itself about a note, over the head's signature (R20)."""

    about: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialCaseClaimed:
    """The agency holds that a criterion does not fit it (đặc thù, R26)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorPolicyClaimed:
    """A sector policy or solution of the year, for the members' opinion (R28)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiativeClaimed:
    """An initiative for bonus points; `level` is where it was recognised (R27, R55)."""

    level: str = parties()
    points: Stated = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTallied:
    """The valid answers for this cell: group -> answer -> how many (R08)."""

    counts: Mapping[str, Mapping[str, int]] = council()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialCaseDecided:
    """Accepted: out of this agency's denominator. Partly: these points. Rejected: nothing changes (R26)."""

    claim: int = parties()
    outcome: Outcome = parties()
    points: Stated | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BonusDecided:
    """Bonus points for a claimed initiative (R55)."""

    claim: int = parties()
    points: Stated = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionDecided:
    """Points off, decided by the council after the agency could reply."""

    points: Stated = parties()
    category: ReasonCategory = parties()
    references: tuple[int, ...] = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilAdjustmentMade:
    """The council moves the points of a cell: old, new, why, on what, and how it voted (R31)."""

    old_points: Exact = parties()
    new_points: Stated = parties()
    category: ReasonCategory = parties()
    references: tuple[int, ...] = parties()
    votes_for: int = parties()
    votes_against: int = parties()
    abstentions: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationWaived:
    """The council lets a declared cell stand that no team verified."""

    category: ReasonCategory = parties()


Body = (
    LogOpened
    | AgencyRegistered
    | AgencyClosed
    | OfficerRegistered
    | OfficerTransferred
    | RoleGranted
    | RoleEnded
    | CriteriaSetIssued
    | RoundOpened
    | PhaseOpened
    | DeadlineExtended
    | OfficerSeconded
    | TeamFormed
    | TeamAssigned
    | CouncilEstablished
    | SurveyWaveClosed
    | ApprovalProposed
    | ResultApproved
    | ResultPublished
    | FocalOfficerAssigned
    | PreviousResultRecorded
    | SelfAssessmentSubmitted
    | MinutesSigned
    | EvidenceSubmitted
    | EvidenceReturned
    | SelfScoreDeclared
    | QuantitiesDeclared
    | InspectionNoteRecorded
    | InspectionNoteAmended
    | ExplanationSubmitted
    | SpecialCaseClaimed
    | SectorPolicyClaimed
    | InitiativeClaimed
    | SurveyTallied
    | SpecialCaseDecided
    | BonusDecided
    | DeductionDecided
    | CouncilAdjustmentMade
    | VerificationWaived
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the catalogue says of one type: its shape, scope, committed texts and form of signature.

    `texts` maps each committed field to its class; `required` names those that may not be left out.
    `jointly` marks statements of several signers; `expects` those that must name the stream's version.
    """

    name: str
    body: type[Any]
    scope: Scope
    texts: Mapping[str, Visibility] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    jointly: bool = False
    expects: bool = True
    attachments: bool = False


def _kind(body: type[Any], scope: Scope, *required: str, **options: Any) -> Kind:
    return Kind(name=f"{body.__name__}.v1", body=body, scope=scope, required=frozenset(required), **options)


_NAME = {"name": Visibility.AUDITORS}
_REASON = {"reason": Visibility.PARTIES}
_FREE = {"expects": False}

CATALOGUE: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(LogOpened, Scope.REGISTRY, jointly=True, **_FREE),
        _kind(AgencyRegistered, Scope.REGISTRY, **_FREE),
        _kind(AgencyClosed, Scope.REGISTRY, **_FREE),
        _kind(OfficerRegistered, Scope.REGISTRY, "name", texts=_NAME, **_FREE),
        _kind(OfficerTransferred, Scope.REGISTRY, **_FREE),
        _kind(RoleGranted, Scope.REGISTRY, **_FREE),
        _kind(RoleEnded, Scope.REGISTRY, **_FREE),
        _kind(CriteriaSetIssued, Scope.REGISTRY, **_FREE),
        _kind(RoundOpened, Scope.ROUND),
        _kind(PhaseOpened, Scope.ROUND),
        _kind(DeadlineExtended, Scope.ROUND, "reason", texts={"reason": Visibility.PUBLIC}),
        _kind(OfficerSeconded, Scope.ROUND),
        _kind(TeamFormed, Scope.ROUND),
        _kind(TeamAssigned, Scope.ROUND),
        _kind(CouncilEstablished, Scope.ROUND),
        _kind(SurveyWaveClosed, Scope.ROUND),
        _kind(ApprovalProposed, Scope.ROUND),
        _kind(ResultApproved, Scope.ROUND),
        _kind(ResultPublished, Scope.ROUND),
        _kind(FocalOfficerAssigned, Scope.DOSSIER),
        _kind(PreviousResultRecorded, Scope.DOSSIER),
        _kind(SelfAssessmentSubmitted, Scope.DOSSIER),
        _kind(MinutesSigned, Scope.DOSSIER, texts={"reservation": Visibility.PARTIES}, jointly=True),
        _kind(
            EvidenceSubmitted,
            Scope.CELL,
            "title",
            texts={"title": Visibility.PARTIES, "file_names": Visibility.PARTIES},
            attachments=True,
        ),
        _kind(EvidenceReturned, Scope.CELL, "reason", texts=_REASON),
        _kind(SelfScoreDeclared, Scope.CELL, texts={"note": Visibility.PARTIES}),
        _kind(QuantitiesDeclared, Scope.CELL, texts={"note": Visibility.PARTIES}),
        _kind(InspectionNoteRecorded, Scope.CELL, "finding", texts={"finding": Visibility.PARTIES}),
        _kind(
            InspectionNoteAmended,
            Scope.CELL,
            "finding",
            "reason",
            texts={"finding": Visibility.PARTIES, **_REASON},
        ),
        _kind(
            ExplanationSubmitted,
            Scope.CELL,
            "explanation",
            texts={"explanation": Visibility.PARTIES},
            attachments=True,
        ),
        _kind(SpecialCaseClaimed, Scope.CELL, "reason", texts=_REASON, attachments=True),
        _kind(
            SectorPolicyClaimed,
            Scope.CELL,
            "title",
            texts={"title": Visibility.PARTIES},
            attachments=True,
        ),
        _kind(InitiativeClaimed, Scope.CELL, "title", texts={"title": Visibility.PARTIES}, attachments=True),
        _kind(SurveyTallied, Scope.CELL),
        _kind(SpecialCaseDecided, Scope.CELL, "reason", texts=_REASON, jointly=True),
        _kind(BonusDecided, Scope.CELL, "reason", texts=_REASON, jointly=True),
        _kind(DeductionDecided, Scope.CELL, "reason", texts=_REASON, jointly=True),
        _kind(CouncilAdjustmentMade, Scope.CELL, "reason", texts=_REASON, jointly=True),
        _kind(VerificationWaived, Scope.CELL, "reason", texts=_REASON, jointly=True),
    )
}
"""The whole vocabulary, by stored name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A statement as the domain sees it: who, about what, stating what, when it came, and its position.

    `signed_by` are the actors whose signatures are on it (whose keys those are is not the domain's
    business). `arrived_at` decides lateness; order is `position`, never a clock.
    """

    position: int
    id: str
    kind: Kind
    body: Body
    signed_by: tuple[str, ...]
    arrived_at: datetime
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    expects: int | None = None
    attachments: int = 0
    texts: frozenset[str] = frozenset()

    @property
    def stream(self) -> str:
        """The stream whose next version this is."""
        return "/".join(part for part in (self.round, self.agency, self.criterion) if part) or REGISTRY_STREAM


def kind_of(name: str) -> Kind:
    """Look a type up in the closed set; raises UnknownEvent."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownEvent(name[:80]) from None


def read_body(kind: Kind, body: object) -> Body:
    """Read a stated body as the shape of its kind; raises Malformed naming the field."""
    return read(kind.body, body)  # type: ignore[no-any-return]
