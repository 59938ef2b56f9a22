"""The survey: control totals of each respondent group, and tallies that never exceed them (R08-R11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from domain.assessment import cell_of, criterion_of, put_cell
from domain.criteria import SurveyRule
from domain.events import Event, Role, SurveyTallied, SurveyWaveClosed
from domain.refusals import Refusal, refuse
from domain.registry import by_role
from domain.rounds import round_of
from domain.standing import Standing, Tally


def survey_wave_closed_may(s: Standing, e: Event, b: SurveyWaveClosed) -> Iterator[Refusal]:
    """The secretariat closes a wave once: issued >= returned >= valid."""
    yield from by_role(s, e, Role.SECRETARIAT)
    if (e.round or "", b.group) in s.waves:
        yield refuse("survey.wave_closed", group=b.group)
    if not 0 <= b.valid <= b.returned <= b.issued:
        yield refuse("survey.totals_impossible", issued=b.issued, returned=b.returned, valid=b.valid)


def survey_wave_closed(s: Standing, e: Event, b: SurveyWaveClosed) -> None:
    """The valid ballots of the group bound its tallies."""
    s.waves[e.round or "", b.group] = b.valid


def survey_tallied_may(s: Standing, e: Event, b: SurveyTallied) -> Iterator[Refusal]:
    """The secretariat tallies a survey cell once, from the groups and answers of the criteria set."""
    yield from by_role(s, e, Role.SECRETARIAT)
    rule = criterion_of(s, e).rule
    if not isinstance(rule, SurveyRule):
        yield refuse("score.wrong_kind", criterion=e.criterion or "")
        return
    if cell_of(s, e).tally is not None:
        yield refuse("survey.already_tallied", criterion=e.criterion or "")
    for group, answers in b.counts.items():
        valid = s.waves.get((e.round or "", group))
        if group not in rule.groups or valid is None:
            yield refuse("survey.unknown_group", group=group)
        elif (
            not answers.keys() <= round_of(s, e).criteria.weights.keys()
            or min(answers.values(), default=0) < 0
        ):
            yield refuse("survey.unknown_answer", group=group)
        elif sum(answers.values()) > valid:
            yield refuse("survey.more_than_valid", group=group, stated=sum(answers.values()), valid=valid)


def survey_tallied(s: Standing, e: Event, b: SurveyTallied) -> None:
    """The cell has its ballots, over all groups."""
    answers: Counter[str] = Counter()
    for counts in b.counts.values():
        answers.update(counts)
    put_cell(s, e, replace(cell_of(s, e), tally=Tally(e.position, dict(answers))))
