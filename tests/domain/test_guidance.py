"""Before scoring all are told the same: letters with receipts, answers to everybody, feedback followed up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain.deadlines import LAST_DAY, Phase
from domain.events import Body
from domain.standing import Asked, Letter
from domain.stated.assessment import CriteriaFeedbackSubmitted, GuidanceReceived, QuestionAsked
from domain.stated.choices import Outcome
from domain.stated.rounds import FeedbackAnswered, GuidanceIssued, QuestionAnswered
from tests.domain.criteria_sets import EVERY_RULE
from tests.domain.specification import ROUND, ZONE, Act, Story, admitted, refused, states
from tests.domain.world import given, issues

PREPARED = Phase.PREPARATION


def instructs(*addressees: str, **unusual: Any) -> Act:
    """The secretariat sends a letter."""
    body = GuidanceIssued(number="15/SNV-CCHC", issued_on=date(2017, 1, 16), addressees=addressees)
    return states("secretariat", body, **unusual)


def confirms(letter: int, who: str = "head-STC") -> Act:
    """An agency has a letter in hand."""
    return states(who, GuidanceReceived(guidance=letter), who.partition("-")[2])


# --- guidance letters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (instructs(), "guidance.malformed_addressees"),
        (instructs("STC", "STC"), "guidance.malformed_addressees"),
        (instructs("STC", "XX"), "agency.not_in_round"),
        (instructs("STC"), "guidance.one_agency_only"),
        (instructs("STC", attachments=0), "evidence.no_file"),
        (states("authority", instructs("STC").body), "role.missing"),
    ],
)
def test_letter_is_a_document_to_agencies_of_the_round(act: Act, rule: str) -> None:
    """Without the document, or to nobody, one alone, twice the same, or somebody else: refused (R06, R48)."""
    given(PREPARED).when(act).then(refused(rule))


@pytest.mark.parametrize("body", [instructs("STC").body, QuestionAnswered(question=0)])
def test_nobody_is_told_apart(body: Body) -> None:
    """A letter or an answer is about the round, never about one agency's dossier (R48)."""
    told = states("secretariat", body, agency="STC")
    given(PREPARED).when(told).then(refused("scope.for_everyone", agency="STC"))


def test_each_addressee_confirms_once() -> None:
    """Who has not confirmed is known; a receipt is given once, by head or focal officer (R06)."""
    story = given(PREPARED).when(instructs("STC", "HC")).then(admitted)
    letter = story.events[-1].position
    assert story.standing.guidance[ROUND, letter] == Letter(frozenset({"STC", "HC"}))
    story.when(confirms(letter, "head-SNV")).then(refused("guidance.not_waiting", agency="SNV"))
    story.when(confirms(letter - 1)).then(refused("guidance.unknown", guidance=letter - 1))
    story.when(confirms(letter, "inspector-STC")).then(refused("role.not_focal_officer"))
    story.when(confirms(letter)).then(admitted)
    story.when(confirms(letter, "focal-STC")).then(refused("guidance.not_waiting", agency="STC"))
    story.when(confirms(letter, "focal-HC")).then(admitted)
    assert not story.standing.guidance[ROUND, letter].waiting


def test_receipt_may_come_after_the_result() -> None:
    """It is never too late to confirm, but for instructions it is."""
    story = given(PREPARED, instructs("STC", "HC"))
    letter = story.last(GuidanceIssued)
    story.reach(Phase.PUBLISHED).when(confirms(letter)).then(admitted)
    story.when(instructs("HC", "STC")).then(refused("phase.not_open"))


@pytest.mark.parametrize(
    ("due", "rule"),
    [
        (date(2017, 1, 16), None),
        (LAST_DAY, None),
        (date(2017, 1, 15), "dates.out_of_order"),
        (date.max, "dates.out_of_order"),
    ],
)
def test_letter_is_confirmed_until_a_day_of_the_calendar(due: date, rule: str | None) -> None:
    """Not before it was sent, and with a moment after the day."""
    given(PREPARED).when(_until(due)).then(refused(rule) if rule else admitted)


@pytest.mark.parametrize(
    ("arrived", "late"),
    [
        (datetime(2017, 1, 20, tzinfo=ZONE) - timedelta(microseconds=1), False),
        (datetime(2017, 1, 20, tzinfo=ZONE), True),
    ],
)
def test_receipt_after_the_day_is_late_and_counts(arrived: datetime, late: bool) -> None:
    """It is admitted, and its lateness is computed from the arrival."""
    story = given(PREPARED, _until(date(2017, 1, 19)))
    letter = story.last_position
    act = confirms(letter)
    story.when(states(act.who, act.body, act.about, arrived_at=arrived)).then(admitted)
    found = story.standing.guidance[ROUND, letter]
    assert found.waiting == {"HC"}
    assert found.late == frozenset({"STC"} if late else ())
    assert found.is_late(arrived) is late


