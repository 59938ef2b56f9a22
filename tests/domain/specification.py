"""Given what was stated, when one more thing is stated, then it is admitted or refused by a rule.

    given(Phase.COUNCIL, claims).when(states("head-STC", SpecialCaseClaimed(), "STC/A1.1")).then(refused(...))

Every `given` is admitted, or the story fails; phases are opened on the way as the acts need them. Every
`when` also holds `admit` to its word: whatever it answers, nothing has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from domain import scoring
from domain.admission import RULES, admit, follow
from domain.deadlines import Phase
from domain.dossiers import Cell, Dispute, Dossier
from domain.events import CATALOGUE, Body, Event, Kind, Scope
from domain.refusals import Fact, Refusal
from domain.scoring import Card, Score
from domain.standing import Round, Standing
from domain.stated.council import MeetingClosed
from domain.stated.rounds import ApprovalProposed, PhaseOpened, ResultApproved, ResultPublished

ROUND = "2016"
ZONE = timezone(timedelta(hours=7))
OPENS: Mapping[Phase, datetime] = {
    Phase.PREPARATION: datetime(2017, 1, 16, 8, tzinfo=ZONE),
    Phase.SELF_ASSESSMENT: datetime(2017, 1, 20, 8, tzinfo=ZONE),
    Phase.INSPECTION: datetime(2017, 2, 14, 8, tzinfo=ZONE),
    Phase.EXPLANATION: datetime(2017, 3, 8, 8, tzinfo=ZONE),
    Phase.COUNCIL: datetime(2017, 4, 3, 8, tzinfo=ZONE),
    Phase.APPROVAL: datetime(2017, 5, 4, 8, tzinfo=ZONE),
    Phase.PUBLISHED: datetime(2017, 8, 1, 8, tzinfo=ZONE),
}
"""When the secretariat opens the phases and publishes; between two statements of a story lies a minute."""

KINDS: Mapping[type[Any], Kind] = {kind.body: kind for kind in CATALOGUE.values()}
admitted = None
"""What `then` expects of a statement that meets every rule."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who states what about which agency or cell, and where that differs from what is usual."""

    who: tuple[str, ...]
    body: Body
    about: str = ""
    unusual: Mapping[str, Any] = field(default_factory=dict)


def states(who: str | tuple[str, ...], body: Body, about: str = "", **unusual: Any) -> Act:
    """Write an act as a sentence.

    `about` is an agency (`STC`), a cell (`STC/A1.1`), a dispute over one (`STC/A1.1/dispute-1`) or a meeting.
    """
    return Act((who,) if isinstance(who, str) else who, body, about, unusual)


def refused(rule: str, **facts: Fact) -> Refusal:
    """Expect this rule, and these among its facts."""
    return Refusal(rule, facts)


