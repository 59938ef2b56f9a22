"""What holds after a prefix of the log: frozen values in a few tables, and cheap forks of them.

A fork sees everything of its parent and keeps its own changes apart until `settle`; a batch that is
rolled back is simply dropped. The values are made and read by the modules of the process.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timezone
from fractions import Fraction

from domain.criteria import Block, CriteriaSet, Criterion
from domain.deadlines import Deadline, DeadlineRule, Phase
from domain.events import LogOpened, Quality, Role, TeamRole

RoundAgency = tuple[str, str]
CellKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency with its lifespan; `until` is its last day."""

    code: str
    name_vi: str
    name_en: str
    block: Block
    since: date
    until: date | None = None

    def alive_on(self, day: date) -> bool:
        """Whether the agency existed on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Officer:
    """A person under a pseudonym; `home` is nothing for those outside the registered agencies."""

    actor: str
    home: str | None
    offices: frozenset[tuple[Role, str | None]] = frozenset()


@dataclass(frozen=True, slots=True)
class Council:
    """The appraisal council of a round."""

    members: frozenset[str]
    quorum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round as opened, with where it stands. `due` is the first moment that is too late."""

    code: str
    evaluated_year: int
    criteria: CriteriaSet
    agencies: Mapping[str, Block]
    rules: tuple[DeadlineRule, ...]
    holidays: frozenset[date]
    zone: timezone
    deadlines: Mapping[Phase, Deadline]
    due: Mapping[Phase, datetime]
    opened: Mapping[Phase, datetime]
    position: int
    phase: Phase = Phase.PREPARATION
    council: Council | None = None
    proposed: int = 0
    approved: int = 0
    published: int = 0

    def is_late(self, phase: Phase, arrived_at: datetime) -> bool:
        """Whether something due in a phase arrived too late, by today's deadlines."""
        return phase in self.due and arrived_at >= self.due[phase]

    def criterion_for(self, agency: str, code: str) -> Criterion | None:
        """Return a criterion if it is in the set and applies to the agency's block."""
        criterion = self.criteria.by_code.get(code)
        return criterion if criterion and self.agencies[agency] in criterion.applies_to else None


@dataclass(frozen=True, slots=True)
class Team:
    """A cross-inspection team: its members and the agencies it inspects."""

    name: str
    members: Mapping[str, TeamRole]
    inspects: frozenset[str] = frozenset()


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
    minutes: int | None = None
    reports: tuple[Report, ...] = ()
    declared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Act:
    """One score act: points outright, or the quantities a rule makes points from."""

    position: int
    arrived_at: datetime
    points: Fraction | None = None
    quantities: Mapping[str, Fraction] | None = None
    quality: Quality = Quality.SOUND


@dataclass(frozen=True, slots=True)
class Tally:
    """The ballots of a survey cell: answer -> how many, over all groups."""

    position: int
    answers: Mapping[str, int]


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
    returned: tuple[int, ...] = ()
    notes: tuple[int, ...] = ()
    explained: tuple[int, ...] = ()
    special_claim: int | None = None
    policy_claim: int | None = None
    bonus_claim: int | None = None
    claims_decided: frozenset[int] = frozenset()


NO_DOSSIER = Dossier()
NO_CELL = Cell()


@dataclass(slots=True)
class Standing:
    """All tables. Only the `follow` functions of the process modules write into them."""

    log: MutableMapping[str, LogOpened] = field(default_factory=dict)
    agencies: MutableMapping[str, Agency] = field(default_factory=dict)
    officers: MutableMapping[str, Officer] = field(default_factory=dict)
    criteria_sets: MutableMapping[tuple[str, str], CriteriaSet] = field(default_factory=dict)
    rounds: MutableMapping[str, Round] = field(default_factory=dict)
    seconded: MutableMapping[tuple[str, str], str] = field(default_factory=dict)
    teams: MutableMapping[tuple[str, str], Team] = field(default_factory=dict)
    seats: MutableMapping[tuple[str, str], str] = field(default_factory=dict)
    waves: MutableMapping[tuple[str, str], int] = field(default_factory=dict)
    dossiers: MutableMapping[RoundAgency, Dossier] = field(default_factory=dict)
    cells: MutableMapping[CellKey, Cell] = field(default_factory=dict)
    versions: MutableMapping[str, int] = field(default_factory=dict)

    def fork(self) -> Standing:
        """Return a child that sees this standing and keeps its changes to itself."""
        return Standing(*(_child(getattr(self, f.name)) for f in fields(self)))

    def settle(self) -> None:
        """Fold a fork's changes into the standing it was forked from."""
        for f in fields(self):
            layered = getattr(self, f.name)
            changes, parent = layered.maps[0], layered.parent
            parent.update(changes)
            changes.clear()

    def dossier(self, round_code: str, agency: str) -> Dossier:
        """Return an agency's dossier, empty where nothing was stated yet."""
        return self.dossiers.get((round_code, agency), NO_DOSSIER)

    def cell(self, round_code: str, agency: str, criterion: str) -> Cell:
        """Return a cell, empty where nothing was stated yet."""
        return self.cells.get((round_code, agency, criterion), NO_CELL)

    def home_of(self, actor: str) -> str | None:
        """Return an actor's home agency today."""
        officer = self.officers.get(actor)
        return officer.home if officer else None

    def holds(self, actor: str, role: Role, agency: str | None = None) -> bool:
        """Whether an actor holds an office (for this agency, where it belongs to one)."""
        officer = self.officers.get(actor)
        return officer is not None and (role, agency) in officer.offices


class _Layer(ChainMap):  # type: ignore[type-arg]
    """A ChainMap that remembers the very mapping it was laid over, and answers `get` in one pass."""

    parent: MutableMapping[object, object]

    def get(self, key: object, default: object = None) -> object:
        for layer in self.maps:
            if key in layer:
                return layer[key]
        return default


def _child(table: MutableMapping[object, object]) -> _Layer:
    layer = _Layer({}, *(table.maps if isinstance(table, _Layer) else (table,)))
    layer.parent = table
    return layer
