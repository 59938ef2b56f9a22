"""Every check of a module in JavaScript under a number, to be left out: where it throws, or notes a finding.

`numbered` writes the module so that whoever runs it says which are `present`, and hears which are reached.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CHECK = re.compile(
    r"^ +(?:.*? )?(?P<check>throw (?!wrong\b)|"
    r"(?:return )?(?:walked|this)\.(?:found|raised|otherLeaf)\(|mustBe\(|foundIncomplete\()",
    re.MULTILINE,
)
_OPEN, _CLOSED = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Check:
    """A check: on which line it stands, and how it is written."""

    line: int
    written: str

    def __str__(self) -> str:
        return f"{self.line}: {' '.join(self.written.split())[:120]}"


def numbered(source: str) -> tuple[str, list[Check]]:
    """Return the module with its checks under their numbers, and the checks in that order."""
    checks: list[Check] = []
    pieces: list[str] = []
    done = 0
    for found in _CHECK.finditer(source):
        start = found.start("check")
        if start < done:
            continue  # within the one before
        end = _end(source, start)
        written, present = source[start:end], f"globalThis.present({len(checks)})"
        if found["check"].startswith(("throw", "return")):
            otherwise = " return;" if found["check"].startswith("return") else ""
            instead = f"{{ if ({present}) {written}{otherwise} }}"
        else:
            instead = f"({present} && {written})"
        pieces += source[done:start], instead
        checks.append(Check(source.count("\n", 0, start) + 1, written))
        done = end
    return "".join([*pieces, source[done:]]), checks


def _end(source: str, start: int) -> int:
    """Find where a statement ends, or a call; no text in a check holds a bracket that is not closed."""
    is_statement = source.startswith(("throw", "return"), start)
    depth = 0
    for at in range(start, len(source)):
        depth += (source[at] in _OPEN) - (source[at] in _CLOSED)
        if depth == 0 and source[at] == (";" if is_statement else ")"):
            return at + 1
    raise ValueError("a check without an end")
