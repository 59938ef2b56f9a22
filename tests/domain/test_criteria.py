"""A criteria set is consistent before a round can name it, and answers what applies to whom."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from domain.criteria import (
    Area,
    Band,
    BandsRule,
    Block,
    CountRule,
    CriteriaSet,
    ImprovementRule,
    LogRule,
    Measure,
    Part,
    PartsRule,
    RatioRule,
    Rule,
    Section,
    StatedRule,
    SurveyLevel,
    SurveyRule,
    flaw_in,
    quantities_of,
)
from domain.shapes import read, write
from tests.domain.criteria_sets import EVERY_RULE, criteria_set, criterion, numbers, result

ONE, TWO = Fraction(1), Fraction(2)
COUNT = CountRule(of="n", each=ONE)
SPAN = ImprovementRule(offset=ONE, span=TWO)


def bands(*pairs: tuple[str, str]) -> BandsRule:
    """Bands of edges and points."""
    return BandsRule(
        of="a", to="b", bands=tuple(Band(at_least=Fraction(e), points=Fraction(p)) for e, p in pairs)
    )


def parts(*pairs: tuple[str, Rule]) -> PartsRule:
    """Parts of maxima and rules."""
    return PartsRule(parts=tuple(Part(max_points=Fraction(m), rule=rule) for m, rule in pairs))


def with_rule(rule: Rule, section: Section = Section.MAIN) -> CriteriaSet:
    """A set of one criterion out of 2 points."""
    return criteria_set(criterion("A1.1", "2", rule, section=section))


PLAIN = with_rule(StatedRule())
LEVEL = SurveyLevel(code="A", name_vi="A", weight=ONE)


@pytest.mark.parametrize(
    "consistent",
    [
        EVERY_RULE,
        PLAIN,
        with_rule(StatedRule(choices=numbers("0", "2"))),
        with_rule(bands(("0.9", "2"), ("0.5", "1"), ("0", "0.5"))),
        with_rule(parts(("1", COUNT), ("1", parts(("0.5", COUNT), ("0.5", bands(("0", "0.5"))))))),
        with_rule(COUNT, Section.DEDUCTION),
        with_rule(SurveyRule(groups=("COUNCIL_DEPUTY", "LOWER_LEVEL_PC", "STAFF"))),
        with_rule(LogRule(of=Measure.FOCAL_OFFICER)),
        replace(PLAIN, tie_break=("area:A1", "total", "fewer_deductions")),
        replace(PLAIN, classes=PLAIN.classes[:1]),
        replace(PLAIN, results=(result("IT", **{"A1.1": "0.5"}),)),
        replace(PLAIN, min_ballots=1),
    ],
)
def test_consistent_set_has_no_flaw(consistent: CriteriaSet) -> None:
    """A set whose codes, areas, maxima, bands, classes and tie keys fit together is sound."""
    assert flaw_in(consistent) is None


@pytest.mark.parametrize(
    ("flawed", "rule"),
    [
        (
            criteria_set(criterion("A1.1", "1", COUNT), criterion("A1.1", "1", COUNT)),
            "criteria.duplicate_code",
        ),
        *(
            (criteria_set(criterion(code, "1", COUNT)), "criteria.malformed_code")
            for code in ("", "a1.1", "A1/1", "A1 1", "Ă1", "A1.1\n", "A" * 17)
        ),
        (replace(PLAIN, criteria=(replace(PLAIN.criteria[0], area="A9"),)), "criteria.wrong_area"),
        (replace(PLAIN, criteria=(replace(PLAIN.criteria[0], area=""),)), "criteria.wrong_area"),
        (
            replace(PLAIN, criteria=(replace(PLAIN.criteria[0], section=Section.BONUS),)),
            "criteria.wrong_area",
        ),
        (
            replace(PLAIN, areas=(replace(PLAIN.areas[0], max_points=ONE),)),
            "criteria.wrong_area_maximum",
        ),
        (
            replace(PLAIN, areas=(*PLAIN.areas, Area(code="A2", name_vi="", name_en="", max_points=ONE))),
            "criteria.wrong_area_maximum",
        ),
        (with_rule(StatedRule(choices=numbers("0", "2.5"))), "criteria.rule_above_maximum"),
        (with_rule(bands(("0.5", "2.5"))), "criteria.rule_above_maximum"),
        (with_rule(bands()), "criteria.bands_out_of_order"),
        (with_rule(bands(("0.5", "1"), ("0.9", "2"))), "criteria.bands_out_of_order"),
        (with_rule(bands(("0.5", "1"), ("0.5", "2"))), "criteria.bands_out_of_order"),
        (with_rule(RatioRule(of="a", to="b", target=Fraction(0))), "criteria.division_by_zero"),
        (with_rule(replace(SPAN, span=Fraction(0))), "criteria.division_by_zero"),
        (with_rule(parts(("1", COUNT))), "criteria.parts_do_not_sum"),
        (with_rule(parts(("2", bands(("0", "2.5"))))), "criteria.rule_above_maximum"),
        (with_rule(parts(("2", parts(("1", COUNT))))), "criteria.parts_do_not_sum"),
        (with_rule(parts(("1", COUNT), ("1", StatedRule()))), "criteria.misplaced_rule"),
        (with_rule(parts(("1", COUNT), ("1", SurveyRule(groups=("STAFF",))))), "criteria.misplaced_rule"),
        (with_rule(parts(("2", parts(("2", SPAN))))), "criteria.misplaced_rule"),
        (with_rule(SPAN, Section.BONUS), "criteria.misplaced_rule"),
        (with_rule(SPAN, Section.DEDUCTION), "criteria.misplaced_rule"),
        (replace(PLAIN, areas=PLAIN.areas * 2), "criteria.duplicate_area"),
        *(
            (with_rule(SurveyRule(groups=groups)), "criteria.wrong_groups")
            for groups in ((), ("CITIZENS",), ("STAFF", "CITIZENS"), ("STAFF", "STAFF"), ("POOLED",))
        ),
        (
            with_rule(LogRule(of=Measure.LATE_REPORTS, to=Measure.REQUIRED_ENTRIES, each=ONE)),
            "criteria.ambiguous_log_rule",
        ),
        (
            with_rule(parts(("2", LogRule(of=Measure.LATE_REPORTS, to=Measure.REQUIRED_ENTRIES, each=ONE)))),
            "criteria.ambiguous_log_rule",
        ),
        (replace(PLAIN, classes=()), "criteria.classes_out_of_order"),
        (replace(PLAIN, classes=PLAIN.classes[::-1]), "criteria.classes_out_of_order"),
        (replace(PLAIN, levels=()), "criteria.wrong_survey_levels"),
        (replace(PLAIN, levels=(replace(LEVEL, weight=Fraction("1.01")),)), "criteria.wrong_survey_levels"),
        (replace(PLAIN, min_ballots=0), "criteria.wrong_survey_levels"),
        (replace(PLAIN, results=(result("IT"),)), "criteria.wrong_result"),
        (replace(PLAIN, results=(result("IT", **{"A1.1": "1"}),) * 2), "criteria.duplicate_result"),
        (replace(PLAIN, results=(result("I T", **{"A1.1": "1"}),)), "criteria.malformed_result"),
        (replace(PLAIN, results=(result("IT=1", **{"A1.1": "1"}),)), "criteria.malformed_result"),
        (replace(PLAIN, results=(result("IT", **{"A1.1": "1", "A9.9": "1"}),)), "criteria.wrong_result"),
        (
            criteria_set(
                criterion("A1.1", "2", COUNT),
                criterion("B1", "2", COUNT, section=Section.BONUS),
                results=(result("IT", B1="1"),),
            ),
            "criteria.wrong_result",
        ),
        (replace(PLAIN, tie_break=("total", "area:A9")), "criteria.unknown_tie_key"),
        (replace(PLAIN, tie_break=("bonus",)), "criteria.unknown_tie_key"),
    ],
)
def test_flaw_is_named(flawed: CriteriaSet, rule: str) -> None:
    """Each inconsistency has a rule of its own."""
    flaw = flaw_in(flawed)
    assert flaw is not None
    assert flaw.rule == rule


def test_blocks_have_their_own_criteria_and_maximum() -> None:
    """What applies to one block only counts in its maximum and its declarations alone."""
    assert {block: EVERY_RULE.maximum(block) for block in Block} == {
        Block.DEPARTMENT: 23,
        Block.DISTRICT: 25,
        Block.CENTRAL: 23,
    }
    declared = ("A1.1", "A1.2", "A1.3", "A1.4", "A2.1", "A2.2", "A2.5")
    assert EVERY_RULE.declared(Block.DEPARTMENT) == declared
    assert EVERY_RULE.declared(Block.DISTRICT) == (*declared, "A3.3")


def test_sections_keep_the_order_of_the_set() -> None:
    """Bonus and deduction criteria are found by their section, in the order of the set."""
    assert [c.code for c in EVERY_RULE.of_section(Section.BONUS, Block.CENTRAL)] == ["B1", "B2"]
    assert [c.code for c in EVERY_RULE.of_section(Section.DEDUCTION, Block.CENTRAL)] == ["D1", "D2", "D3"]


@pytest.mark.parametrize(
    ("rule", "needed"),
    [
        (StatedRule(), set()),
        (RatioRule(of="a", to="b"), {"a", "b"}),
        (bands(("0", "1")), {"a", "b"}),
        (COUNT, {"n"}),
        (LogRule(of=Measure.LATE_REPORTS), set()),
        (SPAN, set()),
        (SurveyRule(groups=("STAFF",)), set()),
        (parts(("1", COUNT), ("1", parts(("1", RatioRule(of="n", to="m"))))), {"n", "m"}),
    ],
)
def test_rule_names_the_quantities_it_needs(rule: Rule, needed: set[str]) -> None:
    """A rule asks for its quantities and nothing else."""
    assert quantities_of(rule) == needed


def test_criterion_says_how_it_is_scored() -> None:
    """A criterion is stated, declared in quantities, surveyed, or nothing the agency declares."""
    found = EVERY_RULE.by_code
    assert [found[code].is_stated for code in ("A1.1", "A1.3", "B1")] == [True, False, True]
    assert [found[code].is_survey for code in ("A3.1", "A1.1")] == [True, False]
    assert [found[code].is_declared for code in ("A1.1", "A1.3", "A2.3", "A3.1", "B1")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_set_is_written_so_that_it_reads_the_same() -> None:
    """A whole set survives the way through plain JSON values."""
    assert read(CriteriaSet, write(EVERY_RULE)) == EVERY_RULE
    assert EVERY_RULE.weights == {"A": 1, "B": Fraction("0.75"), "C": Fraction("0.5"), "D": 0}
