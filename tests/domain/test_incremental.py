"""Any round, in any order of acts: a card kept up step by step is the card computed anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import scoring
from domain.admission import admit, follow
from domain.criteria import CountRule, LogRule, Measure, Part, PartsRule, quantities_of
from domain.deadlines import Phase
from domain.dossiers import Cell
from domain.events import Event
from domain.scoring import Card
from domain.stated.assessment import (
    EvidenceReturned,
    ExplanationSubmitted,
    InspectionNoteAmended,
    SelfAssessmentSubmitted,
    SpecialCaseClaimed,
)
from domain.stated.choices import Outcome, Quality
from domain.stated.rounds import DeadlineExtended
from domain.survey import tally
from tests.domain import world
from tests.domain.criteria_sets import EVERY_RULE, criteria_set, criterion
from tests.domain.sitting import adjusts, deducts, moved, rewards, settles, waives
from tests.domain.specification import ROUND, Act, Story, states
from tests.domain.stating import (
    amounts,
    claims_bonus,
    declares,
    holds_wave,
    inspector_of,
    notes,
    remembers,
    submits,
    tallies,
)

MIXED = PartsRule(
    parts=(
        Part(max_points=Fraction(1), rule=LogRule(of=Measure.ON_TIME_ENTRIES, to=Measure.REQUIRED_ENTRIES)),
        Part(max_points=Fraction(1), rule=CountRule(of="n", each=Fraction("0.5"))),
    )
)
CRITERIA = criteria_set(
    *EVERY_RULE.criteria,
    criterion("A3.4", "2", MIXED),
    tie_break=EVERY_RULE.tie_break,
    results=EVERY_RULE.results,
)
AGENCIES = ("STC", "HC")
WHOLES = {"planned", "all", "files", "found"}
GROUPS = ("STAFF", "COUNCIL_DEPUTY")


@dataclass(frozen=True)
class Step:
    """What is tried next: a move about an agency, one of its cells, with a number, after some days."""

    move: str
    agency: str
    which: int
    number: int
    days: int

    def cell(self, story: Story, like: Callable[[Cell], object]) -> str:
        """Choose among the agency's cells that are like this; any cell will do where none is."""
        codes = list(story.card(self.agency).scores)
        found = [code for code in codes if like(story.cell(f"{self.agency}/{code}"))] or codes
        return f"{self.agency}/{found[self.which % len(found)]}"

    def declared(self, story: Story) -> str:
        """Choose among the cells that the agency has declared."""
        return self.cell(story, lambda cell: cell.declared)


def _amount(about: str, number: int) -> tuple[str | None, dict[str, str | int]]:
    """Points between 0 and the maximum, or quantities, as the rule wants them."""
    criterion = CRITERIA.by_code[about.partition("/")[2]]
    if criterion.is_stated:
        return str(criterion.max_points * number / 4), {}
    return None, {name: 4 if name in WHOLES else number for name in quantities_of(criterion.rule)}


def _declares(story: Story, step: Step) -> Act:
    codes = CRITERIA.declared(story.round.agencies[step.agency])
    about = f"{step.agency}/{codes[step.which % len(codes)]}"
    points, quantities = _amount(about, step.number)
    return declares(about, points, **quantities)


def _notes(story: Story, step: Step) -> Act:
    about, quality = step.declared(story), tuple(Quality)[step.number % 3]
    points, quantities = _amount(about, 4 - step.number)
    note, newest = notes(about, points, quality=quality, **quantities), story.cell(about).notes
    if not newest:
        return note
    amended = InspectionNoteAmended(
        amends=newest[-1],
        quality=quality,
        points=None if points is None else Fraction(points),
        quantities=amounts(**quantities) if points is None else None,
    )
    return states(note.who, amended, about)


def _returns(story: Story, step: Step) -> Act:
    body = EvidenceReturned(quality=Quality.INCOMPLETE)
    return states(inspector_of(step.agency), body, step.cell(story, lambda cell: cell.evidence))


def _explains(story: Story, step: Step) -> Act:
    about = step.cell(story, lambda cell: cell.notes)
    body = ExplanationSubmitted(about=(story.cell(about).notes or (0,))[-1])
    return states(f"head-{step.agency}", body, about)


def _adjusts(story: Story, step: Step) -> Act:
    about = step.cell(story, lambda _: True)
    points = CRITERIA.by_code[about.partition("/")[2]].max_points * step.number / 4
    return moved(story, replace(adjusts("0", str(points)), old_points=story.score(about).points), about)


def _rules_on_special_case(story: Story, step: Step) -> Act:
    about, outcome = step.cell(story, lambda cell: cell.special_claim), tuple(Outcome)[step.number % 3]
    points = "0.5" if outcome is Outcome.PARTLY else None
    return moved(story, settles(story.cell(about).special_claim, outcome, points), about)


def _rules_on_bonus(story: Story, step: Step) -> Act:
    about = step.cell(story, lambda cell: cell.bonus_claim)
    return moved(story, rewards(story.cell(about).bonus_claim, str(step.number / 2)), about)


def _deducts(story: Story, step: Step) -> Act:
    return moved(story, deducts(str(step.number / 2)), f"{step.agency}/D3")


def _extends(story: Story, step: Step) -> Act:
    due = story.round.deadlines[Phase.SELF_ASSESSMENT].due + timedelta(9 * step.number)
    return states("authority", DeadlineExtended(phase=Phase.SELF_ASSESSMENT, due=due))


