"""Rounds thought up: whatever was stated in whatever order, both folds come to the same after each act."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audit.browser.fold.corpus import corpus, differences, signed
from tests.audit.browser.fold.folding import Ask, agree, compare, events_of, folded, told
from tests.audit.browser.fold.inventing import invented
from tests.domain.whole_round import whole_round

pytestmark = pytest.mark.node


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False), acts=st.integers(1, 25))
def test_any_round_agrees_after_each_act(chance: Random, acts: int, ask: Ask) -> None:
    """Ties, caps, lateness, special cases, few ballots, publications: the lines agree all the way."""
    log = [told(event) for event in invented(chance, acts)]
    agree(ask, log, at=range(len(log) - acts, len(log) + 1))


def test_every_case_of_the_corpus_agrees(ask: Ask) -> None:
    """The whole round, agencies around the end of the year, deadlines around midnight, rounds by seed."""
    for case in corpus():
        ask("log", name="case", statements=case.log)
        compare(ask, "case", case.mine, case.leave, case.at)
    assert list(differences(ask)) == []


def test_corpus_has_what_may_go_wrong() -> None:
    """Its cases have every flag, stage and shared rank, a total of nothing, and a result corrected."""
    said = "\n".join(line for case in corpus() for size in case.mine[0] for line in size)
    for flag in ("LATE", "INCORRECT", "INCOMPLETE", "WAIVED"):
        assert flag in said
    for flag in ("SPECIAL_CASE", "TOO_FEW_BALLOTS", "NO_PREVIOUS_RESULT"):
        assert f'"counts":"false","flags":"{flag}"' in said
    for stage in ("MISSING", "DECLARED", "VERIFIED", "DECIDED", "TALLIED", "COMPUTED"):
        assert f'"stage":"{stage}"' in said
    assert '"shared":"true"' in said
    assert '"deductions":"60"' in said
    assert any(version[1] > 1 for case in corpus() for version in case.mine[1])


def test_whole_log_is_answered_by_version(ask: Ask) -> None:
    """What a dossier of the whole log is compared with: each published version, item by item."""
    log = signed(whole_round().events)
    ask("log", name="answered", statements=log)
    versions = {f"{code}/{number}": lines for code, number, _, lines in folded(events_of(log))[1]}
    answered = ask("states", name="answered")
    assert {name: [_spelled(item) for item in items] for name, items in answered.items()} == versions
    assert sorted(versions) == ["2016/1", "2016/2"]


def _spelled(item: dict[str, object]) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
