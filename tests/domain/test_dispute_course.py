"""The course of a dispute: taken up, parties told and heard, looked at anew, and decided by the council."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from domain.deadlines import Phase
from domain.scoring import Stage
from domain.stated.choices import Choice, Matter, Outcome, Path
from domain.stated.council import MotionPut
from domain.stated.registry import OfficerTransferred
from tests.domain.contesting import (
    CELL,
    DISPUTE,
    REVIEWER,
    accepts,
    contested,
    ends,
    files,
    finds_again,
    is_heard,
    names_reviewer,
    notifies,
    published,
    verified_again,
    withdraws,
)
from tests.domain.sitting import CHAIR, JUDGED, decide, in_session, motion, moved, moved_at, votes
from tests.domain.specification import ZONE, Act, Story, admitted, refused, states
from tests.domain.stating import claims_bonus
from tests.domain.world import QUORUM, given

STEPS: dict[str, Callable[[str], Act]] = {
    "notify": lambda about: notifies("SNV", about=about),
    "hear": lambda about: is_heard("SNV", about),
    "assign": lambda about: names_reviewer(about=about),
    "verify": lambda about: finds_again("2", about=about),
    "decide": lambda about: states(QUORUM, ends(Outcome.REJECTED), about),
}
"""What comes after a dispute was taken up."""
ALL = STEPS | {"withdraw": withdraws, "accept": accepts}


# --- where it stands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_dispute_is_taken_up_first(step: str) -> None:
    """Until the secretariat has accepted it, nothing but withdrawing it is possible."""
    story = published().given(files())
    story.when(STEPS[step](DISPUTE)).then(refused("dispute.not_accepted", dispute="dispute-1"))


@pytest.mark.parametrize("about", ["STC/A1.2/dispute-9", "STC/A1.1/dispute-1", "SNV/A1.2/dispute-1"])
@pytest.mark.parametrize("step", ALL)
def test_step_is_about_a_dispute_that_there_is(step: str, about: str) -> None:
    """Another name, or another cell than the dispute's own, is refused."""
    contested().when(ALL[step](about)).then(refused("dispute.unknown", dispute=about.rpartition("/")[2]))


@pytest.mark.parametrize("step", ALL)
def test_nothing_comes_of_a_withdrawn_dispute(step: str) -> None:
    """Withdrawn is over, also once it was taken up."""
    story = contested().given(withdraws())
    assert not story.dispute("dispute-1").open
    story.when(ALL[step](DISPUTE)).then(refused("dispute.ended", dispute="dispute-1"))


@pytest.mark.parametrize("step", ALL)
def test_nothing_comes_of_a_decided_dispute(step: str) -> None:
    """Decided is over."""
    story = verified_again()
    decide(story, ends(Outcome.REJECTED), DISPUTE)
    story.when(ALL[step](DISPUTE)).then(refused("dispute.ended", dispute="dispute-1"))


@pytest.mark.parametrize("step", ALL)
def test_nothing_comes_of_a_late_dispute(step: str) -> None:
    """Out of time was computed when it came: neither withdrawing nor deciding it means anything."""
    act = files()
    late = published()
    due = late.round.due_after(act.body.path, "FILE", late.now)  # type: ignore[arg-type]
    late.given(files(arrived_at=due))
    late.when(ALL[step](DISPUTE)).then(refused("dispute.out_of_time", dispute="dispute-1"))


def test_dispute_is_accepted_once_by_the_secretariat() -> None:
    """It is taken up (thụ lý) once; nobody else does it."""
    story = published().given(files())
    story.when(states("head-STC", accepts().body, DISPUTE)).then(refused("role.missing", role="SECRETARIAT"))
    story.when(accepts()).then(admitted)
    position = story.last_position
    story.when(accepts()).then(refused("dispute.already_accepted", position=position))


def test_head_withdraws() -> None:
    """Neither the focal officer nor another agency withdraws it, and a reason is committed."""
    story = published().given(files())
    for who, rule in (("focal-STC", "role.missing"), ("head-SNV", "agency.other_agency")):
        story.when(states(who, withdraws().body, DISPUTE)).then(refused(rule))
    bare = states("head-STC", withdraws().body, DISPUTE, texts=frozenset())
    story.when(bare).then(refused("text.missing", field="reason"))
    story.when(withdraws()).then(admitted)


# --- the parties ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("agencies", [(), ("STP",), ("SNV", "STP"), ("SNV", "STC"), ("SNV", "SNV")])
def test_exactly_those_whose_rank_could_move_are_notified(agencies: tuple[str, ...]) -> None:
    """Nobody is forgotten, nobody is told without a reason, and nobody twice."""
    story = contested()
    story.when(notifies(*agencies)).then(refused("dispute.wrong_parties", expected="SNV"))
    story.when(states("head-STC", notifies("SNV").body, DISPUTE)).then(refused("role.missing"))
    story.when(notifies("SNV")).then(admitted)
    assert story.dispute("dispute-1").notified == {"SNV"}


