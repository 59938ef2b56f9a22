"""What a what-if cannot leave out, and what has to be left out together: refusals, each with a way on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from domain.criteria import CriteriaSet, SurveyRule
from domain.events import Event
from domain.refusals import Refusal, refuse
from domain.standing import Round
from domain.stated.registry import AgencyClosed, AgencyMerged, AgencyRegistered, CriteriaSetIssued, LogOpened
from domain.stated.rounds import RoundOpened
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveClosed, SurveyWaveOpened

SURVEY = (SurveyWaveOpened, BallotsRecorded, SurveyWaveClosed, SurveyTallied)
_RANKED = (AgencyRegistered, AgencyMerged, AgencyClosed)
"""Who is ranked follows from these, up to the round's opening."""


def cannot_be_left_out(
    found: Round, without: Collection[Event], survey: Callable[[], Iterable[Event]]
) -> Refusal | None:
    """Return why these events cannot be left out of a round, or nothing.

    `survey` reads the round's events of `SURVEY`; it is asked only where one of them is left out.
    """
    for event in without:
        if event.round not in (None, found.code):
            return refuse(
                "whatif.other_round", position=event.position, round=found.code, theirs=event.round or ""
            )
        if _carries(found, event):
            return refuse("whatif.ground", position=event.position, type=event.kind.name, round=found.code)
    return _divided(found, without, survey)


def _carries(found: Round, event: Event) -> bool:
    """Whether without an event there would be no such round, or it would rank others."""
    body = event.body
    if isinstance(body, LogOpened | RoundOpened):
        return True
    if isinstance(body, CriteriaSetIssued):
        return _is_its(found, body)
    return isinstance(body, _RANKED) and event.position < found.position


def _is_its(found: Round, body: CriteriaSetIssued) -> bool:
    its = found.criteria
    return (body.criteria_set.code, body.criteria_set.version) == (its.code, its.version)


# --- the survey -----------------------------------------------------------------------------------------


def _divided(
    found: Round, without: Collection[Event], survey: Callable[[], Iterable[Event]]
) -> Refusal | None:
    """A wave is left out as a whole, with all that was counted of it: single ballots could be read off."""
    named = [event for event in without if isinstance(event.body, SURVEY)]
    if not named:
        return None
    positions = {event.position for event in named}
    groups = joined(found.criteria, {group for event in named for group in groups_of(found, event)})
    whole = {event.position for event in survey() if groups & groups_of(found, event)}
    if whole <= positions:
        return None
    missing, listed = len(whole - positions), ranges(whole)
    return refuse("whatif.wave_divided", position=min(positions), missing=missing, whole=listed)


def ranges(positions: Iterable[int]) -> str:
    """List positions shortly: `5247,6967-7306`."""
    told: list[list[int]] = []
    for position in sorted(positions):
        if told and told[-1][-1] == position - 1:
            told[-1] = [told[-1][0], position]
        else:
            told.append([position])
    return ",".join("-".join(map(str, ends)) for ends in told)


def groups_of(found: Round, event: Event) -> frozenset[str]:
    """Return the respondent groups that an event of the survey is about."""
    body = event.body
    if isinstance(body, SurveyWaveOpened | BallotsRecorded | SurveyWaveClosed):
        return frozenset({body.group})
    criterion = found.criteria.by_code.get(event.criterion or "")
    rule = criterion.rule if criterion else None
    return frozenset(rule.groups) if isinstance(rule, SurveyRule) else frozenset()


def joined(criteria: CriteriaSet, groups: Collection[str]) -> frozenset[str]:
    """Return these groups and all that are counted together with one of them, in some criterion."""
    together = [frozenset(c.rule.groups) for c in criteria.criteria if isinstance(c.rule, SurveyRule)]
    known = frozenset(groups)
    while (grown := known.union(*(its for its in together if its & known))) != known:
        known = grown
    return known
