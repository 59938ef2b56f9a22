"""Criteria sets for tests: consistent by construction, and one that has every kind of rule."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from domain.criteria import (
    Area,
    Band,
    BandsRule,
    Block,
    CountRule,
    CriteriaSet,
    Criterion,
    Empty,
    ImprovementRule,
    LogRule,
    Measure,
    Part,
    PartsRule,
    RatingClass,
    RatioRule,
    ResultWeights,
    Rule,
    Section,
    Shortcoming,
    StatedRule,
    SurveyLevel,
    SurveyRule,
)


def numbers(*texts: str) -> tuple[Fraction, ...]:
    """Read decimal strings as exact numbers."""
    return tuple(map(Fraction, texts))


def criterion(
    code: str,
    maximum: str,
    rule: Rule,
    *blocks: Block,
    section: Section = Section.MAIN,
) -> Criterion:
    """A criterion of the area that its code begins with, for these blocks or for all."""
    return Criterion(
        code=code,
        name_vi=f"Tiêu chí {code}",
        name_en=f"Criterion {code}",
        max_points=Fraction(maximum),
        applies_to=blocks or tuple(Block),
        rule=rule,
        section=section,
        area=code.partition(".")[0] if section is Section.MAIN else "",
    )


def criteria_set(*criteria: Criterion, **changes: Any) -> CriteriaSet:
    """A consistent set of these criteria, with areas that sum up; `changes` make it another one."""
    maxima: dict[str, Fraction] = {}
    for one in criteria:
        if one.area:
            maxima[one.area] = maxima.get(one.area, Fraction(0)) + one.max_points
    classes = {"VERY_GOOD": "90", "GOOD": "80", "FAIR": "70", "AVERAGE": "60", "WEAK": "0"}
    levels = {"A": "1", "B": "0.75", "C": "0.5", "D": "0"}
    consistent: dict[str, Any] = {
        "code": "SET",
        "version": "1",
        "name_vi": "Bộ tiêu chí",
        "name_en": "Criteria set",
        "provenance": "Composed for tests.",
        "areas": tuple(
            Area(code=code, name_vi=code, name_en=code, max_points=points) for code, points in maxima.items()
        ),
        "criteria": criteria,
        "classes": tuple(
            RatingClass(code=code, name_vi=code, at_least=Fraction(edge)) for code, edge in classes.items()
        ),
        "levels": tuple(
            SurveyLevel(code=code, name_vi=code, weight=Fraction(weight)) for code, weight in levels.items()
        ),
        "min_ballots": 5,
        "bonus_max": Fraction(4),
        "deduction_max": Fraction(3),
        "tie_break": ("total", "fewer_deductions"),
    }
    return CriteriaSet(**(consistent | changes))


def result(code: str, **weights: str) -> ResultWeights:
    """A further result out of these criteria, each with its weight."""
    numbers = {criterion: Fraction(weight) for criterion, weight in weights.items()}
    return ResultWeights(code=code, name_vi=code, name_en=code, weights=numbers)


BANDS = (
    Band(at_least=Fraction("0.9"), points=Fraction(4)),
    Band(at_least=Fraction("0.5"), points=Fraction("1.5")),
)
EVERY_RULE = criteria_set(
    criterion("A1.1", "1", StatedRule(choices=numbers("0", "0.5", "1"))),
    criterion("A1.2", "2", StatedRule()),
    criterion("A1.3", "2", RatioRule(of="done", to="planned", floor=Fraction("0.7"))),
    criterion("A1.4", "2", RatioRule(of="online", to="all", target=Fraction("0.8"), empty=Empty.FULL)),
    criterion("A2.1", "4", BandsRule(of="on_time", to="files", bands=BANDS, empty=Empty.FULL)),
    criterion("A2.2", "2", CountRule(of="reforms", each=Fraction("0.5"))),
    criterion("A2.3", "2", LogRule(of=Measure.ON_TIME_ENTRIES, to=Measure.REQUIRED_ENTRIES)),
    criterion("A2.4", "1", LogRule(of=Measure.FOCAL_OFFICER)),
    criterion(
        "A2.5",
        "2",
        PartsRule(
            parts=(
                Part(max_points=Fraction(1), rule=RatioRule(of="remedied", to="found", empty=Empty.FULL)),
                Part(max_points=Fraction(1), rule=CountRule(of="checks", each=Fraction("0.25"))),
            )
        ),
    ),
    criterion("A3.1", "3", SurveyRule(groups=("COUNCIL_DEPUTY", "STAFF"))),
    criterion("A3.2", "2", ImprovementRule(offset=Fraction(5), span=Fraction(10))),
    criterion("A3.3", "2", StatedRule(), Block.DISTRICT),
    criterion("B1", "3", StatedRule(), section=Section.BONUS),
    criterion("B2", "3", StatedRule(), section=Section.BONUS),
    criterion("D1", "1", LogRule(of=Measure.LATE_REPORTS, each=Fraction("0.25")), section=Section.DEDUCTION),
    criterion(
        "D2", "1", LogRule(of=Measure.FLAWED_EVIDENCE, each=Fraction("0.25")), section=Section.DEDUCTION
    ),
    criterion("D3", "3", StatedRule(), section=Section.DEDUCTION),
    tie_break=("total", "area:A3", "fewer_deductions"),
    results=(
        result("RECORDS", **{"A1.3": "1", "A2.1": "1"}),
        result("IT", **{"A1.3": "0.5", "A1.4": "1", "A3.3": "2"}),
    ),
    shortcomings=tuple(Shortcoming(code=code, name_vi=code, name_en=code) for code in ("NO_PLAN", "NO_DATE")),
)
"""Every kind of rule in every section it may stand in, two further results, and two kinds of shortcoming."""