def test_nobody_is_notified_where_no_rank_can_move() -> None:
    """A dispute that moves nobody has no other party."""
    story = contested("1.25")
    story.when(notifies("SNV")).then(refused("dispute.wrong_parties", expected="-"))
    story.when(notifies()).then(admitted)


def test_party_is_heard_once_by_its_head() -> None:
    """An agency that was notified says its word; others, and those not yet told, do not."""
    story = contested()
    story.when(is_heard("SNV")).then(refused("dispute.not_a_party", agency="SNV"))
    story.given(notifies("SNV"))
    speaks_for = replace(is_heard("SNV"), who=("head-STP",))
    story.when(speaks_for).then(refused("agency.other_agency", actor="head-STP", agency="SNV"))
    for stranger in ("STP", "STC", "HC"):
        story.when(is_heard(stranger)).then(refused("dispute.not_a_party", agency=stranger))
    story.when(is_heard("SNV")).then(admitted)
    assert story.dispute("dispute-1").heard == {"SNV"}
    story.when(is_heard("SNV")).then(refused("dispute.not_a_party", agency="SNV"))


# --- the second reviewer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("officer", "rule"),
    [
        ("inspector-CT", None),
        ("nobody", None),
        ("inspector-STP", None),
        ("unknown", "officer.unknown"),
        ("inspector-HC", "reviewer.from_first_team"),
        ("inspector-LC", "reviewer.from_first_team"),
        ("inspector-STC", "reviewer.of_a_party"),
        ("focal-STC", "reviewer.of_a_party"),
        ("deputy-SNV", "reviewer.of_a_party"),
        ("member-3", "reviewer.of_the_council"),
        ("member-1", "reviewer.of_the_council"),
    ],
)
def test_reviewer_is_from_neither_the_first_team_nor_a_party(officer: str, rule: str | None) -> None:
    """SNV could lose its rank, so nobody of SNV looks at it either (Ofsted's and CQC's rule)."""
    contested().when(names_reviewer(officer)).then(refused(rule) if rule else admitted)


def test_reviewer_of_the_agency_is_refused_where_nobody_is_affected() -> None:
    """The agency itself is always a party."""
    story = contested("1.25")
    story.when(names_reviewer("deputy-STC")).then(refused("reviewer.of_a_party", agency="STC"))
    story.when(names_reviewer("deputy-SNV")).then(admitted)


def test_reviewer_is_named_once() -> None:
    """A second reviewer is refused, and only the secretariat names one."""
    story = contested()
    story.when(states("head-STC", names_reviewer().body, DISPUTE)).then(refused("role.missing"))
    story.given(names_reviewer())
    story.when(names_reviewer("nobody")).then(refused("reviewer.already_assigned", officer=REVIEWER))


@pytest.mark.parametrize(("officer", "agency"), [("focal-STC", "STC"), ("deputy-SNV", "SNV")])
def test_reviewer_was_of_no_party_in_this_round(officer: str, agency: str) -> None:
    """Who declared the cell, or could have lost the rank, and then moved away is still no second reviewer."""
    story = contested().given(transfers(officer, "HQ"))
    story.when(names_reviewer(officer)).then(refused("reviewer.of_a_party", officer=officer, agency=agency))


def test_reviewer_who_comes_to_a_party_is_replaced() -> None:
    """Before any finding another one takes over; otherwise the dispute could never be decided."""
    story = contested().given(notifies("SNV"), names_reviewer(), transfers(REVIEWER, "SNV"))
    story.when(finds_again("2")).then(refused("reviewer.of_a_party", officer=REVIEWER, agency="SNV"))
    story.given(names_reviewer("inspector-STP"))
    story.when(names_reviewer("nobody")).then(refused("reviewer.already_assigned", officer="inspector-STP"))
    story.when(finds_again("2", "inspector-STP")).then(admitted)
    story.given(transfers("inspector-STP", "SNV"))
    story.when(names_reviewer("nobody")).then(refused("reviewer.already_assigned"))


def transfers(officer: str, home: str) -> Act:
    """A registrar records a move."""
    return states("registrar-1", OfficerTransferred(officer=officer, home=home))


