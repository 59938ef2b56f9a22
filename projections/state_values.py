"""Values of a standing as canonical JSON, and read back the same: what the rows of `states` hold.

A field that has its default is left out. Keys are in order, so equal values are written alike.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

from domain.points import exact, write

Read = Callable[[Any], Any]
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_points = lru_cache(maxsize=4096)(exact)
_moment = lru_cache(maxsize=4096)(datetime.fromisoformat)


def written(value: object, names: tuple[str, ...] | None = None) -> str:
    """Write a value as canonical JSON; of a dataclass these fields alone, where they are named."""
    return _encode(_of_fields(value, names) if names is not None else _plain(value))


def read(shape: Any, text: str) -> Any:
    """Read a value of a shape as `written` wrote it."""
    return _reader(shape)(json.loads(text))


# --- writing --------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if (writer := _WRITERS.get(type(value))) is not None:
        return writer(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return _of_fields(value, None)


_WRITERS: dict[type, Callable[[Any], Any]] = {
    **dict.fromkeys((str, int, bool, type(None)), lambda value: value),
    datetime: datetime.isoformat,
    date: date.isoformat,
    Fraction: write,
    tuple: lambda value: [_plain(item) for item in value],
    frozenset: lambda value: sorted(map(_plain, value)),
}


def _of_fields(value: Any, names: tuple[str, ...] | None) -> dict[str, Any]:
    shape: Any = type(value)
    every, defaults, get = _layout(shape, names)
    return {
        name: _plain(its)
        for name, its, default in zip(every, get(value), defaults, strict=True)
        if its is not default and its != default
    }


@cache
def _layout(shape: Any, names: tuple[str, ...] | None) -> tuple[list[str], list[Any], Callable[[Any], Any]]:
    """Return the fields of a dataclass that are written, the default of each, and what reads all of them."""
    told = [f for f in fields(shape) if names is None or f.name in names]
    get = attrgetter(*(f.name for f in told)) if len(told) > 1 else _alone(told[0].name)
    return [f.name for f in told], [_default(f) for f in told], get


def _alone(name: str) -> Callable[[Any], tuple[Any]]:
    return lambda value: (getattr(value, name),)


def _default(its: Any) -> Any:
    return its.default_factory() if its.default_factory is not MISSING else its.default


# --- reading --------------------------------------------------------------------------------------------


@cache
def _reader(shape: Any) -> Read:
    origin, inner = get_origin(shape), get_args(shape)
    if origin in (Union, types.UnionType):
        some = _reader(next(part for part in inner if part is not type(None)))
        return lambda told: None if told is None else some(told)
    if origin is tuple:
        return _tuple(inner)
    if origin is frozenset:
        member = _reader(inner[0])
        return lambda told: frozenset(map(member, told))
    if origin is not None:  # a Mapping
        of_item = _reader(inner[1])
        return lambda told: {key: of_item(item) for key, item in told.items()}
    if is_dataclass(shape):
        return _of_shape(shape)
    return _READERS.get(shape) or _as(shape)


_READERS: dict[Any, Read] = {Fraction: _points, datetime: _moment, date: date.fromisoformat}


def _as(shape: Any) -> Read:
    return shape if issubclass(shape, Enum) else lambda told: told


def _tuple(inner: tuple[Any, ...]) -> Read:
    if inner[-1] is Ellipsis:
        member = _reader(inner[0])
        return lambda told: tuple(map(member, told))
    readers = tuple(map(_reader, inner))
    return lambda told: tuple(reader(item) for reader, item in zip(readers, told, strict=True))


def _of_shape(shape: Any) -> Read:
    hints = get_type_hints(shape)
    readers = {f.name: _reader(hints[f.name]) for f in fields(shape)}
    return lambda told: shape(**{name: readers[name](item) for name, item in told.items()})
