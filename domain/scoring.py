"""Scoring: from the acts of a cell to its points, and from an agency's cells to its card.

This and `ranking` are the only arithmetic there is; projections, what-if and verification all call them.
Everything stays an exact fraction; rounding happens in `points.hundredths`, when a number is published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from domain.criteria import (
    BandsRule,
    Block,
    CountRule,
    CriteriaSet,
    Criterion,
    Empty,
    ImprovementRule,
    LogRule,
    Measure,
    PartsRule,
    RatioRule,
    ResultWeights,
    Rule,
    Section,
    quantities_of,
)
from domain.deadlines import Phase
from domain.dossiers import Act, Cell, Dossier
from domain.points import add, exchange, hundredths, percentage, weigh
from domain.standing import Round, Standing
from domain.stated.choices import Quality

ZERO = Fraction(0)
ONE = Fraction(1)


class Stage(StrEnum):
    """Where a score comes from; DECLARED < VERIFIED < DECIDED."""

    MISSING = "MISSING"
    DECLARED = "DECLARED"
    VERIFIED = "VERIFIED"
    DECIDED = "DECIDED"
    TALLIED = "TALLIED"
    COMPUTED = "COMPUTED"


class Flag(StrEnum):
    """What a reader has to know about a score beside its points."""

    LATE = "LATE"
    INCORRECT = "INCORRECT"
    INCOMPLETE = "INCOMPLETE"
    SPECIAL_CASE = "SPECIAL_CASE"
    TOO_FEW_BALLOTS = "TOO_FEW_BALLOTS"
    NO_PREVIOUS_RESULT = "NO_PREVIOUS_RESULT"
    WAIVED = "WAIVED"


@dataclass(frozen=True, slots=True)
class Score:
    """The points of one cell now, the stage they come from and the positions of the acts that made them.

    A cell that does not count (`counts` false) is out of its agency's denominator.
    """

    points: Fraction
    maximum: Fraction
    stage: Stage
    positions: tuple[int, ...] = ()
    flags: tuple[Flag, ...] = ()
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An agency's results in one round: cells, areas, total out of 100, bonus, deductions, ranking score."""

    agency: str
    block: Block
    scores: Mapping[str, Score]
    areas: Mapping[str, Fraction]
    total: Fraction
    bonus: Fraction
    deductions: Fraction
    ranking_score: Fraction
    published_score: int
    """The ranking score in hundredths, as it is published and ranked."""
    rating: str
    results: Mapping[str, Fraction]
    """The further results that the same cells yield (records and archives, IT), each out of 100."""
    maximum: Fraction | None = field(default=None, compare=False)
    """The denominator of the total, as the next card wants it; a card that was read does not tell it."""


@dataclass(frozen=True)
class _Subject:
    """One agency of one round, with what its rules may look at."""

    standing: Standing
    round: Round
    agency: str
    block: Block
    dossier: Dossier

    def cell(self, criterion: str) -> Cell:
        return self.standing.cell(self.round.code, self.agency, criterion)

    @cached_property
    def declarable(self) -> tuple[Cell, ...]:
        """The cells the agency has to declare, without those that are out of its denominator."""
        cells = map(self.cell, self.round.criteria.declared(self.block))
        return tuple(cell for cell in cells if cell.excluded is None)


def card(
    standing: Standing,
    round_code: str,
    agency: str,
    known: Mapping[str, Score] | None = None,
    changed: Collection[str] = (),
) -> Card:
    """Compute an agency's card.

    With the `known` scores of its last card only the `changed` cells are computed anew, and those whose
    rule looks beyond its own cell.
    """
    found = standing.rounds[round_code]
    subject = _Subject(standing, found, agency, found.agencies[agency], standing.dossier(round_code, agency))
    around = found.criteria.looking_around
    scores = {
        criterion.code: known[criterion.code]
        if known and criterion.code not in changed and criterion.code not in around
        else _score(subject, criterion)
        for section in Section
        for criterion in found.criteria.of_section(section, subject.block)
        if not isinstance(criterion.rule, ImprovementRule)
    }
    return _total(subject, scores)


def again(standing: Standing, round_code: str, last: Card, changed: Collection[str] = ()) -> Card:
    """Compute an agency's next card from its last one: what `card` comes to, in a fraction of its time.

    Only the `changed` cells are computed anew, those whose rule looks beyond its own cell, and what they add
    to. Neither the deadlines nor the criteria may have changed since the last card.
    """
    return next_card(standing, round_code, last, changed)[0]


