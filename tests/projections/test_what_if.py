"""What-if: what is folded again by what it touches is what a plain fold without the events comes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain import scoring
from domain.criteria import Block
from domain.events import Event
from domain.refusals import Refusal
from domain.stated.assessment import EvidenceSubmitted
from domain.stated.council import BonusDecided, CouncilAdjustmentMade
from domain.stated.disputes import DisputeDecided, DisputeFiled
from domain.stated.registry import AgencyRegistered, CriteriaSetIssued, LogOpened
from domain.stated.rounds import PhaseOpened, RoundOpened
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveOpened
from projections import proposals
from projections.leaving_out import SURVEY, cannot_be_left_out, ranges
from projections.shares import Told, card_of
from projections.what_if import Places, WhatIf, places_of
from tests.domain.specification import ROUND, ZONE, fold
from tests.domain.whole_round import whole_round

EVENTS = whole_round().events
FOUND = fold(EVENTS).rounds[ROUND]


def plain(events: Sequence[Event]) -> Places:
    """Fold events, all of them and in order, and rank their round."""
    standing = fold(list(events))
    found = standing.rounds[ROUND]
    return places_of(found.criteria, [scoring.card(standing, ROUND, agency) for agency in found.agencies])


def what_if(events: Sequence[Event] = EVENTS) -> WhatIf:
    """Stand at the end of events, with the cards that a plain fold of them comes to."""
    cards = {agency: place.card for agency, place in plain(events).items()}

    def read(block: Block) -> dict[str, scoring.Card]:
        return {agency: card for agency, card in cards.items() if card.block is block}

    return WhatIf(fold(list(events)).rounds[ROUND], Told(events, ROUND), read)


def of(*kinds: type[object]) -> list[Event]:
    """Return the events of these kinds."""
    return [event for event in EVENTS if isinstance(event.body, kinds)]


def same(without: Collection[Event], added: Sequence[Event] = ()) -> None:
    """Suppose, and compare with the plain fold, in the blocks that were touched."""
    left_out = {event.position for event in without}
    supposed = what_if().suppose(without, added)
    whole = plain([*(event for event in EVENTS if event.position not in left_out), *added])
    now = plain(EVENTS)
    untouched = whole.keys() - supposed.after.keys()
    assert supposed.after == {agency: place for agency, place in whole.items() if agency in supposed.after}
    assert supposed.before == {agency: place for agency, place in now.items() if agency in supposed.before}
    assert all(whole[agency] == now[agency] for agency in untouched)


USUAL = [e for e in EVENTS if cannot_be_left_out(FOUND, [e], list) is None]
"""What can be left out, be it one of a wave or not."""


@pytest.mark.parametrize("agency", FOUND.agencies)
def test_a_card_follows_from_its_share(agency: str) -> None:
    """The grounds and the events of an agency that can move a score make the very card of the whole log."""
    assert card_of(Told(EVENTS, ROUND), ROUND, agency) == scoring.card(fold(EVENTS), ROUND, agency)


@pytest.mark.parametrize("part", range(6))
def test_without_one_event_the_ranks_are_those_of_a_plain_fold(part: int) -> None:
    """Whichever it is, of those that can be left out."""
    for event in USUAL[part::6]:
        same([event])


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@drawn(st.sets(st.sampled_from(range(len(USUAL)))))
def test_without_any_events_the_ranks_are_those_of_a_plain_fold(chosen: set[int]) -> None:
    """Few or many, whatever they have to do with each other."""
    same([USUAL[n] for n in chosen])


def test_what_makes_no_points_touches_nothing() -> None:
    """Evidence alone moves no card: nobody is folded again, and no rank moves."""
    supposed = what_if().suppose(of(EvidenceSubmitted))
    assert (supposed.refolded, supposed.moved) == ((), ())


def test_one_decision_touches_one_agency() -> None:
    """Of the others the cards stay as they were read."""
    (bonus,) = of(BonusDecided)
    asked = what_if()
    supposed = asked.suppose([bonus])
    assert supposed.refolded == ("STC",)
    others = supposed.after.keys() - {"STC"}
    assert all(supposed.after[agency].card is asked.card(agency) for agency in others)


def test_opening_of_a_phase_touches_all() -> None:
    """Everybody's lateness and offices can hang on it."""
    opened = next(e for e in of(PhaseOpened))
    assert set(what_if().suppose([opened]).refolded) == set(FOUND.agencies)


