"""What the published article asks for, told on the demo: the survey, and how the council decided."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest

from api.answers import trace
from api.errors import UnknownSubject
from api.recount import SURVEY, check_ballots
from audit.ledger.ballots import BallotBox
from domain.agenda import agenda
from domain.criteria import Section
from domain.points import exact
from domain.stated.assessment import InitiativeClaimed, SectorPolicyClaimed, SpecialCaseClaimed
from domain.stated.choices import Choice, Matter, Outcome
from domain.stated.council import (
    BonusDecided,
    CouncilAdjustmentMade,
    CouncilEstablished,
    DissentRecorded,
    MeetingOpened,
    MotionPut,
    OpinionOpened,
    OpinionsClosed,
    OpinionSealed,
    RecusalDeclared,
    RemarkMade,
    ScoringMethodAgreed,
    SpecialCaseDecided,
    VoteCast,
)
from domain.stated.rounds import ResultPublished
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveClosed, SurveyWaveOpened
from projections.conflicts import Conflict
from tests.stories.told import YEAR, Told

GROUPS = {"COUNCIL_DEPUTY", "LOWER_LEVEL_PC", "STAFF"}


# --- the survey -----------------------------------------------------------------------------------------


def test_654_ballots_are_valid(told: Told) -> None:
    """The valid ballots of the three groups add up to the published 654, of those issued and returned."""
    waves = [told.now.waves[YEAR, group] for group in sorted(GROUPS)]
    assert sum(wave.valid or 0 for wave in waves) == 654
    assert all((wave.valid or 0) <= wave.returned <= wave.issued for wave in waves)


def test_three_groups_are_asked(told: Told) -> None:
    """Deputies, committees below and staff each have a wave of their own, and no other group has one."""
    assert {b.group for b in told.bodies(SurveyWaveOpened)} == GROUPS
    assert {b.group for b in told.bodies(SurveyWaveClosed)} == GROUPS
    assert {group for b in told.bodies(SurveyTallied) for group in b.counts} <= GROUPS | {"POOLED"}


def test_ballots_count_again_to_what_was_stated(told: Told) -> None:
    """Counting the box again gives the roots, totals and tallies of the log."""
    stated = [e for e in told.events if isinstance(e.body, SURVEY)]
    assert list(check_ballots(BallotBox(told.log.database), told.now, stated)) == []


def test_tokens_are_fixed_before_anybody_answers(told: Told) -> None:
    """The root over a group's tokens is stated when its wave opens, before the first batch of its ballots."""
    opened = {e.body.group: e.position for e in told.of(SurveyWaveOpened)}
    assert all(len(b.tokens) == 64 for b in told.bodies(SurveyWaveOpened))
    assert all(opened[e.body.group] < e.position for e in told.of(BallotsRecorded))


def test_ballots_are_apart_from_who_cast_them(told: Told) -> None:
    """The log has roots and numbers of ballots, in batches of five or more, and no answer of anybody."""
    assert all(b.ballots >= 5 for b in told.bodies(BallotsRecorded))
    for event in told.of(BallotsRecorded):
        assert told.statements[event.position].body.keys() == {"group", "ballots", "root"}


def test_superiors_are_rated_from_below_and_small_groups_are_hidden(told: Told) -> None:
    """Only the committees below rate upwards, and no group of fewer than five is ever shown."""
    assert {b.group for b in told.bodies(SurveyWaveOpened) if b.upward} == {"LOWER_LEVEL_PC"}
    survey = {wave["group"]: exact(wave["coverage"]) for wave in told.review().progress()["survey"]}
    assert survey["LOWER_LEVEL_PC"] == Fraction(190, 200)
    for body in told.bodies(SurveyTallied):
        assert all(sum(answers.values()) >= 5 for answers in body.counts.values())
        assert body.counts or body.withheld


# --- method, opinions, meetings -------------------------------------------------------------------------


