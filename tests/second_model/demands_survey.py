"""What the second model demands of the survey: control totals, and tallies that give nobody away."""

from __future__ import annotations

from typing import Any

from tests.second_model.demands_who import SECRETARIAT, Entry, secretariat
from tests.second_model.state import Case

POOL = "POOLED"


def _hex64(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def _asked(c: Case) -> set[str]:
    """All groups that some criterion asks."""
    return {group for one in c.round["set"].criteria for group in getattr(one.rule, "groups", ())}


def _open_wave(c: Case) -> set[str]:
    wave = c.round["waves"].get(c.body.group)
    if wave is None:
        return {"survey.unknown_group"}
    return set() if wave["valid"] is None else {"survey.wave_closed"}


def _wave(c: Case, name: str) -> Any:
    return c.round["waves"].get(c.body.group, {"issued": 10**6, "in": getattr(c.body, name, 0)})


def _tally(c: Case) -> set[str]:
    """Only what a tally of these waves could be, with nothing a small group could be read off."""
    groups, least = getattr(c.criterion.rule, "groups", None), c.round["set"].min_ballots
    if groups is None:
        return {"score.wrong_kind"}
    waves = {g: c.round["waves"][g]["valid"] for g in groups if g in c.round["waves"]}
    sums = {group: sum(answers.values()) for group, answers in c.body.counts.items()}
    found = {"survey.already_tallied"} if c.cell["tally"] else set()
    found |= {"survey.wave_still_open"} if None in waves.values() else set()
    found |= set() if waves else {"survey.unknown_group"}
    closed = {g: valid for g, valid in waves.items() if valid is not None}
    known = {level.code for level in c.round["set"].levels}
    for group, answers in c.body.counts.items():
        bound = sum(closed.values()) if group == POOL else closed.get(group)
        if bound is None or (group == POOL and not closed):
            found.add("survey.unknown_group")
        elif set(answers) - known or any(n < 0 for n in answers.values()):
            found.add("survey.unknown_answer")
        elif sums[group] > bound:
            found.add("survey.more_than_valid")
    if c.body.withheld > sum(closed.values()):
        found.add("survey.more_than_valid")
    if any(n < least for n in sums.values()):
        found.add("survey.group_too_small")
    if POOL in sums:
        found |= {"survey.pool_of_one"} if len(groups) == 1 else set()
        found |= {"survey.pool_beside_groups"} if len(sums) > 1 else set()
    if c.body.withheld != 0 and (sums or not 1 <= c.body.withheld < least):
        found.add("survey.withheld_mismatch")
    return found


SURVEY: dict[str, list[Entry]] = {
    "SurveyWaveOpened": [
        SECRETARIAT,
        (
            "survey.wave_already_open",
            lambda c: c.body.group not in c.round["waves"] and c.body.group != POOL,
        ),
        ("survey.malformed_root", lambda c: _hex64(c.body.tokens) and c.body.issued > 0),
        ("survey.group_not_asked", lambda c: c.body.group in _asked(c)),
        ("survey.tokens_used", lambda c: c.body.tokens not in c.state["tokens"]),
    ],
    "BallotsRecorded": [
        SECRETARIAT,
        _open_wave,
        ("survey.malformed_root", lambda c: _hex64(c.body.root)),
        ("survey.batch_recorded", lambda c: c.body.root not in c.state["batches"]),
        ("survey.batch_too_small", lambda c: c.body.ballots >= c.round["set"].min_ballots),
        (
            "survey.more_than_issued",
            lambda c: _wave(c, "")["in"] + c.body.ballots <= _wave(c, "")["issued"],
        ),
    ],
    "SurveyWaveClosed": [
        SECRETARIAT,
        _open_wave,
        (
            "survey.totals_impossible",
            lambda c: c.body.returned == _wave(c, "returned")["in"] and 0 <= c.body.valid <= c.body.returned,
        ),
    ],
    "SurveyTallied": [secretariat, _tally],
}
