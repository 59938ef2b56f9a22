"""Text is judged by one version of Unicode, whatever the machine knows."""

from __future__ import annotations

import unicodedata

import pytest

from audit.proofs.canonical import check_text
from audit.proofs.errors import CanonicalError
from tests import unassigned


@pytest.mark.skipif(
    unicodedata.unidata_version != unassigned.VERSION, reason="only this Unicode can say what it leaves open"
)
def test_both_lists_are_what_unicode_14_leaves_unassigned() -> None:
    """The lists that the verifiers read were written from the version they name."""
    assert unassigned.PYTHON.read_text("utf-8") == unassigned.python_module()
    assert unassigned.BROWSER.read_text("utf-8") == unassigned.browser_module()


@pytest.mark.parametrize("character", ["\u0897", "\u1acf", "\U00011f00", "\U0001fae9"])
def test_what_later_versions_assigned_is_refused_everywhere(character: str) -> None:
    """Characters of Unicode 15 and 16 are not in the format, also where the machine knows them."""
    with pytest.raises(CanonicalError) as refused:
        check_text(f"đ{character}")
    assert refused.value.rule == "text.unassigned"
    assert refused.value.facts == {"code_point": f"U+{ord(character):04X}", "offset": 1}


@pytest.mark.parametrize("text", ["Sở Nội vụ", "\u0c5d", "\U0001f979", "한국어", "\U00016ac0"])
def test_what_unicode_14_has_is_accepted(text: str) -> None:
    """The newest characters that it has are fine."""
    check_text(text)
