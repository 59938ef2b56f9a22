"""What the published article asks for, told on the demo: result, awards, disputes, and what came after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from api import publication
from api.answers import ranking, trace
from domain.awards import flagged
from domain.criteria import Block, Section
from domain.deadlines import Phase
from domain.dossiers import Act
from domain.points import exact
from domain.scoring import card
from domain.stated.assessment import (
    AwardGranted,
    ImprovementCommitted,
    ImprovementReported,
    PreviousResultRecorded,
)
from domain.stated.choices import Outcome, Role
from domain.stated.council import SpecialCaseDecided
from domain.stated.disputes import (
    AffectedNotified,
    DisputeDecided,
    DisputeFiled,
    PartyHeard,
    ReviewerAssigned,
)
from domain.stated.rounds import ApprovalProposed, ResultApproved, ResultPublished
from projections import queries
from projections.docket import State
from projections.progress import Alert
from tests.stories.told import YEAR, Told

TOP_THREE = {
    Block.CENTRAL: ("CT", "HQ", "BHXH"),
    Block.DEPARTMENT: ("SNV", "STTTT", "STC"),
    Block.DISTRICT: ("QNHS", "QLC", "HHV"),
}
"""The published places, all that was ever published."""


# --- the result -----------------------------------------------------------------------------------------


def _versions(told: Told) -> list[int]:
    """The sizes of the log at which each version was published."""
    return [e.position + 1 for e in told.of(ResultPublished)]


def test_who_proposes_does_not_approve(told: Told) -> None:
    """The secretariat proposes and publishes, the authority approves, and nobody holds both offices."""
    for proposed, approved, published in zip(
        *(told.of(kind) for kind in (ApprovalProposed, ResultApproved, ResultPublished)), strict=True
    ):
        assert proposed.position < approved.position < published.position
        assert told.now.holds(proposed.actor, Role.SECRETARIAT)
        assert told.now.holds(published.actor, Role.SECRETARIAT)
        assert told.now.holds(approved.actor, Role.APPROVING_AUTHORITY)
        assert not told.now.holds(approved.actor, Role.SECRETARIAT)


def test_the_secretariat_never_acts_alone_on_its_own_agency(told: Told) -> None:
    """Each of its acts about SNV, the sending of a team among them, is co-signed and stands in the report."""
    lines = [
        line
        for line in told.review().conflicts()["conflicts"]
        if line["conflict"] == "SECRETARIAT_OWN_AGENCY"
    ]
    acts = [
        e
        for e in told.events
        if e.round == YEAR
        and (e.agency == "SNV" or getattr(e.body, "inspects", None) == "SNV")
        and any(told.now.holds(a, Role.SECRETARIAT) for a in e.signed_by)
    ]
    assert [line["position"] for line in lines] == [e.position for e in acts]
    assert len(lines) > 10
    assert "TeamAssigned.v1" in {line["kind"] for line in lines}
    for line in lines:
        assert line["others"]
        assert not any(told.now.at_home(other, "SNV") for other in line["others"])


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("block", Block)
def test_the_first_three_are_the_published_ones(told: Told, block: Block, version: int) -> None:
    """Version 1 and the corrected version 2 both have the published first three of each block."""
    rows = queries.ranking(told.connection, YEAR, _versions(told)[version - 1], block.value)
    assert tuple(row.agency for row in rows[:3]) == TOP_THREE[block]
    assert [row.rank for row in rows[:3]] == [1, 2, 3]


def test_blocks_are_never_mixed_in_a_ranking(told: Told) -> None:
    """The answer has three rankings, each of one block and beginning with 1; there is no common one."""
    blocks = ranking(told.log, told.connection, YEAR, None, told.log.size)["blocks"]
    assert [(b["block"], len(b["places"])) for b in blocks] == [
        ("DEPARTMENT", 21),
        ("DISTRICT", 7),
        ("CENTRAL", 6),
    ]
    for block in blocks:
        assert block["places"][0]["rank"] == 1
        assert all(told.round.agencies[p["agency"]] == block["block"] for p in block["places"])


def test_what_may_be_shown_is_data_of_the_round(told: Told) -> None:
    """Three places, no scores, two classes of an agency's own record; the public sees just that."""
    policy = told.round.publication
    assert (policy.public_places, policy.public_scores) == (3, False)
    assert {found.value for found in policy.own_record} == {"PUBLIC", "PARTIES"}
    shown = publication.published(told.log, told.connection, YEAR, None, told.log.size)
    assert "invented" in shown["label"]
    for block in shown["blocks"]:
        assert tuple(place["agency"] for place in block["places"]) == TOP_THREE[Block(block["block"])]
        assert all(
            place.keys() == {"rank", "shared", "agency", "name_vi", "name_en"} for place in block["places"]
        )


