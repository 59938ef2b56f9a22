"""The survey in the story: waves that open over their tokens, batches of ballots, tallies cell by cell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from api.acts import Act
from api.example import Example, RoundPlan
from api.story_case import Case
from api.story_cast import Cast
from api.story_values import ballots
from domain.criteria import Section, SurveyRule

def survey_waves(example: Example, plan: RoundPlan) -> Iterator[Act]:
    """Tell how each respondent group's wave opens, is answered in two batches, and closes."""
    cast = Cast(example, plan)
    secretary = cast.secretariat(desk=1)
    opened, closed = plan.moment("INSPECTION"), plan.moment("EXPLANATION") + timedelta(days=8)
    for number, (group, wave) in enumerate(example.survey.items()):
        later = timedelta(hours=number)
        body = {"group": group, "issued": wave.issued, "upward": wave.upward}
        body |= {"tokens": _root(plan, group, wave.issued)}
        yield cast.act("SurveyWaveOpened", opened + later, secretary, body=body)
        for batch, share in enumerate((wave.returned // 2, wave.returned - wave.returned // 2), start=1):
            at = opened + timedelta(days=7 * batch) + later
            body = {"group": group, "ballots": share, "root": _root(plan, group, batch)}
            yield cast.act("BallotsRecorded", at, secretary, body=body)
        body = {"group": group, "returned": wave.returned, "valid": wave.valid}
        yield cast.act("SurveyWaveClosed", closed + later, secretary, body=body)


def _root(plan: RoundPlan, *parts: object) -> str:
    return hashlib.sha256(" ".join(map(str, (plan.code, *parts))).encode()).hexdigest()


def tallies(case: Case, number: int) -> Iterator[Act]:
    """Tell the tallies of an agency's survey cells."""
    plan, example = case.cast.plan, case.cast.example
    at = plan.moment("EXPLANATION") + timedelta(days=12, minutes=11 * number)
    valid = {group: wave.valid for group, wave in example.survey.items()}
    signers = case.cast.secretariat(case.agency.code, desk=1)
    main = example.criteria_of(plan).of_section(Section.MAIN, case.agency.block)
    for place, criterion in enumerate(c for c in main if c.is_survey):
        if isinstance(criterion.rule, SurveyRule):
            seed = f"{case.profile.seed}{criterion.code}"
            counts = ballots(criterion.rule, valid, case.truth(criterion), seed)
            later = at + timedelta(minutes=place)
            yield case.act(
                "SurveyTallied", later, signers, criterion=criterion.code, body={"counts": counts}
            )
