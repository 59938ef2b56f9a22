"""Shapes are read strictly: nothing is guessed or converted, and what is wrong is named by its path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.criteria import Block, CountRule, PartsRule, Rule
from domain.events import CATALOGUE, Body, Kind, read_body
from domain.refusals import Malformed
from domain.shapes import Exact, Stated, read, write
from tests.domain.shapes_strategy import values_of

KINDS = [pytest.param(kind, id=kind.name) for kind in CATALOGUE.values()]


@dataclass(frozen=True, kw_only=True)
class Inner:
    """A record inside a record."""

    n: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One field of each kind."""

    text: str
    number: int
    flag: bool
    day: date
    block: Block
    points: Stated
    ratio: Exact
    inner: Inner
    many: tuple[Inner, ...]
    named: Mapping[str, Stated]
    rule: Rule
    maybe: str | None = None
    usual: int = 3


GOOD: dict[str, Any] = {
    "text": "Sở Tài chính",
    "number": -7,
    "flag": True,
    "day": "2017-02-28",
    "block": "DISTRICT",
    "points": "1.25",
    "ratio": "1/3",
    "inner": {"n": 1},
    "many": [{"n": 1}, {"n": 2}],
    "named": {"done": "7"},
    "rule": {"kind": "count", "of": "n", "each": "0.5"},
    "maybe": "x",
    "usual": 4,
}
READ = Sample(
    text="Sở Tài chính",
    number=-7,
    flag=True,
    day=date(2017, 2, 28),
    block=Block.DISTRICT,
    points=Fraction(5, 4),
    ratio=Fraction(1, 3),
    inner=Inner(n=1),
    many=(Inner(n=1), Inner(n=2)),
    named={"done": Fraction(7)},
    rule=CountRule(of="n", each=Fraction(1, 2)),
    maybe="x",
    usual=4,
)


def test_plain_values_become_a_record_and_again_plain_values() -> None:
    """Reading makes the record, writing makes the same values."""
    assert read(Sample, GOOD) == READ
    assert write(READ) == GOOD


def test_absent_fields_take_their_defaults() -> None:
    """A field that may be absent is left out in writing; another default is written out."""
    absent = {name: value for name, value in GOOD.items() if name not in ("maybe", "usual")}
    found = read(Sample, absent)
    assert (found.maybe, found.usual) == (None, 3)
    assert write(found) == absent | {"usual": 3}


