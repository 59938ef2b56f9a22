"""The agenda of the council: cells with closed opinions, those that members disagree on most first (R54)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from domain.deadlines import Phase
from domain.dossiers import Opinions
from domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Item:
    """One cell of the agenda: how far opinions lie apart, as a share of the maximum, and how many were given.

    `void` were sealed and never opened; they count as given.
    """

    agency: str
    criterion: str
    spread: Fraction
    given: int
    void: int
    lowest: Fraction | None
    highest: Fraction | None


def agenda(s: Standing, round_code: str) -> tuple[Item, ...]:
    """Return what is ready for a meeting while the council sits: opinions closed, no motion put since."""
    found = s.rounds[round_code]
    if found.phase is not Phase.COUNCIL:
        return ()
    items = [
        _item(agency, code, found.criteria.by_code[code].max_points, cell.opinions)
        for (its_round, agency, code), cell in s.cells.items()
        if its_round == round_code
        and cell.opinions is not None
        and cell.opinions.closed is not None
        and (cell.motion is None or _goes_on(s, round_code, cell.motion.meeting))
    ]
    return tuple(sorted(items, key=lambda item: (-item.spread, item.agency, item.criterion)))


def _goes_on(s: Standing, round_code: str, meeting: str) -> bool:
    found = s.meetings.get((round_code, meeting))
    return found is not None and found.closed is None


def _item(agency: str, criterion: str, maximum: Fraction, opinions: Opinions) -> Item:
    points = [opinion.points for opinion in opinions.opened.values()]
    spread = (max(points) - min(points)) / maximum if points and maximum else Fraction(0)
    return Item(
        agency,
        criterion,
        spread,
        len(opinions.sealed),
        len(opinions.sealed) - len(points),
        min(points, default=None),
        max(points, default=None),
    )
