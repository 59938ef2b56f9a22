"""Guidance in the story: letters and who confirms them, questions answered to all, feedback on criteria."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from api.acts import Act, Ref
from api.example_plans import Letter
from api.story_cast import Cast, moment
from api.story_values import chance


def guidance(cast: Cast) -> Iterator[Act]:
    """Tell what everybody is told, asks and proposes in a round."""
    told = cast.example.guidance
    for number, letter in enumerate(told.letters):
        if letter.round == cast.plan.code:
            yield from _letter(cast, letter, f"letter/{number}")
    yield from _questions(cast)
    yield from _feedback(cast)


def _letter(cast: Cast, letter: Letter, label: str) -> Iterator[Act]:
    addressees = [agency.code for agency in cast.example.agencies]
    issued = moment(letter.at)
    body = {"number": letter.number, "issued_on": issued.date().isoformat(), "addressees": addressees}
    yield cast.act(
        "GuidanceIssued",
        issued,
        cast.secretariat(),
        body=body if letter.due is None else {**body, "due": letter.due},
        texts={"title": letter.title},
        files=(cast.document(letter.document),),
        label=label,
    )
    late = letter.late or {}
    for agency in addressees:
        if agency not in letter.waiting:
            minutes = 20 + chance(cast.example.profiles[agency].seed, label, below=100)
            at = issued + timedelta(days=late.get(agency, 0), minutes=minutes)
            yield cast.by_agency("GuidanceReceived", at, agency, body={"guidance": Ref(label)})


def _questions(cast: Cast) -> Iterator[Act]:
    for number, question in enumerate(cast.example.guidance.questions):
        if question.round != cast.plan.code:
            continue
        label = f"question/{number}"
        texts = {"question": question.question}
        officer = cast.example.of_duty("FOCAL_OFFICER", question.agency)[:1]
        yield cast.act(
            "QuestionAsked",
            question.asked,
            officer,
            agency=question.agency,
            body={},
            texts=texts,
            label=label,
        )
        body, texts = {"question": Ref(label)}, {"answer": question.answer}
        secretary = cast.secretariat(question.agency)
        yield cast.act("QuestionAnswered", question.answered, secretary, body=body, texts=texts)


def _feedback(cast: Cast) -> Iterator[Act]:
    for number, feedback in enumerate(cast.example.guidance.feedback):
        if feedback.round != cast.plan.code:
            continue
        label = f"feedback/{number}"
        yield cast.by_agency(
            "CriteriaFeedbackSubmitted",
            feedback.submitted,
            feedback.agency,
            body={"criterion": feedback.criterion},
            texts={"opinion": feedback.opinion},
            label=label,
        )
        changed = {"changed_in": feedback.changed_in} if feedback.changed_in else {}
        yield cast.act(
            "FeedbackAnswered",
            feedback.answered,
            cast.secretariat(feedback.agency),
            body={"feedback": Ref(label), "outcome": feedback.outcome.value, **changed},
            texts={"reason": feedback.reason},
        )