def test_the_method_is_agreed_before_the_first_opinion(told: Told) -> None:
    """A quorum signed the method first; its second version lists the cells that it touches."""
    first, second = told.of(ScoringMethodAgreed)
    opinions = told.of(OpinionSealed)
    assert first.position < min(e.position for e in opinions)
    (council,) = told.bodies(CouncilEstablished)
    assert len(first.signed_by) >= council.quorum
    assert (first.body.version, first.body.touches) == (1, ())
    assert second.body.version == 2
    assert {(cell.agency, cell.criterion) for cell in second.body.touches} == {("SXD", "B1"), ("QTK", "B1")}


def test_opinions_are_given_blind_and_before_the_meeting(told: Told) -> None:
    """No opinion on a cell was opened before all were sealed, nor anything moved before the close."""
    sealed, opened = _by_cell(told, OpinionSealed), _by_cell(told, OpinionOpened)
    closed, moved = _by_cell(told, OpinionsClosed), _by_cell(told, MotionPut)
    assert len(sealed) == len(closed) == 33
    for cell, positions in sealed.items():
        assert max(positions) < min(opened[cell]), cell
        assert max(opened[cell]) < closed[cell][0]
        assert all(closed[cell][0] < position for position in moved.get(cell, []))


def _by_cell(told: Told, kind: type) -> dict[tuple[str | None, str | None], list[int]]:
    found: dict[tuple[str | None, str | None], list[int]] = {}
    for event in told.of(kind):
        found.setdefault((event.agency, event.criterion), []).append(event.position)
    return found


def test_openings_are_shown_to_nobody_until_opening_has_closed(told: Told) -> None:
    """Until the close a trace tells that an opinion is there, and nothing of it; then all of it."""
    (agency, criterion), positions = next(iter(_by_cell(told, OpinionOpened).items()))
    size = positions[-1] + 1
    answer = trace(told.log, told.connection, YEAR, agency or "", criterion, size)
    shown = [e for e in answer["events"] if e["type"] == "OpinionOpened.v1"]
    assert [(e["sealed"], e["body"], e["texts"]) for e in shown] == [(True, {}, {})] * len(positions)
    later = trace(told.log, told.connection, YEAR, agency or "", criterion, told.log.size)
    assert all(e["body"] and not e["sealed"] for e in later["events"] if e["type"] == "OpinionOpened.v1")


def test_an_opinion_that_was_never_opened_counts_as_given_but_void(told: Told) -> None:
    """Some members never opened what they sealed: the agenda shows it as given and as void."""
    assert len(told.of(OpinionSealed)) - len(told.of(OpinionOpened)) == 11
    before = told.standing_at(told.size_at("2017-04-17"))
    assert sum(item.void for item in agenda(before, YEAR)) > 0
    assert all(item.given >= item.void for item in agenda(before, YEAR))


def test_the_agenda_begins_where_members_disagree_most(told: Told) -> None:
    """16 matters are ready for the first meeting, most disagreement first, without any effect on ranks."""
    items = told.review(told.size_at("2017-04-17")).agenda()["agenda"]
    assert len(items) == 16
    spreads = [exact(item["spread"]) for item in items]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > spreads[-1]
    assert not any("rank" in name or "effect" in name for item in items for name in item)


def test_there_are_several_meetings_each_with_a_quorum(told: Told) -> None:
    """Three meetings before publication and one on disputes, none without quorum, each in its turn."""
    meetings = told.of(MeetingOpened)
    (published, _) = told.of(ResultPublished)
    (council,) = told.bodies(CouncilEstablished)
    assert [e.matter for e in meetings] == [f"meeting-{n}" for n in (1, 2, 3, 4)]
    assert sum(e.position < published.position for e in meetings) == 3
    assert all(len(set(e.body.present) & set(council.members)) >= council.quorum for e in meetings)


