"""What the secretariat means to state about the survey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.stated import survey as v
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.world import (
    GROUPS,
)


def _root(t: Table, d: Dice) -> str:
    """A root that nobody has stated yet; sometimes one that somebody may have."""
    return f"{0 if d.chance(6) else t.state['size']:064x}"


def _opens_wave(t: Table, d: Dice) -> Draft:
    group = d.among(
        [group for group in GROUPS if group not in t.found["waves"]], ("POOLED", "NOBODY", *GROUPS)
    )
    body = v.SurveyWaveOpened(group=group, issued=8 + d.below(30), tokens=_root(t, d), upward=d.chance(50))
    return t.draft("secretary", body)


def _open(t: Table) -> Any:
    return [group for group, wave in t.found["waves"].items() if wave["valid"] is None]


def _records(t: Table, d: Dice) -> Draft:
    waves = t.found["waves"]
    roomy = [group for group in _open(t) if waves[group]["issued"] - waves[group]["in"] > 5]
    group = d.among(roomy, (*waves, "LOWER_LEVEL_PC"))
    room = waves[group]["issued"] - waves[group]["in"] if group in roomy else 8
    body = v.BallotsRecorded(group=group, ballots=min(room, 6 + d.below(20)), root=_root(t, d))
    return t.draft("secretary", body)


def _closes_wave(t: Table, d: Dice) -> Draft:
    waves = t.found["waves"]
    group = d.among([g for g in _open(t) if waves[g]["in"]], (*waves, "LOWER_LEVEL_PC"))
    returned = waves[group]["in"] if group in waves else 0
    body = v.SurveyWaveClosed(group=group, returned=returned, valid=returned - d.below(3))
    return t.draft("secretary", body)


def _tallies(t: Table, d: Dice) -> Draft:
    """Answers within what is valid; pooled where a group is small, withheld where all are."""
    surveyed = [(a, c.code) for a in t.agencies for c in t.criteria(a) if hasattr(c.rule, "groups")]
    ready = [s for s in surveyed if not (t.cell(*s) or {"tally": None})["tally"] and not _open(t)]
    agency, code = d.among(ready, surveyed)
    valid = {
        g: t.found["waves"][g]["valid"] or 0 for g in t.criterion(code).rule.groups if g in t.found["waves"]
    }
    stated = {group: _answered(d, most) for group, most in valid.items()}
    stated = {group: answers for group, answers in stated.items() if answers}
    return t.draft(t.secretariat(agency), _tally(t.found["set"].min_ballots, stated), agency, code)


def _answered(d: Dice, most: int) -> dict[str, int]:
    total = min(most, d.pick((most, 9, 6, 3, 0)))
    first = d.below(total + 1)
    return {level: n for level, n in zip("AC", (first, total - first), strict=True) if n}


def _tally(least: int, stated: Mapping[str, Mapping[str, int]]) -> v.SurveyTallied:
    if all(sum(answers.values()) >= least for answers in stated.values()):
        return v.SurveyTallied(counts=stated)
    pool = {level: sum(answers.get(level, 0) for answers in stated.values()) for level in "AC"}
    if sum(pool.values()) >= least:
        return v.SurveyTallied(counts={"POOLED": pool})
    return v.SurveyTallied(counts={}, withheld=sum(pool.values()))


SURVEY: dict[str, Propose] = {
    "SurveyWaveOpened": _opens_wave,
    "BallotsRecorded": _records,
    "SurveyWaveClosed": _closes_wave,
    "SurveyTallied": _tallies,
}