def _until(due: date) -> Act:
    act = instructs("STC", "HC")
    return states(act.who, replace(act.body, due=due))


# --- questions ------------------------------------------------------------------------------------------

ASKED = states("focal-STC", QuestionAsked(), "STC")


def answers(question: int, who: str = "secretariat") -> Act:
    """The secretariat answers a question."""
    return states(who, QuestionAnswered(question=question))


def test_question_is_answered_once_for_all() -> None:
    """Head or focal officer asks, the secretariat answers, and everybody has the answer (R48)."""
    story = given(PREPARED)
    story.when(states("focal-SNV", QuestionAsked(), "STC")).then(refused("agency.other_agency"))
    story.when(ASKED).then(admitted)
    question = story.events[-1].position
    assert story.standing.questions == {(ROUND, question): Asked("STC")}
    story.when(answers(question, "authority")).then(refused("role.missing", role="SECRETARIAT"))
    story.when(answers(question - 1)).then(refused("question.unknown", question=question - 1))
    story.when(answers(question)).then(admitted)
    story.when(answers(question)).then(refused("question.already_answered", answer=question + 1))
    story.when(states("head-STC", QuestionAsked(), "STC")).then(admitted)
    assert story.standing.questions == {
        (ROUND, question): Asked("STC", question + 1),
        (ROUND, question + 2): Asked("STC"),
    }


# --- feedback on criteria -------------------------------------------------------------------------------


def thinks(criterion: str = "A1.2", who: str = "head-STC") -> Act:
    """The head says what is wrong with a criterion."""
    return states(who, CriteriaFeedbackSubmitted(criterion=criterion), "STC")


def responds(feedback: int, outcome: Outcome, version: str | None = None, who: str = "secretariat") -> Act:
    """The secretariat says what became of it."""
    return states(who, FeedbackAnswered(feedback=feedback, outcome=outcome, changed_in=version))


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (thinks("Z9"), "criterion.unknown"),
        (thinks(who="focal-STC"), "role.missing"),
        (thinks(who="head-SNV"), "agency.other_agency"),
    ],
)
def test_feedback_is_of_the_head_on_a_criterion_of_the_set(act: Act, rule: str) -> None:
    """An agency speaks about a criterion that there is, over its head's signature (R46)."""
    given(PREPARED).when(act).then(refused(rule))


def heard() -> tuple[Story, int]:
    """STC has said what it thinks, and there is a second version of the set; the feedback's position."""
    story = given(PREPARED, thinks("A3.3"), issues(replace(EVERY_RULE, version="2")))
    return story, story.last(CriteriaFeedbackSubmitted)


@pytest.mark.parametrize(
    ("outcome", "version", "rule"),
    [
        (Outcome.ACCEPTED, "2", None),
        (Outcome.PARTLY, "2", None),
        (Outcome.REJECTED, None, None),
        (Outcome.ACCEPTED, None, "feedback.version_mismatch"),
        (Outcome.PARTLY, None, "feedback.version_mismatch"),
        (Outcome.REJECTED, "2", "feedback.version_mismatch"),
        (Outcome.ACCEPTED, "1", "criteria.unknown"),
        (Outcome.ACCEPTED, "3", "criteria.unknown"),
    ],
)
def test_accepted_feedback_names_the_version_that_it_changed(
    outcome: Outcome, version: str | None, rule: str | None
) -> None:
    """It is traced to an issued version, other than the one in force; what is rejected changes none (R46)."""
    story, feedback = heard()
    story.when(responds(feedback, outcome, version)).then(refused(rule) if rule else admitted)


def test_feedback_is_answered_once() -> None:
    """The secretariat answers what was said, and answers it once."""
    story, feedback = heard()
    rejected = responds(feedback, Outcome.REJECTED)
    story.when(responds(feedback, Outcome.REJECTED, who="authority")).then(refused("role.missing"))
    story.when(responds(0, Outcome.REJECTED)).then(refused("feedback.unknown", feedback=0))
    assert story.standing.feedback == {(ROUND, feedback): Asked("STC")}
    story.when(rejected).then(admitted)
    answer = story.events[-1].position
    story.when(rejected).then(refused("feedback.already_answered", answer=answer))
    assert story.standing.feedback == {(ROUND, feedback): Asked("STC", answer)}
