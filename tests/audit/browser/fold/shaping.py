"""The shapes of all bodies as a table for JavaScript.

`python -m tests.audit.browser.fold.shaping` writes it anew.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from domain.criteria import Rule
from domain.events import CATALOGUE, Signing
from domain.shapes import _UNIONS
from tests.audit.browser.fold.folding import BROWSER

TABLE = BROWSER / "fold" / "shapes_table.js"
MODULE = "tests.audit.browser.fold.shaping"
_PLAIN = {str: "text", int: "integer", bool: "boolean", date: "day"}


class Shapes:
    """Collects what the bodies are made of."""

    def __init__(self) -> None:
        self.choices: dict[str, list[str]] = {}
        self.records: dict[str, dict[str, str]] = {}
        self.unions: dict[str, dict[str, str]] = {}

    def name(self, shape: Any) -> str:
        """Name a shape: plain, `[list]`, `{map}`, or something that is collected under its name."""
        if shape in _PLAIN:
            return _PLAIN[shape]
        if shape == Rule:
            self._union("Rule", _UNIONS[Rule])
            return "Rule"
        origin, args = get_origin(shape), get_args(shape)
        if origin is Annotated:
            return "exact" if "exact" in args else "stated"
        if origin in (Union, types.UnionType):
            return self.name(next(arg for arg in args if arg is not type(None)))
        if origin is tuple:
            return f"[{self.name(args[0])}]"
        if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
            return f"{{{self.name(args[1])}}}"
        if isinstance(shape, type) and issubclass(shape, Enum):
            self.choices[shape.__name__] = [member.value for member in shape]
            return shape.__name__
        assert is_dataclass(shape), shape
        return self._record(shape)

    def _union(self, name: str, kinds: Mapping[str, Any]) -> None:
        if name not in self.unions:
            self.unions[name] = {}
            self.unions[name].update({kind: self._record(shape) for kind, shape in kinds.items()})

    def _record(self, shape: Any) -> str:
        if shape.__name__ not in self.records:
            self.records[shape.__name__] = {}
            self.records[shape.__name__].update(self.of(shape))
        return str(shape.__name__)

    def of(self, shape: Any) -> dict[str, str]:
        """Return the fields of a record, those that may be left out with a question mark."""
        hints = get_type_hints(shape, include_extras=True)
        return {
            f.name + ("" if f.default is MISSING else "?"): self.name(hints[f.name]) for f in fields(shape)
        }


def table() -> str:
    """Write the table."""
    shapes = Shapes()
    bodies = {name: shapes.of(kind.body) for name, kind in CATALOGUE.items()}
    signing = {n: k.signing.value for n, k in CATALOGUE.items() if k.signing is not Signing.ALONE}
    return "\n".join(_written(bodies, shapes, signing))


def _written(bodies: Mapping[str, Any], shapes: Shapes, signing: Mapping[str, str]) -> Iterator[str]:
    yield f"/** What the body of each kind holds; made from the domain by `python -m {MODULE}`. */"
    for what, name, values in (
        ("Kind -> field -> shape; a field with a question mark may be left out", "BODY_SHAPES", bodies),
        ("Who signs kinds that are not signed by one person alone", "KIND_SIGNING", signing),
        ("Records that bodies are made of", "RECORD_SHAPES", shapes.records),
        ("Records of which the field `kind` says which one it is", "UNION_SHAPES", shapes.unions),
        ("The closed lists of words", "CHOICE_SHAPES", shapes.choices),
    ):
        yield f"\n/** {what}. */"
        yield f"export const {name} = {{"
        for key in sorted(values):
            yield f"  {json.dumps(key)}: {json.dumps(values[key], ensure_ascii=False)},"
        yield "};"
    yield ""


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