def test_members_stay_out_of_matters_of_their_own(told: Told) -> None:
    """Two members recused, and none of the nine ever voted or signed about the agency that is their home."""
    recused = {(e.body.member, e.agency): e.position for e in told.of(RecusalDeclared)}
    assert len(recused) == 2
    for event in told.of(VoteCast, OpinionSealed, CouncilAdjustmentMade, SpecialCaseDecided, BonusDecided):
        for actor in event.signed_by:
            assert not told.now.at_home(actor, event.agency)
            assert recused.get((actor, event.agency), event.position) >= event.position
    lines = Counter(line["conflict"] for line in told.review().conflicts()["conflicts"])
    assert (lines[Conflict.MEMBER_OF_AGENCY], lines[Conflict.RECUSAL_DECLARED]) == (5, 2)


# --- decisions ------------------------------------------------------------------------------------------


def test_special_cases_are_decided_with_reasons_and_precedents(told: Told) -> None:
    """Twelve claims, each decided once, accepted, in part or not; later cases find them as precedents."""
    claimed = {e.position for e in told.of(SpecialCaseClaimed)}
    decided = told.of(SpecialCaseDecided)
    assert {e.body.claim for e in decided} == claimed
    assert len(decided) == len(claimed) == 12
    assert all("reason" in e.texts for e in decided)
    assert {e.body.outcome for e in decided} == set(Outcome)
    alike = told.review().precedents("A3.10", Matter.SPECIAL_CASE)["precedents"]
    assert alike[0]["criterion"] == "A3.10"
    assert len(alike) > 1
    assert all(found["matter"] == "SPECIAL_CASE" and found["reason"] for found in alike)
    case = next(e for e in decided if e.criterion == "A3.10")
    at_hand = told.review(case.position).precedents("A3.10", Matter.SPECIAL_CASE)["precedents"]
    earlier = [e.position for e in decided if (e.criterion or "").startswith("A3.")]
    assert [found["position"] for found in at_hand] == sorted(
        (position for position in earlier if position < case.position), reverse=True
    )
    assert at_hand


def test_precedents_without_a_case_are_all_decisions(told: Told) -> None:
    """Without a criterion all decisions of all rounds are found; an unknown one is told its nearest."""
    decided = [d["position"] for d in told.review().decisions()["decisions"] if d["position"] is not None]
    found = told.review().precedents(None, None)["precedents"]
    assert [d["position"] for d in found] == sorted(decided, reverse=True)
    with pytest.raises(UnknownSubject, match=r"A3\.100 does not apply to .* nearest is A3\.10;"):
        told.review().precedents("A3.100", None)


def test_initiatives_of_city_level_are_shared_out(told: Told) -> None:
    """Eight initiatives, all recognised at city level or above; shares in one add up to the whole."""
    claims, decided = told.bodies(InitiativeClaimed), told.of(BonusDecided)
    assert len(claims) == len(decided) == 8
    shares: dict[str, Fraction] = {}
    for claim in claims:
        assert claim.level in ("CITY", "NATIONAL")
        shares[claim.recognition] = shares.get(claim.recognition, Fraction(0)) + claim.share
    assert set(shares.values()) == {Fraction(1)}
    assert len(shares) == 7
    criteria = told.round.criteria
    assert all(criteria.by_code[e.criterion or ""].section is Section.BONUS for e in decided)
    assert all(e.body.points <= criteria.by_code[e.criterion or ""].max_points for e in decided)


def test_sector_policies_go_to_the_members_for_their_opinion(told: Told) -> None:
    """Each claimed policy is put before the members, sealed opinions and all, and some are decided on."""
    claimed = {(e.agency, e.criterion) for e in told.of(SectorPolicyClaimed)}
    assert len(claimed) == 5
    assert claimed <= _by_cell(told, OpinionSealed).keys()
    assert claimed & _by_cell(told, CouncilAdjustmentMade).keys()


def test_discussion_bears_the_names_of_those_who_spoke(told: Told) -> None:
    """Every remark is a member's and about a motion; every decision has its reason in words."""
    members = told.bodies(CouncilEstablished)[0].members
    assert all(e.actor in members and "remark" in e.texts for e in told.of(RemarkMade))
    made = told.review().decisions()["decisions"]
    assert sum(len(d["remarks"]) for d in made) == len(told.of(RemarkMade)) > 10
    assert all(d["reason"] for d in made if d["position"] is not None)