@pytest.mark.parametrize(
    ("change", "rule", "field"),
    [
        ({"text": 1}, "field.malformed", "body.text"),
        ({"text": None}, "field.malformed", "body.text"),
        ({"text": ["x"]}, "field.malformed", "body.text"),
        ({"number": "1"}, "field.malformed", "body.number"),
        ({"number": 1.0}, "field.malformed", "body.number"),
        ({"number": True}, "field.malformed", "body.number"),
        ({"flag": 1}, "field.malformed", "body.flag"),
        ({"flag": "true"}, "field.malformed", "body.flag"),
        ({"day": "2017-02-30"}, "field.malformed", "body.day"),
        ({"day": "2017-2-28"}, "field.malformed", "body.day"),
        ({"day": "20170228"}, "field.malformed", "body.day"),
        ({"day": "2017-W09-2"}, "field.malformed", "body.day"),
        ({"day": "2017-02-28T00:00"}, "field.malformed", "body.day"),
        ({"day": "٢٠١٧-02-28"}, "field.malformed", "body.day"),
        ({"day": 20170228}, "field.malformed", "body.day"),
        ({"block": "district"}, "field.unknown_choice", "body.block"),
        ({"block": 1}, "field.unknown_choice", "body.block"),
        ({"points": 1}, "points.not_text", "body.points"),
        ({"points": "1/3"}, "points.malformed", "body.points"),
        ({"points": "-1"}, "points.negative", "body.points"),
        ({"points": "0.00001"}, "points.too_precise", "body.points"),
        ({"ratio": "2/6"}, "points.malformed", "body.ratio"),
        ({"inner": []}, "field.malformed", "body.inner"),
        ({"inner": {}}, "field.missing", "body.inner.n"),
        ({"inner": {"n": 1, "m": 1}}, "field.unknown", "body.inner.m"),
        ({"many": {"n": 1}}, "field.malformed", "body.many"),
        ({"many": "n"}, "field.malformed", "body.many"),
        ({"many": [{"n": 1}, {"n": "2"}]}, "field.malformed", "body.many[1].n"),
        ({"named": []}, "field.malformed", "body.named"),
        ({"named": {"done": 7}}, "points.not_text", "body.named.done"),
        ({"rule": {"of": "n", "each": "0.5"}}, "field.unknown_choice", "body.rule.kind"),
        ({"rule": {"kind": "lottery"}}, "field.unknown_choice", "body.rule.kind"),
        ({"rule": {"kind": ["count"]}}, "field.unknown_choice", "body.rule.kind"),
        ({"rule": "count"}, "field.unknown_choice", "body.rule.kind"),
        ({"rule": {"kind": "count", "of": "n"}}, "field.missing", "body.rule.each"),
        ({"rule": {"kind": "log", "of": "weather"}}, "field.unknown_choice", "body.rule.of"),
        ({"maybe": None}, "field.malformed", "body.maybe"),
        ({"usual": None}, "field.malformed", "body.usual"),
        ({"extra": 1}, "field.unknown", "body.extra"),
        ({"x" * 500: 1}, "field.unknown", "body." + "x" * 40),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], rule: str, field: str) -> None:
    """A wrong type, an unknown or missing field, a word outside a choice: refused with its path."""
    with pytest.raises(Malformed) as refused:
        read(Sample, GOOD | change)
    assert refused.value.refusal.rule == rule
    assert refused.value.refusal.facts["field"] == field


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_body_is_an_object(value: object) -> None:
    """Anything but an object is no record."""
    with pytest.raises(Malformed):
        read(Sample, value)


@pytest.mark.parametrize("missing", [f.name for f in fields(Sample) if f.name not in ("maybe", "usual")])
def test_required_field_may_not_be_missing(missing: str) -> None:
    """Each field without a default must be stated."""
    with pytest.raises(Malformed) as refused:
        read(Sample, {name: value for name, value in GOOD.items() if name != missing})
    assert refused.value.refusal.rule == "field.missing"
    assert refused.value.refusal.facts["field"] == f"body.{missing}"


def test_shape_that_nobody_declared_is_an_error_of_the_program() -> None:
    """A float has no shape: that is a mistake in the code, not in a statement."""
    with pytest.raises(TypeError):
        read(float, 1.0)


def test_parts_hold_rules_again() -> None:
    """A rule inside a rule is read at any depth."""
    part = {"max_points": "1", "rule": GOOD["rule"]}
    nested = {"kind": "parts", "parts": [{"max_points": "1", "rule": {"kind": "parts", "parts": [part]}}]}
    found = read(PartsRule, {"parts": nested["parts"]})
    assert write(found) == nested


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_body_survives_being_written(kind: Kind, data: st.DataObject) -> None:
    """Any value of any event goes to JSON text and back and is the same."""
    body: Body = data.draw(values_of(kind.body))
    assert read_body(kind, json.loads(json.dumps(write(body)))) == body


@pytest.mark.parametrize("kind", [kind for kind in KINDS if fields(kind.values[0].body)])  # type: ignore[union-attr]
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_body_refuses_what_it_does_not_know(kind: Kind, data: st.DataObject) -> None:
    """An unknown field, a null and a missing field are refused in every event."""
    written = write(data.draw(values_of(kind.body)))
    assume(written)
    name = data.draw(st.sampled_from(sorted(written)))
    optional = {f.name for f in fields(kind.body) if f.default is not MISSING}
    for change in (written | {"surprise": "1"}, written | {name: None}, written | {name: 0.5}):
        with pytest.raises(Malformed):
            read_body(kind, change)
    if name not in optional:
        with pytest.raises(Malformed):
            read_body(kind, {key: value for key, value in written.items() if key != name})
