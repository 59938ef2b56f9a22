"""The criteria set: what is scored, for whom, out of how many points, and by which closed kind of rule.

A set is data (R47): agencies, auditors and both fold implementations read the same values. Its rules are
interpreted in `scoring`; nothing here computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from domain.refusals import Refusal, refuse
from domain.shapes import Stated, closed_union

_CODE = re.compile(r"[0-9A-Z.]{1,16}", re.ASCII)
"""What a criterion can be called: as statements about it name it."""


class Block(StrEnum):
    """The three blocks that are ranked apart (R17, R29)."""

    DEPARTMENT = "DEPARTMENT"
    DISTRICT = "DISTRICT"
    CENTRAL = "CENTRAL"


class RespondentGroup(StrEnum):
    """Who is asked in the survey (R09-R11)."""

    COUNCIL_DEPUTY = "COUNCIL_DEPUTY"
    LOWER_LEVEL_PC = "LOWER_LEVEL_PC"
    STAFF = "STAFF"


class Measure(StrEnum):
    """What a rule may read from the log itself instead of from a declaration."""

    FOCAL_OFFICER = "focal_officer"
    ON_TIME_ENTRIES = "on_time_entries"
    REQUIRED_ENTRIES = "required_entries"
    LATE_REPORTS = "late_reports"
    FLAWED_EVIDENCE = "flawed_evidence"


class Empty(StrEnum):
    """What a ratio over nothing is worth: full points (nothing to do) or none."""

    FULL = "full"
    ZERO = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRule:
    """Points are stated outright; `choices`, where given, are the only values allowed."""

    choices: tuple[Stated, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRule:
    """maximum x min(1, (of / to) / target), nothing below `floor`; without a target, of <= to."""

    of: str
    to: str
    floor: Stated | None = None
    target: Stated | None = None
    empty: Empty = Empty.ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """From this ratio on (inclusive), these points."""

    at_least: Stated
    points: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class BandsRule:
    """The points of the highest band that of / to reaches; bands stand in falling order."""

    of: str
    to: str
    bands: tuple[Band, ...]
    empty: Empty = Empty.ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRule:
    """`each` points a piece, up to the maximum."""

    of: str
    each: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRule:
    """Read from the log: of / to of two measures, or `each` points a piece of one, up to the maximum."""

    of: Measure
    to: Measure | None = None
    each: Stated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementRule:
    """maximum x clamp((now - last + offset) / span, 0, 1), on totals computed without this criterion."""

    offset: Stated
    span: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRule:
    """maximum x mean weight of the valid ballots of these respondent groups."""

    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One summand with a maximum of its own."""

    max_points: Stated
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsRule:
    """The sum of its parts."""

    parts: tuple[Part, ...]


Rule = StatedRule | RatioRule | BandsRule | CountRule | LogRule | ImprovementRule | SurveyRule | PartsRule

closed_union(
    Rule,
    {
        "stated": StatedRule,
        "ratio": RatioRule,
        "bands": BandsRule,
        "count": CountRule,
        "log": LogRule,
        "improvement": ImprovementRule,
        "survey": SurveyRule,
        "parts": PartsRule,
    },
)


