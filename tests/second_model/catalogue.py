"""What the documents say of each type: scope, phases, whose deadline, form and texts. A table, read as text.

Phases count from 0 (preparation) to 6 (published). `due` is the phase whose deadline it falls under. Marks:
e names the stream's version, d can be delegated, a reaches everyone alike, f may carry files, j is signed
together, c may be co-signed, k goes into the dossier (and so not into a frozen one). A text with `?` may be
left out.
"""

from __future__ import annotations

from typing import NamedTuple

TABLE = """
registry
  LogOpened                  -    -  j
  AgencyRegistered           -    -  -
  AgencyRenamed              -    -  -
  AgencyMerged               -    -  -
  AgencyClosed               -    -  -
  OfficerRegistered          -    -  -     name
  OfficerTransferred         -    -  -
  RoleGranted                -    -  -
  RoleEnded                  -    -  -
  RegulationIssued           -    -  f
  CriteriaSetIssued          -    -  -
  OpeningsErased             -    -  j     authority
round
  RoundOpened                -    -  e
  PhaseOpened                0-5  -  e
  DeadlineExtended           0-4  -  ea    reason
  GuidanceIssued             0-5  -  eaf   title
  QuestionAnswered           0-6  -  eac   answer
  FeedbackAnswered           0-6  -  eac   reason
  OfficerSeconded            0-2  -  e
  TeamFormed                 0-2  -  e
  TeamAssigned               0-2  -  ec
  SurveyWaveOpened           1-4  -  e
  BallotsRecorded            1-4  -  e
  SurveyWaveClosed           1-4  -  e
  CouncilEstablished         0-3  -  e
  ScoringMethodAgreed        0-5  -  efj   method
  ApprovalProposed           5-6  -  e
  ResultApproved             5-6  -  e
  ResultPublished            5-6  -  e
  ProjectionAttested         6-6  -  -     blinding
  AttestationConfirmed       6-6  -  -
  ReviewConferenceHeld       6-6  -  -
meeting
  MeetingOpened              4,6  -  e
  MeetingClosed              4,6  -  e     minutes?
dossier
  FocalOfficerAssigned       0-6  -  ed
  DelegationGranted          0-6  -  -
  DelegationEnded            0-6  -  -
  GuidanceReceived           0-6  -  d
  QuestionAsked              0-5  -  -     question
  CriteriaFeedbackSubmitted  0-6  -  d     opinion
  PreviousResultRecorded     0-3  -  ec
  SelfAssessmentSubmitted    1-1  1  edk
  MinutesSigned              2-3  3  ejk   reservation?
  DossierCompiled            3-4  -  ec
  DossierUnfrozen            3-4  -  ec    reason
  RecusalDeclared            0-6  -  -     reason
  AwardGranted               6-6  -  e
cell
  EvidenceRequested          1-3  -  ec    reason
  EvidenceSubmitted          1-3  3  edfk  title file_names?
  EvidenceReused             1-3  3  edk
  EvidenceReturned           2-3  3  ek    reason
  SelfScoreDeclared          1-1  1  edk   note?
  QuantitiesDeclared         1-1  1  edk   note?
  InspectionNoteRecorded     2-3  2  ek    finding
  InspectionNoteAmended      2-3  3  ek    finding reason
  ExplanationRequested       2-3  -  ek    question
  ExplanationSubmitted       2-3  3  edfk  explanation
  SpecialCaseClaimed         1-3  3  edfk  reason
  SectorPolicyClaimed        1-3  3  edfk  title
  InitiativeClaimed          1-3  3  edfk  title
  SurveyTallied              1-4  -  ec
  ImprovementCommitted       0-6  -  ed    plan
  ImprovementReported        0-6  -  edf   report
  OpinionRequested           4-4  -  ec
  OpinionSealed              4-4  -  -
  OpinionOpened              4-4  -  -     reason
  OpinionsClosed             4-4  -  ec
  MotionPut                  4,6  -  e     reason
  RemarkMade                 4,6  -  -     remark
  VoteCast                   4,6  -  -
  DissentRecorded            0-6  -  -     opinion
  SpecialCaseDecided         4-4  4  ej    reason
  BonusDecided               4-4  4  ej    reason
  DeductionDecided           4-4  4  ej    reason
  CouncilAdjustmentMade      4-4  4  ej    reason
  VerificationWaived         4-4  4  ej    reason
dispute
  DisputeFiled               6-6  -  ef    grounds
  DisputeWithdrawn           6-6  -  e     reason
  DisputeAccepted            6-6  -  ec
  AffectedNotified           6-6  -  ec
  PartyHeard                 6-6  -  e     word
  ReviewerAssigned           6-6  -  ec
  ReverificationRecorded     6-6  -  e     finding
  DisputeDecided             6-6  -  ej    reason
"""

PHASES = (
    "PREPARATION",
    "SELF_ASSESSMENT",
    "INSPECTION",
    "EXPLANATION",
    "COUNCIL",
    "APPROVAL",
    "PUBLISHED",
)
SUBJECTS = {
    "registry": "",
    "round": "round",
    "meeting": "round matter",
    "dossier": "round agency",
    "cell": "round agency criterion",
    "dispute": "round agency criterion matter",
}
"""The header fields that a statement of each scope carries."""


class Line(NamedTuple):
    """One line of the table."""

    scope: str
    phases: frozenset[str]
    due: str | None
    marks: str
    needed: frozenset[str]
    texts: frozenset[str]

    @property
    def header(self) -> frozenset[str]:
        """The header fields it carries."""
        return frozenset(SUBJECTS[self.scope].split())


def _phases(text: str) -> frozenset[str]:
    if text == "-":
        return frozenset()
    if "," in text:
        return frozenset(PHASES[int(n)] for n in text.split(","))
    first, _, last = text.partition("-")
    return frozenset(PHASES[int(first) : int(last) + 1])


def _read(table: str) -> dict[str, Line]:
    lines, scope = {}, ""
    for row in table.strip().splitlines():
        name, *rest = row.split()
        if not rest:
            scope = name
            continue
        phases, due, marks, *texts = rest
        lines[name] = Line(
            scope=scope,
            phases=_phases(phases),
            due=None if due == "-" else PHASES[int(due)],
            marks=marks,
            needed=frozenset(text for text in texts if not text.endswith("?")),
            texts=frozenset(text.rstrip("?") for text in texts),
        )
    return lines


CATALOGUE = _read(TABLE)
"""Every type by its name without the version."""
