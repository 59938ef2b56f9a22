"""Names are sorted as a Vietnamese dictionary sorts them."""

from __future__ import annotations

from random import Random
from unicodedata import normalize

import pytest

from api.vietnamese import order

SORTED = [
    ["a", "à", "ả", "ã", "á", "ạ", "ă", "ằ", "â", "ấ", "b", "d", "đ", "e", "ê", "o", "ô", "ơ", "u", "ư", "y"],
    ["Cục Hải quan", "Cục Thuế", "Sở Công Thương", "Sở Du lịch", "Sở Nội vụ", "Sở Y tế", "UBND quận Cẩm Lệ"],
    ["UBND quận Hải Châu", "UBND quận Liên Chiểu", "UBND quận Ngũ Hành Sơn", "UBND quận Sơn Trà"],
    ["Ban Quản lý", "Bảo hiểm xã hội", "Công an", "Đài Phát thanh", "Thanh tra", "Văn phòng"],
    ["10 việc", "A1", "A2"],
]


@pytest.mark.parametrize("words", SORTED)
def test_words_come_in_the_order_of_a_dictionary(words: list[str]) -> None:
    """Letters before tones, however the words were mixed and however their marks are written."""
    mixed = Random(1).sample(words, len(words))  # noqa: S311 - any order will do
    assert sorted(mixed, key=order) == words
    assert [normalize("NFC", one) for one in sorted((normalize("NFD", w) for w in mixed), key=order)] == words