def test_an_adjustment_says_from_what_to_what_why_and_on_what(told: Told) -> None:
    """Behind every adjustment stand old and new points, a reason, references and the recorded vote."""
    made = {d["position"]: d for d in told.review().decisions()["decisions"] if d["position"]}
    adjustments = told.of(CouncilAdjustmentMade)
    assert len(adjustments) == 30
    for event in adjustments:
        body, told_of = event.body, made[event.position]
        assert body.old_points != body.new_points
        assert "reason" in event.texts
        assert body.references
        assert all(position < event.position for position in body.references)
        assert told_of["votes_for"] > told_of["votes_against"]
        assert exact(told_of["points"]) == body.new_points


def test_the_majority_binds_and_the_minority_is_kept(told: Told) -> None:
    """What was voted down was never decided; what was carried has a quorum's signatures and its dissents."""
    (council,) = told.bodies(CouncilEstablished)
    made = told.review().decisions()["decisions"]
    for decision in made:
        carried = decision["votes_for"] > decision["votes_against"]
        assert carried == (decision["position"] is not None)
        assert not carried or len(decision["signed_by"]) >= council.quorum
    lost = [d for d in made if d["position"] is None]
    assert [(d["agency"], d["criterion"]) for d in lost] == [("QHC", "A2.5")]
    votes = {(e.body.motion, e.actor): e.body.choice for e in told.of(VoteCast)}
    dissents = told.of(DissentRecorded)
    assert len(dissents) == 9
    assert all(votes[e.body.motion, e.actor] is Choice.AGAINST for e in dissents)


def test_the_effect_on_ranks_is_told_after_the_vote_only(told: Told) -> None:
    """While members vote nobody is told what it does to a rank; the decision shows before and after."""
    event = told.of(CouncilAdjustmentMade)[0]
    (voting,) = (
        d for d in told.review(event.position).decisions()["decisions"] if d["motion"] == event.body.motion
    )
    (decided,) = (
        d
        for d in told.review(event.position + 1).decisions()["decisions"]
        if d["motion"] == event.body.motion
    )
    assert voting["effect"] is None
    assert decided["effect"].keys() == {"rank_before", "rank_after", "score_before", "score_after"}


def test_how_each_member_took_part_is_counted(told: Told) -> None:
    """Opinions given and opened, meetings, remarks, votes, abstentions and dissents of all nine members."""
    rows = told.review().decisions()["participation"]
    assert len(rows) == 9
    totals = {name: sum(row[name] for row in rows) for name in ("given", "opened", "votes", "dissents")}
    assert totals == {
        "given": len(told.of(OpinionSealed)),
        "opened": len(told.of(OpinionOpened)),
        "votes": len(told.of(VoteCast)),
        "dissents": 9,
    }
    assert all(row["meetings"] <= 4 for row in rows)
    assert any(row["abstentions"] for row in rows)


def test_fairness_can_be_read_off(told: Told) -> None:
    """How points moved by block, how bonus is spread, how strict each team was: counted from the log."""
    fairness = told.review().decisions()["fairness"]
    adjustments = fairness["adjustments"]
    assert sum(row["up"] + row["down"] for row in adjustments) == len(told.of(CouncilAdjustmentMade))
    assert sum(len(row["positions"]) for row in adjustments) == len(told.of(CouncilAdjustmentMade))
    given = {e.agency for e in told.of(BonusDecided) if e.body.points}
    assert sum(row["agencies"] for row in fairness["bonus"]) == len(given)
    assert len(fairness["teams"]) == 20
    assert all(row["lower"] + row["higher"] <= row["cells"] for row in fairness["teams"])


def test_meetings_follow_each_other(told: Told) -> None:
    """A motion lies between the opening of its meeting and that of the next."""
    starts = [e.position for e in told.of(MeetingOpened)]
    for number, (start, end) in enumerate(pairwise([*starts, told.log.size]), start=1):
        named = {e.body.meeting for e in told.of(MotionPut) if start < e.position < end}
        assert named == {f"meeting-{number}"}
