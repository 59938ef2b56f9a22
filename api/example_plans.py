"""What the example plans beyond its agencies and people: guidance, council, decisions, disputes, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.stated.choices import Ground, Outcome, Path, Quality, ReasonCategory

# --- before scoring -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A guidance letter to everybody; `late` agencies confirm it so many days later, `waiting` not yet."""

    round: str
    at: str
    number: str
    title: str
    document: str
    late: Mapping[str, int] | None = None
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One agency's question, and the answer to all."""

    round: str
    agency: str
    asked: str
    question: str
    answered: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What an agency thinks of a criterion, and the version that it changed, if it did."""

    round: str
    agency: str
    criterion: str
    submitted: str
    opinion: str
    answered: str
    outcome: Outcome
    reason: str
    changed_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What everybody is told, asks and proposes."""

    letters: tuple[Letter, ...]
    questions: tuple[Question, ...]
    feedback: tuple[Feedback, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """Who signs for whom, which types, from day to day; `ended` where it ended before its time."""

    round: str
    agency: str
    by: str
    to: str
    acts: tuple[str, ...]
    since: str
    until: str
    granted: str
    ended: str | None = None


# --- dossiers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """A frozen dossier that is opened again, mended and frozen."""

    agency: str
    criterion: str
    at: str
    category: ReasonCategory
    reason: str
    mended: str
    finding: str
    why: str
    compiled: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossiers:
    """When the secretariat freezes the dossiers of a round."""

    round: str
    compiled: str
    reopened: tuple[Reopened, ...]


# --- the council ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A cell that a version of the method touches."""

    agency: str
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A version of the agreed method, in the order they stand in."""

    at: str
    document: str
    text: str
    touches: tuple[Touched, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recusal:
    """A conflict that a member declares."""

    member: str
    agency: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Opinions asked for before a meeting: `due` is the last day to seal one."""

    meeting: int
    requested: str
    due: str
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionPlan:
    """Of so many opinions one is not given, or given and never opened."""

    not_given: int
    not_opened: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlan:
    """A meeting, with who is absent."""

    opened: str
    absent: tuple[str, ...]
    minutes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilPlan:
    """The appraisal council of a round."""

    round: str
    established: str
    chair: str
    quorum: int
    method: tuple[Method, ...]
    recusals: tuple[Recusal, ...]
    opinions: OpinionPlan
    meetings: tuple[MeetingPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """How a matter went at its meeting: those who are able and neither against nor abstain are for it."""

    reason: str = ""
    meeting: int = 1
    category: ReasonCategory = ReasonCategory.COUNCIL_JUDGED
    votes_against: int = 0
    abstentions: int = 0
    remark: str | None = None
    dissent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialCase(Voted):
    """A claim that a criterion does not fit, and how it ended."""

    agency: str
    criterion: str
    claim: str
    outcome: Outcome
    points: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiative(Voted):
    """A share in a recognised initiative, claimed for bonus points, and what it got."""

    agency: str
    criterion: str
    title: str
    level: str
    recognition: str
    share: str
    claimed: str
    points: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Voted):
    """A sector policy put before the council; with `to` it is voted on, without it only looked at."""

    agency: str
    criterion: str
    title: str
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment(Voted):
    """The council moves a cell to new points; `opinions` tells whether members were asked before."""

    agency: str
    criterion: str
    to: str
    opinions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionPlan(Voted):
    """Points off by decision of the council; `about` is the criterion of the note it cites."""

    agency: str
    criterion: str
    points: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Voted):
    """A declared cell that no team could verify."""

    agency: str
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What the council decides."""

    special_cases: tuple[SpecialCase, ...]
    initiatives: tuple[Initiative, ...]
    policies: tuple[Policy, ...]
    adjustments: tuple[Adjustment, ...]
    deductions: tuple[DeductionPlan, ...]
    waivers: tuple[Waiver, ...]


# --- after publication ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The word of an agency whose rank could move."""

    agency: str
    at: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Who looks at the cell anew, and finds what."""

    officer: str
    assigned: str
    recorded: str
    quality: Quality
    points: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The end of a dispute by the agency itself."""

    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Voted):
    """How the council decides a dispute."""

    outcome: Outcome
    points: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputePlan:
    """A dispute as far as it went; whether it was late and whom it concerns is computed, not planned."""

    round: str
    agency: str
    criterion: str
    path: Path
    ground: Ground
    claimed: str
    filed: str
    grounds: str
    accepted: str | None = None
    notified: str | None = None
    heard: tuple[Heard, ...] = ()
    reviewed: Reviewed | None = None
    decided: Judged | None = None
    withdrawn: Withdrawn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A promise reported as kept."""

    at: str
    report: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """What an agency promises to mend."""

    agency: str
    criterion: str
    at: str
    due: str
    plan: str
    reported: Kept | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awards:
    """Certificates of merit: when, and how their decisions are numbered from `first` on."""

    at: str
    decision: str
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What follows a publication."""

    round: str
    conference: str
    awards: Awards
    improvements: tuple[Improvement, ...]
