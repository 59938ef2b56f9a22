"""Words are found however they are typed: with or without marks, in capitals, in either form of Unicode."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize

import pytest

from projections.search_words import LONGEST, fold, parts, words

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Sở Nội vụ", "so noi vu"),
        ("Ngũ Hành Sơn", "ngu hanh son"),
        ("ĐÀ NẴNG", "da nang"),
        ("đường", "duong"),
        ("Huyện Hòa Vang", "huyen hoa vang"),
        ("Huyện Hoà Vang", "huyen hoa vang"),
        ("ỨNG DỤNG", "ung dung"),
        ("SNV", "snv"),
        ("ＳＮＶ", "snv"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_marks_and_case_do_not_matter(written: str, folded: str, form: Form) -> None:
    """Tone marks, accents, the bar of đ and case fall away, whichever way the text is encoded."""
    assert fold(normalize(form, written)) == folded


def test_folding_again_changes_nothing() -> None:
    """What is folded is folded."""
    text = "Số 21/BC-STC: Kế hoạch CCHC năm 2016, đợt Ⅱ"
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kế hoạch CCHC năm 2016", ["ke", "hoach", "cchc", "nam", "2016"]),
        ("tiêu chí A1.2.", ["tieu", "chi", "a1.2"]),
        ("đạt 1,5 điểm, rồi 2.25", ["dat", "1.5", "diem", "roi", "2.25"]),
        ("21/BC-STC", ["21", "bc", "stc"]),
        ("«…» — _ *", []),
    ],
)
def test_a_text_falls_into_words(text: str, found: list[str]) -> None:
    """Letters and digits make words; codes with a dot and decimals stay whole."""
    assert parts(text) == found


def test_a_code_is_also_one_word() -> None:
    """What is written without spaces is found as a whole, too."""
    assert words("21/BC-STC") == {"21", "bc", "stc", "21/bc-stc"}
    assert "so/vu" not in words("Sở / Vụ")


def test_digests_are_no_words() -> None:
    """What is too long for a word of any language is not indexed."""
    assert words("ab" * 32 + " kế") == {"ke"}
    assert words("a" * LONGEST) == {"a" * LONGEST}
