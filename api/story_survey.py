"""The survey in the story: waves that open over their tokens, batches of ballots, tallies cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from api.acts import Act
from api.example import Example, RoundPlan
from api.story_ballots import cell_counts, told_waves
from api.story_case import Case
from api.story_cast import Cast
from domain.criteria import Section, SurveyRule
from domain.survey import tally


def survey_waves(example: Example, plan: RoundPlan) -> Iterator[Act]:
    """Tell how each respondent group's wave opens, is answered in two batches, and closes."""
    cast = Cast(example, plan)
    secretary = cast.secretariat(desk=1)
    opened, closed = plan.moment("INSPECTION"), plan.moment("EXPLANATION") + timedelta(days=8)
    for number, told in enumerate(told_waves(example, plan)):
        wave, later, group = example.survey[told.group], timedelta(hours=number), {"group": told.group}
        body = group | {"issued": wave.issued, "tokens": told.tokens, "upward": wave.upward}
        yield cast.act("SurveyWaveOpened", opened + later, secretary, body=body)
        for batch, (size, root) in enumerate(told.batches, start=1):
            at = opened + timedelta(days=7 * batch) + later
            body = group | {"ballots": size, "root": root}
            yield cast.act("BallotsRecorded", at, secretary, body=body)
        body = group | {"returned": wave.returned, "valid": wave.valid}
        yield cast.act("SurveyWaveClosed", closed + later, secretary, body=body)


def tallies(case: Case, number: int) -> Iterator[Act]:
    """Tell the tallies of an agency's survey cells."""
    plan, example = case.cast.plan, case.cast.example
    at = plan.moment("EXPLANATION") + timedelta(days=12, minutes=11 * number)
    signers = case.cast.secretariat(case.agency.code, desk=1)
    criteria = example.criteria_of(plan)
    main = criteria.of_section(Section.MAIN, case.agency.block)
    for place, criterion in enumerate(c for c in main if c.is_survey):
        if isinstance(criterion.rule, SurveyRule):
            counts = cell_counts(example, case.profile, criterion)
            shown, withheld = tally(counts, criterion.rule.groups, criteria.min_ballots)
            body = {"counts": shown, "withheld": withheld}
            later = at + timedelta(minutes=place)
            yield case.act("SurveyTallied", later, signers, criterion=criterion.code, body=body)