def next_card(
    standing: Standing, round_code: str, last: Card, changed: Collection[str] = ()
) -> tuple[Card, Collection[str]]:
    """Return what `again` does, and the codes of the cells whose score may be another now."""
    found = standing.rounds[round_code]
    subject = _Subject(standing, found, last.agency, last.block, standing.dossier(round_code, last.agency))
    moved = _moved(subject, last.scores, changed)
    improving = [c for c in found.criteria.improving if c.code in last.scores]
    if not moved and not improving:
        return last, ()
    scores = {**last.scores, **moved}
    areas, maximum = _sums_again(subject, last, moved, scores)
    card = _carded(subject, scores, areas, maximum, improving, last, moved)
    return card, (*moved, *(c.code for c in improving))


def _moved(subject: _Subject, last: Mapping[str, Score], changed: Collection[str]) -> dict[str, Score]:
    criteria, moved = subject.round.criteria, {}
    for code in (*changed, *criteria.looking_around):
        criterion = criteria.by_code[code]
        if code in last and not isinstance(criterion.rule, ImprovementRule):
            score = _score(subject, criterion)
            if score != last[code]:
                moved[code] = score
    return moved


def _sums_again(
    subject: _Subject, last: Card, moved: Mapping[str, Score], scores: Mapping[str, Score]
) -> tuple[dict[str, Fraction], Fraction]:
    """Return what `_sums` does, from the areas of the last card, before improvement is added."""
    criteria, areas = subject.round.criteria, dict(last.areas)
    taken_back = [c for c in criteria.improving if c.code in last.scores]
    for criterion in (*map(criteria.by_code.__getitem__, moved), *taken_back):
        if criterion.section is Section.MAIN:
            before, after = _counted(last.scores[criterion.code]), _counted(moved.get(criterion.code))
            areas[criterion.area] = exchange(areas[criterion.area], before, after)
    as_before = all(last.scores[code].counts is score.counts for code, score in moved.items())
    if last.maximum is not None and as_before and not taken_back:
        return areas, last.maximum
    outside = [c.max_points for c in taken_back]
    for code, score in scores.items():
        if not score.counts and criteria.by_code[code].section is Section.MAIN:
            outside += [] if criteria.by_code[code] in taken_back else [score.maximum]
    return areas, criteria.maximum(subject.block) - add(outside)


def _counted(score: Score | None) -> Fraction:
    return score.points if score is not None and score.counts else ZERO


def stages(standing: Standing, round_code: str, agency: str, criterion: str) -> dict[Stage, Score]:
    """Return what each stage of a cell is worth, side by side: those that were reached."""
    found = standing.rounds[round_code]
    subject = _Subject(standing, found, agency, found.agencies[agency], standing.dossier(round_code, agency))
    cell, its = subject.cell(criterion), found.criteria.by_code[criterion]
    acts = {Stage.DECLARED: cell.declared, Stage.VERIFIED: cell.verified, Stage.DECIDED: cell.decided}
    return {stage: _from_act(subject, its, cell, act, stage) for stage, act in acts.items() if act}


def _total(subject: _Subject, scores: dict[str, Score]) -> Card:
    criteria, block = subject.round.criteria, subject.block
    areas, maximum = _sums(criteria, block, scores)
    improving = [c for c in criteria.improving if block in c.applies_to]
    return _carded(subject, scores, areas, maximum, improving)


def _carded(
    subject: _Subject,
    scores: dict[str, Score],
    areas: dict[str, Fraction],
    maximum: Fraction,
    improving: Sequence[Criterion],
    last: Card | None = None,
    moved: Collection[str] = (),
) -> Card:
    """Add everything up; what a last card has, and no cell that moved goes into, is taken from there."""
    criteria, block = subject.round.criteria, subject.block
    before = _percentage(areas, maximum) if improving else ZERO
    for criterion in improving:
        scores[criterion.code] = score = _improvement(subject, criterion, before)
        if score.counts:
            areas[criterion.area] += score.points
            maximum += criterion.max_points
    if last is None or any(criteria.by_code[code].section is not Section.MAIN for code in moved):
        deductions = _capped(scores, criteria.of_section(Section.DEDUCTION, block), criteria.deduction_max)
        bonus = _capped(scores, criteria.of_section(Section.BONUS, block), criteria.bonus_max)
    else:
        deductions, bonus = last.deductions, last.bonus
    total = _percentage(areas, maximum)
    if deductions:
        total = max(total - deductions, ZERO)
    ranking_score = total + bonus if criteria.bonus_ranks and bonus else total
    return Card(
        agency=subject.agency,
        block=block,
        scores=scores,
        areas=areas,
        total=total,
        bonus=bonus,
        deductions=deductions,
        ranking_score=ranking_score,
        published_score=hundredths(ranking_score),
        rating=rating(criteria, total),
        results={result.code: _weighed(result, scores) for result in criteria.results},
        maximum=maximum,
    )


