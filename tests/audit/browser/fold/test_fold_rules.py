"""Each kind of rule, and the numbers it is made of: the vectors, and whatever else can be thought up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain import scoring
from domain.criteria import CriteriaSet, Criterion, ImprovementRule, Measure, StatedRule, quantities_of
from domain.dossiers import Cell, Dossier, Tally
from domain.points import exact, hundredths, published, write
from domain.refusals import Malformed
from domain.shapes import read
from tests.audit.browser.fold.folding import ROOT, Ask
from tests.domain.criteria_sets import criteria_set, criterion

VECTORS: list[dict[str, Any]] = json.loads((ROOT / "tests/testdata/fold/rules.json").read_text("utf-8"))
NUMBERS: list[dict[str, str]] = json.loads((ROOT / "tests/testdata/fold/numbers.json").read_text("utf-8"))
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
node = pytest.mark.node


def in_python(vector: Mapping[str, Any]) -> str:
    """Have the domain make the points of a vector."""
    one = read(Criterion, _criterion(vector))
    if "answers" in vector:
        return write(scoring._survey(_weighing(vector["weights"]), one, _tallied(vector["answers"])).points)
    if "now" in vector:
        return write(_compared(one, exact(vector["now"]), exact(vector["last"])))
    quantities = {name: exact(text) for name, text in vector.get("quantities", {}).items()}

    def counted(_: object, measure: Measure) -> tuple[int, tuple[int, ...]]:
        return vector["measures"][measure.value], ()

    with patch.object(scoring, "_measure", counted):
        points, _ = scoring._by_rule(cast(Any, None), one.rule, one.max_points, quantities)
    return write(points)


def _criterion(vector: Mapping[str, Any]) -> dict[str, Any]:
    plain = {"code": "A1.1", "name_vi": "", "name_en": "", "applies_to": [], "area": "A1"}
    return {**plain, "max_points": vector["maximum"], "rule": vector["rule"]}


def _weighing(weights: Mapping[str, str]) -> CriteriaSet:
    found = criteria_set(criterion("A1.1", "1", StatedRule()), min_ballots=1)
    found.__dict__["weights"] = {answer: exact(weight) for answer, weight in weights.items()}
    return found


def _tallied(answers: Mapping[str, int]) -> Cell:
    return Cell(tally=Tally(1, answers))


class _Compared:
    """As much of a subject as a comparison with last year looks at."""

    def __init__(self, last: Fraction) -> None:
        self.dossier = Dossier(previous_total=last, previous_position=1)

    def cell(self, _: str) -> Cell:
        return Cell()


def _compared(one: Criterion, now: Fraction, last: Fraction) -> Fraction:
    return scoring._improvement(cast(Any, _Compared(last)), one, now).points


def in_javascript(ask: Ask, vector: Mapping[str, Any]) -> str:
    """Have the modules make the points of a vector."""
    answer: str = ask("rule", **{k: v for k, v in vector.items() if k not in ("says", "points")})
    return answer


# --- vectors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["says"] for vector in VECTORS])
def test_python_makes_the_points_of_the_vector(vector: dict[str, Any]) -> None:
    """The domain comes to what the vector says."""
    assert in_python(vector) == vector["points"]


@node
@pytest.mark.parametrize("vector", VECTORS, ids=[vector["says"] for vector in VECTORS])
def test_javascript_makes_the_points_of_the_vector(vector: dict[str, Any], ask: Ask) -> None:
    """The modules come to what the vector says."""
    assert in_javascript(ask, vector) == vector["points"]


def test_vectors_have_every_kind_of_rule() -> None:
    """All kinds but the stated one, which computes nothing, stand in the vectors."""
    kinds = {vector["rule"]["kind"] for vector in VECTORS}
    assert kinds == {"ratio", "bands", "count", "parts", "log", "improvement", "survey"}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{n['above']}/{n['below']}")
def test_python_writes_the_numbers_of_the_vectors(number: dict[str, str]) -> None:
    """The domain writes and publishes a number as the vector says."""
    value = Fraction(int(number["above"]), int(number["below"]))
    assert (write(value), published(value)) == (number["written"], number["published"])


@node
@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{n['above']}/{n['below']}")
def test_javascript_writes_the_numbers_of_the_vectors(number: dict[str, str], ask: Ask) -> None:
    """The modules write and publish a number as the vector says."""
    told = ask("number", above=number["above"], below=number["below"])
    assert told[:2] == [number["written"], number["published"]]


# --- whatever can be thought up -------------------------------------------------------------------------

SMALL = st.sampled_from(["0", "1", "2", "3", "4", "5", "7", "9", "10", "0.5", "0.25", "0.0001", "99.9999"])
EDGES = st.sampled_from(["0", "0.1", "0.25", "0.3333", "0.5", "0.7", "0.75", "0.9", "0.95", "1", "1.25", "2"])
MAXIMA = st.sampled_from(["0.5", "1", "1.5", "2", "3", "10"])
NAMES = st.sampled_from(["n", "d", "m", "toString", "__proto__"])
PAIR = {"of": NAMES, "to": NAMES}


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


EMPTY = _some(empty=st.sampled_from(["full", "zero"]))
RATIO = st.builds(
    lambda pair, more, empty: {"kind": "ratio", **pair, **more, **empty},
    st.fixed_dictionaries(PAIR),
    _some(floor=EDGES, target=EDGES.filter(lambda edge: edge != "0")),
    EMPTY,
)
BANDS = st.builds(
    lambda pair, edges, points, empty: {
        "kind": "bands",
        **pair,
        "bands": [
            {"at_least": edge, "points": point}
            for edge, point in zip(sorted(edges, key=Fraction, reverse=True), points, strict=False)
        ],
        **empty,
    },
    st.fixed_dictionaries(PAIR),
    st.lists(EDGES, min_size=1, max_size=4, unique=True),
    st.lists(EDGES, min_size=4, max_size=4),
    EMPTY,
)
COUNT = st.fixed_dictionaries({"kind": st.just("count"), "of": NAMES, "each": EDGES})
MEASURES = st.sampled_from([measure.value for measure in Measure])
LOG = st.builds(lambda of, more: {"kind": "log", "of": of, **more}, MEASURES, _some(to=MEASURES, each=EDGES))
SINGLE = st.one_of(RATIO, BANDS, COUNT, LOG)
PARTS = st.builds(
    lambda parts: {"kind": "parts", "parts": parts},
    st.lists(st.fixed_dictionaries({"max_points": MAXIMA, "rule": SINGLE}), min_size=1, max_size=3),
)


@node
@many
@given(
    rule=st.one_of(SINGLE, PARTS),
    maximum=MAXIMA,
    values=st.fixed_dictionaries(dict.fromkeys(("n", "d", "m", "toString", "__proto__"), SMALL)),
    measures=st.fixed_dictionaries({measure.value: st.integers(0, 6) for measure in Measure}),
)
def test_points_by_any_rule_agree(
    rule: dict[str, Any], maximum: str, values: dict[str, str], measures: dict[str, int], ask: Ask
) -> None:
    """Both make the same points by any rule from any quantities, at edges and over nothing, too."""
    named = quantities_of(read(Criterion, _criterion({"rule": rule, "maximum": maximum})).rule)
    vector = {
        "rule": rule,
        "maximum": maximum,
        "quantities": {name: values[name] for name in named},
        "measures": measures,
    }
    assert in_javascript(ask, vector) == in_python(vector)


@node
@many
@given(
    offset=EDGES,
    span=EDGES.filter(lambda edge: edge != "0"),
    maximum=MAXIMA,
    now=st.fractions(0, 100, max_denominator=999),
    last=st.integers(0, 1_000_000).map(lambda n: write(Fraction(n, 10_000))),
)
def test_improvement_agrees(offset: str, span: str, maximum: str, now: Fraction, last: str, ask: Ask) -> None:
    """Both measure the way from last year alike, whichever way it went."""
    rule = {"kind": "improvement", "offset": offset, "span": span}
    assert isinstance(read(Criterion, _criterion({"rule": rule, "maximum": "1"})).rule, ImprovementRule)
    vector = {"rule": rule, "maximum": maximum, "now": write(now), "last": last}
    assert in_javascript(ask, vector) == in_python(vector)


@node
@many
@given(
    answers=st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 400)),
    weights=st.fixed_dictionaries(dict.fromkeys("ABCD", EDGES)),
    maximum=MAXIMA,
)
def test_ballots_agree(answers: dict[str, int], weights: dict[str, str], maximum: str, ask: Ask) -> None:
    """Both come to the same mean of any ballots, of which there is one at least."""
    assume(sum(answers.values()))
    rule = {"kind": "survey", "groups": ["STAFF"]}
    vector = {"rule": rule, "maximum": maximum, "answers": answers, "weights": weights}
    assert in_javascript(ask, vector) == in_python(vector)


@node
@many
@given(
    above=st.one_of(st.integers(-(10**25), 10**25), st.integers(-1000, 1000).map(lambda n: 5 * n)),
    below=st.one_of(st.integers(1, 10**20), st.sampled_from([1, 10, 200, 1000, 10_000, 100_000])),
)
def test_numbers_agree(above: int, below: int, ask: Ask) -> None:
    """Both reduce, write and round any fraction alike."""
    value = Fraction(above, below)
    told = [write(value), published(value), str(hundredths(value))]
    assert ask("number", above=str(above), below=str(below)) == told


@node
@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "1.",
        ".5",
        "1e3",
        "1_000",
        " 1",
        "1/0",
        "1.23456",
        "٣",
        "1/-2",
        "0x1",
        "1/2/3",
        "05",
        "1.50",
        "2/4",
        "10/1",
        "1/2",
    ],
)
def test_what_is_no_number_is_refused_by_both(text: str, ask: Ask) -> None:
    """Text that the domain does not read as a number is none to the modules either."""
    with pytest.raises(Malformed):
        exact(text)
    assert ask("reads", text=text) == "RangeError"


@node
@pytest.mark.parametrize("text", ["0", "1", "0.5", "12.3456", "100", "1/3", "109/104", "999999999999999"])
def test_what_is_a_number_is_read_and_written_the_same(text: str, ask: Ask) -> None:
    """A number as it is written reads back as itself."""
    assert write(exact(text)) == text
    assert ask("reads", text=text) == text
