"""The survey: waves of one group each, batches of ballots outside the log, tallies that never exceed them.

Ballots are not in the log. A root over the tokens is, before the wave opens, and a root over each shuffled
batch, and the tallies, which can be recounted. A group of fewer than five is never shown apart (R50): `tally`
says what may be stated of a cell, `survey_tallied_may` refuses what no such tally could say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from domain.criteria import CriteriaSet, SurveyRule
from domain.dossiers import Tally
from domain.events import Event
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.registry import by_role, by_secretariat
from domain.rounds import round_of
from domain.standing import Standing, Wave
from domain.stated.choices import Role
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveClosed, SurveyWaveOpened
from domain.subject import cell_of, criterion_of, put_cell

POOLED = "POOLED"
"""The name under which all groups are counted together where one of them is too small to be shown."""
_ROOT = re.compile(r"[0-9a-f]{64}", re.ASCII)


def survey_wave_opened_may(s: Standing, e: Event, b: SurveyWaveOpened) -> Iterator[Refusal]:
    """The secretariat opens the wave of a group that is asked, once, over tokens that no other wave has."""
    yield from by_role(s, e, Role.SECRETARIAT)
    if (e.round or "", b.group) in s.waves or b.group == POOLED:
        yield refuse("survey.wave_already_open", group=b.group)
    if not _ROOT.fullmatch(b.tokens) or b.issued < 1:
        yield refuse("survey.malformed_root", group=b.group)
    if b.group not in asked(round_of(s, e).criteria):
        yield refuse("survey.group_not_asked", group=b.group)
    if any(b.tokens == wave.tokens for wave in s.waves.values()):
        yield refuse("survey.tokens_used", group=b.group)


def asked(criteria: CriteriaSet) -> frozenset[str]:
    """Return the respondent groups that some criterion of the set asks."""
    rules = (criterion.rule for criterion in criteria.criteria)
    return frozenset(group for rule in rules if isinstance(rule, SurveyRule) for group in rule.groups)


def survey_wave_opened(s: Standing, e: Event, b: SurveyWaveOpened) -> None:
    """Ballots of the group may come in."""
    s.waves[e.round or "", b.group] = Wave(b.group, b.issued, b.upward, b.tokens)


def _open_wave(s: Standing, e: Event, group: str) -> Iterator[Refusal]:
    wave = s.waves.get((e.round or "", group))
    if wave is None:
        yield refuse("survey.unknown_group", group=group)
    elif wave.valid is not None:
        yield refuse("survey.wave_closed", group=group)


def ballots_recorded_may(s: Standing, e: Event, b: BallotsRecorded) -> Iterator[Refusal]:
    """The secretariat records a batch big enough to hide in, once, within the ballots issued."""
    yield from by_role(s, e, Role.SECRETARIAT)
    yield from _open_wave(s, e, b.group)
    wave, least = s.waves[e.round or "", b.group], round_of(s, e).criteria.min_ballots
    if not _ROOT.fullmatch(b.root):
        yield refuse("survey.malformed_root", group=b.group)
    if b.ballots < least:
        yield refuse("survey.batch_too_small", ballots=b.ballots, least=least)
    if wave.ballots + b.ballots > wave.issued:
        yield refuse(
            "survey.more_than_issued", group=b.group, stated=b.ballots, left=wave.issued - wave.ballots
        )
    if any(b.root in its.batches for its in s.waves.values()):
        yield refuse("survey.batch_recorded", group=b.group)


def ballots_recorded(s: Standing, e: Event, b: BallotsRecorded) -> None:
    """The wave has so many more ballots."""
    if (wave := s.waves.get((e.round or "", b.group))) is not None:
        more = replace(wave, ballots=wave.ballots + b.ballots, batches=wave.batches | {b.root})
        s.waves[e.round or "", b.group] = more


def survey_wave_closed_may(s: Standing, e: Event, b: SurveyWaveClosed) -> Iterator[Refusal]:
    """The secretariat closes a wave once: as many returned as were recorded, no more valid than returned."""
    yield from by_role(s, e, Role.SECRETARIAT)
    yield from _open_wave(s, e, b.group)
    wave = s.waves[e.round or "", b.group]
    if b.returned != wave.ballots or not 0 <= b.valid <= b.returned:
        yield refuse("survey.totals_impossible", recorded=wave.ballots, returned=b.returned, valid=b.valid)


def survey_wave_closed(s: Standing, e: Event, b: SurveyWaveClosed) -> None:
    """The valid ballots of the group bound its tallies."""
    if (wave := s.waves.get((e.round or "", b.group))) is not None:
        s.waves[e.round or "", b.group] = replace(wave, returned=b.returned, valid=b.valid)


# --- tallies --------------------------------------------------------------------------------------------

Counts = Mapping[str, Mapping[str, int]]
"""Respondent group -> answer -> how many."""


def tally(counts: Counts, groups: tuple[str, ...], least: int) -> tuple[dict[str, dict[str, int]], int]:
    """Return what may be stated of a cell's answers: counts by group, and how many answers are withheld.

    Where each group that answered has `least` answers or more, each is shown. Where one has fewer, all are
    pooled and none is shown. Where all together have fewer, nothing is told but their number.

    Nobody can subtract a small group out of that. The control totals of the waves are public, but they hold
    no answers, only sizes: they may give away how many of a small group answered (as `withheld` does), never
    what. Of a pool with a small group in it no other part is stated anywhere, so every way to deal its
    answers out to the groups remains possible. For the same reason the pool is always all of them: a pool of
    some, beside others that are shown, could be unanimous while the whole is not, and give its small group
    away. And who is pooled hangs on sizes alone, never on answers, or the choice itself would tell of them.
    What cannot be hidden is a unanimous cell: its points alone say what everybody answered.
    """
    found = {g: _positive(counts.get(g, {})) for g in groups}
    answered = {g: answers for g, answers in found.items() if answers}
    if all(sum(answers.values()) >= least for answers in answered.values()):
        return answered, 0
    pool: Counter[str] = Counter()
    for answers in answered.values():
        pool.update(answers)
    return ({POOLED: dict(pool)}, 0) if pool.total() >= least else ({}, pool.total())


def _positive(answers: Mapping[str, int]) -> dict[str, int]:
    return {answer: n for answer, n in answers.items() if n > 0}


def survey_tallied_may(s: Standing, e: Event, b: SurveyTallied) -> Iterator[Refusal]:
    """The secretariat tallies a survey cell once, from the groups and answers of the criteria set."""
    yield from by_secretariat(s, e)
    rule = criterion_of(s, e).rule
    if not isinstance(rule, SurveyRule):
        yield refuse("score.wrong_kind", criterion=e.criterion or "")
        return
    if cell_of(s, e).tally is not None:
        yield refuse("survey.already_tallied", criterion=e.criterion or "")
    for group, answers in b.counts.items():
        yield from _counts(s, e, rule, group, answers)
    yield from _all_closed(s, e, rule, b)
    yield from _small(s, e, rule, b)


def _counts(
    s: Standing, e: Event, rule: SurveyRule, group: str, answers: Mapping[str, int]
) -> Iterator[Refusal]:
    known = round_of(s, e).criteria.weights.keys()
    valid = _valid(s, e, (group,) if group != POOLED else rule.groups)
    if (group not in rule.groups and group != POOLED) or valid is None:
        yield refuse("survey.unknown_group", group=group)
    elif not answers.keys() <= known or min(answers.values(), default=0) < 0:
        yield refuse("survey.unknown_answer", group=group)
    elif sum(answers.values()) > valid:
        yield refuse("survey.more_than_valid", group=group, stated=sum(answers.values()), valid=valid)


def _valid(s: Standing, e: Event, groups: tuple[str, ...]) -> int | None:
    """The valid ballots of groups whose waves are closed; nothing where none is."""
    closed = [w.valid for g in groups if (w := s.waves.get((e.round or "", g))) and w.valid is not None]
    return sum(closed) if closed else None


def _all_closed(s: Standing, e: Event, rule: SurveyRule, b: SurveyTallied) -> Iterator[Refusal]:
    """A cell is tallied once, so all its groups are done by then; no more is withheld than came in."""
    waves = [w for group in rule.groups if (w := s.waves.get((e.round or "", group)))]
    for wave in waves:
        if wave.valid is None:
            yield refuse("survey.wave_still_open", group=wave.group)
    valid = sum(wave.valid or 0 for wave in waves)
    if not waves:
        yield refuse("survey.unknown_group", group=", ".join(rule.groups))
    if b.withheld > valid:
        yield refuse("survey.more_than_valid", group=POOLED, stated=b.withheld, valid=valid)


def _small(s: Standing, e: Event, rule: SurveyRule, b: SurveyTallied) -> Iterator[Refusal]:
    """No count from which the answers of fewer than five could be read, alone or by subtraction."""
    least = round_of(s, e).criteria.min_ballots
    for group, answers in b.counts.items():
        if sum(answers.values()) < least:
            yield refuse("survey.group_too_small", group=group, least=least)
    if POOLED in b.counts and len(rule.groups) < 2:
        yield refuse("survey.pool_of_one", group=", ".join(rule.groups))
    if POOLED in b.counts and len(b.counts) > 1:
        yield refuse("survey.pool_beside_groups", groups=len(b.counts) - 1)
    if b.withheld and (b.counts or not 0 < b.withheld < least):
        yield refuse("survey.withheld_mismatch", withheld=b.withheld, least=least)


def survey_tallied(s: Standing, e: Event, b: SurveyTallied) -> None:
    """The cell has its ballots, over all groups."""
    answers: Counter[str] = Counter()
    for counts in b.counts.values():
        answers.update(counts)
    put_cell(s, e, replace(cell_of(s, e), tally=Tally(e.position, dict(answers), b.withheld)))
