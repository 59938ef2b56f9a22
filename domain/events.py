"""The closed set of things that can be stated: each kind under a name and version given by hand.

A statement is the event; a name and version is a contract for decades. `CATALOGUE` is the whole set: what
is not in it does not exist. The bodies are in `domain.stated`; who may state what, and when, in `admission`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.refusals import UnknownEvent
from domain.shapes import read
from domain.stated import assessment, attestation, council, disputes, erasure, registry, rounds, survey
from domain.visibility import Visibility

REGISTRY_STREAM = "registry"
"""The one stream outside the rounds; no round may be called that."""


class Scope(StrEnum):
    """What a statement is about; with it come the header fields it must carry."""

    REGISTRY = "registry"
    ROUND = "round"
    DOSSIER = "round/agency"
    CELL = "round/agency/criterion"
    MEETING = "round/meeting"
    DISPUTE = "round/agency/criterion/dispute"


class Signing(StrEnum):
    """Whose signatures a statement carries."""

    ALONE = "alone"
    TOGETHER = "together"
    EITHER = "either"
    """One person's, or with a co-signer's where the person's own agency is concerned (R05)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the catalogue says of one type: its shape, scope, committed texts and form of signature.

    `texts` maps each committed field to its class; `required` names those that may not be left out.
    `expects` marks those that must name the stream's version, `delegable` those that somebody else may
    state on the holder's behalf, `for_everyone` those that reach every agency alike.
    """

    name: str
    body: type[Any]
    scope: Scope
    texts: Mapping[str, Visibility] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    signing: Signing = Signing.ALONE
    expects: bool = True
    attachments: bool = False
    delegable: bool = False
    for_everyone: bool = False


def _kind(body: type[Any], scope: Scope, *required: str, **options: Any) -> Kind:
    return Kind(name=f"{body.__name__}.v1", body=body, scope=scope, required=frozenset(required), **options)


_NAME = {"name": Visibility.AUDITORS}
_REASON = {"reason": Visibility.PARTIES}
_OPEN_REASON = {"reason": Visibility.PUBLIC}
_TITLE = {"title": Visibility.PARTIES}
_NOTE = {"note": Visibility.PARTIES}
_FINDING = {"finding": Visibility.PARTIES}
_FREE = {"expects": False}
_TOGETHER = {"signing": Signing.TOGETHER}
_EITHER = {"signing": Signing.EITHER}
_DELEGABLE = {"delegable": True}
_DOCUMENT = {"attachments": True}
_ALIKE = {"for_everyone": True}

_REGISTRY = (
    _kind(registry.LogOpened, Scope.REGISTRY, **_TOGETHER, **_FREE),
    _kind(registry.AgencyRegistered, Scope.REGISTRY, **_FREE),
    _kind(registry.AgencyRenamed, Scope.REGISTRY, **_FREE),
    _kind(registry.AgencyMerged, Scope.REGISTRY, **_FREE),
    _kind(registry.AgencyClosed, Scope.REGISTRY, **_FREE),
    _kind(registry.OfficerRegistered, Scope.REGISTRY, "name", texts=_NAME, **_FREE),
    _kind(registry.OfficerTransferred, Scope.REGISTRY, **_FREE),
    _kind(registry.RoleGranted, Scope.REGISTRY, **_FREE),
    _kind(registry.RoleEnded, Scope.REGISTRY, **_FREE),
    _kind(registry.RegulationIssued, Scope.REGISTRY, **_DOCUMENT, **_FREE),
    _kind(registry.CriteriaSetIssued, Scope.REGISTRY, **_FREE),
    _kind(
        erasure.OpeningsErased,
        Scope.REGISTRY,
        "authority",
        texts={"authority": Visibility.PUBLIC},
        **_TOGETHER,
        **_FREE,
    ),
)

_ROUND = (
    _kind(rounds.RoundOpened, Scope.ROUND),
    _kind(rounds.PhaseOpened, Scope.ROUND),
    _kind(rounds.DeadlineExtended, Scope.ROUND, "reason", texts=_OPEN_REASON, **_ALIKE),
    _kind(
        rounds.GuidanceIssued, Scope.ROUND, "title", texts={"title": Visibility.PUBLIC}, **_DOCUMENT, **_ALIKE
    ),
    _kind(
        rounds.QuestionAnswered,
        Scope.ROUND,
        "answer",
        texts={"answer": Visibility.PUBLIC},
        **_ALIKE,
        **_EITHER,
    ),
    _kind(rounds.FeedbackAnswered, Scope.ROUND, "reason", texts=_OPEN_REASON, **_ALIKE, **_EITHER),
    _kind(rounds.OfficerSeconded, Scope.ROUND),
    _kind(rounds.TeamFormed, Scope.ROUND),
    _kind(rounds.TeamAssigned, Scope.ROUND, **_EITHER),
    _kind(survey.SurveyWaveOpened, Scope.ROUND),
    _kind(survey.BallotsRecorded, Scope.ROUND),
    _kind(survey.SurveyWaveClosed, Scope.ROUND),
    _kind(council.CouncilEstablished, Scope.ROUND),
    _kind(
        council.ScoringMethodAgreed,
        Scope.ROUND,
        "method",
        texts={"method": Visibility.COUNCIL},
        **_TOGETHER,
        **_DOCUMENT,
    ),
    _kind(rounds.ApprovalProposed, Scope.ROUND),
    _kind(rounds.ResultApproved, Scope.ROUND),
    _kind(rounds.ResultPublished, Scope.ROUND),
    _kind(
        attestation.ProjectionAttested,
        Scope.ROUND,
        "blinding",
        texts={"blinding": Visibility.AUDITORS},
        **_FREE,
    ),
    _kind(attestation.AttestationConfirmed, Scope.ROUND, **_FREE),
    _kind(rounds.ReviewConferenceHeld, Scope.ROUND, **_FREE),
    _kind(council.MeetingOpened, Scope.MEETING),
    _kind(council.MeetingClosed, Scope.MEETING, texts={"minutes": Visibility.COUNCIL}),
)

_DOSSIER = (
    _kind(assessment.FocalOfficerAssigned, Scope.DOSSIER, **_DELEGABLE),
    _kind(assessment.DelegationGranted, Scope.DOSSIER, **_FREE),
    _kind(assessment.DelegationEnded, Scope.DOSSIER, **_FREE),
    _kind(assessment.GuidanceReceived, Scope.DOSSIER, **_FREE, **_DELEGABLE),
    _kind(
        assessment.QuestionAsked, Scope.DOSSIER, "question", texts={"question": Visibility.PUBLIC}, **_FREE
    ),
    _kind(
        assessment.CriteriaFeedbackSubmitted,
        Scope.DOSSIER,
        "opinion",
        texts={"opinion": Visibility.PARTIES},
        **_FREE,
        **_DELEGABLE,
    ),
    _kind(assessment.PreviousResultRecorded, Scope.DOSSIER, **_EITHER),
    _kind(assessment.SelfAssessmentSubmitted, Scope.DOSSIER, **_DELEGABLE),
    _kind(assessment.MinutesSigned, Scope.DOSSIER, texts={"reservation": Visibility.PARTIES}, **_TOGETHER),
    _kind(assessment.DossierCompiled, Scope.DOSSIER, **_EITHER),
    _kind(assessment.DossierUnfrozen, Scope.DOSSIER, "reason", texts=_REASON, **_EITHER),
    _kind(council.RecusalDeclared, Scope.DOSSIER, "reason", texts={"reason": Visibility.COUNCIL}, **_FREE),
    _kind(assessment.AwardGranted, Scope.DOSSIER),
)

_DECLARED = (
    _kind(assessment.EvidenceRequested, Scope.CELL, "reason", texts=_REASON, **_EITHER),
    _kind(
        assessment.EvidenceSubmitted,
        Scope.CELL,
        "title",
        texts={**_TITLE, "file_names": Visibility.PARTIES},
        **_DOCUMENT,
        **_DELEGABLE,
    ),
    _kind(assessment.EvidenceReused, Scope.CELL, **_DELEGABLE),
    _kind(assessment.EvidenceReturned, Scope.CELL, "reason", texts=_REASON),
    _kind(assessment.SelfScoreDeclared, Scope.CELL, texts=_NOTE, **_DELEGABLE),
    _kind(assessment.QuantitiesDeclared, Scope.CELL, texts=_NOTE, **_DELEGABLE),
    _kind(assessment.InspectionNoteRecorded, Scope.CELL, "finding", texts=_FINDING),
    _kind(assessment.InspectionNoteAmended, Scope.CELL, "finding", "reason", texts={**_FINDING, **_REASON}),
    _kind(assessment.ExplanationRequested, Scope.CELL, "question", texts={"question": Visibility.PARTIES}),
    _kind(
        assessment.ExplanationSubmitted,
        Scope.CELL,
        "explanation",
        texts={"explanation": Visibility.PARTIES},
        **_DOCUMENT,
        **_DELEGABLE,
    ),
    _kind(assessment.SpecialCaseClaimed, Scope.CELL, "reason", texts=_REASON, **_DOCUMENT, **_DELEGABLE),
    _kind(assessment.SectorPolicyClaimed, Scope.CELL, "title", texts=_TITLE, **_DOCUMENT, **_DELEGABLE),
    _kind(assessment.InitiativeClaimed, Scope.CELL, "title", texts=_TITLE, **_DOCUMENT, **_DELEGABLE),
    _kind(survey.SurveyTallied, Scope.CELL, **_EITHER),
    _kind(
        assessment.ImprovementCommitted, Scope.CELL, "plan", texts={"plan": Visibility.PARTIES}, **_DELEGABLE
    ),
    _kind(
        assessment.ImprovementReported,
        Scope.CELL,
        "report",
        texts={"report": Visibility.PARTIES},
        **_DOCUMENT,
        **_DELEGABLE,
    ),
)

_COUNCIL = (
    _kind(council.OpinionRequested, Scope.CELL, **_EITHER),
    _kind(council.OpinionSealed, Scope.CELL, **_FREE),
    _kind(council.OpinionOpened, Scope.CELL, "reason", texts={"reason": Visibility.SEALED}, **_FREE),
    _kind(council.OpinionsClosed, Scope.CELL, **_EITHER),
    _kind(council.MotionPut, Scope.CELL, "reason", texts=_REASON),
    _kind(council.RemarkMade, Scope.CELL, "remark", texts={"remark": Visibility.PARTIES}, **_FREE),
    _kind(council.VoteCast, Scope.CELL, **_FREE),
    _kind(council.DissentRecorded, Scope.CELL, "opinion", texts={"opinion": Visibility.PARTIES}, **_FREE),
    _kind(council.SpecialCaseDecided, Scope.CELL, "reason", texts=_REASON, **_TOGETHER),
    _kind(council.BonusDecided, Scope.CELL, "reason", texts=_REASON, **_TOGETHER),
    _kind(council.DeductionDecided, Scope.CELL, "reason", texts=_REASON, **_TOGETHER),
    _kind(council.CouncilAdjustmentMade, Scope.CELL, "reason", texts=_REASON, **_TOGETHER),
    _kind(council.VerificationWaived, Scope.CELL, "reason", texts=_REASON, **_TOGETHER),
)

_DISPUTE = (
    _kind(
        disputes.DisputeFiled, Scope.DISPUTE, "grounds", texts={"grounds": Visibility.PARTIES}, **_DOCUMENT
    ),
    _kind(disputes.DisputeWithdrawn, Scope.DISPUTE, "reason", texts=_REASON),
    _kind(disputes.DisputeAccepted, Scope.DISPUTE, **_EITHER),
    _kind(disputes.AffectedNotified, Scope.DISPUTE, **_EITHER),
    _kind(disputes.PartyHeard, Scope.DISPUTE, "word", texts={"word": Visibility.PARTIES}),
    _kind(disputes.ReviewerAssigned, Scope.DISPUTE, **_EITHER),
    _kind(disputes.ReverificationRecorded, Scope.DISPUTE, "finding", texts=_FINDING),
    _kind(disputes.DisputeDecided, Scope.DISPUTE, "reason", texts=_REASON, **_TOGETHER),
)

CATALOGUE: Mapping[str, Kind] = {
    kind.name: kind for kind in (*_REGISTRY, *_ROUND, *_DOSSIER, *_DECLARED, *_COUNCIL, *_DISPUTE)
}
"""The whole vocabulary, by stored name."""

Body = Any
"""A body of one of the kinds of `CATALOGUE`."""


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
    matter: str | None = None
    on_behalf_of: str | None = None
    delegation: str | None = None
    expects: int | None = None
    attachments: int = 0
    texts: frozenset[str] = frozenset()

    @property
    def stream(self) -> str:
        """The stream whose next version this is: meetings and disputes have their own within a round."""
        subject = (self.matter,) if self.matter else (self.agency, self.criterion)
        return "/".join(part for part in (self.round, *subject) if part) or REGISTRY_STREAM

    @property
    def actor(self) -> str:
        """Whose act it is: the one it was stated on behalf of, else the first who signed."""
        return self.on_behalf_of or self.signed_by[0]


def kind_of(name: str) -> Kind:
    """Look a type up in the closed set; raises UnknownEvent."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownEvent(name[:80]) from None


def read_body(kind: Kind, body: object) -> Body:
    """Read a stated body as the shape of its kind; raises Malformed naming the field."""
    return read(kind.body, body)
