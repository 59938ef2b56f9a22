"""Words as they are searched: without tone marks, accents and case, so that "so noi vu" finds "Sở Nội vụ"."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

LONGEST = 40
"""A longer word (a digest, a key) is no word that people search by."""
_MARKS = dict.fromkeys(range(0x300, 0x370)) | {ord("đ"): "d"}
"""Combining marks go; đ is a letter of its own in Unicode, and a d to whoever types without marks."""
_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
"""Letters and digits; with the decimals of a number, and what stands behind the dot of a code like A1.2."""


def fold(text: str) -> str:
    """Return a text without marks and case, whichever Unicode form it is in."""
    if text.isascii():
        return text.lower()
    return normalize("NFKD", text).casefold().translate(_MARKS)


def parts(text: str) -> list[str]:
    """Return the words of a text one after another, folded."""
    return [word.replace(",", ".") for word in _WORD.findall(fold(text))]


@lru_cache(maxsize=4096)
def words(text: str) -> frozenset[str]:
    """Return the words of a text as they are searched; of a code like 21/BC-STC also the whole."""
    found = parts(text)
    if len(found) > 1 and len(text.split()) == 1:
        found.append(whole(text))
    return frozenset(word for word in found if len(word) <= LONGEST)


def whole(code: str) -> str:
    """Return a code as the one word that it is."""
    return fold(code).strip()
