"""Sets of places come back from their rows as they were, sparse and dense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.search_places import ALL, STRETCH, of, pack, places, span, unpack

_PLACES = st.sets(st.integers(0, STRETCH - 1), max_size=400)


@given(_PLACES)
def test_a_set_comes_back(given: set[int]) -> None:
    """A set is read as it was written, and its places are in order."""
    bits = unpack(pack(of(given)))
    assert list(places(bits)) == sorted(given)


@given(_PLACES, _PLACES)
def test_sets_meet_as_integers(one: set[int], other: set[int]) -> None:
    """What is in both is one `&`, what is in either one `|`."""
    assert of(one) & of(other) == of(one & other)
    assert of(one) | of(other) == of(one | other)


@pytest.mark.parametrize("many", [0, 1, 255, 256, STRETCH])
def test_a_row_is_never_longer_than_the_bits(many: int) -> None:
    """A sparse set is a list of two bytes each, a dense one the bits; neither is mistaken for the other."""
    row = pack(of(range(many)))
    assert len(row) == min(2 * many, STRETCH // 8)
    assert unpack(row) == of(range(many))


@pytest.mark.parametrize(
    ("first", "until", "expected"),
    [
        (0, STRETCH, ALL),
        (-5, STRETCH + 5, ALL),
        (3, 5, 0b11000),
        (5, 3, 0),
        (STRETCH, STRETCH + 9, 0),
        (-9, 0, 0),
    ],
)
def test_a_span_is_cut_to_the_stretch(first: int, until: int, expected: int) -> None:
    """Positions before and after a stretch are not in it."""
    assert span(first, until) == expected
