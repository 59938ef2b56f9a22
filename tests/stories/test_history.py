"""The demo at other moments and without some decisions: indexed reads say what a plain fold says."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from api.errors import NotPossible, UnknownSubject
from api.history import History
from api.moments import moment_of, named
from api.shares import what_if
from domain import admission, scoring
from domain.criteria import Block
from domain.points import exact, write
from domain.standing import Standing
from domain.stated.council import BonusDecided
from projections.cards import cards
from projections.leaving_out import SURVEY
from projections.pivotal import DECISIONS
from projections.shares import Told as ToldShares
from projections.what_if import Places, places_of
from tests.stories.told import YEAR, Told


def plain(told: Told, size: int, without: frozenset[int] = frozenset()) -> Places:
    """Fold the whole log up to a size but for some events, and rank the round."""
    standing = Standing()
    for event in told.events:
        if event.position < size and event.position not in without:
            admission.follow(standing, event)
    found = standing.rounds[YEAR]
    return places_of(found.criteria, [scoring.card(standing, YEAR, agency) for agency in found.agencies])


def history(told: Told, size: int | None = None) -> History:
    """Stand at a size of the demo, or at its end."""
    return History(told.log, told.connection, YEAR, told.log.size if size is None else size)


@pytest.mark.parametrize("moment", ["self-assessed", "explained", "published-v1", "published-v2"])
def test_cards_are_read_as_they_were_folded(told: Told, moment: str) -> None:
    """At a named moment the read tables hold the very cards of a fold up to there."""
    size = named(told.log, told.connection, YEAR, moment)
    folded = {agency: place.card for agency, place in plain(told, size).items()}
    read = {a: card for block in Block for a, card in cards(told.connection, told.round, size, block).items()}
    assert read == folded


def test_shares_are_read_as_they_stand_in_the_log(told: Told) -> None:
    """The streams and kinds that are read are all the events that a card follows from, in order."""
    read = what_if(told.connection, YEAR, told.log.size).shares
    expected = ToldShares(told.events, YEAR)
    assert read.grounds() == expected.grounds()
    for agency in told.round.agencies:
        assert read.about(agency) == expected.about(agency)


@pytest.mark.parametrize("sample", range(3))
def test_what_if_over_the_log_is_a_plain_fold(told: Told, sample: int) -> None:
    """Three decisions or notes of the demo, drawn at random, left out together."""
    drawing = random.Random(sample)  # noqa: S311 - what was drawn can be drawn again
    chosen = [e.position for e in told.of(*DECISIONS)] + [
        e.position for e in told.events if e.kind.name == "InspectionNoteRecorded.v1" and e.round == YEAR
    ]
    without = drawing.sample(chosen, 3)
    answer = history(told).supposed(without)
    after = plain(told, told.log.size, frozenset(without))
    places = [place for block in answer["blocks"] for place in block["places"]]
    shown = {place["agency"]: (place["after"]["rank"], place["after"]["exact"]) for place in places}
    assert shown == {
        a: (p.rank, {"score": write(p.card.ranking_score), "total": write(p.card.total)})
        for a, p in after.items()
    }
    assert (answer["size"], len(answer["root"])) == (told.log.size, 64)


def test_answer_names_what_it_was_computed_at(told: Told) -> None:
    """The same question at an earlier size is another question, with another root."""
    (bonus, *_) = [e.position for e in told.of(BonusDecided)]
    now, then = history(told).supposed([bonus]), history(told, bonus + 1).supposed([bonus])
    assert now["size"] != then["size"]
    assert now["root"] != then["root"]


@pytest.mark.parametrize(
    ("position", "rule"), [(0, "whatif.ground"), (10**9, "whatif.no_entry"), (1, None)], ids=str
)
def test_what_cannot_be_left_out_is_refused_with_what_can(
    told: Told, position: int, rule: str | None
) -> None:
    """The refusal names the nearest position, and leaving out that one is answered."""
    with pytest.raises(NotPossible) as caught:
        history(told).supposed([position])
    assert rule in (None, caught.value.refused.rule)
    nearest = int(caught.value.refused.facts["nearest"])
    if rule is not None and position == 0:
        assert history(told).supposed([nearest])["without"][0]["position"] == nearest


def test_survey_of_the_demo_is_left_out_as_a_whole(told: Told) -> None:
    """A batch alone is refused; the whole that the refusal names is answered, and is what a fold says."""
    survey = [e.position for e in told.of(*SURVEY)]
    with pytest.raises(NotPossible) as caught:
        history(told).supposed([survey[0]])
    assert caught.value.refused.rule == "whatif.wave_divided"
    answer = history(told).supposed(survey)
    ranks = {p["agency"]: p["after"]["rank"] for b in answer["blocks"] for p in b["places"]}
    assert ranks == {a: p.rank for a, p in plain(told, told.log.size, frozenset(survey)).items()}


def test_moment_that_has_not_come_is_refused_with_those_that_have(told: Told) -> None:
    """Whoever misspells a stage reads which there are, with their sizes."""
    with pytest.raises(UnknownSubject, match=r"published-v2 \([0-9]+\)"):
        moment_of(told.log, told.connection, "published-v9", YEAR)


@pytest.mark.parametrize(
    ("moment", "nearest"),
    [("0", "nearest size is 1"), ("99999999", "nearest size is"), ("1990-01-01", r"is 1\.$")],
)
def test_moment_outside_the_log_is_refused_with_the_nearest(told: Told, moment: str, nearest: str) -> None:
    """A size beyond the head, nothing at all, a time before the log; in Vietnamese first, and in English."""
    with pytest.raises(UnknownSubject, match=nearest) as refused:
        moment_of(told.log, told.connection, moment, None)
    vietnamese, english = refused.value.told().splitlines()
    assert "Kích thước gần nhất là" in vietnamese
    assert english.strip() == str(refused.value)


def test_difference_of_two_versions_is_the_dispute(told: Told) -> None:
    """Between the published versions of the demo, every change of rank is explained by decided disputes."""
    sizes = [named(told.log, told.connection, YEAR, f"published-v{n}") for n in (1, 2)]
    answer = history(told, sizes[1]).since(sizes[0])
    before, after = (plain(told, size) for size in sizes)
    moved = {a for a in after if before[a].rank != after[a].rank}
    assert {row["agency"] for row in answer["ranks"]} == moved
    for row in answer["ranks"]:
        left_out = frozenset(event["position"] for event in row["because"])
        assert {event["type"] for event in row["because"]} == {"DisputeDecided.v1"}
        assert plain(told, sizes[1], left_out)[row["agency"]].rank == before[row["agency"]].rank


def test_pivotal_decisions_of_the_demo_move_ranks_in_a_plain_fold(told: Told) -> None:
    """Each named decision is left out of a fold of the whole log: the ranks are those that were told."""
    answer = history(told).pivotal()
    assert answer["decisions"] == len(told.of(*DECISIONS))
    for one in answer["pivotal"][::4]:
        then = plain(told, told.log.size, frozenset({one["position"]}))
        assert {m["agency"]: m["after"]["rank"] for m in one["moved"]} == {
            m["agency"]: then[m["agency"]].rank for m in one["moved"]
        }
    assert [row["agency"] for row in answer["agencies"]]


def test_interval_of_a_rank_is_reached_without_the_decision_that_is_named(told: Told) -> None:
    """The best and the worst rank of an agency are those of a fold without that one decision."""
    answer = history(told).robustness()
    assert answer["decisions"] == len(told.of(*DECISIONS))
    assert answer["agencies"] == history(told).pivotal()["agencies"]
    assert answer["firm"] == sum(row["best"] == row["worst"] for row in answer["agencies"])
    moved = [row for row in answer["agencies"] if row["best"] != row["rank"] or row["worst"] != row["rank"]]
    assert moved
    for row in moved[:3]:
        for end in ("best", "worst"):
            assert row["best"] <= row["rank"] <= row["worst"]
            without = row[f"{end}_without"]
            assert (without is None) == (row[end] == row["rank"])
            if without is not None:
                then = plain(told, told.log.size, frozenset({without}))
                assert then[row["agency"]].rank == row[end]


def test_who_is_within_the_rounding_is_named_on_both_sides(told: Told) -> None:
    """Exact scores less than a hundredth apart, whatever is published of them."""
    rows = {row["agency"]: row for row in history(told).robustness()["agencies"]}
    for code, row in rows.items():
        block = [r for r in rows.values() if r["block"] == row["block"] and r is not row]
        own = exact(row["exact"]["score"])
        near = [r["agency"] for r in block if abs(exact(r["exact"]["score"]) - own) < Fraction(1, 100)]
        assert sorted(row["by_rounding"]) == sorted(near)
        assert all(code in rows[other]["by_rounding"] for other in near)
