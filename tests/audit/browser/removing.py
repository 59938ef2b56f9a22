"""Every check of a module in JavaScript taken out, one at a time: where it throws, or notes what it found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CHECK = re.compile(
    r"(?P<before>^ +(?:.*? )?)(?P<check>throw (?!wrong\b)|return (?:walked|this)\.(?:found|raised)\(|"
    r"(?:walked|this)\.(?:found|raised|otherLeaf)\(|mustBe\(|foundIncomplete\()",
    re.MULTILINE,
)
_OPEN, _CLOSED = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Removed:
    """A module without one of its checks: what was taken out, on which line, and the source that is left."""

    line: int
    check: str
    source: str

    def __str__(self) -> str:
        return f"{self.line}: {' '.join(self.check.split())[:120]}"


def removed(source: str) -> Iterator[Removed]:
    """Yield the source without each of its checks."""
    for found in _CHECK.finditer(source):
        start, end = found.start("check"), _end(source, found.start("check"))
        instead = "return;" if found["check"].startswith("return ") else ";"
        left = source[:start] + instead + source[end:]
        yield Removed(source.count("\n", 0, start) + 1, source[start:end], left)


def _end(source: str, start: int) -> int:
    """Find the semicolon that ends a statement; no text in a check holds a bracket that is not closed."""
    depth = 0
    for at in range(start, len(source)):
        depth += (source[at] in _OPEN) - (source[at] in _CLOSED)
        if source[at] == ";" and depth == 0:
            return at + 1
    raise ValueError("a statement without an end")
