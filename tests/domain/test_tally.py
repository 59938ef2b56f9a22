"""What may be stated of a survey cell: no group of fewer than five is shown, nor can it be worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.criteria import Block, CriteriaSet, Criterion, RatingClass, StatedRule, SurveyLevel, SurveyRule
from domain.stated.survey import SurveyTallied
from domain.survey import POOLED, Counts, survey_tallied_may, tally
from tests.surveys import stated, surveyed

LEAST = 5
GROUPS = ("COUNCIL_DEPUTY", "LOWER_LEVEL_PC", "STAFF")
ANSWERS = ("A", "B")
FORMS = {"ONE": GROUPS[:1], "TWO": GROUPS[:2], "THREE": GROUPS}


def _criterion(code: str, rule: SurveyRule | StatedRule) -> Criterion:
    return Criterion(
        code=code, name_vi="x", name_en="x", max_points=Fraction(4), applies_to=tuple(Block), rule=rule
    )


CRITERIA = CriteriaSet(
    code="C",
    version="1",
    name_vi="x",
    name_en="x",
    provenance="invented",
    areas=(),
    criteria=tuple(_criterion(code, SurveyRule(groups=groups)) for code, groups in FORMS.items()),
    classes=(RatingClass(code="GOOD", name_vi="x", at_least=Fraction(0)),),
    levels=tuple(SurveyLevel(code=code, name_vi="x", weight=Fraction(1)) for code in ANSWERS),
    min_ballots=LEAST,
    bonus_max=Fraction(0),
    deduction_max=Fraction(0),
    tie_break=(),
)


def n_of(counts: Counts) -> dict[str, int]:
    """Return how many answered in each group."""
    return {group: sum(answers.values()) for group, answers in counts.items()}


def refusal(
    counts: Counts, withheld: int, valid: Mapping[str, int | None], criterion: str = "THREE"
) -> str | None:
    """Return the rule by which a tally is refused, or nothing."""
    event = stated(7, SurveyTallied(counts=counts, withheld=withheld), "SNV", criterion)
    found = next(survey_tallied_may(surveyed(CRITERIA, valid), event, event.body), None)
    return found.rule if found else None


# --- what is stated -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "groups", "shown", "withheld"),
    [
        ({"STAFF": {"A": 5}}, ("STAFF",), {"STAFF": {"A": 5}}, 0),
        ({"STAFF": {"A": 3, "B": 1}}, ("STAFF",), {}, 4),
        ({}, GROUPS, {}, 0),
        ({"STAFF": {"A": 0}}, ("STAFF",), {}, 0),
        ({"STAFF": {"A": 6, "B": 0}, "COUNCIL_DEPUTY": {"A": 0}}, GROUPS, {"STAFF": {"A": 6}}, 0),
        (
            {"STAFF": {"A": 6}, "COUNCIL_DEPUTY": {"B": 5}},
            GROUPS,
            {"COUNCIL_DEPUTY": {"B": 5}, "STAFF": {"A": 6}},
            0,
        ),
        ({"STAFF": {"A": 6}, "COUNCIL_DEPUTY": {"B": 1}}, GROUPS, {POOLED: {"B": 1, "A": 6}}, 0),
        ({"STAFF": {"A": 2}, "COUNCIL_DEPUTY": {"A": 3}}, GROUPS, {POOLED: {"A": 5}}, 0),
        ({"STAFF": {"A": 2}, "COUNCIL_DEPUTY": {"A": 2}}, GROUPS, {}, 4),
        (
            {"STAFF": {"A": 90}, "LOWER_LEVEL_PC": {"A": 40, "B": 1}, "COUNCIL_DEPUTY": {"B": 4}},
            GROUPS,
            {POOLED: {"A": 130, "B": 5}},
            0,
        ),
        ({"STAFF": {"A": 6}, "CITIZENS": {"A": 2}}, GROUPS, {"STAFF": {"A": 6}}, 0),
    ],
)
def test_one_small_group_pools_all(
    counts: Counts, groups: tuple[str, ...], shown: Counts, withheld: int
) -> None:
    """Groups are shown while none is small; else they are one pool; and of too few, only their number."""
    assert tally(counts, groups, LEAST) == (shown, withheld)


# --- nobody can work it out -----------------------------------------------------------------------------

_some = st.integers(0, 3)
_counts = st.fixed_dictionaries(
    {group: st.fixed_dictionaries(dict.fromkeys(ANSWERS, _some)) for group in GROUPS}
)
_silent = st.fixed_dictionaries({group: st.integers(0, 2) for group in GROUPS})


def worlds(shown: Counts, withheld: int, valid: Mapping[str, int]) -> Iterator[Counts]:
    """Yield all that the groups may have answered, for who knows what is stated, the totals and the rules."""
    pool = shown.get(POOLED) or dict.fromkeys(ANSWERS, withheld)
    ways = [
        [w for w in product(*(range(pool.get(a, 0) + 1) for a in ANSWERS)) if sum(w) <= valid[group]]
        for group in GROUPS
    ]
    target = tuple(shown[POOLED].get(a, 0) for a in ANSWERS) if shown else None
    for dealt in product(*ways):
        if target is not None and tuple(map(sum, zip(*dealt, strict=True))) != target:
            continue
        world = {g: dict(zip(ANSWERS, way, strict=True)) for g, way in zip(GROUPS, dealt, strict=True)}
        if tally(world, GROUPS, LEAST) == (shown, withheld):
            yield world


@settings(max_examples=60, deadline=None)
@given(_counts, _silent)
@example(
    {g: {"A": n, "B": m} for g, n, m in zip(GROUPS, (1, 3, 3), (0, 3, 3), strict=True)},
    dict.fromkeys(GROUPS, 0),
)
def test_no_small_group_is_shown_or_follows_from_what_is(
    counts: dict[str, dict[str, int]], silent: dict[str, int]
) -> None:
    """Whoever knows the tally, all totals and how tallies are made, cannot tell what a few answered."""
    shown, withheld = tally(counts, GROUPS, LEAST)
    sizes = n_of(counts)
    assert all(n >= LEAST for n in n_of(shown).values())
    assert sum(n_of(shown).values()) + withheld == sum(sizes.values())
    small = [group for group, n in sizes.items() if 0 < n < LEAST]
    assert not (small and set(shown) & set(GROUPS))
    assume(small)
    valid = {group: sizes[group] + silent[group] for group in GROUPS}
    possible = list(worlds(shown, withheld, valid))
    assert any(all(world[g] == counts[g] for g in GROUPS) for world in possible)
    if len(shown.get(POOLED, ANSWERS)) > 1:  # a unanimous cell hides nothing, whatever is stated of it
        for group in small:
            assert len({tuple(world[group].values()) for world in possible}) > 1


@settings(max_examples=100)
@given(_counts, st.randoms(use_true_random=False))
def test_who_is_pooled_hangs_on_sizes_alone(counts: dict[str, dict[str, int]], by: object) -> None:
    """Other answers of as many people come out in the same form: the form tells nothing of the answers."""
    shown, withheld = tally(counts, GROUPS, LEAST)
    turned = {
        group: dict(zip(ANSWERS, reversed(list(a.values())), strict=True)) for group, a in counts.items()
    }
    again, withheld_again = tally(turned, GROUPS, LEAST)
    assert (shown.keys(), withheld) == (again.keys(), withheld_again)


@settings(max_examples=100)
@given(_counts, _silent)
def test_what_a_tally_says_is_admitted(counts: dict[str, dict[str, int]], silent: dict[str, int]) -> None:
    """Whatever came in, there is one thing to state about it that no rule refuses."""
    valid = {group: sum(answers.values()) + silent[group] for group, answers in counts.items()}
    assert refusal(*tally(counts, GROUPS, LEAST), valid) is None


# --- what no tally could say is refused ------------------------------------------------------------------

CLOSED = {"COUNCIL_DEPUTY": 20, "LOWER_LEVEL_PC": 30, "STAFF": 40}


@pytest.mark.parametrize(
    ("counts", "withheld", "rule"),
    [
        ({"STAFF": {"A": 4}}, 0, "survey.group_too_small"),
        ({"STAFF": {"A": 5}, "COUNCIL_DEPUTY": {"A": 1}}, 0, "survey.group_too_small"),
        ({"STAFF": {"A": 0}}, 0, "survey.group_too_small"),
        ({POOLED: {"A": 4}}, 0, "survey.group_too_small"),
        ({POOLED: {"A": 5}, "STAFF": {"A": 9}}, 0, "survey.pool_beside_groups"),
        ({POOLED: {"A": 91}}, 0, "survey.more_than_valid"),
        ({}, 5, "survey.withheld_mismatch"),
        ({}, -1, "survey.withheld_mismatch"),
        ({"STAFF": {"A": 5}}, 3, "survey.withheld_mismatch"),
    ],
)
def test_what_would_show_a_few_is_refused(counts: Counts, withheld: int, rule: str) -> None:
    """A small group apart, a pool beside groups, or counts beside what is withheld are not admitted."""
    assert refusal(counts, withheld, CLOSED) == rule


def test_pool_of_one_group_is_refused() -> None:
    """Where a cell asks one group only, a pool would be that group under another name."""
    assert refusal({POOLED: {"A": 5}}, 0, CLOSED, "ONE") == "survey.pool_of_one"
    assert refusal({POOLED: {"A": 5}}, 0, CLOSED, "TWO") is None


@pytest.mark.parametrize(
    ("valid", "counts", "withheld", "rule"),
    [
        ({**CLOSED, "COUNCIL_DEPUTY": None}, {"STAFF": {"A": 5}}, 0, "survey.wave_still_open"),
        ({**CLOSED, "STAFF": None}, {}, 3, "survey.wave_still_open"),
        ({}, {}, 3, "survey.unknown_group"),
        ({}, {}, 0, "survey.unknown_group"),
        ({"STAFF": 2}, {}, 3, "survey.more_than_valid"),
        ({"STAFF": 3}, {}, 3, None),
        ({"STAFF": 9}, {"STAFF": {"A": 9}}, 0, None),
    ],
)
def test_cell_is_tallied_when_all_its_groups_are_done(
    valid: Mapping[str, int | None], counts: Counts, withheld: int, rule: str | None
) -> None:
    """A cell is tallied once: not while a group still answers, nor before any has; nor is more withheld."""
    assert refusal(counts, withheld, valid) == rule
