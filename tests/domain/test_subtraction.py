"""A group of fewer than five cannot be subtracted out of anything that is shown of a survey cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain, combinations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain import scoring
from domain.shapes import write
from domain.stated.survey import SurveyTallied
from domain.survey import POOLED, Counts, survey_tallied, tally
from tests.domain.test_tally import ANSWERS, CRITERIA, GROUPS, LEAST, n_of, worlds
from tests.surveys import stated, surveyed

_few = st.fixed_dictionaries(dict.fromkeys(ANSWERS, st.integers(0, 2)))
_many = st.fixed_dictionaries(dict.fromkeys(ANSWERS, st.integers(3, 4)))
_silent = st.fixed_dictionaries({group: st.integers(0, 1) for group in GROUPS})
_one_small = st.permutations(GROUPS).flatmap(
    lambda groups: st.fixed_dictionaries({groups[0]: _few, groups[1]: _many, groups[2]: _many})
)
"""Exactly one group is small (or silent): the others have six to eight answers."""


def shown_of(counts: Counts, valid: Mapping[str, int]) -> str:
    """Return all that anybody is shown: the tally, the control totals, and the score with what made it."""
    shown, withheld = tally(counts, GROUPS, LEAST)
    standing = surveyed(CRITERIA, valid)
    body = SurveyTallied(counts=shown, withheld=withheld)
    survey_tallied(standing, stated(7, body, "SNV", "THREE"), body)
    cell = standing.cell("2016", "SNV", "THREE")
    score = scoring._survey(CRITERIA, CRITERIA.by_code["THREE"], cell)
    told = {"tally": write(body), "waves": dict(valid), "cell": write(cell.tally), "score": write(score)}
    return json.dumps(told, sort_keys=True)


@settings(max_examples=40, deadline=None)
@given(_one_small, _silent)
@example(
    {"COUNCIL_DEPUTY": {"A": 1, "B": 0}, "LOWER_LEVEL_PC": {"A": 3, "B": 3}, "STAFF": {"A": 4, "B": 3}},
    dict.fromkeys(GROUPS, 0),
)
def test_one_small_group_takes_the_others_with_it(
    counts: dict[str, dict[str, int]], silent: dict[str, int]
) -> None:
    """Where one group is withheld no other is shown, and with other answers of its few all looks alike."""
    sizes = n_of(counts)
    small = [group for group, n in sizes.items() if 0 < n < LEAST]
    assume(small)
    (few,) = small
    shown, withheld = tally(counts, GROUPS, LEAST)
    assert set(shown) == {POOLED}
    assert withheld == 0
    valid = {group: sizes[group] + silent[group] for group in GROUPS}
    mine = shown_of(counts, valid)
    alike = [world for world in worlds(shown, withheld, valid) if n_of(world) == sizes]
    assert all(shown_of(world, valid) == mine for world in alike)
    assert len({tuple(world[few].values()) for world in alike}) > 1


@settings(max_examples=200, deadline=None)
@given(st.one_of(_one_small, st.fixed_dictionaries(dict.fromkeys(GROUPS, st.one_of(_few, _many)))))
def test_no_difference_of_what_is_shown_is_a_small_group(counts: dict[str, dict[str, int]]) -> None:
    """Take any shown counts from any others, answer by answer: no small group's answers are what is left."""
    shown, _ = tally(counts, GROUPS, LEAST)
    small = {group for group, n in n_of(counts).items() if 0 < n < LEAST}
    rows = [tuple(answers.get(answer, 0) for answer in ANSWERS) for answers in shown.values()]
    sums = [tuple(map(sum, zip(*some, strict=True))) for some in _some_of(rows)]
    left = {tuple(a - b for a, b in zip(one, other, strict=True)) for one in sums for other in sums}
    apart = {tuple(counts[group][answer] for answer in ANSWERS) for group in small}
    assert not apart & {*left, *sums}


def _some_of(rows: list[tuple[int, ...]]) -> list[tuple[tuple[int, ...], ...]]:
    return list(chain.from_iterable(combinations(rows, n) for n in range(1, len(rows) + 1)))
