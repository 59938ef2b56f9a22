"""What a publication holds, item by item: every cell, total and rank, with the positions behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.points import published, write
from domain.ranking import Place
from domain.scoring import Card, Score
from domain.standing import Round, Standing, StateItem

FOLD = "minhchung.fold/v1"
"""What this fold is called: another one, that may come to other numbers, has another name."""


def rules_of(found: Round) -> str:
    """Name the rules that a round is scored by: its criteria set, which the log holds."""
    return f"{found.criteria.code} {found.criteria.version}"


def state(s: Standing, found: Round, places: Iterable[Place], position: int) -> tuple[StateItem, ...]:
    """Return all items of a result that is published at this position, by ascending key."""
    items = (item for place in places for item in _of_agency(s, found.code, place, position))
    return tuple(sorted(items, key=lambda item: item.key))


def _of_agency(s: Standing, round_code: str, place: Place, position: int) -> Iterator[StateItem]:
    card = place.card
    stem = f"{round_code}/{card.agency}"
    for code, score in card.scores.items():
        events = s.acts.get((round_code, card.agency, code), ())
        yield StateItem(f"{stem}/{code}", _cell(score), _ascending(score.positions), events)
    behind = _ascending(position for score in card.scores.values() for position in score.positions)
    events = s.acts.get((round_code, card.agency, ""), ())
    yield StateItem(f"{stem}/total", _total(card), behind, events)
    yield StateItem(f"{stem}/rank", _rank(place), (position,), ())


def _ascending(positions: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(positions)))


def _cell(score: Score) -> tuple[tuple[str, str], ...]:
    return (
        ("counts", "true" if score.counts else "false"),
        ("flags", " ".join(score.flags)),
        ("maximum", write(score.maximum)),
        ("points", write(score.points)),
        ("stage", score.stage.value),
    )


def _total(card: Card) -> tuple[tuple[str, str], ...]:
    return (
        ("bonus", write(card.bonus)),
        ("class", card.rating),
        ("deductions", write(card.deductions)),
        ("ranking_score", write(card.ranking_score)),
        ("results", " ".join(f"{code}={write(total)}" for code, total in card.results.items())),
        ("total", write(card.total)),
    )


def _rank(place: Place) -> tuple[tuple[str, str], ...]:
    """A rank follows from the totals of its block; its own event is the publication."""
    return (
        ("block", place.card.block.value),
        ("rank", str(place.rank)),
        ("score", published(place.card.ranking_score)),
        ("shared", "true" if place.shared else "false"),
    )