def test_an_agency_sees_its_own_record_and_not_what_is_the_councils(told: Told) -> None:
    """In its own trace an agency finds notes, decisions and dissents, but no vote and no member's opinion."""
    whole = trace(told.log, told.connection, YEAR, "SGTVT", "A7.8", told.log.size)
    own = {e["position"]: e for e in publication.own_record(whole, told.round.publication)["events"]}
    assert own.keys() == {e["position"] for e in whole["events"]}
    told_of = {e["type"]: own[e["position"]] for e in whole["events"]}
    assert told_of["InspectionNoteRecorded.v1"]["texts"]["finding"]
    assert told_of["CouncilAdjustmentMade.v1"]["body"]["new_points"]
    assert "choice" not in told_of["VoteCast.v1"]["body"]
    assert (told_of["OpinionOpened.v1"]["body"], told_of["OpinionOpened.v1"]["texts"]) == ({}, {})


def test_one_round_yields_three_results(told: Told) -> None:
    """Beside the index each agency has its results in records and archives and in IT, from the same cells."""
    rows = queries.ranking(told.connection, YEAR, told.log.size)
    assert len(rows) == 34
    assert all(row.results.keys() == {"RECORDS", "IT"} for row in rows)
    assert all(0 < value <= 100 for row in rows for value in row.results.values())
    weights = {r.code: r.weights for r in told.round.criteria.results}
    shared = weights["RECORDS"].keys() & weights["IT"].keys()
    assert shared  # one criterion, and its evidence, serves both


def test_the_bonus_stands_beside_the_hundred(told: Told) -> None:
    """The ranking score is total plus bonus; the class goes by the total alone."""
    for row in queries.ranking(told.connection, YEAR, told.log.size):
        assert row.ranking_score == row.total + row.bonus
        assert row.total <= 100
        assert row.rating == card(told.now, YEAR, row.agency).rating
    assert any(row.bonus for row in queries.ranking(told.connection, YEAR, told.log.size))


def test_all_34_took_part(told: Told) -> None:
    """Every agency submitted its self-assessment, and no phase waits for anybody."""
    answer = told.review().progress()
    assert (answer["submitted"], answer["ranked"]) == (34, 34)
    assert all(row["minutes"] and row["compiled"] for row in answer["agencies"])


def test_all_rounds_are_kept_side_by_side(told: Told) -> None:
    """Two rounds lie in one log, each ranked at any size; the second began with what the first published."""
    assert queries.rounds(told.connection, told.log.size) == ["2017", "2016"]
    assert told.now.rounds["2017"].phase is Phase.SELF_ASSESSMENT
    assert len(told.of(PreviousResultRecorded, code="2017")) == 34
    assert len(queries.ranking(told.connection, "2017", told.log.size)) == 34
    assert queries.ranking(told.connection, YEAR, _versions(told)[0])[0].rank == 1


def test_points_for_online_services_are_criteria_like_others(told: Told) -> None:
    """Online services and the rating of files handled online are scored, in the area of modernisation."""
    codes = [told.round.criteria.by_code[code] for code in ("A7.3", "A7.4", "A7.11")]
    assert {criterion.area for criterion in codes} == {"A7"}


# --- awards ---------------------------------------------------------------------------------------------


def test_awards_go_to_the_places_that_the_rule_rewards(told: Told) -> None:
    """Nine certificates, each naming version and rank of a first three; the correction flagged none."""
    granted = told.of(AwardGranted)
    assert {e.agency for e in granted} == {code for codes in TOP_THREE.values() for code in codes}
    for event in granted:
        result = told.round.versions[0].results[event.agency or ""]
        assert (event.body.version, event.body.rank) == (1, result.rank)
        assert result.rating == told.round.awards.from_class
    assert told.review().changes()["awards_flagged"] == []


def test_an_award_is_flagged_and_kept_when_its_place_is_lost(told: Told) -> None:
    """If a decision took the points of a rewarded agency, its award would still be there, with a flag."""
    trial = told.now.fork()
    for code in told.now.dossier(YEAR, "STC").declared:
        cell = told.now.cell(YEAR, "STC", code)
        nothing = Act(told.log.size, told.events[-1].arrived_at, points=Fraction(0))
        trial.cells[YEAR, "STC", code] = replace(cell, decided=nothing)
    assert flagged(trial, YEAR) == ("STC",)
    assert trial.awards[YEAR, "STC"] == told.now.awards[YEAR, "STC"]
    assert flagged(told.now, YEAR) == ()


# --- disputes -------------------------------------------------------------------------------------------


