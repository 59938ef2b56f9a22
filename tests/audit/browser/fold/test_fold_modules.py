"""The modules of the fold as they are inlined into a page: one after the other, in one scope."""

from __future__ import annotations

import re

from tests.audit.browser.fold.folding import BROWSER

ORDER = (BROWSER / "order.txt").read_text("utf-8").split()
IMPORT = re.compile(r'^import \{[^{}]*\} from "(\.\.?/[a-z_/]+\.js)";$', re.MULTILINE)
NAMED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
FOLD = sorted(path for path in (BROWSER / "fold").glob("*.js"))


def test_every_module_of_the_fold_has_its_place() -> None:
    """The order of inlining names each module of the fold, after all that it imports."""
    places = {(BROWSER / name).resolve(): place for place, name in enumerate(ORDER)}
    for path in FOLD:
        for imported in IMPORT.findall(path.read_text("utf-8")):
            assert places[(path.parent / imported).resolve()] < places[path.resolve()]


def test_modules_are_of_the_simple_form() -> None:
    """Imports and exports are of the one form that can be taken out line by line."""
    for path in FOLD:
        text = path.read_text("utf-8")
        said = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        assert len(re.findall(r"\bimport\b", said)) == len(IMPORT.findall(text))
        assert not re.search(r"\bexport (?!(?:async )?(?:function|const|class) )", said)
        assert text.startswith("/** ")


def test_no_name_stands_in_two_modules() -> None:
    """What stands at the top of a module is called as nothing else in any module is."""
    named: dict[str, str] = {}
    for name in ORDER:
        for found in NAMED.findall((BROWSER / name).read_text("utf-8")):
            assert named.setdefault(found, name) == name, f"{found} stands in {named[found]} and {name}"
