"""Rounds thought up: any acts in any order, whether or not a log would admit them: a fold never refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from random import Random

from domain.criteria import (
    Block,
    CountRule,
    CriteriaSet,
    ImprovementRule,
    LogRule,
    Measure,
    Part,
    PartsRule,
    RatingClass,
    Rule,
    Section,
    StatedRule,
    quantities_of,
)
from domain.deadlines import DeadlineRule, Phase
from domain.events import Body, Event
from domain.stated.assessment import (
    EvidenceReturned,
    ExplanationSubmitted,
    FocalOfficerAssigned,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    PreviousResultRecorded,
    QuantitiesDeclared,
    SelfAssessmentSubmitted,
    SelfScoreDeclared,
)
from domain.stated.choices import Outcome, Quality
from domain.stated.registry import AgencyClosed, AgencyMerged, AgencyRegistered, AgencyRenamed
from domain.stated.rounds import DeadlineExtended, PhaseOpened, ResultPublished
from domain.stated.survey import SurveyTallied
from tests.domain import world
from tests.domain.criteria_sets import EVERY_RULE, criteria_set, criterion
from tests.domain.sitting import adjusts, deducts, rewards, settles, waives
from tests.domain.specification import Act, Story, states
from tests.domain.test_incremental import CRITERIA as MIXED_RULES

TICK = timedelta(microseconds=1)
QUARTER = Fraction(1, 4)
STATED = ("0", "0.25", "0.5", "1", "1", "1.5", "2", "2.0001", "3")
AMOUNTS = ("0", "0", "1", "2", "3", "3", "4", "7", "9", "10", "0.5")
TOTALS = ("0", "40", "66.67", "80", "95.5", "100")


def _classes(*edges: str) -> tuple[RatingClass, ...]:
    codes = ("GOOD", "FAIR", "AVERAGE", "WEAK")
    return tuple(
        RatingClass(code=code, name_vi="", at_least=Fraction(edge))
        for code, edge in zip(codes, edges, strict=False)
    )


def _parts(*rules: Rule) -> PartsRule:
    return PartsRule(parts=tuple(Part(max_points=Fraction(1), rule=rule) for rule in rules))


def _each(measure: Measure) -> LogRule:
    return LogRule(of=measure, each=QUARTER)


SETS: tuple[CriteriaSet, ...] = (
    EVERY_RULE,
    MIXED_RULES,
    criteria_set(
        *EVERY_RULE.criteria,
        tie_break=("area:A3", "fewer_deductions", "total"),
        bonus_ranks=False,
        deduction_max=Fraction(100),
        bonus_max=Fraction("1.25"),
        min_ballots=1,
        classes=_classes("33.33", "16.67", "5"),
    ),
    criteria_set(
        criterion("A1.1", "3", StatedRule()),
        criterion("A1.2", "4", StatedRule(), Block.DISTRICT, Block.CENTRAL),
        criterion("A2.1", "2", ImprovementRule(offset=Fraction(1), span=Fraction(3))),
        criterion("A2.2", "1", ImprovementRule(offset=Fraction(0), span=Fraction(50))),
        criterion("B1", "3", StatedRule(), section=Section.BONUS),
        criterion("D1", "3", StatedRule(), section=Section.DEDUCTION),
        tie_break=("area:A1",),
        classes=_classes("100", "42.86", "28.57", "14.29"),
    ),
    criteria_set(criterion("A1.1", "3", StatedRule()), tie_break=()),
    criteria_set(
        criterion(
            "A1.1", "2", _parts(LogRule(of=Measure.FOCAL_OFFICER), CountRule(of="n", each=Fraction(1, 4)))
        ),
        criterion("A1.2", "2", _parts(_each(Measure.LATE_REPORTS), _each(Measure.FLAWED_EVIDENCE))),
        criterion("A1.3", "1", StatedRule()),
        criterion("D1", "3", _each(Measure.FLAWED_EVIDENCE), section=Section.DEDUCTION),
    ),
)
"""Sets with every kind of rule, every tie key, and few criteria, so that agencies come to the same."""


def invented(chance: Random, acts: int = 30) -> list[Event]:
    """Think a round up, from genesis on."""
    criteria = chance.choice(SETS)
    story = world.given(Phase.PREPARATION, criteria=criteria)
    inventor = _Inventor(chance, story, criteria)
    events = list(story.events)
    for _ in range(acts):
        act, moment = inventor.act(), inventor.moment()
        _state(events, act.body, act.about, moment)
    return events


class _Inventor:
    """Chooses what is stated next, and when it came."""

    def __init__(self, chance: Random, story: Story, criteria: CriteriaSet) -> None:
        self.chance, self.story, self.criteria = chance, story, criteria
        self.version = 0
        opened = [story.now, datetime(2017, 1, 20, 8, tzinfo=story.now.tzinfo)]
        edges = [due + n * TICK for due in story.round.due.values() for n in (-1, 0, 1)]
        self.moments = [*opened, *edges, max(edges) + timedelta(90)]

    def moment(self) -> datetime:
        """A moment, likely at an edge of something that is due."""
        return self.chance.choice(self.moments)

    def act(self) -> Act:
        """Anything that may move a score, or publish them all."""
        make = self.chance.choice(_ACTS)
        return make(self)

    def agency(self) -> str:
        """One of few agencies, so that several acts meet in one."""
        return self.chance.choice(("STC", "STC", "HC", "HC", *world.AGENCIES))

    def about(self, *wanted: Section) -> tuple[str, str]:
        """A cell of a section; it need not apply to the agency."""
        found = [c.code for c in self.criteria.criteria if c.section in (wanted or (Section.MAIN,))]
        code = self.chance.choice(found or [self.criteria.criteria[0].code])
        return f"{self.agency()}/{code}", code

    def amount(self, code: str) -> dict[str, Fraction] | None:
        """The quantities that the rule needs, where it needs any."""
        names = sorted(quantities_of(self.criteria.by_code[code].rule))
        return {name: Fraction(self.chance.choice(AMOUNTS)) for name in names} or None

    def points(self) -> str:
        """Points."""
        return self.chance.choice(STATED)


def _declares(i: _Inventor) -> Act:
    about, code = i.about(*i.chance.choice(((), (), (), (Section.BONUS,))))
    amount = i.amount(code)
    body: Body = QuantitiesDeclared(quantities=amount) if amount else SelfScoreDeclared(points=_number(i))
    return states("somebody", body, about)


def _number(i: _Inventor) -> Fraction:
    return Fraction(i.points())


def _notes(i: _Inventor) -> Act:
    about, code = i.about()
    amount, quality = i.amount(code), i.chance.choice((*Quality, Quality.INCOMPLETE))
    stated = {"quantities": amount} if amount else {"points": _number(i)}
    if i.chance.random() < 0.5:
        return states("somebody", InspectionNoteRecorded(quality=quality, **stated), about)
    return states("somebody", InspectionNoteAmended(amends=0, quality=quality, **stated), about)


def _names(i: _Inventor) -> Act:
    deputy = i.chance.choice(("deputy", None))
    return states("somebody", FocalOfficerAssigned(officer="focal", deputy=deputy), i.agency())


def _remembers(i: _Inventor) -> Act:
    total = Fraction(i.chance.choice(TOTALS))
    return states("somebody", PreviousResultRecorded(evaluated_year=2015, total=total, source=""), i.agency())


def _tallies(i: _Inventor) -> Act:
    codes = [c.code for c in i.criteria.criteria if c.is_survey]
    groups = {
        group: {answer: i.chance.randrange(4) for answer in i.chance.sample("ABCD", 3)}
        for group in i.chance.sample(("STAFF", "COUNCIL_DEPUTY"), i.chance.randrange(3))
    }
    about = f"{i.agency()}/{i.chance.choice(codes) if codes else 'A1.1'}"
    return states("somebody", SurveyTallied(counts=groups), about)


def _rules_on_special_case(i: _Inventor) -> Act:
    outcome = i.chance.choice(tuple(Outcome))
    points = i.points() if outcome is Outcome.PARTLY else None
    return states("somebody", settles(0, outcome, points), i.about()[0])


def _extends(i: _Inventor) -> Act:
    phase = i.chance.choice(tuple(i.story.round.deadlines))
    due = i.story.round.deadlines[phase].due + timedelta(i.chance.randrange(1, 20))
    return states("somebody", DeadlineExtended(phase=phase, due=due))


def _publishes(i: _Inventor) -> Act:
    i.version += 1
    return states("somebody", ResultPublished(version=i.version))


def _opens(i: _Inventor) -> Act:
    return states("somebody", PhaseOpened(phase=i.chance.choice(tuple(Phase)[:-1])))


_ACTS: tuple[Callable[[_Inventor], Act], ...] = (
    *(_declares,) * 6,
    *(_notes,) * 4,
    _names,
    _remembers,
    _remembers,
    _tallies,
    _tallies,
    _rules_on_special_case,
    _rules_on_special_case,
    _extends,
    _opens,
    _publishes,
    lambda i: states("somebody", EvidenceReturned(quality=Quality.INCOMPLETE), i.about()[0]),
    lambda i: states("somebody", SelfAssessmentSubmitted(declared=0), i.agency()),
    lambda i: states("somebody", ExplanationSubmitted(about=0), i.about()[0]),
    lambda i: states("somebody", adjusts("0", i.points()), i.about()[0]),
    lambda i: states("somebody", rewards(0, i.points()), i.about(Section.BONUS)[0]),
    lambda i: states("somebody", rewards(0, i.points()), i.about(Section.BONUS)[0]),
    lambda i: states("somebody", deducts(i.chance.choice(("0.5", "3", "60"))), i.about(Section.DEDUCTION)[0]),
    lambda i: states("somebody", waives(), i.about()[0]),
)


# --- the registry and the calendar ----------------------------------------------------------------------

LAST = date(2016, 12, 31)
LIVES = (
    (date(2010, 1, 1), None, None),
    (LAST, None, None),
    (LAST + timedelta(1), None, None),
    (date(2010, 1, 1), LAST, AgencyClosed),
    (date(2010, 1, 1), LAST - timedelta(1), AgencyClosed),
    (date(2010, 1, 1), LAST + timedelta(1), AgencyClosed),
    (date(2010, 1, 1), LAST, AgencyMerged),
    (date(2010, 1, 1), LAST - timedelta(1), AgencyMerged),
)
"""First day, last day, and how it ended, of an agency that may or may not be ranked."""


def registries() -> Iterator[list[Event]]:
    """Think up logs in which agencies begin, end, are merged and renamed around the end of the year."""
    for since, until, ends in LIVES:
        events = list(world.registered().events)
        new = {"code": "MOI", "block": Block.CENTRAL, "since": since}
        _state(events, AgencyRegistered(name_vi="Mới", name_en="New", **new))  # type: ignore[arg-type]
        if ends is not None and until is not None:
            into = {"into": "SNV"} if ends is AgencyMerged else {}
            _state(events, ends(code="MOI", until=until, **into))
        _state(events, AgencyRenamed(code="HC", name_vi="Quận Hải Châu", name_en="Hai Chau", since=LAST))
        _state(events, world.opening().body)
        _state(events, SelfScoreDeclared(points=Fraction(1)), "MOI/A1.2")
        yield events


def officers() -> Iterator[list[Event]]:
    """Think up when focal officer and deputy are named, handed over and lost, and when that is looked at."""
    opened = datetime.fromisoformat("2017-01-20T08:00:00+07:00")
    for named in (opened - TICK, opened, opened + TICK):
        for then in ((), ("deputy",), (None,), (None, "deputy")):
            for after in (False, True):
                events = list(world.registered().events)
                _state(events, world.opening().body)
                _focal(events, "deputy", named)
                if after:
                    _state(events, PhaseOpened(phase=Phase.SELF_ASSESSMENT), "", opened)
                for deputy in then:
                    _focal(events, deputy, opened + TICK)
                if not after:
                    _state(events, PhaseOpened(phase=Phase.SELF_ASSESSMENT), "", opened)
                _focal(events, None, opened + TICK)
                yield events


def _focal(events: list[Event], deputy: str | None, arrived: datetime) -> None:
    _state(events, FocalOfficerAssigned(officer="focal", deputy=deputy), "STP", arrived)


def nothing_left() -> list[Event]:
    """Think up agencies that deductions leave nothing, so that only the points of an area tell them apart."""
    events = list(world.given(Phase.PREPARATION, criteria=SETS[2]).events)
    for agency in ("HC", "LC", "HV"):
        for criterion_code in ("D1", "D2", "D3"):
            _state(events, deducts("60"), f"{agency}/{criterion_code}")
    for agency, points in (("LC", "1"), ("HV", "2"), ("HC", "2")):
        _state(events, SelfScoreDeclared(points=Fraction(points)), f"{agency}/A3.3")
    return events


def flaws() -> Iterator[list[Event]]:
    """Think up evidence handed back or not, before or after a note that finds it sound or not."""
    for quality in Quality:
        for order in ("note", "return note", "note return", "return"):
            events = list(world.registered().events)
            _state(events, world.opening().body)
            for act in order.split():
                if act == "note":
                    points = Fraction(1)
                    _state(events, InspectionNoteRecorded(quality=quality, points=points), "STC/A1.2")
                else:
                    _state(events, EvidenceReturned(quality=Quality.INCOMPLETE), "STC/A1.2")
            yield events


FRIDAY = date(2017, 1, 20)
DEADLINES = (
    DeadlineRule(phase=Phase.SELF_ASSESSMENT, on=FRIDAY, hard=False),
    DeadlineRule(phase=Phase.EXPLANATION, after=Phase.SELF_ASSESSMENT, working_days=3, hard=False),
)


def calendars() -> Iterator[list[Event]]:
    """Think up deadlines: over week-ends and holidays, one after the other, moved, in several zones."""
    for offset in ("+07:00", "-03:30", "+00:00"):
        for holidays in ((), (date(2017, 1, 23), date(2017, 1, 25)), (date(2017, 1, 28),)):
            events: list[Event] = []
            _state(events, world.genesis(utc_offset=offset).body)
            for event in world.registered().events:
                if event.kind.name in ("AgencyRegistered.v1", "CriteriaSetIssued.v1"):
                    _state(events, event.body)
            _state(events, world.opening(deadlines=DEADLINES, holidays=holidays).body)
            midnight = datetime.fromisoformat(f"{FRIDAY.isoformat()}T00:00:00{offset}")
            _around_midnights(events, midnight)
            yield events


def _around_midnights(events: list[Event], midnight: datetime) -> None:
    """State something just before and just at the end of each day, and move a deadline on the way."""
    for days in range(12):
        for early in (TICK, timedelta(0)):
            arrived = midnight + timedelta(days) - early
            _state(events, SelfAssessmentSubmitted(declared=0), "STC", arrived)
            _state(events, ExplanationSubmitted(about=0), "HC/A1.2", arrived)
            _state(events, SelfScoreDeclared(points=Fraction(1)), f"{('LC', 'HV')[days % 2]}/A1.2", arrived)
        if days == 6:
            due = FRIDAY + timedelta(4)
            _state(events, DeadlineExtended(phase=Phase.SELF_ASSESSMENT, due=due), "", midnight)


def _state(events: list[Event], body: Body, about: str = "", arrived: datetime | None = None) -> None:
    """State something without asking whether it may be."""
    event = Story().event(states("somebody", body, about))
    moment = arrived or event.arrived_at
    events.append(replace(event, position=len(events), expects=None, arrived_at=moment))