def test_four_disputes_end_in_four_ways(told: Told) -> None:
    """One was upheld, one withdrawn, one rejected, and one came out of time by seven seconds."""
    docket = told.review().disputes()["disputes"]
    states = [State(d["state"]) for d in docket]
    assert states == [State.UPHELD, State.WITHDRAWN, State.REJECTED, State.OUT_OF_TIME]
    (late,) = (d for d in docket if d["late"])
    filing = next(clock for clock in late["clocks"] if clock["step"] == "FILE")
    (filed,) = (e for e in told.of(DisputeFiled) if e.matter == late["name"])
    assert told.local(filed.arrived_at) == filing["due"][:16].replace("T", " ")
    assert filing["basis"]
    assert filing["kept"] == "LATE"
    assert [clock["step"] for clock in late["clocks"]] == ["FILE"]


def test_points_a_deduction_and_a_special_case_are_contested(told: Told) -> None:
    """The four contest a cell, a deduction, points by a rule, and what was decided of a special case."""
    filed = told.of(DisputeFiled)
    criteria = told.round.criteria.by_code
    assert Section.DEDUCTION in {criteria[e.criterion or ""].section for e in filed}
    (special,) = (e for e in filed if e.body.claimed is None)
    decision = next(e for e in told.of(SpecialCaseDecided) if e.body.claim == special.body.special_case)
    assert (decision.agency, decision.criterion) == (special.agency, special.criterion)
    assert decision.body.outcome is Outcome.REJECTED


def test_all_whose_rank_could_move_are_told_and_may_be_heard(told: Told) -> None:
    """Those computed when a dispute was filed are those notified, and only they were heard."""
    for event in told.of(AffectedNotified):
        dispute = told.now.disputes[YEAR, event.matter or ""]
        assert set(event.body.agencies) == dispute.affected - {dispute.agency}
    assert all(e.body.heard in told.now.disputes[YEAR, e.matter or ""].notified for e in told.of(PartyHeard))
    silent = [d for d in told.review().disputes()["disputes"] if set(d["notified"]) - set(d["heard"])]
    clocks = [next(c for c in d["clocks"] if c["step"] == "HEAR") for d in silent]
    assert [clock["kept"] for clock in clocks] == ["LAPSED", "LAPSED"]
    assert all(d["ended_at"] >= c["due"] for d, c in zip(silent, clocks, strict=True))


def test_the_second_reviewer_is_nobody_concerned(told: Told) -> None:
    """Each reviewer is of no agency affected, and sat in no team that inspected the agency."""
    for event in told.of(ReviewerAssigned):
        dispute, officer = told.now.disputes[YEAR, event.matter or ""], event.body.officer
        assert not any(told.now.at_home(officer, agency) for agency in dispute.affected | {dispute.agency})
        team = told.now.teams[YEAR, told.now.dossier(YEAR, dispute.agency).team or ""]
        assert officer not in team.members


def test_a_correction_is_a_new_version_with_its_change_log(told: Told) -> None:
    """Three ranks below the third moved by the upheld dispute; the old version reads as it was."""
    (version,) = told.review().changes()["versions"]
    upheld = told.of(DisputeDecided)[0]
    assert {cell["agency"] for cell in version["cells"]} == {"SGTVT"}
    assert upheld.position in next(c["made_by"] for c in version["cells"] if c["criterion"] == "A3.5")
    moved = {row["agency"]: (row["rank_before"], row["rank_after"]) for row in version["ranks"]}
    assert moved == {"SGTVT": (13, 11), "SKHCN": (11, 12), "SCT": (12, 13)}
    before = {row.agency: row.rank for row in queries.ranking(told.connection, YEAR, _versions(told)[0])}
    assert before["SGTVT"] == 13


# --- afterwards -----------------------------------------------------------------------------------------


def test_promises_are_followed_into_the_next_year(told: Told) -> None:
    """Four promises from findings; one is reported as kept, one is overdue and said so, two have time."""
    promised, kept = told.of(ImprovementCommitted), told.bodies(ImprovementReported)
    assert len(promised) == 4
    assert [b.commitment for b in kept] == [promised[0].position]
    for event in promised:
        assert event.body.about in told.now.cell(YEAR, event.agency or "", event.criterion or "").notes
    rows = told.review().progress()["agencies"]
    overdue = [row["agency"] for row in rows if Alert.PROMISE_OVERDUE in row["alerts"]]
    assert overdue == [e.agency for e in promised[1:] if e.body.due < date(2018, 1, 10)]


def test_points_are_exact_to_the_end(told: Told) -> None:
    """The total that is shown comes from an exact number, and rounding it once gives what is published."""
    for block in ranking(told.log, told.connection, YEAR, None, told.log.size)["blocks"]:
        for place in block["places"]:
            assert abs(exact(place["exact"]["score"]) - Fraction(place["score"])) <= Fraction(1, 200)