def test_dispute_that_gave_a_rank_is_seen_to_give_it() -> None:
    """LC got the first place of its block by a dispute; without the decision it does not have it."""
    (decided,) = of(DisputeDecided)
    supposed = what_if().suppose([decided])
    assert "LC" in supposed.moved
    assert supposed.before["LC"].rank < supposed.after["LC"].rank


# --- what is proposed -----------------------------------------------------------------------------------


def propose(agency: str, criterion: str, points: str) -> Event | Refusal:
    """Propose points for a cell at the end of the round."""
    at = EVENTS[-1].arrived_at
    return proposals.adjustment(
        FOUND, what_if().card(agency), criterion, Fraction(points), len(EVENTS), at.astimezone(ZONE)
    )


@pytest.mark.parametrize("points", ["0", "0.5", "1"])
def test_proposed_points_are_ranked_as_if_they_were_stated(points: str) -> None:
    """An adjustment that nobody made comes after everything, and counts."""
    proposed = propose("HC", "A1.2", points)
    assert isinstance(proposed, Event)
    same([], [proposed])
    same(of(CouncilAdjustmentMade), [proposed])
    assert what_if().suppose((), [proposed]).after["HC"].card.scores["A1.2"].points == Fraction(points)


@pytest.mark.parametrize(
    ("cell", "points", "rule"),
    [
        (("STC", "A1.2"), "99", "score.above_max"),
        (("STC", "B1"), "1", "criterion.not_adjusted"),
        (("STC", "D3"), "1", "criterion.not_adjusted"),
        (("STC", "Z9"), "1", "criterion.not_applicable"),
    ],
)
def test_points_that_nobody_could_decide_are_refused(cell: tuple[str, str], points: str, rule: str) -> None:
    """A proposal is held to what the council itself is held to."""
    refused = propose(*cell, points)
    assert isinstance(refused, Refusal)
    assert refused.rule == rule


def test_dispute_is_upheld_with_what_it_claims() -> None:
    """The cell has the claimed points."""
    filed = of(DisputeFiled)[1]
    proposed = proposals.upheld(filed, FOUND, len(EVENTS), EVENTS[-1].arrived_at)
    same([], [proposed])
    card = what_if().suppose((), [proposed]).after[filed.agency or ""].card
    assert card.scores[filed.criterion or ""].points == filed.body.claimed


# --- what cannot be left out ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LogOpened, RoundOpened, CriteriaSetIssued, AgencyRegistered])
def test_what_the_round_stands_on_cannot_be_left_out(kind: type[object]) -> None:
    """Genesis, the opening, its criteria set, who is ranked: without them it would be another round."""
    refused = cannot_be_left_out(FOUND, [of(kind)[0]], list)
    assert refused is not None
    assert refused.rule == "whatif.ground"


def test_another_rounds_event_is_named_with_its_round() -> None:
    """Whoever asks about the wrong round learns which one to ask about."""
    other = replace(of(BonusDecided)[0], round="2017")
    refused = cannot_be_left_out(FOUND, [other], list)
    assert refused is not None
    assert (refused.rule, refused.facts["theirs"]) == ("whatif.other_round", "2017")


@pytest.mark.parametrize("kind", [SurveyWaveOpened, BallotsRecorded, SurveyTallied])
def test_wave_is_left_out_as_a_whole_or_not_at_all(kind: type[object]) -> None:
    """One batch or tally alone is refused, with the whole that can be left out; that is not refused."""
    survey = of(*SURVEY)
    refused = cannot_be_left_out(FOUND, [of(kind)[0]], lambda: survey)
    assert refused is not None
    assert refused.rule == "whatif.wave_divided"
    whole = {e.position for e in survey}
    assert refused.facts["whole"] == ranges(whole)
    assert cannot_be_left_out(FOUND, survey, lambda: survey) is None


@pytest.mark.parametrize(
    ("positions", "told"), [((7,), "7"), ((1, 2, 3, 9), "1-3,9"), ((4, 2, 6, 5), "2,4-6"), ((), "")]
)
def test_positions_are_listed_in_ranges(positions: tuple[int, ...], told: str) -> None:
    """A list of neighbours is told by its ends."""
    assert ranges(positions) == told