class Section(StrEnum):
    """Where a criterion's points go: into the 100, beside it, or off it."""

    MAIN = "main"
    BONUS = "bonus"
    DEDUCTION = "deduction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of the set. `code` is unique over all sections; `area` is empty outside the main section."""

    code: str
    name_vi: str
    name_en: str
    max_points: Stated
    applies_to: tuple[Block, ...]
    rule: Rule
    section: Section = Section.MAIN
    area: str = ""
    evidence: str = ""
    note: str = ""

    @property
    def is_stated(self) -> bool:
        """Whether points themselves are declared (otherwise quantities are, or nothing)."""
        return isinstance(self.rule, StatedRule)

    @property
    def is_survey(self) -> bool:
        """Whether ballots make the points."""
        return isinstance(self.rule, SurveyRule)

    @property
    def is_declared(self) -> bool:
        """Whether the agency has something to declare for it in the self-assessment."""
        return self.section is Section.MAIN and (self.is_stated or bool(quantities_of(self.rule)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A group of criteria; its maximum is the sum of theirs and is stated to be checked."""

    code: str
    name_vi: str
    name_en: str
    max_points: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingClass:
    """A class from this total on (inclusive)."""

    code: str
    name_vi: str
    at_least: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyLevel:
    """One answer of the ballot and its weight between 0 and 1."""

    code: str
    name_vi: str
    weight: Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWeights:
    """A further result that the same cells yield (R40): the criteria that count for it, and how much each."""

    code: str
    name_vi: str
    name_en: str
    weights: Mapping[str, Stated]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcoming:
    """A kind of shortcoming that notes may name; the list is data, and grows with the set (R64)."""

    code: str
    name_vi: str
    name_en: str


class TieKey(StrEnum):
    """What breaks a tie, compared exactly. An area is named `area:A8`."""

    TOTAL = "total"
    FEWER_DEDUCTIONS = "fewer_deductions"


@dataclass(frozen=True, kw_only=True)
class CriteriaSet:
    """A whole set, frozen from the opening of the round that names it."""

    code: str
    version: str
    name_vi: str
    name_en: str
    provenance: str
    areas: tuple[Area, ...]
    criteria: tuple[Criterion, ...]
    classes: tuple[RatingClass, ...]
    levels: tuple[SurveyLevel, ...]
    min_ballots: int
    bonus_max: Stated
    deduction_max: Stated
    tie_break: tuple[str, ...]
    bonus_ranks: bool = field(default=True)
    results: tuple[ResultWeights, ...] = field(default=())
    shortcomings: tuple[Shortcoming, ...] = field(default=())

    @cached_property
    def by_code(self) -> dict[str, Criterion]:
        """Every criterion of every section by its code."""
        return {criterion.code: criterion for criterion in self.criteria}

    @cached_property
    def looking_around(self) -> frozenset[str]:
        """The codes of the criteria whose rule looks beyond its own cell, into the log."""
        return frozenset(c.code for c in self.criteria if _looks_around(c.rule))

    @cached_property
    def improving(self) -> tuple[Criterion, ...]:
        """The criteria that score the improvement on the last round, over all others."""
        return tuple(c for c in self.criteria if isinstance(c.rule, ImprovementRule))

    @cached_property
    def weights(self) -> dict[str, Fraction]:
        """Weight of each survey answer."""
        return {level.code: level.weight for level in self.levels}

    def of_section(self, section: Section, block: Block) -> tuple[Criterion, ...]:
        """Return the criteria of a section that apply to a block, in the order of the set."""
        return self._sections[section, block]

    def declared(self, block: Block) -> tuple[str, ...]:
        """Return the codes of the criteria that a block's agencies declare something for."""
        return self._declared[block]

    @cached_property
    def _declared(self) -> dict[Block, tuple[str, ...]]:
        return {
            block: tuple(c.code for c in self.of_section(Section.MAIN, block) if c.is_declared)
            for block in Block
        }

    def maximum(self, block: Block) -> Fraction:
        """Return the sum of the maxima of the criteria of the 100 that apply to a block."""
        return self._maxima[block]

    @cached_property
    def _maxima(self) -> dict[Block, Fraction]:
        return {
            block: sum((c.max_points for c in self.of_section(Section.MAIN, block)), Fraction(0))
            for block in Block
        }

    @cached_property
    def _sections(self) -> dict[tuple[Section, Block], tuple[Criterion, ...]]:
        return {
            (section, block): tuple(
                c for c in self.criteria if c.section is section and block in c.applies_to
            )
            for section in Section
            for block in Block
        }


def quantities_of(rule: Rule) -> frozenset[str]:
    """Return the names of the quantities that have to be declared for a rule."""
    if isinstance(rule, RatioRule | BandsRule):
        return frozenset((rule.of, rule.to))
    if isinstance(rule, CountRule):
        return frozenset((rule.of,))
    if isinstance(rule, PartsRule):
        return frozenset().union(*(quantities_of(part.rule) for part in rule.parts))
    return frozenset()


def _looks_around(rule: Rule) -> bool:
    if isinstance(rule, PartsRule):
        return any(_looks_around(part.rule) for part in rule.parts)
    return isinstance(rule, LogRule)


def flaw_in(criteria_set: CriteriaSet) -> Refusal | None:
    """Say what is inconsistent in a set, or nothing: codes, areas, maxima, bands, classes, tie keys."""
    return next(_flaws(criteria_set), None)


def _flaws(s: CriteriaSet) -> Iterator[Refusal]:
    if len(s.by_code) != len(s.criteria):
        yield refuse("criteria.duplicate_code")
    yield from (
        refuse("criteria.malformed_code", criterion=c.code[:40])
        for c in s.criteria
        if not _CODE.fullmatch(c.code)
    )
    if len({area.code for area in s.areas}) != len(s.areas):
        yield refuse("criteria.duplicate_area")
    yield from (refuse("criteria.wrong_area", criterion=c.code) for c in s.criteria if not _area_fits(s, c))
    for area in s.areas:
        if sum((c.max_points for c in s.criteria if c.area == area.code), Fraction(0)) != area.max_points:
            yield refuse("criteria.wrong_area_maximum", area=area.code)
    for criterion in s.criteria:
        if isinstance(criterion.rule, ImprovementRule) and criterion.section is not Section.MAIN:
            yield refuse("criteria.misplaced_rule", criterion=criterion.code)
        yield from _rule_flaws(criterion.code, criterion.max_points, criterion.rule)
    if [c.at_least for c in s.classes] != sorted(
        (c.at_least for c in s.classes), reverse=True
    ) or not s.classes:
        yield refuse("criteria.classes_out_of_order")
    if not s.levels or any(level.weight > 1 for level in s.levels) or s.min_ballots < 1:
        yield refuse("criteria.wrong_survey_levels")
    if len({result.code for result in s.results}) != len(s.results):
        yield refuse("criteria.duplicate_result")
    for result in s.results:
        if not _CODE.fullmatch(result.code):
            yield refuse("criteria.malformed_result", result=result.code[:40])
        main = {c.code for c in s.criteria if c.section is Section.MAIN}
        if not result.weights or not result.weights.keys() <= main:
            yield refuse("criteria.wrong_result", result=result.code)
    known = {f"area:{area.code}" for area in s.areas} | set(TieKey)
    yield from (refuse("criteria.unknown_tie_key", stated=key) for key in s.tie_break if key not in known)


def _area_fits(s: CriteriaSet, criterion: Criterion) -> bool:
    areas = {area.code for area in s.areas}
    return (criterion.area in areas) if criterion.section is Section.MAIN else not criterion.area


def _rule_flaws(code: str, maximum: Fraction, rule: Rule) -> Iterator[Refusal]:
    """A rule may never give more than the maximum, nor divide by nothing; parts are computed."""
    if isinstance(rule, StatedRule) and any(choice > maximum for choice in rule.choices):
        yield refuse("criteria.rule_above_maximum", criterion=code)
    if isinstance(rule, BandsRule):
        edges = [band.at_least for band in rule.bands]
        if any(band.points > maximum for band in rule.bands):
            yield refuse("criteria.rule_above_maximum", criterion=code)
        if not edges or edges != sorted(set(edges), reverse=True):
            yield refuse("criteria.bands_out_of_order", criterion=code)
    if isinstance(rule, SurveyRule) and not _asks_known_groups(rule):
        yield refuse("criteria.wrong_groups", criterion=code)
    if isinstance(rule, LogRule) and rule.to is not None and rule.each is not None:
        yield refuse("criteria.ambiguous_log_rule", criterion=code)
    if (isinstance(rule, RatioRule) and rule.target == 0) or (
        isinstance(rule, ImprovementRule) and rule.span == 0
    ):
        yield refuse("criteria.division_by_zero", criterion=code)
    if isinstance(rule, PartsRule):
        if sum((part.max_points for part in rule.parts), Fraction(0)) != maximum:
            yield refuse("criteria.parts_do_not_sum", criterion=code)
        for part in rule.parts:
            if isinstance(part.rule, StatedRule | SurveyRule | ImprovementRule):
                yield refuse("criteria.misplaced_rule", criterion=code)
            yield from _rule_flaws(code, part.max_points, part.rule)


def _asks_known_groups(rule: SurveyRule) -> bool:
    return (
        bool(rule.groups)
        and len(set(rule.groups)) == len(rule.groups)
        and {*rule.groups} <= {*RespondentGroup}
    )
