"""One agency in one round, as values: its dossier and its cells, and the disputes over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from domain.deadlines import Phase
from domain.stated.choices import Choice, Ground, Matter, Outcome, Path, Quality, ReasonCategory


@dataclass(frozen=True, slots=True)
class Act:
    """One score act: points outright, or the quantities a rule makes points from."""

    position: int
    arrived_at: datetime
    points: Fraction | None = None
    quantities: Mapping[str, Fraction] | None = None
    quality: Quality = Quality.SOUND


@dataclass(frozen=True, slots=True)
class Report:
    """Something an agency owes as a whole, for counting what came late."""

    position: int
    phase: Phase
    arrived_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One agency in one round, beyond its single cells."""

    focal: str | None = None
    deputy: str | None = None
    focal_since: datetime | None = None
    focal_position: int | None = None
    previous_total: Fraction | None = None
    previous_position: int | None = None
    submitted: int | None = None
    team: str | None = None
    days: tuple[date, date] | None = None
    """The first and the last day of the team's inspection."""
    minutes: int | None = None
    reports: tuple[Report, ...] = ()
    declared: frozenset[str] = frozenset()
    serials: Mapping[str, int] = field(default_factory=dict)
    compiled: int | None = None
    """The position of the freeze that holds, if one does."""
    recused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Activity:
    """The statements about an agency in a round: how many, and when its own last one came (R62)."""

    statements: int = 0
    own_act: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An item of evidence: whose, and which version of which document."""

    agency: str
    serial: str
    version: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The ballots of a survey cell: answer -> how many; `withheld` counts those of too few."""

    position: int
    answers: Mapping[str, int]
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a member thought before the meeting, once it was opened."""

    position: int
    points: Fraction
    category: ReasonCategory


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """The opinions asked for on a cell: sealed by members, then opened, then closed."""

    requested: int
    due: datetime
    open_until: datetime | None = None
    """The first moment at which opening may be closed although somebody has not opened."""
    sealed: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    opened: Mapping[str, Opinion] = field(default_factory=dict)
    closed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """What was moved about a cell, and how the members voted."""

    position: int
    meeting: str
    matter: Matter
    category: ReasonCategory
    by: str
    outcome: Outcome | None = None
    points: Fraction | None = None
    dispute: str | None = None
    """The dispute that it would decide."""
    votes: Mapping[str, Choice] = field(default_factory=dict)
    dissents: frozenset[str] = frozenset()
    decided: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An initiative's recognition and this agency's part in it."""

    recognition: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class Promise:
    """An improvement that an agency promised, and whether it reported it as kept."""

    position: int
    due: date
    kept: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One agency's one criterion in one round: the newest act of each stage, and what lies about it."""

    declared: Act | None = None
    verified: Act | None = None
    decided: Act | None = None
    tally: Tally | None = None
    excluded: int | None = None
    waived: int | None = None
    evidence: tuple[int, ...] = ()
    supplied: int = -1
    """Where evidence was last given for the cell, new or used again."""
    requested: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    notes: tuple[int, ...] = ()
    questions: tuple[int, ...] = ()
    explained: tuple[int, ...] = ()
    shortcomings: tuple[str, ...] = ()
    special_claim: int | None = None
    policy_claim: int | None = None
    bonus_claim: int | None = None
    bonus: Claim | None = None
    claims_decided: frozenset[int] = frozenset()
    opinions: Opinions | None = None
    motion: Motion | None = None
    """The newest motion; earlier ones were decided or fell."""
    promises: tuple[Promise, ...] = ()
    dispute: str | None = None
    """The newest dispute over this cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute over one cell, from filing to its end."""

    name: str
    agency: str
    criterion: str
    path: Path
    ground: Ground
    version: int
    claimed: Fraction | None
    special_case: int | None = None
    """The claim whose decision is contested, where what is claimed is to be out of the denominator."""
    by: str
    filed: int
    filed_at: datetime
    since: datetime | None
    """When the clock for filing began: with the first version that shows the newest decision."""
    late: bool
    """Out of time, by the moment its first byte arrived."""
    affected: frozenset[str] = frozenset()
    """The agencies whose rank could move if the claim were upheld, this one among them (materiality)."""
    accepted: int | None = None
    accepted_at: datetime | None = None
    withdrawn: int | None = None
    notified: frozenset[str] = frozenset()
    notified_at: datetime | None = None
    heard: frozenset[str] = frozenset()
    heard_at: datetime | None = None
    """When the last of those who were notified had its word."""
    reviewer: str | None = None
    reverified: Act | None = None
    decided: int | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    """When it was decided or withdrawn."""

    @property
    def open(self) -> bool:
        """Whether something can still come of it."""
        return not self.late and self.withdrawn is None and self.decided is None


@dataclass(frozen=True, slots=True)
class Award:
    """A certificate of merit for a published place."""

    position: int
    version: int
    rank: int


NO_ACTIVITY = Activity()
NO_DOSSIER = Dossier()
NO_CELL = Cell()