def _submits(story: Story, step: Step) -> Act:
    body = SelfAssessmentSubmitted(declared=len(story.dossier(step.agency).declared))
    return states(f"head-{step.agency}", body, step.agency)


def _claims_bonus(_: Story, step: Step) -> Act:
    return claims_bonus(f"{step.agency}/B{1 + step.which % 2}", "1")


def _tallies(_: Story, step: Step) -> Act:
    counts = {GROUPS[step.which % 2]: {"A": step.number, "B": step.which % 4, "D": 1}}
    shown, withheld = tally(counts, GROUPS, CRITERIA.min_ballots)
    return tallies(f"{step.agency}/A3.1", withheld, **shown)


def _submits_evidence(story: Story, step: Step) -> Act:
    version = story.dossier(step.agency).serials.get("1", 0) + 1
    return submits(step.declared(story), "1", version)


def _claims_special_case(story: Story, step: Step) -> Act:
    return states(f"head-{step.agency}", SpecialCaseClaimed(), step.cell(story, lambda _: True))


MOVES: dict[Phase, dict[str, Callable[[Story, Step], Act]]] = {
    Phase.SELF_ASSESSMENT: {
        "declare": _declares,
        "submit evidence": _submits_evidence,
        "submit the whole": _submits,
        "claim a special case": _claims_special_case,
        "claim a bonus": _claims_bonus,
        "extend": _extends,
        "remember": lambda _, step: remembers(step.agency, str(10 * step.number)),
        "name a focal officer": lambda _, step: world.names_focal(step.agency, deputy=step.number > 1),
    },
    Phase.INSPECTION: {
        "note": _notes,
        "return evidence": _returns,
        "explain": _explains,
        "claim a special case": _claims_special_case,
        "tally": _tallies,
        "extend": _extends,
    },
    Phase.COUNCIL: {
        "adjust": _adjusts,
        "decide a special case": _rules_on_special_case,
        "decide a bonus": _rules_on_bonus,
        "deduct": _deducts,
        "waive": lambda story, step: moved(story, waives(), step.declared(story)),
        "extend": _extends,
    },
}
"""What may be tried in each phase; an act need not be admissible."""
GIVEN: dict[Phase, tuple[Act, ...]] = {
    Phase.SELF_ASSESSMENT: (
        declares("STC/A1.1", "0.5"),
        declares("STC/A1.2", "1.5"),
        declares("STC/A1.3", done=3, planned=4),
        declares("HC/A3.3", "1"),
        *(declares(f"{agency}/A3.4", n=1) for agency in AGENCIES),
    ),
    Phase.INSPECTION: tuple(act for group in GROUPS for act in holds_wave(group, 10)),
    Phase.COUNCIL: (),
}
"""What is stated first in each phase, so that there is something to move."""


class Board:
    """Cards that are kept up the way a read side does it: what an event touches, and no more."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.cards = {agency: story.card(agency) for agency in AGENCIES}
        self.next = dict(self.cards)
        """The same, each made from the one before it."""

    def follow(self, event: Event) -> None:
        """Follow an event and recompute one cell of one card, one card, or all of them."""
        follow(self.story.standing, event)
        self.story.events.append(event)
        changed = (event.criterion,) if event.criterion else ()
        for agency in AGENCIES if event.agency is None else (event.agency,):
            known = self.cards[agency].scores if changed else None
            self.cards[agency] = scoring.card(self.story.standing, ROUND, agency, known, changed)
            moved_on = isinstance(event.body, DeadlineExtended)
            last = self.cards[agency] if moved_on else self.next[agency]
            self.next[agency] = scoring.again(self.story.standing, ROUND, last, changed)


def _is_sound(card: Card) -> None:
    """No score is outside its criterion, no total outside the hundred."""
    assert all(0 <= score.points <= score.maximum for score in card.scores.values())
    assert all(score.counts or score.points == 0 for score in card.scores.values())
    assert 0 <= card.total <= 100
    assert 0 <= card.bonus <= CRITERIA.bonus_max
    assert 0 <= card.deductions <= CRITERIA.deduction_max
    assert all(0 <= result <= 100 for result in card.results.values())


def _steps(phase: Phase) -> st.SearchStrategy[list[Step]]:
    """Steps of a phase; thirty days make an act late."""
    step = st.builds(
        Step,
        move=st.sampled_from(sorted(MOVES[phase])),
        agency=st.sampled_from(AGENCIES),
        which=st.integers(0, 19),
        number=st.integers(0, 4),
        days=st.sampled_from([0, 0, 0, 30]),
    )
    return st.lists(step, min_size=8, max_size=25)


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({phase: _steps(phase) for phase in MOVES}))
def test_card_kept_up_step_by_step_is_the_card_computed_anew(chapters: dict[Phase, list[Step]]) -> None:
    """After each admitted act, the cell it is about and the last card give what a whole card comes to."""
    story = world.given(Phase.SELF_ASSESSMENT, criteria=CRITERIA)
    for phase in MOVES:
        board = Board(story.reach(phase).given(*GIVEN[phase]))
        for step in chapters[phase]:
            act = MOVES[phase][step.move](story, step)
            event = replace(story.event(act), arrived_at=story.now + timedelta(step.days))
            if admit(story.standing, event) is None:
                board.follow(event)
                assert board.cards == {agency: story.card(agency) for agency in AGENCIES}
                assert board.next == board.cards
        for card in board.cards.values():
            _is_sound(card)
