"""Before scoring: guidance letters and their receipts, questions answered to all, feedback on the criteria.

Everybody is told the same: a letter or an answer is never for one agency alone (R06, R46, R48).
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from domain.deadlines import LAST_DAY, end_of
from domain.events import Event
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.registry import by_role, by_secretariat
from domain.rounds import round_of
from domain.standing import Asked, Letter, Standing
from domain.stated.assessment import CriteriaFeedbackSubmitted, GuidanceReceived, QuestionAsked
from domain.stated.choices import Outcome, Role
from domain.stated.rounds import FeedbackAnswered, GuidanceIssued, QuestionAnswered
from domain.subject import by_agency, by_head


def guidance_issued_may(s: Standing, e: Event, b: GuidanceIssued) -> Iterator[Refusal]:
    """The secretariat sends a letter, with its document, to agencies of the round: all, or some, not one."""
    yield from by_role(s, e, Role.SECRETARIAT)
    if e.attachments == 0:
        yield refuse("evidence.no_file")
    if not b.addressees or len(set(b.addressees)) != len(b.addressees):
        yield refuse("guidance.malformed_addressees", stated=len(b.addressees))
    if b.due is not None and not b.issued_on <= b.due <= LAST_DAY:
        yield refuse("dates.out_of_order", since=b.issued_on.isoformat(), until=b.due.isoformat())
    if len(b.addressees) == 1 and len(round_of(s, e).agencies) > 1:
        yield refuse("guidance.one_agency_only", agency=b.addressees[0])
    for agency in b.addressees:
        if agency not in round_of(s, e).agencies:
            yield refuse("agency.not_in_round", agency=agency, round=e.round or "")


def guidance_issued(s: Standing, e: Event, b: GuidanceIssued) -> None:
    """Each addressee has yet to confirm it."""
    due = None if b.due is None else end_of(b.due, round_of(s, e).zone)
    s.guidance[e.round or "", e.position] = Letter(frozenset(b.addressees), due)


def guidance_received_may(s: Standing, e: Event, b: GuidanceReceived) -> Iterator[Refusal]:
    """The head or focal officer of an addressee confirms a letter once."""
    yield from by_agency(s, e)
    letter = s.guidance.get((e.round or "", b.guidance))
    if letter is None:
        yield refuse("guidance.unknown", guidance=b.guidance)
    elif e.agency not in letter.waiting:
        yield refuse("guidance.not_waiting", guidance=b.guidance, agency=e.agency or "")


def guidance_received(s: Standing, e: Event, b: GuidanceReceived) -> None:
    """The letter is in the agency's hands; whether late is computed from the arrival."""
    key, whose = (e.round or "", b.guidance), frozenset({e.agency or ""})
    if (letter := s.guidance.get(key)) is not None:
        late = letter.late | whose if letter.is_late(e.arrived_at) else letter.late
        s.guidance[key] = replace(letter, waiting=letter.waiting - whose, late=late)


def question_asked_may(s: Standing, e: Event, b: QuestionAsked) -> Iterator[Refusal]:
    """The head or focal officer asks."""
    yield from by_agency(s, e)


def question_asked(s: Standing, e: Event, b: QuestionAsked) -> None:
    """The question waits for its answer."""
    s.questions[e.round or "", e.position] = Asked(e.agency or "")


def question_answered_may(s: Standing, e: Event, b: QuestionAnswered) -> Iterator[Refusal]:
    """The secretariat answers a question once, to all; one of its own agency with a co-signer (R05)."""
    yield from by_secretariat(s, e)
    asked = s.questions.get((e.round or "", b.question))
    if asked is None:
        yield refuse("question.unknown", question=b.question)
    elif asked.answer is not None:
        yield refuse("question.already_answered", question=b.question, answer=asked.answer)


def question_answered(s: Standing, e: Event, b: QuestionAnswered) -> None:
    """Everybody has the answer."""
    _answered(s.questions, e, b.question)


def _answered(asked: MutableMapping[tuple[str, int], Asked], e: Event, position: int) -> None:
    key = (e.round or "", position)
    if key in asked:
        asked[key] = replace(asked[key], answer=e.position)


def criteria_feedback_submitted_may(s: Standing, e: Event, b: CriteriaFeedbackSubmitted) -> Iterator[Refusal]:
    """The head says what is wrong with a criterion of the set in force (R46)."""
    yield from by_head(s, e)
    if b.criterion not in round_of(s, e).criteria.by_code:
        yield refuse("criterion.unknown", criterion=b.criterion)


def criteria_feedback_submitted(s: Standing, e: Event, b: CriteriaFeedbackSubmitted) -> None:
    """The feedback waits for its answer."""
    s.feedback[e.round or "", e.position] = Asked(e.agency or "")


def feedback_answered_may(s: Standing, e: Event, b: FeedbackAnswered) -> Iterator[Refusal]:
    """The secretariat answers once; what is accepted names an issued version that it changed.

    What its own agency said is answered with a co-signer (R05).
    """
    yield from by_secretariat(s, e)
    asked = s.feedback.get((e.round or "", b.feedback))
    if asked is None:
        yield refuse("feedback.unknown", feedback=b.feedback)
    elif asked.answer is not None:
        yield refuse("feedback.already_answered", feedback=b.feedback, answer=asked.answer)
    now = round_of(s, e).criteria
    if (b.outcome is Outcome.REJECTED) != (b.changed_in is None):
        yield refuse("feedback.version_mismatch", outcome=b.outcome)
    elif b.changed_in is not None and (
        b.changed_in == now.version or (now.code, b.changed_in) not in s.criteria_sets
    ):
        yield refuse("criteria.unknown", code=now.code, version=b.changed_in)


def feedback_answered(s: Standing, e: Event, b: FeedbackAnswered) -> None:
    """The feedback has its answer."""
    _answered(s.feedback, e, b.feedback)
