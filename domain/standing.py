"""What holds after a prefix of the log: frozen values in a few tables, and cheap forks of them.

A fork sees everything of its parent and keeps its own changes apart until `settle`; a batch that is
rolled back is simply dropped. The values are made and read by the modules of the process.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction

from domain.criteria import Block, CriteriaSet, Criterion
from domain.deadlines import Deadline, DeadlineRule, Phase, add_working_days, end_of
from domain.dossiers import NO_ACTIVITY, NO_CELL, NO_DOSSIER, Activity, Award, Cell, Dispute, Dossier, Item
from domain.stated.attestation import ProjectionAttested
from domain.stated.choices import Path, Role, Step, TeamRole
from domain.stated.registry import LogOpened
from domain.stated.rounds import AwardRule, PublicationPolicy, Timer

RoundAgency = tuple[str, str]
CellKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency with its lifespan; `until` is its last day, `into` who took its tasks over."""

    code: str
    name_vi: str
    name_en: str
    block: Block
    since: date
    until: date | None = None
    into: str | None = None

    def alive_on(self, day: date) -> bool:
        """Whether the agency existed on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Officer:
    """A person under a pseudonym; `home` is nothing for those outside the registered agencies."""

    actor: str
    home: str | None
    offices: frozenset[tuple[Role, str | None]] = frozenset()
    left: tuple[tuple[str, int], ...] = ()
    """Former home agencies, each with the position at which it was left."""


@dataclass(frozen=True, slots=True)
class Council:
    """The appraisal council of a round."""

    members: frozenset[str]
    chair: str
    quorum: int


@dataclass(frozen=True, slots=True)
class Result:
    """What was published of an agency: its place, its class and its total."""

    rank: int
    rating: str
    total: Fraction


@dataclass(frozen=True, slots=True)
class StateItem:
    """One cell, total or rank as it was published, under the key that it can be found by.

    `made_by` are the positions of the acts that made the value, `events` those of all statements about it.
    """

    key: str
    value: tuple[tuple[str, str], ...]
    made_by: tuple[int, ...]
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of the result: where, when, and what stood in it, down to every cell."""

    number: int
    position: int
    at: datetime
    results: Mapping[str, Result] = field(default_factory=dict)
    state: tuple[StateItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Attested:
    """What the log attested of a published version, where, and which auditors confirmed it."""

    position: int
    stated: ProjectionAttested
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round as opened, with where it stands. `due` is the first moment that is too late."""

    code: str
    evaluated_year: int
    regulation: tuple[str, str]
    criteria: CriteriaSet
    agencies: Mapping[str, Block]
    rules: tuple[DeadlineRule, ...]
    holidays: frozenset[date]
    zone: timezone
    timers: Mapping[tuple[Path, Step], Timer]
    publication: PublicationPolicy
    awards: AwardRule
    deadlines: Mapping[Phase, Deadline]
    due: Mapping[Phase, datetime]
    opened: Mapping[Phase, datetime]
    position: int
    phase: Phase = Phase.PREPARATION
    council: Council | None = None
    method: int = 0
    meeting: str | None = None
    meetings: int = 0
    proposed: int = 0
    proposed_by: str | None = None
    approved: int = 0
    versions: tuple[Version, ...] = ()
    corrected: int = 0
    """How many decided disputes have moved points since the last version."""

    @property
    def published(self) -> int:
        """The number of the newest published version, 0 before there is one."""
        return self.versions[-1].number if self.versions else 0

    def is_late(self, phase: Phase, arrived_at: datetime) -> bool:
        """Whether something due in a phase arrived too late, by today's deadlines."""
        return phase in self.due and arrived_at >= self.due[phase]

    def criterion_for(self, agency: str, code: str) -> Criterion | None:
        """Return a criterion if it is in the set and applies to the agency's block."""
        criterion = self.criteria.by_code.get(code)
        return criterion if criterion and self.agencies[agency] in criterion.applies_to else None

    def due_after(self, path: Path, step: Step, start: datetime) -> datetime | None:
        """Return the first moment too late for a step that runs since `start`; nothing without a timer."""
        timer = self.timers.get((path, step))
        if timer is None:
            return None
        day = start.astimezone(self.zone).date()
        if timer.working:
            return end_of(add_working_days(day, timer.days, self.holidays), self.zone)
        return end_of(day + timedelta(days=timer.days), self.zone)


@dataclass(frozen=True, slots=True)
class Team:
    """A cross-inspection team: its members and the agencies it inspects."""

    name: str
    members: Mapping[str, TeamRole]
    inspects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wave:
    """One respondent group of a survey."""

    group: str
    issued: int
    upward: bool
    tokens: str
    batches: frozenset[str] = frozenset()
    """The roots of the batches that were recorded."""
    ballots: int = 0
    returned: int = 0
    valid: int | None = None
    """How many ballots counted, once the wave is closed."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A guidance letter: who has yet to confirm it, until when, and who confirmed it too late."""

    waiting: frozenset[str]
    due: datetime | None = None
    late: frozenset[str] = frozenset()

    def is_late(self, now: datetime) -> bool:
        """Whether a receipt that comes now is late."""
        return self.due is not None and now >= self.due


@dataclass(frozen=True, slots=True)
class Asked:
    """A question or feedback of an agency, and the position of its answer once there is one."""

    agency: str
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting of the council: who is present, and whether it is still going on."""

    name: str
    position: int
    present: frozenset[str]
    motions: int = 0
    closed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The texts that a statement committed to: which, about what, and whose name where it is one."""

    position: int
    fields: frozenset[str]
    round: str | None
    agency: str | None
    criterion: str | None
    officer: str | None
    erasure: bool
    """Whether it is itself about an erasure: on whose authority one was made is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What somebody may state on another's behalf, and from when until when."""

    by: str
    to: str
    round: str
    agency: str
    acts: frozenset[str]
    since: datetime
    until: datetime
    ended: int | None = None


@dataclass(slots=True)
class Standing:
    """All tables. Only the `follow` functions of the process modules write into them."""

    log: MutableMapping[str, LogOpened] = field(default_factory=dict)
    agencies: MutableMapping[str, Agency] = field(default_factory=dict)
    officers: MutableMapping[str, Officer] = field(default_factory=dict)
    serving: MutableMapping[Role, frozenset[str]] = field(default_factory=dict)
    """Office -> who holds it, for one agency or for none."""
    regulations: MutableMapping[tuple[str, str], int] = field(default_factory=dict)
    criteria_sets: MutableMapping[tuple[str, str], CriteriaSet] = field(default_factory=dict)
    rounds: MutableMapping[str, Round] = field(default_factory=dict)
    guidance: MutableMapping[tuple[str, int], Letter] = field(default_factory=dict)
    """(round, position of the letter) -> the letter, with those who have not confirmed yet."""
    questions: MutableMapping[tuple[str, int], Asked] = field(default_factory=dict)
    """(round, position of the question) -> whose it is, and its answer."""
    feedback: MutableMapping[tuple[str, int], Asked] = field(default_factory=dict)
    """(round, position of the feedback) -> whose it is, and its answer."""
    seconded: MutableMapping[tuple[str, str], str] = field(default_factory=dict)
    teams: MutableMapping[tuple[str, str], Team] = field(default_factory=dict)
    seats: MutableMapping[tuple[str, str], str] = field(default_factory=dict)
    waves: MutableMapping[tuple[str, str], Wave] = field(default_factory=dict)
    meetings: MutableMapping[tuple[str, str], Meeting] = field(default_factory=dict)
    dossiers: MutableMapping[RoundAgency, Dossier] = field(default_factory=dict)
    activities: MutableMapping[RoundAgency, Activity] = field(default_factory=dict)
    cells: MutableMapping[CellKey, Cell] = field(default_factory=dict)
    acts: MutableMapping[CellKey, tuple[int, ...]] = field(default_factory=dict)
    """(round, agency, criterion or "") -> the positions of all statements about the cell, or the agency."""
    items: MutableMapping[tuple[str, int], Item] = field(default_factory=dict)
    """(round, position) -> the item of evidence that was submitted there."""
    recognitions: MutableMapping[tuple[str, str], Fraction] = field(default_factory=dict)
    """(round, recognition of an initiative) -> the sum of the shares claimed in it."""
    disputes: MutableMapping[tuple[str, str], Dispute] = field(default_factory=dict)
    awards: MutableMapping[RoundAgency, Award] = field(default_factory=dict)
    attested: MutableMapping[tuple[str, int], Attested] = field(default_factory=dict)
    """(round, version) -> what was attested of it."""
    delegations: MutableMapping[str, Delegation] = field(default_factory=dict)
    texts: MutableMapping[str, Committed] = field(default_factory=dict)
    """The id of a statement -> the texts that it committed to."""
    erased: MutableMapping[tuple[str, str], int] = field(default_factory=dict)
    """(the id of a statement, field) -> where the words behind it were erased."""
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

    def activity(self, round_code: str, agency: str) -> Activity:
        """Return how much was stated about an agency, none where nothing was stated yet."""
        return self.activities.get((round_code, agency), NO_ACTIVITY)

    def cell(self, round_code: str, agency: str, criterion: str) -> Cell:
        """Return a cell, empty where nothing was stated yet."""
        return self.cells.get((round_code, agency, criterion), NO_CELL)

    def home_of(self, actor: str) -> str | None:
        """Return an actor's home agency today."""
        officer = self.officers.get(actor)
        return officer.home if officer else None

    def house(self, agency: str | None) -> str | None:
        """Return who does an agency's work today: itself, or the one it was merged into."""
        while (
            agency is not None and (found := self.agencies.get(agency)) is not None and found.into is not None
        ):
            agency = found.into
        return agency

    def at_home(self, actor: str, agency: str | None) -> bool:
        """Whether an actor belongs to an agency, or to the one that it was merged into (or from)."""
        home = self.home_of(actor)
        if home is None or home == agency:
            return home is not None
        return self.house(home) == self.house(agency)

    def belonged(self, actor: str, agency: str | None, since: int) -> bool:
        """Whether an actor belongs to an agency, or left it after a position."""
        officer = self.officers.get(actor)
        left = [home for home, position in officer.left if position > since] if officer else []
        return self.at_home(actor, agency) or any(self.house(home) == self.house(agency) for home in left)

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
