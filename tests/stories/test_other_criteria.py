"""The demo under another criteria set: what is ranked then is what a fold with that set comes to."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.errors import NotPossible, UnknownSubject
from api.history import History
from domain import scoring, shapes
from domain.criteria import CriteriaSet, SurveyRule
from domain.frozen import replace
from domain.points import write
from domain.refusals import Malformed
from projections.what_if import places_of
from tests.stories.told import YEAR, Told


def history(told: Told) -> History:
    """Stand at the end of the demo."""
    return History(told.log, told.connection, YEAR, told.log.size)


def stated(told: Told) -> dict[str, Any]:
    """Return the set of the round as a file says it."""
    written: dict[str, Any] = shapes.write(told.round.criteria)
    return written


def asked(told: Told, tmp_path: Path, criteria: dict[str, Any]) -> dict[str, Any]:
    """Ask for the ranks under a set that lies in a file."""
    path = tmp_path / "criteria.yaml"
    path.write_text(yaml.safe_dump(criteria, allow_unicode=True), "utf-8")
    return history(told).under(str(path))


def criterion(criteria: dict[str, Any], code: str) -> dict[str, Any]:
    """Return one criterion of a set that is written out."""
    found: dict[str, Any] = next(c for c in criteria["criteria"] if c["code"] == code)
    return found


def test_the_same_set_moves_nothing(told: Told, tmp_path: Path) -> None:
    """Every rank and score is as it is, and the two sets have one digest."""
    answer = asked(told, tmp_path, stated(told))
    assert answer["moved"] == answer["criteria"]["changed"] == answer["shares_kept"] == []
    assert answer["criteria"]["before"] == answer["criteria"]["after"]
    for block in answer["blocks"]:
        for place in block["places"]:
            assert place["before"] == place["after"]


def test_another_weight_ranks_as_a_fold_with_that_set(told: Told, tmp_path: Path) -> None:
    """A computed criterion out of twice as much: scored again by its rule, from the declared quantities."""
    criteria = stated(told)
    one = criterion(criteria, "A1.2")
    more = Fraction(one["max_points"])
    one["max_points"] = write(2 * more)
    area = next(a for a in criteria["areas"] if a["code"] == one["area"])
    area["max_points"] = write(Fraction(area["max_points"]) + more)
    answer = asked(told, tmp_path, criteria)
    other = shapes.read(CriteriaSet, criteria)
    standing = told.now.fork()
    standing.rounds[YEAR] = replace(told.round, criteria=other)
    for agency in told.round.agencies:
        cell = told.now.cell(YEAR, agency, "A1.2")
        decided = cell.decided
        if decided is not None and decided.points is not None:
            twice = replace(decided, points=2 * decided.points)
            standing.cells[YEAR, agency, "A1.2"] = replace(cell, decided=twice)
    cards = [scoring.card(standing, YEAR, agency) for agency in told.round.agencies]
    expected = {a: (p.rank, write(p.card.ranking_score)) for a, p in places_of(other, cards).items()}
    shown = {
        place["agency"]: (place["after"]["rank"], place["after"]["exact"]["score"])
        for block in answer["blocks"]
        for place in block["places"]
    }
    assert shown == expected
    assert any(p["before"] != p["after"] for b in answer["blocks"] for p in b["places"])
    assert [one["criterion"] for one in answer["criteria"]["changed"]] == ["A1.2"]
    assert (answer["size"], len(answer["root"])) == (told.log.size, 64)


def test_stated_points_keep_their_share_of_the_maximum(told: Told, tmp_path: Path) -> None:
    """Where one criterion is the whole set but for its maximum, totals are the same out of 100."""
    criteria = stated(told)
    for one in criteria["criteria"]:
        if one["section"] == "main" and one["rule"]["kind"] == "stated":
            one["max_points"] = write(2 * Fraction(one["max_points"]))
            one["rule"].pop("choices", None)
    for area in criteria["areas"]:
        its = [Fraction(c["max_points"]) for c in criteria["criteria"] if c.get("area") == area["code"]]
        area["max_points"] = write(sum(its, Fraction(0)))
    answer = asked(told, tmp_path, criteria)
    doubled = {c.code for c in told.round.criteria.criteria if c.section.value == "main" and c.is_stated}
    assert {*answer["shares_kept"]} <= doubled
    assert answer["shares_kept"]
    standing = told.now
    for agency in ("SNV", "CT"):
        for code in answer["shares_kept"]:
            acts = standing.cell(YEAR, agency, code)
            assert acts.declared is None or acts.declared.points is not None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"max_points": "3"}, "criteria.wrong_area_maximum"),
        ({"rule": {"kind": "ratio", "of": "other", "to": "planned_tasks"}}, "whatif.criteria_quantity"),
        ({"rule": {"kind": "stated"}}, "whatif.criteria_quantity"),
        ({"area": "A99"}, "criteria.wrong_area"),
    ],
    ids=str,
)
def test_set_that_does_not_fit_is_refused_by_name(
    told: Told, tmp_path: Path, change: dict[str, Any], rule: str
) -> None:
    """A set that is inconsistent, or that the declared quantities say nothing to."""
    criteria = stated(told)
    criterion(criteria, "A1.2").update(change)
    with pytest.raises(NotPossible) as caught:
        asked(told, tmp_path, criteria)
    assert caught.value.refused.rule == rule


def test_answer_without_a_weight_is_refused(told: Told, tmp_path: Path) -> None:
    """Ballots that were counted have an answer that the other set does not know."""
    criteria = stated(told)
    assert any(isinstance(c.rule, SurveyRule) for c in told.round.criteria.criteria)
    criteria["levels"] = criteria["levels"][1:]
    with pytest.raises(NotPossible) as caught:
        asked(told, tmp_path, criteria)
    assert caught.value.refused.rule == "whatif.criteria_answer"


def test_numbers_are_in_quotes(told: Told, tmp_path: Path) -> None:
    """A number that YAML would round is refused, as in a statement."""
    criteria = stated(told)
    criterion(criteria, "A1.2")["max_points"] = 2
    with pytest.raises(Malformed) as caught:
        asked(told, tmp_path, criteria)
    assert caught.value.refusal.rule == "points.not_text"


@pytest.mark.parametrize(
    ("text", "name"),
    [("{", "set.json"), ('{"code": 1, "code": 2}', "set.json"), ("a: [", "set.yaml")],
)
def test_file_that_is_none_is_refused(told: Told, tmp_path: Path, text: str, name: str) -> None:
    """No JSON, a key twice, no YAML."""
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(UnknownSubject, match=r"set\.(json|yaml) cannot be read: "):
        history(told).under(str(path))


def test_unknown_version_is_refused_with_those_there_are(told: Told) -> None:
    """A version that was issued later is known at a size that has it."""
    with pytest.raises(UnknownSubject, match=r"there are: 1\.0\.0"):
        history(told).under("0.9")
    assert history(told).under("2.0.0")["criteria"]["after"]["version"] == "2.0.0"
