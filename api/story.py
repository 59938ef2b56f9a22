"""The script of the example: what everybody states, in the order of time, before anything is signed."""

from __future__ import annotations

from collections.abc import Iterator

from api.acts import Act
from api.example import Example
from api.story_assessment import assessment
from api.story_council import decisions
from api.story_setup import setup


def tell(example: Example) -> Iterator[Act]:
    """Tell the whole story in the order of time; acts of one moment keep the order they are told in."""
    first, *later = example.rounds
    acts = [*setup(example, first), *assessment(example, first), *decisions(example, first)]
    for plan in later:
        acts += [*setup(example, plan, again=True), *assessment(example, plan, agencies=5, cells=11)]
    return iter(sorted(acts, key=lambda act: act.at))