def test_reviewer_records_one_finding() -> None:
    """Nobody else records it, within the maximum, and it stands beside the first one."""
    story = contested()
    story.when(finds_again("2")).then(refused("reviewer.not_assigned", actor=REVIEWER))
    story.given(names_reviewer())
    story.when(finds_again("2", "inspector-HC")).then(refused("reviewer.not_assigned", actor="inspector-HC"))
    story.when(finds_again("2.5")).then(refused("score.above_max"))
    story.when(finds_again("1.75")).then(admitted)
    again = story.dispute("dispute-1").reverified
    assert again is not None
    assert (again.points, again.position) == (Fraction("1.75"), story.last_position)
    assert (story.score(CELL).points, story.score(CELL).stage) == (Fraction(1), Stage.VERIFIED)
    story.when(finds_again("2")).then(refused("reviewer.already_recorded", dispute="dispute-1"))


# --- the decision ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "points", "score", "corrected"),
    [
        (Outcome.ACCEPTED, "2", Fraction(2), 1),
        (Outcome.PARTLY, "1.75", Fraction("1.75"), 1),
        (Outcome.REJECTED, None, Fraction(1), 0),
    ],
)
def test_council_upholds_partly_or_rejects(
    outcome: Outcome, points: str | None, score: Fraction, corrected: int
) -> None:
    """Upheld gives what was claimed, partly something else, rejected nothing; what moves is corrected."""
    story = verified_again()
    story.when(moved(story, ends(outcome, points), DISPUTE)).then(admitted)
    found = story.dispute("dispute-1")
    assert (found.outcome, found.decided, found.open) == (outcome, story.last_position, False)
    assert story.score(CELL).points == score
    assert story.round.corrected == corrected
    put = story.cell(CELL).motion
    assert put is not None
    assert (put.dispute, put.decided) == ("dispute-1", found.decided)


@pytest.mark.parametrize(
    ("outcome", "points", "refusal"),
    [
        (Outcome.ACCEPTED, "1.75", refused("dispute.not_the_claim", claimed="2")),
        (Outcome.ACCEPTED, None, refused("claim.points_mismatch", outcome=Outcome.ACCEPTED)),
        (Outcome.PARTLY, None, refused("claim.points_mismatch", outcome=Outcome.PARTLY)),
        (Outcome.REJECTED, "1", refused("claim.points_mismatch", outcome=Outcome.REJECTED)),
        (Outcome.PARTLY, "2.5", refused("score.above_max", maximum="2")),
        (Outcome.PARTLY, "2", refused("dispute.whole_claim", claimed="2")),
        (Outcome.PARTLY, "1", refused("dispute.changes_nothing", points="1")),
    ],
)
def test_decision_fits_its_outcome(outcome: Outcome, points: str | None, refusal: Any) -> None:
    """Upheld is the claim, partly another part of it; points are others than those that stand, or none."""
    story = verified_again()
    story.when(moved(story, ends(outcome, points), DISPUTE)).then(refusal)


def puts_it(story: Story, about: str = CELL) -> Act:
    """A member moves that the dispute over a cell be rejected."""
    return states(CHAIR, motion(ends(Outcome.REJECTED), in_session(story)), about)


def test_vote_waits_for_the_second_finding() -> None:
    """Before re-verification nothing is put to the vote (phúc tra)."""
    story = contested().given(notifies("SNV"), names_reviewer())
    story.when(puts_it(story)).then(refused("dispute.not_reverified", dispute="dispute-1"))


def test_vote_waits_for_the_parties() -> None:
    """Who could lose a rank is told before, even where the claim will be rejected."""
    story = contested().given(names_reviewer(), finds_again("1"))
    story.when(puts_it(story)).then(refused("dispute.parties_not_notified", dispute="dispute-1"))


def test_vote_waits_until_the_parties_could_be_heard() -> None:
    """Until the clock for it has run out, or all have spoken; it runs from the first notice."""
    story = contested(path=Path.STATUTORY_COMPLAINT)
    story.given(notifies("SNV"), names_reviewer(), finds_again("1"))
    told = story.dispute("dispute-1").notified_at
    story.given(notifies("SNV"))
    assert story.dispute("dispute-1").notified_at == told
    until = datetime(2017, 8, 5, tzinfo=ZONE)
    moves = puts_it(story)
    refusal = refused("dispute.hearing_not_over", agencies="SNV", until=until.isoformat())
    story.when(moves).then(refusal)
    story.when(replace(moves, unusual={"arrived_at": until - timedelta(microseconds=1)})).then(refusal)
    story.branch().when(replace(moves, unusual={"arrived_at": until})).then(admitted)
    story.given(is_heard("SNV")).when(moves).then(admitted)


def test_nothing_is_voted_on_that_is_not_in_dispute() -> None:
    """Where no dispute is filed, taken up and going on, there is none to be moved."""
    story = published()
    story.when(puts_it(story)).then(refused("dispute.unknown", dispute="-"))
    story.given(files()).when(puts_it(story)).then(refused("dispute.not_accepted", dispute="dispute-1"))
    story.given(withdraws()).when(puts_it(story)).then(refused("dispute.ended", dispute="dispute-1"))