@dataclass(slots=True)
class Story:
    """A log as it grows, what holds after it, and the answer to the newest statement."""

    standing: Standing = field(default_factory=Standing)
    events: list[Event] = field(default_factory=list)
    now: datetime = OPENS[Phase.PREPARATION]
    stated: Event | None = None
    answer: Refusal | None = None

    def branch(self) -> Story:
        """Return the same story so far, to be continued in another way."""
        return Story(self.standing.fork(), list(self.events), self.now)

    def given(self, *acts: Act) -> Story:
        """State what comes before; phases are opened until each act is in its own."""
        for act in acts:
            while self._too_early(act):
                self.open_next_phase()
            event = self.event(act)
            refusal = admit(self.standing, event)
            assert refusal is None, f"{event.kind.name} by {act.who} about {act.about!r}: {refusal}"
            self._append(event)
        return self

    def when(self, act: Act) -> Story:
        """State one more thing, and see that deciding about it changes nothing."""
        trial = self.standing.fork()
        self.stated = self.event(act)
        self.answer = admit(trial, self.stated)
        assert not any(getattr(trial, table.name).maps[0] for table in fields(trial))
        return self

    def then(self, expected: Refusal | None) -> Story:
        """Compare the answer; what is admitted is part of the story from here on."""
        assert self.stated is not None
        if expected is None:
            assert self.answer is None
            self._append(self.stated)
        else:
            assert self.answer is not None, f"admitted: {self.stated}"
            assert self.answer.rule == expected.rule, self.answer
            assert self.answer.facts.items() >= expected.facts.items()
        return self

    def event(self, act: Act) -> Event:
        """Make the event of an act, with the header that its kind asks for."""
        kind = KINDS[type(act.body)]
        plain = Event(
            position=len(self.events),
            id=f"{len(self.events):08x}",
            kind=kind,
            body=act.body,
            signed_by=act.who,
            arrived_at=self.now,
            round=None if kind.scope is Scope.REGISTRY else ROUND,
            attachments=int(kind.attachments),
            texts=kind.required,
            **_subject(kind.scope, act.about),
        )
        if kind.expects:
            plain = replace(plain, expects=self.standing.versions.get(plain.stream, 0))
        return replace(plain, **act.unusual)

    def reach(self, phase: Phase) -> Story:
        """Open one phase after the other until this one."""
        while self.round.phase.place < phase.place:
            self.open_next_phase()
        return self

    def open_next_phase(self) -> None:
        """Let the secretariat open the next phase, on its day; the last one is opened by publication."""
        phase = tuple(Phase)[self.round.phase.place + 1]
        self.now = max(self.now, OPENS[phase])
        if (meeting := self.round.meeting) is not None:
            motions = self.standing.meetings[ROUND, meeting].motions
            self.given(states("secretariat", MeetingClosed(motions=motions), meeting))
        if phase is Phase.PUBLISHED:
            self.publish()
        else:
            self.given(states("secretariat", PhaseOpened(phase=phase)))

    def publish(self) -> Story:
        """Let the next version of the result be proposed, approved and published."""
        version = self.round.published + 1
        return self.given(
            states("secretariat", ApprovalProposed(version=version)),
            states("authority", ResultApproved(version=version)),
            states("secretariat", ResultPublished(version=version)),
        )

    @property
    def last_position(self) -> int:
        """The position of the newest event."""
        return self.events[-1].position

    def last(self, body: type[Any]) -> int:
        """Return the position of the newest event of a type."""
        return next(e.position for e in reversed(self.events) if type(e.body) is body)

    @property
    def round(self) -> Round:
        """The round as it stands."""
        return self.standing.rounds[ROUND]

    def cell(self, about: str) -> Cell:
        """Return a cell as it stands."""
        agency, criterion = about.split("/")[:2]
        return self.standing.cell(ROUND, agency, criterion)

    def dispute(self, name: str) -> Dispute:
        """Return a dispute as it stands."""
        return self.standing.disputes[ROUND, name]

    def dossier(self, agency: str) -> Dossier:
        """Return a dossier as it stands."""
        return self.standing.dossier(ROUND, agency)

    def statements(self, agency: str) -> int:
        """Count the statements about an agency."""
        return self.standing.activity(ROUND, agency).statements

    def card(self, agency: str) -> Card:
        """Compute an agency's card."""
        return scoring.card(self.standing, ROUND, agency)

    def score(self, about: str) -> Score:
        """Compute the score of one cell."""
        agency, criterion = about.split("/")
        return self.card(agency).scores[criterion]

    def _too_early(self, act: Act) -> bool:
        phases = RULES[type(act.body)].phases
        return bool(phases) and self.round.phase.place < phases[0].place

    def _append(self, event: Event) -> None:
        RULES[type(event.body)].follow(self.standing.fork(), event, event.body)  # nothing it needs is missing
        turn = self.standing.fork()
        follow(turn, event)
        turn.settle()
        self.events.append(event)
        self.now += timedelta(minutes=1)


def _subject(scope: Scope, about: str) -> dict[str, Any]:
    """Read what an act is about as the header fields that its scope has."""
    if scope is Scope.MEETING:
        return {"matter": about}
    parts = [*about.split("/"), "", ""]
    return {name: part or None for name, part in zip(("agency", "criterion", "matter"), parts, strict=False)}


def fold(events: list[Event]) -> Standing:
    """Follow events from an empty standing."""
    standing = Standing()
    for event in events:
        follow(standing, event)
    return standing
