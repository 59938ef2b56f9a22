"""Shapes: read plain JSON values into frozen dataclasses strictly, and write them back the same.

A shape is a dataclass with annotated fields. Nothing is guessed or converted: a missing, unknown or
mistyped field is refused by name. Fields that may be absent are typed `X | None` and are never null.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from domain import points
from domain.refusals import Malformed

Stated = Annotated[Fraction, "stated"]
"""Points or a quantity as a decimal string."""
Exact = Annotated[Fraction, "exact"]
"""A computed number as `n/d` or a decimal string."""

T = TypeVar("T")
Read = Callable[[object, str], Any]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UNIONS: dict[Any, dict[str, type]] = {}


def closed_union(base: object, kinds: Mapping[str, type]) -> None:
    """Declare a closed union: values of `base` carry their `kind` and are one of `kinds`."""
    _UNIONS[base] = dict(kinds)


def read(shape: type[T], value: object, where: str = "body") -> T:
    """Read `value` as `shape`; raises Malformed with the path of the field that is wrong."""
    return cast(T, _reader(cast(Hashable, shape))(value, where))


def write(value: object) -> Any:
    """Write a shape as plain JSON values, so that `read` gives the same shape again."""
    if isinstance(value, Fraction):
        return points.write(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [write(item) for item in value]
    if isinstance(value, Mapping):
        return {key: write(item) for key, item in value.items()}
    if is_dataclass(value):
        return _write_fields(value)
    return value


def _write_fields(value: Any) -> dict[str, Any]:
    written = {
        name: write(item) for f in fields(value) if (item := getattr(value, name := f.name)) is not None
    }
    kind = _kind_of(cast(Hashable, type(value)))
    return {"kind": kind, **written} if kind else written


@cache
def _kind_of(shape: Hashable) -> str | None:
    return next((k for kinds in _UNIONS.values() for k, s in kinds.items() if s is shape), None)


@cache
def _reader(shape: Any) -> Read:
    if shape in _UNIONS:
        return _union(_UNIONS[shape])
    if get_origin(shape) is Annotated:
        return _number(points.exact if "exact" in get_args(shape) else points.stated)
    if get_origin(shape) in (Union, types.UnionType):
        (inner,) = (arg for arg in get_args(shape) if arg is not type(None))
        return _reader(inner)
    if get_origin(shape) is tuple:
        return _sequence(_reader(get_args(shape)[0]))
    if get_origin(shape) in (dict, Mapping):
        return _mapping(_reader(get_args(shape)[1]))
    if is_dataclass(shape):
        return _record(cast(type, shape))
    return _plain(shape)


def _plain(shape: Any) -> Read:
    if shape is date:
        return _date
    if isinstance(shape, type) and issubclass(shape, Enum):
        return _choice(shape)
    if shape not in (str, int, bool):
        raise TypeError(f"no shape is known for {shape!r}")

    def read_plain(value: object, where: str) -> object:
        if type(value) is not shape:
            raise Malformed("field.malformed", field=where, expected=shape.__name__)
        return value

    return read_plain


def _number(parse: Callable[[object], Fraction]) -> Read:
    def read_number(value: object, where: str) -> Fraction:
        try:
            return parse(value)
        except Malformed as wrong:
            raise Malformed(wrong.refusal.rule, field=where, **wrong.refusal.facts) from None

    return read_number


def _date(value: object, where: str) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Malformed("field.malformed", field=where, expected="date")


def _choice(shape: type[Enum]) -> Read:
    known = {member.value: member for member in shape}

    def read_choice(value: object, where: str) -> Enum:
        if not isinstance(value, str) or value not in known:
            raise Malformed(
                "field.unknown_choice", field=where, stated=str(value)[:40], known=", ".join(known)
            )
        return known[value]

    return read_choice


def _sequence(item: Read) -> Read:
    def read_sequence(value: object, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Malformed("field.malformed", field=where, expected="list")
        return tuple(item(entry, f"{where}[{n}]") for n, entry in enumerate(value))

    return read_sequence


def _mapping(item: Read) -> Read:
    def read_mapping(value: object, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Malformed("field.malformed", field=where, expected="object")
        return {key: item(entry, f"{where}.{key}") for key, entry in value.items()}

    return read_mapping


def _union(kinds: Mapping[str, type]) -> Read:
    def read_union(value: object, where: str) -> object:
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise Malformed(
                "field.unknown_choice", field=f"{where}.kind", stated=str(kind)[:40], known=", ".join(kinds)
            )
        rest = {key: item for key, item in cast(dict[str, object], value).items() if key != "kind"}
        return _reader(kinds[kind])(rest, where)

    return read_union


def _record(shape: type) -> Read:
    hints = get_type_hints(shape, include_extras=True)
    readers: dict[str, Read] = {}
    optional: dict[str, object] = {}
    for f in fields(shape):
        readers[f.name] = _reader(hints[f.name])
        if f.default is not MISSING:
            optional[f.name] = f.default
    required = readers.keys() - optional.keys()

    def read_record(value: object, where: str) -> object:
        if not isinstance(value, dict):
            raise Malformed("field.malformed", field=where, expected="object")
        if unknown := value.keys() - readers.keys():
            raise Malformed("field.unknown", field=f"{where}.{min(unknown)[:40]}")
        if missing := required - value.keys():
            raise Malformed("field.missing", field=f"{where}.{min(missing)}")
        return shape(**{key: readers[key](item, f"{where}.{key}") for key, item in value.items()})

    return read_record
