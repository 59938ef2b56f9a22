"""What is stated about a whole round: opening, phases, guidance, teams, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.deadlines import DeadlineRule, Phase
from domain.stated.choices import Outcome, Path, Step, TeamRole
from domain.visibility import Visibility, parties, public


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationPolicy:
    """What is shown of a published result, as data (R35).

    The public sees so many places of each block, with or without their scores; an agency sees, of its own
    record, the fields of these classes. Everything else stays inside.
    """

    public_places: int
    public_scores: bool
    own_record: tuple[Visibility, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRule:
    """Who may be given a certificate of merit (R37): up to this rank, from this class on."""

    up_to_rank: int
    from_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """How long a step of a dispute may take, in working or calendar days, and the rule that says so."""

    path: Path
    step: Step
    days: int
    working: bool
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpened:
    """A round with regulation, frozen criteria set, block sizes, deadlines and policies (R02, R17, R19)."""

    evaluated_year: int = public()
    execution_year: int = public()
    regulation: str = public()
    regulation_version: str = public()
    criteria_set: str = public()
    criteria_version: str = public()
    blocks: Mapping[str, int] = public()
    deadlines: tuple[DeadlineRule, ...] = public()
    holidays: tuple[date, ...] = public()
    timers: tuple[Timer, ...] = public()
    publication: PublicationPolicy = public()
    awards: AwardRule = public()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceIssued:
    """A guidance letter (công văn hướng dẫn) to agencies, with its document (R06, R48).

    They confirm it until the end of a day, where one is stated.
    """

    number: str = public()
    issued_on: date = public()
    addressees: tuple[str, ...] = public()
    due: date | None = public(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """The answer to one agency's question, given to all alike (R48)."""

    question: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackAnswered:
    """What became of feedback on criteria; if accepted, the version that it changed (R46)."""

    feedback: int = public()
    outcome: Outcome = public()
    changed_in: str | None = public(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewConferenceHeld:
    """The conference that reviews the round (hội nghị tổng kết, R65)."""

    on: date = public()
