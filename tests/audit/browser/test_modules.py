"""The modules as files: nothing but each other, each after those it imports, every name of one alone."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.audit.browser.asked import MODULES

NAMES = (MODULES / "order.txt").read_text("utf-8").split()
SOURCES = {name: (MODULES / name).read_text("utf-8") for name in NAMES}
_COMMENT = re.compile(r"/\*\*.*?\*/", re.DOTALL)
_TOP = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) ([A-Za-z_$][\w$]*)", re.MULTILINE)
_IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"([^"]+)"', re.MULTILINE)
_OTHERWISE = re.compile(
    r"^export (?!(?:async )?(?:function\*?|class|const) )|\bimport\(|\bdocument\b|\bfetch\(", re.MULTILINE
)


def test_every_module_has_its_place() -> None:
    """The order names each module once, and none that is not there."""
    there = {path.relative_to(MODULES).as_posix() for path in MODULES.rglob("*.js")}
    assert sorted(NAMES) == sorted(there)


@pytest.mark.parametrize("name", NAMES)
def test_a_module_stands_on_those_before_it(name: str) -> None:
    """What is imported is a module of ours, by a path, and stands earlier in the order."""
    before = NAMES[: NAMES.index(name)]
    for path in _IMPORT.findall(SOURCES[name]):
        assert path.startswith(("./", "../")), path
        assert ((MODULES / name).parent / path).resolve().relative_to(MODULES).as_posix() in before


@pytest.mark.parametrize("name", NAMES)
def test_a_module_can_be_put_into_a_page(name: str) -> None:
    """Imports and exports have their plainest form, and nothing asks a page or a network for anything."""
    assert not _OTHERWISE.search(_COMMENT.sub("", SOURCES[name]))
    assert SOURCES[name].startswith("/**")


def test_no_name_is_declared_twice() -> None:
    """Put together as one script, no top-level name of a module meets that of another."""
    declared = Counter(found for source in SOURCES.values() for found in _TOP.findall(source))
    assert [name for name, count in declared.items() if count > 1] == []