def _weighed(result: ResultWeights, scores: Mapping[str, Score]) -> Fraction:
    """100 x weighed points / weighed maximum, over the cells of the result that count for this agency."""
    counted = [(w, scores[code]) for code, w in result.weights.items() if code in scores]
    counted = [(weight, score) for weight, score in counted if score.counts]
    whole = weigh((score.maximum, weight) for weight, score in counted)
    return 100 * weigh((score.points, weight) for weight, score in counted) / whole if whole else ZERO


def areas(criteria: CriteriaSet, block: Block, scores: Mapping[str, Score]) -> dict[str, Fraction]:
    """Return the points of each area, over the cells that count: of scores that were computed before."""
    return _sums(criteria, block, scores)[0]


def _sums(
    criteria: CriteriaSet, block: Block, scores: Mapping[str, Score]
) -> tuple[dict[str, Fraction], Fraction]:
    """Return the points by area, and the maximum, over the cells that have a score and count."""
    points: dict[str, list[Fraction]] = {area.code: [] for area in criteria.areas}
    outside = []
    for criterion in criteria.of_section(Section.MAIN, block):
        score = scores.get(criterion.code)
        if score is None or not score.counts:
            outside.append(criterion.max_points)
        elif score.points:
            points[criterion.area].append(score.points)
    return {area: add(its) for area, its in points.items()}, criteria.maximum(block) - add(outside)


def _percentage(areas: Mapping[str, Fraction], maximum: Fraction) -> Fraction:
    """100 x points / maximum."""
    return percentage(areas.values(), maximum) if maximum else ZERO


def _capped(scores: Mapping[str, Score], criteria: Iterable[Criterion], cap: Fraction) -> Fraction:
    return min(add(scores[c.code].points for c in criteria), cap)


def rating(criteria: CriteriaSet, total: Fraction) -> str:
    """The class comes from the total alone, as published: 89.995 is shown as 90.00 and is in that class."""
    shown = hundredths(total)
    for one in criteria.classes:
        number, below = one.at_least.as_integer_ratio()
        if shown * below >= 100 * number:
            return one.code
    return criteria.classes[-1].code


# --- one cell -------------------------------------------------------------------------------------------


def _score(subject: _Subject, criterion: Criterion) -> Score:
    cell = subject.cell(criterion.code)
    if cell.excluded is not None:
        return Score(
            ZERO, criterion.max_points, Stage.DECIDED, (cell.excluded,), (Flag.SPECIAL_CASE,), counts=False
        )
    if cell.decided is not None:
        return _from_act(subject, criterion, cell, cell.decided, Stage.DECIDED)
    if criterion.section is Section.BONUS:
        return Score(ZERO, criterion.max_points, Stage.MISSING)
    if criterion.is_survey:
        return _survey(subject.round.criteria, criterion, cell)
    if cell.verified is not None:
        return _from_act(subject, criterion, cell, cell.verified, Stage.VERIFIED)
    if cell.declared is not None:
        return _from_act(subject, criterion, cell, cell.declared, Stage.DECLARED)
    if criterion.code in subject.round.criteria.looking_around and not quantities_of(criterion.rule):
        points, positions = _by_rule(subject, criterion.rule, criterion.max_points, {})
        return Score(points, criterion.max_points, Stage.COMPUTED, positions)
    return Score(ZERO, criterion.max_points, Stage.MISSING)


def _from_act(subject: _Subject, criterion: Criterion, cell: Cell, act: Act, stage: Stage) -> Score:
    seen: tuple[int, ...] = ()
    if act.points is not None:
        points = act.points
    else:
        points, seen = _by_rule(subject, criterion.rule, criterion.max_points, act.quantities or {})
    return Score(points, criterion.max_points, stage, (act.position, *seen), _flags(subject, cell))


def _flags(subject: _Subject, cell: Cell) -> tuple[Flag, ...]:
    flags = []
    if cell.declared and subject.round.is_late(Phase.SELF_ASSESSMENT, cell.declared.arrived_at):
        flags.append(Flag.LATE)
    if cell.verified and cell.verified.quality is not Quality.SOUND:
        flags.append(Flag(cell.verified.quality.value))
    if cell.waived is not None:
        flags.append(Flag.WAIVED)
    return tuple(flags)


def _survey(criteria: CriteriaSet, criterion: Criterion, cell: Cell) -> Score:
    if cell.tally is None:
        return Score(ZERO, criterion.max_points, Stage.MISSING)
    ballots = sum(cell.tally.answers.values())
    if ballots < criteria.min_ballots:  # none, where those of too few were withheld
        too_few = (Flag.TOO_FEW_BALLOTS,)
        return Score(ZERO, criterion.max_points, Stage.TALLIED, (cell.tally.position,), too_few, counts=False)
    weighed = weigh((criteria.weights[answer], n) for answer, n in cell.tally.answers.items())
    points = criterion.max_points * weighed / ballots
    return Score(points, criterion.max_points, Stage.TALLIED, (cell.tally.position,))


