"""ES modules put into one script, for a page that is opened from disk and can import nothing.

Which modules, and in which order, stands in the `order.txt` beside them: each after those it imports. A
module becomes a function that returns what it exports, so that no name of one meets one of another. It runs
when it is asked for: the same script, in a worker, judges and has no page.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).parent.parent
FOLDERS = ("audit/browser", "api/static/dossier")
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(
    r"^export\s+((?:async\s+)?(?:function\*?|class|const|let)\s+)([A-Za-z_$][\w$]*)", re.MULTILINE
)
_BEFORE = (
    "const modules = {};",
    "const once = (make) => { let made; return () => (made ??= make()); };",
)
_BEHIND = (
    'if (typeof document === "undefined") modules["api/static/dossier/judge.js"]().answerIn(globalThis);',
    'else modules["api/static/dossier/page.js"]();',
)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


class NotBundled(ValueError):
    """A module says something that this cannot put into a script."""


@cache
def script() -> str:
    """Return all modules as one script."""
    modules = [_module(name) for folder in FOLDERS for name in _names(folder)]
    return "\n".join(['"use strict";', "(() => {", *_BEFORE, *modules, *_BEHIND, "})();\n"])


def _names(folder: str) -> Iterator[str]:
    for line in (HOUSE / folder / "order.txt").read_text("utf-8").split():
        yield f"{folder}/{line}"


def _module(name: str) -> str:
    source = (HOUSE / name).read_text("utf-8")
    exported = [found[2] for found in _EXPORT.finditer(source)]
    body = _EXPORT.sub(r"\1\2", _IMPORT.sub(lambda found: _import(name, found), source))
    if (left := _LEFT.search(body)) is not None:
        raise NotBundled(f"{name}: {left[0]}")
    return f'modules["{name}"] = once(() => {{\n{body}\nreturn {{ {", ".join(exported)} }};\n}});'


def _import(name: str, found: re.Match[str]) -> str:
    names = re.sub(r"\s+as\s+", ": ", " ".join(found[1].split()))
    path = found[2]
    where = (
        posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path.startswith(".") else path
    )
    return f'const {{ {names} }} = modules["{where}"]();\n'
