"""What the example plans beside its council: registry, guidance, delegations, dossiers, disputes, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.example_council import Judged
from domain.criteria import Block
from domain.stated.choices import Ground, Outcome, Path, Quality, ReasonCategory

# --- the registry ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """An agency that ended before the last day of the evaluated year, and is not ranked."""

    code: str
    block: Block
    since: str
    until: str
    name_vi: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """An agency's earlier name, and since when it goes by today's."""

    code: str
    since: str
    before_vi: str
    before_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An officer moves to another agency."""

    officer: str
    home: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulationPlan:
    """A version of the regulation, with its document."""

    code: str
    version: str
    number: str
    issued_on: str
    document: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """When a version of the criteria set is issued."""

    version: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPlan:
    """What is registered beside the agencies and people of today."""

    opened: str
    regulation: RegulationPlan
    criteria_sets: tuple[Issue, ...]
    closed: tuple[Closed, ...]
    renamed: tuple[Renamed, ...]
    transfers: tuple[Transfer, ...]


# --- before scoring -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A guidance letter to everybody; `late` agencies confirm it so many days later, `waiting` not yet."""

    round: str
    at: str
    number: str
    title: str
    document: str
    due: str | None = None
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
class DisputePlan:
    """A dispute as far as it went; whether it was late and whom it concerns is computed, not planned."""

    round: str
    agency: str
    criterion: str
    path: Path
    ground: Ground
    claimed: str | None = None
    special_case: bool = False
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