def _improvement(subject: _Subject, criterion: Criterion, now: Fraction) -> Score:
    cell, dossier, rule = subject.cell(criterion.code), subject.dossier, criterion.rule
    if cell.excluded is not None or cell.decided is not None or not isinstance(rule, ImprovementRule):
        return _score(subject, criterion)
    if dossier.previous_total is None:
        missing = (Flag.NO_PREVIOUS_RESULT,)
        return Score(ZERO, criterion.max_points, Stage.COMPUTED, (), missing, counts=False)
    share = min(max((now - dossier.previous_total + rule.offset) / rule.span, ZERO), ONE)
    positions = () if dossier.previous_position is None else (dossier.previous_position,)
    return Score(criterion.max_points * share, criterion.max_points, Stage.COMPUTED, positions)


# --- the closed kinds of rules --------------------------------------------------------------------------


def _by_rule(
    subject: _Subject, rule: Rule, maximum: Fraction, quantities: Mapping[str, Fraction]
) -> tuple[Fraction, tuple[int, ...]]:
    """Points by a rule from quantities or the log, with the positions looked at beyond the cell's own act."""
    if isinstance(rule, PartsRule):
        parts = [_by_rule(subject, part.rule, part.max_points, quantities) for part in rule.parts]
        return add(points for points, _ in parts), tuple(p for _, seen in parts for p in seen)
    if isinstance(rule, LogRule):
        return _from_log(subject, rule, maximum)
    if isinstance(rule, CountRule):
        return min(quantities[rule.of] * rule.each, maximum), ()
    if isinstance(rule, RatioRule):
        return _ratio(rule, maximum, quantities), ()
    if isinstance(rule, BandsRule):
        return _bands(rule, maximum, quantities), ()
    raise TypeError(f"no quantities make points by {rule!r}")


def _ratio(rule: RatioRule, maximum: Fraction, quantities: Mapping[str, Fraction]) -> Fraction:
    if quantities[rule.to] == 0:
        return maximum if rule.empty is Empty.FULL else ZERO
    ratio = quantities[rule.of] / quantities[rule.to]
    if rule.floor is not None and ratio < rule.floor:
        return ZERO
    target = rule.target or ONE
    return maximum if ratio >= target else maximum * ratio / target


def _bands(rule: BandsRule, maximum: Fraction, quantities: Mapping[str, Fraction]) -> Fraction:
    if quantities[rule.to] == 0:
        return maximum if rule.empty is Empty.FULL else ZERO
    ratio = quantities[rule.of] / quantities[rule.to]
    return next((band.points for band in rule.bands if ratio >= band.at_least), ZERO)


def _from_log(subject: _Subject, rule: LogRule, maximum: Fraction) -> tuple[Fraction, tuple[int, ...]]:
    count, positions = _measure(subject, rule.of)
    if rule.each is not None:
        return min(count * rule.each, maximum), positions
    whole = _measure(subject, rule.to)[0] if rule.to is not None else 1
    return (maximum * min(Fraction(count, whole), ONE) if whole else ZERO), positions


def _measure(subject: _Subject, measure: Measure) -> tuple[int, tuple[int, ...]]:
    """Count something in the log; positions are named where they are few enough to be read."""
    found, dossier = subject.round, subject.dossier
    if measure is Measure.FOCAL_OFFICER:
        begun = found.opened.get(Phase.SELF_ASSESSMENT)
        in_force = dossier.focal_since is not None and (begun is None or dossier.focal_since <= begun)
        return int(in_force), () if dossier.focal_position is None else (dossier.focal_position,)
    if measure is Measure.LATE_REPORTS:
        late = tuple(r.position for r in dossier.reports if found.is_late(r.phase, r.arrived_at))
        return len(late), late
    cells = subject.declarable
    if measure is Measure.REQUIRED_ENTRIES:
        return len(cells), ()
    if measure is Measure.ON_TIME_ENTRIES:
        return _on_time(found.due.get(Phase.SELF_ASSESSMENT), cells), ()
    flawed = tuple(c.verified.position for c in cells if c.verified and _still_flawed(c))
    return len(flawed), flawed


def _on_time(due: datetime | None, cells: Iterable[Cell]) -> int:
    """How many of the cells were declared before the first moment that was too late."""
    arrived = [cell.declared.arrived_at for cell in cells if cell.declared is not None]
    return sum(at < due for at in arrived) if due is not None else len(arrived)


def _still_flawed(cell: Cell) -> bool:
    """Evidence that is wrong or incomplete although it had been handed back before (deduction D2)."""
    return bool(cell.returned) and cell.verified is not None and cell.verified.quality is not Quality.SOUND