def test_vote_on_a_withdrawn_dispute_decides_no_other() -> None:
    """Filed anew, a dispute is put to the vote anew: what was carried before was about another one."""
    story, again = verified_again(), "STC/A1.2/dispute-2"
    decision = moved(story, ends(Outcome.REJECTED), DISPUTE)
    story.given(withdraws(), files("1.5", again), accepts(again))
    others = sorted(story.dispute("dispute-2").affected - {"STC"})
    story.given(notifies(*others, about=again), names_reviewer(about=again), finds_again("1", about=again))
    story.when(states(QUORUM, decision.body, again)).then(
        refused("dispute.moved_about_another", dispute="dispute-1")
    )
    story.when(moved(story, ends(Outcome.REJECTED), again)).then(admitted)


def test_moments_of_the_course_are_kept() -> None:
    """When it was taken up, when all had spoken and when it ended: its clocks are compared with these."""
    story = verified_again()
    found = story.dispute("dispute-1")
    assert found.accepted is not None
    assert found.accepted_at == story.events[found.accepted].arrived_at
    assert (found.heard_at, found.ended_at) == (None, None)
    story.given(is_heard("SNV"))
    assert story.dispute("dispute-1").heard_at == story.events[-1].arrived_at
    ended = story.branch().given(withdraws())
    assert ended.dispute("dispute-1").ended_at == ended.events[-1].arrived_at
    decide(story, ends(Outcome.REJECTED), DISPUTE)
    assert story.dispute("dispute-1").ended_at == story.events[-1].arrived_at


def test_decision_is_what_was_moved() -> None:
    """Another outcome or other points than the council voted on are refused."""
    story = verified_again()
    decision = moved(story, ends(Outcome.PARTLY, "1.5"), DISPUTE)
    for other in (ends(Outcome.PARTLY, "1.75"), ends(Outcome.REJECTED)):
        stated = replace(other, motion=decision.body.motion)
        story.when(states(QUORUM, stated, DISPUTE)).then(refused("decision.not_as_moved"))
    story.when(decision).then(admitted)


def test_motion_about_something_else_decides_no_dispute() -> None:
    """It has to be moved as a dispute."""
    story = verified_again()
    other = MotionPut(
        meeting=in_session(story),
        matter=Matter.SPECIAL_CASE,
        category=JUDGED,
        outcome=Outcome.REJECTED,
    )
    votes(story.given(states(CHAIR, other, CELL)), CELL, dict.fromkeys(QUORUM, Choice.FOR))
    decision = replace(ends(Outcome.REJECTED), motion=moved_at(story, CELL))
    story.when(states(QUORUM, decision, DISPUTE)).then(refused("motion.unknown"))


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (QUORUM[:2], "council.too_few_signatures"),
        (("member-2", *QUORUM), "council.home_agency"),
        (("head-SNV", *QUORUM), "council.not_a_member"),
    ],
)
def test_dispute_is_decided_by_those_who_may(who: tuple[str, ...], rule: str) -> None:
    """A quorum of members, none of them from the agency that contests."""
    story = verified_again()
    story.when(moved(story, ends(Outcome.REJECTED), DISPUTE, who)).then(refused(rule))


# --- bonus ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "points", "maximum"), [("0.5", "1.5", None), ("0.5", "1.75", "1.5"), (None, "1", "0")]
)
def test_bonus_is_upheld_up_to_the_share(share: str | None, points: str, maximum: str | None) -> None:
    """A dispute gives no more than the agency's part in the initiative, and nothing where it claimed none."""
    about = "STC/B1/dispute-1"
    claims = [] if share is None else [claims_bonus("STC/B1", "1", share)]
    story = given(Phase.COUNCIL, *claims).reach(Phase.PUBLISHED)
    story.given(files("2", about), accepts(about))
    others = sorted(story.dispute("dispute-1").affected - {"STC"})
    story.given(notifies(*others, about=about), names_reviewer(about=about), finds_again("2", about=about))
    act = moved(story, ends(Outcome.PARTLY, points), about)
    story.when(act).then(refused("score.above_max", maximum=maximum) if maximum else admitted)


def test_rejected_bonus_needs_no_share() -> None:
    """Rejecting gives nothing, whatever the share."""
    about = "STC/B1/dispute-1"
    story = given(Phase.PUBLISHED).given(files("2", about), accepts(about))
    others = sorted(story.dispute("dispute-1").affected - {"STC"})
    story.given(notifies(*others, about=about), names_reviewer(about=about), finds_again("0", about=about))
    decide(story, ends(Outcome.REJECTED), about)
    assert story.score("STC/B1").points == 0
