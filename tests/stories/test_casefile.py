"""The story of a cell of the demo: every event about it, in order, with what each did to cell and rank."""

from __future__ import annotations

import pytest

from api.errors import UnknownSubject
from domain import scoring
from domain.events import Event
from domain.stated.assessment import MinutesSigned
from domain.stated.rounds import ResultPublished
from projections.casefile import Chapter, Happened, casefile
from tests.stories.told import YEAR, Told

CELL = ("SGTVT", "A3.5")
"""The cell of a dispute that was upheld."""


def story(told: Told, agency: str, criterion: str) -> tuple[Happened, ...]:
    """Tell the story of a cell out of the whole demo."""
    return casefile(told.connection, YEAR, agency, criterion, told.events)


def test_story_has_every_event_about_the_cell_in_order(told: Told) -> None:
    """Nothing about the cell is left out, and of the round only what was published."""
    happened = story(told, *CELL)
    positions = [one.event.position for one in happened]
    about = [e.position for e in told.events if (e.round, e.agency, e.criterion) == (YEAR, *CELL)]
    assert positions == sorted(positions)
    assert set(about) <= set(positions)
    others: list[Event] = [one.event for one in happened if one.event.position not in about]
    assert {type(event.body) for event in others} == {MinutesSigned, ResultPublished}


@pytest.mark.parametrize("cell", [CELL, ("SNV", "B1"), ("TTTP", "A3.10"), ("SNV", "A1.2")])
def test_what_an_event_did_is_what_a_fold_says(told: Told, cell: tuple[str, str]) -> None:
    """Points, stage and rank after the last decision are those of a fold up to there."""
    happened = [one for one in story(told, *cell) if one.moved][-1]
    standing = told.standing_at(happened.event.position + 1)
    score = scoring.card(standing, YEAR, cell[0]).scores[cell[1]]
    assert (happened.after.points, happened.after.stage) == (score.points, score.stage.value)


def test_dispute_reads_from_filing_to_the_corrected_version(told: Told) -> None:
    """Filed after the first publication, decided with more points and a better rank, published again."""
    happened = story(told, *CELL)
    chapters = list(dict.fromkeys(one.chapter for one in happened))
    assert chapters[0] is Chapter.DECLARATION
    assert chapters[-1] is Chapter.DISPUTE or Chapter.PUBLICATION in chapters
    (decided,) = [one for one in happened if one.event.kind.name == "DisputeDecided.v1"]
    assert decided.moved
    assert (decided.before.rank, decided.after.rank) == (13, 11)
    assert decided.superseded_by is None
    names = [one.event.kind.name for one in happened]
    assert names.index("ResultPublished.v1") < names.index("DisputeFiled.v1")
    assert "ResultPublished.v1" in names[names.index("DisputeDecided.v1") :]


def test_case_of_a_dispute_is_the_story_of_its_cell(told: Told) -> None:
    """By its name or by the cell, with signers, words and what each event changed."""
    review = told.review()
    dispute = next(d for d in told.now.disputes.values() if (d.agency, d.criterion) == CELL)
    by_name, by_cell = review.case(dispute.name, None), review.case(*CELL)
    assert by_name == by_cell
    happened = story(told, *CELL)
    assert [event["position"] for event in by_name["events"]] == [one.event.position for one in happened]
    assert [event["chapter"] for event in by_name["events"]] == [one.chapter.value for one in happened]
    (decided,) = [event for event in by_name["events"] if event["type"] == "DisputeDecided.v1"]
    assert decided["moved"]
    assert (decided["before"]["rank"], decided["after"]["rank"]) == (13, 11)
    assert decided["signers"]
    assert decided["texts"]["reason"]
    assert by_name["disputes"] == [{"name": dispute.name, "state": "UPHELD"}]


def test_case_at_an_earlier_moment_ends_there(told: Told) -> None:
    """Before it was filed nobody tells of the dispute."""
    dispute = next(d for d in told.now.disputes.values() if (d.agency, d.criterion) == CELL)
    early = told.review(dispute.filed).case(*CELL)
    assert early["disputes"] == []
    assert all(event["position"] < dispute.filed for event in early["events"])
    with pytest.raises(UnknownSubject, match=r"no dispute .* in 2016"):
        told.review(dispute.filed).case(dispute.name, None)


@pytest.mark.parametrize(
    ("subject", "criterion", "said"),
    [
        ("dispute-99", None, "there are: dispute-1"),
        ("XX", "A1.2", "there are: "),
        ("SNV", "A99", "does not apply to SNV"),
    ],
)
def test_case_that_is_not_there_is_refused(
    told: Told, subject: str, criterion: str | None, said: str
) -> None:
    """An unknown dispute, agency or criterion, with those that there are."""
    with pytest.raises(UnknownSubject, match=said):
        told.review().case(subject, criterion)
