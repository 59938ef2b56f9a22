"""An act that somebody is waited for: what, whose, since which statement, until when and by what rule.

What is pending follows from what stands; nobody states it. `Desk` is where those who look for it stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.deadlines import Phase, end_of, is_working_day
from domain.events import Event
from domain.standing import Round, Standing
from domain.stated.assessment import EvidenceRequested
from domain.stated.choices import Path, Role, Step
from domain.stated.disputes import AffectedNotified, ReviewerAssigned
from domain.stated.rounds import ApprovalProposed, DeadlineExtended, PhaseOpened, ResultApproved
from domain.stated.survey import SurveyWaveClosed, SurveyWaveOpened


class Office(StrEnum):
    """In what capacity an act is somebody's."""

    AGENCY_HEAD = "AGENCY_HEAD"
    FOCAL_OFFICER = "FOCAL_OFFICER"
    INSPECTOR = "INSPECTOR"
    REVIEWER = "REVIEWER"
    SECRETARIAT = "SECRETARIAT"
    COUNCIL_MEMBER = "COUNCIL_MEMBER"
    APPROVING_AUTHORITY = "APPROVING_AUTHORITY"
    AUDITOR = "AUDITOR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An act that is open to somebody; where it is not `owed` they may leave it.

    Any one of `actors` may state it (of a joint one: with the others that it takes). `party` is the agency
    that they would act for. `due` is the first moment that is too late, `extended` what moved it.
    """

    act: str
    office: Office
    actors: tuple[str, ...]
    since: int
    party: str | None = None
    agency: str | None = None
    criteria: tuple[str, ...] = ()
    matter: str | None = None
    due: datetime | None = None
    hard: bool = False
    basis: str | None = None
    extended: tuple[int, ...] = ()
    owed: bool = True
    overdue: bool = False
    working_days: int | None = None
    """How many working days are left, the last one included."""


@dataclass(slots=True)
class Marks:
    """Where something was stated that a standing only says happened."""

    opened: dict[Phase, int] = field(default_factory=dict)
    extended: dict[Phase, tuple[int, ...]] = field(default_factory=dict)
    proposed: dict[int, int] = field(default_factory=dict)
    approved: dict[int, int] = field(default_factory=dict)
    waves: dict[str, int] = field(default_factory=dict)
    """Group -> where its wave was opened, or closed since."""
    notified: dict[str, int] = field(default_factory=dict)
    reviewers: dict[str, int] = field(default_factory=dict)
    asked: dict[int, date] = field(default_factory=dict)
    """Where evidence was asked for -> until which day."""


def marks(events: Iterable[Event], round_code: str) -> Marks:
    """Read the marks of a round off its events."""
    found = Marks()
    for event in events:
        if event.round == round_code:
            _mark(found, event, event.body)
    return found


def _mark(found: Marks, event: Event, body: Any) -> None:
    if isinstance(body, PhaseOpened):
        found.opened[body.phase] = event.position
    elif isinstance(body, DeadlineExtended):
        found.extended[body.phase] = (*found.extended.get(body.phase, ()), event.position)
    elif isinstance(body, ApprovalProposed | ResultApproved):
        versions = found.proposed if isinstance(body, ApprovalProposed) else found.approved
        versions[body.version] = event.position
    elif isinstance(body, SurveyWaveOpened | SurveyWaveClosed):
        found.waves[body.group] = event.position
    elif isinstance(body, AffectedNotified | ReviewerAssigned):
        disputes = found.notified if isinstance(body, AffectedNotified) else found.reviewers
        disputes.setdefault(event.matter or "", event.position)
    elif isinstance(body, EvidenceRequested):
        found.asked[event.position] = body.due


class Desk:
    """One round at a moment: who holds which office, and how a pending act is written down."""

    def __init__(self, standing: Standing, round_code: str, seen: Marks, now: datetime) -> None:
        self.standing = standing
        self.round: Round = standing.rounds[round_code]
        self.marks = seen
        self.now = now
        self._offices: dict[tuple[Role, str | None], list[str]] = {}
        for officer in standing.officers.values():
            for office in officer.offices:
                self._offices.setdefault(office, []).append(officer.actor)

    def holding(self, role: Role, agency: str | None = None) -> tuple[str, ...]:
        """Return who holds an office."""
        return tuple(sorted(self._offices.get((role, agency), ())))

    def heads(self, agency: str) -> tuple[str, ...]:
        """Return the heads of an agency, or of the one that it was merged into."""
        house = self.standing.house(agency)
        own = self.holding(Role.AGENCY_HEAD, agency)
        return own if house in (None, agency) else (*own, *self.holding(Role.AGENCY_HEAD, house))

    def since(self, phase: Phase) -> int:
        """Return where a phase was opened; the first one, with the round."""
        return self.marks.opened.get(phase, self.round.position)

    def pending(self, act: type[Any], office: Office, actors: Collection[str], **what: Any) -> Pending:
        """Write down an act that is open."""
        due: datetime | None = what.get("due")
        return Pending(
            act=f"{act.__name__}.v1",
            office=office,
            actors=tuple(actors),
            overdue=due is not None and self.now >= due,
            working_days=None if due is None else self._days_left(due),
            **what,
        )

    def by_phase(self, phase: Phase) -> dict[str, Any]:
        """Return until when something of a phase is due, by which regulation, and what moved it."""
        if phase not in self.round.due:
            return {}
        code, version = self.round.regulation
        return {
            "due": self.round.due[phase],
            "hard": self.round.deadlines[phase].hard,
            "basis": f"{code} ({version})",
            "extended": self.marks.extended.get(phase, ()),
        }

    def by_timer(self, path: Path, step: Step, start: datetime | None) -> dict[str, Any]:
        """Return until when a step of a dispute is due, and on what basis."""
        due = None if start is None else self.round.due_after(path, step, start)
        return {} if due is None else {"due": due, "basis": self.round.timers[path, step].basis}

    def by_day(self, day: date | None) -> dict[str, Any]:
        """Return until when something is due by the end of a day."""
        return {} if day is None else {"due": end_of(day, self.round.zone)}

    def _days_left(self, due: datetime) -> int:
        zone = self.round.zone
        last = (due - timedelta(microseconds=1)).astimezone(zone).date()
        return working_days(self.now.astimezone(zone).date(), last, self.round.holidays)


def working_days(first: date, last: date, holidays: frozenset[date]) -> int:
    """Count the working days from one day to another, both included; none where that lies before."""
    weeks, rest = divmod(max((last - first).days + 1, 0), 7)
    over = [first + timedelta(days=7 * weeks + day) for day in range(rest)]
    off = sum(first <= day <= last and day.weekday() < 5 for day in holidays)
    nothing = frozenset[date]()
    return 5 * weeks + sum(is_working_day(day, nothing) for day in over) - off
