"""What-if under another criteria set: the same acts, scored by other maxima, weights and rules.

Quantities and ballots are scored by the other rule. Points that somebody stated keep their share of the
maximum: 1.5 of 2 is 0.75 of 1. An act that the other rule can make nothing of is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from domain.criteria import CriteriaSet, Criterion, ImprovementRule, SurveyRule, quantities_of
from domain.dossiers import Act, Cell
from domain.events import Event
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.standing import Standing
from projections.shares import card_in, fold, in_order
from projections.what_if import Supposition, WhatIf, places_of


@dataclass(frozen=True, slots=True)
class Reweighed:
    """The places under another set, and of which criteria stated points keep their share of the maximum."""

    supposed: Supposition
    shares_kept: tuple[str, ...]


def under(what_if: WhatIf, criteria: CriteriaSet, without: Collection[Event] = ()) -> Reweighed | Refusal:
    """Rank a round as if another set had been frozen in it, without some of its events if they are named."""
    agencies = tuple(what_if.round.agencies)
    events = in_order(what_if.shares.grounds(), *(what_if.shares.about(agency) for agency in agencies))
    standing = fold(events, frozenset(event.position for event in without))
    found = standing.rounds[what_if.round.code]
    refused = next(_unfit(standing, found.code, criteria), None)
    if refused is not None:
        return refused
    kept = _keep_shares(standing, found.code, found.criteria, criteria)
    standing.rounds[found.code] = replace(found, criteria=criteria)
    now = places_of(found.criteria, [what_if.card(agency) for agency in agencies])
    cards = [card for agency in agencies if (card := card_in(standing, found.code, agency))]
    return Reweighed(Supposition(now, places_of(criteria, cards), tuple(sorted(agencies))), kept)


def _cells(standing: Standing, code: str, criteria: CriteriaSet) -> Iterator[tuple[str, Criterion, Cell]]:
    """Return the cells of a round that a set scores."""
    found = standing.rounds[code]
    for (its, agency, name), cell in sorted(standing.cells.items()):
        criterion = criteria.by_code.get(name)
        if its == code and criterion is not None and found.agencies[agency] in criterion.applies_to:
            yield agency, criterion, cell


def _acts(cell: Cell) -> dict[str, Act]:
    acts = {"declared": cell.declared, "verified": cell.verified, "decided": cell.decided}
    return {name: act for name, act in acts.items() if act is not None}


def _unfit(standing: Standing, code: str, criteria: CriteriaSet) -> Iterator[Refusal]:
    """What cannot be scored: quantities that nobody declared, answers without a weight."""
    for agency, criterion, cell in _cells(standing, code, criteria):
        needed = quantities_of(criterion.rule)
        by_quantities = not isinstance(criterion.rule, SurveyRule | ImprovementRule) and needed
        for act in _acts(cell).values():
            missing = sorted(needed - (act.quantities or {}).keys())
            if act.points is None and (missing or not by_quantities):
                yield refuse(
                    "whatif.criteria_quantity",
                    criterion=criterion.code,
                    agency=agency,
                    position=act.position,
                    quantity=missing[0] if missing else "-",
                )
        answers = sorted((cell.tally.answers if cell.tally else {}).keys() - criteria.weights.keys())
        if criterion.is_survey and answers:
            yield refuse("whatif.criteria_answer", criterion=criterion.code, agency=agency, answer=answers[0])


def _keep_shares(standing: Standing, code: str, old: CriteriaSet, new: CriteriaSet) -> tuple[str, ...]:
    """Write stated points as the same share of the new maximum; return of which criteria."""
    kept = set[str]()
    for agency, criterion, cell in [*_cells(standing, code, new)]:
        before = old.by_code.get(criterion.code)
        if before is None or before.max_points in (0, criterion.max_points):
            continue
        times = criterion.max_points / before.max_points
        changed: dict[str, Any] = {
            name: _times(act, times) for name, act in _acts(cell).items() if act.points is not None
        }
        if changed:
            kept.add(criterion.code)
            standing.cells[code, agency, criterion.code] = replace(cell, **changed)
    return tuple(sorted(kept))


def _times(act: Act, times: Fraction) -> Act:
    return replace(act, points=(act.points or Fraction(0)) * times)
