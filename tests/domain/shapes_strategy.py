"""Any value of any shape, for properties that hold for all of them."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from domain.criteria import Part, PartsRule, Rule

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
_TEN_THOUSANDTHS = st.integers(0, 10**10).map(lambda n: Fraction(n, 10**4))
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(10**6), 10**6),
    bool: st.booleans(),
    date: st.dates(),
}


def values_of(shape: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a shape admits."""
    return _values_of(shape)


@cache
def _values_of(shape: Any) -> st.SearchStrategy[Any]:
    if shape in _PLAIN:
        return _PLAIN[shape]
    if shape == Rule:
        return st.one_of(*(values_of(kind) for kind in get_args(Rule) if kind is not PartsRule), _parts())
    if get_origin(shape) is Annotated:
        return st.fractions(0, 100) if "exact" in get_args(shape) else _TEN_THOUSANDTHS
    if get_origin(shape) in (Union, types.UnionType):
        return st.one_of(*(st.none() if arg is type(None) else values_of(arg) for arg in get_args(shape)))
    if get_origin(shape) is tuple:
        return st.lists(values_of(get_args(shape)[0]), max_size=2).map(tuple)
    if get_origin(shape) in (dict, Mapping):
        return st.dictionaries(TEXT, values_of(get_args(shape)[1]), max_size=2)
    if is_dataclass(shape):
        hints = get_type_hints(shape, include_extras=True)
        return st.builds(shape, **{f.name: values_of(hints[f.name]) for f in fields(shape)})  # type: ignore[arg-type]
    if issubclass(shape, Enum):
        return st.sampled_from(shape)
    raise TypeError(f"no values are known for {shape!r}")


def _parts() -> st.SearchStrategy[PartsRule]:
    """Parts hold rules again: one level of them is enough to read any depth."""
    plain = st.one_of(*(values_of(kind) for kind in get_args(Rule) if kind is not PartsRule))
    part = st.builds(Part, max_points=_TEN_THOUSANDTHS, rule=plain)
    return st.builds(PartsRule, parts=st.lists(part, max_size=2).map(tuple))
