"""Bodies with something wrong in them, and who takes them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from domain.events import kind_of, read_body
from domain.refusals import Malformed
from domain.shapes import write
from tests.audit.browser.fold.folding import Ask
from tests.domain.whole_round import first_of_each_kind

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 2**53 - 1, "", "1", "-1", "05", "1.50", "1/3", "2/6", "1.23456", "٣"),
    *("2017-02-28", "2017-02-30", "0000-01-01", "2017-1-1", "2017-01-01T00", "FULL", "full", "toString"),
    *([], {}, [None], [1], ["A1.1"], {"kind": "stated"}, {"kind": "toString"}, {"__proto__": 1}, {"a": "1"}),
)


@cache
def bodies() -> dict[str, Any]:
    """Return a good body of every kind."""
    return {name: write(event.body) for name, event in first_of_each_kind().items()}


def in_python(kind: str, body: Any) -> bool:
    """Whether the domain can read it."""
    try:
        read_body(kind_of(kind), body)
    except Malformed:
        return False
    return True


def in_javascript(ask: Ask, kind: str, body: Any) -> bool:
    """Whether the modules take it for a body of its kind."""
    fits: bool = ask("fits", kind=kind, body=body)
    return fits


def changed(body: Any) -> Iterator[Any]:
    """Alter a body in one place, at any depth, or put something else in its place."""
    for path in list(paths(body))[:60]:
        for what in (*ODD, "left out", "added"):
            yield altered(body, path, what)
    yield from ODD


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the way to everything in a value; of a list, to what is in its first item."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*path, 0))


def altered(body: Any, path: tuple[Any, ...], what: Any) -> Any:
    """Put something else in one place, leave it out, or add something beside it."""
    changed = copy.deepcopy(body)
    at = changed
    for step in path[:-1]:
        at = at[step]
    if what == "left out":
        del at[path[-1]]
    elif what == "added" and isinstance(at, dict):
        at["added"] = 1
    else:
        at[path[-1]] = what
    return changed
