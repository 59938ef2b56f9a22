"""Pivotal decisions, firmness, and the smallest sets of events behind changes of rank."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.deadlines import Phase
from domain.events import Event
from domain.stated.disputes import DisputeDecided
from projections.explained import Explaining, smallest
from projections.moments import moments
from projections.pivotal import DECISIONS, decided, each_without, firmness, pivotal
from projections.what_if import standing
from tests.domain.specification import ROUND
from tests.projections.test_what_if import EVENTS, FOUND, of, plain, what_if

MOMENTS = moments(EVENTS, ROUND)
EARLIER = [(name, size) for name, size in MOMENTS.items() if size < len(EVENTS)]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@drawn(st.sets(st.integers(0, 30), min_size=1), st.data())
def test_smallest_part_holds_and_none_of_it_can_be_spared(units: set[int], data: st.DataObject) -> None:
    """Whatever holds of a set and of all that contains it."""
    needed = data.draw(st.sets(st.sampled_from(sorted(units)), min_size=1))
    assert set(smallest(sorted(units), needed.issubset)) == needed


@pytest.mark.parametrize("odd", [{1, 2, 3}, {2, 4, 5, 6}, {7}])
def test_smallest_part_is_found_where_more_is_not_always_better(odd: set[int]) -> None:
    """It holds for all, and for a few sets only: the answer still holds, and without any one it does not."""

    def holds(part: Collection[int]) -> bool:
        return set(part) in (odd, set(range(8)))

    found = set(smallest(range(8), holds))
    assert holds(found)
    assert not any(holds(found - {unit}) for unit in found)


def test_moments_of_a_round_are_sizes_in_order() -> None:
    """Each stage is what was stated before the next phase; a version is there with its publication."""
    assert list(MOMENTS) == [
        "self-assessed",
        "inspected",
        "explained",
        "decided",
        "published-v1",
        "published-v2",
    ]
    assert sorted(MOMENTS.values()) == list(MOMENTS.values())
    opened = EVENTS[MOMENTS["decided"]]
    assert opened.body.phase is Phase.APPROVAL
    assert EVENTS[MOMENTS["published-v2"] - 1].body.version == 2


@pytest.mark.parametrize(("name", "size"), EARLIER)
def test_change_of_rank_is_explained(name: str, size: int) -> None:
    """Without the set the old rank is there again; with any one of its events given back it is not."""
    before, after = plain(EVENTS[:size]), plain(EVENTS)
    explaining = Explaining(what_if(), size, before)
    moved = [a for a in FOUND.agencies if before[a].rank != after[a].rank]
    for agency in moved:
        because = explaining.explain(agency)
        assert because
        assert all(event.position >= size for event in because)
        assert _without(because)[agency] == before[agency].rank
        for spared in combinations(because, len(because) - 1):
            assert _without(spared)[agency] != before[agency].rank


def _without(left_out: Collection[Event]) -> dict[str, int]:
    positions = {event.position for event in left_out}
    ranked = plain([event for event in EVENTS if event.position not in positions])
    return {agency: place.rank for agency, place in ranked.items()}


def test_dispute_is_the_whole_explanation_of_the_corrected_version() -> None:
    """Between the two versions one decision was taken, and it explains both ranks that changed."""
    size = MOMENTS["published-v1"]
    explaining = Explaining(what_if(), size, plain(EVENTS[:size]))
    assert [explaining.explain(agency) for agency in ("LC", "HC")] == [tuple(of(DisputeDecided))] * 2


def test_pivotal_decisions_are_those_whose_absence_moves_a_rank() -> None:
    """Each decision is left out of a plain fold; those that give anybody another rank are named."""
    now = plain(EVENTS)
    expected = []
    for event in of(*DECISIONS):
        then = plain([e for e in EVENTS if e is not event])
        if any(standing(now, agency) != standing(then, agency) for agency in now):
            expected.append(event)
    assert [one.event for one in pivotal(each_without(what_if()))] == expected
    assert decided(what_if()) == of(*DECISIONS)


def test_rank_interval_is_what_single_absences_come_to() -> None:
    """Best and worst are the ranks of plain folds, the rank as it is among them."""
    asked = what_if()
    told = {one.place.card.agency: one for one in firmness(asked, list(each_without(asked)))}
    ranks = [plain(EVENTS), *(plain([e for e in EVENTS if e is not event]) for event in of(*DECISIONS))]
    assert told.keys() == set(FOUND.agencies)
    for agency, one in told.items():
        possible = [places[agency].rank for places in ranks]
        assert (one.best, one.worst) == (min(possible), max(possible))


def test_room_is_the_way_to_the_next_agency() -> None:
    """Nobody of the block lies within it; somebody lies at its end, or there is nobody on that side."""
    asked = what_if()
    for one in firmness(asked, []):
        card = one.place.card
        others = [c.published_score for a, c in asked.cards(card.block).items() if a != card.agency]
        up = [score - card.published_score for score in others if score >= card.published_score]
        down = [card.published_score - score for score in others if score <= card.published_score]
        assert one.room_up == (min(up) if up else None)
        assert one.room_down == (min(down) if down else None)
