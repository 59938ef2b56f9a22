"""What the example plans for its council: method, opinions, meetings, and every matter with how it goes."""

from __future__ import annotations

from dataclasses import dataclass

from domain.stated.choices import Outcome, ReasonCategory


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Voted):
    """How the council decides a dispute."""

    outcome: Outcome
    points: str | None = None
