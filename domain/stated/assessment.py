"""What an agency declares and its inspectors find: evidence, scores, notes, explanations, claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.shapes import Stated
from domain.stated.choices import Concurrence, Quality, ReasonCategory
from domain.visibility import parties, public


@dataclass(frozen=True, slots=True, kw_only=True)
class FocalOfficerAssigned:
    """The officer who keeps the dossier, and a deputy; without one a dossier does not open (R63)."""

    officer: str = parties()
    deputy: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousResultRecorded:
    """Last round's published total of this agency, and the system it comes from (R43)."""

    evaluated_year: int = parties()
    total: Stated = parties()
    source: str = parties()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRequested:
    """A team or the secretariat asks for evidence of a cell, until the end of a day (R07)."""

    due: date = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSubmitted:
    """Evidence files for a cell, by digest: the next version of the document with this number."""

    serial: str = parties()
    version: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReused:
    """An item submitted for another cell serves this one too; nothing is uploaded twice (R40, R41)."""

    source: int = parties()


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
    shortcomings: tuple[str, ...] = parties(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionNoteAmended:
    """A note is corrected by a new one with a reason; `amends` is the position of the old (R21)."""

    amends: int = parties()
    quality: Quality = parties()
    points: Stated | None = parties(default=None)
    quantities: Mapping[str, Stated] | None = parties(default=None)
    shortcomings: tuple[str, ...] = parties(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationRequested:
    """The team asks the agency to explain itself about a note (yêu cầu giải trình)."""

    about: int = parties()


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
    """An initiative for bonus points (R27, R55).

    `level` is where it was recognised, `recognition` the decision that did so, `share` this agency's part.
    """

    level: str = parties()
    recognition: str = parties()
    share: Stated = parties()
    points: Stated = parties()


# --- before scoring, and beside it ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceReceived:
    """The agency has a guidance letter in hand: `guidance` is its position (R06)."""

    guidance: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """An agency asks how something is meant (R48)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaFeedbackSubmitted:
    """What an agency thinks of a criterion of the set in force (R46)."""

    criterion: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationGranted:
    """A head or focal officer lets an officer of the agency state these types, from day to day."""

    to: str = parties()
    acts: tuple[str, ...] = parties()
    since: date = parties()
    until: date = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationEnded:
    """A delegation ends before its time; `delegation` is the id of the statement that granted it."""

    delegation: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierCompiled:
    """The secretariat freezes the dossier for the council: so many statements are in it (R23)."""

    statements: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierUnfrozen:
    """The secretariat opens a frozen dossier again, for a reason."""

    category: ReasonCategory = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementCommitted:
    """The agency promises to mend what a note found, until a day (R57)."""

    about: int = parties()
    due: date = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementReported:
    """The agency reports a promise as kept; `commitment` is its position (R57)."""

    commitment: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardGranted:
    """A certificate of merit for a published place; a later correction flags it, never deletes it (R36)."""

    version: int = public()
    rank: int = public()
    decision: str = public()
